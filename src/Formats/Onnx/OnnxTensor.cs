using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace TinySD.Formats;

/// <summary>A constant tensor of an ONNX model: what it is, and its numbers still as the file has them.</summary>
internal sealed class OnnxTensor
{
    /// <summary>The most axes that a tensor has: every number that is moved costs a look at each.</summary>
    public const int MaxRank = 8;

    private readonly ProtoBytes _message;

    private OnnxTensor(ProtoBytes message, string name, ImmutableArray<long> shape, long dataType, long count)
    {
        _message = message;
        Name = name;
        Shape = shape;
        DataType = dataType;
        Count = count;
    }

    public string Name { get; }

    public ImmutableArray<long> Shape { get; }

    public long DataType { get; }

    /// <summary>The product of the extents; no more than the file could hold.</summary>
    public long Count { get; }

    /// <summary>Where it lies in the file.</summary>
    public long Offset => _message.Offset;

    /// <summary>Bytes that the numbers take in the file when they are raw.</summary>
    public long Bytes => Count * OnnxDataType.SizeOf(DataType);

    public bool IsFloat => DataType is OnnxDataType.Binary32 or OnnxDataType.Binary16 or OnnxDataType.BFloat16 or OnnxDataType.Binary64;

    /// <summary>Reads what the tensor is, not its numbers.</summary>
    public static OnnxTensor? TryRead(string file, ProtoBytes message, out FileProblem? problem)
    {
        var reader = new ProtoReader(message);
        var shape = new List<long>();
        string name = "";
        long dataType = 0;
        bool external = false, segmented = false;
        while (reader.Next())
        {
            bool isRead = reader.Field switch
            {
                OnnxTensorField.Dims => reader.TryIntegers(shape, MaxRank),
                OnnxTensorField.DataType => reader.TryInteger(out dataType),
                OnnxTensorField.Name => reader.TryText(out name),
                OnnxTensorField.Location => reader.TryInteger(out long location) && ((external |= location != 0) || true),
                OnnxTensorField.External => (external = true) && reader.Skip(),
                OnnxTensorField.Segment => (segmented = true) && reader.Skip(),
                _ => reader.Skip(),
            };
            if (!isRead) break;
        }

        if (reader.Fault is { } fault)
        {
            problem = OnnxProblem.Damaged(file, reader.FieldOffset, name.Length == 0 ? "tensor" : name, fault);
            return null;
        }

        string shown = Words.Shown(name);
        problem = external
            ? OnnxProblem.Unsupported(file, message.Offset, name,
                $"tensor '{shown}' lies in another file (external data), which is not read; save the model with its weights inside")
            : segmented ? OnnxProblem.Unsupported(file, message.Offset, name, $"tensor '{shown}' is cut in segments, which are not read") : null;
        if (problem is not null) return null;

        // Floats and doubles take all their bytes in the message, others at least one: no more numbers than that are ever made room for.
        // One extent of 0 makes nothing of all the others.
        long count = shape.Contains(0) ? 0 : 1, most = message.Bytes.Length / (dataType is OnnxDataType.Binary32 or OnnxDataType.Binary64 ? OnnxDataType.SizeOf(dataType) : 1);
        foreach (long extent in shape)
        {
            if (extent < 0)
            {
                problem = OnnxProblem.Invalid(file, message.Offset, name, $"tensor '{shown}' has an extent of {extent}");
                return null;
            }

            if (count == 0) continue;
            count = count > most / extent ? long.MaxValue : count * extent;
            if (count == long.MaxValue) break;
        }

        if (count > most)
        {
            problem = new FileProblem(FileProblemKind.TensorOutsideFile, file,
                $"{file}: tensor '{shown}' has the shape [{string.Join(", ", shape)}], more than its {message.Bytes.Length} bytes can hold")
            { Offset = message.Offset, Part = name };
            return null;
        }

        return new OnnxTensor(message, name, [.. shape], dataType, count);
    }

