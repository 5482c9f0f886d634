using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

namespace TinySD.Formats;

/// <summary>What an ONNX file says about one of its constant tensors.</summary>
/// <param name="Name">Unique within the graph.</param>
/// <param name="Dtype">The numbers' format as ONNX spells it, for example <c>float</c>.</param>
/// <param name="Shape">Row-major extents.</param>
/// <param name="Offset">Where its message begins, counted from the file's start.</param>
/// <param name="Bytes">Length of its numbers.</param>
public sealed record OnnxTensorInfo(string Name, string Dtype, ImmutableArray<long> Shape, long Offset, long Bytes);

/// <summary>An ONNX model that consists of recurrent nodes (LSTM, GRU, RNN) and of nodes that only move and cut.</summary>
/// <remarks>
/// What is accepted stands in <c>FORMAT.md</c>; the rest is refused by name, when the model is opened, run or turned into a stack. Not thread-safe.
/// </remarks>
public sealed class OnnxNetwork
{
    private readonly OnnxModel _model;
    private readonly OnnxGlue _glue;

    private OnnxNetwork(OnnxModel model)
    {
        _model = model;
        _glue = new OnnxGlue(model.Path, model.Opset);
    }

    /// <summary>The path as it was given.</summary>
    public string Path => _model.Path;

    /// <summary>Bytes in the file.</summary>
    public long Length => _model.Length;

    /// <summary>The version of the standard operators.</summary>
    public long Opset => _model.Opset;

    /// <summary>The program that wrote it, as it says.</summary>
    public string Producer => _model.Producer;

    /// <summary>The operators of its nodes, in order.</summary>
    public IEnumerable<string> Operators => _model.Graph.Nodes.Select(node => node.Operator);

    /// <summary>The names of the graph's inputs that have no value of their own.</summary>
    public IEnumerable<string> Inputs => _model.Graph.Inputs.Select(input => input.Name).Where(name => !_model.Graph.Initializers.ContainsKey(name));

    /// <summary>The names of the graph's outputs.</summary>
    public IEnumerable<string> Outputs => _model.Graph.Outputs.Select(output => output.Name);

    /// <summary>The constant tensors, by where they lie.</summary>
    public IEnumerable<OnnxTensorInfo> Tensors => _model.Graph.Initializers.Values
        .OrderBy(t => t.Offset)
        .Select(t => new OnnxTensorInfo(t.Name, OnnxDataType.NameOf(t.DataType), t.Shape, t.Offset, t.Bytes));

    /// <summary>Opens a model.</summary>
    /// <exception cref="FileProblemException">It cannot be read, is no ONNX model, or is damaged.</exception>
    public static OnnxNetwork Open(string path)
    {
        if (!TryOpen(path, out OnnxNetwork? network, out FileProblem? problem)) Throw.Problem(problem);
        return network;
    }

    /// <summary>Opens a model.</summary>
    /// <param name="path">The file; all of it is read.</param>
    /// <param name="network">The model.</param>
    /// <param name="problem">Why it is refused.</param>
    public static bool TryOpen(string path, [NotNullWhen(true)] out OnnxNetwork? network, [NotNullWhen(false)] out FileProblem? problem)
    {
        network = OnnxReader.TryOpen(path, out OnnxModel? model, out problem) ? new OnnxNetwork(model) : null;
        return network is not null && problem is null;
    }

    /// <summary>Runs the graph.</summary>
    /// <param name="source">Where the inputs are from: named in problems.</param>
    /// <param name="given">The graph's inputs, by its names and in its shapes.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone. No effect on the result.</param>
    /// <returns>The graph's outputs.</returns>
    /// <exception cref="ArgumentException">Two of the inputs given have one name.</exception>
    /// <exception cref="FileProblemException">An input is missing, unknown, or does not fit; or something in the graph is not supported.</exception>
    public IReadOnlyList<NamedTensor> Run(string source, IEnumerable<NamedTensor> given, IParallelRunner? runner = null)
    {
        var inputs = given.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        foreach (string name in inputs.Keys)
        {
            if (_model.Graph.Inputs.All(input => input.Name != name))
                Refuse(name, $"{source} has a tensor '{Words.Shown(name)}', and the graph of {Path} has no such input; it has {Listed(Inputs)}");
        }

        foreach (OnnxValue input in _model.Graph.Inputs)
        {
            if (inputs.TryGetValue(input.Name, out NamedTensor? tensor)) Check(source, input, tensor);
            else if (!_model.Graph.Initializers.ContainsKey(input.Name))
                Refuse(input.Name, $"{source} has no tensor '{Words.Shown(input.Name)}', which the graph of {Path} takes; it takes {Listed(Inputs)}");
        }

        _glue.Source = source;
        Dictionary<string, NamedTensor> values =
            OnnxGraphRun.Run(_model, _glue, inputs, (node, arguments) => RunRecurrent(node, arguments, runner));
        var outputs = new List<NamedTensor>();
        foreach (OnnxValue output in _model.Graph.Outputs)
        {
            if (!values.TryGetValue(output.Name, out NamedTensor? value))
            {
                Throw.Problem(OnnxProblem.Invalid(Path, 0, output.Name, $"no node makes its output '{Words.Shown(output.Name)}'"));
                break;
            }

            outputs.Add(value.Integers is { } integers
                ? new NamedTensor(output.Name, value.Shape, integers)
                : new NamedTensor(output.Name, value.Shape, value.Floats!));
        }

        return outputs;

        void Refuse(string part, string message) => Throw.Problem(new(FileProblemKind.DoesNotFit, source, message) { Part = part });
    }

