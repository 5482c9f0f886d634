using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>Where an attention's tensors lie.</summary>
/// <param name="Kind">How positions are scored.</param>
/// <param name="MemoryUnits">Width M of the memory.</param>
/// <param name="QueryUnits">Width H of the query.</param>
/// <param name="Key">W [M, H] of the general and the concat kind; null for dot.</param>
/// <param name="KeyBias">b [H] of the concat kind, else null.</param>
/// <param name="Query">W' [H, H] of the concat kind, else null.</param>
/// <param name="Vector">v [H] of the concat kind, else null.</param>
/// <param name="Scale">[1], by which scores are multiplied; null for none.</param>
public sealed record AttentionSlots(
    AttentionKind Kind, int MemoryUnits, int QueryUnits, TensorSlot? Key, TensorSlot? KeyBias, TensorSlot? Query, TensorSlot? Vector,
    TensorSlot? Scale)
{
    /// <summary>The matrices that products read.</summary>
    internal IEnumerable<TensorSlot> Weights => new[] { Key, Query }.OfType<TensorSlot>();

    /// <summary>Checks that its tensors are those of its kind, of its widths.</summary>
    internal void Validate()
    {
        Throw.IfUndefined(Kind);
        bool isConcat = Kind == AttentionKind.Concat;
        if (Kind == AttentionKind.Dot && MemoryUnits != QueryUnits)
            Throw.Argument($"dot attention needs a query as wide as its memory; found {QueryUnits} and {MemoryUnits}");
        Check(nameof(Key), Key, Kind != AttentionKind.Dot, MemoryUnits, QueryUnits);
        Check(nameof(KeyBias), KeyBias, isConcat, QueryUnits);
        Check(nameof(Query), Query, isConcat, QueryUnits, QueryUnits);
        Check(nameof(Vector), Vector, isConcat, QueryUnits);
        if (Scale is not null) SlotChecks.Shape(Scale, 1);

        void Check(string name, TensorSlot? slot, bool isNeeded, params ReadOnlySpan<int> shape)
        {
            if (slot is null == isNeeded) Throw.Argument($"{Kind} attention {(isNeeded ? "needs" : "has no")} {name}");
            if (slot is not null) SlotChecks.Shape(slot, shape);
        }
    }

    /// <summary>Appends an attention's tensors to a layout, for an attention: <c>attention.key.weight</c>,
    /// <c>attention.key.bias</c>, <c>attention.query.weight</c>, <c>attention.vector</c> and <c>attention.scale</c>, those that there
    /// are.</summary>
    /// <param name="layout">The model's.</param>
    /// <param name="kind">How positions are scored.</param>
    /// <param name="memoryUnits">Width M of the memory.</param>
    /// <param name="queryUnits">Width H of the query.</param>
    /// <param name="isScaled">Whether scores are multiplied by a number that is learnt.</param>
    /// <param name="prefix">What names begin with.</param>
    /// <exception cref="ArgumentException">A width is below 1, widths differ under dot attention, or a name is taken.</exception>
    public static AttentionSlots Add(
        ParameterLayout layout, AttentionKind kind, int memoryUnits, int queryUnits, bool isScaled = false, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(layout);
        Throw.IfUndefined(kind);
        if (memoryUnits < 1) Throw.OutOfRange(nameof(memoryUnits), memoryUnits, "at least 1");
        if (queryUnits < 1) Throw.OutOfRange(nameof(queryUnits), queryUnits, "at least 1");
        if (kind == AttentionKind.Dot && memoryUnits != queryUnits)
            Throw.Argument($"dot attention needs a query as wide as its memory; found {queryUnits} and {memoryUnits}");
        bool isConcat = kind == AttentionKind.Concat;
        prefix += "attention.";
        return new AttentionSlots(
            kind, memoryUnits, queryUnits,
            kind == AttentionKind.Dot ? null : layout.AddMatrix($"{prefix}key.weight", memoryUnits, queryUnits),
            isConcat ? layout.Add($"{prefix}key.bias", queryUnits) : null,
            isConcat ? layout.AddMatrix($"{prefix}query.weight", queryUnits, queryUnits) : null,
            isConcat ? layout.Add($"{prefix}vector", queryUnits) : null,
            isScaled ? layout.Add($"{prefix}scale", 1) : null);
    }
}
