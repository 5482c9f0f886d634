namespace TinySD.Formats.Exchange.Onnx.Messages;

/// <summary>A constant tensor of an ONNX model: what it is, and its numbers still as the file has them.</summary>
internal sealed class OnnxTensor
{
    /// <summary>The most axes that a tensor has: every number that is moved costs a look at each.</summary>
    public const int MaxRank = 8;

    // Extents that are read for a list; a tensor of more axes than are computed with is refused by who needs it.
    private const int MaxListed = 64;

    private readonly ProtoBytes _message;

    private OnnxTensor(ProtoBytes message) => _message = message;

    public string Name { get; private init; } = "";

    public ImmutableArray<long> Shape { get; private init; } = [];

    public long DataType { get; private init; }

    /// <summary>The product of the extents; of numbers within the model no more than it could hold.</summary>
    public long Count { get; private init; }

    /// <summary>Where in another file its numbers lie, or null where they are in the model.</summary>
    public OnnxExternalData? External { get; private init; }

    /// <summary>Why its numbers are not read, or null where they are.</summary>
    public FileProblem? Problem { get; private init; }

    /// <summary>Where it lies in the file.</summary>
    public long Offset => _message.Offset;

    /// <summary>Bytes that the numbers take when they are raw.</summary>
    public long Bytes => Problem is null ? Count * OnnxDataType.SizeOf(DataType) : 0;

    /// <summary>Reads what the tensor is, not its numbers; null where the encoding is damaged.</summary>
    public static OnnxTensor? TryRead(string file, ProtoBytes message, out FileProblem? damage)
    {
        var reader = new ProtoReader(message);
        var shape = new List<long>();
        string name = "";
        long dataType = 0, location = 0;
        bool segmented = false;
        OnnxExternalData? external = null;
        while (reader.Next())
        {
            bool isRead = reader.Field switch
            {
                OnnxTensorField.Dims => reader.TryIntegers(shape, MaxListed),
                OnnxTensorField.DataType => reader.TryInteger(out dataType),
                OnnxTensorField.Name => reader.TryText(out name),
                OnnxTensorField.Location => reader.TryInteger(out location),
                OnnxTensorField.External => OnnxExternalData.TryRead(ref reader, ref external),
                OnnxTensorField.Segment => (segmented = true) && reader.Skip(),
                _ => reader.Skip(),
            };
            if (!isRead) break;
        }

        string part = name.Length == 0 ? "tensor" : name, shown = Words.Shown(name);
        damage = reader.Fault is { } fault ? OnnxProblem.Damaged(file, reader.FieldOffset, part, fault) : null;
        if (damage is not null) return null;
        bool isExternal = location == 1, isKnown = OnnxDataType.SizeOf(dataType) > 0 && dataType != OnnxDataType.Unsigned64;
        FileProblem? problem = segmented ? Unsupported("is cut in segments, which are not read")
            : location is not (0 or 1) ? Invalid($"lies at a place of kind {location}, which there is not")
            : isExternal && external is null ? Invalid("lies in another file, and it is not said in which")
            : !isKnown ? Unsupported($"is of {OnnxDataType.NameOf(dataType)}, which is not computed with")
            : shape.Count > MaxRank ? Unsupported($"has {shape.Count} axes; {MaxRank} are allowed")
            : null;

        // Floats and doubles take all their bytes in the message, others at least one: no more numbers than that are ever made room for.
        // What lies in another file is measured against that file. One extent of 0 makes nothing of all the others.
        int size = dataType is OnnxDataType.Binary32 or OnnxDataType.Binary64 ? OnnxDataType.SizeOf(dataType) : 1;
        long count = shape.Contains(0) ? 0 : 1, most = isExternal ? Array.MaxLength : message.Bytes.Length / size;
        foreach (long extent in shape)
        {
            if (extent < 0)
                problem ??= Invalid($"has an extent of {extent}");
            else if (count > 0)
                count = count > most / extent ? most + 1 : count * extent;
        }

        if (problem is null && count > most)
        {
            string room = isExternal ? $"more than this build's limit of {Array.MaxLength} numbers"
                : $"more than its {Words.Counted(message.Bytes.Length, "byte")} can hold";
            problem = new FileProblem(FileProblemKind.TensorOutsideFile, file,
                $"{file}: tensor '{shown}' has the shape [{string.Join(", ", shape)}], {room}")
            { Offset = message.Offset, Part = name };
        }

        return new OnnxTensor(message)
        {
            Name = name,
            Shape = [.. shape],
            DataType = dataType,
            Count = problem is null ? count : 0,
            External = isExternal ? external : null,
            Problem = problem,
        };

        FileProblem Invalid(string what) => OnnxProblem.Invalid(file, message.Offset, name, $"tensor '{shown}' {what}");
        FileProblem Unsupported(string what) => OnnxProblem.Unsupported(file, message.Offset, name, $"tensor '{shown}' {what}");
    }

    /// <summary>The same tensor, refused.</summary>
    public OnnxTensor With(FileProblem problem) =>
        new(_message) { Name = Name, Shape = Shape, DataType = DataType, Count = 0, Problem = problem };

