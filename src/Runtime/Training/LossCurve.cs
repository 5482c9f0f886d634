namespace TinySD.Runtime.Training;

/// <summary>The training loss in the course of a run, in a bounded number of points: each is the mean over the terms of equally many
/// updates, the last one of fewer where it is not whole yet. When there are too many, neighbours are joined.</summary>
/// <remarks>Its memory is taken once. Not thread-safe.</remarks>
public sealed class LossCurve
{
    /// <summary>The most points; there are at least half as many once there were so many updates.</summary>
    public const int MostPoints = 256;

    private readonly double[] _sums = new double[MostPoints];
    private readonly long[] _terms = new long[MostPoints];
    private long _from;
    private int _inLast;

    internal LossCurve()
    {
    }

    /// <summary>Points.</summary>
    public int Count { get; private set; }

    /// <summary>Updates in each.</summary>
    public int Every { get; private set; } = 1;

    /// <summary>Mean loss of a point.</summary>
    /// <param name="point">0 to <see cref="Count"/> - 1.</param>
    public double LossOf(int point) => _sums.AsSpan(0, Count)[point] / _terms[point];

    /// <summary>Updates that the run had made at a point's end.</summary>
    /// <param name="point">0 to <see cref="Count"/> - 1.</param>
    public long UpdatesAt(int point) => _from + ((long)point * Every) + (point == Count - 1 ? _inLast : Every);

    internal LossCurveState ToState() => new(_from, Every, _sums[..Count], _terms[..Count]);

    /// <summary>Goes on where another was; without its state, from here on.</summary>
    internal void Restore(LossCurveState? state, long updates)
    {
        state ??= new(updates, 1, [], []);
        if (state.FindFault(updates) is { } fault) Throw.Argument(fault);
        (_from, Every, Count) = (state.From, state.Every, state.LossSums.Count);
        for (int i = 0; i < Count; i++) (_sums[i], _terms[i]) = (state.LossSums[i], state.Terms[i]);
        _inLast = (int)(updates - _from - (Math.Max(0, Count - 1L) * Every));
    }

    internal void Add(StepResult result)
    {
        if (Count == 0 || _inLast == Every)
        {
            if (Count == MostPoints) Join();
            (_sums[Count], _terms[Count], _inLast) = (0, 0, 0);
            Count++;
        }

        _sums[Count - 1] += result.Loss * result.Terms;
        _terms[Count - 1] += result.Terms;
        _inLast++;
    }

    // All points are whole.
    private void Join()
    {
        Count /= 2;
        Every *= 2;
        for (int i = 0; i < Count; i++)
        {
            _sums[i] = _sums[2 * i] + _sums[(2 * i) + 1];
            _terms[i] = _terms[2 * i] + _terms[(2 * i) + 1];
        }
    }
}

/// <summary>A <see cref="LossCurve"/> as it is kept.</summary>
/// <param name="From">Updates that the run had made before its first point's.</param>
/// <param name="Every">Updates in each point but the last, which may have fewer.</param>
/// <param name="LossSums">Of each point the sum of its losses over all terms.</param>
/// <param name="Terms">Of each point its terms.</param>
public sealed record LossCurveState(long From, int Every, IReadOnlyList<double> LossSums, IReadOnlyList<long> Terms)
{
    /// <summary>What is impossible after so many updates, or <see langword="null"/>.</summary>
    /// <param name="updates">Made by the run in all.</param>
    public string? FindFault(long updates)
    {
        if (Every < 1 || From < 0 || From > updates)
            return "the curve of losses begins after the last update, or has no updates in a point";
        long points = ((updates - From) + Every - 1) / Every;
        if (points > LossCurve.MostPoints || LossSums.Count != points || Terms.Count != points)
            return $"the curve of losses has {LossSums.Count} sums and {Terms.Count} counts of terms in place of {points}";
        for (int i = 0; i < points; i++)
        {
            if (!double.IsFinite(LossSums[i]) || Terms[i] < 1) return $"point {i} of the curve of losses is not finite, or has no terms";
        }

        return null;
    }
}
