namespace TinySD.Formats.Container;

/// <summary>A tensor to be written: a name in the file, a shape, and how its numbers are stored.</summary>
internal abstract record TensorToWrite(string Name, ImmutableArray<int> Shape, TensorStorage Storage)
{
    /// <summary>Bytes of its numbers, padding not counted.</summary>
    public long Bytes => Shape.Aggregate((long)NumberFormat.BytesOf(Storage), (bytes, extent) => bytes * extent);

    /// <summary>The numbers as the file has them. Gone through more than once; each chunk holds until the next is asked for.</summary>
    public abstract IEnumerable<ReadOnlyMemory<byte>> Chunks();
}

/// <summary>Floats of a block, rounded as they are written.</summary>
internal sealed record FloatsToWrite(string Name, ParameterBlock Block, TensorSlot Slot, TensorStorage Storage = TensorStorage.F32)
    : TensorToWrite(Name, Slot.Shape, Storage)
{
    private const int ChunkFloats = 1 << 18;

    /// <summary>A megabyte at most at a time: a span of a whole tensor's bytes could be too long for a span.</summary>
    public override IEnumerable<ReadOnlyMemory<byte>> Chunks()
    {
        int size = NumberFormat.BytesOf(Storage);
        using MemoryOwner<byte> scratch = MemoryOwner<byte>.Allocate(Math.Min(ChunkFloats, Slot.Length) * size);
        for (int start = 0; start < Slot.Length; start += ChunkFloats)
        {
            int length = Math.Min(ChunkFloats, Slot.Length - start);
            NumberFormat.Round(Block[Slot].Slice(start, length), Storage, scratch.Span[..(length * size)]);
            yield return scratch.Memory[..(length * size)];
        }
    }
}

/// <summary>Numbers that are made as the file has them, whenever they are asked for.</summary>
/// <param name="Name">In the file.</param>
/// <param name="Shape">Extents.</param>
/// <param name="Storage">Their format.</param>
/// <param name="Make">Gives them, little-endian.</param>
internal sealed record BytesToWrite(string Name, ImmutableArray<int> Shape, TensorStorage Storage, Func<byte[]> Make)
    : TensorToWrite(Name, Shape, Storage)
{
    public override IEnumerable<ReadOnlyMemory<byte>> Chunks()
    {
        yield return Make();
    }
}
