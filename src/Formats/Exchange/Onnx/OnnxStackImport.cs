using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Onnx.Operators;
using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Exchange.Onnx;

/// <summary>Finds out whether a graph is a plain stack, by running it on numbered elements.</summary>
/// <remarks>The nodes around recurrent ones only move numbers, so where each came from can be read off: every element of the graph's inputs
/// and of every recurrent node's outputs is given a number of its own, and each node's input must be exactly the numbers, in the order,
/// that the layer below gave out. So nothing depends on which nodes an exporter puts between two layers, and what is no stack is not taken
/// for one.</remarks>
internal sealed class OnnxStackImport
{
    // Where the graph leaves time and batch open: two sizes that no product of others equals by accident would hide a mistake.
    private const int TimeSteps = 3, Batch = 2;

    // What lengths are given, which no count of steps is.
    private const int Lengths = -1;

    private const int MaxLayers = 64;

    // Looking into a graph should cost little whatever it asks for.
    private const int MostTags = 1 << 20;

    // A graph may name the same numbers as an output a thousand times: all outputs together may take so many looks at a number.
    private const long MaxLooks = 1 << 24;

    private readonly OnnxModel _model;
    private readonly OnnxTags _tags;
    private readonly ImmutableArray<OnnxNode> _nodes;
    private readonly Dictionary<string, OnnxNode> _takers = new(StringComparer.Ordinal);
    private readonly List<OnnxRecurrentNode> _layers = [];
    private readonly Dictionary<string, (int First, int Count)> _inputTags = new(StringComparer.Ordinal);
    private readonly List<(int First, int Count)> _hiddenTags = [], _cellTags = [];

    // Inputs of the graph that layers start from, and up to which number they have been given out.
    private readonly Dictionary<int, (string State, int UpTo)> _states = [];
    // How many ones the inputs have that may be masks.
    private readonly HashSet<long> _maskSizes = [];
    private (int First, int Count) _top;
    private int _timeSteps, _batch;

    private OnnxStackImport(OnnxModel model, ImmutableArray<OnnxNode> nodes)
    {
        _model = model;
        _nodes = nodes;
        _tags = new OnnxTags(model.Path, OnnxTags.FirstTag + MostTags);
        foreach (OnnxNode node in nodes.Where(node => node.Operator is not ("Shape" or "Size")))
        {
            foreach (string input in node.Inputs) _takers.TryAdd(input, node);
        }
    }

    public static RecurrentStack Run(OnnxModel model, ImmutableArray<OnnxNode> nodes) => new OnnxStackImport(model, nodes).Run();

    private RecurrentStack Run()
    {
        List<OnnxArray> outputs = OnnxGraphRun.Look(_model, _nodes, Probe, AddLayer);
        if (_layers.Count == 0) Refuse("graph", "it has no LSTM, GRU or RNN node");
        if (_layers.Count > MaxLayers) Refuse("graph", $"it has {_layers.Count} layers; a stack has {MaxLayers} at most");
        if (_model.Graph.Outputs.Length * (long)_tags.Count > MaxLooks)
            Refuse("graph", $"it has {_model.Graph.Outputs.Length} outputs; a stack has three");
        for (int i = 0; i < outputs.Count; i++) CheckOutput(_model.Graph.Outputs[i].Name, outputs[i]);
        RecurrentStackConfig config = _layers[0].Config with { LayerCount = _layers.Count };
        var stack = new RecurrentStack(config);
        for (int layer = 0; layer < _layers.Count; layer++)
        {
            for (int direction = 0; direction < config.DirectionCount; direction++)
                _layers[layer].Directions[direction].CopyTo(stack, layer, direction, GateOrder.Onnx);
        }

        return stack;
    }

