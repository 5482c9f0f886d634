using TinySD.Formats.Exchange;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Exchange.Safetensors;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>Whole language models in safetensors files, TinySD's own and others'.</summary>
public sealed class LanguageModelNamesTests
{
    private const int V = LanguageModelCase.V, H = LanguageModelCase.H;

    private static readonly string[] s_lines = ["<eos>", "b", "c", "d", "e", "f", "g", "h", "i"];

    public static IEnumerable<Func<LanguageModelCase>> Models() => LanguageModelCase.All().Where(make => !make().Peepholes);

    [Test]
    [MethodDataSource(nameof(Models))]
    public async Task What_is_exported_comes_back_whole(LanguageModelCase kind)
    {
        LoadedLanguageModel loaded = kind.Make();
        using var folder = new TestFolder();
        SafetensorsWriter.Write(folder["m.safetensors"], Tensors(loaded.Model),
            PyTorchNames.Metadata(LanguageModelParts.RecurrentParts(loaded.Model)[0], loaded));
        LoadedLanguageModel back = Importer.FindLanguageModel(folder["m.safetensors"], new(new()))!.Loaded;
        await Assert.That(LanguageModelCase.HasSameBits(back.Model, loaded.Model)).IsTrue();
        await Assert.That(back.Vocabulary.Tokens).IsEquivalentTo(loaded.Vocabulary.Tokens, CollectionOrdering.Matching);
        await Assert.That(back.Vocabulary.Level).IsEqualTo(TextLevel.Word);
        await Assert.That(back.Training.ImportedFrom).IsEqualTo("m.safetensors");

        // The file that is made of it is the same but for the one thing that it says more.
        LanguageModelFile.Save(folder["a.tsd"], loaded.Model, loaded.Vocabulary, loaded.Training with { ImportedFrom = "m.safetensors" });
        LanguageModelFile.Save(folder["b.tsd"], back.Model, back.Vocabulary, back.Training);
        await Assert.That(File.ReadAllBytes(folder["a.tsd"]).SequenceEqual(File.ReadAllBytes(folder["b.tsd"]))).IsTrue();
    }

    [Test]
    [Arguments("embedding.weight", "lstm.", "classifier.weight")]
    [Arguments("encoder.weight", "rnn.", "decoder.weight")]
    [Arguments("embedding.weight", "lstm.", "fc.weight")]
    [Arguments("model.embed.weight", "model.lstm.", "model.linear.weight")]
    [Arguments("a.weight", "b.", "c.weight")]
    public async Task Names_that_people_use_are_understood(string embedding, string recurrent, string classifier)
    {
        LoadedLanguageModel loaded = Square();
        using var folder = new TestFolder();
        string bias = classifier.Replace("weight", "bias", StringComparison.Ordinal);
        Write(folder["m.safetensors"], Renamed(loaded.Model, embedding, recurrent, classifier, bias));
        await File.WriteAllLinesAsync(folder["words.txt"], s_lines);
        LoadedLanguageModel back = Importer.FindLanguageModel(folder["m.safetensors"], new(new(), folder["words.txt"]))!.Loaded;
        await Assert.That(LanguageModelCase.HasSameBits(back.Model, loaded.Model)).IsTrue();
        await Assert.That(back.Vocabulary.Tokens).IsEquivalentTo(s_lines, CollectionOrdering.Matching);
        await Assert.That((back.Training.IsRunKnown, back.Training.ImportedFrom)).IsEqualTo((false, "m.safetensors"));
        LanguageModelFile.Save(folder["m.tsd"], back.Model, back.Vocabulary, back.Training);
        await Assert.That(LanguageModelFile.Load(folder["m.tsd"]).Training.IsRunKnown).IsFalse();
    }

    [Test]
    public async Task Two_biases_of_a_layer_become_their_sum_and_none_of_the_classifier_zeros()
    {
        LoadedLanguageModel loaded = Square();
        using var folder = new TestFolder();
        float[] added = RecurrentCase.Random(5, 4 * H);
        NamedTensor[] tensors = Renamed(loaded.Model, "encoder.weight", "rnn.", "decoder.weight", "decoder.bias");
        NamedTensor own = tensors.Single(t => t.Name == "rnn.bias_ih_l0");
        Write(folder["m.safetensors"],
            [.. tensors.Where(t => t.Name is not ("rnn.bias_hh_l0" or "decoder.bias")), new("rnn.bias_hh_l0", [4 * H], added)]);
        await File.WriteAllLinesAsync(folder["words.txt"], s_lines);
        LanguageModel back = Importer.FindLanguageModel(folder["m.safetensors"], new(new(), folder["words.txt"]))!.Loaded.Model;
        await Assert.That(Of(back, "lstm.0.bias").SequenceEqual(own.Floats!.Zip(added, (a, b) => a + b))).IsTrue();
        await Assert.That(Of(back, "classifier.bias").All(value => value == 0f)).IsTrue();
    }

