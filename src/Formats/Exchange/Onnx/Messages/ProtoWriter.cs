namespace TinySD.Formats.Exchange.Onnx.Messages;

/// <summary>Writes the fields of one protobuf message; nested messages are made first, since their length stands before them.</summary>
internal sealed class ProtoWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlyMemory<byte> Message => _bytes.WrittenMemory;

    public ProtoWriter Integer(int field, long value)
    {
        Tag(field, WireType.Varint);
        Varint((ulong)value);
        return this;
    }

    public ProtoWriter Float(int field, float value)
    {
        Tag(field, WireType.Fixed32);
        BinaryPrimitives.WriteSingleLittleEndian(_bytes.GetSpan(sizeof(float)), value);
        _bytes.Advance(sizeof(float));
        return this;
    }

    public ProtoWriter Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    public ProtoWriter Nested(int field, ProtoWriter message) => Bytes(field, message.Message.Span);

    public ProtoWriter Bytes(int field, ReadOnlySpan<byte> bytes)
    {
        Tag(field, WireType.LengthDelimited);
        Varint((ulong)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    private void Tag(int field, WireType type) => Varint(((ulong)field << 3) | (uint)type);

    private void Varint(ulong value)
    {
        Span<byte> span = _bytes.GetSpan(10);
        int length = Math.Max(1, (BitOperations.Log2(value | 1) / 7) + 1);
        for (int i = 0; i < length; i++, value >>= 7) span[i] = (byte)((value & 0x7F) | (i == length - 1 ? 0u : 0x80u));
        _bytes.Advance(length);
    }
}
