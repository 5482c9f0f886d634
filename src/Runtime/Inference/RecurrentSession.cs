using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Runs a bare recurrent stack on a batch of sequences; the state survives from call to call, so a long or endless input can be
/// fed in pieces.</summary>
/// <remarks>A number of the input that is infinite or not a number is refused before it is in the state, where it would stay, and in
/// everything computed from it; see <see cref="NonFinite"/>. Allocates in the constructor only. Same bits for every number of threads,
/// every register width, and every way to cut an input into pieces, as far as the stack is one-directional; a sequence has the bits that
/// it has alone. Not thread-safe; any number of sessions may share a stack.</remarks>
public sealed partial class RecurrentSession : StreamingSession
{
    private readonly RecurrentStack _stack;
    private readonly RecurrentLayer[] _layers;
    private readonly SequencePacking _packing;
    private readonly int[] _lengths;
    private readonly int _batch, _maxTimeSteps;
    private readonly Workspace.Slice _input, _even, _odd, _moved;

    /// <summary>Prepares the stack's weights.</summary>
    /// <param name="stack">The stack; make a new session when its parameters have changed.</param>
    /// <param name="batch">Sequences B, at least 1.</param>
    /// <param name="maxTimeSteps">Steps that are computed together, at least 1: more are faster and take more memory. Longer calls are cut
    /// into pieces of so many; only of a bidirectional stack, which needs a sequence's end for its start, this is the most of a
    /// call.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="memory">Gives the host's memory for the session's floats and is asked once, here, for how many; <see langword="null"/>
    /// to allocate. What it gives must outlive the session and be nobody else's; it may hold anything and start anywhere, best on a
    /// multiple of <see cref="AlignedBuffer.AlignmentBytes"/>.</param>
    /// <param name="delta">How much a number must have changed to be taken again; by default everything is taken at every step. With
    /// thresholds a run is computed step by step, whatever <paramref name="maxTimeSteps"/>, and the sequences of a batch one after
    /// another.</param>
    /// <exception cref="ArgumentException">A size or a threshold is out of range, there are thresholds and the stack does not read forward,
    /// all together pass 2^31 floats, the profile does not run here, or the host gives too little memory.</exception>
    public RecurrentSession(
        RecurrentStack stack, int batch = 1, int maxTimeSteps = 1, IParallelRunner? runner = null, HardwareProfile? hardware = null,
        Func<int, Memory<float>>? memory = null, DeltaThresholds delta = default)
        : base(Throw.IfNull(stack).Parameters, batch)
    {
        if (maxTimeSteps < 1) Throw.OutOfRange(nameof(maxTimeSteps), maxTimeSteps, "at least 1");
        _stack = stack;
        _batch = batch;
        RecurrentStackConfig config = stack.Config;
        delta.Check(config.Direction == RecurrentDirection.Forward ? null : "a stack that reads an input from its end");
        _maxTimeSteps = maxTimeSteps = delta.IsOff ? maxTimeSteps : 1;
        runner ??= SingleThread.Instance;
        var plan = new NetworkPlan(runner, KernelChoice.For(hardware)) { SharesCopies = true, Delta = delta };
        var shape = new WindowShape(batch, maxTimeSteps, Training: false, IsUneven: batch > 1);
        int directions = config.DirectionCount, hidden = config.HiddenSize;
        _packing = new SequencePacking(batch, maxTimeSteps);
        _layers = new RecurrentLayer[config.LayerCount * directions];
        for (int i = 0; i < _layers.Length; i++)
        {
            int direction = i % directions;
            _layers[i] = RecurrentLayer.Create(stack.Slots(i / directions, direction), shape, plan, new RecurrentTraits
            {
                SeesHidden = i >= directions,
                IsReverse = direction == 1 || config.Direction == RecurrentDirection.Reverse,

                // Unit-major, the two directions of a step lie one after the other: no pass joins them.
                Part = new OutputPart(direction * hidden, config.OutputSize),
                Variant = config.IsPlain
                    ? null
                    : new VariantOps(runner, config.FunctionsOf(direction).AsSpan(), config.Clip, config.CoupledGates, hidden),
            });
        }

        long rows = (long)maxTimeSteps * batch;
        _input = plan.Scratch.Reserve(rows * config.InputSize);
        _even = plan.Scratch.Reserve(rows * config.OutputSize);
        if (config.LayerCount > 1) _odd = plan.Scratch.Reserve(rows * config.OutputSize);
        _moved = plan.Scratch.Reserve(batch);
        plan.Take(memory);
        foreach (RecurrentLayer layer in _layers) layer.Update(stack.Parameters);
        foreach (DeltaProduct product in plan.DeltaProducts) product.Packing = _packing;
        _lengths = new int[batch];
        Carry(StateKind.RecurrentStack, _layers, 0, [(int)config.Cell, config.LayerCount, (int)config.Direction, config.InputSize], plan);
    }

