namespace TinySD.Formats.Exchange.Onnx.Messages;

/// <summary>Reads ONNX files, trusting nothing; unknown fields are passed over, as protobuf asks.</summary>
/// <remarks>A message of two bytes becomes an object of a hundred, so the number of messages is capped, and the depth of graphs within
/// graphs. What can be listed and not be run (an operator set, external weights, a node that says a thing twice) is no fault of the
/// reading: it is kept with the part, and refused by who needs the part.</remarks>
internal sealed partial class OnnxReader
{
    /// <summary>Older and later versions of the standard operators are not run.</summary>
    public const int FirstOpset = 7, LastOpset = 26;

    private const int MaxParts = 200_000, MaxNumbers = 1 << 20;

    private readonly string _file;
    private int _parts;

    // What ends the reading, and what only keeps the model from being run.
    private FileProblem? _problem, _refusal;

    private OnnxReader(string file) => _file = file;

    // Reads the field that a reader stands at; false ends the message.
    private delegate bool FieldReader(ref ProtoReader reader);

    /// <summary>Reads a file, whose bytes the model keeps in memory.</summary>
    public static bool TryOpen(string path, [NotNullWhen(true)] out OnnxModel? model, [NotNullWhen(false)] out FileProblem? problem)
    {
        model = null;
        if (!SystemErrors.TryOpen(path, Whole, out byte[]? bytes, out problem)) return false;
        if (TryRead(path, bytes, out model, out problem)) return true;

        // Protobuf has no mark of its own: only where it does not hold together is there reason to ask what else it may be.
        ReadOnlySpan<byte> first = bytes.AsSpan(0, Math.Min(bytes.Length, ForeignFile.FirstBytes));
        string guess = ForeignFile.Guess(first, path);
        if (problem.Kind == FileProblemKind.MessageDamaged && !ForeignFile.IsOnnx(first) && guess != ForeignFile.Unknown)
        {
            problem = new(FileProblemKind.Foreign, path,
                $"{path} is not an ONNX model: it begins with {Words.Hex(first[..Math.Min(first.Length, 8)])} ({guess})")
            { Offset = 0 };
        }

        return false;

        byte[]? Whole(SafeFileHandle handle, long length, out FileProblem? problem)
        {
            using (handle)
            {
                problem = length == 0
                    ? new(FileProblemKind.Empty, path, $"{path} is empty; an ONNX model was expected") { Offset = 0 }
                    : length <= Array.MaxLength ? null
                    : OnnxProblem.Unsupported(path, 0, "file", $"it has {length} bytes, and protobuf's limit is 2^31");
                byte[] whole = new byte[problem is null ? length : 0];
                return problem is null && FileBytes.TryRead(path, handle, whole, 0, out problem) ? whole : null;
            }
        }
    }

    /// <summary>Reads a model from memory; its bytes are kept.</summary>
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
        OnnxGraph? graph = null;
        string producer = "", version = "";
        long opset = 0;
        var functions = ImmutableArray.CreateBuilder<OnnxFunction>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        bool isWhole = Read(message, "model", (ref reader) => reader.Field switch
        {
            OnnxModelField.ProducerName => reader.TryText(out producer),
            OnnxModelField.ProducerVersion => reader.TryText(out version),
            OnnxModelField.OpsetImport => ReadOpset(ref reader, ref opset),
            OnnxModelField.Graph when graph is not null =>
                Fail(OnnxProblem.Invalid(_file, reader.FieldOffset, "graph", "it has two graphs")),
            OnnxModelField.Graph => reader.TryBytes(out ProtoBytes body) && Set(ref graph, ReadGraph(body, 0)),
            OnnxModelField.Metadata => ReadMetadata(ref reader, metadata),
            OnnxModelField.Functions => reader.TryBytes(out ProtoBytes body) && Add(functions, ReadFunction(body)),
            _ => reader.Skip(),
        });
        if (!isWhole) return null;
        if (graph is null)
        {
            Fail(OnnxProblem.Damaged(_file, 0, "model", "it has no graph"));
            return null;
        }

