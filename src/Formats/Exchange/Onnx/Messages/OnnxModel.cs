namespace TinySD.Formats.Exchange.Onnx.Messages;

/// <summary>An ONNX model as its file says it, nothing of it interpreted.</summary>
/// <param name="Path">The file.</param>
/// <param name="Length">Bytes in it.</param>
/// <param name="Opset">Version of the standard operators; 0 where it is not said.</param>
/// <param name="Producer">Program and version that wrote it.</param>
/// <param name="Graph">What it computes.</param>
/// <param name="Functions">Operators of its own, made of others.</param>
/// <param name="Metadata">Texts that stand beside the graph.</param>
/// <param name="Problem">What keeps it from being run whatever is asked of it, and not from being listed; null where nothing does.</param>
internal sealed record OnnxModel(
    string Path, long Length, long Opset, string Producer, OnnxGraph Graph, ImmutableArray<OnnxFunction> Functions,
    IReadOnlyDictionary<string, string> Metadata, FileProblem? Problem)
{
    /// <summary>All constant tensors that a run may read: initializers, and those that nodes hold.</summary>
    public IEnumerable<OnnxTensor> Constants => Graph.Initializers.Values.Concat(
        Graph.Nodes.Concat(Functions.SelectMany(function => function.Nodes)).SelectMany(node => node.Attributes.Values)
            .Concat(Functions.SelectMany(function => function.Defaults.Values))
            .Select(attribute => attribute.Tensor).OfType<OnnxTensor>());
}

/// <summary>A graph: nodes stand in the order in which they can be run, and an initializer may be among the inputs.</summary>
internal sealed record OnnxGraph(
    ImmutableArray<OnnxNode> Nodes, IReadOnlyDictionary<string, OnnxTensor> Initializers, ImmutableArray<OnnxValue> Inputs,
    ImmutableArray<OnnxValue> Outputs);

/// <summary>An operator that the model defines itself, known by its domain (empty for the standard one), its name and, most often empty,
/// its overload. A call may leave out attributes that have a default; the operator set is 0 where it is not said.</summary>
internal sealed record OnnxFunction(
    string Domain, string Name, string Overload, ImmutableArray<string> Inputs, ImmutableArray<string> Outputs,
    ImmutableArray<OnnxNode> Nodes, IReadOnlyDictionary<string, OnnxAttribute> Defaults, long Opset);

/// <summary>A node; an optional input or output that is left out has an empty name. Messages name it by its label.</summary>
internal sealed record OnnxNode(
    string Operator, string Label, ImmutableArray<string> Inputs, ImmutableArray<string> Outputs,
    IReadOnlyDictionary<string, OnnxAttribute> Attributes, long Offset)
{
    /// <summary>The operator's domain; empty for the standard one.</summary>
    public string Domain { get; init; } = "";

    /// <summary>Which of a model's functions of one name is called.</summary>
    public string Overload { get; init; } = "";

    /// <summary>Version of the standard operators that holds for it; 0 until the graph is prepared for a run.</summary>
    public long Opset { get; init; }

    /// <summary>What keeps it from being run; null where nothing does.</summary>
    public FileProblem? Problem { get; init; }

    /// <summary>The operator with its domain, as messages and lists give it.</summary>
    public string FullOperator => Domain.Length == 0 ? Operator : $"{Domain}.{Operator}";

    /// <summary>The name of an input, empty where the node has none.</summary>
    public string InputAt(int index) => index < Inputs.Length ? Inputs[index] : "";

    /// <summary>The name of an output, empty where the node has none.</summary>
    public string OutputAt(int index) => index < Outputs.Length ? Outputs[index] : "";
}

/// <summary>A node's attribute; <c>OnnxCall.Attribute</c> gives it out, so that none is taken for what it is not.</summary>
/// <param name="Name">Unique within the node.</param>
/// <param name="Type">See <see cref="OnnxAttributeType"/>; where the file does not say it, that of the value which is there.</param>
/// <param name="Offset">Where it lies in the file.</param>
internal sealed record OnnxAttribute(string Name, long Type, long Offset)
{
    public float Float { get; init; }

    public long Integer { get; init; }

    public string Text { get; init; } = "";

    public OnnxTensor? Tensor { get; init; }

    public ImmutableArray<float> Floats { get; init; } = [];

    public ImmutableArray<long> Integers { get; init; } = [];

    public ImmutableArray<string> Texts { get; init; } = [];

    /// <summary>Bodies of operators like Loop.</summary>
    public ImmutableArray<OnnxGraph> Graphs { get; init; } = [];

    /// <summary>Within a function: the name of the caller's attribute that stands here; empty where the value is the attribute's
    /// own.</summary>
    public string Reference { get; init; } = "";
}

/// <summary>A graph's input or output.</summary>
/// <param name="Name">The value's name.</param>
/// <param name="DataType">The numbers' format, see <see cref="OnnxDataType"/>; 0 where it is not said.</param>
/// <param name="Shape">Extents, -1 where one is left open; default where nothing is said of the shape.</param>
internal sealed record OnnxValue(string Name, long DataType, ImmutableArray<long> Shape);