    [Test]
    public async Task A_list_of_modules_is_one_model()
    {
        // As in the code of Merity et al.: rnns.0, rnns.1, rnns.2, tied, the last as wide as the embedding. Named out of order on purpose.
        LoadedLanguageModel loaded = new LanguageModelCase(CellKind.Lstm, 3) { Last = 4, Tied = true }.Make();
        IReadOnlyList<RecurrentStack> parts = LanguageModelParts.RecurrentParts(loaded.Model);
        NamedTensor[] first = [.. PyTorchNames.Name("m", parts[0], "")], all =
        [
            .. PyTorchNames.Name("m", parts[1], "rnns.2."),
            .. first.Where(t => t.Name.EndsWith("l1", StringComparison.Ordinal))
            .Select(t => new NamedTensor($"rnns.1.{t.Name[..^1]}0", t.Shape, t.Floats!)),
            .. first.Where(t => t.Name.EndsWith("l0", StringComparison.Ordinal))
            .Select(t => new NamedTensor($"rnns.0.{t.Name}", t.Shape, t.Floats!)),
            .. LanguageModelParts.Surroundings(loaded.Model),
        ];
        using var folder = new TestFolder();
        await File.WriteAllLinesAsync(folder["words.txt"], s_lines);
        Write(folder["m.safetensors"], all);
        LanguageModel back = Importer.FindLanguageModel(folder["m.safetensors"], new(new(), folder["words.txt"]))!.Loaded.Model;
        await Assert.That(LanguageModelCase.HasSameBits(back, loaded.Model)).IsTrue();

        // As safetensors' save_model leaves one of two tensors that share memory out.
        Write(folder["once.safetensors"], [.. all.Where(t => t.Name != "classifier.weight")]);
        back = Importer.FindLanguageModel(folder["once.safetensors"], new(new(), folder["words.txt"]))!.Loaded.Model;
        await Assert.That(LanguageModelCase.HasSameBits(back, loaded.Model)).IsTrue();
    }

    [Test]
    public async Task Weights_that_are_equal_and_not_tied_stay_apart_where_the_file_says_so()
    {
        using var folder = new TestFolder();
        LoadedLanguageModel tied = new LanguageModelCase(CellKind.Gru, 1) { Tied = true }.Make();
        var model = new LanguageModel(tied.Model.Config with { TieWeights = false });
        NamedTensor[] tensors = [.. Tensors(tied.Model)];
        var loaded = new LoadedLanguageModel(model, tied.Vocabulary, tied.Training);
        SafetensorsWriter.Write(folder["m.safetensors"], tensors,
            PyTorchNames.Metadata(LanguageModelParts.RecurrentParts(model)[0], loaded));
        await Assert.That(Importer.FindLanguageModel(folder["m.safetensors"], new(new()))!.Loaded.Model.Config.TieWeights).IsFalse();
    }

    [Test]
    public async Task Without_a_vocabulary_it_is_asked_for_and_other_models_are_stacks()
    {
        LoadedLanguageModel loaded = Square();
        NamedTensor[] tensors = Renamed(loaded.Model, "encoder.weight", "rnn.", "decoder.weight", "decoder.bias");
        using var folder = new TestFolder();
        Write(folder["m.safetensors"], tensors);
        string message = Refused.By(() => Importer.FindLanguageModel(folder["m.safetensors"], new(new()))).Message;
        await Assert.That(message)
            .Contains("encoder.weight, decoder.weight, decoder.bias").And.Contains("--vocabulary").And.Contains("--recurrent-only")
                .And.Contains("9 tokens");

        // An encoder, and one that tells five classes, are no language models, unless somebody says so.
        await File.WriteAllLinesAsync(folder["words.txt"], s_lines);
        NamedTensor embedding = tensors.Single(t => t.Name == "encoder.weight");
        NamedTensor[] recurrent = [.. tensors.Where(t => t.Name.StartsWith("rnn.", StringComparison.Ordinal))];
        NamedTensor five = new("fc.weight", [5, H], new float[5 * H]), norm = new("norm.gain", [H, H, 1], new float[H * H]);
        foreach ((NamedTensor[] others, string says) in (ReadOnlySpan<(NamedTensor[], string)>)
            [([], "no tensors"), ([embedding], "a classifier [V, 7]"), ([embedding, five], "9 and 5 tokens"),
                ([.. tensors.Except(recurrent), norm], "'norm.gain'")])
        {
            Write(folder["o.safetensors"], [.. recurrent, .. others]);
            if (Importer.FindLanguageModel(folder["o.safetensors"], new(new())) is not null) throw new InvalidOperationException(says);
            FileProblem problem = Refused.By(() => Importer.FindLanguageModel(folder["o.safetensors"], new(new(), folder["words.txt"])));
            if (!problem.Message.Contains(says, StringComparison.Ordinal)) throw new InvalidOperationException(problem.Message);
        }
    }

