using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;

namespace TinySD.Formats;

/// <summary>Writes recurrent stacks as ONNX models: one LSTM, GRU or RNN node a layer, and between layers what puts the directions side by side.</summary>
/// <remarks>
/// Operator set 14, time and batch left open. Inputs and outputs are named and shaped as those of a stack: <c>input</c> [T, B, I], with states also <c>h0</c>
/// and <c>c0</c> [L D, B, H]; <c>output</c> [T, B, D H], <c>hn</c> and <c>cn</c>.
/// </remarks>
public static class OnnxWriter
{
    private const int IrVersion = 7, Opset = 14;

    // Protobuf's limit, with room for everything that is not weights.
    private const long MaxWeightBytes = int.MaxValue - (1 << 20);

    /// <summary>Writes a model whole or not at all; equal input gives equal bytes.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="stack">The stack.</param>
    /// <param name="withStates">Whether the initial states are inputs; if not, they are zero.</param>
    /// <exception cref="FileProblemException">The target cannot be written, or the model is larger than protobuf allows.</exception>
    public static void Write(string path, RecurrentStack stack, bool withStates)
    {
        if (!BitConverter.IsLittleEndian) Throw.BigEndian();
        if (TooLarge(path, stack.Config) is { } problem) Throw.Problem(problem);
        var graph = new Graph(stack.Config);
        for (int layer = 0; layer < stack.Config.LayerCount; layer++) graph.AddLayer(stack, layer, withStates);
        AtomicFile.Write(path, graph.Finish(withStates).Message);
    }

    /// <summary>Why a stack's weights do not fit into a file, or null where they do.</summary>
    internal static FileProblem? TooLarge(string path, RecurrentStackConfig config)
    {
        long weights = WeightCount(config);
        return weights * sizeof(float) <= MaxWeightBytes ? null : new(FileProblemKind.Unsupported, path,
            $"{path} was not written: {Words.Count(weights)} weights are more than an ONNX file can hold (2^31 bytes); export to .safetensors");
    }

    /// <summary>Numbers in the tensors W, R, B and P of all layers. B holds two biases for each of a stack's.</summary>
    internal static long WeightCount(RecurrentStackConfig config)
    {
        long hidden = config.HiddenSize, columns = config.Cell.GateCount() * hidden, total = 0;
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            long inputs = layer == 0 ? config.InputSize : config.OutputSize;
            total += config.DirectionCount * ((columns * (inputs + hidden + 2)) + (config.Peepholes ? 3 * hidden : 0));
        }

