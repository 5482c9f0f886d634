using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;
using TinySD.Formats.Models;

namespace TinySD.Formats.Exchange.Onnx;

/// <summary>Adds recurrent layers to an ONNX graph: one LSTM, GRU or RNN node a layer, and behind it what puts the directions side by
/// side.</summary>
/// <param name="graph">The graph.</param>
/// <param name="stacks">The layers, from the lowest, in stacks of layers that are alike.</param>
/// <param name="takesStates">Whether the initial states are inputs of the graph; if not, they are zero.</param>
/// <param name="givesStates">Whether the last states are outputs.</param>
/// <remarks>Where all layers are alike, their states are one tensor each, <c>h0</c>, <c>c0</c>, <c>hn</c>, <c>cn</c> [L D, B, H]; else each
/// layer has tensors of its own, <c>layer0.h0</c> [D, B, H] and so on.</remarks>
internal sealed class OnnxRecurrentLayers(OnnxGraphBuilder graph, IReadOnlyList<RecurrentStack> stacks, bool takesStates, bool givesStates)
{
    private readonly List<string> _hidden = [], _cells = [];
    private readonly bool _isLstm = stacks[0].Config.Cell == CellKind.Lstm;
    private readonly bool _areAlike = stacks.Count == 1;
    private readonly int _layers = stacks.Sum(stack => stack.Config.LayerCount);

    /// <summary>Adds the nodes.</summary>
    /// <param name="input">The value that the lowest takes, [T, B, I].</param>
    /// <param name="output">The value that the top gives, [T, B, D H].</param>
    public void Add(string input, string output)
    {
        int number = 0;
        string x = input;
        foreach (RecurrentStack stack in stacks)
        {
            for (int layer = 0; layer < stack.Config.LayerCount; layer++, number++)
            {
                string name = NameOf(number), y = number == _layers - 1 ? output : $"{name}.output";
                AddLayer(stack, layer, number, x, y);
                x = y;
            }
        }

        if (!givesStates || !_areAlike || _layers == 1) return;
        graph.Add("Concat", "hn.join", _hidden, ["hn"], OnnxGraphBuilder.Integer("axis", 0));
        if (_isLstm) graph.Add("Concat", "cn.join", _cells, ["cn"], OnnxGraphBuilder.Integer("axis", 0));
    }

    /// <summary>Names the states that the graph takes.</summary>
    public void AddInputs()
    {
        if (takesStates) AddStates(OnnxGraphField.Input, "h0", "c0");
    }

    /// <summary>Names the states that the graph gives.</summary>
    public void AddOutputs()
    {
        if (givesStates) AddStates(OnnxGraphField.Output, "hn", "cn");
    }

    private static string NameOf(int layer) => string.Create(CultureInfo.InvariantCulture, $"layer{layer}");

    private void AddStates(int field, string hidden, string cell)
    {
        int number = 0;
        foreach (RecurrentStack stack in stacks)
        {
            RecurrentStackConfig config = stack.Config;
            int tensors = _areAlike ? 1 : config.LayerCount, states = (_areAlike ? config.LayerCount : 1) * config.DirectionCount;
            for (int i = 0; i < tensors; i++, number++)
            {
                string before = _areAlike ? "" : $"{NameOf(number)}.";
                graph.Value(field, before + hidden, OnnxDataType.Binary32, states, "batch", config.HiddenSize);
                if (_isLstm) graph.Value(field, before + cell, OnnxDataType.Binary32, states, "batch", config.HiddenSize);
            }
        }
    }

