namespace TinySD.Runtime.Kernels.Lanes;

/// <summary>
/// The one vector abstraction: <see cref="Width"/> floats side by side in a register of type <typeparamref name="TVector"/>. Kernels are
/// written once over it; an implementation is a struct, so that the compiler folds every call into the instruction it stands for.
/// </summary>
/// <remarks>Every operation rounds each lane as IEEE 754 single precision does, so a kernel's result does not hang on its width.</remarks>
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

    /// <summary><paramref name="yes"/> where a is less than b, <paramref name="no"/> elsewhere, also where one is not a number.</summary>
    static abstract TVector IfLess(TVector a, TVector b, TVector yes, TVector no);

    /// <summary>The first <paramref name="count"/> floats, 0 in the other lanes; nothing behind them is read. 1 to the width.</summary>
    static abstract TVector LoadFirst(float* source, int count);

    /// <summary>The first <paramref name="count"/> lanes; nothing behind them is written. The count is 1 to the width.</summary>
    static abstract void StoreFirst(float* destination, TVector value, int count);

    /// <summary>Turns four floats of each of <see cref="Width"/> rows into four registers: lane l of the s-th is
    /// source[l * stride + s].</summary>
    static abstract void LoadQuads(float* source, nint stride, out TVector v0, out TVector v1, out TVector v2, out TVector v3);

    /// <summary>Turns four registers into four floats of each of Width rows: lane l of the s-th goes to l * stride + s.</summary>
    static abstract void StoreQuads(float* destination, nint stride, TVector v0, TVector v1, TVector v2, TVector v3);

    /// <summary>One 32-bit word in every lane. A register of words is given to operations on words, loads and stores only.</summary>
    static abstract TVector CreateWords(uint value);

    /// <summary>first, first + 1, first + 2, … from lane to lane.</summary>
    static abstract TVector CountWords(uint first);

    /// <summary>Sums of words, modulo 2^32.</summary>
    static abstract TVector AddWords(TVector a, TVector b);

    /// <summary>What the lower halves of words are the upper halves of: bfloat16 to single precision.</summary>
    static abstract TVector LowerHalves(TVector words);

    /// <summary>The upper halves of words, and zeros: bfloat16 to single precision.</summary>
    static abstract TVector UpperHalves(TVector words);

    /// <summary>Words, as whole numbers with a sign, to floats; to the nearest, ties to even.</summary>
    static abstract TVector ToFloats(TVector words);

    static abstract TVector XorWords(TVector a, TVector b);

    /// <summary>Words times one, 64 bits each: the lower halves are returned, the upper ones are in <paramref name="high"/>.</summary>
    static abstract TVector MultiplyWords(TVector a, uint b, out TVector high);

    /// <summary><paramref name="yes"/> where the word is at least the bound, 0 elsewhere.</summary>
    static abstract TVector IfWordsAtLeast(TVector words, TVector bound, TVector yes);
}
