using System.Collections.Immutable;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;

namespace TinySD.Formats;

/// <summary>An LSTM, GRU or RNN node of a graph, read: its attributes as a configuration, its weights, and how its tensors lie.</summary>
/// <param name="Node">The node.</param>
/// <param name="Config">A stack of one layer.</param>
/// <param name="Directions">The weights of each direction, in ONNX's order.</param>
/// <param name="IsBatchFirst"><c>layout</c> 1: X [B, T, I], Y [B, T, D, H], states [B, D, H].</param>
internal sealed record OnnxRecurrentNode(OnnxNode Node, RecurrentStackConfig Config, ImmutableArray<ForeignWeights> Directions, bool IsBatchFirst)
{
    // Inputs of the three operators.
    public const int X = 0, W = 1, R = 2, B = 3, Lengths = 4, InitialH = 5, InitialC = 6, P = 7;

    private const string DirectionName = "direction", ActivationsName = "activations", AlphaName = "activation_alpha", BetaName = "activation_beta";

    /// <summary>Whether an operator is one of the three.</summary>
    public static bool Is(string name) => name is "LSTM" or "GRU" or "RNN";

    /// <summary>Reads a node.</summary>
    /// <param name="glue">Refuses what is wrong.</param>
    /// <param name="node">The node.</param>
    /// <param name="inputs">Its inputs, null where one is left out.</param>
    public static OnnxRecurrentNode Read(OnnxGlue glue, OnnxNode node, NamedTensor?[] inputs)
    {
        bool isLstm = node.Operator == "LSTM", isGru = node.Operator == "GRU";
        string[] known = [AlphaName, BetaName, ActivationsName, "clip", DirectionName, "hidden_size", "layout", isLstm ? "input_forget" : isGru ? "linear_before_reset" : ""];
        glue.CheckAttributes(node, known);
        RecurrentDirection direction = Text(DirectionName, "forward") switch
        {
            "forward" => RecurrentDirection.Forward,
            "reverse" => RecurrentDirection.Reverse,
            "bidirectional" => RecurrentDirection.Bidirectional,
            var other => Refuse<RecurrentDirection>($"the direction '{Words.Shown(other)}'"),
        };
        int directions = direction == RecurrentDirection.Bidirectional ? 2 : 1, gates = isLstm ? 4 : isGru ? 3 : 1;
        long layout = Whole("layout", 0);
        if (layout is not (0 or 1)) glue.Unsupported(node, $"layout {layout}");

        NamedTensor x = Floats(X, 3), w = Floats(W, 3), r = Floats(R, 3);
        int hidden = r.Shape[2], width = w.Shape[2];
        if (hidden < 1 || width < 1) glue.Invalid(node, "it has no hidden units or no inputs");
        long announced = Whole("hidden_size", hidden);
        if (announced != hidden) glue.Invalid(node, $"hidden_size is {announced}, its weights R make {hidden}");
        long columns = (long)gates * hidden;
        CheckShape(w, W, nameof(W), directions, columns, width);
        CheckShape(r, R, nameof(R), directions, columns, hidden);
        if (x.Shape[2] != width) glue.DoesNotFit(node, $"X has {x.Shape[2]} features, W takes {width}", X, W);
        NamedTensor? bias = Optional(B, 2), peephole = isLstm ? Optional(P, 2) : null;
        if (bias is not null) CheckShape(bias, B, nameof(B), directions, 2 * columns);
        if (peephole is not null) CheckShape(peephole, P, nameof(P), directions, 3L * hidden);

        float clip = glue.Attribute(node, "clip", OnnxAttributeType.Float)?.Float ?? 0f;
        if (!(clip >= 0f && float.IsFinite(clip))) glue.Invalid(node, $"clip is {clip}");
        (CellKind cell, ImmutableArray<Activation> activations) = ReadActivations(glue, node, directions);
        var config = new RecurrentStackConfig
        {
            Cell = cell,
            InputSize = width,
            HiddenSize = hidden,
            Direction = direction,
            ResetBeforeProduct = isGru && Whole("linear_before_reset", 0) == 0,
            CoupledGates = isLstm && Whole("input_forget", 0) != 0,
            Peepholes = peephole is not null,
            Clip = clip,
            Activations = activations,
        };
        ForeignWeights[] weights =
        [
            .. Enumerable.Range(0, directions).Select(d => new ForeignWeights(
                Part(w, d, directions), Part(r, d, directions),
                bias is null ? null : Part(bias, d, directions)[..(int)columns], bias is null ? null : Part(bias, d, directions)[(int)columns..],
                peephole is null ? null : Part(peephole, d, directions))),
        ];
        return new OnnxRecurrentNode(node, config, [.. weights], layout == 1);

        string Text(string name, string missing) => glue.Attribute(node, name, OnnxAttributeType.Text)?.Text ?? missing;

        long Whole(string name, long missing) => glue.Attribute(node, name, OnnxAttributeType.Integer)?.Integer ?? missing;

        NamedTensor? Optional(int index, int rank)
        {
            NamedTensor? input = index < inputs.Length ? inputs[index] : null;
            if (input is null) return null;
            if (input.Floats is null || input.Shape.Length != rank) glue.DoesNotFit(node, $"input {index} must be floats with {rank} axes", index);
            if (index != X && Array.FindIndex(input.Floats!, value => !float.IsFinite(value)) is >= 0 and int at)
            {
                glue.NotFinite(node, $"number {at} of '{Words.Shown(node.InputAt(index))}' is infinite or not a number");
            }

            return input;
        }

        NamedTensor Floats(int index, int rank)
        {
            NamedTensor? input = Optional(index, rank);
            if (input is null) glue.Invalid(node, $"input {index} is missing");
            return input!;
        }

        void CheckShape(NamedTensor tensor, int index, string name, params ReadOnlySpan<long> expected)
        {
            for (int axis = 0; axis < expected.Length; axis++)
            {
                if (tensor.Shape[axis] == expected[axis]) continue;
                glue.DoesNotFit(node, $"{name} has the shape [{string.Join(", ", tensor.Shape)}]; [{string.Join(", ", expected.ToArray())}] was expected", index);
            }
        }

        T Refuse<T>(string what)
        {
            glue.Unsupported(node, what);
            return default!;
        }
    }