    // An input of the graph, its elements numbered; what its open extents are is found by who takes it.
    private OnnxArray Probe(OnnxValue input)
    {
        if (input.Shape.IsDefault) Refuse(input.Name, $"the graph does not say what shape its input '{Words.Shown(input.Name)}' has");
        OnnxNode? taker = Taker(input.Name);
        int at = taker is not null && OnnxRecurrentNode.Is(taker) ? taker.Inputs.IndexOf(input.Name) : -1;
        if (at is OnnxRecurrentNode.W or OnnxRecurrentNode.R or OnnxRecurrentNode.B or OnnxRecurrentNode.P)
            Refuse(input.Name, $"the weights '{Words.Shown(input.Name)}' are an input of the graph and not in the file; " +
                "only 'run' takes such models");
        int[] shape = ProbeShape(input, taker);
        long count = OnnxArray.CountOf(shape);
        if (input.DataType == OnnxDataType.Boolean || OnnxDataType.IsInteger(input.DataType))
        {
            // Lengths, which any node but a recurrent one would fall over; or a mask of full sequences, which makes lengths.
            if (count > MostTags) Refuse(input.Name, $"its input '{Words.Shown(input.Name)}' is too large to be looked into");
            bool isMask = shape.Length > 1 || input.DataType == OnnxDataType.Boolean;
            long[] integers = new long[count];
            Array.Fill(integers, isMask ? 1 : Lengths);
            if (isMask) _maskSizes.Add(count);
            return new OnnxArray(input.DataType, shape, integers) { IsTagged = true };
        }

        (int First, int Count) tags = _tags.Take(input.Name, count);
        _inputTags.Add(input.Name, tags);
        long type = OnnxDataType.IsFloating(input.DataType) ? input.DataType : OnnxDataType.Binary32;
        Array numbers = type == OnnxDataType.Binary64
            ? Array.ConvertAll(OnnxTags.Numbered(tags), tag => (double)tag) : OnnxTags.Numbered(tags);
        return new OnnxArray(type, shape, numbers) { IsTagged = true };
    }

    // The first node that takes a value's numbers and does more than pass them on.
    private OnnxNode? Taker(string name)
    {
        while (true)
        {
            OnnxNode? taker = _takers.GetValueOrDefault(name);
            if (taker is not { Operator: "Identity" or "Cast" or "Dropout" } || taker.OutputAt(0).Length == 0) return taker;
            name = taker.Outputs[0];
        }
    }

    // Open extents get numbers by the axes' likely meaning; a wrong guess ends in a node's refusal or does not matter.
    private static int[] ProbeShape(OnnxValue input, OnnxNode? taker)
    {
        bool isBatchFirst = IsBatchFirst(taker), isLengths = input.Shape.Length == 1 && !OnnxDataType.IsFloating(input.DataType);
        bool isState = taker is not null && OnnxRecurrentNode.Is(taker) && taker.Inputs.IndexOf(input.Name) > OnnxRecurrentNode.Lengths;
        int directions = taker?.Attributes.GetValueOrDefault("direction")?.Text == "bidirectional" ? 2 : 1;
        int outer = isState ? directions : TimeSteps;
        int[] sizes = isLengths || IsCutState(input, taker) ? [Batch, Batch] : isBatchFirst ? [Batch, outer] : [outer, Batch];
        return [.. input.Shape.Select((extent, axis) => extent >= 0 ? (int)Math.Min(extent, int.MaxValue) : Open(axis))];

        int Open(int axis) => axis < sizes.Length ? sizes[axis] : 1;
    }

    private static bool IsBatchFirst(OnnxNode? taker) => taker is not null
        && ((taker.Operator == "Transpose" && taker.Attributes.GetValueOrDefault("perm")?.Integers is [1, 0, 2])
            || (OnnxRecurrentNode.Is(taker) && taker.Attributes.GetValueOrDefault("layout")?.Integer == 1));

    // An input that is cut by layers before a node takes it is a state, and its one open extent is the batch.
    private static bool IsCutState(OnnxValue input, OnnxNode? taker) =>
        input.Shape.Count(extent => extent < 0) == 1 && taker is { Operator: "Slice" or "Split" or "Gather" or "Unsqueeze" };

