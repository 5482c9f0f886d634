using System.Diagnostics;

namespace TinySD.Benchmarks.Matrices;

/// <summary>One product, dense and structured, and what it took.</summary>
/// <param name="name">For the report.</param>
/// <param name="products">The matrix that it is of.</param>
/// <param name="run">Makes it, structured or not.</param>
internal sealed class ProductTimes(string name, WindowProducts products, Action<bool> run)
{
    private readonly List<double> _dense = [], _structured = [];

    public string Name => name;

    public WindowProducts Products => products;

    /// <summary>Seconds of each time that it was made.</summary>
    public IReadOnlyList<double> Dense => _dense;

    public IReadOnlyList<double> Structured => _structured;

    /// <summary>Makes it once more and notes the time.</summary>
    public void Time(bool structured)
    {
        long start = Stopwatch.GetTimestamp();
        run(structured);
        (structured ? _structured : _dense).Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>Makes it once and forgets the time.</summary>
    public void WarmUp()
    {
        run(false);
        run(true);
    }
}
