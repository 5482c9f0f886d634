using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Exchange.Safetensors;

/// <summary>Writes safetensors files; equal input gives equal bytes.</summary>
public static class SafetensorsWriter
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file whole or not at all: floats as <c>F32</c>, integers as <c>I64</c>, truth values as <c>BOOL</c>.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="tensors">In their order, but integers first and truth values last, so that every number lies at a multiple of its
    /// size.</param>
    /// <param name="metadata">Text about the file, or null for none.</param>
    /// <exception cref="FileProblemException">The target cannot be written, or the header would be larger than the format
    /// allows.</exception>
    /// <exception cref="ArgumentException">A name comes twice, is that of the metadata, or is no Unicode.</exception>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        if (!BitConverter.IsLittleEndian) Throw.BigEndian();
        NamedTensor[] ordered = [.. tensors.OrderByDescending(SizeOf)];
        ReadOnlyMemory<byte> header = Header(ordered, metadata);
        if (header.Length > SafetensorsFile.MaxHeaderBytes)
        {
            Throw.Problem(new(FileProblemKind.Unsupported, path,
                $"{path} was not written: its header would have {Words.Count(header.Length)} bytes, names and vocabulary counted, " +
                $"and a safetensors file's may have {Words.Count(SafetensorsFile.MaxHeaderBytes)}"));
        }

        AtomicFile.Write(path, stream =>
        {
            Span<byte> length = stackalloc byte[SafetensorsFile.LengthBytes];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header.Span);
            foreach (NamedTensor tensor in ordered)
            {
                if (tensor.IsBoolean) WriteNumbers<byte>(stream, Array.ConvertAll(tensor.Integers!, value => (byte)(value == 0 ? 0 : 1)));
                else if (tensor.Integers is { } integers) WriteNumbers<long>(stream, integers);
                else WriteNumbers<float>(stream, tensor.Floats);
            }
        });
    }

    private static ReadOnlyMemory<byte> Header(NamedTensor[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var names = new HashSet<string>(StringComparer.Ordinal) { SafetensorsHeader.MetadataName };
        var header = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(header, s_options))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(SafetensorsHeader.MetadataName);
                foreach ((string name, string value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) json.WriteString(name, value);
                json.WriteEndObject();
            }

            long at = 0;
            foreach (NamedTensor tensor in tensors)
            {
                if (!names.Add(tensor.Name)) Throw.Argument($"the name '{Words.Shown(tensor.Name)}' comes twice or is the format's own");
                long end = at + (((Array?)tensor.Integers ?? tensor.Floats!).LongLength * SizeOf(tensor));
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", DtypeOf(tensor));
                WriteArray(json, "shape", tensor.Shape.Select(extent => (long)extent));
                WriteArray(json, "data_offsets", [at, end]);
                json.WriteEndObject();
                at = end;
            }

            json.WriteEndObject();
        }

        // Blanks after the object, which the format allows, put the first number at a multiple of 8.
        while (header.WrittenCount % sizeof(long) != 0) header.Write(" "u8);
        return header.WrittenMemory;
    }

    private static string DtypeOf(NamedTensor tensor) => tensor.IsBoolean ? SafetensorsDtypes.Boolean
        : tensor.Integers is null ? SafetensorsDtypes.Binary32 : SafetensorsDtypes.Integer64;

    private static int SizeOf(NamedTensor tensor) => SafetensorsDtypes.BitsOf(DtypeOf(tensor)) / 8;

    private static void WriteArray(Utf8JsonWriter json, string name, IEnumerable<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (long number in numbers) json.WriteNumberValue(number);
        json.WriteEndArray();
    }

    // In parts, because a span of all bytes could be too long for a span.
    private static void WriteNumbers<T>(Stream stream, ReadOnlySpan<T> numbers)
        where T : unmanaged
    {
        const int part = 1 << 18;
        for (; numbers.Length > part; numbers = numbers[part..]) stream.Write(MemoryMarshal.AsBytes(numbers[..part]));
        stream.Write(MemoryMarshal.AsBytes(numbers));
    }
}
