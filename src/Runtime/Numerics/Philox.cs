using System.Diagnostics;

namespace TinySD.Runtime.Numerics;

/// <summary>What a random stream is for: streams of different purposes never share numbers.</summary>
internal enum RandomPurpose : uint
{
    Initialization = 1,
    Mask = 2,
    Sampling = 3,
    WeightMask = 4,
    WordMask = 5,
    WindowLength = 6,
    Order = 7,
    Split = 8,
    UnknownWord = 9,
    Share = 10,
}

/// <summary>Philox4x32-10, a counter-based generator: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.</summary>
/// <remarks>Four 32-bit words out for a 128-bit counter and a 64-bit key: no state, so any number can be had by itself.</remarks>
internal static class Philox
{
    public const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57, Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;

    public const int Rounds = 10;

    /// <summary>The four words at a counter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (uint X0, uint X1, uint X2, uint X3) Block(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ulong p0 = (ulong)Multiplier0 * c0, p1 = (ulong)Multiplier1 * c2;
            c0 = (uint)(p1 >> 32) ^ c1 ^ k0;
            c2 = (uint)(p0 >> 32) ^ c3 ^ k1;
            c1 = (uint)p1;
            c3 = (uint)p0;
            k0 += Weyl0;
            k1 += Weyl1;
        }

        return (c0, c1, c2, c3);
    }
}

/// <summary>A sequence of words: the seed is the key, purpose and three coordinates the upper counter, the position its lowest.</summary>
internal struct PhiloxStream
{
    /// <summary>The seed's halves.</summary>
    public readonly uint Key0, Key1;

    /// <summary>The upper counter words; the lowest, C0, counts blocks of four words.</summary>
    public readonly uint C1, C2, C3;

    private uint _block, _x0, _x1, _x2, _x3;
    private int _left;

    /// <param name="seed">The 64-bit key.</param>
    /// <param name="purpose">Upper 4 bits of the last counter word.</param>
    /// <param name="a">Coordinate, all 32 bits used.</param>
    /// <param name="b">Coordinate, all 32 bits used.</param>
    /// <param name="c">Coordinate, the lower 28 bits used.</param>
    public PhiloxStream(ulong seed, RandomPurpose purpose, uint a, uint b = 0, uint c = 0)
    {
        Key0 = (uint)seed;
        Key1 = (uint)(seed >> 32);
        C1 = a;
        C2 = b;
        C3 = ((uint)purpose << 28) | (c & 0x0FFFFFFF);
    }

    /// <summary>Words of a stream, after which it begins anew.</summary>
    public const long Length = 4L << 32;

    /// <summary>The key.</summary>
    public readonly ulong Seed => ((ulong)Key1 << 32) | Key0;

    /// <summary>Words that are behind, 0 to <see cref="Length"/> - 1.</summary>
    public long Position
    {
        readonly get => ((4L * _block) - _left) & (Length - 1);
        set
        {
            (_block, _left) = ((uint)(value / 4), 0);
            for (long word = value % 4; word > 0; word--) Next();
        }
    }

    /// <summary>The next word.</summary>
    public uint Next()
    {
        if (_left == 0)
        {
            (_x0, _x1, _x2, _x3) = Philox.Block(_block++, C1, C2, C3, Key0, Key1);
            _left = 4;
        }

        uint word = _left switch { 4 => _x0, 3 => _x1, 2 => _x2, _ => _x3 };
        _left--;
        return word;
    }

    /// <summary>The next words, a multiple of four, at the start of a block. Faster than one by one, because blocks overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Next(Span<uint> words)
    {
        Debug.Assert(_left == 0 && words.Length % 4 == 0);
        uint block = _block;
        for (int i = 0; i + 3 < words.Length; i += 4)
            (words[i], words[i + 1], words[i + 2], words[i + 3]) = Philox.Block(block++, C1, C2, C3, Key0, Key1);
        _block = block;
    }

    /// <summary>A number in [0, 1) with 24 random bits.</summary>
    public float NextSingle() => (Next() >> 8) * (1f / 16777216f);

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    public double NextDouble()
    {
        ulong high = Next();
        return (((high << 32) | Next()) >> 11) * (1.0 / 9007199254740992.0);
    }
}
