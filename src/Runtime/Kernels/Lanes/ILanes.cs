namespace TinySD.Runtime.Kernels.Lanes;

/// <summary>
/// The one vector abstraction: <see cref="Width"/> floats side by side in a register of type <typeparamref name="TVector"/>. Kernels are written
/// once over it; an implementation is a struct, so that the compiler folds every call into the instruction it stands for.
/// </summary>
/// <remarks>Every operation rounds each lane as IEEE 754 single precision does, so a kernel's result does not depend on the width it ran at.</remarks>
internal unsafe interface ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Floats in a register: 1, 4, 8 or 16.</summary>
    static abstract int Width { get; }

    /// <summary>Whether this CPU and this build run these instructions.</summary>
    static abstract bool IsSupported { get; }

    static abstract TVector Load(float* source);

    static abstract void Store(float* destination, TVector value);

    /// <summary>Asks for a cache line in the first-level cache. Any address will do: a hint never faults.</summary>
    static abstract void Prefetch(float* address);

    /// <summary>Asks for a cache line in the second-level cache.</summary>
    static abstract void PrefetchSecondLevel(float* address);

    /// <summary>One float from memory in every lane.</summary>
    static abstract TVector Broadcast(float* source);

    /// <summary>One float in every lane.</summary>
    static abstract TVector Create(float value);

    /// <summary>a * b + c, rounded once where the CPU has FMA.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    static abstract TVector Sqrt(TVector value);

    /// <summary>The smaller lane; where <paramref name="b"/> is not a number, <paramref name="b"/>.</summary>
    static abstract TVector Min(TVector a, TVector b);

    /// <summary>The larger lane; where <paramref name="b"/> is not a number, <paramref name="b"/>.</summary>
    static abstract TVector Max(TVector a, TVector b);

    /// <summary>Magnitude of <paramref name="magnitude"/>, sign of <paramref name="sign"/>.</summary>
    static abstract TVector CopySign(TVector magnitude, TVector sign);

    static abstract TVector Abs(TVector value);

    /// <summary>2^n for a number that holds n in its low mantissa bits, as 1.5 * 2^23 + n does; n in [-126, 127].</summary>
    static abstract TVector PowerOfTwo(TVector shifted);
}
