using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace TinySD.Formats;

/// <summary>Reads ONNX files, trusting nothing; unknown fields are passed over, as protobuf asks.</summary>
/// <remarks>
/// A message of two bytes becomes an object of a hundred, so the number of messages is capped: a recurrent network has some dozens. The depth is
/// fixed, because subgraphs are not read.
/// </remarks>
internal sealed class OnnxReader
{
    /// <summary>Operators changed last at these versions: RNNs at 7, 14 and 22; older and later sets are refused.</summary>
    public const int FirstOpset = 7, LastOpset = 25;

    private const int MaxParts = 20_000, MaxNumbers = 4096, MaxTexts = 256;

    private readonly string _file;
    private int _parts;
    private FileProblem? _problem;

    private OnnxReader(string file) => _file = file;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">What it says; it keeps the file's bytes in memory.</param>
    /// <param name="problem">Why it is refused.</param>
    public static bool TryOpen(string path, [NotNullWhen(true)] out OnnxModel? model, [NotNullWhen(false)] out FileProblem? problem)
    {
        model = null;
        if (!SystemErrors.TryOpen(path, out SafeFileHandle? handle, out problem)) return false;
        using (handle)
        {
            long length;
            try
            {
                length = RandomAccess.GetLength(handle);
            }
            catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
            {
                problem = SystemErrors.WhileReading(path, exception);
                return false;
            }

            if (length == 0)
            {
                problem = new(FileProblemKind.Empty, path, $"{path} is empty; an ONNX model was expected") { Offset = 0 };
                return false;
            }

            if (length > Array.MaxLength)
            {
                problem = OnnxProblem.Unsupported(path, 0, "file", $"it has {length} bytes, and protobuf's limit is 2^31");
                return false;
            }

            byte[] bytes = new byte[length];
            return FileBytes.TryRead(path, handle, bytes, 0, out problem) && TryRead(path, bytes, out model, out problem);
        }
    }

    /// <summary>Reads a model from memory.</summary>
    /// <param name="path">Named in problems.</param>
    /// <param name="bytes">All of it; kept.</param>
    /// <param name="model">What it says.</param>
    /// <param name="problem">Why it is refused.</param>
    public static bool TryRead(
        string path, ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out OnnxModel? model, [NotNullWhen(false)] out FileProblem? problem)
    {
        var reader = new OnnxReader(path);
        model = reader.ReadModel(new ProtoBytes(bytes, 0));
        problem = reader._problem;
        return model is not null && problem is null;
    }

    private OnnxModel? ReadModel(ProtoBytes message)
    {
        var reader = new ProtoReader(message);
        OnnxGraph? graph = null;
        string producer = "", version = "";
        long? opset = null;
        while (Next(ref reader))
        {
            switch (reader.Field)
            {
                case OnnxModelField.ProducerName:
                    reader.TryText(out producer);
                    break;
                case OnnxModelField.ProducerVersion:
                    reader.TryText(out version);
                    break;
                case OnnxModelField.OpsetImport when reader.TryBytes(out ProtoBytes set):
                    ReadOpset(set, ref opset);
                    break;
                case OnnxModelField.Graph when reader.TryBytes(out ProtoBytes body):
                    if (graph is not null) return Fail<OnnxModel>(OnnxProblem.Invalid(_file, reader.FieldOffset, "graph", "it has two graphs"));
                    graph = ReadGraph(body);
                    break;
                default:
                    Skip(ref reader);
                    break;
            }
        }

        if (!IsWhole(reader, "model")) return null;
        if (graph is null) return Fail<OnnxModel>(OnnxProblem.Damaged(_file, 0, "model", "it has no graph"));
        if (opset is null)
            return Fail<OnnxModel>(OnnxProblem.Invalid(_file, 0, "opset_import", "it does not say which version of the standard operators it uses"));
        if (opset is < FirstOpset or > LastOpset)
        {
            return Fail<OnnxModel>(OnnxProblem.Unsupported(_file, 0, "opset_import",
                $"it uses version {opset} of the standard operators; {FirstOpset} to {LastOpset} are read"));
        }

        string writtenBy = version.Length > 0 ? $"{producer} {version}" : producer;
        return new OnnxModel(_file, message.Bytes.Length, opset.Value, writtenBy, graph);
    }

    private void ReadOpset(ProtoBytes message, ref long? opset)
    {
        var reader = new ProtoReader(message);
        string domain = "";
        long version = 0;
        while (Next(ref reader))
        {
            if (reader.Field == OnnxModelField.OpsetDomain) reader.TryText(out domain);
            else if (reader.Field == OnnxModelField.OpsetVersion) reader.TryInteger(out version);
            else reader.Skip();
        }

        if (IsWhole(reader, "opset_import") && IsStandard(domain)) opset = version;
    }