    private OnnxArray[] AddLayer(OnnxCall call, OnnxRecurrentNode node)
    {
        OnnxArray x = node.TimeFirst(call.Required(OnnxRecurrentNode.X));
        string label = node.Node.Label;
        if (OnnxRecurrentNode.HasTaggedWeights(call))
            Refuse(label, $"weights of {label} depend on an input of the graph; only 'run' takes such models");
        if (_layers.Count == 0)
        {
            (_timeSteps, _batch) = (x.Shape[0], x.Shape[1]);
            if (_timeSteps < 1 || _batch < 1) Refuse(label, $"the input of {label} is empty");
            CheckInput(label, x);
        }
        else
        {
            CheckLike(node);
            CheckChained(label, x);
        }

        CheckLengths(call);
        CheckState(call, node, OnnxRecurrentNode.InitialH);
        if (node.Node.Operator == "LSTM") CheckState(call, node, OnnxRecurrentNode.InitialC);
        _layers.Add(node);

        RecurrentStackConfig config = node.Config;
        _top = _tags.Take(label, (long)_timeSteps * _batch * config.OutputSize);
        long states = (long)_batch * config.OutputSize;
        (int First, int Count) hidden = _tags.Take(label, states), cell = _tags.Take(label, states);
        _hiddenTags.Add(hidden);
        _cellTags.Add(cell);
        float[]? cells = node.Node.Operator == "LSTM" ? OnnxTags.Numbered(cell) : null;
        return node.Outputs(new RecurrentOutputs(OnnxTags.Numbered(_top), OnnxTags.Numbered(hidden), cells), _timeSteps, _batch);
    }

    // Lengths are the caller's to give, as they are or as a mask whose ones the graph counts along an axis; of full length they say
    // nothing.
    private void CheckLengths(OnnxCall call)
    {
        if (call.Optional(OnnxRecurrentNode.Lengths) is not { } lengths) return;
        long[] values = lengths.Integers ?? [];
        bool isOutside = values.Length > 0 && Array.TrueForAll(values, length => length == values[0])
            && (values[0] == _timeSteps || (lengths.IsTagged && (values[0] == Lengths || _maskSizes.Contains(values[0] * values.Length))));
        if (!isOutside) Refuse(call.Node.Label, $"{call.Node.Label} has sequence lengths of its own; a stack is given them from outside");
    }

    // The first layer's X: all of one input of the graph, its axes perhaps in another order.
    private void CheckInput(string label, OnnxArray x)
    {
        float[] tags = x.ToFloats();
        foreach ((int first, int count) in _inputTags.Values)
        {
            if (tags.Length != count || tags[0] != first) continue;
            int time = Jump(x.Shape[0], x.Shape[1] * x.Shape[2]), sequence = Jump(x.Shape[1], x.Shape[2]), feature = Jump(x.Shape[2], 1);
            bool isWhole = true;
            for (int t = 0, at = 0; t < x.Shape[0]; t++)
            {
                for (int b = 0; b < x.Shape[1]; b++)
                {
                    for (int i = 0; i < x.Shape[2]; i++, at++)
                        isWhole &= tags[at] == first + ((long)t * time) + ((long)b * sequence) + ((long)i * feature);
                }
            }

            if (isWhole && _tags.AreDistinct(tags)) return;
        }

        Refuse(label, $"the input of {label}, the first layer, is not an input of the graph");

        int Jump(int extent, int distance) => extent > 1 ? (int)(tags[distance] - tags[0]) : 0;
    }

    private void CheckChained(string label, OnnxArray x)
    {
        float[] tags = x.ToFloats();
        bool isBelow = x.Shape[0] == _timeSteps && x.Shape[1] == _batch && tags.Length == _top.Count;
        for (int i = 0; isBelow && i < _top.Count; i++) isBelow = tags[i] == _top.First + i;
        if (!isBelow) Refuse(label, $"the input of {label} is not the output of the layer before it; a stack is a chain of layers");
    }

