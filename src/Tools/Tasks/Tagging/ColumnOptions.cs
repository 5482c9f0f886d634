using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Tagging;

/// <summary>The options that say which column of CoNLL columns has what.</summary>
/// <param name="usual">Which columns have it where a command line does not say so, for the help; null for the first and the last.</param>
internal sealed class ColumnOptions(string? usual = null)
{
    public const string WordName = "--word-column", TagName = "--tag-column";

    private const string Expected = "a column, counted from 1, or from -1 at the end backwards";

    private readonly Option<int?> _word =
        Ranged.Value(WordName, "N", $"The column of words, counted from 1; -1 is the last. [default: {usual ?? "1"}]", Expected, Parse);

    private readonly Option<int?> _tag =
        Ranged.Value(TagName, "N", $"The column of tags, counted from 1; -1 is the last. [default: {usual ?? "-1"}]", Expected, Parse);

    /// <summary>The column of words.</summary>
    public Option Word => _word;

    public IEnumerable<Option> All => [_word, _tag];

    /// <summary>What a command line says of a finished tagger's data, and what those of its training had where it does not.</summary>
    public ConllOptions Read(ParseResult parsed, ConllOptions trained) => new()
    {
        WordColumn = parsed.GetValue(_word) ?? trained.WordColumn,
        TagColumn = parsed.GetValue(_tag) ?? trained.TagColumn,
    };

    /// <summary>What kept words say.</summary>
    /// <exception cref="UsageException">One is no column.</exception>
    public static ConllOptions Read(IReadOnlyDictionary<string, string> given)
    {
        return new() { WordColumn = ColumnOf(WordName) ?? 1, TagColumn = ColumnOf(TagName) ?? -1 };

        int? ColumnOf(string name) => !given.TryGetValue(name, out string? word) ? null
            : Parse(word) ?? throw new UsageException($"{name} is '{word}'; expected {Expected}.");
    }

    /// <summary>A column as it is written today.</summary>
    public static string? Current(string word) => Parse(word)?.ToString(CultureInfo.InvariantCulture);

    private static int? Parse(string word) =>
        int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int column) && column != 0 ? column : null;
}
