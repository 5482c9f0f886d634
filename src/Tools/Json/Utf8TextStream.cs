namespace TinySD.Tools.Json;

/// <summary>Takes UTF-8 in parts of any length and hands it on as text to a writer, which is left open.</summary>
internal sealed class Utf8TextStream(TextWriter writer) : OneWayStream(isRead: false)
{
    private const int PartBytes = 1 << 14;

    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        char[] text = ArrayPool<char>.Shared.Rent(PartBytes + 1);
        for (; !buffer.IsEmpty; buffer = buffer[Math.Min(PartBytes, buffer.Length)..])
        {
            int length = _decoder.GetChars(buffer[..Math.Min(PartBytes, buffer.Length)], text, flush: false);
            writer.Write(text.AsSpan(0, length));
        }

        ArrayPool<char>.Shared.Return(text);
    }
}