    /// <summary>The numbers of a tensor of float, float16, bfloat16 or double; doubles are rounded to the nearest float.</summary>
    public bool TryReadFloats(string file, [NotNullWhen(true)] out float[]? values, [NotNullWhen(false)] out FileProblem? problem)
    {
        values = null;
        if (!IsFloat)
        {
            problem = WrongType(file, "float, float16, bfloat16 or double");
            return false;
        }

        float[] numbers = new float[Count];
        (int typedField, Func<ulong, float> convert) = DataType switch
        {
            OnnxDataType.Binary32 => (OnnxTensorField.Floats, bits => BitConverter.UInt32BitsToSingle((uint)bits)),
            OnnxDataType.Binary64 => (OnnxTensorField.Doubles, bits => (float)BitConverter.UInt64BitsToDouble(bits)),
            OnnxDataType.Binary16 => (OnnxTensorField.Integers32, bits => (float)BitConverter.UInt16BitsToHalf((ushort)bits)),
            _ => (OnnxTensorField.Integers32, (Func<ulong, float>)(bits => BitConverter.UInt32BitsToSingle((uint)(ushort)bits << 16))),
        };
        int size = OnnxDataType.SizeOf(DataType);
        int typedSize = typedField == OnnxTensorField.Integers32 ? 0 : size;
        if (!TryReadNumbers(file, typedField, typedSize, size, numbers, convert, out problem)) return false;
        if (DataType == OnnxDataType.Binary64 && Array.FindIndex(numbers, float.IsInfinity) is >= 0 and int lost)
        {
            problem = OnnxProblem.Unsupported(file, Offset, Name, $"number {lost} of tensor '{Words.Shown(Name)}' is too large for a 32-bit float");
            return false;
        }

        values = numbers;
        return true;
    }

    /// <summary>The numbers of a tensor of int32 or int64.</summary>
    public bool TryReadIntegers(string file, [NotNullWhen(true)] out long[]? values, [NotNullWhen(false)] out FileProblem? problem)
    {
        values = null;
        if (DataType is not (OnnxDataType.Integer32 or OnnxDataType.Integer64))
        {
            problem = WrongType(file, "int32 or int64");
            return false;
        }

        long[] numbers = new long[Count];
        bool isWide = DataType == OnnxDataType.Integer64;
        int field = isWide ? OnnxTensorField.Integers64 : OnnxTensorField.Integers32;
        if (!TryReadNumbers(file, field, 0, isWide ? 8 : 4, numbers, bits => isWide ? (long)bits : (int)bits, out problem)) return false;
        values = numbers;
        return true;
    }

    // Numbers lie either raw, of `size` bytes each, or in a repeated field of their type: as varints where `typedSize` is 0.
    private bool TryReadNumbers<T>(
        string file, int typedField, int typedSize, int size, T[] numbers, Func<ulong, T> convert, [NotNullWhen(false)] out FileProblem? problem)
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
                    reader.Fail($"raw data of {bytes.Bytes.Length} bytes are no numbers of {size} bytes each");
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
                $"tensor '{shown}' has {filled} numbers, its shape [{string.Join(", ", Shape)}] makes {numbers.Length}")
            : null;
        return problem is null;
    }

    /// <returns>How many are filled now; numbers beyond the array's end are counted and dropped.</returns>
    private static long Fill<T>(ReadOnlySpan<byte> bytes, int size, T[] numbers, long filled, Func<ulong, T> convert)
    {
        for (; !bytes.IsEmpty; bytes = bytes[size..], filled++)
        {
            if (filled >= numbers.Length) continue;
            ulong bits = size switch
            {
                2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
                4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
                _ => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            };
            numbers[filled] = convert(bits);
        }

        return filled;
    }

    private FileProblem WrongType(string file, string expected) => OnnxProblem.Unsupported(file, Offset, Name,
        $"tensor '{Words.Shown(Name)}' is of {OnnxDataType.NameOf(DataType)}; {expected} was expected");
}