    [Test]
    public async Task What_contradicts_itself_is_named()
    {
        LoadedLanguageModel loaded = new LanguageModelCase(CellKind.Lstm, 1).Make();
        IReadOnlyDictionary<string, string> metadata = PyTorchNames.Metadata(LanguageModelParts.RecurrentParts(loaded.Model)[0], loaded);
        using var folder = new TestFolder();
        await Assert.That(Message("tinysd.vocabulary", "[\"a\",\"<eos>\"]"))
            .Contains("has 9 tokens, and the vocabulary in its metadata has 2");
        await Assert.That(Message("tinysd.vocabulary", "[\"a\",\"a\",\"<eos>\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"]"))
            .Contains("'tinysd.vocabulary'").And.Contains("twice");
        await Assert.That(Message("tinysd.vocabulary", "[")).Contains("'tinysd.vocabulary'");
        await Assert.That(Message("tinysd.vocabulary", $"[{string.Join(',', Enumerable.Repeat("[]", 1000))}]")).Contains("1,001 values");
        await Assert.That(Message("tinysd.level", "letter")).Contains("'tinysd.level'").And.Contains("letter");
        await Assert.That(Message("tinysd.configuration", metadata["tinysd.configuration"].Replace(":7", ":8", StringComparison.Ordinal)))
            .Contains("8 units, and its tensors make");
        await Assert.That(Message("tinysd.training", "{}")).Contains("'tinysd.training'");
        await File.WriteAllLinesAsync(folder["short.txt"], s_lines[..^1]);
        await Assert.That(Message("tinysd.x", "", new(new(), folder["short.txt"])))
            .Contains("has 9 tokens, and").And.Contains("short.txt has 8");

        // What the caller gives goes before what the file says.
        await File.WriteAllLinesAsync(folder["words.txt"], s_lines);
        Write("tinysd.vocabulary", "[");
        await Assert.That(Importer.FindLanguageModel(folder["m"], new(new(), folder["words.txt"]))!.Loaded.Vocabulary.Tokens[1])
            .IsEqualTo("b");

        string Message(string key, string value, LanguageModelChoices? choices = null)
        {
            Write(key, value);
            return Refused.By(() => Importer.FindLanguageModel(folder["m"], choices ?? new(new()))).Message;
        }

        void Write(string key, string value) =>
            SafetensorsWriter.Write(folder["m"], Tensors(loaded.Model), new Dictionary<string, string>(metadata) { [key] = value });
    }

    // Embedding and classifier of the same shape.
    private static LoadedLanguageModel Square()
    {
        var model = new LanguageModel(new() { VocabularySize = V, EmbeddingSize = H, HiddenSize = H, LayerCount = 2 });
        model.Initialize(7, 0.5f);
        return new LanguageModelCase(CellKind.Lstm, 2).Make() with { Model = model };
    }

    private static List<NamedTensor> Tensors(LanguageModel model)
    {
        IReadOnlyList<RecurrentStack> parts = LanguageModelParts.RecurrentParts(model);
        return [.. parts.SelectMany((part, i) => PyTorchNames.Name("m", part, parts.Count == 1
            ? "lstm." : $"lstm.{i}.")), .. LanguageModelParts.Surroundings(model)];
    }

    private static NamedTensor[] Renamed(LanguageModel model, string embedding, string recurrent, string classifier, string bias) =>
    [
        .. Tensors(model).Select(t => new NamedTensor(
            t.Name switch { "embedding.weight" => embedding, "classifier.weight" => classifier, "classifier.bias" => bias,
                _ => recurrent + t.Name["lstm.".Length..] },
            t.Shape, t.Floats!)),
    ];

    private static void Write(string path, NamedTensor[] tensors) => SafetensorsWriter.Write(path, tensors);

    private static float[] Of(LanguageModel model, string name) =>
        model.Parameters[model.Layout.Tensors.Single(slot => slot.Name == name)].ToArray();
}