    private void CheckLike(OnnxRecurrentNode node)
    {
        (RecurrentStackConfig first, RecurrentStackConfig next) = (_layers[0].Config, node.Config);
        string? unlike = first.Cell != next.Cell ? "kind"
            : first.HiddenSize != next.HiddenSize ? "hidden size"
            : first.Direction != next.Direction ? "direction"
            : first.ResetBeforeProduct != next.ResetBeforeProduct ? "linear_before_reset"
            : first.CoupledGates != next.CoupledGates ? "input_forget"
            : first.Peepholes != next.Peepholes ? "peepholes"
            : first.Clip != next.Clip ? "clip"
            : !first.Activations.AsSpan().SequenceEqual(next.Activations.AsSpan()) ? "activations" : null;
        if (unlike is not null)
            Refuse(node.Node.Label, $"{node.Node.Label} is of another {unlike} than the layers before it; the layers of a stack are alike");
    }

    // Zeros, or the caller's: one input of the graph for h or for c, layer after layer.
    private void CheckState(OnnxCall call, OnnxRecurrentNode node, int index)
    {
        string label = node.Node.Label, name = index == OnnxRecurrentNode.InitialH ? "initial_h" : "initial_c";
        string neither = $"{name} of {label} is neither zero nor of one input of the graph; " +
            "a stack starts from zero or from what it is given";

        // Zeros in the file are zeros for any number of sequences.
        if (call.Optional(index) is { IsTagged: false, IsFloating: true, Rank: 3, Length: > 0 } constant)
        {
            if (Array.TrueForAll(constant.ToFloats(), value => value == 0f)) return;
            Refuse(label, neither);
        }

        if (node.State(call, index, _batch) is not { } state || Array.TrueForAll(state, value => value == 0f)) return;
        (int First, int Count)? source = _inputTags.Values.Cast<(int First, int Count)?>()
            .FirstOrDefault(tags => state[0] >= tags!.Value.First && state[0] < tags.Value.First + tags.Value.Count);
        if (source is not { } input || !_tags.AreDistinct(state)
            || Array.Exists(state, tag => tag < input.First || tag >= input.First + input.Count))
            Refuse(label, neither);
        (string State, int UpTo) before = _states.GetValueOrDefault(source!.Value.First, (name, 0));
        if (before.State != name || state[0] <= before.UpTo || !OnnxTags.IsInOrder(state,
            [node.Config.DirectionCount, _batch, node.Config.HiddenSize]))
            Refuse(label, $"{name} of {label} is not its own part of an input of the graph, in the order of the layers; " +
                "a stack is given h0 and c0 layer by layer");
        _states[source.Value.First] = (name, (int)state[0]);
    }

    private void CheckOutput(string name, OnnxArray value)
    {
        float[]? tags = value.IsFloating ? value.ToFloats() : null;
        bool isOurs = tags is not null && _tags.AreDistinct(tags) && OnnxTags.IsInOrder(tags, value.Shape.AsSpan())
            && (IsAll(tags, [_top]) || IsMost(tags, _hiddenTags) || IsMost(tags, _cellTags));
        if (!isOurs) Refuse(name, $"its output '{Words.Shown(name)}' is neither the top layer's output nor the layers' last states");

        static bool IsAll(float[] tags, List<(int First, int Count)> ranges) =>
            tags.Length == ranges.Sum(r => r.Count) && Within(tags, ranges);

        // The last state of some layers only is a part of hn, which the stack gives whole.
        static bool IsMost(float[] tags, List<(int First, int Count)> ranges) =>
            tags.Length >= ranges.Min(r => r.Count) && Within(tags, ranges);

        static bool Within(float[] tags, List<(int First, int Count)> ranges) =>
            Array.TrueForAll(tags, tag => ranges.Exists(r => tag >= r.First && tag < r.First + r.Count));
    }

    private void Refuse(string part, string message) => Throw.Problem(OnnxProblem.Unsupported(_model.Path, 0, part, message));
}
