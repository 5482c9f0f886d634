using System.Collections.Immutable;

namespace TinySD.Formats.Exchange.Onnx.Messages;

/// <summary>Graphs, and what is in them.</summary>
internal sealed partial class OnnxReader
{
    // Graphs within graphs that are looked into, and characters of a node's name that messages show.
    private const int MaxDepth = 8, MaxShownName = 160;

    private OnnxGraph? ReadGraph(ProtoBytes message, int depth)
    {
        var reader = new ProtoReader(message);
        var nodes = ImmutableArray.CreateBuilder<OnnxNode>();
        var initializers = new Dictionary<string, OnnxTensor>(StringComparer.Ordinal);
        var inputs = ImmutableArray.CreateBuilder<OnnxValue>();
        var outputs = ImmutableArray.CreateBuilder<OnnxValue>();
        var names = new HashSet<(string Side, string Name)>();
        while (Next(ref reader))
        {
            switch (reader.Field)
            {
                case OnnxGraphField.Node when reader.TryBytes(out ProtoBytes body):
                    if (ReadNode(body, nodes.Count, depth) is { } node) nodes.Add(node);
                    break;
                case OnnxGraphField.Initializer when reader.TryBytes(out ProtoBytes body):
                    AddInitializer(OnnxTensor.TryRead(_file, body, out FileProblem? damage), damage);
                    break;
                case OnnxGraphField.SparseInitializer when reader.TryBytes(out ProtoBytes body):
                    AddInitializer(ReadSparse(body), null);
                    break;
                case OnnxGraphField.Input when reader.TryBytes(out ProtoBytes body):
                    if (ReadValue(body) is { } input) Add(inputs, input, "inputs", body.Offset);
                    break;
                case OnnxGraphField.Output when reader.TryBytes(out ProtoBytes body):
                    if (ReadValue(body) is { } output) Add(outputs, output, "outputs", body.Offset);
                    break;
                default:
                    Skip(ref reader);
                    break;
            }
        }

        return IsWhole(reader, "graph")
            ? new OnnxGraph(nodes.ToImmutable(), initializers, inputs.ToImmutable(), outputs.ToImmutable())
            : null;

        void AddInitializer(OnnxTensor? tensor, FileProblem? damage)
        {
            _problem ??= damage;
            if (tensor is not null && !initializers.TryAdd(tensor.Name, tensor))
                _refusal ??= OnnxProblem.Invalid(_file, tensor.Offset, tensor.Name,
                    $"two initializers are named '{Words.Shown(tensor.Name)}'");
        }

        void Add(ImmutableArray<OnnxValue>.Builder values, OnnxValue value, string side, long offset)
        {
            values.Add(value);
            if (!names.Add((side, value.Name)))
                _refusal ??= OnnxProblem.Invalid(_file, offset, value.Name,
                    $"two {side} of the graph are named '{Words.Shown(value.Name)}'");
        }
    }

    // A sparse tensor is listed by the tensor of its values, and refused by who needs it.
    private OnnxTensor? ReadSparse(ProtoBytes message)
    {
        var reader = new ProtoReader(message);
        OnnxTensor? tensor = null;
        while (Next(ref reader))
        {
            if (reader.Field == OnnxTensorField.SparseValues && reader.TryBytes(out ProtoBytes body))
            {
                tensor = OnnxTensor.TryRead(_file, body, out FileProblem? damage);
                _problem ??= damage;
                continue;
            }

            Skip(ref reader);
        }

        if (!IsWhole(reader, "sparse_initializer") || tensor is null) return null;
        return tensor.With(OnnxProblem.Unsupported(_file, message.Offset, tensor.Name,
            $"tensor '{Words.Shown(tensor.Name)}' is sparse, which is not read"));
    }

