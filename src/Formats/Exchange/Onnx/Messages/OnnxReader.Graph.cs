namespace TinySD.Formats.Exchange.Onnx.Messages;

/// <summary>Graphs, and what is in them.</summary>
internal sealed partial class OnnxReader
{
    // Graphs within graphs that are looked into, and characters of a node's name that messages show.
    private const int MaxDepth = 8, MaxShownName = 160;

    private OnnxGraph? ReadGraph(ProtoBytes message, int depth)
    {
        var nodes = ImmutableArray.CreateBuilder<OnnxNode>();
        var initializers = new Dictionary<string, OnnxTensor>(StringComparer.Ordinal);
        var inputs = ImmutableArray.CreateBuilder<OnnxValue>();
        var outputs = ImmutableArray.CreateBuilder<OnnxValue>();
        var names = new HashSet<(string Side, string Name)>();
        bool isWhole = Read(message, "graph", (ref reader) => reader.Field switch
        {
            OnnxGraphField.Node => reader.TryBytes(out ProtoBytes body) && Add(nodes, ReadNode(body, nodes.Count, depth)),
            OnnxGraphField.Initializer => reader.TryBytes(out ProtoBytes body) && AddInitializer(ReadTensor(body)),
            OnnxGraphField.SparseInitializer => reader.TryBytes(out ProtoBytes body) && AddInitializer(ReadSparse(body)),
            OnnxGraphField.Input => reader.TryBytes(out ProtoBytes body) && AddValue(inputs, ReadValue(body), "inputs", body.Offset),
            OnnxGraphField.Output => reader.TryBytes(out ProtoBytes body) && AddValue(outputs, ReadValue(body), "outputs", body.Offset),
            _ => reader.Skip(),
        });
        return !isWhole ? null : new OnnxGraph(nodes.ToImmutable(), initializers, inputs.ToImmutable(), outputs.ToImmutable());

        bool AddInitializer(OnnxTensor? tensor)
        {
            if (tensor is not null && !initializers.TryAdd(tensor.Name, tensor))
                _refusal ??= OnnxProblem.Invalid(_file, tensor.Offset, tensor.Name,
                    $"two initializers are named '{Words.Shown(tensor.Name)}'");
            return true;
        }

        bool AddValue(ImmutableArray<OnnxValue>.Builder values, OnnxValue? value, string side, long offset)
        {
            if (value is not null && !names.Add((side, value.Name)))
                _refusal ??= OnnxProblem.Invalid(_file, offset, value.Name,
                    $"two {side} of the graph are named '{Words.Shown(value.Name)}'");
            return Add(values, value);
        }
    }

    // A sparse tensor is listed by the tensor of its values, and refused by who needs it.
    private OnnxTensor? ReadSparse(ProtoBytes message)
    {
        OnnxTensor? tensor = null;
        bool isWhole = Read(message, "sparse_initializer", (ref reader) => reader.Field == OnnxTensorField.SparseValues
            ? reader.TryBytes(out ProtoBytes body) && Set(ref tensor, ReadTensor(body)) : reader.Skip());
        if (!isWhole || tensor is null) return null;
        return tensor.With(OnnxProblem.Unsupported(_file, message.Offset, tensor.Name,
            $"tensor '{Words.Shown(tensor.Name)}' is sparse, which is not read"));
    }

    private OnnxNode? ReadNode(ProtoBytes message, int index, int depth)
    {
        ImmutableArray<string>.Builder inputs = ImmutableArray.CreateBuilder<string>(), outputs = ImmutableArray.CreateBuilder<string>();
        var attributes = new Dictionary<string, OnnxAttribute>(StringComparer.Ordinal);
        string name = "", type = "", domain = "", overload = "";
        FileProblem? problem = null;
        bool isWhole = Read(message, "node", (ref reader) => reader.Field switch
        {
            OnnxNodeField.Input => AddText(ref reader, inputs),
            OnnxNodeField.Output => AddText(ref reader, outputs),
            OnnxNodeField.Name => reader.TryText(out name),
            OnnxNodeField.OpType => reader.TryText(out type),
            OnnxNodeField.Domain => reader.TryText(out domain),
            OnnxNodeField.Overload => reader.TryText(out overload),
            OnnxNodeField.Attribute => reader.TryBytes(out ProtoBytes body) && AddAttribute(body),
            _ => reader.Skip(),
        });
        if (!isWhole) return null;
        domain = Standard(domain);
        string called = domain.Length == 0 ? Words.Shown(type) : $"{Words.Shown(type)} of {Words.Shown(domain)}";
        string label = name.Length > 0 ? $"node '{Words.Shown(name, MaxShownName)}' ({called})" : $"node {index} ({called})";
        return new OnnxNode(type, label, inputs.ToImmutable(), outputs.ToImmutable(), attributes, message.Offset)
        { Domain = domain, Overload = overload, Problem = problem };

        bool AddAttribute(ProtoBytes body)
        {
            if (ReadAttribute(body, depth, ref problem) is { } attribute && !attributes.TryAdd(attribute.Name, attribute))
                problem ??= OnnxProblem.Invalid(_file, body.Offset, attribute.Name,
                    $"a node has the attribute '{Words.Shown(attribute.Name)}' twice");
            return true;
        }
    }

