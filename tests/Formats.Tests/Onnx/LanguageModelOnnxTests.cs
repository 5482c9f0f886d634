using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Models;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>Whole language models as ONNX: what ONNX Runtime makes of them.</summary>
public sealed class LanguageModelOnnxTests
{
    private const int T = LanguageModelCase.T, B = LanguageModelCase.B, V = LanguageModelCase.V;
    private const double Close = 2e-6;

    public static IEnumerable<Func<LanguageModelCase>> Models() => LanguageModelCase.All();

    [Test]
    [MethodDataSource(nameof(Models))]
    public async Task ONNX_Runtime_gives_the_models_logits(LanguageModelCase kind)
    {
        LoadedLanguageModel loaded = kind.Make();
        using var folder = new TestFolder();
        OnnxWriter.Write(folder["m.onnx"], loaded, withStates: false);
        long[] tokens = LanguageModelCase.Tokens();
        List<NamedTensor> found = Ort.Run(await File.ReadAllBytesAsync(folder["m.onnx"]), new NamedTensor("tokens", [T, B], tokens));
        await Assert.That(Ort.Difference([new("logits", [T, B, V], LanguageModelCase.Logits(loaded.Model, tokens))], found))
            .IsLessThan(Close);
    }

    [Test]
    [MethodDataSource(nameof(Models))]
    public async Task With_states_a_text_may_be_cut_anywhere(LanguageModelCase kind)
    {
        const int First = 2;
        LoadedLanguageModel loaded = kind.Make();
        LanguageModelConfig config = loaded.Model.Config;
        using var folder = new TestFolder();
        OnnxWriter.Write(folder["m.onnx"], loaded, withStates: true);
        byte[] model = await File.ReadAllBytesAsync(folder["m.onnx"]);
        long[] tokens = LanguageModelCase.Tokens();

        // Layers that are alike have one tensor for all their states, others one each.
        int layers = kind.Layers;
        (string Before, int Layers, int Hidden)[] parts =
            kind.Last == 0
                ? [("", layers, LanguageModelCase.H)]
                : [.. Enumerable.Range(0, layers).Select(n => ($"layer{n}.", 1, config.HiddenSizeOf(n)))];
        string[] names = kind.Cell == CellKind.Lstm ? ["h", "c"] : ["h"];
        IEnumerable<NamedTensor> states = parts.SelectMany(part =>
            names.Select(name => new NamedTensor($"{part.Before}{name}0", [part.Layers, B, part.Hidden],
                new float[part.Layers * B * part.Hidden])));
        List<NamedTensor> start = Ort.Run(model, [new("tokens", [First, B], tokens[..(First * B)]), .. states]);
        await Assert.That(string.Join(' ', start.Skip(1).Select(t => t.Name)))
            .IsEqualTo(string.Join(' ', states.Select(t => $"{t.Name[..^1]}n")));
        List<NamedTensor> end = Ort.Run(
            model,
                [new("tokens", [T - First, B], tokens[(First * B)..]), .. start.Skip(1)
                    .Select(t => new NamedTensor($"{t.Name[..^1]}0", t.Shape, t.Floats!))]);
        float[] logits = [.. start[0].Floats!, .. end[0].Floats!];
        await Assert.That(Ort.Difference([new("logits", [T, B, V], LanguageModelCase.Logits(loaded.Model, tokens))],
            [new("logits", [T, B, V], logits)])).IsLessThan(Close);
    }

    [Test]
    public async Task Tied_weights_are_there_once()
    {
        using var folder = new TestFolder();
        LoadedLanguageModel tied = new LanguageModelCase(CellKind.Lstm, 1) { Tied = true }.Make();
        OnnxWriter.Write(folder["m.onnx"], tied, withStates: false);
        IEnumerable<OnnxTensorInfo> tensors = OnnxNetwork.Open(folder["m.onnx"]).Tensors;
        await Assert.That(tensors.Count(t => t.Shape.SequenceEqual([(long)V, LanguageModelCase.H])
            || t.Shape.SequenceEqual([LanguageModelCase.H, (long)V]))).IsEqualTo(1);
    }

    [Test]
    public async Task ONNX_Runtime_reads_the_vocabulary_beside_the_graph()
    {
        using var folder = new TestFolder();
        LoadedLanguageModel loaded = new LanguageModelCase(CellKind.Gru, 1).Make();
        OnnxWriter.Write(folder["m.onnx"], loaded, withStates: false);
        IReadOnlyDictionary<string, string> metadata = Ort.Metadata(await File.ReadAllBytesAsync(folder["m.onnx"]));
        string[] tokens = System.Text.Json.JsonSerializer.Deserialize<string[]>(metadata["tinysd.vocabulary"])!;
        await Assert.That(tokens).IsEquivalentTo(loaded.Vocabulary.Tokens, CollectionOrdering.Matching);
        await Assert.That(metadata["tinysd.level"]).IsEqualTo("word");
    }
}
