namespace TinySD.Formats.Exchange.Onnx.Messages;

/// <summary>How a field's value is written, the low three bits of its tag.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    LengthDelimited = 2,
    Fixed32 = 5,
}

/// <summary>A protobuf message within a file: its bytes, and where they lie.</summary>
/// <param name="Bytes">The message, without its length.</param>
/// <param name="Offset">Its first byte in the file.</param>
internal readonly record struct ProtoBytes(ReadOnlyMemory<byte> Bytes, long Offset);

/// <summary>Reads the fields of one protobuf message, trusting nothing; the encoding is described at protobuf.dev, "Encoding".</summary>
/// <remarks>Nested messages are handed out as bytes and read by a reader of their own, so depth is the caller's and no hostile
/// file's.</remarks>
internal struct ProtoReader(ProtoBytes message)
{
    private const int MaxVarintBytes = 10;

    // Every node names its operator, and every value is named by its maker and its users. What is longer is hardly a name, and could fill
    // the pool.
    private const int LongestPooled = 64;

    private int _at;
    private int _fieldAt;

    /// <summary>The current field's number.</summary>
    public int Field { get; private set; }

    /// <summary>How its value is written.</summary>
    public WireType Type { get; private set; }

    /// <summary>Where in the file the current field begins.</summary>
    public readonly long FieldOffset => message.Offset + _fieldAt;

    /// <summary>What is wrong, once something is; all later calls answer false.</summary>
    public string? Fault { get; private set; }

    private readonly ReadOnlySpan<byte> Rest => message.Bytes.Span[_at..];

    /// <summary>Moves to the next field's tag.</summary>
    /// <returns>False at the end of the message, and at a fault.</returns>
    public bool Next()
    {
        if (Fault is not null || _at == message.Bytes.Length) return false;
        _fieldAt = _at;
        if (!TryVarint(out ulong tag)) return false;
        ulong number = tag >> 3;
        if (number is 0 or > 536_870_911) return Fail($"a field is numbered {number}");
        Field = (int)number;
        Type = (WireType)(tag & 7);
        return Type is WireType.Varint or WireType.Fixed64 or WireType.LengthDelimited or WireType.Fixed32
            || Fail($"field {Field} is of wire type {tag & 7}, which is obsolete or none");
    }

    /// <summary>Passes over the current field's value.</summary>
    public bool Skip() => Type switch
    {
        WireType.Varint => TryVarint(out _),
        WireType.Fixed64 => Take(sizeof(ulong), out _),
        WireType.Fixed32 => Take(sizeof(uint), out _),
        _ => TryBytes(out _),
    };

    /// <summary>An integer, an enumeration's number or a boolean.</summary>
    public bool TryInteger(out long value)
    {
        value = 0;
        if (Type != WireType.Varint) return Mismatch("an integer");
        if (!TryVarint(out ulong bits)) return false;
        value = (long)bits;
        return true;
    }

    public bool TryFloat(out float value)
    {
        value = 0f;
        if (Type != WireType.Fixed32) return Mismatch("a float");
        if (!Take(sizeof(float), out ReadOnlyMemory<byte> bytes)) return false;
        value = BinaryPrimitives.ReadSingleLittleEndian(bytes.Span);
        return true;
    }

    /// <summary>Bytes, or a nested message.</summary>
    public bool TryBytes(out ProtoBytes bytes)
    {
        bytes = default;
        if (Type != WireType.LengthDelimited) return Mismatch("bytes or a message");
        if (!TryVarint(out ulong length)) return false;
        if (length > (ulong)Rest.Length)
            return Fail($"field {Field} says it has {Words.Counted(length, "byte")}; the rest of the file has {Rest.Length}");
        long offset = message.Offset + _at;
        if (!Take((int)length, out ReadOnlyMemory<byte> taken)) return false;
        bytes = new ProtoBytes(taken, offset);
        return true;
    }

    public bool TryText(out string text)
    {
        text = "";
        if (!TryBytes(out ProtoBytes bytes)) return false;
        if (!Utf8.IsValid(bytes.Bytes.Span)) return Fail($"field {Field} is no UTF-8 text");
        ReadOnlySpan<byte> utf8 = bytes.Bytes.Span;
        text = utf8.Length <= LongestPooled ? StringPool.Shared.GetOrAdd(utf8, Encoding.UTF8) : Encoding.UTF8.GetString(utf8);
        return true;
    }

    /// <summary>One element of a repeated integer field, or a packed run of them, up to one that is not taken.</summary>
    public bool TryIntegers(Func<ulong, bool> take)
    {
        if (Type == WireType.Varint) return TryVarint(out ulong value) && take(value);
        if (!TryBytes(out ProtoBytes packed)) return false;
        var run = new ProtoReader(packed);
        while (run._at < packed.Bytes.Length && run.TryVarint(out ulong bits))
        {
            if (!take(bits)) return false;
        }

        return run.Fault is null || Fail(run.Fault);
    }

    /// <summary>The same, into a list of a length that is not passed.</summary>
    public bool TryIntegers(List<long> values, int most)
    {
        bool isFull = false;
        bool isRead = TryIntegers(bits =>
        {
            isFull = values.Count == most;
            if (!isFull) values.Add((long)bits);
            return !isFull;
        });
        return isRead || (isFull && Fail($"field {Field} has more than {most} numbers"));
    }

    /// <summary>One number of <paramref name="size"/> bytes, or a packed run of them.</summary>
    public bool TryFixed(int size, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (Type == WireType.LengthDelimited)
        {
            if (!TryBytes(out ProtoBytes packed)) return false;
            bytes = packed.Bytes;
            return bytes.Length % size == 0
                || Fail($"field {Field} is a run of {size}-byte numbers of {Words.Counted(bytes.Length, "byte")}");
        }

        return Type == (size == sizeof(float) ? WireType.Fixed32 : WireType.Fixed64)
            ? Take(size, out bytes) : Mismatch($"numbers of {size} bytes");
    }

    /// <summary>One element of a repeated float field, or a packed run of them.</summary>
    public bool TryFloats(List<float> values, int most)
    {
        if (!TryFixed(sizeof(float), out ReadOnlyMemory<byte> bytes)) return false;
        for (ReadOnlySpan<byte> rest = bytes.Span; !rest.IsEmpty; rest = rest[sizeof(float)..])
        {
            if (values.Count == most) return Fail($"field {Field} has more than {most} numbers");
            values.Add(BinaryPrimitives.ReadSingleLittleEndian(rest));
        }

        return true;
    }

    /// <summary>Records a fault that the caller found in the current field.</summary>
    public bool Fail(string fault)
    {
        Fault ??= fault;
        return false;
    }

    private bool Mismatch(string expected) => Fail($"field {Field} is of wire type {(int)Type}, which is not {expected}");

    private bool Take(int length, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (Fault is not null) return false;
        if (length > Rest.Length) return Fail($"field {Field} needs {Words.Counted(length, "byte")}; the rest has {Rest.Length}");
        bytes = message.Bytes.Slice(_at, length);
        _at += length;
        return true;
    }

    private bool TryVarint(out ulong value)
    {
        value = 0;
        if (Fault is not null) return false;
        ReadOnlySpan<byte> rest = Rest;
        for (int i = 0; i < MaxVarintBytes; i++)
        {
            if (i == rest.Length) return Fail("a number is cut short");
            value |= (ulong)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] >= 0x80) continue;
            if (i == MaxVarintBytes - 1 && rest[i] > 1) break;
            _at += i + 1;
            return true;
        }

        return Fail("a number has more than 64 bits");
    }
}