    private OnnxGraph? ReadGraph(ProtoBytes message)
    {
        var reader = new ProtoReader(message);
        var nodes = ImmutableArray.CreateBuilder<OnnxNode>();
        var initializers = new Dictionary<string, OnnxTensor>(StringComparer.Ordinal);
        ImmutableArray<OnnxValue>.Builder inputs = ImmutableArray.CreateBuilder<OnnxValue>(), outputs = ImmutableArray.CreateBuilder<OnnxValue>();
        var names = new HashSet<(string Side, string Name)>();
        while (Next(ref reader))
        {
            switch (reader.Field)
            {
                case OnnxGraphField.Node when reader.TryBytes(out ProtoBytes body):
                    if (ReadNode(body, nodes.Count) is { } node) nodes.Add(node);
                    break;
                case OnnxGraphField.Initializer when reader.TryBytes(out ProtoBytes body):
                    if (OnnxTensor.TryRead(_file, body, out FileProblem? problem) is not { } tensor) _problem ??= problem;
                    else if (!initializers.TryAdd(tensor.Name, tensor))
                        _problem ??= OnnxProblem.Invalid(_file, body.Offset, tensor.Name, $"two initializers are named '{Words.Shown(tensor.Name)}'");
                    break;
                case OnnxGraphField.SparseInitializer:
                    _problem ??= OnnxProblem.Unsupported(_file, reader.FieldOffset, "sparse_initializer", "it has sparse initializers");
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

        return IsWhole(reader, "graph") ? new OnnxGraph(nodes.ToImmutable(), initializers, inputs.ToImmutable(), outputs.ToImmutable()) : null;

        void Add(ImmutableArray<OnnxValue>.Builder values, OnnxValue value, string side, long offset)
        {
            values.Add(value);
            if (!names.Add((side, value.Name))) _problem ??= OnnxProblem.Invalid(_file, offset, value.Name, $"two {side} of the graph are named '{Words.Shown(value.Name)}'");
        }
    }

    private OnnxNode? ReadNode(ProtoBytes message, int index)
    {
        var reader = new ProtoReader(message);
        ImmutableArray<string>.Builder inputs = ImmutableArray.CreateBuilder<string>(), outputs = ImmutableArray.CreateBuilder<string>();
        var attributes = new Dictionary<string, OnnxAttribute>(StringComparer.Ordinal);
        string name = "", type = "", domain = "";
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
                case OnnxNodeField.Attribute when reader.TryBytes(out ProtoBytes body):
                    if (ReadAttribute(body) is { } attribute && !attributes.TryAdd(attribute.Name, attribute))
                        _problem ??= OnnxProblem.Invalid(_file, body.Offset, attribute.Name, $"a node has the attribute '{Words.Shown(attribute.Name)}' twice");
                    break;
                default:
                    Skip(ref reader);
                    break;
            }
        }

        if (!IsWhole(reader, "node")) return null;
        string label = name.Length > 0 ? $"node '{Words.Shown(name)}' ({Words.Shown(type)})" : $"node {index} ({Words.Shown(type)})";
        return IsStandard(domain)
            ? new OnnxNode(type, label, inputs.ToImmutable(), outputs.ToImmutable(), attributes, message.Offset)
            : Fail<OnnxNode>(OnnxProblem.Unsupported(_file, message.Offset, label, $"{label} is an operator of '{Words.Shown(domain)}', and only standard operators are read"));
    }

    private OnnxAttribute? ReadAttribute(ProtoBytes message)
    {
        var reader = new ProtoReader(message);
        string name = "", text = "", reference = "";
        long type = 0, held = 0, integer = 0;
        float number = 0f;
        OnnxTensor? tensor = null;
        var floats = new List<float>();
        var integers = new List<long>();
        ImmutableArray<string>.Builder texts = ImmutableArray.CreateBuilder<string>();
        bool graph = false, mixed = false;
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
                    tensor = OnnxTensor.TryRead(_file, body, out FileProblem? problem);
                    _problem ??= problem;
                    break;
                case OnnxAttributeField.Graph or OnnxAttributeField.Graphs:
                    graph = true;
                    Skip(ref reader);
                    break;
                default:
                    Skip(ref reader);
                    break;
            }
        }

        if (!IsWhole(reader, "attribute")) return null;
        if (graph || reference.Length > 0)
        {
            return Fail<OnnxAttribute>(OnnxProblem.Unsupported(_file, message.Offset, name,
                $"the attribute '{Words.Shown(name)}' holds a graph or refers to a function's; neither is read"));
        }

        // Writers of the first years leave the type out; those of today may leave out a value that is 0 or an empty list.
        if (type == 0) type = held;
        if (mixed || (held > 0 && held != type))
        {
            return Fail<OnnxAttribute>(OnnxProblem.Invalid(_file, message.Offset, name,
                $"the attribute '{Words.Shown(name)}' is {OnnxAttributeType.NameOf(type)} and holds {(mixed ? "values of several types" : OnnxAttributeType.NameOf(held))}"));
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
                _problem ??= OnnxProblem.Unsupported(_file, message.Offset, "shape", $"an input or output has more than {OnnxTensor.MaxRank} axes");
                break;
            }

            shape.Add(extent < 0 ? -1 : extent);
        }

        return IsWhole(reader, "shape") ? shape.ToImmutable() : [];
    }

    private static void AddText(ref ProtoReader reader, ImmutableArray<string>.Builder texts)
    {
        if (texts.Count == MaxTexts) reader.Fail($"field {reader.Field} has more than {MaxTexts} texts");
        else if (reader.TryText(out string text)) texts.Add(text);
    }

    private static bool IsStandard(string domain) => domain is "" or "ai.onnx";

    // A field whose value was read when it could be; what could not has left its fault in the reader.
    private static void Skip(ref ProtoReader reader)
    {
        if (reader.Fault is null) reader.Skip();
    }

    private bool Next(ref ProtoReader reader)
    {
        if (_problem is not null || !reader.Next()) return false;
        if (reader.Type != WireType.LengthDelimited || ++_parts <= MaxParts) return true;
        return reader.Fail($"it has more than {MaxParts} parts, and a recurrent network has some dozens");
    }

    private bool IsWhole(in ProtoReader reader, string part)
    {
        if (reader.Fault is { } fault) _problem ??= OnnxProblem.Damaged(_file, reader.FieldOffset, part, fault);
        return _problem is null;
    }

    private T? Fail<T>(FileProblem problem)
        where T : class
    {
        _problem ??= problem;
        return null;
    }
}