    /// <summary>The numbers, as many as <see cref="Count"/>: floats of float, float16 and bfloat16, doubles of double, longs of integers
    /// and booleans.</summary>
    public bool TryReadNumbers(
        string file, OnnxExternalFiles external, [NotNullWhen(true)] out Array? numbers, [NotNullWhen(false)] out FileProblem? problem)
    {
        numbers = null;
        problem = Problem;
        if (problem is not null) return false;
        byte[]? bytes = null;
        if (External is { } place && !external.TryRead(this, place, out bytes, out problem)) return false;
        int size = OnnxDataType.SizeOf(DataType), integers = DataType switch
        {
            OnnxDataType.Integer64 => OnnxTensorField.Integers64,
            OnnxDataType.Unsigned32 => OnnxTensorField.Unsigned64,
            _ => OnnxTensorField.Integers32,
        };
        FileProblem? wrong = null;
        numbers = DataType switch
        {
            OnnxDataType.Binary32 => Read(OnnxTensorField.Floats, size, bits => BitConverter.UInt32BitsToSingle((uint)bits)),
            OnnxDataType.Binary64 => Read(OnnxTensorField.Doubles, size, BitConverter.UInt64BitsToDouble),
            OnnxDataType.Binary16 => Read(integers, 0, bits => (float)BitConverter.UInt16BitsToHalf((ushort)bits)),
            OnnxDataType.BFloat16 => Read(integers, 0, bits => BitConverter.UInt32BitsToSingle((uint)(ushort)bits << 16)),
            _ => Read(integers, 0, bits => OnnxDataType.Wrapped(DataType, (long)bits)),
        };
        problem = wrong;
        return problem is null;

        Array Read<T>(int typedField, int typedSize, Func<ulong, T> convert)
            where T : unmanaged
        {
            var values = new T[Count];
            if (bytes is not null) Fill(bytes, size, values, 0, convert);
            else wrong = ReadNumbers(file, typedField, typedSize, size, values, convert);
            return values;
        }
    }

    // Numbers lie either raw, of `size` bytes each, or in a repeated field of their type: as varints where `typedSize` is 0.
    private FileProblem? ReadNumbers<T>(string file, int typedField, int typedSize, int size, T[] numbers, Func<ulong, T> convert)
        where T : unmanaged
    {
        var reader = new ProtoReader(_message);
        long filled = 0;
        bool raw = false, typed = false;
        while (reader.Next())
        {
            ReadOnlyMemory<byte> bytes = default;
            if (reader.Field == OnnxTensorField.Raw)
            {
                if (!reader.TryBytes(out ProtoBytes whole)) break;
                (raw, bytes) = (true, whole.Bytes);
                bool isWhole = bytes.Length % size == 0
                    || reader.Fail($"raw data of {Words.Counted(bytes.Length, "byte")} are no numbers of {size} bytes each");
                if (!isWhole) break;
                filled = Fill(bytes.Span, size, numbers, 0, convert);
            }
            else if (reader.Field == typedField)
            {
                typed = true;
                if (typedSize == 0 ? !reader.TryIntegers(Add) : !reader.TryFixed(typedSize, out bytes)) break;
                if (typedSize > 0) filled = Fill(bytes.Span, typedSize, numbers, filled, convert);
            }
            else if (!reader.Skip())
            {
                break;
            }
        }

        string shown = Words.Shown(Name);
        return reader.Fault is { } fault ? OnnxProblem.Damaged(file, reader.FieldOffset, Name, fault)
            : raw && typed ? OnnxProblem.Invalid(file, Offset, Name, $"tensor '{shown}' has its numbers twice, raw and as a list")
            : filled != numbers.Length ? OnnxProblem.Invalid(file, Offset, Name,
                $"tensor '{shown}' has {Words.Counted(filled, "number")}, its shape [{string.Join(", ", Shape)}] makes {numbers.Length}")
            : null;

        bool Add(ulong bits)
        {
            if (filled < numbers.Length) numbers[filled] = convert(bits);
            filled++;
            return true;
        }
    }

    /// <returns>How many are filled now; numbers beyond the array's end are counted and dropped.</returns>
    private static long Fill<T>(ReadOnlySpan<byte> bytes, int size, T[] numbers, long filled, Func<ulong, T> convert)
        where T : unmanaged
    {
        // Floats, doubles and longs lie in the file as they do in memory.
        if (BitConverter.IsLittleEndian && ((typeof(T) == typeof(float) && size == sizeof(float)) || size == sizeof(long)) && filled == 0)
        {
            int whole = Math.Min(numbers.Length, bytes.Length / size);
            bytes[..(whole * size)].CopyTo(MemoryMarshal.AsBytes(numbers.AsSpan()));
            return bytes.Length / size;
        }

        for (; !bytes.IsEmpty; bytes = bytes[size..], filled++)
        {
            if (filled >= numbers.Length) continue;
            ulong bits = size switch
            {
                1 => bytes[0],
                2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
                4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
                _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            };
            numbers[filled] = convert(bits);
        }

        return filled;
    }
}
