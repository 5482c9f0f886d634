namespace TinySD.Runtime.Memory;

/// <summary>How the sequences of a window lie in memory, step after step. They stand in order of decreasing length, so that the first
/// B(t) of them have a step t, and B(t) never grows. The blocks of all steps are dense and lie one after another; a row is one
/// sequence at one step.</summary>
/// <remarks>The rows of unequal lengths are <see cref="SequencePacking"/>'s, and hold until it packs again.</remarks>
public readonly struct StepRows
{
    private readonly int[]? _starts;
    private readonly int _first, _steps, _batch;

    /// <summary>Rows of some steps.</summary>
    /// <param name="starts">Rows before each step and, last, of all steps; null where all sequences have every step.</param>
    /// <param name="first">The first of the steps, counted in <paramref name="starts"/>.</param>
    /// <param name="steps">How many there are.</param>
    /// <param name="batch">Sequences B.</param>
    internal StepRows(int[]? starts, int first, int steps, int batch) => (_starts, _first, _steps, _batch) = (starts, first, steps, batch);

    /// <summary>Steps T, those of the longest sequence.</summary>
    public int Steps => _steps;

    /// <summary>Sequences B, those without any step too.</summary>
    public int Batch => _batch;

    /// <summary>Whether all sequences have every step.</summary>
    public bool IsEven => _starts is null;

    /// <summary>Rows of all steps.</summary>
    public int Total => Before(Steps);

    /// <summary>All of <paramref name="batch"/> sequences at every step.</summary>
    public static StepRows Even(int steps, int batch) => new(null, 0, steps, batch);

    /// <inheritdoc/>
    public override string ToString() => $"{Steps} steps of {Batch} sequences of {(IsEven ? "equal" : "unequal")} length";

    /// <summary>B(t), the sequences that have a step <paramref name="t"/>; at least 1.</summary>
    public int At(int t) => _starts is null ? Batch : _starts[_first + t + 1] - _starts[_first + t];

    /// <summary>Rows of the steps before <paramref name="t"/>.</summary>
    public int Before(int t) => _starts is null ? t * Batch : _starts[_first + t] - _starts[_first];

    /// <summary>How many steps from <paramref name="t"/> on have as many sequences as it has, at most <paramref name="most"/>.</summary>
    public int Alike(int t, int most)
    {
        int end = Math.Min(_steps, t + most), next = t + 1;
        if (_starts is null) return end - t;
        while (next < end && At(next) == At(t)) next++;
        return next - t;
    }

    /// <summary>The first step that has fewer sequences than <paramref name="count"/>; <see cref="Steps"/> if there is none.</summary>
    public int FirstBelow(int count)
    {
        if (_starts is null) return Batch < count ? 0 : Steps;
        int t = Steps;
        while (t > 0 && At(t - 1) < count) t--;
        return t;
    }

    /// <summary>Some of the steps.</summary>
    public StepRows Slice(int from, int count) => new(_starts, _first + from, count, _batch);
}
