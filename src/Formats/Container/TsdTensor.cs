namespace TinySD.Formats.Container;

/// <summary>What a <c>.tsd</c> file says about one of its tensors.</summary>
/// <param name="Name">Unique within the file.</param>
/// <param name="Dtype">The numbers' format, little-endian: <c>f32</c>, <c>f16</c>, <c>bf16</c> or <c>i8</c>.</param>
/// <param name="Shape">Row-major extents, each at least 1; empty for a single number.</param>
/// <param name="Offset">First byte, counted from the file's start; a multiple of 64.</param>
/// <param name="Bytes">Length, padding not counted.</param>
/// <param name="Checksum">XXH3-128 of those bytes, 32 hexadecimal digits.</param>
public sealed record TsdTensor(string Name, string Dtype, ImmutableArray<long> Shape, long Offset, long Bytes, string Checksum)
{
    /// <summary>What follows a tensor's name in that of its scales, where its dtype is <c>i8</c>.</summary>
    internal const string ScaleEnd = ".scale";

    /// <summary>Numbers in the tensor: the product of its extents.</summary>
    public long Count => Bytes / NumberFormat.BytesOf(Storage);

    /// <summary>The numbers' format.</summary>
    public TensorStorage Storage => StorageSpelling.Storages.ValueOf(Dtype);

    internal long End => Offset + Bytes;

    /// <summary>Whether it is named as the scales of another tensor, the one before it.</summary>
    internal bool IsScaleOf(TsdTensor before) =>
        Name.Length == before.Name.Length + ScaleEnd.Length
        && Name.StartsWith(before.Name, StringComparison.Ordinal) && Name.EndsWith(ScaleEnd, StringComparison.Ordinal);
}
