namespace TinySD.Formats.Exchange.Parts;

/// <summary>Takes language models apart, for the formats of others, and puts them together again.</summary>
public static class LanguageModelParts
{
    /// <summary>What surrounds the recurrent layers, as a module of PyTorch's names its parameters.</summary>
    private const string EmbeddingName = "embedding.weight", ClassifierName = "classifier.weight", BiasName = "classifier.bias";

    /// <summary>The recurrent part of a language model, as stacks of layers that are all alike, from the lowest: one, or two where the last
    /// layer has a size of its own.</summary>
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
    /// <exception cref="FileProblemException">The last layer has a size of its own: a stack's layers are all alike, and so are the layers
    /// in the outputs <c>hn</c> and <c>cn</c> of its ONNX file.</exception>
    public static RecurrentStack RecurrentPart(LanguageModel model, string path)
    {
        IReadOnlyList<RecurrentStack> parts = RecurrentParts(model);
        if (parts.Count == 1) return parts[0];
        Throw.Problem(new(FileProblemKind.Unsupported, path, string.Create(CultureInfo.InvariantCulture,
            $"{path} was not written: the model's last layer has {Words.Counted(parts[1].Config.HiddenSize, "unit")} " +
            $"and the others {parts[0].Config.HiddenSize}, and in a file of recurrent layers alone all have the same. " +
            $"Export the whole model, or to .safetensors.")));
        return parts[0];
    }

    /// <summary>What surrounds the recurrent part, with PyTorch's names and shapes: <c>embedding.weight</c> [V, E],
    /// <c>classifier.weight</c> [V, H] and <c>classifier.bias</c> [V]. Tied weights are there twice.</summary>
    public static IReadOnlyList<NamedTensor> Surroundings(LanguageModel model)
    {
        int tokens = model.Config.VocabularySize, hidden = model.Config.InputSizeOf(model.Config.LayerCount),
            width = model.Config.EmbeddingSize;
        float[] classifier = Turned(model.Parameters[Find(model, "classifier.weight")!], hidden, tokens);
        float[] embedding = Find(model, "embedding") is { } slot ? model.Parameters[slot].ToArray() : classifier;
        return
        [
            new(EmbeddingName, [tokens, width], embedding),
            new(ClassifierName, [tokens, hidden], classifier),
            new(BiasName, [tokens], model.Parameters[Find(model, "classifier.bias")!].ToArray()),
        ];
    }

    /// <summary>The classifier as it lies in the model: weight [H, V] and bias [V].</summary>
    internal static (NamedTensor Weight, NamedTensor Bias) Classifier(LanguageModel model)
    {
        return (Named(ClassifierName), Named(BiasName));

        NamedTensor Named(string name)
        {
            TensorSlot slot = Find(model, name)!;
            return new NamedTensor(name, slot.Shape, model.Parameters[slot].ToArray());
        }
    }

    /// <summary>Why recurrent layers are not those of a language model, or null where they are: the shape that they make.</summary>
    internal static string? Describe(IReadOnlyList<RecurrentStack> stacks, int tokens, bool isTied, out LanguageModelConfig? config)
    {
        config = null;
        RecurrentStackConfig first = stacks[0].Config;
        int[] sizes = [.. stacks.SelectMany(stack => Enumerable.Repeat(stack.Config.HiddenSize, stack.Config.LayerCount))];
        for (int i = 0; i < stacks.Count; i++)
        {
            RecurrentStackConfig stack = stacks[i].Config;
            if (stack.Direction != RecurrentDirection.Forward)
                return "its recurrent layers do not only run forward, and a language model's must not see the next token";
            if (StackPeculiarities.Of(stack) is { } peculiar)
                return $"its recurrent layers have {peculiar}, which no language model here has";
            if (stack.Cell != first.Cell || stack.Peepholes != first.Peepholes) return "its recurrent layers have cells of several kinds";
            if (i > 0 && stack.InputSize != stacks[i - 1].Config.HiddenSize)
                return $"one of its recurrent layers takes {Words.Counted(stack.InputSize, "input")} and the layer below has " +
                    $"{Words.Counted(stacks[i - 1].Config.HiddenSize, "unit")}";
        }

        if (sizes.Length > 64) return $"it has {sizes.Length} recurrent layers; at most 64 are supported";
        if (sizes.SkipLast(1).Any(size => size != sizes[0]))
            return $"its recurrent layers have {string.Join(", ", sizes)} units, and all but the last must have the same";
        config = new LanguageModelConfig
        {
            VocabularySize = tokens,
            EmbeddingSize = first.InputSize,
            HiddenSize = sizes[0],
            LastHiddenSize = sizes[^1] == sizes[0] ? 0 : sizes[^1],
            LayerCount = sizes.Length,
            Cell = first.Cell,
            Peepholes = first.Peepholes,
            TieWeights = isTied,
        };
        return null;
    }

