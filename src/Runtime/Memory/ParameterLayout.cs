using System.Collections.Immutable;

namespace TinySD.Runtime.Memory;

/// <summary>One tensor's place in a block: declared order is memory order is file order.</summary>
/// <param name="Name">Unique within the layout, for example <c>lstm.0.recurrent</c>.</param>
/// <param name="Shape">Row-major extents, the last one contiguous.</param>
/// <param name="Offset">First float, counted from the block's start; a multiple of <see cref="AlignedBuffer.AlignmentFloats"/>.</param>
/// <param name="Length">Number of floats, the product of <paramref name="Shape"/>.</param>
public sealed record TensorSlot(string Name, ImmutableArray<int> Shape, int Offset, int Length)
{
    /// <summary>Its place among the layout's tensors, from 0.</summary>
    internal int Index { get; init; }
}

/// <summary>The ordered list of a model's tensors and where each lies in the contiguous block that holds them all.</summary>
/// <remarks>Complete as soon as a <see cref="ParameterBlock"/> is made of it. Gaps between tensors are padding to 64 bytes; training needs
/// zeros there and sees to it.</remarks>
public sealed class ParameterLayout
{
    private readonly List<TensorSlot> _tensors = [];
    private bool _isComplete;

    /// <summary>The tensors in declared order.</summary>
    public IReadOnlyList<TensorSlot> Tensors => _tensors;

    /// <summary>Floats the whole block needs, padding included.</summary>
    public int LengthFloats { get; private set; }

    /// <summary>Trainable numbers, padding not counted.</summary>
    public long ParameterCount => _tensors.Sum(t => (long)t.Length);

    /// <summary>Appends a tensor and returns its slot.</summary>
    /// <exception cref="ArgumentException">There is a block of this layout already, the name is taken, an extent is below 1, or the block
    /// would pass 2^31 floats.</exception>
    public TensorSlot Add(string name, params ReadOnlySpan<int> shape)
    {
        if (_isComplete) Throw.Argument($"tensor '{name}' comes too late: there is a block of this layout already");
        if (_tensors.Exists(t => t.Name == name)) Throw.Argument($"tensor '{name}' is declared twice");
        long length = 1;
        foreach (int extent in shape)
        {
            if (extent < 1) Throw.Argument($"tensor '{name}' has an extent of {extent}; every extent must be at least 1");
            length *= extent;
            if (length > int.MaxValue - AlignedBuffer.AlignmentFloats)
                Throw.Argument($"tensor '{name}' is too large: the limit is 2^31 floats");
        }

        if (LengthFloats + length > int.MaxValue - AlignedBuffer.AlignmentFloats)
            Throw.Argument($"the model is too large at tensor '{name}': the limit is 2^31 floats");
        var slot = new TensorSlot(name, [.. shape], LengthFloats, (int)length) { Index = _tensors.Count };
        _tensors.Add(slot);
        LengthFloats = AlignedBuffer.RoundUp(LengthFloats + (int)length);
        return slot;
    }

    /// <summary>Refuses further tensors: blocks of different lengths would have one layout.</summary>
    internal void Complete() => _isComplete = true;
}