    private OnnxAttribute? ReadAttribute(ProtoBytes message, int depth, ref FileProblem? problem)
    {
        string name = "", text = "", reference = "";
        long type = 0, held = 0, integer = 0;
        float number = 0f;
        OnnxTensor? tensor = null;
        var floats = new List<float>();
        var integers = new List<long>();
        ImmutableArray<string>.Builder texts = ImmutableArray.CreateBuilder<string>();
        var graphs = ImmutableArray.CreateBuilder<OnnxGraph>();
        bool mixed = false;
        bool isWhole = Read(message, "attribute", (ref reader) =>
        {
            if (OnnxAttributeType.OfField(reader.Field) is > 0 and int found)
            {
                mixed |= held > 0 && held != found;
                held = found;
            }

            return reader.Field switch
            {
                OnnxAttributeField.Name => reader.TryText(out name),
                OnnxAttributeField.Type => reader.TryInteger(out type),
                OnnxAttributeField.Float => reader.TryFloat(out number),
                OnnxAttributeField.Integer => reader.TryInteger(out integer),
                OnnxAttributeField.Text => reader.TryText(out text),
                OnnxAttributeField.Floats => reader.TryFloats(floats, MaxNumbers),
                OnnxAttributeField.Integers => reader.TryIntegers(integers, MaxNumbers),
                OnnxAttributeField.Texts => AddText(ref reader, texts),
                OnnxAttributeField.ReferenceName => reader.TryText(out reference),
                OnnxAttributeField.Tensor => reader.TryBytes(out ProtoBytes body) && Set(ref tensor, ReadTensor(body)),
                OnnxAttributeField.Graph or OnnxAttributeField.Graphs when depth < MaxDepth =>
                    reader.TryBytes(out ProtoBytes body) && Add(graphs, ReadGraph(body, depth + 1)),
                _ => reader.Skip(),
            };
        });
        if (!isWhole) return null;

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
        string name = "";
        long dataType = 0;
        ImmutableArray<long> shape = default;
        bool isWhole = Read(message, "value", (ref reader) => reader.Field switch
        {
            OnnxValueField.Name => reader.TryText(out name),
            OnnxValueField.Type => Read(ref reader, "type", ReadType),
            _ => reader.Skip(),
        });
        return isWhole ? new OnnxValue(name, dataType, shape) : null;

        bool ReadType(ref ProtoReader type) => type.Field == OnnxValueField.TypeTensor
            ? Read(ref type, "type", (ref tensor) => tensor.Field switch
            {
                OnnxValueField.TensorElement => tensor.TryInteger(out dataType),
                OnnxValueField.TensorShape => tensor.TryBytes(out ProtoBytes extents) && Set(ref shape, ReadShape(extents)),
                _ => tensor.Skip(),
            })
            : type.Skip();
    }

    private ImmutableArray<long> ReadShape(ProtoBytes message)
    {
        ImmutableArray<long>.Builder shape = ImmutableArray.CreateBuilder<long>();
        return Read(message, "shape", (ref reader) => reader.Field == OnnxValueField.ShapeDimension ? AddExtent(ref reader) : reader.Skip())
            ? shape.ToImmutable() : [];

        bool AddExtent(ref ProtoReader reader)
        {
            long extent = -1;
            bool isWhole = Read(ref reader, "shape", (ref dimension) =>
                dimension.Field == OnnxValueField.DimensionValue ? dimension.TryInteger(out extent) : dimension.Skip());
            if (!isWhole) return false;
            if (shape.Count == OnnxTensor.MaxRank)
            {
                _refusal ??= OnnxProblem.Unsupported(_file, message.Offset, "shape",
                    $"an input or output has more than {OnnxTensor.MaxRank} axes");
                return false;
            }

            shape.Add(extent < 0 ? -1 : extent);
            return true;
        }
    }

    private OnnxTensor? ReadTensor(ProtoBytes body)
    {
        OnnxTensor? tensor = OnnxTensor.TryRead(_file, body, out FileProblem? damage);
        _problem ??= damage;
        return tensor;
    }

    private static bool Set<T>(ref T place, T value)
    {
        place = value;
        return true;
    }

    // Nothing is added where the reading has ended for good.
    private static bool Add<T>(ImmutableArray<T>.Builder list, T? item)
        where T : class
    {
        if (item is not null) list.Add(item);
        return true;
    }
}
