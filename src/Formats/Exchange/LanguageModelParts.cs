using System.Globalization;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Formats;

/// <summary>Takes language models apart, for the formats of others.</summary>
public static class LanguageModelParts
{
    /// <summary>The recurrent part of a language model, as a stack of its own.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">Where the stack shall go: named in the problem.</param>
    /// <exception cref="FileProblemException">The last layer has a size of its own: a stack's layers are all alike, here, in PyTorch's modules and in the
    /// outputs <c>hn</c> and <c>cn</c> of an ONNX file.</exception>
    public static RecurrentStack RecurrentPart(LanguageModel model, string path)
    {
        LanguageModelConfig config = model.Config;
        int last = config.HiddenSizeOf(config.LayerCount - 1);
        if (config.LayerCount > 1 && last != config.HiddenSize)
        {
            Throw.Problem(new(FileProblemKind.Unsupported, path, string.Create(CultureInfo.InvariantCulture,
                $"{path} was not written: the model's last layer has {last} units and the others {config.HiddenSize}, and a recurrent stack has one hidden size for all its layers")));
        }

        var stack = new RecurrentStack(new RecurrentStackConfig
        {
            Cell = config.Cell,
            InputSize = config.EmbeddingSize,
            HiddenSize = last,
            LayerCount = config.LayerCount,
            Peepholes = config.Peepholes,
        });

        // Both name their tensors alike.
        foreach (TensorSlot slot in stack.Layout.Tensors) model.Parameters[Find(model, slot.Name)!].CopyTo(stack.Parameters[slot]);
        return stack;
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

    private static TensorSlot? Find(LanguageModel model, string name) => model.Layout.Tensors.FirstOrDefault(slot => slot.Name == name);
}
