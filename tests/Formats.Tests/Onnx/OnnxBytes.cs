using System.Runtime.InteropServices;

namespace TinySD.Formats.Tests;

/// <summary>Makes ONNX models for tests, as exporters do; that they are right is ONNX Runtime's to say.</summary>
internal sealed class OnnxBytes
{
    private readonly ProtoWriter _graph = new ProtoWriter().Text(OnnxGraphField.Name, "g");

    public long Opset { get; init; } = 14;

    public static ProtoWriter Integer(string name, long value) => Attribute(name, OnnxAttributeType.Integer).Integer(OnnxAttributeField.Integer, value);

    public static ProtoWriter Float(string name, float value) => Attribute(name, OnnxAttributeType.Float).Float(OnnxAttributeField.Float, value);

    public static ProtoWriter Text(string name, string value) => Attribute(name, OnnxAttributeType.Text).Text(OnnxAttributeField.Text, value);

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

    public OnnxBytes Node(string type, string[] inputs, string[] outputs, params ProtoWriter[] attributes)
    {
        var node = new ProtoWriter();
        foreach (string input in inputs) node.Text(OnnxNodeField.Input, input);
        foreach (string output in outputs) node.Text(OnnxNodeField.Output, output);
        node.Text(OnnxNodeField.OpType, type);
        foreach (ProtoWriter attribute in attributes) node.Nested(OnnxNodeField.Attribute, attribute);
        _graph.Nested(OnnxGraphField.Node, node);
        return this;
    }

    public OnnxBytes Constant(string name, long[] shape, float[] values) => Constant(name, shape, OnnxDataType.Binary32, MemoryMarshal.AsBytes<float>(values));

    public OnnxBytes Constant(string name, long[] shape, long[] values) => Constant(name, shape, OnnxDataType.Integer64, MemoryMarshal.AsBytes<long>(values));

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

    public OnnxBytes Output(string name, long[] shape, int type = OnnxDataType.Binary32) => Value(OnnxGraphField.Output, name, shape, type);

    public byte[] ToArray() => new ProtoWriter()
        .Integer(OnnxModelField.IrVersion, 7)
        .Text(OnnxModelField.ProducerName, "test")
        .Nested(OnnxModelField.Graph, _graph)
        .Nested(OnnxModelField.OpsetImport, new ProtoWriter().Text(OnnxModelField.OpsetDomain, "").Integer(OnnxModelField.OpsetVersion, Opset))
        .Message.ToArray();

    public static ProtoWriter Attribute(string name, int type) =>
        new ProtoWriter().Text(OnnxAttributeField.Name, name).Integer(OnnxAttributeField.Type, type);

    private OnnxBytes Value(int field, string name, long[] shape, int type)
    {
        var extents = new ProtoWriter();
        for (int axis = 0; axis < shape.Length; axis++)
        {
            extents.Nested(OnnxValueField.ShapeDimension, shape[axis] < 0
                ? new ProtoWriter().Text(OnnxValueField.DimensionName, $"{name}{axis}")
                : new ProtoWriter().Integer(OnnxValueField.DimensionValue, shape[axis]));
        }

        ProtoWriter tensor = new ProtoWriter().Integer(OnnxValueField.TensorElement, type).Nested(OnnxValueField.TensorShape, extents);
        _graph.Nested(field, new ProtoWriter().Text(OnnxValueField.Name, name).Nested(OnnxValueField.Type, new ProtoWriter().Nested(OnnxValueField.TypeTensor, tensor)));
        return this;
    }
}
