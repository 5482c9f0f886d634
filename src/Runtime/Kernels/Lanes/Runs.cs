namespace TinySD.Runtime.Kernels.Lanes;

/// <summary>
/// How much of a register stands in memory: a kernel written over it is compiled once for whole registers, without a branch, and once for
/// what is left at the end of a row.
/// </summary>
internal unsafe interface IRun<TVector>
    where TVector : unmanaged
{
    TVector Load(float* source);

    void Store(float* destination, TVector value);
}

/// <summary>All lanes.</summary>
internal readonly unsafe struct WholeRegister<TLanes, TVector> : IRun<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Load(float* source) => TLanes.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination, TVector value) => TLanes.Store(destination, value);
}

/// <summary>The first <paramref name="count"/> lanes; the others are 0.</summary>
internal readonly unsafe struct FirstLanes<TLanes, TVector>(int count) : IRun<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Load(float* source) => TLanes.LoadFirst(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination, TVector value) => TLanes.StoreFirst(destination, value, count);
}
