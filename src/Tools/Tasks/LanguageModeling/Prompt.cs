using TinySD.Tools.Json;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>What a model goes on from.</summary>
/// <param name="name">What messages call it: an option, a file or standard input.</param>
/// <param name="text">Its characters.</param>
/// <param name="tokens">What the model reads; its last line is open unless a line end closed it.</param>
/// <param name="unknown">The words or characters that the vocabulary lacks and the model reads as the unknown one, in ordinal
/// order.</param>
internal sealed class Prompt(string name, string text, int[] tokens, string[] unknown)
{
    private const int ShownUnknown = 5;

    public string Text => text;

    public int[] Tokens => tokens;

    public bool HasUnknown => unknown.Length > 0;

    /// <summary>One that is given as it is; at byte level its UTF-8 form.</summary>
    /// <exception cref="FailureException">A part of it is not in the vocabulary, and that has no unknown token.</exception>
    public static Prompt Of(string name, string text, Vocabulary vocabulary)
    {
        int[] tokens = UnknownToken.ReadWithModel(vocabulary, () => Corpus.EncodeText(text, vocabulary, name));
        bool hasUnknown = vocabulary.UnknownId is { } unknown && tokens.Contains(unknown);
        return new(name, text, tokens, hasUnknown ? UnknownIn(text, vocabulary) : []);
    }

    /// <summary>One of a file, read as texts are; at byte level its bytes as they are.</summary>
    /// <param name="name">The file.</param>
    /// <param name="vocabulary">The model's.</param>
    /// <exception cref="FileProblemException">It cannot be read, or is no text.</exception>
    /// <inheritdoc cref="Of"/>
    public static Prompt Read(string name, Vocabulary vocabulary)
    {
        if (vocabulary.Level != TextLevel.Byte) return Of(name, WholeText.Read(name), vocabulary);
        byte[] bytes = WholeText.ReadBytes(name);
        return new(name, Encoding.UTF8.GetString(bytes), Array.ConvertAll(bytes, value => (int)value), []);
    }

    /// <summary>Says what the model does not know of it.</summary>
    public void TellUnknown(Warnings warnings)
    {
        if (!HasUnknown) return;
        IEnumerable<string> first = unknown.Take(ShownUnknown).Select(token => $"'{JsonEncodedText.Encode(token, CliJson.Encoder)}'");
        string others = unknown.Length > ShownUnknown ? " and others" : "";
        warnings.Note(
            $"the vocabulary lacks {string.Join(", ", first)}{others} of {name}; the model reads {Vocabulary.Unknown} instead.");
    }

    private static string[] UnknownIn(string text, Vocabulary vocabulary)
    {
        IEnumerable<string> tokens = Corpus.CountText(text, vocabulary.Rules).Counts.Keys;
        return [.. tokens.Where(token => !vocabulary.TryGetId(token, out _)).Order(StringComparer.Ordinal)];
    }
}
