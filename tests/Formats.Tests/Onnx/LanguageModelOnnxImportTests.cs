using TinySD.Formats.Exchange;
using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Models;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>Language models out of ONNX files, TinySD's own and others': the same numbers, and ONNX Runtime's logits.</summary>
public sealed class LanguageModelOnnxImportTests
{
    private const int T = LanguageModelCase.T, B = LanguageModelCase.B, V = LanguageModelCase.V, E = 6, H = 5;
    private const double Close = 2e-6;

    private static readonly LanguageModelChoices s_plain = new(new());
    private static readonly string[] s_lines = ["<eos>", "b", "c", "d", "e", "f", "g", "h", "i"];

    public static IEnumerable<Func<LanguageModelCase>> Models() => LanguageModelCase.All();

    [Test]
    [MethodDataSource(nameof(Models))]
    public async Task What_is_exported_comes_back_whole(LanguageModelCase kind)
    {
        LoadedLanguageModel loaded = kind.Make();
        using var folder = new TestFolder();
        LanguageModelFile.Save(folder["a.tsd"], loaded.Model, loaded.Vocabulary, loaded.Training with { ImportedFrom = "m.onnx" });
        foreach (bool withStates in (bool[])[false, true])
        {
            OnnxWriter.Write(folder["m.onnx"], loaded, withStates);
            LoadedLanguageModel back = Importer.FindLanguageModel(folder["m.onnx"], s_plain)!.Loaded;
            await Assert.That(LanguageModelCase.HasSameBits(back.Model, loaded.Model)).IsTrue();
            LanguageModelFile.Save(folder["b.tsd"], back.Model, back.Vocabulary, back.Training);
            await Assert.That(File.ReadAllBytes(folder["a.tsd"]).SequenceEqual(File.ReadAllBytes(folder["b.tsd"]))).IsTrue();
        }
    }

    [Test]
    [MethodDataSource(nameof(Models))]
    public async Task What_is_exported_is_run_by_run(LanguageModelCase kind)
    {
        LoadedLanguageModel loaded = kind.Make();
        using var folder = new TestFolder();
        OnnxWriter.Write(folder["m.onnx"], loaded, withStates: false);
        long[] tokens = LanguageModelCase.Tokens();
        IReadOnlyList<NamedTensor> found = OnnxNetwork.Open(folder["m.onnx"]).Run("x", [new("tokens", [T, B], tokens)]);
        await Assert.That(Ort.Difference([new("logits", [T, B, V], LanguageModelCase.Logits(loaded.Model, tokens))], found))
            .IsLessThan(Close);
    }

    [Test]
    [Arguments("")]
    [Arguments("batch first")]
    [Arguments("gemm")]
    [Arguments("probabilities")]
    [Arguments("last step")]
    [Arguments("states")]
    [Arguments("no bias")]
    [Arguments("bias of three axes, on the left")]
    public async Task What_others_write_is_understood(string how)
    {
        using var folder = new TestFolder();
        byte[] graph = Foreign(how).ToArray();
        folder.Put("m.onnx", graph);
        await File.WriteAllLinesAsync(folder["words.txt"], s_lines);
        LoadedLanguageModel loaded = Importer.FindLanguageModel(folder["m.onnx"], new(new(), folder["words.txt"]))!.Loaded;
        await Assert.That(loaded.Vocabulary.Tokens).IsEquivalentTo(s_lines, CollectionOrdering.Matching);
        await Assert.That(loaded.Training.IsRunKnown).IsFalse();

        long[] tokens = LanguageModelCase.Tokens();
        bool isBatchFirst = how == "batch first";
        long[] given = isBatchFirst ? [.. Enumerable.Range(0, T * B).Select(i => tokens[(i % T * B) + (i / T)])] : tokens;
        NamedTensor[] states = how == "states" ? [new("h", [1, B, H], new float[B * H])] : [];
        float[] found = Ort.Run(graph, [new("ids", isBatchFirst ? [B, T] : [T, B], given), .. states])[0].Floats!;
        float[] expected = LanguageModelCase.Logits(loaded.Model, tokens);
        if (isBatchFirst)
            expected = [.. Enumerable.Range(0, T * B * V).Select(i => expected[(((i / V % T * B) + (i / V / T)) * V) + (i % V)])];
        if (how == "last step") expected = expected[^(B * V)..];
        if (how == "probabilities")
            expected = [.. expected.Chunk(V).SelectMany(row => row.Select(value => value - MathF.Log(row.Sum(MathF.Exp))))];
        await Assert.That(Closeness.Furthest(found, expected)).IsLessThan((float)Close);
    }

