using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Onnx.Operators;
using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Exchange.Onnx;

/// <summary>What an ONNX file says about one of its constant tensors.</summary>
/// <param name="Name">Unique within the graph.</param>
/// <param name="Dtype">The numbers' format as ONNX spells it, for example <c>float</c>.</param>
/// <param name="Shape">Row-major extents.</param>
/// <param name="Offset">Where its message begins, counted from the file's start.</param>
/// <param name="Bytes">Length of its numbers.</param>
public sealed record OnnxTensorInfo(string Name, string Dtype, ImmutableArray<long> Shape, long Offset, long Bytes);

/// <summary>An ONNX model of recurrent nodes (LSTM, GRU, RNN) and of what stands around them.</summary>
/// <remarks>What is run stands in <c>FORMAT.md</c>; the rest can be listed, and is refused by name when the model is run or turned into a
/// stack. Not thread-safe.</remarks>
public sealed class OnnxNetwork
{
    private readonly OnnxModel _model;
    private ImmutableArray<OnnxNode> _nodes;

    private OnnxNetwork(OnnxModel model) => _model = model;

    /// <summary>The path as it was given.</summary>
    public string Path => _model.Path;

    /// <summary>Bytes in the file.</summary>
    public long Length => _model.Length;

    /// <summary>The version of the standard operators; 0 where the file does not say it.</summary>
    public long Opset => _model.Opset;

    /// <summary>The program that wrote it, as it says.</summary>
    public string Producer => _model.Producer;

    /// <summary>The operators of its nodes, in order; those of another domain than the standard one with it.</summary>
    public IEnumerable<string> Operators => _model.Graph.Nodes.Select(node => node.FullOperator);

    /// <summary>The names of the graph's inputs that have no value of their own.</summary>
    public IEnumerable<string> Inputs =>
        _model.Graph.Inputs.Select(input => input.Name).Where(name => !_model.Graph.Initializers.ContainsKey(name));

    /// <summary>The names of the graph's outputs.</summary>
    public IEnumerable<string> Outputs => _model.Graph.Outputs.Select(output => output.Name);

    /// <summary>The constant tensors, by where they lie.</summary>
    public IEnumerable<OnnxTensorInfo> Tensors => _model.Graph.Initializers.Values
        .OrderBy(t => t.Offset)
        .Select(t => new OnnxTensorInfo(t.Name, OnnxDataType.NameOf(t.DataType), t.Shape, t.Offset, t.Bytes));

    /// <summary>Files beside the model in which weights lie, each once; none of them leaves its folder.</summary>
    public IEnumerable<string> ExternalFiles => _model.Constants
        .Where(tensor => tensor.External is not null)
        .Select(tensor => OnnxExternalFiles.PathOf(Path, tensor.External!.Location))
        .OfType<string>()
        .Distinct(StringComparer.Ordinal);

    /// <summary>What contradicts itself in the file though it can be listed: names that come twice, tensors whose shapes their numbers do
    /// not make.</summary>
    public IEnumerable<FileProblem> Problems => _model.Graph.Initializers.Values.Select(tensor => tensor.Problem).Prepend(_model.Problem)
        .OfType<FileProblem>().Where(problem => problem.Kind != FileProblemKind.Unsupported);

    /// <summary>Opens a model.</summary>
    /// <exception cref="FileProblemException">It cannot be read, is no ONNX model, or is damaged.</exception>
    public static OnnxNetwork Open(string path) =>
        TryOpen(path, out OnnxNetwork? network, out FileProblem? problem) ? network : throw new FileProblemException(problem);

    /// <summary>Opens a model.</summary>
    /// <param name="path">The file; all of it is read.</param>
    /// <param name="network">The model.</param>
    /// <param name="problem">Why it is refused.</param>
    public static bool TryOpen(string path, [NotNullWhen(true)] out OnnxNetwork? network, [NotNullWhen(false)] out FileProblem? problem)
    {
        network = OnnxReader.TryOpen(path, out OnnxModel? model, out problem) ? new OnnxNetwork(model) : null;
        return network is not null && problem is null;
    }

