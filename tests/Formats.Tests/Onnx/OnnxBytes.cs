using System.Runtime.InteropServices;
using TinySD.Formats.Exchange.Onnx.Messages;

namespace TinySD.Formats.Tests;

/// <summary>Makes ONNX models for tests, as exporters do; that they are right is ONNX Runtime's to say.</summary>
internal sealed class OnnxBytes
{
    private readonly ProtoWriter _graph = new ProtoWriter().Text(OnnxGraphField.Name, "g");

    private readonly ProtoWriter _functions = new();

    public long Opset { get; init; } = 14;

    public long IrVersion { get; init; } = 7;

    public static ProtoWriter Integer(string name, long value) =>
        Attribute(name, OnnxAttributeType.Integer).Integer(OnnxAttributeField.Integer, value);

    public static ProtoWriter Float(string name, float value) =>
        Attribute(name, OnnxAttributeType.Float).Float(OnnxAttributeField.Float, value);

    public static ProtoWriter Text(string name, string value) =>
        Attribute(name, OnnxAttributeType.Text).Text(OnnxAttributeField.Text, value);

    public static ProtoWriter Texts(string name, params string[] values)
    {
        ProtoWriter attribute = Attribute(name, OnnxAttributeType.Texts);
        foreach (string value in values) attribute.Text(OnnxAttributeField.Texts, value);
        return attribute;
    }

    public static ProtoWriter Floats(string name, params float[] values)
    {
        ProtoWriter attribute = Attribute(name, OnnxAttributeType.Floats);
        foreach (float value in values) attribute.Float(OnnxAttributeField.Floats, value);
        return attribute;
    }

    public static ProtoWriter Integers(string name, params long[] values)
    {
        ProtoWriter attribute = Attribute(name, OnnxAttributeType.Integers);
        foreach (long value in values) attribute.Integer(OnnxAttributeField.Integers, value);
        return attribute;
    }

    /// <summary>An attribute that holds a tensor.</summary>
    public static ProtoWriter Value(string name, ProtoWriter tensor) =>
        Attribute(name, OnnxAttributeType.Tensor).Nested(OnnxAttributeField.Tensor, tensor);

    /// <summary>An attribute that holds a graph.</summary>
    public static ProtoWriter Body(string name, OnnxBytes graph) =>
        Attribute(name, OnnxAttributeType.Graph).Nested(OnnxAttributeField.Graph, graph._graph);

    /// <summary>An attribute of a node within a function that stands for an attribute of the call.</summary>
    public static ProtoWriter Reference(string name, int type, string called) =>
        Attribute(name, type).Text(OnnxAttributeField.ReferenceName, called);

    /// <summary>A node by itself, of any domain and with a name.</summary>
    public static ProtoWriter NodeOf(string domain, string type, string name, string[] inputs, string[] outputs,
        params ProtoWriter[] attributes)
    {
        var node = new ProtoWriter();
        foreach (string input in inputs) node.Text(OnnxNodeField.Input, input);
        foreach (string output in outputs) node.Text(OnnxNodeField.Output, output);
        if (name.Length > 0) node.Text(OnnxNodeField.Name, name);
        node.Text(OnnxNodeField.OpType, type);
        foreach (ProtoWriter attribute in attributes) node.Nested(OnnxNodeField.Attribute, attribute);
        return domain.Length > 0 ? node.Text(OnnxNodeField.Domain, domain) : node;
    }

    public OnnxBytes Node(string type, string[] inputs, string[] outputs, params ProtoWriter[] attributes) =>
        Add(NodeOf("", type, "", inputs, outputs, attributes));

    public OnnxBytes Add(ProtoWriter node)
    {
        _graph.Nested(OnnxGraphField.Node, node);
        return this;
    }

