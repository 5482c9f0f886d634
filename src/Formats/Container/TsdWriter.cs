namespace TinySD.Formats.Container;

/// <summary>Writes <c>.tsd</c> files of any kind; equal input gives equal bytes.</summary>
internal static class TsdWriter
{
    /// <summary>How words are escaped: they stay readable in the file, and nothing here ends up in a web page unescaped.</summary>
    public static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    private static readonly JsonWriterOptions s_options = new() { Encoder = Encoder, MaxDepth = TsdHeader.MaxDepth };

    /// <summary>Writes a file whole or not at all.</summary>
    /// <param name="path">The target.</param>
    /// <param name="kind">What the file holds.</param>
    /// <param name="tensors">In file order.</param>
    /// <param name="writeSections">Writes the header's other members: name, value, name, value.</param>
    /// <param name="isOwn">Whether the name is the program's own: see <see cref="AtomicFile.WriteOwn"/>.</param>
    /// <exception cref="FileProblemException">The target cannot be written.</exception>
    /// <exception cref="ArgumentException">The header would pass its limit.</exception>
    public static void Write(
        string path, string kind, IReadOnlyList<TensorToWrite> tensors, Action<Utf8JsonWriter> writeSections, bool isOwn = false)
    {
        Action<Stream> write = Prepare(kind, tensors, writeSections);
        if (isOwn) AtomicFile.WriteOwn(path, write);
        else AtomicFile.Write(path, write);
    }

    /// <summary>The bytes that a file would have.</summary>
    /// <inheritdoc cref="Write"/>
    public static byte[] ToBytes(string kind, IReadOnlyList<TensorToWrite> tensors, Action<Utf8JsonWriter> writeSections)
    {
        using var stream = new MemoryStream();
        Prepare(kind, tensors, writeSections)(stream);
        return stream.ToArray();
    }

    private static Action<Stream> Prepare(string kind, IReadOnlyList<TensorToWrite> tensors, Action<Utf8JsonWriter> writeSections)
    {
        if (!BitConverter.IsLittleEndian) Throw.BigEndian();
        TensorEntry[] entries = Place(tensors, out long dataBytes);
        ReadOnlyMemory<byte> header = Header(kind, entries, writeSections);
        if (header.Length > TsdPrologue.MaxHeaderBytes)
            Throw.Argument(
                $"the header would have {header.Length} bytes and may have {TsdPrologue.MaxHeaderBytes}: the vocabulary is too large");
        long dataStart = TsdPrologue.RoundUp(TsdPrologue.Length + header.Length);
        return WriteAll;

        void WriteAll(Stream stream)
        {
            Span<byte> prologue = stackalloc byte[TsdPrologue.Length];
            new TsdPrologue(header.Length, dataStart + dataBytes, Checksum.Of(header.Span)).Write(prologue);
            stream.Write(prologue);
            stream.Write(header.Span);
            Pad(stream, TsdPrologue.Length + header.Length);
            foreach (TensorToWrite tensor in tensors)
            {
                foreach (ReadOnlyMemory<byte> chunk in tensor.Chunks()) stream.Write(chunk.Span);
                Pad(stream, tensor.Bytes);
            }
        }
    }

    private static TensorEntry[] Place(IReadOnlyList<TensorToWrite> tensors, out long dataBytes)
    {
        var entries = new TensorEntry[tensors.Count];
        dataBytes = 0;
        for (int index = 0; index < entries.Length; index++)
        {
            TensorToWrite tensor = tensors[index];
            var hash = new XxHash128();
            foreach (ReadOnlyMemory<byte> chunk in tensor.Chunks()) hash.Append(chunk.Span);
            entries[index] = new(
                tensor.Name, StorageSpelling.Storages.NameOf(tensor.Storage),
                [.. ImmutableArray.CreateRange(tensor.Shape, extent => (long)extent)], dataBytes, tensor.Bytes, Checksum.Text(hash));
            dataBytes += TsdPrologue.RoundUp(tensor.Bytes);
        }

        return entries;
    }

    private static ReadOnlyMemory<byte> Header(string kind, TensorEntry[] entries, Action<Utf8JsonWriter> writeSections)
    {
        var header = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(header, s_options);
        json.WriteStartObject();
        json.WriteString("kind", kind);
        writeSections(json);
        json.WriteStartArray("tensors");
        foreach (TensorEntry entry in entries) TensorEntry.Table.Write(json, entry);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return header.WrittenMemory;
    }

    /// <summary>Zeros up to the next multiple of 64.</summary>
    private static void Pad(Stream stream, long position)
    {
        Span<byte> zeros = stackalloc byte[(int)(TsdPrologue.RoundUp(position) - position)];
        zeros.Clear();
        stream.Write(zeros);
    }
}
