using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using TinySD.Formats.Container;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

using LanguageModelRecord =
    TinySD.Formats.Models.TrainingRecord<TinySD.Runtime.Tasks.LanguageModelRecipe, TinySD.Formats.Models.TextsRecord>;

namespace TinySD.Formats.Tests;

public sealed class LanguageModelFileTests
{
    /// <summary>No property has its default value, so that one which is not written would show.</summary>
    private static readonly LanguageModelRecipe s_recipe = new()
    {
        Name = "zaremba-small, changed",
        HiddenSize = 5,
        EmbeddingSize = 3,
        LayerCount = 3,
        TieWeights = false,
        InitRange = 0.0625f,
        ForgetBias = -0.1f,
        BatchSize = 7,
        Bptt = 11,
        Optimizer = OptimizerKind.Adam,
        LearningRate = 0.3f,
        ClipNorm = 0f,
        Epochs = 39,
        FullRateEpochs = 6,
        Decay = 1.2f,
        Seed = ulong.MaxValue,
        Dropout = new()
        {
            Kind = DropoutKind.StructuredLocked,
            Draw = MaskDraw.Bernoulli,
            Embedding = 0.1f,
            Layer = 0.2f,
            Recurrent = 0.3f,
            Output = 0.99f,
        },
    };

    /// <summary>That and what files leave out where it goes without saying.</summary>
    internal static readonly LanguageModelRecipe FullRecipe = s_recipe with
    {
        Dropout = s_recipe.Dropout.AsNested(DropoutKind.Nested) with { LeastShare = 0.125f, ShareCount = 8, WholeRate = 0.5f },
        LastHiddenSize = 2,
        InitScheme = InitScheme.Scaled,
        VariableBptt = true,
        WordDrop = 0.1f,
        WordDropBySequence = true,
        WeightDrop = 0.2f,
        ActivationPenalty = 2f,
        TemporalPenalty = 1f,
        LossReduction = LossReduction.Mean,
        Optimizer = OptimizerKind.NtAsgd,
        NonMonotone = 3,
        Beta1 = 0.8f,
        Beta2 = 0.99f,
        Epsilon = 1e-6f,
        WeightDecay = 1.2e-6f,
        DecoupledDecay = true,
        LearningRateSchedule = LearningRateSchedule.Cosine,
        WarmUpUpdates = 100,
        Patience = 4,
    };

    // What averaged descent has no use for.
    private static readonly LanguageModelRecipe s_momentumRecipe = FullRecipe with
    {
        Optimizer = OptimizerKind.Sgd,
        Momentum = 0.9f,
        Nesterov = true,
        AverageLast = 5,
    };

    private static readonly LanguageModelRecord s_record = new()
    {
        WrittenBy = "TinySD 9.9.9",
        Recipe = s_recipe,
        Data = new() { Train = new("ptb.train.txt", 929_589), Valid = new("ptb.valid.txt", 73_760), Test = new("größe.txt", 82_430) },
        Epochs = [Epoch(1, 270.5, 1.0 / 3, 1f), Epoch(2, 1e300, 121.25, 0.1f)],
        Test = Of(115.9),
    };

    // So many megabytes of words; the header holds 64. Quotes take two bytes each there.
    [Test]
    [Arguments(60, 13, 'x', true)]
    [Arguments(64, 13, 'x', false)]
    [Arguments(56, 30_000, 'x', false)]
    [Arguments(30, 13, '"', true)]
    [Arguments(33, 13, '"', false)]
    public async Task Whether_there_is_room_for_a_vocabulary_is_known_beforehand(int megabytes, int epochs, char letter, bool isRoom)
    {
        using var folder = new TestFolder();
        string text = folder.Put("long.txt", System.Text.Encoding.UTF8.GetBytes(
            string.Join(' ', Enumerable.Range(0, megabytes * 256).Select(word => $"{word}".PadRight(4096, letter)))));
        Vocabulary vocabulary = Vocabulary.Build(Corpus.Count(text, TextLevel.Word));
        await Assert.That(VocabularyRoom.IsEnough(epochs, vocabulary)).IsEqualTo(isRoom);
        var model = new LanguageModel(new() { VocabularySize = vocabulary.Count, EmbeddingSize = 1, HiddenSize = 1, LayerCount = 1 });
        EpochOutcome[] record = [.. Enumerable.Range(1, epochs)
            .Select(epoch => Epoch(epoch, 123.45678901234567, 123.45678901234567, 0.0123456f))];
        LanguageModelRecord training = new()
        {
            Recipe = new() { Name = "long" },
            Data = new() { Train = new("a", 9), Valid = new("b", 9) },
            Epochs = record,
        };
        Action save = () => LanguageModelFile.Save(folder["m.tsd"], model, vocabulary, training);
        if (isRoom) save();
        else if (epochs == 13) await Assert.That(save).Throws<ArgumentException>();
    }

    [Test]
    [Arguments(TensorStorage.F16, "f16")]
    [Arguments(TensorStorage.BF16, "bf16")]
    public async Task In_16_bits_a_model_comes_back_rounded_and_then_stays_as_it_is(TensorStorage storage, string dtype)
    {
        using var folder = new TestFolder();
        (LanguageModel model, Vocabulary vocabulary) = Make();
        LanguageModelFile.Save(folder["m.tsd"], model, vocabulary, s_record, storage);
        LoadedLanguageModel back = LanguageModelFile.Load(folder["m.tsd"]);

        // 11 and 8 significant bits; the weights are far above the smallest normal numbers, or below half of the smallest number of all.
        float most = storage == TensorStorage.F16 ? 1f / 2048 : 1f / 256;
        for (int i = 0; i < model.Parameters.Values.Length; i++)
        {
            float made = model.Parameters.Values[i], found = back.Model.Parameters.Values[i];
            if (!(Math.Abs(made - found) <= (most * Math.Abs(made)) + 3e-8f)) await Assert.That(found).IsEqualTo(made);
        }

        await Assert.That(back.Model.Parameters.Values.SequenceEqual(model.Parameters.Values)).IsFalse();
        using (TsdFile file = TsdFile.Open(folder["m.tsd"]))
        {
            await Assert.That(file.Tensors.Select(tensor => tensor.Dtype).Distinct()).IsEquivalentTo([dtype]);
            await Assert.That(file.Tensors.Sum(tensor => tensor.Bytes)).IsEqualTo(2 * model.Layout.ParameterCount);
        }

        LanguageModelFile.Save(folder["n.tsd"], back.Model, vocabulary, s_record, storage);
        await Assert.That(File.ReadAllBytes(folder["n.tsd"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder["m.tsd"]))).IsTrue();
    }

