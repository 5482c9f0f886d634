using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Text;

namespace TinySD.Formats.Exchange.Safetensors;

/// <summary>Whole language models in safetensors files: an embedding and a classifier around recurrent layers, under whatever
/// names.</summary>
/// <remarks>Which tensor is which is told by shapes: the embedding has as many columns as the first recurrent layer inputs, the classifier
/// as the last has units, and both the same rows. Where both fit both, the one with a bias beside it is the classifier; and at last names
/// tell, of which PyTorch's users have a few. A file that holds anything else is no language model that TinySD has.</remarks>
internal static class LanguageModelNames
{
    /// <summary>Reads the model of a file.</summary>
    /// <returns>The model; null where the file holds recurrent layers and neither it nor the caller says that they are a language
    /// model's.</returns>
    /// <exception cref="FileProblemException">It cannot be read; or it is said to be a language model and is none.</exception>
    public static LanguageModelImport? Read(SafetensorsFile file, LanguageModelChoices choices)
    {
        // Who points at recurrent layers of a file without a vocabulary means these.
        bool isSaid = choices.IsWanted || file.Metadata.ContainsKey(LanguageModelNotes.VocabularyKey);
        if (choices.Names.Prefix is not null && !isSaid) return null;
        string[] prefixes = choices.Names.Prefix is { } chosen
            ? [chosen] : Ordered([.. RecurrentModule.FindAll(file).Where(module => module.HoldsWeights())]);
        string why = prefixes.Length > 0 ? "" : "it has several recurrent modules, and their names do not tell their order";
        PyTorchImport[] modules = Array.ConvertAll(prefixes, prefix => PyTorchNames.Read(file, choices.Names with { Prefix = prefix }));
        Parts? parts = modules.Length == 0 ? null : Find(file, modules, out why);
        if (parts is null)
        {
            if (!isSaid || (choices.Names.Prefix is not null && !choices.IsWanted)) return null;
            Throw.Problem(new(FileProblemKind.ModelInvalid, file.Path,
                $"{file.Path} holds no language model: {why}. Its recurrent layers alone are imported by --recurrent-only."));
        }

        RecurrentStack[] stacks = Array.ConvertAll(modules, module => module.Stack);
        bool isTied = parts.Classifier is null;
        if (LanguageModelParts.Describe(stacks, (int)parts.Embedding.Shape[0], isTied, out var config) is { } unlike)
        {
            if (!isSaid) return null;
            Throw.Problem(new(FileProblemKind.Unsupported, file.Path, $"{file.Path} holds no language model: {unlike}"));
        }

        var foreign = new ForeignLanguageModel(file.Path, file.Metadata, config!, stacks)
        {
            Embedding = () => StoredWeights.Floats(file, parts.Embedding),
            Classifier = parts.Classifier is { } classifier ? () => StoredWeights.Floats(file, classifier) : null,
            Bias = parts.Bias is { } bias ? () => StoredWeights.Floats(file, bias) : null,
            Shown = string.Join(", ", parts.All.Select(tensor => Words.Name(tensor.Name))),
        };
        IEnumerable<string> rounded = parts.All.Where(tensor => tensor.Dtype == SafetensorsDtypes.Binary64).Select(tensor => tensor.Name);
        return new LanguageModelImport(
            foreign.ToModel(choices), [.. modules.SelectMany(module => module.Rounded).Concat(rounded)],
            [.. modules.SelectMany(module => module.Copies)]);
    }

    private static Parts? Find(SafetensorsFile file, PyTorchImport[] modules, out string why)
    {
        long width = modules[0].Stack.Config.InputSize, hidden = modules[^1].Stack.Config.OutputSize;
        HashSet<string> others = [.. modules[0].LeftOut];
        foreach (PyTorchImport module in modules) others.IntersectWith(module.LeftOut);
        SafetensorsTensor[] left = [.. file.Tensors.Where(tensor => others.Contains(tensor.Name))];
        SafetensorsTensor[] tables =
            Array.FindAll(left, t => t.Shape is [>= 2 and <= Vocabulary.MaxCount, var columns] && (columns == width || columns == hidden));
        SafetensorsTensor[] biases =
            Array.FindAll(left, t => t.Shape.Length == 1 && Array.Exists(tables, table => table.Shape[0] == t.Shape[0]));
        why = "";
        if (left.Except(tables).Except(biases).FirstOrDefault() is { } foreign)
            why = $"tensor {Shown(foreign)} is neither an embedding of {width} columns nor a classifier of {hidden}";
        else if (biases.Length > 1)
            why = $"the tensors '{Words.Shown(biases[0].Name)}' and '{Words.Shown(biases[1].Name)}' may both be the classifier's bias";
        if (why.Length > 0) return null;
        SafetensorsTensor? bias = biases.FirstOrDefault();
        if (tables.Length == 1 && width == hidden && (bias is not null || file.Metadata.Values.Contains(tables[0].Name) || SaysTied(file)))
            return new Parts(tables[0], null, bias);
        if (tables.Length != 2)
        {
            string expected = $"an embedding [V, {width}] and a classifier [V, {hidden}] were expected";
            why = tables.Length == 0 ? $"beside its recurrent layers it has no tensors, and {expected}"
                : $"beside its recurrent layers it has {string.Join(", ", tables.Take(4).Select(Shown))}; {expected}";
            return null;
        }

        return Tell(tables[0], tables[1], bias, width, hidden, out why);
    }