    private OnnxNode? ReadNode(ProtoBytes message, int index, int depth)
    {
        var reader = new ProtoReader(message);
        ImmutableArray<string>.Builder inputs = ImmutableArray.CreateBuilder<string>(), outputs = ImmutableArray.CreateBuilder<string>();
        var attributes = new Dictionary<string, OnnxAttribute>(StringComparer.Ordinal);
        string name = "", type = "", domain = "", overload = "";
        FileProblem? problem = null;
        while (Next(ref reader))
        {
            switch (reader.Field)
            {
                case OnnxNodeField.Input:
                    AddText(ref reader, inputs);
                    break;
                case OnnxNodeField.Output:
                    AddText(ref reader, outputs);
                    break;
                case OnnxNodeField.Name:
                    reader.TryText(out name);
                    break;
                case OnnxNodeField.OpType:
                    reader.TryText(out type);
                    break;
                case OnnxNodeField.Domain:
                    reader.TryText(out domain);
                    break;
                case OnnxNodeField.Overload:
                    reader.TryText(out overload);
                    break;
                case OnnxNodeField.Attribute when reader.TryBytes(out ProtoBytes body):
                    if (ReadAttribute(body, depth, ref problem) is { } attribute && !attributes.TryAdd(attribute.Name, attribute))
                        problem ??= OnnxProblem.Invalid(_file, body.Offset, attribute.Name,
                            $"a node has the attribute '{Words.Shown(attribute.Name)}' twice");
                    break;
                default:
                    Skip(ref reader);
                    break;
            }
        }

        if (!IsWhole(reader, "node")) return null;
        domain = Standard(domain);
        string called = domain.Length == 0 ? Words.Shown(type) : $"{Words.Shown(type)} of {Words.Shown(domain)}";
        string label = name.Length > 0 ? $"node '{Words.Shown(name, MaxShownName)}' ({called})" : $"node {index} ({called})";
        return new OnnxNode(type, label, inputs.ToImmutable(), outputs.ToImmutable(), attributes, message.Offset)
        {
            Domain = domain,
            Overload = overload,
            Problem = problem,
        };
    }

    private OnnxAttribute? ReadAttribute(ProtoBytes message, int depth, ref FileProblem? problem)
    {
        var reader = new ProtoReader(message);
        string name = "", text = "", reference = "";
        long type = 0, held = 0, integer = 0;
        float number = 0f;
        OnnxTensor? tensor = null;
        var floats = new List<float>();
        var integers = new List<long>();
        ImmutableArray<string>.Builder texts = ImmutableArray.CreateBuilder<string>();
        var graphs = ImmutableArray.CreateBuilder<OnnxGraph>();
        bool mixed = false;
        while (Next(ref reader))
        {
            if (OnnxAttributeType.OfField(reader.Field) is > 0 and int found)
            {
                mixed |= held > 0 && held != found;
                held = found;
            }

            switch (reader.Field)
            {
                case OnnxAttributeField.Name:
                    reader.TryText(out name);
                    break;
                case OnnxAttributeField.Type:
                    reader.TryInteger(out type);
                    break;
                case OnnxAttributeField.Float:
                    reader.TryFloat(out number);
                    break;
                case OnnxAttributeField.Integer:
                    reader.TryInteger(out integer);
                    break;
                case OnnxAttributeField.Text:
                    reader.TryText(out text);
                    break;
                case OnnxAttributeField.Floats:
                    reader.TryFloats(floats, MaxNumbers);
                    break;
                case OnnxAttributeField.Integers:
                    reader.TryIntegers(integers, MaxNumbers);
                    break;
                case OnnxAttributeField.Texts:
                    AddText(ref reader, texts);
                    break;
                case OnnxAttributeField.ReferenceName:
                    reader.TryText(out reference);
                    break;
                case OnnxAttributeField.Tensor when reader.TryBytes(out ProtoBytes body):
                    tensor = OnnxTensor.TryRead(_file, body, out FileProblem? damage);
                    _problem ??= damage;
                    break;
                case OnnxAttributeField.Graph or OnnxAttributeField.Graphs when depth < MaxDepth && reader.TryBytes(out ProtoBytes body):
                    if (ReadGraph(body, depth + 1) is { } graph) graphs.Add(graph);
                    break;
                default:
                    Skip(ref reader);
                    break;
            }
        }

        if (!IsWhole(reader, "attribute")) return null;
        // Writers of the first years leave the type out; those of today may leave out a value that is 0 or an empty list.
        if (type == 0) type = held;
        if (reference.Length == 0 && (mixed || (held > 0 && held != type)))
        {
            problem ??= OnnxProblem.Invalid(_file, message.Offset, name,
                $"the attribute '{Words.Shown(name)}' is {OnnxAttributeType.NameOf(type)} and holds " +
                $"{(mixed ? "values of several types" : OnnxAttributeType.NameOf(held))}");
        }

        return new OnnxAttribute(name, type, message.Offset)
        {
            Float = number,
            Integer = integer,
            Text = text,
            Tensor = tensor,
            Floats = [.. floats],
            Integers = [.. integers],
            Texts = texts.ToImmutable(),
            Graphs = graphs.ToImmutable(),
            Reference = reference,
        };
    }

