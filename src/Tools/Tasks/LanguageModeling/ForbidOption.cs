namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The option that names tokens which are never generated.</summary>
internal sealed class ForbidOption
{
    private readonly Option<string[]> _option = new("--forbid")
    {
        HelpName = "TOKEN",
        Description = $"Never generate this token, for example '{Vocabulary.Unknown}'; at byte level two hexadecimal digits. May be " +
            "given several times.",
        AllowMultipleArgumentsPerToken = false,
    };

    public Option Option => _option;

    /// <summary>The tokens that are named.</summary>
    /// <exception cref="UsageException">One is none of the vocabulary, or none is left.</exception>
    public int[] Read(ParseResult parsed, Vocabulary vocabulary)
    {
        int[] forbidden = [.. (parsed.GetValue(_option) ?? []).Select(token => IdOf(token, vocabulary)).Distinct()];
        return forbidden.Length < vocabulary.Count
            ? forbidden
            : throw new UsageException(
                $"{_option.Name} names all {Figures.Count(vocabulary.Count, "token")} of the model; leave one out, and there is " +
                "something to generate.");
    }

    private int IdOf(string token, Vocabulary vocabulary)
    {
        string written = vocabulary.Level == TextLevel.Byte ? token.ToLowerInvariant() : token;
        if (vocabulary.TryGetId(written, out int id)) return id;
        string expected = vocabulary.Level switch
        {
            TextLevel.Byte => "tokens are bytes, and two hexadecimal digits were expected, as 0a for a line feed",
            TextLevel.Character when token != Vocabulary.Unknown && !IsOne(token) => "tokens are characters, and one was expected",
            TextLevel.Character => "vocabulary of characters has none such",
            _ when token.AsSpan().ContainsAny(" \t\n") => "tokens are words, and one without white space was expected",
            _ => "vocabulary of words has none such, in this case of letters",
        };
        throw new UsageException($"{_option.Name} is '{VisibleText.Line(token)}'; the model's {expected}.");
    }

    private static bool IsOne(string token) => Rune.DecodeFromUtf16(token, out _, out int length) == OperationStatus.Done
        && length == token.Length;
}
