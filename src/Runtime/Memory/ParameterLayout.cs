using System.Collections.Immutable;

namespace TinySD.Runtime.Memory;

/// <summary>One tensor's place in a block: declared order is memory order is file order.</summary>
/// <param name="Name">Unique within the layout, for example <c>lstm.0.recurrent</c>.</param>
/// <param name="Shape">Row-major extents, the last one contiguous.</param>
/// <param name="Offset">First float, counted from the block's start; a multiple of <see cref="AlignedBuffer.AlignmentFloats"/>.</param>
/// <param name="Length">How many numbers, the product of <paramref name="Shape"/>.</param>
public sealed record TensorSlot(string Name, ImmutableArray<int> Shape, int Offset, int Length)
{
    /// <summary>How its numbers are held. Where not in single precision, <see cref="ParameterBlock.CompactOf"/> gives them.</summary>
    public WeightFormat Format { get; init; }

    /// <summary>Whether rows are looked up, one by one; else columns are what a product makes.</summary>
    public bool IsTable { get; internal init; }

    /// <summary>Its place among the layout's tensors, from 0.</summary>
    internal int Index { get; init; }

    /// <summary>Floats that it takes.</summary>
    internal int Floats => Format == WeightFormat.Single ? Length : CompactTensor.FloatsOf(this);
}

/// <summary>The ordered list of a model's tensors and where each lies in the contiguous block that holds them all.</summary>
/// <remarks>Complete as soon as a <see cref="ParameterBlock"/> is made of it. Gaps between tensors are padding to 64 bytes; training needs
/// zeros there and sees to it.</remarks>
public sealed class ParameterLayout
{
    private readonly List<TensorSlot> _tensors = [];
    private bool _isComplete;

    /// <summary>A layout of no tensors yet.</summary>
    /// <param name="weights">How matrices and tables will be held; in anything but single precision for running only.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is no format.</exception>
    public ParameterLayout(WeightFormat weights = WeightFormat.Single)
    {
        Throw.IfUndefined(weights, "the format of weights");
        Weights = weights;
    }

    /// <summary>How matrices and tables are held.</summary>
    public WeightFormat Weights { get; }

    /// <summary>The tensors in declared order.</summary>
    public IReadOnlyList<TensorSlot> Tensors => _tensors;

    /// <summary>Floats the whole block needs, padding included.</summary>
    public int LengthFloats { get; private set; }

    /// <summary>Trainable numbers, padding not counted.</summary>
    public long ParameterCount => _tensors.Sum(t => (long)t.Length);

    /// <summary>Appends a tensor in single precision and returns its slot.</summary>
    /// <exception cref="ArgumentException">There is a block of this layout already, the name is taken, an extent is below 1, or the block
    /// would pass 2^31 floats.</exception>
    public TensorSlot Add(string name, params ReadOnlySpan<int> shape) => Append(name, WeightFormat.Single, isTable: false, shape);

    /// <summary>Appends the matrix of a product, K units in and N columns out, held as <see cref="Weights"/> says.</summary>
    /// <inheritdoc cref="Add"/>
    public TensorSlot AddMatrix(string name, int inputs, int columns) => Append(name, Weights, isTable: false, [inputs, columns]);

    /// <summary>Appends a table that is looked up row by row, held as <see cref="Weights"/> says.</summary>
    /// <inheritdoc cref="Add"/>
    public TensorSlot AddTable(string name, int rows, int columns) => Append(name, Weights, isTable: true, [rows, columns]);

    /// <summary>Refuses further tensors: blocks of different lengths would have one layout.</summary>
    internal void Complete() => _isComplete = true;

    private TensorSlot Append(string name, WeightFormat format, bool isTable, ReadOnlySpan<int> shape)
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

        var slot = new TensorSlot(name, [.. shape], LengthFloats, (int)length)
        {
            Index = _tensors.Count, Format = format, IsTable = isTable,
        };
        long end = LengthFloats + (long)slot.Floats;
        if (end > int.MaxValue - AlignedBuffer.AlignmentFloats)
            Throw.Argument($"the model is too large at tensor '{name}': the limit is 2^31 floats");
        _tensors.Add(slot);
        LengthFloats = AlignedBuffer.RoundUp((int)end);
        return slot;
    }
}
