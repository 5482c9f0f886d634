using TinySD.Formats.Container;
using TinySD.Formats.Fields;
using TinySD.Formats.Models;
using TinySD.Formats.Text;

namespace TinySD.Formats.Exchange.Parts;

/// <summary>What TinySD writes beside a language model's tensors in a file of another format, and reads from there: text by key.</summary>
/// <param name="Vocabulary">The tokens, or null where the file does not say them.</param>
/// <param name="Config">The shape, likewise.</param>
/// <param name="Training">How the model came to be, likewise.</param>
internal sealed record LanguageModelNotes(
    Vocabulary? Vocabulary, LanguageModelConfig? Config, TrainingRecord<LanguageModelRecipe, TextsRecord>? Training)
{
    public const string WriterKey = "tinysd.writtenBy", VocabularyKey = "tinysd.vocabulary";

    private const string LevelKey = "tinysd.level", LineMarksKey = "tinysd.lineMarks", LowerCaseKey = "tinysd.lowerCase",
        TokenizeKey = "tinysd.tokenize", ConfigurationKey = "tinysd.configuration",
        TrainingKey = "tinysd.training";

    private static readonly Spelling<string[]> s_tokens = new Items<string>(Spelling.Text);

    /// <summary>Adds a model's to what is said of a file anyway.</summary>
    public static void AddTo(IDictionary<string, string> metadata, LoadedLanguageModel loaded)
    {
        (LanguageModel model, Vocabulary vocabulary, TrainingRecord<LanguageModelRecipe, TextsRecord> training) = loaded;
        training = training with { Parameters = model.Layout.ParameterCount };
        metadata[LevelKey] = TextSpelling.Levels.NameOf(vocabulary.Level);
        if (vocabulary.LineMarks != LineMarks.Always) metadata[LineMarksKey] = TextSpelling.LineMarks.NameOf(vocabulary.LineMarks);
        if (vocabulary.Rules.IsLowerCase) metadata[LowerCaseKey] = Spelling.Switch.NameOf(true);
        if (vocabulary.Rules.Split != WordSplit.None) metadata[TokenizeKey] = TextSpelling.WordSplits.NameOf(vocabulary.Rules.Split);
        metadata[VocabularyKey] = Text(json => s_tokens.Write(json, [.. vocabulary.Tokens]));
        metadata[ConfigurationKey] = Text(json => ConfigurationFields.Table.Write(json, model.Config));
        metadata[TrainingKey] = Text(json => LanguageModelFile.Training.WriteObject(json, training, TrainingKey));
    }

    /// <summary>The level that a file says, or null.</summary>
    /// <exception cref="FileProblemException">It is none.</exception>
    public static TextLevel? Level(string path, IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue(LevelKey, out string? level)) return null;
        if (TextSpelling.Levels.FindFault(level) is { } fault)
            Throw.Problem(Invalid(path, LevelKey, $"{path}: '{LevelKey}' in its metadata {fault}"));
        return TextSpelling.Levels.ValueOf(level);
    }

    /// <summary>The shape that a file says, or null.</summary>
    /// <exception cref="FileProblemException">It is none.</exception>
    public static LanguageModelConfig? Shape(string path, IReadOnlyDictionary<string, string> metadata) =>
        Parse(path, metadata, ConfigurationKey, SectionReader.MostValues, ConfigurationFields.Table.Read);

    /// <summary>Reads what a file says.</summary>
    /// <param name="path">The file.</param>
    /// <param name="metadata">Its texts.</param>
    /// <param name="tokens">Tokens of the model in it: many more are not looked at.</param>
    /// <param name="level">The level where the file does not say it.</param>
    /// <exception cref="FileProblemException">It is not as TinySD writes it.</exception>
    public static LanguageModelNotes Read(string path, IReadOnlyDictionary<string, string> metadata, int tokens, TextLevel? level)
    {
        TrainingRecord<LanguageModelRecipe, TextsRecord>? record = Parse(
            path, metadata, TrainingKey, LanguageModelFile.Training.MostValues, LanguageModelFile.Training.Read);
        string[]? words = Parse(path, metadata, VocabularyKey, tokens + SectionReader.MostValues, s_tokens.Read);
        LanguageModelConfig? config = Shape(path, metadata);
        if (words is null) return new LanguageModelNotes(null, config, record);
        level ??= Level(path, metadata);
        if (level is null)
            Throw.Problem(Invalid(path, LevelKey, $"{path} says its vocabulary and not what a token is; add --level word, char or byte"));
        Vocabulary? vocabulary = Checked(path, VocabularyKey, () => new Vocabulary(
            new TokenRules(level.Value, ValueOf(LineMarksKey, TextSpelling.LineMarks))
            {
                IsLowerCase = ValueOf(LowerCaseKey, Spelling.Switch), Split = ValueOf(TokenizeKey, TextSpelling.WordSplits),
            },
            words));
        return new LanguageModelNotes(vocabulary, config, record);

        // What is not said is what stands first.
        T ValueOf<T>(string key, Spelling<T> spelling)
            where T : struct
        {
            if (!metadata.TryGetValue(key, out string? name)) return default;
            if (!spelling.TryParse(name, out T value)) Throw.Argument($"'{key}' is '{Words.Shown(name)}'; expected {spelling.Expected}");
            return value;
        }
    }

    // Letters of every script as they are, as in a header of TinySD's own: escapes would make a vocabulary three times as long.
    private static string Text(Action<Utf8JsonWriter> write)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = TsdWriter.Encoder })) write(writer);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    private static T? Parse<T>(
        string path, IReadOnlyDictionary<string, string> metadata, string key, long mostValues, Func<ReadOnlyMemory<byte>, T> read)
        where T : class => !metadata.TryGetValue(key, out string? text) ? null : Checked(path, key, () =>
        {
            // Counted before anything is made of it: a value of one byte can become an object of a hundred.
            byte[] json = Encoding.UTF8.GetBytes(text);
            long count = TsdHeader.CountValues(json);
            if (count <= mostValues) return read(json);
            throw new FileProblemException(Invalid(path, key,
                $"{path}: '{key}' in its metadata has {Words.Count(count)} values; at most {Words.Count(mostValues)} were expected"));
        });

    private static T Checked<T>(string path, string key, Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is ArgumentException or JsonException or InvalidOperationException)
        {
            string why = exception switch
            {
                ArgumentException argument => Words.OfArgument(argument),
                JsonException malformed => Words.OfJson(malformed),
                _ => "a string holds half of a surrogate pair",
            };
            throw new FileProblemException(Invalid(path, key, $"{path}: '{key}' in its metadata is not as TinySD writes it: {why}"));
        }
    }

    private static FileProblem Invalid(string path, string key, string message) =>
        new(FileProblemKind.ModelInvalid, path, message) { Part = key };
}