        return total;
    }

    private sealed class Graph(RecurrentStackConfig config)
    {
        private readonly ProtoWriter _graph = new();
        private readonly List<string> _hidden = [], _cells = [];
        private readonly bool _isLstm = config.Cell == CellKind.Lstm;
        private string _x = "input";

        public void AddLayer(RecurrentStack stack, int layer, bool withStates)
        {
            bool isLast = layer == config.LayerCount - 1;
            string name = string.Create(CultureInfo.InvariantCulture, $"layer{layer}");
            int directions = config.DirectionCount, hidden = config.HiddenSize, columns = config.Cell.GateCount() * hidden;
            ForeignWeights[] weights = [.. Enumerable.Range(0, directions).Select(d => ForeignWeights.From(stack, layer, d, GateOrder.Onnx))];
            int inputs = layer == 0 ? config.InputSize : config.OutputSize;
            Tensor($"{name}.W", [directions, columns, inputs], weights.SelectMany(w => w.Input));
            Tensor($"{name}.R", [directions, columns, hidden], weights.SelectMany(w => w.Recurrent));
            Tensor($"{name}.B", [directions, 2 * columns], weights.SelectMany(w => w.InputBias!.Concat(w.RecurrentBias!)));
            if (config.Peepholes) Tensor($"{name}.P", [directions, 3 * hidden], weights.SelectMany(w => w.Peephole!));

            var arguments = new List<string> { _x, $"{name}.W", $"{name}.R", $"{name}.B" };
            if (withStates || config.Peepholes) arguments.AddRange(["", withStates ? State("h0", name, layer) : ""]);
            if (_isLstm && (withStates || config.Peepholes)) arguments.Add(withStates ? State("c0", name, layer) : "");
            if (config.Peepholes) arguments.Add($"{name}.P");

            _hidden.Add(config.LayerCount == 1 ? "hn" : $"{name}.hn");
            if (_isLstm) _cells.Add(config.LayerCount == 1 ? "cn" : $"{name}.cn");
            string[] results = _isLstm ? [$"{name}.Y", _hidden[^1], _cells[^1]] : [$"{name}.Y", _hidden[^1]];
            _graph.Nested(OnnxGraphField.Node, Node(_isLstm ? "LSTM" : config.Cell == CellKind.Gru ? "GRU" : "RNN", name, arguments, results, Attributes()));

            // Y is [T, D, B, H]; the next layer, and the caller, want [T, B, D H].
            Add("Transpose", $"{name}.turn", [$"{name}.Y"], [$"{name}.T"], Integers("perm", [0, 2, 1, 3]));
            if (layer == 0) Tensor("flat", [3], [0L, 0L, -1L]);
            _x = isLast ? "output" : $"{name}.output";
            Add("Reshape", $"{name}.flatten", [$"{name}.T", "flat"], [_x]);
        }

        public ProtoWriter Finish(bool withStates)
        {
            if (config.LayerCount > 1)
            {
                Add("Concat", "hn.join", _hidden, ["hn"], Integer("axis", 0));
                if (_isLstm) Add("Concat", "cn.join", _cells, ["cn"], Integer("axis", 0));
            }

            int states = config.LayerCount * config.DirectionCount;
            _graph.Text(OnnxGraphField.Name, "recurrent-stack");
            Value(OnnxGraphField.Input, "input", "time", "batch", config.InputSize);
            if (withStates) Value(OnnxGraphField.Input, "h0", states, "batch", config.HiddenSize);
            if (withStates && _isLstm) Value(OnnxGraphField.Input, "c0", states, "batch", config.HiddenSize);
            Value(OnnxGraphField.Output, "output", "time", "batch", config.OutputSize);
            Value(OnnxGraphField.Output, "hn", states, "batch", config.HiddenSize);
            if (_isLstm) Value(OnnxGraphField.Output, "cn", states, "batch", config.HiddenSize);
            string[] writtenBy = TrainingRecord.ThisBuild.Split(' ');
            return new ProtoWriter()
                .Integer(OnnxModelField.IrVersion, IrVersion)
                .Text(OnnxModelField.ProducerName, writtenBy[0])
                .Text(OnnxModelField.ProducerVersion, writtenBy[^1])
                .Nested(OnnxModelField.Graph, _graph)
                .Nested(OnnxModelField.OpsetImport, new ProtoWriter().Text(OnnxModelField.OpsetDomain, "").Integer(OnnxModelField.OpsetVersion, Opset));
        }

        // The layer's part of an initial state [L D, B, H].
        private string State(string name, string layerName, int layer)
        {
            if (config.LayerCount == 1) return name;
            int directions = config.DirectionCount;
            string part = $"{layerName}.{name}";
            Tensor($"{part}.start", [1], [(long)layer * directions]);
            Tensor($"{part}.end", [1], [(long)(layer + 1) * directions]);
            if (layer == 0) Tensor($"{name}.axis", [1], [0L]);
            Add("Slice", part, [name, $"{part}.start", $"{part}.end", $"{name}.axis"], [$"{part}.part"]);
            return $"{part}.part";
        }

        private List<ProtoWriter> Attributes()
        {
            var attributes = new List<ProtoWriter> { Integer("hidden_size", config.HiddenSize), Text("direction", Spelling.Directions.NameOf(config.Direction)) };
            if (config.Clip > 0f) attributes.Add(Attribute("clip", OnnxAttributeType.Float).Float(OnnxAttributeField.Float, config.Clip));
            if (config.CoupledGates) attributes.Add(Integer("input_forget", 1));
            if (config.Cell == CellKind.Gru) attributes.Add(Integer("linear_before_reset", config.ResetBeforeProduct ? 0 : 1));
            if (config.Activations.IsEmpty && config.Cell != CellKind.RnnRelu) return attributes;

            ImmutableArray<Activation> functions = [.. Enumerable.Range(0, config.DirectionCount).SelectMany(d => config.FunctionsOf(d))];
            ProtoWriter names = Attribute("activations", OnnxAttributeType.Texts);
            var alphas = new List<float>();
            var betas = new List<float>();
            foreach (Activation f in functions)
            {
                OnnxActivation rule = OnnxActivations.Of(f.Kind);
                names.Text(OnnxAttributeField.Texts, rule.Name);
                if (rule.Alpha is not null) alphas.Add(f.Alpha);
                if (rule.Beta is not null) betas.Add(f.Beta);
            }

            attributes.Add(names);
            if (alphas.Count > 0) attributes.Add(Floats("activation_alpha", alphas));
            if (betas.Count > 0) attributes.Add(Floats("activation_beta", betas));
            return attributes;
        }

        private void Add(string type, string name, IEnumerable<string> inputs, IEnumerable<string> outputs, params List<ProtoWriter> attributes) =>
            _graph.Nested(OnnxGraphField.Node, Node(type, name, inputs, outputs, attributes));

        private static ProtoWriter Node(string type, string name, IEnumerable<string> inputs, IEnumerable<string> outputs, List<ProtoWriter> attributes)
        {
            var node = new ProtoWriter();
            foreach (string input in inputs) node.Text(OnnxNodeField.Input, input);
            foreach (string output in outputs) node.Text(OnnxNodeField.Output, output);
            node.Text(OnnxNodeField.Name, name).Text(OnnxNodeField.OpType, type);
            foreach (ProtoWriter attribute in attributes) node.Nested(OnnxNodeField.Attribute, attribute);
            return node;
        }

        private static ProtoWriter Attribute(string name, int type) =>
            new ProtoWriter().Text(OnnxAttributeField.Name, name).Integer(OnnxAttributeField.Type, type);

        private static ProtoWriter Integer(string name, long value) => Attribute(name, OnnxAttributeType.Integer).Integer(OnnxAttributeField.Integer, value);

        private static ProtoWriter Text(string name, string value) => Attribute(name, OnnxAttributeType.Text).Text(OnnxAttributeField.Text, value);

        private static ProtoWriter Integers(string name, ReadOnlySpan<long> values)
        {
            ProtoWriter attribute = Attribute(name, OnnxAttributeType.Integers);
            foreach (long value in values) attribute.Integer(OnnxAttributeField.Integers, value);
            return attribute;
        }

        private static ProtoWriter Floats(string name, List<float> values)
        {
            ProtoWriter attribute = Attribute(name, OnnxAttributeType.Floats);
            foreach (float value in values) attribute.Float(OnnxAttributeField.Floats, value);
            return attribute;
        }

        private void Tensor(string name, ReadOnlySpan<long> shape, IEnumerable<float> values) =>
            Tensor(name, shape, OnnxDataType.Binary32, MemoryMarshal.AsBytes<float>(values.ToArray()));

        private void Tensor(string name, ReadOnlySpan<long> shape, long[] values) =>
            Tensor(name, shape, OnnxDataType.Integer64, MemoryMarshal.AsBytes<long>(values));

        private void Tensor(string name, ReadOnlySpan<long> shape, int type, ReadOnlySpan<byte> raw)
        {
            var tensor = new ProtoWriter();
            foreach (long extent in shape) tensor.Integer(OnnxTensorField.Dims, extent);
            tensor.Integer(OnnxTensorField.DataType, type).Text(OnnxTensorField.Name, name).Bytes(OnnxTensorField.Raw, raw);
            _graph.Nested(OnnxGraphField.Initializer, tensor);
        }

        // An extent is a number, or a name for one that is left open.
        private void Value(int field, string name, params ReadOnlySpan<object> shape)
        {
            var extents = new ProtoWriter();
            foreach (object extent in shape)
            {
                ProtoWriter dimension = extent is string open
                    ? new ProtoWriter().Text(OnnxValueField.DimensionName, open)
                    : new ProtoWriter().Integer(OnnxValueField.DimensionValue, (int)extent);
                extents.Nested(OnnxValueField.ShapeDimension, dimension);
            }

            ProtoWriter tensor = new ProtoWriter().Integer(OnnxValueField.TensorElement, OnnxDataType.Binary32).Nested(OnnxValueField.TensorShape, extents);
            ProtoWriter type = new ProtoWriter().Nested(OnnxValueField.TypeTensor, tensor);
            _graph.Nested(field, new ProtoWriter().Text(OnnxValueField.Name, name).Nested(OnnxValueField.Type, type));
        }
    }
}
