using System.Globalization;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Formats;

/// <summary>Takes language models apart, for the formats of others.</summary>
public static class LanguageModelParts
{
    /// <summary>The recurrent part of a language model, as stacks of layers that are all alike, from the lowest: one, or two where the last layer has a size
    /// of its own.</summary>
    public static IReadOnlyList<RecurrentStack> RecurrentParts(LanguageModel model)
    {
        LanguageModelConfig config = model.Config;
        int last = config.LayerCount - 1;
        return config.HiddenSizeOf(last) == config.HiddenSizeOf(0)
            ? [Part(model, 0, config.LayerCount)]
            : [Part(model, 0, last), Part(model, last, 1)];
    }

    /// <summary>The recurrent part of a language model, as one stack.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">Where the stack shall go: named in the problem.</param>
    /// <exception cref="FileProblemException">The last layer has a size of its own: a stack's layers are all alike, and so are the layers in the outputs
    /// <c>hn</c> and <c>cn</c> of its ONNX file.</exception>
    public static RecurrentStack RecurrentPart(LanguageModel model, string path)
    {
        IReadOnlyList<RecurrentStack> parts = RecurrentParts(model);
        if (parts.Count == 1) return parts[0];
        Throw.Problem(new(FileProblemKind.Unsupported, path, string.Create(CultureInfo.InvariantCulture,
            $"{path} was not written: the model's last layer has {Words.Counted(parts[1].Config.HiddenSize, "unit")} and the others {parts[0].Config.HiddenSize}, and in such a file all " +
            $"layers have the same. Export to .safetensors instead.")));
        return parts[0];
    }

    /// <summary>What surrounds the recurrent part, with PyTorch's names and shapes: <c>embedding.weight</c> [V, E], <c>classifier.weight</c> [V, H] and
    /// <c>classifier.bias</c> [V]. Tied weights are there twice.</summary>
    public static IReadOnlyList<NamedTensor> Surroundings(LanguageModel model)
    {
        int tokens = model.Config.VocabularySize, hidden = model.Config.InputSizeOf(model.Config.LayerCount), width = model.Config.EmbeddingSize;
        ReadOnlySpan<float> weights = model.Parameters[Find(model, "classifier.weight")!];
        float[] classifier = new float[weights.Length];
        for (int j = 0; j < hidden; j++)
        {
            ReadOnlySpan<float> row = weights.Slice(j * tokens, tokens);
            for (int v = 0; v < tokens; v++) classifier[(v * hidden) + j] = row[v];
        }

        float[] embedding = Find(model, "embedding") is { } slot ? model.Parameters[slot].ToArray() : classifier;
        return
        [
            new("embedding.weight", [tokens, width], embedding),
            new("classifier.weight", [tokens, hidden], classifier),
            new("classifier.bias", [tokens], model.Parameters[Find(model, "classifier.bias")!].ToArray()),
        ];
    }

    private static RecurrentStack Part(LanguageModel model, int firstLayer, int layers)
    {
        LanguageModelConfig config = model.Config;
        var stack = new RecurrentStack(new RecurrentStackConfig
        {
            Cell = config.Cell,
            InputSize = config.InputSizeOf(firstLayer),
            HiddenSize = config.HiddenSizeOf(firstLayer),
            LayerCount = layers,
            Peepholes = config.Peepholes,
        });

        // Both name their tensors alike, KIND.N.PART, but for the number of the first layer.
        foreach (TensorSlot slot in stack.Layout.Tensors)
        {
            string[] name = slot.Name.Split('.');
            name[1] = (int.Parse(name[1], CultureInfo.InvariantCulture) + firstLayer).ToString(CultureInfo.InvariantCulture);
            model.Parameters[Find(model, string.Join('.', name))!].CopyTo(stack.Parameters[slot]);
        }

        return stack;
    }

    private static TensorSlot? Find(LanguageModel model, string name) => model.Layout.Tensors.FirstOrDefault(slot => slot.Name == name);
}