    /// <summary>Turns the graph into a stack, if it is one: chained recurrent nodes of one kind whose input, states and outputs are the graph's own.</summary>
    /// <exception cref="FileProblemException">It is none, or something in it is not supported.</exception>
    public RecurrentStack ToStack()
    {
        _glue.Source = null;
        return OnnxStackImport.Run(_model, _glue);
    }

    private static string Listed(IEnumerable<string> names) => string.Join(", ", names.Select(name => Words.Shown(name)));

    private void Check(string source, OnnxValue input, NamedTensor tensor)
    {
        bool isInteger = input.DataType is OnnxDataType.Integer32 or OnnxDataType.Integer64;
        bool fits = input.DataType == 0 || isInteger == tensor.Integers is not null;
        if (!input.Shape.IsDefault)
            fits &= input.Shape.Length == tensor.Shape.Length && !input.Shape.Where((extent, axis) => extent >= 0 && extent != tensor.Shape[axis]).Any();
        if (fits) return;
        string shape = input.Shape.IsDefault ? "any shape" : $"[{string.Join(", ", input.Shape.Select(e => e < 0 ? "?" : e.ToString(System.Globalization.CultureInfo.InvariantCulture)))}]";
        Throw.Problem(new(FileProblemKind.DoesNotFit, source,
            $"{source}: tensor '{Words.Shown(tensor.Name)}' holds {(tensor.Integers is null ? "floats" : "integers")} [{string.Join(", ", tensor.Shape)}]; the graph of " +
            $"{Path} takes {(isInteger ? "integers" : "floats")} of {shape}")
        { Part = tensor.Name });
    }

    private NamedTensor[] RunRecurrent(OnnxRecurrentNode node, NamedTensor?[] inputs, IParallelRunner? runner)
    {
        NamedTensor x = node.TimeFirst(inputs[OnnxRecurrentNode.X]!);
        (int timeSteps, int batch) = (x.Shape[0], x.Shape[1]);
        if (timeSteps < 1 || batch < 1) _glue.DoesNotFit(node.Node, $"X has {timeSteps} steps and {batch} sequences; at least one of each was expected");
        var data = new RecurrentInputs(
            timeSteps, batch, x.Floats!,
            node.State(_glue, At(OnnxRecurrentNode.InitialH), batch, "initial_h"),
            node.Node.Operator == "LSTM" ? node.State(_glue, At(OnnxRecurrentNode.InitialC), batch, "initial_c") : null,
            Lengths(node.Node, At(OnnxRecurrentNode.Lengths), timeSteps, batch));
        return node.Outputs(Run(), timeSteps, batch);

        RecurrentOutputs Run()
        {
            try
            {
                return RecurrentStackRun.Run(node.ToStack(), data, runner);
            }
            catch (ArgumentException exception)
            {
                // Every shape was checked above, so that only the sum of all sizes can be wrong, and that is for the runtime to say.
                _glue.Unsupported(node.Node, $"a run of {timeSteps} steps, {batch} sequences and {node.Config.OutputSize} units ({exception.Message})");
                throw;
            }
        }

        NamedTensor? At(int index) => index < inputs.Length ? inputs[index] : null;
    }

    private int[]? Lengths(OnnxNode node, NamedTensor? lengths, int timeSteps, int batch)
    {
        if (lengths is null) return null;
        if (lengths.Integers is not { } values || lengths.Shape.Length != 1 || values.Length != batch)
        {
            _glue.DoesNotFit(node, $"sequence_lens must be {batch} integers, one for each sequence");
            return null;
        }

        foreach (long length in values)
        {
            if (length < 0 || length > timeSteps) _glue.DoesNotFit(node, $"a sequence has the length {length}; X has {timeSteps} steps");
        }

        return [.. values.Select(length => (int)length)];
    }
}
