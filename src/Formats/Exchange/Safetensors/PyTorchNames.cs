using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Models;
using static System.FormattableString;

namespace TinySD.Formats.Exchange.Safetensors;

/// <summary>A stack read from a safetensors file.</summary>
/// <param name="Stack">The stack.</param>
/// <param name="Prefix">What stood before the layer's own names; before the first's where the layers are numbered modules.</param>
/// <param name="LeftOut">The file's other tensors.</param>
/// <param name="Rounded">Tensors whose numbers were of 64 bits and were rounded.</param>
/// <param name="Copies">Tensors that were passed over because those that they were computed from are in the file: masked copies of weight
/// drop, products of weight norm.</param>
public sealed record PyTorchImport(
    RecurrentStack Stack, string Prefix, ImmutableArray<string> LeftOut, ImmutableArray<string> Rounded, ImmutableArray<string> Copies);

/// <summary>Recurrent stacks in safetensors files, with the names of PyTorch's <c>nn.LSTM</c>, <c>nn.GRU</c> and <c>nn.RNN</c>; read with
/// those of its cells and of MLX's layers too.</summary>
/// <remarks><c>weight_ih_l0</c> [G H, I], <c>weight_hh_l0</c> [G H, H], <c>bias_ih_l0</c> and <c>bias_hh_l0</c> [G H], with <c>_reverse</c>
/// behind them for the second direction: the documented state of those modules. Cells have the same names without <c>_l0</c>. MLX has
/// <c>Wx</c> [G H, I], <c>Wh</c> [G H, H] and <c>bias</c> [4 H] for an LSTM, <c>b</c> [3 H] and <c>bhn</c> [H] (the recurrent bias of gate
/// n) for a GRU, and <c>Wxh</c>, <c>Whh</c>, <c>bias</c> for a simple cell. Gates are i, f, g, o and r, z, n everywhere.</remarks>
public static class PyTorchNames
{
    internal const string CellKey = "tinysd.cell";

    /// <summary>Reads the stack of a file.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="choices">What the caller knows better.</param>
    /// <param name="import">The stack.</param>
    /// <param name="problem">Why there is none.</param>
    public static bool TryRead(
        SafetensorsFile file, PyTorchChoices choices, [NotNullWhen(true)] out PyTorchImport? import,
        [NotNullWhen(false)] out FileProblem? problem)
    {
        import = null;
        try
        {
            import = Read(file, choices);
            problem = null;
            return true;
        }
        catch (FileProblemException exception)
        {
            problem = exception.Problem;
            return false;
        }
    }

    /// <summary>A stack's tensors with PyTorch's names.</summary>
    /// <param name="path">Where they shall go: named in the problem.</param>
    /// <param name="stack">The stack.</param>
    /// <param name="prefix">What shall stand before the names.</param>
    /// <exception cref="FileProblemException">The stack has something that PyTorch's modules do not.</exception>
    public static IReadOnlyList<NamedTensor> Name(string path, RecurrentStack stack, string prefix)
    {
        RecurrentStackConfig config = stack.Config;
        string? lacking = config.Peepholes ? "peepholes"
            : config.Direction == RecurrentDirection.Reverse ? "layers that run in reverse only"
            : StackPeculiarities.Of(config);
        if (lacking is not null)
        {
            Throw.Problem(new(FileProblemKind.Unsupported, path,
                $"{path} was not written: PyTorch's modules do not have {lacking}. Export to .onnx instead."));
        }

        var tensors = new List<NamedTensor>();
        int columns = config.Cell.GateCount() * config.HiddenSize;
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            for (int direction = 0; direction < config.DirectionCount; direction++)
            {
                ForeignWeights weights = ForeignWeights.From(stack, layer, direction, GateOrder.PyTorch);
                string end = string.Create(CultureInfo.InvariantCulture, $"_l{layer}{(direction == 0 ? "" : "_reverse")}");
                int inputs = layer == 0 ? config.InputSize : config.OutputSize;
                tensors.Add(new($"{prefix}weight_ih{end}", [columns, inputs], weights.Input));
                tensors.Add(new($"{prefix}weight_hh{end}", [columns, config.HiddenSize], weights.Recurrent));
                tensors.Add(new($"{prefix}bias_ih{end}", [columns], weights.InputBias!));
                tensors.Add(new($"{prefix}bias_hh{end}", [columns], weights.RecurrentBias!));
            }
        }

