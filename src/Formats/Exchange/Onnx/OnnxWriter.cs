using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Models;

namespace TinySD.Formats.Exchange.Onnx;

/// <summary>Writes recurrent stacks and language models as ONNX models of operator set 14, time and batch left open.</summary>
/// <remarks>Inputs and outputs of a stack are named and shaped as its own: <c>input</c> [T, B, I], with states also <c>h0</c> and <c>c0</c>
/// [L D, B, H]; <c>output</c> [T, B, D H], <c>hn</c> and <c>cn</c>. A language model takes <c>tokens</c> [T, B], 64-bit integers, and gives
/// <c>logits</c> [T, B, V]: those of the token that follows.</remarks>
public static class OnnxWriter
{
    // Protobuf's limit, with room for everything that is not weights.
    private const long MaxWeightBytes = int.MaxValue - (1 << 20);

    /// <summary>Writes a model whole or not at all; equal input gives equal bytes.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="stack">The stack.</param>
    /// <param name="withStates">Whether the initial states are inputs; if not, they are zero.</param>
    /// <exception cref="FileProblemException">The target cannot be written, or the model is larger than protobuf allows.</exception>
    public static void Write(string path, RecurrentStack stack, bool withStates)
    {
        if (!BitConverter.IsLittleEndian) Throw.BigEndian();
        RecurrentStackConfig config = stack.Config;
        if (TooLarge(path, config) is { } problem) Throw.Problem(problem);
        var graph = new OnnxGraphBuilder();
        var layers = new OnnxRecurrentLayers(graph, [stack], withStates, givesStates: true);
        layers.Add("input", "output");
        graph.Value(OnnxGraphField.Input, "input", OnnxDataType.Binary32, "time", "batch", config.InputSize);
        layers.AddInputs();
        graph.Value(OnnxGraphField.Output, "output", OnnxDataType.Binary32, "time", "batch", config.OutputSize);
        layers.AddOutputs();
        AtomicFile.Write(path, graph.Finish("recurrent-stack"));
    }

    /// <summary>Writes a language model whole or not at all: its tokens and its record are texts beside the graph, so that it can be read
    /// back.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="loaded">The model.</param>
    /// <param name="withStates">Whether initial states are inputs and the last ones outputs; if not, each run begins with zeros.</param>
    /// <exception cref="FileProblemException">The target cannot be written, or the model is larger than protobuf allows.</exception>
    public static void Write(string path, LoadedLanguageModel loaded, bool withStates)
    {
        if (!BitConverter.IsLittleEndian) Throw.BigEndian();
        LanguageModel model = loaded.Model;
        LanguageModelConfig config = model.Config;
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [LanguageModelNotes.WriterKey] = TrainingRecord.ThisBuild };
        LanguageModelNotes.AddTo(metadata, loaded);
        IReadOnlyList<RecurrentStack> stacks = LanguageModelParts.RecurrentParts(model);
        int columns = config.EmbeddingSize + 1 + (config.TieWeights ? 0 : config.InputSizeOf(config.LayerCount));
        long weights = stacks.Sum(stack => WeightCount(stack.Config)) + ((long)config.VocabularySize * columns);
        long texts = metadata.Values.Sum(text => (long)Encoding.UTF8.GetByteCount(text));
        if (TooLarge(path, weights, texts) is { } problem) Throw.Problem(problem);

        var graph = new OnnxGraphBuilder();
        NamedTensor embedding = LanguageModelParts.Surroundings(model)[0];
        (NamedTensor classifier, NamedTensor bias) = LanguageModelParts.Classifier(model);
        graph.Tensor(embedding.Name, [.. embedding.Shape], embedding.Floats!);
        graph.Add("Gather", "embedding", [embedding.Name, "tokens"], ["embedded"]);
        var layers = new OnnxRecurrentLayers(graph, stacks, withStates, withStates);
        layers.Add("embedded", "hidden");

        // Tied weights are there once: the classifier's are the embedding's, turned.
        ProtoWriter turn = OnnxGraphBuilder.Integers("perm", 1, 0);
        if (config.TieWeights) graph.Add("Transpose", "classifier.turn", [embedding.Name], [classifier.Name], turn);
        else graph.Tensor(classifier.Name, [.. classifier.Shape], classifier.Floats!);
        graph.Tensor(bias.Name, [.. bias.Shape], bias.Floats!);
        graph.Add("MatMul", "classifier", ["hidden", classifier.Name], ["classified"]);
        graph.Add("Add", "classifier.add", ["classified", bias.Name], ["logits"]);

        graph.Value(OnnxGraphField.Input, "tokens", OnnxDataType.Integer64, "time", "batch");
        layers.AddInputs();
        graph.Value(OnnxGraphField.Output, "logits", OnnxDataType.Binary32, "time", "batch", config.VocabularySize);
        layers.AddOutputs();
        AtomicFile.Write(path, graph.Finish("language-model", metadata));
    }

    /// <summary>Why a stack's weights do not fit into a file, or null where they do.</summary>
    internal static FileProblem? TooLarge(string path, RecurrentStackConfig config) => TooLarge(path, WeightCount(config), 0);

    private static FileProblem? TooLarge(string path, long weights, long texts) =>
        (weights * sizeof(float)) + texts <= MaxWeightBytes ? null : new(FileProblemKind.Unsupported, path,
            $"{path} was not written: {Words.Count(weights)} weights are more than an ONNX file can hold (2^31 bytes); export to " +
            ".safetensors");

    /// <summary>Numbers in the tensors W, R, B and P of all layers. B holds two biases for each of a stack's.</summary>
    internal static long WeightCount(RecurrentStackConfig config)
    {
        long hidden = config.HiddenSize, columns = config.Cell.GateCount() * hidden, total = 0;
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            long inputs = layer == 0 ? config.InputSize : config.OutputSize;
            total += config.DirectionCount * ((columns * (inputs + hidden + 2)) + (config.Peepholes ? 3 * hidden : 0));
        }

        return total;
    }
}
