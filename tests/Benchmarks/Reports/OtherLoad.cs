using System.Diagnostics;
using System.Globalization;

namespace TinySD.Benchmarks.Reports;

/// <summary>How much of the machine others took while something was measured: figures from a busy machine are not worth keeping.</summary>
/// <remarks>Libraries suffer from company to different degrees. OpenMP's threads, and so libtorch's, wait for each other by spinning: with
/// one core taken by another process, a step on two threads takes several times as long as on one.</remarks>
internal sealed class OtherLoad
{
    private readonly (long Busy, long All)? _start = Read();
    private readonly long _startTime = Stopwatch.GetTimestamp();
    private readonly TimeSpan _startOwn = Environment.CpuUsage.TotalTime;

    /// <summary>One sentence about the time since this object was made; empty where the system does not tell.</summary>
    public string Describe()
    {
        if (_start is not { } start || Read() is not { } end || end.All == start.All) return "";
        double busy = (double)(end.Busy - start.Busy) / (end.All - start.All) * Environment.ProcessorCount;
        double own = (Environment.CpuUsage.TotalTime - _startOwn) / Stopwatch.GetElapsedTime(_startTime);
        double others = Math.Max(0, busy - own);
        return string.Create(
            CultureInfo.InvariantCulture, $" Other processes took {others:F2} of {Environment.ProcessorCount} cores meanwhile.");
    }

    // user nice system idle iowait irq softirq steal, in ticks since the start of the system.
    private static (long Busy, long All)? Read()
    {
        if (!File.Exists("/proc/stat")) return null;
        string[] words = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long[] ticks = [.. words.Skip(1).Take(8).Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
        return (ticks.Sum() - ticks[3] - ticks[4], ticks.Sum());
    }
}