    /// <summary>What becomes of a number of an input or a state that is infinite or not a number. By default it is refused.</summary>
    public NonFiniteInput NonFinite { get; init; }

    private protected override bool TakesNonFinite => NonFinite == NonFiniteInput.Compute;

    /// <summary>Feeds one step of every sequence.</summary>
    /// <param name="input">[B, I].</param>
    /// <param name="output">Receives [B, D H]: the top layer's h.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    /// <exception cref="NotFiniteNumberException">A number is not finite, and is to be refused; state and output are as they were, and
    /// the message names sequence and feature.</exception>
    public void Step(ReadOnlySpan<float> input, Span<float> output)
    {
        StepsOf(("the input", "float"), input.Length, _stack.Config.InputSize, least: 1, most: 1);
        Run(input, output);
    }

    /// <summary>Feeds T steps of every sequence.</summary>
    /// <param name="input">[T, B, I]; its length gives T, and there is no limit to it but of a bidirectional stack.</param>
    /// <param name="output">Receives [T, B, D H]: the top layer's h at every step, 0 past a sequence's end.</param>
    /// <param name="lengths">Steps of each sequence, 0 to T; empty where all have T.</param>
    /// <exception cref="ArgumentException">A length is wrong or out of range.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    /// <exception cref="NotFiniteNumberException">A number of a step within a sequence's length is not finite, and is to be refused; state
    /// and output are as they were, and the message names step, sequence and feature.</exception>
    public void Run(ReadOnlySpan<float> input, Span<float> output, ReadOnlySpan<int> lengths = default)
    {
        RecurrentStackConfig config = _stack.Config;
        int timeSteps = StepsOf(("the input", "float"), input.Length, config.InputSize, least: 0);
        int step = _batch * config.InputSize, row = _batch * config.OutputSize;
        CheckRoom("the output", "float", output.Length, (long)timeSteps * row);
        CheckLengths(lengths, timeSteps);
        using OneThread.Use use = Enter();
        int pieces = timeSteps <= _maxTimeSteps ? 1 : CountPieces(timeSteps, input, output);
        if (NonFinite == NonFiniteInput.Refuse) CheckFinite(input, lengths);
        for (int piece = 0; piece < pieces; piece++)
        {
            // The reverse way comes to the last steps first.
            int first = _maxTimeSteps * (config.Direction == RecurrentDirection.Reverse ? pieces - 1 - piece : piece);
            int count = Math.Min(_maxTimeSteps, timeSteps - first);
            ReadOnlySpan<int> own = pieces == 1 || lengths.IsEmpty ? lengths : LengthsOf(lengths, first, count);
            RunPiece(input.Slice(first * step, count * step), output.Slice(first * row, count * row), count, own);
        }
    }

    private int CountPieces(int timeSteps, ReadOnlySpan<float> input, ReadOnlySpan<float> output)
    {
        RecurrentStackConfig config = _stack.Config;
        if (config.Direction == RecurrentDirection.Bidirectional)
        {
            Throw.Argument(
                $"there are {timeSteps} steps, and a bidirectional stack reads all steps of a call together; the session was made for at " +
                $"most {_maxTimeSteps} (maxTimeSteps)");
        }

        // What one piece writes must be none that another has still to read.
        if (input.Overlaps(output, out int distance) && (distance != 0 || config.InputSize != config.OutputSize))
            Throw.Argument("input and output overlap: expected memory apart, or the same where they are as wide as each other");
        return 1 + ((timeSteps - 1) / _maxTimeSteps);
    }

    private void CheckLengths(ReadOnlySpan<int> lengths, int timeSteps)
    {
        if (lengths.IsEmpty) return;
        if (lengths.Length != _batch)
            Throw.Argument($"there are {Throw.Counted(lengths.Length, "length")} for {Throw.Counted(_batch, "sequence")}");
        foreach (int length in lengths)
            if ((uint)length > (uint)timeSteps) Throw.OutOfRange("a sequence's length", length, $"0 to {timeSteps}");
    }

