namespace TinySD.Tools.Demo;

/// <summary>The text that this program carries: its own sources and documents, as they were when it was built.</summary>
/// <param name="Vocabulary">Every character of it.</param>
/// <param name="Train">Nine files of ten.</param>
/// <param name="Valid">Every tenth file.</param>
/// <param name="Files">How many files there are.</param>
internal sealed record BuiltInText(Vocabulary Vocabulary, int[] Train, int[] Valid, int Files)
{
    private const string Prefix = "text/";
    private const int ValidEvery = 10;

    /// <summary>What the model file calls the two parts.</summary>
    public const string TrainName = "tinysd-sources-train", ValidName = "tinysd-sources-valid";

    /// <summary>Reads the resources in the order of their names, so that one build always trains on the same text.</summary>
    public static BuiltInText Read()
    {
        // A build on Windows names them with backslashes, which would sort elsewhere.
        string[] names =
        [
            .. typeof(BuiltInText).Assembly.GetManifestResourceNames()
                .Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
                .OrderBy(n => n.Replace('\\', '/'), StringComparer.Ordinal),
        ];
        var train = new StringBuilder();
        var valid = new StringBuilder();
        for (int i = 0; i < names.Length; i++) (i % ValidEvery == ValidEvery - 1 ? valid : train).Append(ReadOne(names[i]));
        string trainText = train.ToString(), validText = valid.ToString();
        Vocabulary vocabulary = Vocabulary.Build(Corpus.CountText(trainText + validText, TextLevel.Character));
        int[] trainTokens = Corpus.EncodeText(trainText, vocabulary), validTokens = Corpus.EncodeText(validText, vocabulary);
        return new BuiltInText(vocabulary, trainTokens, validTokens, names.Length);
    }

    private static string ReadOne(string name)
    {
        using Stream stream = typeof(BuiltInText).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