    [Test]
    public async Task A_weight_too_large_for_16_bits_is_named_and_nothing_is_written()
    {
        using var folder = new TestFolder();
        (LanguageModel model, Vocabulary vocabulary) = Make();
        model.Parameters[model.Layout.Tensors[2]][7] = -65520f;
        string path = folder["m.tsd"];
        FileProblem problem = Refused.By(() => LanguageModelFile.Save(path, model, vocabulary, s_record, TensorStorage.F16));
        await Assert.That(problem.Message)
            .IsEqualTo($"{path} was not written: weight 7 of tensor '{model.Layout.Tensors[2].Name}' is -65520, too large for f16. Use " +
                "f32.");
        await Assert.That((problem.Kind, problem.Part)).IsEqualTo((FileProblemKind.NumberTooLarge, model.Layout.Tensors[2].Name));
        await Assert.That(folder.Names()).IsEmpty();
        LanguageModelFile.Save(path, model, vocabulary, s_record, TensorStorage.BF16);
        await Assert.That(LanguageModelFile.Load(path).Model.Parameters[model.Layout.Tensors[2]][7]).IsEqualTo(-65536f);
    }

    [Test]
    public async Task A_model_comes_back_as_it_was()
    {
        using var folder = new TestFolder();
        (LanguageModel model, Vocabulary vocabulary) = Make();
        LanguageModelFile.Save(folder["m.tsd"], model, vocabulary, s_record);
        (LanguageModel back, Vocabulary words, LanguageModelRecord training) = LanguageModelFile.Load(folder["m.tsd"]);
        await Assert.That(back.Config).IsEqualTo(model.Config);
        await Assert.That(back.Parameters.Values.SequenceEqual(model.Parameters.Values)).IsTrue();
        await Assert.That(words.Level).IsEqualTo(vocabulary.Level);
        await Assert.That(words.Tokens).IsEquivalentTo(vocabulary.Tokens, CollectionOrdering.Matching);
        await Assert.That(training.Epochs).IsEquivalentTo(s_record.Epochs, CollectionOrdering.Matching);
        await Assert.That(training with { Epochs = s_record.Epochs, Parameters = 0 }).IsEqualTo(s_record);
        await Assert.That(training.Parameters).IsEqualTo(model.Layout.ParameterCount);
    }

    [Test]
    public async Task How_texts_are_read_comes_back_and_what_was_validated()
    {
        using var folder = new TestFolder();
        LanguageModel model = Make().Model;
        TokenRules rules = new(TextLevel.Word, LineMarks.WhereMissing) { IsLowerCase = true, Split = WordSplit.Simple };
        LanguageModelFile.Save(folder["m.tsd"], model, new(rules, ["the", "<eos>", "a", "b"]),
            s_record with { Data = s_record.Data with { ValidFraction = 0.05f } });
        (_, Vocabulary words, LanguageModelRecord training) = LanguageModelFile.Load(folder["m.tsd"]);
        await Assert.That((words.Rules, training.Data.ValidFraction)).IsEqualTo((rules, 0.05f));
        await Assert.That(TsdBytes.Split(File.ReadAllBytes(folder["m.tsd"])).Header).Contains(
            "\"vocabulary\":{\"level\":\"word\",\"lineMarks\":\"where-missing\",\"lowerCase\":true,\"tokenize\":\"simple\",\"tokens\":[")
            .And.Contains(",\"validFraction\":0.05,");
        await Assert.That(words.Decode(Corpus.EncodeText("The B\n", words))).IsEqualTo("the b\n");
    }

    [Test]
    public async Task Streams_and_marks_of_lines_come_back_and_are_left_out_where_there_are_none()
    {
        using var folder = new TestFolder();
        LanguageModel model = Make().Model;
        foreach (LineMarks marks in Enum.GetValues<LineMarks>())
        {
            LanguageModelFile.Save(folder["m.tsd"], model, new(TextLevel.Word, ["the", "<eos>", "a", "b"], marks),
                s_record with { Data = s_record.Data with { Streams = 65536 } });
            (_, Vocabulary words, LanguageModelRecord training) = LanguageModelFile.Load(folder["m.tsd"]);
            await Assert.That((words.LineMarks, training.Data.Streams)).IsEqualTo((marks, 65536));
        }

        (string header, _) = TsdBytes.Split(File.ReadAllBytes(folder["m.tsd"]));
        await Assert.That(header)
            .Contains("\"vocabulary\":{\"level\":\"word\",\"lineMarks\":\"none\",\"tokens\":[")
                .And.Contains("},\"streams\":65536,\"parameters\":");
        (string old, _) = TsdBytes.Split(Save(folder));
        await Assert.That(old).DoesNotContain("lineMarks").And.DoesNotContain("streams");

        await Assert.That(old).DoesNotContain("lowerCase").And.DoesNotContain("tokenize").And.DoesNotContain("validFraction");

        // Without marks the vocabulary need not have one.
        LanguageModelFile.Save(folder["m.tsd"], model, new(TextLevel.Word, ["the", "c", "a", "b"], LineMarks.None), s_record);
        await Assert.That(LanguageModelFile.Load(folder["m.tsd"]).Vocabulary.EndOfLineId).IsNull();
    }

