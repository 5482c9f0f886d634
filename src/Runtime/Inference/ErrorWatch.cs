using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Says how unusual prediction errors are: each by the mean and the spread of those before it.</summary>
/// <remarks>The estimate begins with a spread known from elsewhere, best from the model's validation rows, which counts as 100 errors; it
/// is a running one, of the last 1000 errors or so. An error that raises an alarm enters it no larger than the threshold, so that one
/// outlier does not hide the next, and a lasting change is got used to. Its state is the estimate; spread, least and threshold are
/// settings and no state. Allocates nothing. Not thread-safe.</remarks>
public sealed class ErrorWatch : IStreamingState
{
    // What the beginning counts as much as, and what the estimate remembers: errors.
    private const int Beginning = 100, Memory = 1000;

    private static readonly StateHead _head = new(StateKind.ErrorWatch, 0);

    private readonly double _least, _threshold, _begun;
    private double _mean, _variance;
    private int _count;
    private OneThread _thread;

    /// <summary>Begins to watch.</summary>
    /// <param name="spread">The errors' standard deviation as it is known, at least 0.</param>
    /// <param name="least">The smallest spread there can be, above 0: below it an error is what rounding makes.</param>
    /// <param name="threshold">The z-score, up or down, above which there is an alarm; above 0.</param>
    /// <exception cref="ArgumentException">A figure is out of range.</exception>
    public ErrorWatch(double spread, double least = 1e-9, double threshold = 4)
    {
        if (!(spread >= 0 && double.IsFinite(spread))) Throw.OutOfRange(nameof(spread), spread, "a finite number of at least 0");
        if (!(least > 0 && double.IsFinite(least))) Throw.OutOfRange(nameof(least), least, "a finite number above 0");
        if (!(threshold > 0)) Throw.OutOfRange(nameof(threshold), threshold, "above 0");
        (_least, _threshold) = (least, threshold);
        _begun = Math.Max(spread, least) * Math.Max(spread, least);
        Begin();
    }

    /// <inheritdoc/>
    public string Kind => StateHead.NameOf(StateKind.ErrorWatch);

    int IStreamingState.Batch => 1;

    ParameterBlock? IStreamingState.Parameters => null;

    /// <inheritdoc/>
    public int StateBytes => StateHead.Bytes + (2 * sizeof(double)) + sizeof(long);

    /// <inheritdoc/>
    public void CopyState(Span<byte> state)
    {
        StateHead.CheckLength(state.Length, StateBytes);
        using OneThread.Use use = _thread.Enter();
        _head.Write(state);
        var writer = new StateWriter(state[StateHead.Bytes..]);
        writer.Write(_mean);
        writer.Write(_variance);
        writer.Write((long)_count);
    }

    /// <inheritdoc/>
    public void SetState(ReadOnlySpan<byte> state)
    {
        StateHead.CheckLength(state.Length, StateBytes);
        using OneThread.Use use = _thread.Enter();
        _head.Check(state);
        var reader = new StateReader(state[StateHead.Bytes..]);
        double mean = reader.ReadDouble(), variance = reader.ReadDouble();
        long count = reader.ReadInt64();
        if (!double.IsFinite(mean) || !(variance >= 0 && double.IsFinite(variance)) || count is < Beginning or > Memory)
            Throw.Argument($"these bytes are no state: a mean of {mean}, a variance of {variance} of {count} errors");
        (_mean, _variance, _count) = (mean, variance, (int)count);
    }

    /// <summary>Begins anew, with the spread that it was made with.</summary>
    public void Reset()
    {
        using OneThread.Use use = _thread.Enter();
        Begin();
    }

    /// <summary>Judges an error by those before it, and then learns from it.</summary>
    /// <param name="error">What came, less what was predicted; NaN where either is missing, which teaches nothing.</param>
    /// <returns>Its z-score, and whether that is an alarm.</returns>
    public (double Z, bool IsAlarm) Judge(double error)
    {
        if (double.IsNaN(error)) return (double.NaN, false);
        using OneThread.Use use = _thread.Enter();
        double deviation = Math.Max(Math.Sqrt(_variance), _least), z = (error - _mean) / deviation;
        bool isAlarm = Math.Abs(z) > _threshold;
        double taken = isAlarm ? _mean + (Math.Sign(z) * _threshold * deviation) : error;
        _count = Math.Min(_count + 1, Memory);
        double before = taken - _mean;
        _mean += before / _count;
        _variance += ((before * (taken - _mean)) - _variance) / _count;
        return (z, isAlarm);
    }

    private void Begin() => (_mean, _variance, _count) = (0, _begun, Beginning);
}