    [Test]
    public async Task Without_a_vocabulary_it_is_asked_for()
    {
        using var folder = new TestFolder();
        folder.Put("m.onnx", Foreign("").ToArray());
        await Assert.That(Refused.By(() => Importer.FindLanguageModel(folder["m.onnx"], s_plain)).Message)
            .Contains("9 tokens").And.Contains("--vocabulary").And.Contains("--recurrent-only");
        await File.WriteAllLinesAsync(folder["words.txt"], s_lines[..^1]);
        await Assert.That(Refused.By(() => Importer.FindLanguageModel(folder["m.onnx"], new(new(), folder["words.txt"]))).Message)
            .Contains("words.txt has 8");
    }

    [Test]
    [Arguments("two tables", "second table")]
    [Arguments("shifted", "other integers")]
    [Arguments("residual", "computes with")]
    [Arguments("second layer skips the first", "not the output of the layer before")]
    [Arguments("other size", "9 rows and its classifier 8 columns")]
    [Arguments("reverse", "forward")]
    [Arguments("swapped rows", "top layer")]
    [Arguments("no classifier", "matrix")]
    public async Task What_is_no_language_model_is_none(string how, string says)
    {
        using var folder = new TestFolder();
        folder.Put("m.onnx", Foreign(how).ToArray());
        await File.WriteAllLinesAsync(folder["words.txt"], s_lines);
        await Assert.That(Importer.FindLanguageModel(folder["m.onnx"], s_plain)).IsNull();
        await Assert.That(Refused.By(() => Importer.FindLanguageModel(folder["m.onnx"], new(new(), folder["words.txt"]))).Message)
            .Contains(says);
    }

    [Test]
    public async Task Its_recurrent_layers_are_a_stack()
    {
        LoadedLanguageModel loaded = new LanguageModelCase(CellKind.Gru, 2).Make(),
            uneven = new LanguageModelCase(CellKind.Lstm, 2) { Last = 4 }.Make();
        using var folder = new TestFolder();
        OnnxWriter.Write(folder["m.onnx"], loaded, withStates: false);
        RecurrentStack stack = OnnxNetwork.Open(folder["m.onnx"]).ToStack();
        await Assert.That(stack.Parameters.Values.SequenceEqual(LanguageModelParts.RecurrentParts(loaded.Model)[0].Parameters.Values))
            .IsTrue();
        OnnxWriter.Write(folder["m.onnx"], uneven, withStates: false);
        await Assert.That(Refused.By(() => OnnxNetwork.Open(folder["m.onnx"]).ToStack()).Message).Contains("hidden size");
    }

    [Test]
    public async Task Texts_beside_the_graph_are_checked()
    {
        LoadedLanguageModel loaded = new LanguageModelCase(CellKind.Lstm, 1).Make();
        using var folder = new TestFolder();
        OnnxWriter.Write(folder["m.onnx"], loaded, withStates: false);
        byte[] whole = await File.ReadAllBytesAsync(folder["m.onnx"]);
        await Assert.That(Message("tinysd.level", "letter")).Contains("'tinysd.level'");
        await Assert.That(Message("tinysd.vocabulary", "[\"<eos>\"]")).Contains("has 1");

        // A key that comes twice, with another value.
        string Message(string key, string value)
        {
            byte[] added = new ProtoWriter()
                .Nested(OnnxModelField.Metadata, new ProtoWriter().Text(OnnxModelField.MetadataKey, key)
                    .Text(OnnxModelField.MetadataValue, value))
                .Message.ToArray();
            folder.Put("n.onnx", [.. whole, .. added]);
            return Refused.By(() => Importer.FindLanguageModel(folder["n.onnx"], s_plain)).Message;
        }
    }

