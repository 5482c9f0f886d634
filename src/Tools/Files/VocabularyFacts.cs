using TinySD.Tools.Json;

namespace TinySD.Tools.Files;

/// <summary>What <c>inspect</c> says of a vocabulary: its first tokens, and how many there are.</summary>
internal static class VocabularyFacts
{
    private const int ShownTokens = 12;

    /// <summary>In a line.</summary>
    public static string Text(Vocabulary vocabulary)
    {
        string first = string.Join(' ', vocabulary.Tokens.Take(ShownTokens).Select(t => JsonEncodedText.Encode(t, CliJson.Encoder)));
        string what = vocabulary.Level switch { TextLevel.Word => "words", TextLevel.Character => "characters", _ => "bytes" };
        string unknown = $"{(vocabulary.UnknownId is null ? "no" : "with")} {Vocabulary.Unknown}";
        return $"{Figures.Count(vocabulary.Count)} {what}, {unknown}: {first} …";
    }

    /// <summary>As a member of a JSON object.</summary>
    public static (string Name, Action<Utf8JsonWriter> Write) Section(Vocabulary vocabulary) =>
        ("vocabulary", writer => new JsonMembers(writer).Write(Summarize(vocabulary)));

    private static VocabularyResult Summarize(Vocabulary vocabulary) => new(
        TextSpelling.Levels.NameOf(vocabulary.Level), vocabulary.Count, vocabulary.UnknownId is not null,
        [.. vocabulary.Tokens.Take(ShownTokens)],
        vocabulary.Level == TextLevel.Word ? TextSpelling.LineMarks.NameOf(vocabulary.LineMarks) : null,
        vocabulary.Rules.Split == WordSplit.None ? null : TextSpelling.WordSplits.NameOf(vocabulary.Rules.Split),
        vocabulary.Rules.IsLowerCase ? true : null);
}