    /// <summary>The node's weights as a stack of one layer.</summary>
    public RecurrentStack ToStack()
    {
        var stack = new RecurrentStack(Config);
        for (int direction = 0; direction < Directions.Length; direction++) Directions[direction].CopyTo(stack, 0, direction, GateOrder.Onnx);
        return stack;
    }

    /// <summary>X as [T, B, I].</summary>
    public NamedTensor TimeFirst(NamedTensor x) => IsBatchFirst ? OnnxGlue.Permute(x, 1, 0, 2) : x;

    /// <summary>A state as [D, B, H], checked; null where there is none.</summary>
    public float[]? State(OnnxGlue glue, NamedTensor? state, int batch, string name)
    {
        if (state is null) return null;
        int directions = Config.DirectionCount;
        int[] expected = IsBatchFirst ? [batch, directions, Config.HiddenSize] : [directions, batch, Config.HiddenSize];
        if (state.Floats is null || !state.Shape.SequenceEqual(expected))
            glue.DoesNotFit(Node, $"{name} has the shape [{string.Join(", ", state.Shape)}]; floats [{string.Join(", ", expected)}] were expected");
        return (IsBatchFirst ? OnnxGlue.Permute(state, 1, 0, 2) : state).Floats;
    }

    /// <summary>The node's outputs Y, Y_h and Y_c out of a stack's.</summary>
    public NamedTensor[] Outputs(RecurrentOutputs outputs, int timeSteps, int batch)
    {
        int directions = Config.DirectionCount, hidden = Config.HiddenSize;
        var sequence = new NamedTensor("", [timeSteps, batch, directions, hidden], outputs.Output);
        NamedTensor y = IsBatchFirst ? OnnxGlue.Permute(sequence, 1, 0, 2, 3) : OnnxGlue.Permute(sequence, 0, 2, 1, 3);
        return outputs.Cell is { } cell ? [y, Last(outputs.Hidden), Last(cell)] : [y, Last(outputs.Hidden)];

        NamedTensor Last(float[] state)
        {
            var last = new NamedTensor("", [directions, batch, hidden], state);
            return IsBatchFirst ? OnnxGlue.Permute(last, 1, 0, 2) : last;
        }
    }

    private static float[] Part(NamedTensor tensor, int direction, int directions)
    {
        int length = tensor.Floats!.Length / directions;
        return tensor.Floats[(direction * length)..((direction + 1) * length)];
    }

    private static (CellKind Cell, ImmutableArray<Activation> Activations) ReadActivations(OnnxGlue glue, OnnxNode node, int directions)
    {
        CellKind cell = node.Operator switch { "LSTM" => CellKind.Lstm, "GRU" => CellKind.Gru, _ => CellKind.RnnTanh };
        ImmutableArray<Activation> plain = RecurrentStackConfig.PlainFunctions(cell);
        ImmutableArray<string> names = glue.Attribute(node, ActivationsName, OnnxAttributeType.Texts)?.Texts ?? [];
        ImmutableArray<float> alphas = Constants(AlphaName), betas = Constants(BetaName);
        if (names.IsEmpty)
        {
            if (alphas.Length + betas.Length > 0) glue.Unsupported(node, $"{AlphaName} or {BetaName} without {ActivationsName}");
            return (cell, []);
        }

        int expected = directions * plain.Length;
        if (names.Length != expected) glue.Invalid(node, $"it has {names.Length} activations; {expected} were expected");

        // The lists hold constants only for the functions that take one, in the functions' order; those that run out have their defaults.
        var functions = ImmutableArray.CreateBuilder<Activation>(expected);
        int alpha = 0, beta = 0;
        foreach (string name in names)
        {
            if (OnnxActivations.Find(name) is not { } rule)
            {
                glue.Unsupported(node, $"the activation '{Words.Shown(name)}'");
                break;
            }

            float a = rule.Alpha is not null && alpha < alphas.Length ? alphas[alpha++] : rule.Alpha ?? 0f;
            float b = rule.Beta is not null && beta < betas.Length ? betas[beta++] : rule.Beta ?? 0f;
            if (!float.IsFinite(a) || !float.IsFinite(b)) glue.Invalid(node, $"a constant of {name} is not finite");
            functions.Add(new Activation(rule.Kind, a, b));
        }

        if (alpha < alphas.Length || beta < betas.Length) glue.Invalid(node, $"{AlphaName} or {BetaName} has more constants than its activations take");
        bool isPlain = Enumerable.Range(0, expected).All(i => functions[i] == plain[i % plain.Length]);
        if (isPlain) return (cell, []);
        return cell == CellKind.RnnTanh && functions.All(f => f == Activation.Relu) ? (CellKind.RnnRelu, []) : (cell, functions.ToImmutable());

        ImmutableArray<float> Constants(string name) => glue.Attribute(node, name, OnnxAttributeType.Floats)?.Floats ?? [];
    }
}
