using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Formats;

/// <summary>How to understand a safetensors file where it leaves a choice.</summary>
/// <param name="Prefix">What stands before the layer's own names, for example <c>lstm.</c>; null to find it.</param>
/// <param name="Rectified">A simple RNN is that of <c>nonlinearity='relu'</c>: the names and shapes of both are the same. Null for what the file's metadata
/// say, and tanh where they say nothing.</param>
public sealed record PyTorchChoices(string? Prefix = null, bool? Rectified = null);

/// <summary>A stack read from a safetensors file.</summary>
/// <param name="Stack">The stack.</param>
/// <param name="Prefix">What stood before the layer's own names.</param>
/// <param name="LeftOut">The file's other tensors.</param>
/// <param name="Rounded">Tensors whose numbers were of 64 bits and were rounded.</param>
public sealed record PyTorchImport(RecurrentStack Stack, string Prefix, ImmutableArray<string> LeftOut, ImmutableArray<string> Rounded);

/// <summary>Recurrent stacks in safetensors files, with the names of PyTorch's <c>nn.LSTM</c>, <c>nn.GRU</c> and <c>nn.RNN</c>.</summary>
/// <remarks>
/// <c>weight_ih_l0</c> [G H, I], <c>weight_hh_l0</c> [G H, H], <c>bias_ih_l0</c> and <c>bias_hh_l0</c> [G H], with <c>_reverse</c> behind them for the second
/// direction: the documented state of those modules. Gates are i, f, g, o and r, z, n.
/// </remarks>
public static partial class PyTorchNames
{
    private const string CellKey = "tinysd.cell";