    /// <summary>Runs the graph: what stands around the recurrent nodes is computed here, one number after the other, the nodes themselves
    /// by the caller.</summary>
    /// <param name="source">Where the inputs are from: named in problems.</param>
    /// <param name="given">The graph's inputs, by its names and in its shapes.</param>
    /// <param name="run">Runs a recurrent node, as <see cref="RecurrentStackRun"/> does. An <see cref="ArgumentException"/> of it says that
    /// the arrays are too large.</param>
    /// <returns>The graph's outputs.</returns>
    /// <exception cref="ArgumentException">Two of the inputs given have one name.</exception>
    /// <exception cref="FileProblemException">An input is missing, unknown, or does not fit; or something in the graph is not
    /// supported.</exception>
    public IReadOnlyList<NamedTensor> Run(
        string source, IEnumerable<NamedTensor> given, Func<RecurrentStack, RecurrentInputs, RecurrentOutputs> run)
    {
        ImmutableArray<OnnxNode> nodes = Nodes();
        var tensors = given.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        foreach (string name in tensors.Keys)
        {
            if (_model.Graph.Inputs.All(input => input.Name != name))
                Refuse(name, $"{source} has a tensor '{Words.Shown(name)}', and the graph of {Path} has no such input; it has " +
                $"{Listed(Inputs)}");
        }

        var inputs = new Dictionary<string, OnnxArray>(StringComparer.Ordinal);
        foreach (OnnxValue input in _model.Graph.Inputs)
        {
            if (tensors.TryGetValue(input.Name, out NamedTensor? tensor)) inputs.Add(input.Name, Checked(source, input, tensor));
            else if (!_model.Graph.Initializers.ContainsKey(input.Name))
                Refuse(input.Name, $"{source} has no tensor '{Words.Shown(input.Name)}', which the graph of {Path} takes; it takes " +
                $"{Listed(Inputs)}");
        }

        var context = new OnnxRunContext(_model, source, inputs.Values.Sum(input => (long)input.Length));
        List<OnnxArray> outputs = OnnxGraphRun.Run(context, _model.Graph, nodes, inputs, (call, node) => RunRecurrent(call, node, run));
        return [.. outputs.Select((output, index) => output.Named(_model.Graph.Outputs[index].Name))];

        void Refuse(string part, string message) => Throw.Problem(new(FileProblemKind.DoesNotFit, source, message) { Part = part });
    }

    /// <summary>Turns the graph into a stack, if it is one: chained recurrent nodes of one kind whose input, states and outputs are the
    /// graph's own; or those of a language model, without what is around them.</summary>
    /// <exception cref="FileProblemException">It is none, or something in it is not supported.</exception>
    public RecurrentStack ToStack() => OnnxLanguageModelImport.TryRun(_model, Nodes(), out ForeignLanguageModel? model, out _)
        ? LanguageModelParts.Stacked(Path, model.Stacks)
        : OnnxStackImport.Run(_model, Nodes());

    /// <summary>The graph as a language model: an embedding, a chain of recurrent nodes, a classifier.</summary>
    /// <returns>The model; null where the graph is none, and neither it nor the caller says that it is one.</returns>
    /// <exception cref="FileProblemException">It is said to be one and is none, or its vocabulary is not known or does not fit.</exception>
    internal LanguageModelImport? ToLanguageModel(LanguageModelChoices choices)
    {
        if (OnnxLanguageModelImport.TryRun(_model, Nodes(), out ForeignLanguageModel? model, out FileProblem? problem))
            return new LanguageModelImport(model.ToModel(choices), [], []) { ExternalFiles = [.. ExternalFiles] };
        if (choices.IsWanted || _model.Metadata.ContainsKey(LanguageModelNotes.VocabularyKey)) Throw.Problem(problem!);
        return null;
    }

    private static string Listed(IEnumerable<string> names) => string.Join(", ", names.Select(name => Words.Shown(name)));

    private ImmutableArray<OnnxNode> Nodes() => _nodes.IsDefault ? _nodes = OnnxProgram.Prepare(_model) : _nodes;

