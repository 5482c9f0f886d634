using System.IO.Compression;

namespace TinySD.Tools.Demo;

/// <summary>The text that this program carries: sources and documents of its own, as they once were, so that every build trains on the
/// same.</summary>
/// <param name="Vocabulary">Every character of it.</param>
/// <param name="Train">Nine files of ten.</param>
/// <param name="Valid">Every tenth file.</param>
/// <param name="Files">How many files there are.</param>
internal sealed record BuiltInText(Vocabulary Vocabulary, int[] Train, int[] Valid, int Files)
{
    // Between two files of the text stands a form feed.
    private const char Separator = '\f';
    private const string Resource = "text.gz";
    private const int ValidEvery = 10;

    /// <summary>What the model file calls the two parts.</summary>
    public const string TrainName = "tinysd-sources-train", ValidName = "tinysd-sources-valid";

    /// <summary>Reads the text.</summary>
    public static BuiltInText Read()
    {
        using var unpacked = new GZipStream(
            typeof(BuiltInText).Assembly.GetManifestResourceStream(Resource)!, CompressionMode.Decompress);
        using var reader = new StreamReader(unpacked, Encoding.UTF8);
        string[] files = reader.ReadToEnd().Split(Separator);
        string train = string.Concat(files.Where((_, i) => !IsValid(i))), valid = string.Concat(files.Where((_, i) => IsValid(i)));
        Vocabulary vocabulary = Vocabulary.Build(Corpus.CountText(train + valid, TextLevel.Character));
        return new BuiltInText(
            vocabulary, Corpus.EncodeText(train, vocabulary), Corpus.EncodeText(valid, vocabulary), files.Length);

        static bool IsValid(int file) => file % ValidEvery == ValidEvery - 1;
    }
}