    private static Parts? Tell(
        SafetensorsTensor first, SafetensorsTensor second, SafetensorsTensor? bias, long width, long hidden, out string why)
    {
        why = "";
        (long one, long other) = (first.Shape[1], second.Shape[1]);
        bool isStraight = one == width && other == hidden, isTurned = one == hidden && other == width;
        if (isStraight && isTurned)
        {
            (isStraight, isTurned) = (IsBeside(second, bias), IsBeside(first, bias));
            if (isStraight == isTurned) (isStraight, isTurned) = (IsFirst(first, second), IsFirst(second, first));
        }

        string shown = $"{Shown(first)} and {Shown(second)}";
        if (isStraight == isTurned)
        {
            why = isStraight || one == other ? $"of {shown} nothing tells which is the embedding and which the classifier"
                : $"{shown} are no embedding [V, {width}] and classifier [V, {hidden}]";
            return null;
        }

        (SafetensorsTensor embedding, SafetensorsTensor classifier) = isStraight ? (first, second) : (second, first);
        if (embedding.Shape[0] != classifier.Shape[0])
            why = $"the embedding and the classifier, {shown}, are of {embedding.Shape[0]} and {classifier.Shape[0]} tokens";
        else if (bias is not null && bias.Shape[0] != classifier.Shape[0])
            why = $"'{Words.Shown(bias.Name)}' [{bias.Shape[0]}] is not the bias of '{Words.Shown(classifier.Name)}'";
        return why.Length > 0 ? null : new Parts(embedding, classifier, bias);

        static bool IsFirst(SafetensorsTensor one, SafetensorsTensor other) =>
            (IsEmbeddingName(one.Name) && !IsEmbeddingName(other.Name))
            || (IsClassifierName(other.Name) && !IsClassifierName(one.Name));
    }

    private static string Shown(SafetensorsTensor tensor) => $"'{Words.Name(tensor.Name)}' [{string.Join(", ", tensor.Shape)}]";

    private static bool IsBeside(SafetensorsTensor weight, SafetensorsTensor? bias) => bias is not null
        && weight.Name.EndsWith("weight", StringComparison.Ordinal) && bias.Name == $"{weight.Name[..^"weight".Length]}bias";

    private static bool SaysTied(SafetensorsFile file) => LanguageModelNotes.Shape(file.Path, file.Metadata)?.TieWeights == true;

    // By the last number in them, between the same texts: rnns.0., rnns.1., or lstm1., lstm2. No order is told from other names.
    private static string[] Ordered(RecurrentModule[] modules)
    {
        if (modules.Length < 2) return Array.ConvertAll(modules, module => module.Prefix);
        var numbers = new int[modules.Length];
        string? around = null;
        for (int i = 0; i < modules.Length; i++)
        {
            if (!NumberedName.TryLast(modules[i].Unwrapped, out numbers[i], out string own) || own != (around ??= own)) return [];
        }

        string[] prefixes = Array.ConvertAll(modules, module => module.Prefix);
        Array.Sort(numbers, prefixes);
        return prefixes;
    }

    // An encoder and a decoder are what PyTorch's word_language_model calls them.
    private static bool IsEmbeddingName(string name) => LastModuleHas(name, ["emb", "wte", "lookup", "encoder"]);

    private static bool IsClassifierName(string name) => LastModuleHas(
        name, ["classif", "decoder", "fc", "linear", "out", "head", "proj", "dense", "softmax", "logit", "hidden2"]);

    // Of the last module in the name, which stands before the last dot.
    private static bool LastModuleHas(string name, ReadOnlySpan<string> words)
    {
        int end = name.LastIndexOf('.');
        if (end < 0) return false;
        ReadOnlySpan<char> module = name.AsSpan(0, end);
        module = module[(module.LastIndexOf('.') + 1)..];
        foreach (string word in words)
        {
            if (module.Contains(word, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }

    private sealed record Parts(SafetensorsTensor Embedding, SafetensorsTensor? Classifier, SafetensorsTensor? Bias)
    {
        public IEnumerable<SafetensorsTensor> All => new[] { Embedding, Classifier, Bias }.OfType<SafetensorsTensor>();
    }
}