    private void AddLayer(RecurrentStack stack, int layer, int number, string x, string output)
    {
        RecurrentStackConfig config = stack.Config;
        string name = NameOf(number);
        int directions = config.DirectionCount, hidden = config.HiddenSize, columns = config.Cell.GateCount() * hidden;
        ForeignWeights[] weights = [.. Enumerable.Range(0, directions).Select(d => ForeignWeights.From(stack, layer, d, GateOrder.Onnx))];
        int inputs = layer == 0 ? config.InputSize : config.OutputSize;
        graph.Tensor($"{name}.W", [directions, columns, inputs], [.. weights.SelectMany(w => w.Input)]);
        graph.Tensor($"{name}.R", [directions, columns, hidden], [.. weights.SelectMany(w => w.Recurrent)]);
        graph.Tensor($"{name}.B", [directions, 2 * columns], [.. weights.SelectMany(w => w.InputBias!.Concat(w.RecurrentBias!))]);
        if (config.Peepholes) graph.Tensor($"{name}.P", [directions, 3 * hidden], [.. weights.SelectMany(w => w.Peephole!)]);

        var arguments = new List<string> { x, $"{name}.W", $"{name}.R", $"{name}.B" };
        if (takesStates || config.Peepholes) arguments.AddRange(["", takesStates ? State("h0", config, number) : ""]);
        if (_isLstm && (takesStates || config.Peepholes)) arguments.Add(takesStates ? State("c0", config, number) : "");
        if (config.Peepholes) arguments.Add($"{name}.P");

        var results = new List<string> { $"{name}.Y" };
        if (givesStates)
        {
            bool isWhole = _areAlike && _layers == 1;
            _hidden.Add(isWhole ? "hn" : $"{name}.hn");
            results.Add(_hidden[^1]);
            if (_isLstm) _cells.Add(isWhole ? "cn" : $"{name}.cn");
            if (_isLstm) results.Add(_cells[^1]);
        }

        graph.Add(_isLstm ? "LSTM" : config.Cell == CellKind.Gru ? "GRU" : "RNN", name, arguments, results, Attributes(config));

        // Y is [T, D, B, H]; the next layer, and the caller, want [T, B, D H].
        graph.Add("Transpose", $"{name}.turn", [$"{name}.Y"], [$"{name}.T"], OnnxGraphBuilder.Integers("perm", 0, 2, 1, 3));
        if (number == 0) graph.Tensor("flat", [3], [0L, 0L, -1L]);
        graph.Add("Reshape", $"{name}.flatten", [$"{name}.T", "flat"], [output]);
    }

    // The layer's part of an initial state [L D, B, H].
    private string State(string name, RecurrentStackConfig config, int number)
    {
        if (!_areAlike) return $"{NameOf(number)}.{name}";
        if (_layers == 1) return name;
        int directions = config.DirectionCount;
        string part = $"{NameOf(number)}.{name}";
        graph.Tensor($"{part}.start", [1], [(long)number * directions]);
        graph.Tensor($"{part}.end", [1], [(long)(number + 1) * directions]);
        if (number == 0) graph.Tensor($"{name}.axis", [1], [0L]);
        graph.Add("Slice", part, [name, $"{part}.start", $"{part}.end", $"{name}.axis"], [$"{part}.part"]);
        return $"{part}.part";
    }

    private static List<ProtoWriter> Attributes(RecurrentStackConfig config)
    {
        var attributes = new List<ProtoWriter>
        {
            OnnxGraphBuilder.Integer("hidden_size", config.HiddenSize),
            OnnxGraphBuilder.Text("direction", ModelSpelling.Directions.NameOf(config.Direction)),
        };
        if (config.Clip > 0f) attributes.Add(OnnxGraphBuilder.Float("clip", config.Clip));
        if (config.CoupledGates) attributes.Add(OnnxGraphBuilder.Integer("input_forget", 1));
        if (config.Cell == CellKind.Gru) attributes.Add(OnnxGraphBuilder.Integer("linear_before_reset", config.ResetBeforeProduct ? 0 : 1));
        if (config.Activations.IsEmpty && config.Cell != CellKind.RnnRelu) return attributes;

        var functions = new List<Activation>();
        for (int direction = 0; direction < config.DirectionCount; direction++) functions.AddRange(config.FunctionsOf(direction));
        var names = new List<string>();
        List<float> alphas = [], betas = [];
        foreach (Activation function in functions)
        {
            NamedActivation rule = NamedActivations.Of(function.Kind);
            names.Add(rule.Name);
            if (rule.Alpha is not null) alphas.Add(function.Alpha);
            if (rule.Beta is not null) betas.Add(function.Beta);
        }

        attributes.Add(OnnxGraphBuilder.Texts("activations", names));
        if (alphas.Count > 0) attributes.Add(OnnxGraphBuilder.Floats("activation_alpha", [.. alphas]));
        if (betas.Count > 0) attributes.Add(OnnxGraphBuilder.Floats("activation_beta", [.. betas]));
        return attributes;
    }
}
