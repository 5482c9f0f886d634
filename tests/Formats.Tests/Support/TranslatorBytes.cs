using TinySD.Formats.Checkpoints;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Formats.Tests;

/// <summary>Small files of translators and their runs.</summary>
internal static class TranslatorBytes
{
    /// <summary>No figure of its own has its default value.</summary>
    public static TranslatorRecipe Recipe { get; } = new()
    {
        Name = "small", EmbeddingSize = 4, HiddenSize = 6, LayerCount = 1, EncoderHiddenSize = 5, EncoderLayerCount = 2,
        Cell = CellKind.Gru, Direction = RecurrentDirection.Forward, AttentionSize = 4, Attention = AttentionKind.Concat, IsScaled = true,
        HasInputFeeding = false, Bridge = BridgeKind.Dense, TiesWeights = true, ContextRate = 0.1f, AttentionRate = 0.2f,
        LabelSmoothing = 0.3f, MaxLength = 40, AverageLast = 3, SelectsByLoss = true,
        Dropout = new() { Kind = DropoutKind.Structured, Embedding = 0.25f, Output = 0.5f },
    };

    public static TranslatorRecipe Plain { get; } = new() { Name = "plain", EmbeddingSize = 3, HiddenSize = 4 };

    public static BytePairCodes Codes { get; } = new([new("a", "b"), new("ab", "c</w>"), new("d", "e</w>")]);

    /// <summary>Two vocabularies of pieces.</summary>
    public static TranslationUnits Pieces { get; } =
        new(Units("a@@ ab@@ de", Codes, isLowerCase: true), Units("de abc x y", Codes, isLowerCase: true));

    /// <summary>Two vocabularies of words.</summary>
    public static TranslationUnits OfWords { get; } = new(Units("der Hund", null), Units("the dog barks", null));

    /// <summary>One vocabulary of words.</summary>
    public static TranslationUnits Shared { get; } = new(Units("der Hund", null), Units("der Hund", null));

    public static byte[] Translator() => Translator(Recipe, Pieces);

    public static byte[] Translator(TranslatorRecipe recipe, TranslationUnits units) => SequenceModelBytes.Bytes(
        path => TranslatorFile.Save(path, NewTranslator(recipe, units), new(units, RecordOf(recipe))));

    public static byte[] Run() => SequenceModelBytes.Bytes(path => TranslatorCheckpoint.Format.Write(path, new()
    {
        State = SequenceModelBytes.Beginning,
        Recipe = Recipe,
        Data = new()
        {
            SourceVocabulary = new(6, new('4', 32)),
            TargetVocabulary = new(7, new('5', 32)),
            Codes = new('6', 32),
            Reading = new Dictionary<string, string> { ["--lower-case"] = "true" },
            Train = new("t.de", "t.en", 20, new('1', 32)),
            Valid = new("v.de", "v.en", 2, new('2', 32)),
            Test = new("/x.de", "/x.en", 3, new('3', 32)),
        },
        Settings = SequenceModelBytes.Settings,
    }, [new NamedBlock("", NewTranslator(Recipe, Pieces).Model.Parameters, AreWeights: true)]));

    public static Translator NewTranslator(TranslatorRecipe recipe, TranslationUnits units)
    {
        var model = new TranslatorModel(recipe.ToConfig(units.Source.Vocabulary.Count, units.Target.Vocabulary.Count));
        model.Initialize(3, 0.5f);
        return new Translator(model, units.Form);
    }

    public static TrainingRecord<TranslatorRecipe, PairsRecord> RecordOf(TranslatorRecipe recipe) => new()
    {
        Recipe = recipe,
        Data = new()
        {
            Train = new("folder/t.de", "folder/t.en", 20), Valid = new("v.de", "v.en", 5), Test = new("x.de", "x.en", 4),
        },
        Epochs = [new(1, 0, new(3.5, double.NaN), new(3.25, 12.5), 1f, 0, 0)],
        Test = new(3.5, 11.75),
    };

    private static SentenceUnits Units(string units, BytePairCodes? codes, bool isLowerCase = false) =>
        new(new Vocabulary(TextLevel.Word, [.. SentenceUnits.Marks, .. units.Split(' ')], LineMarks.None), codes, isLowerCase);
}