    /// <summary>Puts a model together.</summary>
    /// <param name="path">Where the parts are from: named in the problem.</param>
    /// <param name="config">The shape that they make, see <see cref="Describe"/>.</param>
    /// <param name="stacks">The recurrent layers, from the lowest.</param>
    /// <param name="embedding">[V, E].</param>
    /// <param name="classifier">[V, H].</param>
    /// <param name="bias">[V], or null for zeros.</param>
    internal static LanguageModel Join(
        string path, LanguageModelConfig config, IReadOnlyList<RecurrentStack> stacks, float[] embedding, float[] classifier, float[]? bias)
    {
        LanguageModel model = Create(config, path);
        int layer = 0;
        foreach (RecurrentStack stack in stacks)
        {
            foreach ((TensorSlot own, TensorSlot other) in Pairs(model, stack, layer))
                stack.Parameters[other].CopyTo(model.Parameters[own]);
            layer += stack.Config.LayerCount;
        }

        if (Find(model, "embedding") is { } slot) embedding.CopyTo(model.Parameters[slot]);
        float[] turned = Turned(classifier, config.VocabularySize, config.InputSizeOf(config.LayerCount));
        turned.CopyTo(model.Parameters[Find(model, ClassifierName)!]);
        bias?.CopyTo(model.Parameters[Find(model, BiasName)!]);
        return model;
    }

    /// <summary>A language model's recurrent layers as one stack.</summary>
    /// <exception cref="FileProblemException">The last has a size of its own.</exception>
    internal static RecurrentStack Stacked(string path, IReadOnlyList<RecurrentStack> layers)
    {
        RecurrentStackConfig first = layers[0].Config;
        if (layers[^1].Config.HiddenSize != first.HiddenSize)
        {
            Throw.Problem(new(FileProblemKind.Unsupported, path,
                $"{path}: its last layer has the hidden size {layers[^1].Config.HiddenSize} and the others {first.HiddenSize}; the " +
                "layers of a stack are alike"));
        }

        var stack = new RecurrentStack(first with { LayerCount = layers.Count });
        int each = layers[0].Layout.Tensors.Count;
        for (int i = 0; i < stack.Layout.Tensors.Count; i++)
        {
            RecurrentStack layer = layers[i / each];
            layer.Parameters[layer.Layout.Tensors[i % each]].CopyTo(stack.Parameters[stack.Layout.Tensors[i]]);
        }

        return stack;
    }

    private static LanguageModel Create(LanguageModelConfig config, string path)
    {
        try
        {
            return new LanguageModel(config);
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            throw new FileProblemException(new(
                FileProblemKind.Unsupported, path, $"{path} was not loaded: it has more than 2^31 weights, this build's limit"));
        }
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
        foreach ((TensorSlot own, TensorSlot other) in Pairs(model, stack, firstLayer))
            model.Parameters[own].CopyTo(stack.Parameters[other]);
        return stack;
    }

    // Both name their tensors alike, KIND.N.PART, but for the number of the first layer.
    private static IEnumerable<(TensorSlot Model, TensorSlot Stack)> Pairs(LanguageModel model, RecurrentStack stack, int firstLayer)
    {
        foreach (TensorSlot slot in stack.Layout.Tensors)
        {
            string[] name = slot.Name.Split('.');
            name[1] = (int.Parse(name[1], CultureInfo.InvariantCulture) + firstLayer).ToString(CultureInfo.InvariantCulture);
            yield return (Find(model, string.Join('.', name))!, slot);
        }
    }

    // [rows, columns] to [columns, rows].
    private static float[] Turned(ReadOnlySpan<float> from, int rows, int columns)
    {
        float[] to = new float[from.Length];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> values = from.Slice(row * columns, columns);
            for (int column = 0; column < columns; column++) to[(column * rows) + row] = values[column];
        }

        return to;
    }

    private static TensorSlot? Find(LanguageModel model, string name) => model.Layout.Tensors.FirstOrDefault(slot => slot.Name == name);
}
