using TinySD.Formats.Checkpoints;
using TinySD.Formats.Container;
using TinySD.Formats.Models;
using TinySD.Formats.Tables;
using TinySD.Formats.Text;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Formats.Tests;

/// <summary>Small files of regressors, classifiers and their runs.</summary>
internal static class SequenceModelBytes
{
    /// <summary>No figure has its default value that a regressor may have otherwise beside the others.</summary>
    public static RegressorRecipe OfSeries { get; } = new()
    {
        Name = "series", HiddenSize = 3, LayerCount = 2, Cell = Runtime.Layers.CellKind.Gru, Direction = RecurrentDirection.Bidirectional,
        Horizon = 2, Window = 5, Bptt = 7, Season = 24, Loss = SequenceLoss.Huber, HuberDelta = 0.3f, PredictsChange = false,
        FeedsChange = true, LinearRows = 4, Dropout = new() { Kind = DropoutKind.Structured, Embedding = 0.1f, Output = 0.25f },
    };

    public static ClassifierRecipe OfTexts { get; } = new()
    {
        Name = "texts", HiddenSize = 3, LayerCount = 2, Direction = RecurrentDirection.Reverse, EmbeddingSize = 2, ReadOut = ReadOut.Mean,
        MaxLength = 9, BalancesLabels = true,
    };

    public static ClassifierRecipe OfNumbers { get; } =
        new() { Name = "numbers", HiddenSize = 2, Cell = Runtime.Layers.CellKind.Gru, IsMultiLabel = true };

    public static TaggerRecipe OfWords { get; } = new()
    {
        Name = "words", HiddenSize = 3, Direction = RecurrentDirection.Bidirectional, EmbeddingSize = 2, CharacterEmbeddingSize = 4,
        CharacterUnits = 5, CharacterWidth = 5, MaxCharacters = 9, Scheme = TagScheme.Iob2, RareCount = 2, UnknownRate = 0.25f,
        MaxLength = 40,
    };

    public static WordForms Words { get; } = new(
        new() { IsLowerCase = true, ZeroesDigits = true }, new(TextLevel.Word, ["<unk>", "the", "0"], LineMarks.None),
        new(TextLevel.Character, ["<unk>", "T", "h", "e", "0"]));

    public static byte[] Regressor() => Bytes(path => RegressorFile.Save(path, NewRegressor(), new()
    {
        Recipe = OfSeries,
        Data = new()
        {
            Train = new("t.csv", 80), Valid = new("t.csv", 20), Test = new("x.csv", 9), Table = ["b", "a", "z", "note"],
            DecimalMark = DecimalMark.Comma, Spreads = [0.25, 0],
        },
        Epochs = [new(1, 0, new(0.5, double.NaN), new(0.25, 0.25), 0.1f, 0, 0)],
        Test = new(0.5, 0.5),
    }));

    public static byte[] Classifier() => Bytes(path =>
    {
        Vocabulary vocabulary = new(TextLevel.Word, ["a", "b", "<unk>"], LineMarks.None);
        var form = new ClassifierForm { Labels = ["neg", "pos"] };
        Classifier classifier = NewClassifier(OfTexts, 3, form);
        var texts = new TextReading { IsLowerCase = true, MaxLength = OfTexts.MaxLength };
        ClassifierFile.Save(path, classifier, new(form, vocabulary, texts, null, RecordOf(OfTexts)));
    });

    public static byte[] SequenceClassifier() => Bytes(path =>
    {
        var form = new ClassifierForm { Labels = ["up"], IsMultiLabel = true, Inputs = ["x"], InputScales = [new(1.25, 2)] };
        Classifier classifier = NewClassifier(OfNumbers, 0, form);
        ClassifierFile.Save(path, classifier, new(form, null, null, new("id", "kind"), RecordOf(OfNumbers)));
    });

    public static byte[] RegressorRun() => Bytes(path => RegressorCheckpoint.Format.Write(path, new()
    {
        State = Beginning,
        Recipe = OfSeries,
        Data = new()
        {
            Inputs = ["a", "b"],
            Targets = ["b", "z"],
            Train = new("t.csv", 750, new('1', 32)),
            Valid = new("v.csv", 100, new('2', 32)),
            Test = new("/x.csv", 50, new('3', 32)),
            Parts = [700, 0, 50],
            Separator = CellSeparator.Tab,
            HasHeader = false,
            DecimalMark = DecimalMark.Comma,
        },
        Settings = Settings,
    }, [new NamedBlock("", NewRegressor().Model.Parameters, AreWeights: true)]));