        return tensors;
    }

    /// <summary>What goes into the metadata of such a file.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="model">The language model that it is part of and that is whole in the file, or null.</param>
    public static IReadOnlyDictionary<string, string> Metadata(RecurrentStack stack, LoadedLanguageModel? model)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = "pt",
            [LanguageModelNotes.WriterKey] = TrainingRecord.ThisBuild,
            [CellKey] = ModelSpelling.Cells.NameOf(stack.Config.Cell),
        };
        if (model is not null) LanguageModelNotes.AddTo(metadata, model);
        return metadata;
    }

    internal static PyTorchImport Read(SafetensorsFile file, PyTorchChoices choices)
    {
        IReadOnlyList<RecurrentModule> all = RecurrentModule.FindAll(file);
        IReadOnlyList<RecurrentModule> chosen = Choose(file, [.. all.Where(module => module.HoldsWeights())], choices.Prefix);
        foreach (RecurrentModule module in chosen)
        {
            module.Describe(choices);
            module.RefuseBeside(all);
        }

        // All shapes are known to fit before any memory is taken: 64 layers may be announced by a file that holds one.
        RecurrentStackConfig config = Join(file, chosen);
        var stack = new RecurrentStack(config);
        int layer = 0;
        foreach (RecurrentModule module in chosen)
        {
            for (int own = 0; own < module.Config.LayerCount; own++, layer++)
            {
                for (int direction = 0; direction < config.DirectionCount; direction++)
                    module.Read(own, direction).CopyTo(stack, layer, direction, GateOrder.PyTorch);
            }
        }

        HashSet<SafetensorsTensor> used = [.. chosen.SelectMany(module => module.Sources)];
        HashSet<SafetensorsTensor> copies = [.. chosen.SelectMany(module => module.Copies)];
        return new PyTorchImport(
            stack, chosen[0].Prefix, Names(file.Tensors.Where(tensor => !used.Contains(tensor) && !copies.Contains(tensor))),
            Names(used.Where(tensor => tensor.Dtype == SafetensorsDtypes.Binary64).OrderBy(tensor => tensor.Name, StringComparer.Ordinal)),
            Names(file.Tensors.Where(copies.Contains)));

        static ImmutableArray<string> Names(IEnumerable<SafetensorsTensor> tensors) => [.. tensors.Select(tensor => tensor.Name)];
    }

    // One module; or single layers that are numbered, from the lowest.
    private static IReadOnlyList<RecurrentModule> Choose(SafetensorsFile file, IReadOnlyList<RecurrentModule> modules, string? prefix)
    {
        IReadOnlyList<RecurrentModule> fitting = modules;
        if (prefix is not null)
        {
            string unwrapped = RecurrentName.Unwrapped(prefix);
            fitting = [.. modules.Where(module => module.HasPrefix(prefix))];
            if (fitting.Count == 0) fitting = [.. modules.Where(module => module.Unwrapped == unwrapped)];
            if (fitting.Count > 1)
                Refuse(file, $"{file.Path} has recurrent layers of several kinds of names under '{Words.Name(prefix)}'; one was expected");
            if (fitting.Count == 0)
                fitting = InARow([.. modules.Where(module => module.Unwrapped.StartsWith(unwrapped, StringComparison.Ordinal))]) ?? [];
            if (fitting.Count > 0) return fitting;
        }

        if (fitting.Count == 1) return fitting;
        if (fitting.Count > 1 && fitting.All(module => module.Scheme != NameScheme.Module) && InARow(fitting) is { } row) return row;
        Refuse(file, modules.Count == 0
            ? $"{file.Path} has no tensors of a recurrent layer; names were expected as PyTorch's (weight_ih_l0, weight_hh_l0 and so on; " +
              "weight_ih, weight_hh of a cell) or MLX's (Wx, Wh), with any prefix"
            : $"{file.Path} has recurrent layers under {Shown(modules)}; choose one with --prefix");
        return [];
    }

    // Prefixes that are alike but for one number, which counts from 0 or 1.
    private static IReadOnlyList<RecurrentModule>? InARow(IReadOnlyList<RecurrentModule> modules)
    {
        if (modules.Count < 2 || modules.Any(module => module.Scheme != modules[0].Scheme)) return null;
        string[][] pieces = [.. modules.Select(module => NumberedName.Split(module.Unwrapped))];
        if (Array.Exists(pieces, p => p.Length != pieces[0].Length)) return null;
        int[] differing = [.. Enumerable.Range(0, pieces[0].Length).Where(i => Array.Exists(pieces, p => p[i] != pieces[0][i]))];

        // Every second piece is a number.
        if (differing.Length != 1 || differing[0] % 2 == 0) return null;
        int[] numbers = Array.ConvertAll(
            pieces, p => int.TryParse(p[differing[0]], CultureInfo.InvariantCulture, out int number) ? number : -1);
        int first = numbers.Min();
        return first is 0 or 1 && numbers.Order().SequenceEqual(Enumerable.Range(first, numbers.Length))
            ? [.. Enumerable.Range(0, numbers.Length).OrderBy(i => numbers[i]).Select(i => modules[i])]
            : null;
    }

    private static RecurrentStackConfig Join(SafetensorsFile file, IReadOnlyList<RecurrentModule> modules)
    {
        RecurrentStackConfig first = modules[0].Config;
        for (int i = 1; i < modules.Count; i++)
        {
            RecurrentStackConfig config = modules[i].Config;
            bool isAlike = config with { InputSize = first.InputSize, LayerCount = first.LayerCount } == first;
            string? why = config.InputSize != first.OutputSize
                ? Invariant($"has the input size {config.InputSize}, and what is before it the output size {first.OutputSize}")
                : isAlike ? null : "is of another cell, size or direction";
            if (why is not null)
            {
                Refuse(file, $"{file.Path} has recurrent layers under {Shown(modules)}, which are no stack: " +
                    $"'{Words.Name(modules[i].Prefix)}' {why}; choose one with --prefix");
            }
        }

        int layers = modules.Sum(module => module.Config.LayerCount);
        modules[0].RequireLayers(layers);
        return first with { LayerCount = layers };
    }

    private static string Shown(IReadOnlyList<RecurrentModule> modules)
    {
        const int most = 8;
        IEnumerable<string> shown = modules.Take(most).Select(module => $"'{Words.Name(module.Prefix)}'");
        return string.Join(", ", shown) + (modules.Count > most ? ", …" : "");
    }

    private static void Refuse(SafetensorsFile file, string message) =>
        Throw.Problem(new(FileProblemKind.TensorMissing, file.Path, message));
}