    // ValueInfoProto: a name, and within its type a tensor's element type and shape.
    private OnnxValue? ReadValue(ProtoBytes message)
    {
        var reader = new ProtoReader(message);
        string name = "";
        long dataType = 0;
        ImmutableArray<long> shape = default;
        while (Next(ref reader))
        {
            if (reader.Field == OnnxValueField.Name) reader.TryText(out name);
            else if (reader.Field == OnnxValueField.Type && reader.TryBytes(out ProtoBytes type)) ReadType(type, ref dataType, ref shape);
            else Skip(ref reader);
        }

        return IsWhole(reader, "value") ? new OnnxValue(name, dataType, shape) : null;
    }

    private void ReadType(ProtoBytes message, ref long dataType, ref ImmutableArray<long> shape)
    {
        var reader = new ProtoReader(message);
        while (Next(ref reader))
        {
            if (reader.Field != OnnxValueField.TypeTensor || !reader.TryBytes(out ProtoBytes body))
            {
                Skip(ref reader);
                continue;
            }

            var tensor = new ProtoReader(body);
            while (Next(ref tensor))
            {
                if (tensor.Field == OnnxValueField.TensorElement) tensor.TryInteger(out dataType);
                else if (tensor.Field == OnnxValueField.TensorShape && tensor.TryBytes(out ProtoBytes extents)) shape = ReadShape(extents);
                else Skip(ref tensor);
            }

            if (!IsWhole(tensor, "type")) return;
        }

        IsWhole(reader, "type");
    }

    private ImmutableArray<long> ReadShape(ProtoBytes message)
    {
        var reader = new ProtoReader(message);
        ImmutableArray<long>.Builder shape = ImmutableArray.CreateBuilder<long>();
        while (Next(ref reader))
        {
            if (reader.Field != OnnxValueField.ShapeDimension || !reader.TryBytes(out ProtoBytes body))
            {
                Skip(ref reader);
                continue;
            }

            var dimension = new ProtoReader(body);
            long extent = -1;
            while (Next(ref dimension))
            {
                if (dimension.Field == OnnxValueField.DimensionValue) dimension.TryInteger(out extent);
                else Skip(ref dimension);
            }

            if (!IsWhole(dimension, "shape")) break;
            if (shape.Count == OnnxTensor.MaxRank)
            {
                _refusal ??= OnnxProblem.Unsupported(_file, message.Offset, "shape",
                    $"an input or output has more than {OnnxTensor.MaxRank} axes");
                break;
            }

            shape.Add(extent < 0 ? -1 : extent);
        }

        return IsWhole(reader, "shape") ? shape.ToImmutable() : [];
    }
}