    // One layer as an exporter of PyTorch's writes it, and variations.
    private static OnnxBytes Foreign(string how)
    {
        bool isBatchFirst = how == "batch first", isReverse = how == "reverse";
        int units = how == "other size" ? V - 1 : V;
        var graph = new OnnxBytes { Opset = how == "probabilities" ? 17 : 14 };
        graph.Constant("table", [V, E], RecurrentCase.Random(1, V * E)).Constant("W", [1, 3 * H, E], RecurrentCase.Random(2, 3 * H * E))
            .Constant("R", [1, 3 * H, H], RecurrentCase.Random(3, 3 * H * H)).Constant("B", [1, 6 * H], RecurrentCase.Random(4, 6 * H))
            .Constant("one", [1], [1L])
            .Constant("zero", [1], [0L]).Constant("bias", [units], RecurrentCase.Random(6, units)).Constant("shift", [], [1L]);
        if (how == "shifted") graph.Node("Sub", ["ids", "shift"], ["indices"]);
        else graph.Node("Cast", ["ids"], ["indices"], OnnxBytes.Integer("to", OnnxDataType.Integer64));
        graph.Node("Gather", ["table", "indices"], ["embedded"]);
        if (how == "two tables")
        {
            graph.Constant("more", [V, E], RecurrentCase.Random(8, V * E)).Node("Gather", ["more", "indices"], ["others"])
                .Node("Add", ["embedded", "others"], ["x"]);
        }
        else
        {
            graph.Node("Transpose", ["embedded"], ["x"], OnnxBytes.Integers("perm", isBatchFirst ? [1, 0, 2] : [0, 1, 2]));
        }

        graph.Node("GRU", how == "states" ? ["x", "W", "R", "B", "", "h"] : ["x", "W", "R", "B"], ["y", "last"],
            [OnnxBytes.Integer("hidden_size", H), OnnxBytes.Integer("linear_before_reset", 1), OnnxBytes.Text("direction", isReverse
                ? "reverse" : "forward")]);
        graph.Node("Squeeze", [how == "last step" ? "last" : "y", how == "last step" ? "zero" : "one"], ["hidden"]);
        string hidden = "hidden";
        if (isBatchFirst)
        {
            hidden = "turned";
            graph.Node("Transpose", ["hidden"], [hidden], OnnxBytes.Integers("perm", 1, 0, 2));
        }
        else if (how == "swapped rows")
        {
            hidden = "swapped";
            graph.Constant("backwards", [2], [1L, 0L]).Node("Gather", ["hidden", "backwards"], [hidden], OnnxBytes.Integer("axis", 1));
        }
        else if (how == "residual")
        {
            hidden = "sum";
            graph.Node("Add", ["hidden", "hidden"], [hidden]);
        }
        else if (how == "second layer skips the first")
        {
            hidden = "second";
            graph.Constant("W2", [1, 3 * H, E], RecurrentCase.Random(12, 3 * H * E))
                .Node("GRU", ["x", "W2", "R"], ["y2"], OnnxBytes.Integer("hidden_size", H))
                .Node("Squeeze", ["y2", "one"], [hidden]).Output("hidden", null);
        }

        if (how == "no classifier")
            return graph.Node("Identity", [hidden], ["logits"]).Input("ids", [-1, -1], OnnxDataType.Integer64).Output("logits", null);
        if (how == "gemm")
        {
            graph.Constant("V", [V, H], RecurrentCase.Random(5, V * H)).Constant("rows", [2], [-1L, H])
                .Node("Reshape", [hidden, "rows"], ["flat"])
                .Node("Gemm", ["flat", "V", "bias"], ["product"], OnnxBytes.Integer("transB", 1));
        }
        else
        {
            graph.Constant("V", [H, units], RecurrentCase.Random(5, units * H)).Node("MatMul", [hidden, "V"], [how == "no bias"
                ? "product" : "multiplied"]);
            if (how.StartsWith("bias", StringComparison.Ordinal))
                graph.Constant("wide", [1, 1, V], RecurrentCase.Random(7, V)).Node("Add", ["wide", "multiplied"], ["product"]);
            else if (how != "no bias")
                graph.Node("Add", ["multiplied", "bias"], ["product"]);
        }

        if (how == "probabilities") graph.Node("LogSoftmax", ["product"], ["logits"], OnnxBytes.Integer("axis", -1));
        else graph.Node("Identity", ["product"], ["logits"]);
        graph.Input("ids", [-1, -1], OnnxDataType.Integer64);
        if (how == "states") graph.Input("h", [1, -1, H]);
        return graph.Output("logits", null);
    }
}
