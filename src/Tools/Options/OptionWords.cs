namespace TinySD.Tools.Options;

/// <summary>What the words of an option mean.</summary>
/// <param name="Current">What a word is called today, or null for one that is no value.</param>
/// <param name="Usual">What goes where none is given; null for nothing.</param>
internal sealed record OptionMeaning(Func<string, string?> Current, string? Usual);

/// <summary>Options about data as checkpoints and grids keep them: names, and words as they were typed.</summary>
/// <param name="meanings">What words mean, by option; those of others mean what they say.</param>
internal sealed class OptionWords(Dictionary<string, OptionMeaning> meanings)
{
    /// <summary>A part of a file.</summary>
    public static Spelling<float> Share { get; } =
        Spelling.Number(share => share is > 0f and < 1f, "a share above 0 and below 1");

    /// <summary>Those of some options that a command line gives, with their values.</summary>
    public static Dictionary<string, string> Given(ParseResult parsed, IEnumerable<Option> options)
    {
        var given = new Dictionary<string, string>();
        foreach (Option option in options)
        {
            if (parsed.GetResult(option) is not { Implicit: false } result) continue;
            given[option.Name] = result.Tokens is [{ } word, ..] ? word.Value : "true";
        }

        return given;
    }

    /// <summary>What an option says, the same however it was typed: 0.1 for 0.10, and what is usual where it is not given.</summary>
    /// <param name="option">Its name.</param>
    /// <param name="word">What was typed, or null.</param>
    /// <returns>Null where nothing was typed and nothing is usual.</returns>
    public string? ValueOf(string option, string? word) =>
        !meanings.TryGetValue(option, out OptionMeaning? meaning) ? word
        : word is null ? meaning.Usual : meaning.Current(word) ?? word;

    /// <summary>The value of an option that is among those given, or null.</summary>
    /// <exception cref="UsageException">Its word is no value.</exception>
    public static T? ValueOf<T>(IReadOnlyDictionary<string, string> given, string name, Spelling<T> spelling)
        where T : struct
    {
        if (!given.TryGetValue(name, out string? word)) return null;
        return spelling.TryParse(word, out T value) ? value
            : throw new UsageException($"{name} is '{word}'; expected {spelling.Expected}.");
    }
}
