using TinySD.Formats.Fields;
using TinySD.Formats.Text;

namespace TinySD.Formats.Models;

// The JSON of a language model's header, spelled out apart from the runtime's records: a name changed there must not change the format.

/// <summary>The members of the section <c>configuration</c>.</summary>
internal static class ConfigurationFields
{
    private static readonly Spelling<int> s_int = Spelling.Whole<int>();

    // Plain LSTM cells and layers that are all alike go without saying, so that their files are the same as before there were others.
    public static FieldTable<LanguageModelConfig> Table { get; } = new(
        "a configuration", new() { VocabularySize = 0, EmbeddingSize = 0, HiddenSize = 0, LayerCount = 0 },
    [
        new Field<LanguageModelConfig, int>("vocabularySize", s_int, c => c.VocabularySize, (c, v) => c with { VocabularySize = v }),
        new Field<LanguageModelConfig, int>("embeddingSize", s_int, c => c.EmbeddingSize, (c, v) => c with { EmbeddingSize = v }),
        new Field<LanguageModelConfig, int>("hiddenSize", s_int, c => c.HiddenSize, (c, v) => c with { HiddenSize = v }),
        new Field<LanguageModelConfig, int>("lastHiddenSize", s_int, c => c.LastHiddenSize, (c, v) => c with { LastHiddenSize = v })
        { Usual = 0 },
        new Field<LanguageModelConfig, int>("layerCount", s_int, c => c.LayerCount, (c, v) => c with { LayerCount = v }),
        new Field<LanguageModelConfig, CellKind>("cell", ModelSpelling.Cells, c => c.Cell, (c, v) => c with { Cell = v })
        { Usual = CellKind.Lstm },
        new Field<LanguageModelConfig, bool>("peepholes", Spelling.Switch, c => c.Peepholes, (c, v) => c with { Peepholes = v })
        { Usual = false },
        new Field<LanguageModelConfig, bool>("tieWeights", Spelling.Switch, c => c.TieWeights, (c, v) => c with { TieWeights = v }),
    ]);
}

/// <summary>The section <c>vocabulary</c>.</summary>
internal sealed record VocabularySection(string Level, string LineMarks, bool LowerCase, string Tokenize, string[] Tokens)
{
    /// <summary>Its members.</summary>
    public static FieldTable<VocabularySection> Table { get; } = new("a vocabulary", new("", "", false, "", []),
    [
        new Field<VocabularySection, string>("level", Spelling.Text, s => s.Level, (s, v) => s with { Level = v }),

        // Left out where every line gets its mark, as in all files from before there was a choice.
        new Field<VocabularySection, string>("lineMarks", Spelling.Text, s => s.LineMarks, (s, v) => s with { LineMarks = v })
        { Usual = TextSpelling.LineMarks.NameOf(Text.LineMarks.Always) },

        // Likewise, and what an older reader does not know it refuses.
        new Field<VocabularySection, bool>("lowerCase", Spelling.Switch, s => s.LowerCase, (s, v) => s with { LowerCase = v })
        { Usual = false },
        new Field<VocabularySection, string>("tokenize", Spelling.Text, s => s.Tokenize, (s, v) => s with { Tokenize = v })
        { Usual = TextSpelling.WordSplits.NameOf(WordSplit.None) },
        new Field<VocabularySection, string[]>("tokens", new Items<string>(Spelling.Text), s => s.Tokens, (s, v) => s with { Tokens = v }),
    ]);

    public static VocabularySection From(Vocabulary vocabulary) => new(
        TextSpelling.Levels.NameOf(vocabulary.Level), TextSpelling.LineMarks.NameOf(vocabulary.LineMarks),
        vocabulary.Rules.IsLowerCase, TextSpelling.WordSplits.NameOf(vocabulary.Rules.Split), [.. vocabulary.Tokens]);

    /// <summary>The vocabulary of a model that is told otherwise how texts are read.</summary>
    /// <exception cref="ArgumentException">It is none, or says that itself.</exception>
    public Vocabulary ToVocabulary()
    {
        Vocabulary vocabulary = ToVocabularyOfTexts();
        if (vocabulary.Rules is not { IsLowerCase: false, Split: WordSplit.None })
            Throw.Argument("its vocabulary has lowerCase or tokenize, and only those of language models do");
        return vocabulary;
    }

    /// <summary>The vocabulary of a model that reads texts as it says.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public Vocabulary ToVocabularyOfTexts() => new(
        new TokenRules(TextSpelling.Levels.ValueOf(Level), TextSpelling.LineMarks.ValueOf(LineMarks))
        {
            IsLowerCase = LowerCase,
            Split = TextSpelling.WordSplits.ValueOf(Tokenize),
        },
        Tokens);
}