    /// <summary>A function of the domain <c>own</c>.</summary>
    public OnnxBytes Function(string name, string[] inputs, string[] outputs, ProtoWriter[] nodes, string[]? attributes = null,
        ProtoWriter[]? defaults = null, long opset = 0)
    {
        var function = new ProtoWriter().Text(OnnxFunctionField.Name, name).Text(OnnxFunctionField.Domain, "own");
        foreach (string input in inputs) function.Text(OnnxFunctionField.Input, input);
        foreach (string output in outputs) function.Text(OnnxFunctionField.Output, output);
        foreach (string attribute in attributes ?? []) function.Text(6, attribute);
        foreach (ProtoWriter node in nodes) function.Nested(OnnxFunctionField.Node, node);
        foreach (ProtoWriter value in defaults ?? []) function.Nested(OnnxFunctionField.Default, value);
        function.Nested(OnnxFunctionField.OpsetImport, Set("", opset == 0 ? Opset : opset))
            .Nested(OnnxFunctionField.OpsetImport, Set("own", 1));
        _functions.Nested(OnnxModelField.Functions, function);
        return this;
    }

    public OnnxBytes Constant(string name, long[] shape, float[] values) =>
        Constant(name, shape, OnnxDataType.Binary32, MemoryMarshal.AsBytes<float>(values));

    public OnnxBytes Constant(string name, long[] shape, long[] values) =>
        Constant(name, shape, OnnxDataType.Integer64, MemoryMarshal.AsBytes<long>(values));

    public OnnxBytes Constant(string name, long[] shape, int type, ReadOnlySpan<byte> raw) =>
        Constant(Tensor(name, shape, type).Bytes(OnnxTensorField.Raw, raw));

    public OnnxBytes Constant(ProtoWriter tensor)
    {
        _graph.Nested(OnnxGraphField.Initializer, tensor);
        return this;
    }

    public static ProtoWriter Tensor(string name, long[] shape, int type)
    {
        var tensor = new ProtoWriter();
        foreach (long extent in shape) tensor.Integer(OnnxTensorField.Dims, extent);
        return tensor.Integer(OnnxTensorField.DataType, type).Text(OnnxTensorField.Name, name);
    }

    /// <summary>A graph's input; an extent of -1 is left open.</summary>
    public OnnxBytes Input(string name, long[] shape, int type = OnnxDataType.Binary32) => Value(OnnxGraphField.Input, name, shape, type);

    /// <summary>A graph's output; of any shape where none is said.</summary>
    public OnnxBytes Output(string name, long[]? shape, int type = OnnxDataType.Binary32) =>
        Value(OnnxGraphField.Output, name, shape, type);

    public byte[] ToArray()
    {
        ProtoWriter model = new ProtoWriter()
            .Integer(OnnxModelField.IrVersion, _functions.Message.Length > 0 ? Math.Max(8, IrVersion) : IrVersion)
            .Text(OnnxModelField.ProducerName, "test")
            .Nested(OnnxModelField.Graph, _graph)
            .Nested(OnnxModelField.OpsetImport, Set("", Opset));
        if (_functions.Message.Length == 0) return model.Message.ToArray();
        model.Nested(OnnxModelField.OpsetImport, Set("own", 1));
        return [.. model.Message.Span, .. _functions.Message.Span];
    }

    public static ProtoWriter Attribute(string name, int type) =>
        new ProtoWriter().Text(OnnxAttributeField.Name, name).Integer(OnnxAttributeField.Type, type);

    private static ProtoWriter Set(string domain, long version) =>
        new ProtoWriter().Text(OnnxModelField.OpsetDomain, domain).Integer(OnnxModelField.OpsetVersion, version);

    private OnnxBytes Value(int field, string name, long[]? shape, int type)
    {
        var extents = new ProtoWriter();
        for (int axis = 0; axis < (shape?.Length ?? 0); axis++)
        {
            extents.Nested(OnnxValueField.ShapeDimension, shape![axis] < 0
                ? new ProtoWriter().Text(OnnxValueField.DimensionName, $"{name}{axis}")
                : new ProtoWriter().Integer(OnnxValueField.DimensionValue, shape[axis]));
        }

        ProtoWriter tensor = new ProtoWriter().Integer(OnnxValueField.TensorElement, type);
        if (shape is not null) tensor.Nested(OnnxValueField.TensorShape, extents);
        _graph.Nested(field, new ProtoWriter().Text(OnnxValueField.Name, name)
            .Nested(OnnxValueField.Type, new ProtoWriter().Nested(OnnxValueField.TypeTensor, tensor)));
        return this;
    }
}
