using TinySD.Formats.Fields;
using TinySD.Formats.Text;

namespace TinySD.Formats.Models;

// The JSON of a tagger's header, spelled out apart from the runtime's records: a name changed there must not change the format.

/// <summary>The section <c>tagger</c>: tags, and how words and columns are read. Members that say nothing are left out.</summary>
internal sealed record TaggerSection(
    string[] Tags, string Scheme, string DataScheme, bool LowerCase = false, bool ZeroDigits = false, int WordColumn = 1,
    int TagColumn = -1)
{
    private static readonly Spelling<int> s_int = Spelling.Whole<int>();

    /// <summary>Its members.</summary>
    public static FieldTable<TaggerSection> Table { get; } = new("a tagger", new([], "", ""),
    [
        new Field<TaggerSection, string[]>("tags", new Items<string>(Spelling.Text), s => s.Tags, (s, v) => s with { Tags = v }),
        new Field<TaggerSection, string>("scheme", Spelling.Text, s => s.Scheme, (s, v) => s with { Scheme = v }),
        new Field<TaggerSection, string>("dataScheme", Spelling.Text, s => s.DataScheme, (s, v) => s with { DataScheme = v }),
        new Field<TaggerSection, bool>("lowerCase", Spelling.Switch, s => s.LowerCase, (s, v) => s with { LowerCase = v })
        { Usual = false },
        new Field<TaggerSection, bool>("zeroDigits", Spelling.Switch, s => s.ZeroDigits, (s, v) => s with { ZeroDigits = v })
        { Usual = false },
        new Field<TaggerSection, int>("wordColumn", s_int, s => s.WordColumn, (s, v) => s with { WordColumn = v }) { Usual = 1 },
        new Field<TaggerSection, int>("tagColumn", s_int, s => s.TagColumn, (s, v) => s with { TagColumn = v }) { Usual = -1 },
    ]);

    public static TaggerSection From(TaggerDescription content) => new(
        [.. content.Form.Tags], ModelSpelling.TagSchemes.NameOf(content.Form.Scheme),
        ModelSpelling.TagSchemes.NameOf(content.Form.DataScheme), content.Words.Reading.IsLowerCase,
        content.Words.Reading.ZeroesDigits, content.Columns.WordColumn, content.Columns.TagColumn!.Value);

    /// <summary>The form.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public TaggerForm ToForm()
    {
        var form = new TaggerForm
        {
            Tags = [.. Tags],
            Scheme = ModelSpelling.TagSchemes.ValueOf(Scheme),
            DataScheme = ModelSpelling.TagSchemes.ValueOf(DataScheme),
        };
        form.Validate();
        return form;
    }

    /// <summary>How words are seen.</summary>
    public WordReading ToReading() => new() { IsLowerCase = LowerCase, ZeroesDigits = ZeroDigits };

    /// <summary>Where words and tags stand.</summary>
    public ConllOptions ToColumns() => new() { WordColumn = WordColumn, TagColumn = TagColumn };
}