        if (opset == 0 && functions.Count == 0)
            _refusal ??= OnnxProblem.Invalid(_file, 0, "opset_import", "it does not say which version of the standard operators it uses");
        else if (opset != 0)
            _refusal ??= OpsetProblem(_file, opset);
        string writtenBy = version.Length > 0 ? $"{producer} {version}" : producer;
        return new OnnxModel(_file, message.Bytes.Length, opset, writtenBy, graph, functions.ToImmutable(), metadata, _refusal);
    }

    /// <summary>Why a version of the standard operators is not run, or null where it is.</summary>
    public static FileProblem? OpsetProblem(string file, long opset) => opset is >= FirstOpset and <= LastOpset ? null
        : OnnxProblem.Unsupported(file, 0, "opset_import",
            $"it uses version {opset} of the standard operators; {FirstOpset} to {LastOpset} are run");

    private OnnxFunction? ReadFunction(ProtoBytes message)
    {
        ImmutableArray<string>.Builder inputs = ImmutableArray.CreateBuilder<string>(), outputs = ImmutableArray.CreateBuilder<string>();
        var nodes = ImmutableArray.CreateBuilder<OnnxNode>();
        var defaults = new Dictionary<string, OnnxAttribute>(StringComparer.Ordinal);
        string name = "", domain = "", overload = "";
        long opset = 0;
        bool isWhole = Read(message, "function", (ref reader) => reader.Field switch
        {
            OnnxFunctionField.Name => reader.TryText(out name),
            OnnxFunctionField.Domain => reader.TryText(out domain),
            OnnxFunctionField.Overload => reader.TryText(out overload),
            OnnxFunctionField.Input => AddText(ref reader, inputs),
            OnnxFunctionField.Output => AddText(ref reader, outputs),
            OnnxFunctionField.OpsetImport => ReadOpset(ref reader, ref opset),
            OnnxFunctionField.Default => reader.TryBytes(out ProtoBytes body) && AddDefault(body),
            OnnxFunctionField.Node => reader.TryBytes(out ProtoBytes body) && Add(nodes, ReadNode(body, nodes.Count, 0)),
            _ => reader.Skip(),
        });
        return !isWhole ? null : new OnnxFunction(
            Standard(domain), name, overload, inputs.ToImmutable(), outputs.ToImmutable(), nodes.ToImmutable(), defaults, opset);

        bool AddDefault(ProtoBytes body)
        {
            FileProblem? problem = null;
            if (ReadAttribute(body, 0, ref problem) is { } attribute) defaults[attribute.Name] = attribute;
            _refusal ??= problem;
            return true;
        }
    }

    // Of a key that comes twice the last counts, as with protobuf's own maps.
    private bool ReadMetadata(ref ProtoReader parent, Dictionary<string, string> metadata)
    {
        string key = "", value = "";
        bool isWhole = Read(ref parent, "metadata_props", (ref reader) => reader.Field switch
        {
            OnnxModelField.MetadataKey => reader.TryText(out key),
            OnnxModelField.MetadataValue => reader.TryText(out value),
            _ => reader.Skip(),
        });
        if (isWhole) metadata[key] = value;
        return isWhole;
    }

    private bool ReadOpset(ref ProtoReader parent, ref long opset)
    {
        string domain = "";
        long version = 0;
        bool isWhole = Read(ref parent, "opset_import", (ref reader) => reader.Field switch
        {
            OnnxModelField.OpsetDomain => reader.TryText(out domain),
            OnnxModelField.OpsetVersion => reader.TryInteger(out version),
            _ => reader.Skip(),
        });
        if (isWhole && Standard(domain).Length == 0) opset = version;
        return isWhole;
    }

    private static bool AddText(ref ProtoReader reader, ImmutableArray<string>.Builder texts)
    {
        if (!reader.TryText(out string text)) return false;
        texts.Add(text);
        return true;
    }

    // The standard operators' domain has two names.
    private static string Standard(string domain) => domain == "ai.onnx" ? "" : domain;

    // All fields of a message; false where the reading has ended for good.
    private bool Read(ProtoBytes message, string part, FieldReader read)
    {
        var reader = new ProtoReader(message);
        while (_problem is null && reader.Next() && CountPart(ref reader) && read(ref reader))
        {
        }

        if (reader.Fault is { } fault) _problem ??= OnnxProblem.Damaged(_file, reader.FieldOffset, part, fault);
        return _problem is null;
    }

    // Those of a message that is the field which another reader stands at.
    private bool Read(ref ProtoReader parent, string part, FieldReader read) =>
        parent.TryBytes(out ProtoBytes message) && Read(message, part, read);

    private bool CountPart(ref ProtoReader reader) => reader.Type != WireType.LengthDelimited || ++_parts <= MaxParts
        || reader.Fail($"it has more than {MaxParts} parts (nodes, tensors, names), which is this build's limit");

    private bool Fail(FileProblem problem)
    {
        _problem ??= problem;
        return false;
    }
}
