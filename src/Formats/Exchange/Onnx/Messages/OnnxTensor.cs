using System.Runtime.InteropServices;

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

    /// <summary>Reads what the tensor is, not its numbers.</summary>
    /// <param name="file">Named in problems.</param>
    /// <param name="message">The tensor's message.</param>
    /// <param name="damage">What is wrong with the encoding.</param>
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

        damage = reader.Fault is { } fault ? OnnxProblem.Damaged(file, reader.FieldOffset, name.Length == 0 ? "tensor" : name, fault)
            : null;
        if (damage is not null) return null;
        bool isExternal = location == 1;
        string shown = Words.Shown(name);
        FileProblem? problem = segmented ? OnnxProblem.Unsupported(file, message.Offset, name,
            $"tensor '{shown}' is cut in segments, which are not read")
            : location is not (0 or 1) ? OnnxProblem.Invalid(file, message.Offset, name,
                $"tensor '{shown}' lies at a place of kind {location}, which there is not")
            : isExternal && external is null ? OnnxProblem.Invalid(file, message.Offset, name,
                $"tensor '{shown}' lies in another file, and it is not said in which")
            : OnnxDataType.SizeOf(dataType) == 0 || dataType == OnnxDataType.Unsigned64
                ? OnnxProblem.Unsupported(file, message.Offset, name,
                    $"tensor '{shown}' is of {OnnxDataType.NameOf(dataType)}, which is not computed with")
            : shape.Count > MaxRank ? OnnxProblem.Unsupported(file, message.Offset, name,
                $"tensor '{shown}' has {shape.Count} axes; {MaxRank} are allowed")
            : null;

        // Floats and doubles take all their bytes in the message, others at least one: no more numbers than that are ever made room for.
        // What lies in another file is measured against that file. One extent of 0 makes nothing of all the others.
        int size = dataType is OnnxDataType.Binary32 or OnnxDataType.Binary64 ? OnnxDataType.SizeOf(dataType) : 1;
        long count = shape.Contains(0) ? 0 : 1, most = isExternal ? Array.MaxLength : message.Bytes.Length / size;
        foreach (long extent in shape)
        {
            if (extent < 0)
                problem ??= OnnxProblem.Invalid(file, message.Offset, name, $"tensor '{shown}' has an extent of {extent}");
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
    }

    /// <summary>The same tensor, refused.</summary>
    public OnnxTensor With(FileProblem problem) =>
        new(_message) { Name = Name, Shape = Shape, DataType = DataType, Count = 0, Problem = problem };

    /// <summary>The numbers: floats of float, float16 and bfloat16, doubles of double, longs of integers and booleans.</summary>
    /// <param name="file">The model.</param>
    /// <param name="external">Finds the bytes of what lies in another file.</param>
    /// <param name="numbers">As many as <see cref="Count"/>.</param>
    /// <param name="problem">Why there are none.</param>
    public bool TryReadNumbers(
        string file, OnnxExternalFiles external, [NotNullWhen(true)] out Array? numbers, [NotNullWhen(false)] out FileProblem? problem)
    {
        numbers = null;
        problem = Problem;
        if (problem is not null) return false;
        byte[]? bytes = null;
        if (External is { } place && !external.TryRead(this, place, out bytes, out problem)) return false;
        int size = OnnxDataType.SizeOf(DataType);
        bool isRead;
        switch (DataType)
        {
            case OnnxDataType.Binary32:
                isRead = Read(OnnxTensorField.Floats, size, bits => BitConverter.UInt32BitsToSingle((uint)bits), out numbers, out problem);
                break;
            case OnnxDataType.Binary64:
                isRead = Read(OnnxTensorField.Doubles, size, BitConverter.UInt64BitsToDouble, out numbers, out problem);
                break;
            case OnnxDataType.Binary16:
                isRead = Read(OnnxTensorField.Integers32, 0, bits => (float)BitConverter.UInt16BitsToHalf((ushort)bits), out numbers,
                    out problem);
                break;
            case OnnxDataType.BFloat16:
                isRead = Read(OnnxTensorField.Integers32, 0, bits => BitConverter.UInt32BitsToSingle((uint)(ushort)bits << 16),
                    out numbers, out problem);
                break;
            default:
                int field = DataType == OnnxDataType.Integer64 ? OnnxTensorField.Integers64
                    : DataType == OnnxDataType.Unsigned32 ? OnnxTensorField.Unsigned64
                    : OnnxTensorField.Integers32;
                isRead = Read(field, 0, bits => OnnxDataType.Wrapped(DataType, (long)bits), out numbers, out problem);
                break;
        }

        return isRead;

        bool Read<T>(int typedField, int typedSize, Func<ulong, T> convert, out Array? found, out FileProblem? wrong)
            where T : unmanaged
        {
            var values = new T[Count];
            wrong = null;
            if (bytes is not null) Fill(bytes, size, values, 0, convert);
            else TryReadNumbers(file, typedField, typedSize, size, values, convert, out wrong);
            found = wrong is null ? values : null;
            return wrong is null;
        }
    }

    // Numbers lie either raw, of `size` bytes each, or in a repeated field of their type: as varints where `typedSize` is 0.
    private bool TryReadNumbers<T>(
        string file, int typedField, int typedSize, int size, T[] numbers, Func<ulong, T> convert,
            [NotNullWhen(false)] out FileProblem? problem)
        where T : unmanaged
    {
        var reader = new ProtoReader(_message);
        var one = new List<long>(1);
        long filled = 0;
        bool raw = false, typed = false;
        while (reader.Next())
        {
            if (reader.Field == OnnxTensorField.Raw)
            {
                if (!reader.TryBytes(out ProtoBytes bytes)) break;
                raw = true;
                if (bytes.Bytes.Length % size != 0)
                {
                    reader.Fail($"raw data of {Words.Counted(bytes.Bytes.Length, "byte")} are no numbers of {size} bytes each");
                    break;
                }

                filled = Fill(bytes.Bytes.Span, size, numbers, 0, convert);
            }
            else if (reader.Field == typedField)
            {
                typed = true;
                if (typedSize == 0)
                {
                    if (reader.Type == WireType.Varint)
                    {
                        one.Clear();
                        if (!reader.TryIntegers(one, 1)) break;
                        if (filled < numbers.Length) numbers[filled] = convert((ulong)one[0]);
                        filled++;
                    }
                    else
                    {
                        if (!reader.TryBytes(out ProtoBytes packed)) break;
                        var run = new ProtoReader(packed);
                        while (run.TryPacked(out ulong bits))
                        {
                            if (filled < numbers.Length) numbers[filled] = convert(bits);
                            filled++;
                        }

                        if (run.Fault is { } inner)
                        {
                            reader.Fail(inner);
                            break;
                        }
                    }
                }
                else
                {
                    if (!reader.TryFixed(typedSize, out ReadOnlyMemory<byte> bytes)) break;
                    filled = Fill(bytes.Span, typedSize, numbers, filled, convert);
                }
            }
            else if (!reader.Skip())
            {
                break;
            }
        }

        string shown = Words.Shown(Name);
        problem = reader.Fault is { } fault ? OnnxProblem.Damaged(file, reader.FieldOffset, Name, fault)
            : raw && typed ? OnnxProblem.Invalid(file, Offset, Name, $"tensor '{shown}' has its numbers twice, raw and as a list")
            : filled != numbers.Length ? OnnxProblem.Invalid(file, Offset, Name,
                $"tensor '{shown}' has {Words.Counted(filled, "number")}, its shape [{string.Join(", ", Shape)}] makes {numbers.Length}")
            : null;
        return problem is null;
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
