namespace TinySD.Formats.Container;

/// <summary>XXH3 with 128 bits and seed 0, in the byte order that <c>xxhsum -H2</c> prints: it finds damage, and is no protection
/// against forgery.</summary>
internal static class Checksum
{
    public const int Bytes = 16;

    /// <summary>Digits of a checksum written as text.</summary>
    public const int Digits = 2 * Bytes;

    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789abcdef");

    public static string Of(ReadOnlySpan<byte> bytes) => Text(XxHash128.Hash(bytes));

    public static string Text(ReadOnlySpan<byte> checksum) => Convert.ToHexString(checksum).ToLowerInvariant();

    public static string Text(XxHash128 hash)
    {
        Span<byte> checksum = stackalloc byte[Bytes];
        hash.GetCurrentHash(checksum);
        return Text(checksum);
    }

    /// <summary>Of the tensors of a block one after the other, padding left out: what tells one model from another.</summary>
    public static string Of(ParameterBlock parameters)
    {
        const int ChunkFloats = 1 << 18;
        var hash = new XxHash128();
        foreach (TensorSlot slot in parameters.Layout.Tensors)
        {
            if (slot.Format != WeightFormat.Single)
            {
                // As files have them.
                IEnumerable<TensorToWrite> written = CompactTensors.ToWrite(parameters, slot, TensorStorage.F32);
                foreach (ReadOnlyMemory<byte> bytes in written.SelectMany(tensor => tensor.Chunks())) hash.Append(bytes.Span);
                continue;
            }

            for (int start = 0; start < slot.Length; start += ChunkFloats)
            {
                ReadOnlySpan<float> chunk = parameters[slot].Slice(start, Math.Min(ChunkFloats, slot.Length - start));
                hash.Append(MemoryMarshal.AsBytes(chunk));
            }
        }

        return Text(hash);
    }

    /// <summary>Whether a text is 32 lower-case hexadecimal digits.</summary>
    public static bool IsWellFormed(string text) => text.Length == Digits && !text.AsSpan().ContainsAnyExcept(s_digits);
}
