namespace TinySD.Formats.Exchange.Safetensors;

/// <summary>What a safetensors file says about one of its tensors.</summary>
/// <param name="Name">Unique within the file.</param>
/// <param name="Dtype">The numbers' format as the file spells it, for example <c>F32</c>, <c>BF16</c>, <c>I64</c>.</param>
/// <param name="Shape">Row-major extents; an extent of 0 makes an empty tensor, no extents a single number.</param>
/// <param name="Offset">First byte, counted from the file's start.</param>
/// <param name="Bytes">Length.</param>
public sealed record SafetensorsTensor(string Name, string Dtype, ImmutableArray<long> Shape, long Offset, long Bytes)
{
    /// <summary>Numbers in the tensor: the product of its extents.</summary>
    public long Count
    {
        get
        {
            long count = 1;
            foreach (long extent in Shape) count *= extent;
            return count;
        }
    }

    internal long End => Offset + Bytes;
}
