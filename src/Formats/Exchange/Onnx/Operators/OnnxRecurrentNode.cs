using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Models;

namespace TinySD.Formats.Exchange.Onnx.Operators;

/// <summary>An LSTM, GRU or RNN node of a graph, read: its attributes as a configuration, its weights, and how its tensors lie.</summary>
/// <param name="Node">The node.</param>
/// <param name="Config">A stack of one layer.</param>
/// <param name="Directions">The weights of each direction, in ONNX's order.</param>
/// <param name="IsBatchFirst"><c>layout</c> 1: X [B, T, I], Y [B, T, D, H], states [B, D, H].</param>
internal sealed record OnnxRecurrentNode(
    OnnxNode Node, RecurrentStackConfig Config, ImmutableArray<ForeignWeights> Directions, bool IsBatchFirst)
{
    // Inputs of the three operators.
    public const int X = 0, W = 1, R = 2, B = 3, Lengths = 4, InitialH = 5, InitialC = 6, P = 7;

    private const string DirectionName = "direction", ActivationsName = "activations";
    private const string AlphaName = "activation_alpha", BetaName = "activation_beta";

    /// <summary>Whether an operator is one of the three.</summary>
    public static bool Is(OnnxNode node) => node is { Domain: "", Operator: "LSTM" or "GRU" or "RNN" };

    /// <summary>Whether weights of a node are made of the graph's inputs.</summary>
    public static bool HasTaggedWeights(OnnxCall call) =>
        Array.Exists(new[] { W, R, B, P }, index => call.Optional(index) is { IsTagged: true });

    public static OnnxRecurrentNode Read(OnnxCall call)
    {
        OnnxNode node = call.Node;
        bool isLstm = node.Operator == "LSTM", isGru = node.Operator == "GRU";
        string own = isLstm ? "input_forget" : isGru ? "linear_before_reset" : "";
        string[] known = [AlphaName, BetaName, ActivationsName, "clip", DirectionName, "hidden_size", "layout", own];
        call.Check(known);
        string word = call.Text(DirectionName, "forward");
        if (!ModelSpelling.Directions.TryParse(word, out RecurrentDirection direction))
            call.Unsupported($"the direction '{Words.Shown(word)}'");
        int directions = direction == RecurrentDirection.Bidirectional ? 2 : 1, gates = isLstm ? 4 : isGru ? 3 : 1;
        long layout = call.Whole("layout", 0);
        if (layout is not (0 or 1)) call.Unsupported($"layout {layout}");

        OnnxArray x = Floats(X, 3), w = Floats(W, 3), r = Floats(R, 3);
        int hidden = r.Shape[2], width = w.Shape[2];
        if (hidden < 1 || width < 1) call.Invalid("it has no hidden units or no inputs");
        long announced = call.Whole("hidden_size", hidden);
        if (announced != hidden) call.Invalid($"hidden_size is {announced}, its weights R make {hidden}");
        long columns = (long)gates * hidden;
        CheckShape(w, W, nameof(W), directions, columns, width);
        CheckShape(r, R, nameof(R), directions, columns, hidden);
        if (x.Shape[2] != width) call.DoesNotFit($"X has {Words.Counted(x.Shape[2], "feature")}, W takes {width}", X, W);
        OnnxArray? bias = Optional(B, 2), peephole = isLstm ? Optional(P, 2) : null;
        if (bias is not null) CheckShape(bias, B, nameof(B), directions, 2 * columns);
        if (peephole is not null) CheckShape(peephole, P, nameof(P), directions, 3L * hidden);

        float clip = call.Number("clip", 0f);
        if (!(clip >= 0f && float.IsFinite(clip))) call.Invalid($"clip is {clip}");
        (CellKind cell, ImmutableArray<Activation> activations) = ReadActivations(call, directions);
        var config = new RecurrentStackConfig
        {
            Cell = cell,
            InputSize = width,
            HiddenSize = hidden,
            Direction = direction,
            ResetBeforeProduct = isGru && !call.Flag("linear_before_reset", false),
            CoupledGates = isLstm && call.Flag("input_forget", false),
            Peepholes = peephole is not null,
            Clip = clip,
            Activations = activations,
        };
        ForeignWeights[] weights =
        [
            .. Enumerable.Range(0, directions).Select(d => new ForeignWeights(
                Part(w, d, directions), Part(r, d, directions),
                bias is null ? null : Part(bias, d, directions)[..(int)columns],
                bias is null ? null : Part(bias, d, directions)[(int)columns..],
                peephole is null ? null : Part(peephole, d, directions))),
        ];
        return new OnnxRecurrentNode(node, config, [.. weights], layout == 1);

        OnnxArray? Optional(int index, int rank)
        {
            OnnxArray? input = call.Optional(index);
            if (input is null) return null;
            if (!input.IsFloating || input.Shape.Length != rank)
                call.DoesNotFit($"input {index} is {OnnxDataType.NameOf(input.Type)} {OnnxCall.Shown(input)}; " +
                    $"floats with {Words.Counted(rank, "axis")} were expected", index);
            if (input.Floats is null) input = new OnnxArray(OnnxDataType.Binary32, input.Shape.AsSpan(), input.ToFloats());
            if (index != X && Array.FindIndex(input.Floats!, value => !float.IsFinite(value)) is >= 0 and int at)
                call.NotFinite($"number {at} of '{Words.Shown(node.InputAt(index))}' is infinite or not a number");
            return input;
        }

        OnnxArray Floats(int index, int rank)
        {
            _ = call.Required(index);
            return Optional(index, rank)!;
        }

        void CheckShape(OnnxArray tensor, int index, string name, params ReadOnlySpan<long> expected)
        {
            for (int axis = 0; axis < expected.Length; axis++)
            {
                if (tensor.Shape[axis] == expected[axis]) continue;
                call.DoesNotFit($"{name} has the shape {OnnxCall.Shown(tensor)}; [{string.Join(", ", expected.ToArray())}] was expected",
                    index);
            }
        }
    }

    /// <summary>The node's weights as a stack of one layer.</summary>
    public RecurrentStack ToStack()
    {
        var stack = new RecurrentStack(Config);
        for (int direction = 0; direction < Directions.Length; direction++)
            Directions[direction].CopyTo(stack, 0, direction, GateOrder.Onnx);
        return stack;
    }

    /// <summary>X as [T, B, I].</summary>
    public OnnxArray TimeFirst(OnnxArray x) => IsBatchFirst ? x.Permuted(1, 0, 2) : x;

    /// <summary>A state as [D, B, H], checked; null where there is none.</summary>
    public float[]? State(OnnxCall call, int input, int batch)
    {
        if (call.Optional(input) is not { } state) return null;
        string name = input == InitialH ? "initial_h" : "initial_c";
        int directions = Config.DirectionCount;
        int[] expected = IsBatchFirst ? [batch, directions, Config.HiddenSize] : [directions, batch, Config.HiddenSize];
        if (!state.IsFloating || !state.Shape.SequenceEqual(expected))
        {
            int axis = IsBatchFirst ? 0 : 1;
            bool isOtherBatch = state.IsFloating && state.Rank == 3 && state.Shape[axis] != batch
                && state.Shape.SetItem(axis, batch).SequenceEqual(expected);
            call.DoesNotFit($"{name} has the shape {OnnxCall.Shown(state)}; floats [{string.Join(", ", expected)}] were expected" +
                (isOtherBatch ? $", because X has {Words.Counted(batch, "sequence")} and the state is of {state.Shape[axis]}" : ""));
        }

        float[] floats = (IsBatchFirst ? state.Permuted(1, 0, 2) : state).ToFloats();
        if (Array.FindIndex(floats, value => !float.IsFinite(value)) is >= 0 and int at)
            call.NotFinite($"number {at} of {name} is infinite or not a number");
        return floats;
    }

    /// <summary>The node's outputs Y, Y_h and Y_c out of a stack's.</summary>
    public OnnxArray[] Outputs(RecurrentOutputs outputs, int timeSteps, int batch)
    {
        int directions = Config.DirectionCount, hidden = Config.HiddenSize;
        var sequence = new OnnxArray(OnnxDataType.Binary32, [timeSteps, batch, directions, hidden], outputs.Output);
        OnnxArray y = IsBatchFirst ? sequence.Permuted(1, 0, 2, 3) : sequence.Permuted(0, 2, 1, 3);
        return outputs.Cell is { } cell ? [y, Last(outputs.Hidden), Last(cell)] : [y, Last(outputs.Hidden)];

        OnnxArray Last(float[] state)
        {
            var last = new OnnxArray(OnnxDataType.Binary32, [directions, batch, hidden], state);
            return IsBatchFirst ? last.Permuted(1, 0, 2) : last;
        }
    }

    private static float[] Part(OnnxArray tensor, int direction, int directions)
    {
        int length = tensor.Length / directions;
        return tensor.Floats![(direction * length)..((direction + 1) * length)];
    }

    private static (CellKind Cell, ImmutableArray<Activation> Activations) ReadActivations(OnnxCall call, int directions)
    {
        CellKind cell = call.Node.Operator switch { "LSTM" => CellKind.Lstm, "GRU" => CellKind.Gru, _ => CellKind.RnnTanh };
        ImmutableArray<Activation> plain = RecurrentStackConfig.PlainFunctions(cell);
        ImmutableArray<string> names = call.Attribute(ActivationsName, OnnxAttributeType.Texts)?.Texts ?? [];
        ImmutableArray<float> alphas = Constants(AlphaName), betas = Constants(BetaName);
        if (names.IsEmpty)
        {
            if (alphas.Length + betas.Length > 0) call.Unsupported($"{AlphaName} or {BetaName} without {ActivationsName}");
            return (cell, []);
        }

        int expected = directions * plain.Length;
        if (names.Length != expected) call.Invalid($"it has {Words.Counted(names.Length, "activation")}; expected {expected}");

        // The lists hold constants only for the functions that take one, in the functions' order; those that run out have their defaults.
        var functions = ImmutableArray.CreateBuilder<Activation>(expected);
        int alpha = 0, beta = 0;
        foreach (string name in names)
        {
            if (NamedActivations.Find(name) is not { } rule)
            {
                call.Unsupported($"the activation '{Words.Shown(name)}'");
                break;
            }

            float a = rule.Alpha is not null && alpha < alphas.Length ? alphas[alpha++] : rule.Alpha ?? 0f;
            float b = rule.Beta is not null && beta < betas.Length ? betas[beta++] : rule.Beta ?? 0f;
            if (!float.IsFinite(a) || !float.IsFinite(b)) call.Invalid($"a constant of {name} is not finite");
            functions.Add(new Activation(rule.Kind, a, b));
        }

        if (alpha < alphas.Length || beta < betas.Length)
            call.Invalid($"{AlphaName} or {BetaName} has more constants than its activations take");
        bool isPlain = Enumerable.Range(0, expected).All(i => functions[i] == plain[i % plain.Length]);
        if (isPlain) return (cell, []);
        return cell == CellKind.RnnTanh && functions.ToImmutable().All(f => f == Activation.Relu)
            ? (CellKind.RnnRelu, [])
            : (cell, functions.ToImmutable());

        ImmutableArray<float> Constants(string name) => call.Attribute(name, OnnxAttributeType.Floats)?.Floats ?? [];
    }
}
