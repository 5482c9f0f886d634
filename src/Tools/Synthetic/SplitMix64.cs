namespace TinySD.Tools.Synthetic;

/// <summary>A small random generator: the same numbers on every machine and in every version. Steele, Lea, Flood, "Fast splittable
/// pseudorandom number generators", OOPSLA 2014.</summary>
internal struct SplitMix64(ulong state)
{
    private ulong _state = state;

    /// <summary>The stream of a row of a seed's: a start of its own in the one long sequence.</summary>
    public static SplitMix64 Of(ulong seed, ulong row) => new(new SplitMix64(seed).Next() ^ (new SplitMix64(~row).Next() << 1));

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong z = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number from 0 to below <paramref name="count"/>; its bias is below count / 2^64.</summary>
    public int Next(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);
}
