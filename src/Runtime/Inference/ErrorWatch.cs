namespace TinySD.Runtime.Inference;

/// <summary>Says how unusual prediction errors are: each by the mean and the spread of those before it.</summary>
/// <remarks>The estimate begins with a spread known from elsewhere, best from the model's validation rows, which counts as 100 errors; it
/// is a running one, of the last 1000 errors or so. An error that raises an alarm enters it no larger than the threshold, so that one
/// outlier does not hide the next, and a lasting change is got used to. Allocates nothing. Not thread-safe.</remarks>
public sealed class ErrorWatch
{
    // What the beginning counts as much as, and what the estimate remembers: errors.
    private const int Beginning = 100, Memory = 1000;

    private readonly double _least, _threshold;
    private double _mean, _variance;
    private int _count = Beginning;

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
        _variance = Math.Max(spread, least) * Math.Max(spread, least);
    }

    /// <summary>Judges an error by those before it, and then learns from it.</summary>
    /// <param name="error">What came, less what was predicted; NaN where either is missing, which teaches nothing.</param>
    /// <returns>Its z-score, and whether that is an alarm.</returns>
    public (double Z, bool IsAlarm) Judge(double error)
    {
        if (double.IsNaN(error)) return (double.NaN, false);
        double deviation = Math.Max(Math.Sqrt(_variance), _least), z = (error - _mean) / deviation;
        bool isAlarm = Math.Abs(z) > _threshold;
        double taken = isAlarm ? _mean + (Math.Sign(z) * _threshold * deviation) : error;
        _count = Math.Min(_count + 1, Memory);
        double before = taken - _mean;
        _mean += before / _count;
        _variance += ((before * (taken - _mean)) - _variance) / _count;
        return (z, isAlarm);
    }
}
