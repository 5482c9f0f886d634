namespace TinySD.Runtime.Kernels.Lanes;

/// <summary>Dot products of four bytes, <see cref="Width"/> side by side in a register of 32-bit words. All bytes are -127 to 127, and all
/// results exact: they are the same whatever the instructions.</summary>
internal unsafe interface IByteLanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Words in a register: 4 or 8.</summary>
    static abstract int Width { get; }

    /// <summary>Whether this CPU and this build run these instructions.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>Whether the sums are those of bytes 128 larger.</summary>
    static abstract bool IsOffset { get; }

    static abstract TVector Load(int* source);

    static abstract void Store(int* destination, TVector value);

    /// <summary>The same word in every lane.</summary>
    static abstract TVector Broadcast(int value);

    /// <summary>What instructions that take bytes without a sign are given of x.</summary>
    static abstract TVector Unsigned(TVector x);

    /// <summary>Adds to each word the dot product of its four bytes in <paramref name="w"/> with those in <paramref name="x"/>.</summary>
    /// <param name="sums">Words.</param>
    /// <param name="x">Bytes.</param>
    /// <param name="unsigned">Their <see cref="Unsigned"/>.</param>
    /// <param name="w">Bytes.</param>
    static abstract TVector AddDots(TVector sums, TVector x, TVector unsigned, TVector w);
}