    [Test]
    [Arguments(CellKind.Lstm, false, "")]
    [Arguments(CellKind.Lstm, true, "\"peepholes\":true,")]
    [Arguments(CellKind.Gru, false, "\"cell\":\"gru\",")]
    [Arguments(CellKind.RnnTanh, false, "\"cell\":\"rnn-tanh\",")]
    [Arguments(CellKind.RnnRelu, false, "\"cell\":\"rnn-relu\",")]
    public async Task A_model_of_each_cell_comes_back_as_it_was(CellKind cell, bool peepholes, string members)
    {
        using var folder = new TestFolder();
        (string header, _) = TsdBytes.Split(SaveCell(folder, (cell, peepholes)));
        await Assert.That(header).Contains($"\"hiddenSize\":5,\"layerCount\":3,{members}\"tieWeights\":false}},\"vocabulary\"");
        await Assert.That(header).Contains($"\"embeddingSize\":3,\"layerCount\":3,{members}\"tieWeights\":false,\"initRange\"");
        (LanguageModel back, _, LanguageModelRecord training) = LanguageModelFile.Load(folder["cell.tsd"]);
        (LanguageModel model, _) = Make((cell, peepholes));
        await Assert.That(back.Config).IsEqualTo(model.Config);
        await Assert.That((back.Config.Cell, back.Config.Peepholes)).IsEqualTo((cell, peepholes));
        await Assert.That(back.Parameters.Values.SequenceEqual(model.Parameters.Values)).IsTrue();
        await Assert.That(training.Recipe).IsEqualTo(s_recipe with { Cell = cell, Peepholes = peepholes });
    }

    [Test]
    public async Task What_is_optional_may_be_absent_and_tied_weights_make_one_tensor_less()
    {
        using var folder = new TestFolder();
        var config = new LanguageModelConfig { VocabularySize = 3, EmbeddingSize = 2, HiddenSize = 2, LayerCount = 1, TieWeights = true };
        var model = new LanguageModel(config);
        model.Initialize(3, 0.1f);
        var vocabulary = new Vocabulary(TextLevel.Character, ["a", "😀", "\n"]);
        var record =
            new LanguageModelRecord
            {
                Recipe = new() { Name = "none" },
                Data = new() { Train = new("/home/somebody/train.txt", 3), Valid = new("v", 0) }
            };
        LanguageModelFile.Save(folder["m.tsd"], model, vocabulary, record);
        (LanguageModel back, Vocabulary characters, LanguageModelRecord training) = LanguageModelFile.Load(folder["m.tsd"]);
        await Assert.That(back.Parameters.Values.SequenceEqual(model.Parameters.Values)).IsTrue();
        await Assert.That(characters.Tokens).IsEquivalentTo(["a", "😀", "\n"], CollectionOrdering.Matching);
        await Assert.That(training.Data.Test).IsNull();
        await Assert.That(training.Test).IsNull();
        await Assert.That(training.Epochs).IsEmpty();
        await Assert.That(training.Data.Train.Name).IsEqualTo("train.txt");
        await Assert.That(training.WrittenBy).IsEqualTo("TinySD 0.1.0");
    }