    private ReadOnlySpan<int> LengthsOf(ReadOnlySpan<int> lengths, int first, int count)
    {
        for (int b = 0; b < _batch; b++) _lengths[b] = Math.Clamp(lengths[b] - first, 0, count);
        return _lengths;
    }

    private void RunPiece(ReadOnlySpan<float> input, Span<float> output, int timeSteps, ReadOnlySpan<int> lengths)
    {
        RecurrentStackConfig config = _stack.Config;
        int step = _batch * config.InputSize, row = _batch * config.OutputSize, directions = config.DirectionCount;
        StepRows rows = _packing.Pack(lengths, timeSteps);
        if (!_packing.IsInOrder) MoveStates(toPlaces: true);
        for (int t = 0; t < rows.Steps; t++)
            Pack(input.Slice(t * step, step), rows.At(t), _input.Span[(rows.Before(t) * config.InputSize)..]);
        ReadOnlySpan<float> x = _input.Span;
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            Span<float> y = (layer % 2 == 0 ? _even : _odd).Span[..output.Length];
            for (int direction = 0; direction < directions; direction++)
            {
                RecurrentLayer half = _layers[(layer * directions) + direction];
                half.Forward(_stack.Parameters, x, rows, y);
                half.Carry();
            }

            x = y;
        }

        for (int t = 0; t < timeSteps; t++)
        {
            (int before, int count) = t < rows.Steps ? (rows.Before(t), rows.At(t)) : default;
            Unpack(x[(before * config.OutputSize)..], count, output.Slice(t * row, row));
        }

        if (!_packing.IsInOrder) MoveStates(toPlaces: false);
    }

    // A step's sequences, [B][I], to their places among those that have the step, [I][count].
    private void Pack(ReadOnlySpan<float> step, int count, Span<float> packed)
    {
        if (_batch == 1)
        {
            step.CopyTo(packed);
            return;
        }

        int features = step.Length / _batch;
        for (int place = 0; place < count; place++)
        {
            ReadOnlySpan<float> sequence = step.Slice(_packing.Order[place] * features, features);
            for (int i = 0; i < features; i++) packed[(i * count) + place] = sequence[i];
        }
    }

    // And back, [D H][count] to [B][D H]: the others have no output.
    private void Unpack(ReadOnlySpan<float> packed, int count, Span<float> step)
    {
        int units = step.Length / _batch;
        if (_batch == 1 && count == 1)
        {
            packed[..units].CopyTo(step);
            return;
        }

        for (int place = 0; place < _batch; place++)
        {
            Span<float> sequence = step.Slice(_packing.Order[place] * units, units);
            if (place >= count) sequence.Clear();
            else for (int j = 0; j < units; j++) sequence[j] = packed[(j * count) + place];
        }
    }

    // States stand as sequences were given, and while a window runs in its order.
    private void MoveStates(bool toPlaces)
    {
        foreach (RecurrentLayer layer in _layers)
        {
            for (int j = 0; j < _stack.Config.HiddenSize; j++)
            {
                Move(layer.CarriedHidden[(j * _batch)..], 1, toPlaces);
                if (!layer.CarriedCell.IsEmpty) Move(layer.CarriedCell[j..], layer.CellStride, toPlaces);
            }
        }
    }

    private void Move(Span<float> unit, int stride, bool toPlaces)
    {
        Span<float> moved = _moved.Span;
        for (int place = 0; place < _batch; place++)
        {
            int sequence = _packing.Order[place];
            (int to, int from) = toPlaces ? (place, sequence) : (sequence, place);
            moved[to] = unit[from * stride];
        }

        for (int b = 0; b < _batch; b++) unit[b * stride] = moved[b];
    }

    private void CheckFinite(ReadOnlySpan<float> input, ReadOnlySpan<int> lengths)
    {
        // One pass over all of it for what is the rule; past a sequence's end there may be anything.
        if (FiniteNumbers.IndexOfOther(input) < 0) return;
        int features = _stack.Config.InputSize;
        for (int row = 0; row * features < input.Length; row++)
        {
            (int t, int sequence) = int.DivRem(row, _batch);
            if (!lengths.IsEmpty && t >= lengths[sequence]) continue;
            int wrong = FiniteNumbers.IndexOfOther(input.Slice(row * features, features));
            if (wrong >= 0) Refuse($"feature {wrong} of sequence {sequence} at step {t}", input[(row * features) + wrong]);
        }
    }

    private static void Refuse(string what, float found) =>
        Throw.NotANumber(found, $"{what} is {found}; a finite number was expected. The state is as it was");
}
