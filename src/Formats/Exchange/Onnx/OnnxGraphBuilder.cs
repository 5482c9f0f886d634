using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Models;

namespace TinySD.Formats.Exchange.Onnx;

/// <summary>Builds an ONNX graph, node by node; nodes are run in the order in which they are added.</summary>
internal sealed class OnnxGraphBuilder
{
    private const int IrVersion = 7, Opset = 14;

    private readonly ProtoWriter _graph = new();

    /// <summary>Adds a node.</summary>
    /// <param name="type">The operator.</param>
    /// <param name="name">Unique in the graph.</param>
    /// <param name="inputs">Names of values; an empty one is left out.</param>
    /// <param name="outputs">Names of values, each made once.</param>
    /// <param name="attributes">See <see cref="Integer"/> and the like.</param>
    public void Add(
        string type, string name, IEnumerable<string> inputs, IEnumerable<string> outputs, params IEnumerable<ProtoWriter> attributes)
    {
        var node = new ProtoWriter();
        foreach (string input in inputs) node.Text(OnnxNodeField.Input, input);
        foreach (string output in outputs) node.Text(OnnxNodeField.Output, output);
        node.Text(OnnxNodeField.Name, name).Text(OnnxNodeField.OpType, type);
        foreach (ProtoWriter attribute in attributes) node.Nested(OnnxNodeField.Attribute, attribute);
        _graph.Nested(OnnxGraphField.Node, node);
    }

    public void Tensor(string name, ReadOnlySpan<long> shape, float[] values) =>
        Tensor(name, shape, OnnxDataType.Binary32, MemoryMarshal.AsBytes<float>(values));

    public void Tensor(string name, ReadOnlySpan<long> shape, long[] values) =>
        Tensor(name, shape, OnnxDataType.Integer64, MemoryMarshal.AsBytes<long>(values));

    /// <summary>Adds an input or an output of the graph.</summary>
    /// <param name="field">Which of both: a field of <see cref="OnnxGraphField"/>.</param>
    /// <param name="name">The value's name.</param>
    /// <param name="type">A type of <see cref="OnnxDataType"/>.</param>
    /// <param name="shape">Each extent a number, or a name for one that is left open.</param>
    public void Value(int field, string name, int type, params ReadOnlySpan<object> shape)
    {
        var extents = new ProtoWriter();
        foreach (object extent in shape)
        {
            ProtoWriter dimension = extent is string open
                ? new ProtoWriter().Text(OnnxValueField.DimensionName, open)
                : new ProtoWriter().Integer(OnnxValueField.DimensionValue, (int)extent);
            extents.Nested(OnnxValueField.ShapeDimension, dimension);
        }

        ProtoWriter tensor = new ProtoWriter().Integer(OnnxValueField.TensorElement, type).Nested(OnnxValueField.TensorShape, extents);
        ProtoWriter typed = new ProtoWriter().Nested(OnnxValueField.TypeTensor, tensor);
        _graph.Nested(field, new ProtoWriter().Text(OnnxValueField.Name, name).Nested(OnnxValueField.Type, typed));
    }

    /// <summary>The whole model.</summary>
    public ReadOnlyMemory<byte> Finish(string name, IReadOnlyDictionary<string, string>? metadata = null)
    {
        _graph.Text(OnnxGraphField.Name, name);
        string[] writtenBy = TrainingRecord.ThisBuild.Split(' ');
        ProtoWriter model = new ProtoWriter()
            .Integer(OnnxModelField.IrVersion, IrVersion)
            .Text(OnnxModelField.ProducerName, writtenBy[0])
            .Text(OnnxModelField.ProducerVersion, writtenBy[^1])
            .Nested(OnnxModelField.Graph, _graph)
            .Nested(OnnxModelField.OpsetImport,
                new ProtoWriter().Text(OnnxModelField.OpsetDomain, "").Integer(OnnxModelField.OpsetVersion, Opset));
        foreach ((string key, string value) in metadata?.OrderBy(entry => entry.Key, StringComparer.Ordinal).AsEnumerable() ?? [])
        {
            var entry = new ProtoWriter().Text(OnnxModelField.MetadataKey, key).Text(OnnxModelField.MetadataValue, value);
            model.Nested(OnnxModelField.Metadata, entry);
        }

        return model.Message;
    }

    public static ProtoWriter Integer(string name, long value) =>
        Attribute(name, OnnxAttributeType.Integer).Integer(OnnxAttributeField.Integer, value);

    public static ProtoWriter Float(string name, float value) =>
        Attribute(name, OnnxAttributeType.Float).Float(OnnxAttributeField.Float, value);

    public static ProtoWriter Text(string name, string value) =>
        Attribute(name, OnnxAttributeType.Text).Text(OnnxAttributeField.Text, value);

    public static ProtoWriter Integers(string name, params ReadOnlySpan<long> values)
    {
        ProtoWriter attribute = Attribute(name, OnnxAttributeType.Integers);
        foreach (long value in values) attribute.Integer(OnnxAttributeField.Integers, value);
        return attribute;
    }

    public static ProtoWriter Floats(string name, IEnumerable<float> values)
    {
        ProtoWriter attribute = Attribute(name, OnnxAttributeType.Floats);
        foreach (float value in values) attribute.Float(OnnxAttributeField.Floats, value);
        return attribute;
    }

    public static ProtoWriter Texts(string name, IEnumerable<string> values)
    {
        ProtoWriter attribute = Attribute(name, OnnxAttributeType.Texts);
        foreach (string value in values) attribute.Text(OnnxAttributeField.Texts, value);
        return attribute;
    }

    private static ProtoWriter Attribute(string name, int type) =>
        new ProtoWriter().Text(OnnxAttributeField.Name, name).Integer(OnnxAttributeField.Type, type);

    private void Tensor(string name, ReadOnlySpan<long> shape, int type, ReadOnlySpan<byte> raw)
    {
        var tensor = new ProtoWriter();
        foreach (long extent in shape) tensor.Integer(OnnxTensorField.Dims, extent);
        tensor.Integer(OnnxTensorField.DataType, type).Text(OnnxTensorField.Name, name).Bytes(OnnxTensorField.Raw, raw);
        _graph.Nested(OnnxGraphField.Initializer, tensor);
    }
}