    [Test]
    public async Task Every_property_of_the_runtimes_records_is_in_the_file()
    {
        using var folder = new TestFolder();
        // A plain LSTM goes without saying, and no cell has both: what any of the three files has.
        HashSet<string> recipeNames = [], dropoutNames = [], configurationNames = [];
        foreach ((CellKind, bool) cell in new[] { (CellKind.Lstm, false), (CellKind.Lstm, true), (CellKind.Gru, false) })
        {
            (string header, _) = TsdBytes.Split(SaveCell(folder, cell));
            using var json = System.Text.Json.JsonDocument.Parse(header);
            System.Text.Json.JsonElement recipe = json.RootElement.GetProperty("training").GetProperty("recipe");
            recipeNames.UnionWith(Names(recipe));
            dropoutNames.UnionWith(Names(recipe.GetProperty("dropout")));
            configurationNames.UnionWith(Names(json.RootElement.GetProperty("configuration")));
        }

        foreach (LanguageModelRecipe full in new[] { FullRecipe, s_momentumRecipe })
        {
            SaveFull(folder, full);
            using var json = System.Text.Json.JsonDocument.Parse(TsdBytes.Split(File.ReadAllBytes(folder["full.tsd"])).Header);
            System.Text.Json.JsonElement recipe = json.RootElement.GetProperty("training").GetProperty("recipe");
            recipeNames.UnionWith(Names(recipe));
            dropoutNames.UnionWith(Names(recipe.GetProperty("dropout")));
            configurationNames.UnionWith(Names(json.RootElement.GetProperty("configuration")));
        }

        await Assert.That(recipeNames).IsEquivalentTo(Properties<LanguageModelRecipe>());
        await Assert.That(dropoutNames).IsEquivalentTo(Properties<DropoutSpec>());
        await Assert.That(configurationNames).IsEquivalentTo(Properties<LanguageModelConfig>());

        static IEnumerable<string> Names(System.Text.Json.JsonElement element) => element.EnumerateObject().Select(member => member.Name);
        static IEnumerable<string> Properties<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>() =>
            typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.CanWrite)
                .Select(property => char.ToLowerInvariant(property.Name[0]) + property.Name[1..]);
    }

    [Test]
    public async Task The_header_is_as_the_format_says()
    {
        using var folder = new TestFolder();
        (string header, _) = TsdBytes.Split(Save(folder));
        await Assert.That(header).StartsWith("""
            {"kind":"language-model","configuration":{"vocabularySize":4,"embeddingSize":3,"hiddenSize":5,"layerCount":3,
            "tieWeights":false},"vocabulary":{"level":"word","tokens":["the","<eos>","größe","\"q\\"]},
            "training":{"writtenBy":"TinySD 9.9.9",
            "recipe":{"name":"zaremba-small, changed","hiddenSize":5,"embeddingSize":3,"layerCount":3,"tieWeights":false,"initRange":0.0625,
            "forgetBias":-0.1,"batchSize":7,"bptt":11,"dropout":{"kind":"structured-locked","draw":"bernoulli","keepMultiple":1,
            "groupSize":1,"embedding":0.1,"layer":0.2,"recurrent":0.3,"output":0.99},"optimizer":"adam","learningRate":0.3,
            "clipNorm":0,"epochs":39,"fullRateEpochs":6,"decay":1.2,
            "seed":18446744073709551615},"train":{"name":"ptb.train.txt","tokens":929589},"valid":{"name":"ptb.valid.txt","tokens":73760},
            "test":{"name":"größe.txt","tokens":82430},"parameters":656,"epochs":[{"epoch":1,"trainPerplexity":270.5,
            "validPerplexity":0.3333333333333333,"learningRate":1},
            {"epoch":2,"trainPerplexity":1E+300,"validPerplexity":121.25,"learningRate":0.1}],
            "testPerplexity":115.9},"tensors":[{"name":"embedding","dtype":"f32","shape":[4,3],"offset":0,"bytes":48,"checksum":"
            """.ReplaceLineEndings(""));
    }

    [Test]
    public async Task Shares_of_nested_masks_stand_with_the_dropout_where_they_are_not_the_usual_ones()
    {
        using var folder = new TestFolder();
        (LanguageModel model, Vocabulary vocabulary) = Make();
        DropoutSpec usual = s_recipe.Dropout.AsNested(DropoutKind.Nested);
        (DropoutSpec Spec, string Json)[] cases =
        [
            (usual, "\"kind\":\"nested\",\"draw\":\"exact-count\",\"keepMultiple\":1,\"groupSize\":1,\"embedding\":0,\"layer\":0," +
                "\"recurrent\":0,\"output\":0}"),
            (usual with { LeastShare = 0.125f, ShareCount = 8, WholeRate = 0.5f },
                "\"output\":0,\"leastShare\":0.125,\"shareCount\":8,\"wholeRate\":0.5}"),
        ];
        foreach ((DropoutSpec spec, string json) in cases)
        {
            LanguageModelFile.Save(folder["m.tsd"], model, vocabulary, s_record with { Recipe = s_recipe with { Dropout = spec } });
            await Assert.That(TsdBytes.Split(File.ReadAllBytes(folder["m.tsd"])).Header).Contains(json);
            await Assert.That(LanguageModelFile.Load(folder["m.tsd"]).Training.Recipe.Dropout).IsEqualTo(spec);
        }
    }

    [Test]
    public async Task Equal_models_make_equal_files()
    {
        using var folder = new TestFolder();
        byte[] first = Save(folder);
        await Assert.That(Save(folder).AsSpan().SequenceEqual(first)).IsTrue();
    }

    [Test]
    public async Task Every_name_the_format_has_for_a_choice_comes_back()
    {
        using var folder = new TestFolder();
        (LanguageModel model, Vocabulary vocabulary) = Make();
        foreach (DropoutKind kind in Enum.GetValues<DropoutKind>())
        {
            foreach (MaskDraw draw in Enum.GetValues<MaskDraw>())
            {
                foreach (OptimizerKind optimizer in Enum.GetValues<OptimizerKind>())
                {
                    DropoutSpec dropout = kind is DropoutKind.Nested or DropoutKind.NestedLocked
                        ? s_recipe.Dropout.AsNested(kind)
                        : s_recipe.Dropout with { Kind = kind, Draw = draw };
                    LanguageModelRecipe recipe = s_recipe with { Optimizer = optimizer, Dropout = dropout };
                    LanguageModelFile.Save(folder["m.tsd"], model, vocabulary, s_record with { Recipe = recipe });
                    await Assert.That(LanguageModelFile.Load(folder["m.tsd"]).Training.Recipe).IsEqualTo(recipe);
                }
            }
        }
    }

    [Test]
    public async Task A_last_layer_of_its_own_size_and_a_recipe_with_everything_come_back()
    {
        using var folder = new TestFolder();
        LanguageModel model = SaveFull(folder, FullRecipe);
        (LanguageModel back, _, LanguageModelRecord training) = LanguageModelFile.Load(folder["full.tsd"]);
        await Assert.That(back.Config).IsEqualTo(model.Config);
        await Assert.That(back.Config.LastHiddenSize).IsEqualTo(2);
        await Assert.That(back.Parameters.Values.SequenceEqual(model.Parameters.Values)).IsTrue();
        await Assert.That(training.Recipe).IsEqualTo(FullRecipe);
        foreach (LearningRateSchedule schedule in Enum.GetValues<LearningRateSchedule>())
        {
            LanguageModelRecipe recipe = s_momentumRecipe with { LearningRateSchedule = schedule };
            LanguageModelFile.Save(folder["m.tsd"], model, Make().Vocabulary, s_record with { Recipe = recipe });
            await Assert.That(LanguageModelFile.Load(folder["m.tsd"]).Training.Recipe).IsEqualTo(recipe);
        }
    }

    private static LanguageModel SaveFull(TestFolder folder, LanguageModelRecipe recipe)
    {
        (LanguageModel plain, Vocabulary vocabulary) = Make();
        var model = new LanguageModel(plain.Config with { LastHiddenSize = 2 });
        model.Initialize(9, 0.2f);
        LanguageModelFile.Save(folder["full.tsd"], model, vocabulary, s_record with { Recipe = recipe });
        return model;
    }

    [Test]
    public async Task Every_preset_can_be_recorded()
    {
        using var folder = new TestFolder();
        (LanguageModel model, Vocabulary vocabulary) = Make();
        foreach (LanguageModelRecipe preset in LanguageModelRecipe.Presets)
        {
            LanguageModelFile.Save(folder["m.tsd"], model, vocabulary, s_record with { Recipe = preset });
            await Assert.That(LanguageModelFile.Load(folder["m.tsd"]).Training.Recipe).IsEqualTo(preset);
        }
    }

    [Test]
    [Arguments(float.NaN, "not a number")]
    [Arguments(float.PositiveInfinity, "infinite")]
    [Arguments(float.NegativeInfinity, "infinite")]
    public async Task A_weight_that_is_not_finite_is_neither_saved_nor_loaded_unless_asked_for(float value, string what)
    {
        using var folder = new TestFolder();
        (LanguageModel model, Vocabulary vocabulary) = Make();
        string path = folder["m.tsd"];
        LanguageModelFile.Save(path, model, vocabulary, s_record);
        TensorSlot slot = model.Layout.Tensors.Single(t => t.Name == "lstm.1.recurrent");
        model.Parameters[slot][17] = value;
        byte[] before = File.ReadAllBytes(path);
        FileProblem saving = Refused.By(() => LanguageModelFile.Save(path, model, vocabulary, s_record));
        await Assert.That(saving.Message).IsEqualTo(
            $"{path} was not written: weight 17 of tensor 'lstm.1.recurrent' is {what}. Train again with a lower learning rate.");
        await Assert.That((saving.Kind, saving.Part, saving.Offset)).IsEqualTo((FileProblemKind.NotFinite, "lstm.1.recurrent", null));
        await Assert.That(File.ReadAllBytes(path).AsSpan().SequenceEqual(before)).IsTrue();

        // The same number in a file of another's making.
        (string header, byte[] data) = TsdBytes.Split(before);
        int start = slot.Offset * sizeof(float), length = slot.Length * sizeof(float);
        string good = TsdBytes.Hash(data.AsSpan(start, length));
        BitConverter.TryWriteBytes(data.AsSpan(start + (17 * sizeof(float))), value);
        byte[] file = TsdBytes.File(header.Replace(good, TsdBytes.Hash(data.AsSpan(start, length)), StringComparison.Ordinal), data);
        folder.Put("m.tsd", file);
        FileProblem loading = Refused.By(() => LanguageModelFile.Load(path));
        await Assert.That(loading.Message).IsEqualTo(
            $"{path} was not loaded: weight 17 of tensor 'lstm.1.recurrent' is {what}. Train again with a lower learning rate.");
        await Assert.That((loading.Kind, loading.Offset))
            .IsEqualTo((FileProblemKind.NotFinite, (long?)(file.Length - data.Length + start + 68)));
        LoadedLanguageModel allowed = LanguageModelFile.Load(path, NonFiniteWeights.Allow);
        await Assert.That(allowed.Model.Parameters[slot][17]).IsEqualTo(value);
    }

    [Test]
    public async Task A_perplexity_that_no_number_holds_is_kept_by_its_loss()
    {
        using var folder = new TestFolder();
        (LanguageModel model, Vocabulary vocabulary) = Make();
        EpochOutcome[] epochs =
        [
            Epoch(1, 1, 1, 1f) with { Train = new(921.0340371976183, double.PositiveInfinity),
                Valid = new(805.904782547916, double.PositiveInfinity) },
            Epoch(2, 100.5, 1, 1f) with { Valid = new(805.9047825479162, double.PositiveInfinity) },
        ];
        LanguageModelRecord record = s_record with { Epochs = epochs, Test = new(1000.25, double.PositiveInfinity) };
        LanguageModelFile.Save(folder["m.tsd"], model, vocabulary, record);
        LanguageModelRecord found = LanguageModelFile.Load(folder["m.tsd"]).Training;
        await Assert.That(found.Epochs).IsEquivalentTo(epochs, CollectionOrdering.Matching);
        await Assert.That(found.Test).IsEqualTo(record.Test);
        await Assert.That(TsdBytes.Split(File.ReadAllBytes(folder["m.tsd"])).Header)
            .Contains("{\"epoch\":2,\"trainPerplexity\":100.5,\"validLoss\":805.9047825479162,");
        LanguageModelFile.Save(folder["again.tsd"], model, vocabulary, found);
        await Assert.That(File.ReadAllBytes(folder["again.tsd"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder["m.tsd"]))).IsTrue();
    }

    [Test]
    public async Task Results_that_are_not_finite_are_not_saved()
    {
        using var folder = new TestFolder();
        (LanguageModel model, Vocabulary vocabulary) = Make();
        string path = folder["m.tsd"];
        EpochOutcome[] wrong = [Epoch(3, double.NaN, 1, 1f), Epoch(3, 1, double.PositiveInfinity, 1f), Epoch(3, 1, 1, float.NaN)];
        foreach (EpochOutcome epoch in wrong)
        {
            FileProblem problem = Refused.By(() => LanguageModelFile.Save(path, model, vocabulary, s_record with { Epochs = [epoch] }));
            await Assert.That(problem.Message)
                .IsEqualTo($"{path} was not written: a result of epoch 3 is not finite. Train again with a lower learning rate.");
            await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.NotFinite);
        }

        FileProblem test = Refused.By(() => LanguageModelFile.Save(path, model, vocabulary, s_record with { Test = Of(double.NaN) }));
        await Assert.That(test.Message)
            .IsEqualTo($"{path} was not written: the test perplexity is not finite. Train again with a lower learning rate.");
        await Assert.That(folder.Names()).IsEmpty();
    }

    [Test]
    public async Task What_load_would_refuse_is_not_saved()
    {
        using var folder = new TestFolder();
        (LanguageModel model, Vocabulary vocabulary) = Make();
        string path = folder["m.tsd"];
        await Assert.That(() => LanguageModelFile.Save(path, model, new Vocabulary(TextLevel.Word, ["<eos>", "b"]), s_record))
            .Throws<ArgumentException>().WithMessage("the vocabulary has 2 tokens, the model 4");
        await Assert.That(() =>
            LanguageModelFile.Save(path, model, vocabulary, s_record with { Epochs = [Epoch(2, 1, 1, 1f), Epoch(2, 1, 1, 1f)] }))
            .Throws<ArgumentException>().WithMessage("epoch 2 is out of order");
        await Assert.That(() => LanguageModelFile.Save(path, model, vocabulary,
            s_record with { Data = s_record.Data with { Valid = new("v", -1) } }))
            .Throws<ArgumentException>().WithMessage("a text has fewer than 0 tokens");
        await Assert.That(() => LanguageModelFile.Save(path, model, vocabulary, s_record with { Recipe = s_recipe with { BatchSize = 0 } }))
            .Throws<ArgumentException>();
        await Assert.That(folder.Names()).IsEmpty();
    }

    [Test]
    public async Task A_file_of_another_kind_is_refused_naming_both()
    {
        using var folder = new TestFolder();
        string path = folder.Put("m.tsd", TsdBytes.Example());
        FileProblem problem = Refused.By(() => LanguageModelFile.Load(path));
        await Assert.That(problem.Message).IsEqualTo($"{path} is of kind 'example'; 'language-model' was expected");
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.WrongKind);
        using TsdFile file = TsdFile.Open(path);
        await Assert.That(Refused.By(() => LanguageModelFile.Format.Describe(file)).Kind).IsEqualTo(FileProblemKind.WrongKind);
    }

    [Test]
    public async Task A_description_needs_no_tensor()
    {
        using var folder = new TestFolder();
        byte[] bytes = Save(folder);
        bytes.AsSpan(bytes.Length - 64).Fill(0x55);
        using TsdFile file = TsdFile.Open(folder.Put("m.tsd", bytes));
        LanguageModelDescription description = LanguageModelFile.Format.Describe(file);
        await Assert.That(description.Config.HiddenSize).IsEqualTo(5);
        await Assert.That(description.Vocabulary.Count).IsEqualTo(4);
        await Assert.That(description.Training.Recipe).IsEqualTo(s_recipe);
        await Assert.That(Refused.By(() => LanguageModelFile.Load(folder["m.tsd"])).Part).IsEqualTo("classifier.bias");
    }

    // Left of the bar what the good header has, right of it what stands there instead.
    [Test]
    [Arguments("configuration",
        "\"hiddenSize\":5,\"layerCount\":3,\"tieWeights\":false},|\"hiddenSize\":0,\"layerCount\":3,\"tieWeights\":false},",
        "the configuration is not as the format asks: HiddenSize must be at least 1; found 0")]
    [Arguments("configuration", "\"layerCount\":3,\"tieWeights\":false},|\"layerCount\":3,\"tieWeights\":true},",
        "the configuration is not as the format asks: tied weights need an embedding as wide as the hidden layer; found 3 and 5")]
    [Arguments("configuration", "\"tieWeights\":false},|\"tieWeights\":false,\"cell\":\"sru\"},",
        "the configuration is not as the format asks: cell is 'sru'; expected lstm, gru, rnn-tanh or rnn-relu")]
    [Arguments("configuration", "\"tieWeights\":false},|\"tieWeights\":false,\"cell\":\"GRU\"},",
        "the configuration is not as the format asks: cell is 'GRU'; expected lstm, gru, rnn-tanh or rnn-relu")]
    [Arguments("configuration", "\"tieWeights\":false},|\"tieWeights\":false,\"cell\":\"rnn-relu\",\"peepholes\":true},",
        "the configuration is not as the format asks: only LSTM cells have peepholes; found RnnRelu")]
    [Arguments("configuration", "\"tieWeights\":false},|\"tieWeights\":false,\"peepholes\":true},",
        "its tensors do not go with its configuration: storage holds 784 floats, the layout needs 832")]
    [Arguments("configuration", "\"tieWeights\":false},|\"tieWeights\":false,\"cell\":\"gru\"},",
        "it has 12 tensors, its configuration makes 15")]
    [Arguments("configuration", "\"tieWeights\":false},|\"tieWeights\":false,\"cell\":\"rnn-tanh\"},",
        "it has the tensor 'lstm.0.input' [3, 20], where its configuration makes 'rnn.0.input' [3, 5]", "lstm.0.input")]
    [Arguments("training",
        "\"layerCount\":3,\"tieWeights\":false,\"initRange\"|" +
        "\"layerCount\":3,\"cell\":\"gru\",\"peepholes\":true,\"tieWeights\":false,\"initRange\"",
        "the training is not as the format asks: only LSTM cells have peepholes; found Gru")]
    [Arguments("vocabulary", "\"vocabularySize\":4|\"vocabularySize\":5",
        "the vocabulary is not as the format asks: it has 4 tokens, the configuration says 5")]
    [Arguments("vocabulary", "\"level\":\"word\"|\"level\":\"Word\"",
        "the vocabulary is not as the format asks: level is 'Word'; word, char, byte are known")]
    [Arguments("vocabulary", "\"the\"|\"<eos>\"",
        "the vocabulary is not as the format asks: token 1, '<eos>', is there twice: it is token 0 as well")]
    [Arguments("vocabulary", "\"the\"|null", "the vocabulary is not as the format asks: token 0 is empty")]
    [Arguments(
        "vocabulary", "\"the\"|\"t e\"", "the vocabulary is not as the format asks: token 0 is a word with white space in it: 't e'")]
    [Arguments("vocabulary", "\"<eos>\"|\"end\"", "the vocabulary is not as the format asks: a vocabulary of words needs the token <eos>")]
    [Arguments("vocabulary", "\"word\"|\"char\"", "the vocabulary is not as the format asks: token 0 is not one character: 'the'")]
    [Arguments("vocabulary", "\"word\",|\"word\",\"lineMarks\":\"some\",",
        "the vocabulary is not as the format asks: lineMarks is 'some'; always, where-missing, none are known")]
    [Arguments("vocabulary", "\"word\",|\"word\",\"tokenize\":\"clever\",",
        "the vocabulary is not as the format asks: tokenize is 'clever'; none, simple are known")]
    [Arguments("vocabulary", "\"word\",|\"char\",\"lineMarks\":\"none\",",
        "the vocabulary is not as the format asks: only lines of words have marks at their ends")]
    [Arguments("training", "\"parameters\":656|\"streams\":0,\"parameters\":656",
        "the training is not as the format asks: 0 streams are not 1 to 65536")]
    [Arguments("training", "\"structured-locked\"|\"zoneout\"",
        "the training is not as the format asks: dropout.kind is 'zoneout'; expected none, random, locked, structured, " +
        "structured-locked, nested or nested-locked")]
    [Arguments("training", "\"bernoulli\"|\"coin\"",
        "the training is not as the format asks: dropout.draw is 'coin'; expected exact-count or bernoulli")]
    [Arguments("training", "\"adam\"|\"eve\"",
        "the training is not as the format asks: optimizer is 'eve'; expected sgd, adam, nt-asgd, adamw or adagrad")]
    [Arguments("training", "\"seed\":18446744073709551615|\"seed\":1,\"lossReduction\":\"eve\"",
        "the training is not as the format asks: lossReduction is 'eve'; expected sum or mean")]
    [Arguments("training", "\"seed\":18446744073709551615|\"seed\":1,\"weightDrop\":1",
        "the training is not as the format asks: the weight drop rate must be at least 0 and below 1; found 1")]
    [Arguments("training", "\"seed\":18446744073709551615|\"seed\":1,\"momentum\":0.5",
        "the training is not as the format asks: momentum needs the optimizer Sgd; found Adam")]
    [Arguments("configuration",
        "\"layerCount\":3,\"tieWeights\":false},\"vocabulary|\"lastHiddenSize\":-1,\"layerCount\":3,\"tieWeights\":false},\"vocabulary",
        "the configuration is not as the format asks: LastHiddenSize must be 0 (as the others) or above; found -1")]
    [Arguments("lstm.2.input",
        "\"layerCount\":3,\"tieWeights\":false},\"vocabulary|\"lastHiddenSize\":4,\"layerCount\":3,\"tieWeights\":false},\"vocabulary",
        "it has the tensor 'lstm.2.input' [5, 20], where its configuration makes 'lstm.2.input' [5, 16]")]
    [Arguments("training", "\"batchSize\":7|\"batchSize\":0",
        "the training is not as the format asks: BatchSize must be 1 to 65536; found 0")]
    [Arguments("training", "\"layer\":0.2|\"layer\":1",
        "the training is not as the format asks: the layer drop rate must be at least 0 and below 1; found 1")]
    [Arguments("training", "\"parameters\":656|\"parameters\":657",
        "the training is not as the format asks: it says 657 parameters, the tensors hold 656")]
    [Arguments("training", "\"epoch\":2|\"epoch\":1", "the training is not as the format asks: epoch 1 is out of order")]
    [Arguments("training", "\"epoch\":1|\"epoch\":-1", "the training is not as the format asks: epoch -1 is out of order")]
    [Arguments("training", "\"tokens\":73760|\"tokens\":-1", "the training is not as the format asks: a text has fewer than 0 tokens")]
    [Arguments("training", "\"validPerplexity\":121.25|\"validPerplexity\":1e999",
        "the training is not as the format asks: a result of epoch 2 is not finite")]
    [Arguments("training", "\"validPerplexity\":121.25|\"validPerplexity\":0",
        "the training is not as the format asks: a result of epoch 2 is not finite")]
    [Arguments("training", "\"validPerplexity\":121.25|\"validLoss\":-1e999",
        "the training is not as the format asks: a result of epoch 2 is not finite")]
    [Arguments("training", "\"trainPerplexity\":270.5|\"trainPerplexity\":null",
        "the training is not as the format asks: a result has neither perplexity nor loss")]
    [Arguments("training", "[{\"epoch\":1,|[null,{\"epoch\":1,", "the training is not as the format asks: an epoch is null")]
    [Arguments("notes", "\"training\":|\"notes\":1,\"training\":", "a 'language-model' file has no header member 'notes'")]
    [Arguments("configuration",
        "\"hiddenSize\":5,\"layerCount\":3,\"tieWeights\":false},|\"hiddenSize\":1000000000,\"layerCount\":3,\"tieWeights\":false},",
        "its tensors do not go with its configuration: a layer of 1000000000 hidden units is too large: the limit is 2^31 floats")]
    [Arguments("configuration",
        "\"hiddenSize\":5,\"layerCount\":3,\"tieWeights\":false},|\"hiddenSize\":4000,\"layerCount\":64,\"tieWeights\":false},",
        "its tensors do not go with its configuration: the model is too large at tensor 'lstm.17.input': the limit is 2^31 floats")]
    [Arguments("configuration", "\"layerCount\":3,\"tieWeights\":false},|\"layerCount\":2,\"tieWeights\":false},",
        "it has 12 tensors, its configuration makes 9")]
    [Arguments("embedding", "\"embedding\",\"dtype\"|\"Embedding\",\"dtype\"",
        "it has the tensor 'Embedding' [4, 3], where its configuration makes 'embedding' [4, 3]", "Embedding")]
    [Arguments(
        "embedding", "\"shape\":[4,3]|\"shape\":[3,4]",
            "it has the tensor 'embedding' [3, 4], where its configuration makes 'embedding' [4, 3]")]
    public async Task A_model_that_contradicts_itself_is_refused(string part, string change, string message, string? named = null)
    {
        using var folder = new TestFolder();
        string path = folder.Put("m.tsd", Change(Save(folder), change));
        FileProblem problem = Refused.By(() => LanguageModelFile.Load(path));
        await Assert.That(problem.Message).IsEqualTo($"{path} cannot be used: {message}. The program that wrote it is at fault.");
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.ModelInvalid);
        await Assert.That(problem.Part).IsEqualTo(named ?? part);
        await Assert.That(LanguageModelFile.TryLoad(path, out LoadedLanguageModel? loaded, out FileProblem? again)).IsFalse();
        await Assert.That(loaded).IsNull();
        await Assert.That(again).IsEqualTo(problem);
    }

    [Test]
    [Arguments("\"configuration\":{|\"Configuration\":{",
        "a 'language-model' file needs a header member 'configuration', and this one has none (byte 64)", "configuration")]
    [Arguments("\"vocabulary\":{|\"Vocabulary\":{",
        "a 'language-model' file needs a header member 'vocabulary', and this one has none (byte 64)", "vocabulary")]
    [Arguments("\"training\":{|\"Training\":{", "a 'language-model' file needs a header member 'training', and this one has none (byte 64)",
        "training")]
    [Arguments("{\"level\":\"word\",\"tokens\":[\"the\",\"<eos>\",\"größe\",\"\\\"q\\\\\"]}|null",
        "the header member 'vocabulary' is null (byte 206)", "vocabulary")]
    public async Task A_header_that_lacks_a_member_is_refused(string change, string message, string part)
    {
        using var folder = new TestFolder();
        string path = folder.Put("m.tsd", Change(Save(folder), change));
        FileProblem problem = Refused.By(() => LanguageModelFile.Load(path));
        await Assert.That(problem.Message).IsEqualTo($"{path}: {message}. The program that wrote it is at fault.");
        await Assert.That((problem.Kind, problem.Part)).IsEqualTo((FileProblemKind.HeaderInvalid, part));
    }

    [Test]
    [Arguments("\"layerCount\":3,\"tieWeights\":false},|\"tieWeights\":false},", "configuration")]
    [Arguments("\"layerCount\":3,\"tieWeights\":false},|\"layerCount\":3,\"tieWeights\":false,\"gates\":4},", "configuration")]
    [Arguments("\"layerCount\":3,\"tieWeights\":false},|\"layerCount\":3,\"tieWeights\":false,\"cell\":7},", "configuration")]
    [Arguments("\"layerCount\":3,\"tieWeights\":false},|\"layerCount\":3,\"tieWeights\":false,\"peepholes\":\"true\"},", "configuration")]
    [Arguments("\"vocabularySize\":4|\"vocabularySize\":4,\"vocabularySize\":4", "configuration")]
    [Arguments("\"vocabularySize\":4|\"vocabularySize\":\"4\"", "configuration")]
    [Arguments("\"vocabularySize\":4|\"vocabularySize\":4294967300", "configuration")]
    [Arguments("\"level\":\"word\"|\"level\":null", "vocabulary")]
    [Arguments("\"the\"|7", "vocabulary")]
    [Arguments("\"the\"|\"\\ud83d\"", "vocabulary")]
    [Arguments("\"draw\":\"bernoulli\",|", "training")]
    [Arguments("\"name\":\"zaremba-small, changed\"|\"name\":\"\\ud83d\"", "training")]
    [Arguments("\"seed\":18446744073709551615|\"seed\":18446744073709551616", "training")]
    [Arguments("\"seed\":18446744073709551615|\"seed\":-1", "training")]
    [Arguments("\"trainPerplexity\":270.5|\"trainPerplexity\":NaN", "header")]
    public async Task A_section_with_a_member_missing_repeated_unknown_or_of_another_type_is_refused(string change, string part)
    {
        using var folder = new TestFolder();
        byte[] bytes = Change(Save(folder), change);
        string path = folder.Put("m.tsd", bytes);
        FileProblem problem = Refused.By(() => LanguageModelFile.Load(path));
        await Assert.That(problem.Message).StartsWith($"{path}: the header is not as the format asks, at {part}");
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.HeaderInvalid);
        await Assert.That(problem.Offset!.Value).IsBetween(64, bytes.Length);
    }

    [Test]
    public async Task A_configuration_that_asks_for_more_than_the_file_allocates_no_more_than_the_file()
    {
        using var folder = new TestFolder();
        string path = folder.Put("m.tsd", Change(Save(folder),
            "\"hiddenSize\":5,\"layerCount\":3,\"tieWeights\":false},|\"hiddenSize\":10000,\"layerCount\":3,\"tieWeights\":false},"));
        long before = GC.GetAllocatedBytesForCurrentThread();
        await Assert.That(LanguageModelFile.TryLoad(path, out _, out _)).IsFalse();
        await Assert.That(GC.GetAllocatedBytesForCurrentThread() - before).IsLessThan(1_000_000);
    }

    internal static Measurement Of(double perplexity) => new(EvaluationResult.LossOf(perplexity), perplexity);

    internal static EpochOutcome Epoch(int epoch, double train, double valid, float rate) =>
        new(epoch, 0, Of(train), Of(valid), rate, 0, 0);

    internal static (LanguageModel Model, Vocabulary Vocabulary) Make((CellKind Kind, bool Peepholes) cell = default)
    {
        var model = new LanguageModel((s_recipe with { Cell = cell.Kind, Peepholes = cell.Peepholes }).ToConfig(4));
        model.Initialize(7, 0.1f);
        return (model, new Vocabulary(TextLevel.Word, ["the", "<eos>", "größe", "\"q\\"]));
    }

    private static byte[] Save(TestFolder folder)
    {
        (LanguageModel model, Vocabulary vocabulary) = Make();
        LanguageModelFile.Save(folder["saved.tsd"], model, vocabulary, s_record);
        return File.ReadAllBytes(folder["saved.tsd"]);
    }

    private static byte[] SaveCell(TestFolder folder, (CellKind Kind, bool Peepholes) cell)
    {
        (LanguageModel model, Vocabulary vocabulary) = Make(cell);
        LanguageModelFile.Save(
            folder["cell.tsd"], model, vocabulary,
                s_record with { Recipe = s_recipe with { Cell = cell.Kind, Peepholes = cell.Peepholes } });
        return File.ReadAllBytes(folder["cell.tsd"]);
    }

    private static byte[] Change(byte[] file, string change)
    {
        (string header, byte[] data) = TsdBytes.Split(file);
        int bar = change.IndexOf('|', StringComparison.Ordinal), at = header.IndexOf(change[..bar], StringComparison.Ordinal);
        if (at < 0) throw new InvalidOperationException($"the header has no {change[..bar]}");
        return TsdBytes.File(string.Concat(header.AsSpan(0, at), change.AsSpan(bar + 1), header.AsSpan(at + bar)), data);
    }
}
