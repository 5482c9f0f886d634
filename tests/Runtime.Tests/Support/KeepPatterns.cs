namespace TinySD.Runtime.Tests;

/// <summary>Which units are kept: the shapes a list of kept units can have.</summary>
public enum KeepPattern
{
    None,
    One,
    All,
    Random,
    Blocks,
}

internal static class KeepPatterns
{
    /// <summary>The kept units of one time step, sorted.</summary>
    public static int[] Draw(KeepPattern pattern, int units, int seed)
    {
        var random = new Random(seed);
        return pattern switch
        {
            KeepPattern.None => [],
            KeepPattern.One => [random.Next(units)],
            KeepPattern.All => [.. Enumerable.Range(0, units)],
            KeepPattern.Random => [.. Enumerable.Range(0, units).Where(_ => random.Next(2) == 0)],
            _ => [.. Enumerable.Range(0, units).Where(unit => ((unit / 5) + seed) % 2 == 0)],
        };
    }
}
