using TinySD.Formats.Fields;
using TinySD.Formats.Text;

namespace TinySD.Formats.Models;

// The JSON of a translator's header, spelled out apart from the runtime's records: a name changed there must not change the format.

/// <summary>The section <c>translator</c>: how texts are read.</summary>
internal sealed record TranslatorSection(bool LowerCase = false)
{
    /// <summary>Its members.</summary>
    public static FieldTable<TranslatorSection> Table { get; } = new("a translator", new(),
    [
        new Field<TranslatorSection, bool>("lowerCase", Spelling.Switch, s => s.LowerCase, (s, v) => s with { LowerCase = v }),
    ]);
}

/// <summary>The section <c>codes</c>: byte-pair codes, a merge's two symbols with a blank between them.</summary>
internal sealed record CodesSection(string[] Merges, bool MarksEndApart = false)
{
    /// <summary>Its members.</summary>
    public static FieldTable<CodesSection> Table { get; } = new("byte-pair codes", new([]),
    [
        new Field<CodesSection, bool>("marksEndApart", Spelling.Switch, s => s.MarksEndApart, (s, v) => s with { MarksEndApart = v })
        { Usual = false },
        new Field<CodesSection, string[]>("merges", new Items<string>(Spelling.Text), s => s.Merges, (s, v) => s with { Merges = v }),
    ]);

    public static CodesSection From(BytePairCodes codes) =>
        new([.. codes.Merges.Select(pair => $"{pair.First} {pair.Second}")], codes.MarksEndApart);

    /// <summary>The codes.</summary>
    /// <exception cref="ArgumentException">They are none.</exception>
    public BytePairCodes ToCodes()
    {
        var merges = new BytePair[Merges.Length];
        for (int i = 0; i < merges.Length; i++)
        {
            if (Merges[i]?.Split(' ') is not [var first, var second])
            {
                Throw.Argument($"merge {i} is no two symbols with a blank between them");
                break;
            }

            merges[i] = new BytePair(first, second);
        }

        return new BytePairCodes(merges, MarksEndApart);
    }
}
