namespace TinySD.Formats.Text;

/// <summary>Reads a whole file, or a stream such as standard input, into memory: for what is short and read once, such as a prompt.
/// <see cref="Corpus"/> is for what is trained on.</summary>
/// <remarks>It may be plain or gzip, told by its content.</remarks>
public static class WholeText
{
    /// <summary>The characters of a text, strictly UTF-8; a byte-order mark is skipped, line ends are as they are.</summary>
    /// <param name="name">The file's path, or what messages call the stream.</param>
    /// <param name="stream">The bytes, disposed with this; <see langword="null"/> for the file of that name.</param>
    /// <param name="most">The most characters.</param>
    /// <exception cref="FileProblemException">It cannot be read, is empty, is not text, is not UTF-8, is damaged gzip, or is
    /// longer.</exception>
    public static string Read(string name, Stream? stream = null, int most = 1 << 24) =>
        TextFile.ReadAll(name, Open(name, stream), most) ?? throw new FileProblemException(TooLong(name, most, "character"));

    /// <summary>The bytes of anything, none of them skipped.</summary>
    /// <param name="name">The file's path, or what messages call the stream.</param>
    /// <param name="stream">The bytes, disposed with this; <see langword="null"/> for the file of that name.</param>
    /// <param name="most">The most of them.</param>
    /// <exception cref="FileProblemException">It cannot be read, is empty, is damaged gzip, or is longer.</exception>
    public static byte[] ReadBytes(string name, Stream? stream = null, int most = 1 << 24)
    {
        using CorpusFile file = Open(name, stream);
        using var bytes = new ArrayPoolBufferWriter<byte>(TextFile.BlockLength);
        int read;
        do
        {
            read = file.Read(bytes.GetSpan(TextFile.BlockLength));
            bytes.Advance(read);
            if (bytes.WrittenCount > most) Throw.Problem(TooLong(name, most, "byte"));
        }
        while (read > 0);
        if (bytes.WrittenCount == 0) Throw.Problem(file.Empty("something"));
        return bytes.WrittenSpan.ToArray();
    }

    private static CorpusFile Open(string name, Stream? stream) =>
        stream is null ? CorpusFile.Open(name) : CorpusFile.Of(name, stream);

    private static FileProblem TooLong(string name, int most, string unit) =>
        new(FileProblemKind.TooManyTokens, name, $"{name} is longer than {Words.Count(most)} {unit}s; cut it");
}