    private OnnxArray Checked(string source, OnnxValue input, NamedTensor tensor)
    {
        bool isFloating = OnnxDataType.IsFloating(input.DataType), isKnown = isFloating || OnnxDataType.IsInteger(input.DataType)
            || input.DataType == OnnxDataType.Boolean;
        if (!isKnown && input.DataType != 0)
        {
            Throw.Problem(OnnxProblem.Unsupported(Path, 0, input.Name,
                $"its input '{Words.Shown(input.Name)}' is of {OnnxDataType.NameOf(input.DataType)}, which is not computed with"));
        }

        bool fits = input.DataType == 0 || isFloating == tensor.Integers is null;
        if (!input.Shape.IsDefault)
            fits &= input.Shape.Length == tensor.Shape.Length && !input.Shape.Where((extent, axis) => extent >= 0
                && extent != tensor.Shape[axis]).Any();
        if (!fits)
        {
            string shape = input.Shape.IsDefault ? "any shape"
                : $"[{string.Join(", ", input.Shape.Select(e => e < 0 ? "?" : e.ToString(CultureInfo.InvariantCulture)))}]";
            string kind = input.DataType == OnnxDataType.Boolean ? "booleans (0 or 1)" : isFloating ? "floats" : "integers";
            Refuse($"holds {(tensor.Integers is null ? "floats" : "integers")} [{string.Join(", ", tensor.Shape)}]; the graph of {Path} " +
            $"takes {kind} of {shape}");
        }

        if (tensor.Shape.Length > OnnxTensor.MaxRank) Refuse($"has {tensor.Shape.Length} axes; {OnnxTensor.MaxRank} are allowed");
        if (tensor.Integers is { } integers && input.DataType != 0 && Array.FindIndex(integers, value =>
            value != OnnxDataType.Wrapped(input.DataType, value)) is >= 0 and int at)
            Refuse($"number {at} is {integers[at]}, and the graph of {Path} takes {OnnxDataType.NameOf(input.DataType)}");
        OnnxArray array = OnnxArray.From(tensor, input.DataType);
        return new OnnxArray(array.Type, array.Shape.AsSpan(), array.Numbers) { IsChosen = !LeavesNoChoice(input), IsTagged = true };

        // Floats of a shape that the graph itself fixes: what does not fit them is no caller's doing.
        static bool LeavesNoChoice(OnnxValue input) =>
            OnnxDataType.IsFloating(input.DataType) && !input.Shape.IsDefault && input.Shape.All(extent => extent >= 0);

        void Refuse(string message) =>
            Throw.Problem(new(FileProblemKind.DoesNotFit, source, $"{source}: tensor '{Words.Shown(tensor.Name)}' {message}")
            { Part = tensor.Name });
    }

    private static OnnxArray[] RunRecurrent(
        OnnxCall call, OnnxRecurrentNode node, Func<RecurrentStack, RecurrentInputs, RecurrentOutputs> run)
    {
        OnnxArray x = node.TimeFirst(call.Required(OnnxRecurrentNode.X));
        (int timeSteps, int batch) = (x.Shape[0], x.Shape[1]);
        if (timeSteps < 1 || batch < 1)
            call.DoesNotFit($"X has {Words.Counted(timeSteps, "step")} and {Words.Counted(batch, "sequence")}; at least one of each was " +
                "expected");
        var data = new RecurrentInputs(
            timeSteps, batch, x.ToFloats(),
            node.State(call, OnnxRecurrentNode.InitialH, batch),
            node.Node.Operator == "LSTM" ? node.State(call, OnnxRecurrentNode.InitialC, batch) : null,
            Lengths(call, timeSteps, batch));
        return node.Outputs(Run(), timeSteps, batch);

        RecurrentOutputs Run()
        {
            try
            {
                return run(node.ToStack(), data);
            }
            catch (ArgumentException exception)
            {
                // Every shape was checked above, so that only the sum of all sizes can be wrong, and that is for the runtime to say.
                call.Unsupported($"a run of {Words.Counted(timeSteps, "step")}, {Words.Counted(batch, "sequence")} and " +
                    $"{Words.Counted(node.Config.OutputSize, "unit")} ({exception.Message})");
                throw;
            }
        }
    }

    private static int[]? Lengths(OnnxCall call, int timeSteps, int batch)
    {
        if (call.Optional(OnnxRecurrentNode.Lengths) is not { } lengths) return null;
        if (lengths.Integers is not { } values || lengths.Rank != 1 || values.Length != batch)
        {
            call.DoesNotFit($"sequence_lens is {OnnxDataType.NameOf(lengths.Type)} {OnnxCall.Shown(lengths)}; expected " +
            $"{Words.Counted(batch, "integer")}, one for each sequence");
            return null;
        }

        foreach (long length in values)
        {
            if (length < 0 || length > timeSteps)
                call.DoesNotFit($"a sequence has the length {length}; X has {Words.Counted(timeSteps, "step")}");
        }

        return Array.ConvertAll(values, length => (int)length);
    }
}