    public static byte[] ClassifierRun() => Bytes(path => ClassifierCheckpoint.Format.Write(path, new()
    {
        State = Beginning,
        Recipe = OfTexts,
        Data = new()
        {
            Level = TextLevel.Character,
            LowerCase = true,
            MinimumCount = 2,
            MaximumVocabulary = 9,
            Vocabulary = new(3, new('4', 32)),
            Reading = new Dictionary<string, string> { ["--valid-fraction"] = "0.1" },
            Labels = ["neg", "pos"],
            Train = new("t.txt", 20, new('1', 32)),
            Valid = new("t.txt", 2, new('2', 32)),
            Test = new("/x.txt", 3, new('3', 32)),
        },
        Settings = Settings,
    }, [new NamedBlock("", NewClassifier(OfTexts, 3, new() { Labels = ["neg", "pos"] }).Model.Parameters, AreWeights: true)]));

    public static byte[] Tagger() => Tagger(OfWords);

    public static byte[] Tagger(TaggerRecipe recipe) => Bytes(path =>
    {
        Tagger tagger = NewTagger(recipe);
        TaggerFile.Save(path, tagger, new(tagger.Form, Words, new() { WordColumn = 2, TagColumn = 4 }, RecordOf(recipe)));
    });

    public static byte[] TaggerRun() => Bytes(path => TaggerCheckpoint.Format.Write(path, new()
    {
        State = Beginning,
        Recipe = OfWords,
        Data = new()
        {
            Level = TextLevel.Word,
            LowerCase = true,
            Vocabulary = new(3, new('4', 32)),
            Reading = new Dictionary<string, string> { ["--zero-digits"] = "true" },
            Labels = ["O", "B-PER"],
            Train = new("t.txt", 20, new('1', 32)),
            Valid = new("v.txt", 2, new('2', 32)),
        },
        Settings = Settings,
    }, [new NamedBlock("", NewTagger(OfWords).Model.Parameters, AreWeights: true)]));

    public static Tagger NewTagger(TaggerRecipe recipe)
    {
        var model = new TaggerModel(recipe.ToConfig(Words.Words.Count, Words.Characters.Count, 3));
        model.Initialize(3, 0.5f);
        return new Tagger(model, new() { Tags = ["O", "B-PER", "I-PER"], Scheme = TagScheme.Iob2, DataScheme = TagScheme.Iob1 });
    }

    public static TrainingRecord<TaggerRecipe, SentencesRecord> RecordOf(TaggerRecipe recipe) => new()
    {
        Recipe = recipe,
        Data = new()
        {
            Sets = new() { Train = new("folder/t.conll", 20), Valid = new("v.conll", 5), Test = new("x.conll", 4) },
            Vectors = new("folder/glove.txt", 2),
        },
        Epochs = [new(1, 0, new(0.6, double.NaN), new(0.5, 0.75), 1f, 0, 0)],
        Test = new(0.5, 0.7),
    };

    public static RunState Beginning => new()
    {
        Updates = 0, Epoch = 0, Step = 0, LossSum = 0, Seconds = 0, TotalSeconds = 0, LearningRate = 0.1f, Counts = new(0), Epochs = [],
    };

    public static RunSettings Settings { get; } = new() { Output = "/m.tsd", Dtype = TensorStorage.F32, CheckpointKeep = 3 };

    private static Regressor NewRegressor()
    {
        var model = new SequenceModel(OfSeries.ToConfig(2, 2));
        model.Initialize(3, 0.5f);
        return new Regressor(model, OfSeries.ToForm(["a", "b"], ["b", "z"]) with
        {
            InputScales = [new(0.1, 1e-300), new(-5, 2)],
            TargetScales = [new(-5, 3), new(0, 1)],
            OutputScales = [new(0, 0.25), new(0.5, 1), new(-1, 2), new(3, 1.5)],
        });
    }

    private static Classifier NewClassifier(ClassifierRecipe recipe, int vocabulary, ClassifierForm form)
    {
        var model = new SequenceModel(recipe.ToConfig(vocabulary, form.Inputs.Length, form.Labels.Length));
        model.Initialize(3, 0.5f);
        return new Classifier(model, form);
    }

    private static TrainingRecord<ClassifierRecipe, SequencesRecord> RecordOf(ClassifierRecipe recipe) => new()
    {
        Recipe = recipe,
        Data = new() { Train = new("t.txt", 20), Valid = new("v.txt", 5) },
        Epochs = [new(1, 0, new(0.6, double.NaN), new(0.5, 0.75), 1f, 0, 0)],
    };

    public static byte[] Bytes(Action<string> write)
    {
        using var folder = new TestFolder();
        write(folder["f.tsd"]);
        return File.ReadAllBytes(folder["f.tsd"]);
    }
}
