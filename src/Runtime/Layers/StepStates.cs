using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>A state that is handed from step to step through a window: before and after every step, before the first, and after each
/// sequence's own last. The gradient of a state is one too, that walks the other way.</summary>
/// <remarks>A step's block is [units][B(t)], each element <c>width</c> floats: h has H units, and c one unit whose width is a row. While
/// the same sequences take part, what is after one step is what is before the next, in the same place; else those that go on are copied,
/// and those that begin get their initial state.</remarks>
internal sealed class StepStates
{
    private readonly int _units, _width, _slots;
    private readonly bool _isDescending, _keepsAll;
    private readonly Workspace.Slice _initial, _last, _blocks, _before;
    private StepRows _rows;

    /// <param name="units">Units of a block.</param>
    /// <param name="width">Floats of a unit and sequence.</param>
    /// <param name="shape">The window.</param>
    /// <param name="isDescending">Whether the walk is from the last step to the first.</param>
    /// <param name="slots">Blocks there are: T + 1 to keep all steps, 2 for the step at work, 1 to work on it in place.</param>
    /// <param name="workspace">Memory.</param>
    public StepStates(int units, int width, WindowShape shape, bool isDescending, int slots, Workspace workspace)
    {
        _units = units;
        _width = width;
        _slots = slots;
        _isDescending = isDescending;
        _keepsAll = slots > shape.TimeSteps;
        long block = (long)units * width * shape.Batch;
        _initial = workspace.Reserve(block);
        _last = workspace.Reserve(block);
        _blocks = workspace.Reserve(slots * block);
        if (_keepsAll && shape.IsUneven) _before = workspace.Reserve(shape.TimeSteps * block);
    }

    /// <summary>What a window starts from, [units][B].</summary>
    public Span<float> Initial => _initial.Span;

    /// <summary>What it left at each sequence's end, [units][B]; the initial one of a sequence without steps.</summary>
    public Span<float> Last => _last.Part(0, Floats(_rows.Batch));

    /// <summary>After all steps, block by block, if all are kept.</summary>
    public Span<float> AllAfter => Kept(_blocks, _rows.IsEven && !_isDescending ? 1 : 0);

    /// <summary>Before all steps, block by block, if all are kept.</summary>
    public Span<float> AllBefore => _rows.IsEven ? Kept(_blocks, _isDescending ? 1 : 0) : Kept(_before, 0);

    /// <summary>After step <paramref name="t"/>.</summary>
    public Span<float> After(int t) => _keepsAll ? Block(AllAfter, t) : Slot(t)[..Floats(_rows.At(t))];

    /// <summary>Before step <paramref name="t"/>.</summary>
    public Span<float> Before(int t) => _keepsAll ? Block(AllBefore, t) : Slot(t + 1)[..Floats(_rows.At(t))];

    /// <summary>Whether the walk begins with step <paramref name="t"/>.</summary>
    public bool IsFirst(int t) => t == (_isDescending ? _rows.Steps - 1 : 0);

    /// <summary>Begins a window.</summary>
    public void Begin(StepRows rows)
    {
        _rows = rows;
        int any = rows.Steps == 0 ? 0 : rows.At(0);
        Move(Initial, rows.Batch, Last, rows.Batch, any, rows.Batch);
    }

    /// <summary>Makes what is before step <paramref name="t"/>.</summary>
    public void Enter(int t)
    {
        int count = _rows.At(t), past = _isDescending ? t + 1 : t - 1, had = IsFirst(t) ? 0 : _rows.At(past), both = Math.Min(had, count);
        if (_keepsAll && !_rows.IsEven && had > 0) Move(After(past), had, Before(t), count, 0, both);
        else if (had > 0 && had != count) Restride(Slot(past), had, count, both);
        if (both < count) Move(Initial, _rows.Batch, Before(t), count, both, count);
    }

    /// <summary>Keeps what is after step <paramref name="t"/> of the sequences for which it is the last.</summary>
    public void Leave(int t)
    {
        int count = _rows.At(t), on = IsLast(t) ? 0 : _isDescending ? count : _rows.At(t + 1);
        Move(After(t), count, Last, _rows.Batch, on, count);
    }

    /// <summary>Makes the last state the next window's initial one.</summary>
    public void Carry() => Last.CopyTo(Initial);

    /// <summary>The same for a next window of other sequences, each of which goes on from the one that is named.</summary>
    public void CarryFrom(ReadOnlySpan<int> from) => Pick(Last, _rows.Batch, from, Initial, _units, _width);

    /// <summary>Some sequences of a block [units][sequences][width], by their numbers, to a block of as many.</summary>
    public static void Pick(ReadOnlySpan<float> block, int sequences, ReadOnlySpan<int> from, Span<float> target, int units, int width)
    {
        for (int unit = 0; unit < units; unit++)
        {
            ReadOnlySpan<float> own = block.Slice(unit * sequences * width, sequences * width);
            Span<float> to = target.Slice(unit * from.Length * width, from.Length * width);
            if (width == 1) for (int i = 0; i < to.Length; i++) to[i] = own[from[i]];
            else for (int i = 0; i < from.Length; i++) own.Slice(from[i] * width, width).CopyTo(to[(i * width)..]);
        }
    }

    private bool IsLast(int t) => t == (_isDescending ? 0 : _rows.Steps - 1);

    private int Floats(int sequences) => _units * _width * sequences;

    private Span<float> Block(Span<float> all, int t) => all.Slice(Floats(_rows.Before(t)), Floats(_rows.At(t)));

    private Span<float> Kept(Workspace.Slice blocks, int skipped) => blocks.Span.Slice(Floats(skipped * _rows.Batch), Floats(_rows.Total));

    private Span<float> Slot(int t) => _blocks.Part(t & (_slots - 1), _blocks.Length / _slots);

    // Sequences [from, to) of a block of some sequences to their places in a block of others.
    private void Move(ReadOnlySpan<float> block, int sequences, Span<float> target, int others, int from, int to)
    {
        int length = (to - from) * _width;
        if (length == 0) return;
        int units = sequences == others && to - from == others ? 1 : _units;
        if (units < _units) length *= _units;
        for (int unit = 0; unit < units; unit++)
            block.Slice(((unit * sequences) + from) * _width, length).CopyTo(target[(((unit * others) + from) * _width)..]);
    }

    // In place, so in the order in which nothing is overwritten that is still to be read.
    private void Restride(Span<float> block, int had, int count, int both)
    {
        for (int i = 0; i < _units; i++)
        {
            int unit = count < had ? i : _units - 1 - i;
            block.Slice(unit * had * _width, both * _width).CopyTo(block[(unit * count * _width)..]);
        }
    }
}