    /// <summary>Reads the stack of a file.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="choices">What the caller knows better.</param>
    /// <param name="import">The stack.</param>
    /// <param name="problem">Why there is none.</param>
    public static bool TryRead(
        SafetensorsFile file, PyTorchChoices choices, [NotNullWhen(true)] out PyTorchImport? import, [NotNullWhen(false)] out FileProblem? problem)
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
            : config.ResetBeforeProduct ? "GRUs whose reset gate acts before the product"
            : config.CoupledGates ? "coupled gates"
            : config.Clip > 0f ? "a clip"
            : !config.Activations.IsEmpty ? "other activations than the cell's own" : null;
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
    /// <param name="vocabulary">The tokens of a language model, or null.</param>
    public static IReadOnlyDictionary<string, string> Metadata(RecurrentStack stack, Vocabulary? vocabulary)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = "pt",
            ["tinysd.writtenBy"] = TrainingRecord.ThisBuild,
            [CellKey] = Spelling.Cells.NameOf(stack.Config.Cell),
        };
        if (vocabulary is null) return metadata;
        metadata["tinysd.level"] = Spelling.Levels.NameOf(vocabulary.Level);
        metadata["tinysd.vocabulary"] = JsonSerializer.Serialize([.. vocabulary.Tokens], TsdJson.Default.StringArray);
        return metadata;
    }

    private static PyTorchImport Read(SafetensorsFile file, PyTorchChoices choices)
    {
        Part[] all = [.. file.Tensors.Select(Part.Of).OfType<Part>()];
        string[] prefixes = [.. all.Select(part => part.Prefix).Distinct(StringComparer.Ordinal)];
        string prefix = choices.Prefix ?? prefixes.FirstOrDefault("");
        if (!prefixes.Contains(prefix) || (choices.Prefix is null && prefixes.Length > 1))
        {
            Refuse(file, null, FileProblemKind.TensorMissing, prefixes.Length == 0
                ? $"{file.Path} has no tensors of a recurrent layer; PyTorch's names were expected: weight_ih_l0, weight_hh_l0 and so on, with any prefix"
                : $"{file.Path} has recurrent layers under {string.Join(", ", prefixes.Select(p => $"'{Words.Shown(p)}'"))}; choose one with --prefix");
        }

        var parts = all.Where(part => part.Prefix == prefix).ToDictionary(part => (part.Name, part.Layer, part.IsReverse), part => part.Tensor);
        RecurrentStackConfig config = Describe(file, parts, choices);
        // All shapes before any memory: 64 layers may be announced by a file that holds one.
        var layers = new List<SafetensorsTensor?[]>();
        for (int i = 0; i < config.LayerCount * config.DirectionCount; i++) layers.Add(FindLayer(file, parts, prefix, config, i));
        var stack = new RecurrentStack(config);
        for (int i = 0; i < layers.Count; i++)
        {
            float[]?[] numbers = [.. layers[i].Select(tensor => tensor is null ? null : Numbers(file, tensor))];
            new ForeignWeights(numbers[0]!, numbers[1]!, numbers[2], numbers[3], null)
                .CopyTo(stack, i / config.DirectionCount, i % config.DirectionCount, GateOrder.PyTorch);
        }

        HashSet<SafetensorsTensor> used = [.. layers.SelectMany(layer => layer).OfType<SafetensorsTensor>()];
        if (parts.Values.FirstOrDefault(tensor => !used.Contains(tensor)) is { } surplus)
            Refuse(file, surplus, FileProblemKind.TensorInvalid, $"{file.Path}: tensor '{Words.Shown(surplus.Name)}' belongs to no layer that is whole");
        return new PyTorchImport(
            stack, prefix, [.. file.Tensors.Where(tensor => !used.Contains(tensor)).Select(tensor => tensor.Name)],
            [.. used.Where(tensor => tensor.Dtype == SafetensorsDtypes.Binary64).Select(tensor => tensor.Name).Order(StringComparer.Ordinal)]);
    }

    // The input's weights, the recurrent ones, and both biases or neither, of their right shapes.
    private static SafetensorsTensor?[] FindLayer(
        SafetensorsFile file, Dictionary<(string Name, int Layer, bool IsReverse), SafetensorsTensor> parts, string prefix, RecurrentStackConfig config, int index)
    {
        int layer = index / config.DirectionCount, hidden = config.HiddenSize, inputs = layer == 0 ? config.InputSize : config.OutputSize;
        bool isReverse = index % config.DirectionCount == 1;
        long columns = (long)config.Cell.GateCount() * hidden;
        bool hasBias = parts.ContainsKey(("bias_ih", layer, isReverse)) || parts.ContainsKey(("bias_hh", layer, isReverse));
        return
        [
            Checked("weight_ih", columns, inputs), Checked("weight_hh", columns, hidden),
            hasBias ? Checked("bias_ih", columns) : null, hasBias ? Checked("bias_hh", columns) : null,
        ];

        SafetensorsTensor Checked(string name, params ReadOnlySpan<long> shape)
        {
            SafetensorsTensor tensor = Find(file, parts, prefix, name, layer, isReverse);
            if (!tensor.Shape.AsSpan().SequenceEqual(shape))
            {
                Refuse(file, tensor, FileProblemKind.TensorInvalid,
                    $"{file.Path}: tensor '{Words.Shown(tensor.Name)}' has the shape [{string.Join(", ", tensor.Shape)}]; [{string.Join(", ", shape.ToArray())}] was expected");
            }

            return tensor;
        }
    }

    private static float[] Numbers(SafetensorsFile file, SafetensorsTensor tensor)
    {
        if (!NamedTensor.TryRead(file, tensor, out NamedTensor? numbers, out FileProblem? problem)) Throw.Problem(problem);
        string shown = Words.Shown(tensor.Name);
        if (numbers.Floats is null) Refuse(file, tensor, FileProblemKind.TensorUnsupported, $"{file.Path}: tensor '{shown}' holds integers; floats were expected");
        int wrong = numbers.Floats.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        if (wrong >= 0)
            Refuse(file, tensor, FileProblemKind.NotFinite, $"{file.Path} was not loaded: weight {wrong} of tensor '{shown}' is infinite or not a number");
        return numbers.Floats!;
    }

    // Cell, sizes, layers and directions, from names and the first layer's shapes; the other shapes are compared as they are read.
    private static RecurrentStackConfig Describe(
        SafetensorsFile file, Dictionary<(string Name, int Layer, bool IsReverse), SafetensorsTensor> parts, PyTorchChoices choices)
    {
        if (parts.FirstOrDefault(part => part.Key.Name == "weight_hr").Value is { } projection)
            Refuse(file, projection, FileProblemKind.Unsupported, $"{file.Path}: tensor '{Words.Shown(projection.Name)}' is a projection (proj_size), which is not supported");
        SafetensorsTensor input = Find(file, parts, "", "weight_ih", 0, false), recurrent = Find(file, parts, "", "weight_hh", 0, false);
        foreach (SafetensorsTensor tensor in (SafetensorsTensor[])[input, recurrent])
        {
            if (tensor.Shape.Length != 2 || tensor.Shape.Any(extent => extent is < 1 or > int.MaxValue))
            {
                Refuse(file, tensor, FileProblemKind.TensorInvalid,
                    $"{file.Path}: tensor '{Words.Shown(tensor.Name)}' has the shape [{string.Join(", ", tensor.Shape)}]; two extents were expected");
            }
        }

        long hidden = recurrent.Shape[1], ratio = recurrent.Shape[0] / hidden;
        if (recurrent.Shape[0] % hidden != 0 || ratio is not (1 or 3 or 4))
        {
            Refuse(file, recurrent, FileProblemKind.TensorInvalid,
                $"{file.Path}: tensor '{Words.Shown(recurrent.Name)}' has the shape [{string.Join(", ", recurrent.Shape)}]; [4H, H] of an LSTM, [3H, H] of a GRU or [H, H] of an RNN was expected");
        }

        bool isRelu = choices.Rectified ?? file.Metadata.GetValueOrDefault(CellKey) == Spelling.Cells.NameOf(CellKind.RnnRelu);
        if (choices.Rectified is not null && ratio != 1)
            Refuse(file, recurrent, FileProblemKind.Unsupported, $"{file.Path} holds {(ratio == 4 ? "an LSTM" : "a GRU")}, and only a simple RNN has a choice of nonlinearity");
        int layers = parts.Keys.Max(part => part.Layer) + 1;
        if (layers > 64) Refuse(file, null, FileProblemKind.Unsupported, $"{file.Path} has {layers} layers; at most 64 are supported");
        return new RecurrentStackConfig
        {
            Cell = ratio switch { 4 => CellKind.Lstm, 3 => CellKind.Gru, _ => isRelu ? CellKind.RnnRelu : CellKind.RnnTanh },
            InputSize = (int)input.Shape[1],
            HiddenSize = (int)hidden,
            LayerCount = layers,
            Direction = parts.Keys.Any(part => part.IsReverse) ? RecurrentDirection.Bidirectional : RecurrentDirection.Forward,
        };
    }

    private static SafetensorsTensor Find(
        SafetensorsFile file, Dictionary<(string Name, int Layer, bool IsReverse), SafetensorsTensor> parts, string prefix, string name, int layer, bool isReverse)
    {
        if (parts.TryGetValue((name, layer, isReverse), out SafetensorsTensor? tensor)) return tensor;
        string missing = string.Create(CultureInfo.InvariantCulture, $"{prefix}{name}_l{layer}{(isReverse ? "_reverse" : "")}");
        Throw.Problem(new(FileProblemKind.TensorMissing, file.Path, $"{file.Path} has no tensor '{Words.Shown(missing)}', which its other layers' tensors call for") { Part = missing });
        return null;
    }

    private static void Refuse(SafetensorsFile file, SafetensorsTensor? tensor, FileProblemKind kind, string message) =>
        Throw.Problem(new(kind, file.Path, message) { Part = tensor?.Name, Offset = tensor?.Offset });

    [GeneratedRegex(@"^(?<prefix>.*)(?<name>weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)_l(?<layer>0|[1-9][0-9]{0,4})(?<reverse>_reverse)?\z", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex LayerName();

    private sealed record Part(string Prefix, string Name, int Layer, bool IsReverse, SafetensorsTensor Tensor)
    {
        public static Part? Of(SafetensorsTensor tensor)
        {
            Match match = LayerName().Match(tensor.Name);
            return match.Success
                ? new Part(
                    match.Groups["prefix"].Value, match.Groups["name"].Value, int.Parse(match.Groups["layer"].ValueSpan, CultureInfo.InvariantCulture),
                    match.Groups["reverse"].Success, tensor)
                : null;
        }
    }
}
