namespace TinySD.Runtime.Masks;

/// <summary>Which units a product uses at each time step: sorted, distinct indices into its input units.</summary>
/// <remarks>A dense product keeps all units at every step; a locked one keeps the same units at every step.</remarks>
internal readonly ref struct KeepTable
{
    private readonly ReadOnlySpan<int> _indices;
    private readonly ReadOnlySpan<int> _counts;
    private readonly int _stride;

    /// <summary>One list for every time step.</summary>
    public KeepTable(ReadOnlySpan<int> indices)
    {
        _indices = indices;
        IsSame = true;
    }

    /// <summary>A list for each time step, list t at t * <paramref name="stride"/>, <paramref name="counts"/>[t] long.</summary>
    public KeepTable(ReadOnlySpan<int> indices, int stride, ReadOnlySpan<int> counts)
    {
        _indices = indices;
        _stride = stride;
        _counts = counts;
    }

    /// <summary>Whether one list serves all time steps.</summary>
    public bool IsSame { get; }

    /// <summary>The lists, one behind the other.</summary>
    public ReadOnlySpan<int> Indices => _indices;

    /// <summary>The length of each step's list; empty where one list serves all.</summary>
    public ReadOnlySpan<int> Counts => _counts;

    /// <summary>From the start of one list to that of the next.</summary>
    public int Stride => _stride;

    /// <summary>The kept units of time step <paramref name="t"/>.</summary>
    public ReadOnlySpan<int> At(int t) => IsSame ? _indices : _indices.Slice(t * _stride, _counts[t]);

    /// <summary>The table of the steps from <paramref name="t"/> on.</summary>
    public KeepTable From(int t) => IsSame ? this : new(_indices[(t * _stride)..], _stride, _counts[t..]);
}

/// <summary>A <see cref="KeepTable"/> that its caller holds still, so that work for several threads can carry it.</summary>
/// <param name="table">The table.</param>
/// <param name="indices">Its <see cref="KeepTable.Indices"/>, fixed.</param>
/// <param name="counts">Its <see cref="KeepTable.Counts"/>, fixed.</param>
internal readonly unsafe struct FixedKeepTable(KeepTable table, int* indices, int* counts)
{
    private readonly int* _indices = indices, _counts = counts;
    private readonly int _stride = table.Stride, _length = table.Indices.Length;

    /// <inheritdoc cref="KeepTable.IsSame"/>
    public bool IsSame { get; } = table.IsSame;

    /// <inheritdoc cref="KeepTable.At"/>
    public ReadOnlySpan<int> At(int t) => IsSame ? new(_indices, _length) : new(_indices + ((nint)t * _stride), _counts[t]);
}
