namespace TinySD.Tools.Tasks.Regression;

/// <summary>Says how unusual a target's prediction errors are: each by the mean and the spread of those before it.</summary>
/// <remarks>The estimate begins with the errors on the model's validation rows, and is a running one, of the last
/// <see cref="Memory"/> errors or so. An error that raises an alarm enters it no larger than the threshold, so that one outlier does not
/// hide the next, and a lasting change is got used to.</remarks>
/// <param name="spread">The standard deviation on the validation rows.</param>
/// <param name="least">The smallest spread there can be.</param>
/// <param name="threshold">The z-score above which there is an alarm.</param>
internal sealed class ErrorWatch(double spread, double least, double threshold)
{
    // What the beginning counts as much as, and what the estimate remembers: errors.
    private const int Beginning = 100, Memory = 1000;

    private double _mean, _variance = Math.Max(spread, least) * Math.Max(spread, least);
    private int _count = Beginning;

    /// <summary>Judges an error by those before it, and then learns from it.</summary>
    /// <returns>Its z-score, and whether that is an alarm.</returns>
    public (double Z, bool IsAlarm) Judge(double error)
    {
        double deviation = Math.Max(Math.Sqrt(_variance), least), z = (error - _mean) / deviation;
        bool isAlarm = Math.Abs(z) > threshold;
        double taken = isAlarm ? _mean + (Math.Sign(z) * threshold * deviation) : error;
        _count = Math.Min(_count + 1, Memory);
        double before = taken - _mean;
        _mean += before / _count;
        _variance += ((before * (taken - _mean)) - _variance) / _count;
        return (z, isAlarm);
    }
}
