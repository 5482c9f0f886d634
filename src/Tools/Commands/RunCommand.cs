using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd run</c>: a bare recurrent stack, or an ONNX graph of recurrent nodes, on given tensors.</summary>
internal sealed class RunCommand : CliCommand
{
    private const string InputName = "input", HiddenName = "h0", CellName = "c0", LengthsName = "lengths";

    private readonly FileArgument _model = new("MODEL",
        "A recurrent stack (.tsd, or .safetensors with PyTorch's names) or an ONNX model (.onnx).");

    private readonly FileOption _input = FileOption.Input("--input",
        "The tensors to feed (.safetensors): input [T,B,I] and optionally h0, c0 [L*D,B,H] and lengths [B]; for .onnx those that the " +
        "graph takes.");

    private readonly FileOption _output = FileOption.Output("--output",
        "The file to write (.safetensors): output [T,B,D*H], hn and cn; for .onnx what the graph gives.");

    private readonly StackOptions _choices = new();
    private readonly Option<int?> _threads = Ranged.Threads();

    public RunCommand(CommonOptions common)
        : base("run", "Run a recurrent stack on given tensors.", common)
    {
        _input.Required = _output.Required = true;
        AddAll([_model, _input, _output, _threads, .. _choices.All]);
    }

    protected override int Run(ParseResult parsed, CliContext context)
    {
        string model = parsed.GetRequiredValue(_model), input = parsed.GetRequiredValue(_input), output = parsed.GetRequiredValue(_output);
        OutputFile.CheckWritable(output);
        PyTorchChoices choices = _choices.Read(parsed);
        using var pool = new WorkerPool(Ranged.ThreadsOf(parsed, _threads));
        IReadOnlyList<NamedTensor> results = FileFormats.Of(model) == FileFormat.Onnx
            ? RunGraph(parsed, context.Warnings, model, input, choices, pool)
            : RunStack(context, model, input, choices, pool);
        foreach (NamedTensor result in results)
        {
            int wrong = result.Floats.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
            if (wrong < 0) continue;
            string number = $"number {wrong} of the result '{result.Name}'";
            throw new FailureException($"{number} is infinite or not a number; {output} was not written");
        }

        SafetensorsWriter.Write(output, results);
        TensorShape[] tensors = [.. results.Select(t => new TensorShape(t.Name, [.. t.Shape]))];
        IEnumerable<string> shapes = tensors.Select(tensor => $"{VisibleText.Cut(tensor.Name)} {Text(tensor.Shape)}");
        if (context.Json) CliJson.Write(context.Console.Out, new RunResult(model, input, output, tensors));
        else context.Console.Prose.WriteLine($"{output}: {string.Join(", ", shapes)}");
        return ExitCode.Done;
    }

    private static IReadOnlyList<NamedTensor> RunGraph(
        ParseResult parsed, Warnings warnings, string model, string input, PyTorchChoices choices, WorkerPool pool)
    {
        StackOptions.WarnOfAny(choices, model, warnings);
        OnnxNetwork network = OnnxNetwork.Open(model);
        new CommandFiles().Read(network.ExternalFiles, StackSource.WeightsOf("MODEL")).Add(parsed).Check();
        return Fitting(
            model, () => network.Run(input, ReadAll(input).Values, (stack, inputs) => RecurrentStackRun.Run(stack, inputs, pool)));
    }

    private static NamedTensor[] RunStack(CliContext context, string model, string input, PyTorchChoices choices, WorkerPool pool)
    {
        StackSource source = StackSource.Read(model, choices, context.Warnings);
        source.Report(context, "tinysd run", model);
        RecurrentStackConfig config = source.Stack.Config;
        RecurrentInputs inputs = ReadInputs(input, config);
        RecurrentOutputs outputs = Fitting(model, () => RecurrentStackRun.Run(source.Stack, inputs, pool));
        int[] states = StatesOf(config, inputs.Batch);
        var output = new NamedTensor("output", [inputs.TimeSteps, inputs.Batch, config.OutputSize], outputs.Output);
        var hidden = new NamedTensor("hn", states, outputs.Hidden);
        return outputs.Cell is { } cell ? [output, hidden, new("cn", states, cell)] : [output, hidden];
    }

    // The runtime's word that an array would be too large is the user's to hear.
    private static T Fitting<T>(string model, Func<T> run)
    {
        try
        {
            return run();
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            throw new FailureException($"{model} cannot be run on so much at once: {Failures.OneLine(exception)}", exception);
        }
    }

    private static Dictionary<string, NamedTensor> ReadAll(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        var tensors = new Dictionary<string, NamedTensor>(StringComparer.Ordinal);
        foreach (SafetensorsTensor source in file.Tensors)
        {
            if (!file.TryRead(source, out NamedTensor? tensor, out FileProblem? problem)) throw new FileProblemException(problem);
            int wrong = tensor.Floats.AsSpan().IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
            if (wrong >= 0)
            {
                string what = $"element {IndexOf(wrong, tensor.Shape)} is infinite or not a number, {tensor.Floats![wrong]}";
                throw Wrong(path, source.Name, $"{what}; all that follows from it would be, too");
            }

            tensors.Add(tensor.Name, tensor);
        }

        return tensors;
    }

    private static RecurrentInputs ReadInputs(string path, RecurrentStackConfig config)
    {
        Dictionary<string, NamedTensor> tensors = ReadAll(path);
        bool isLstm = config.Cell == CellKind.Lstm;
        string expected = $"{InputName}, {HiddenName}{(isLstm ? $", {CellName}" : "")} and {LengthsName}";
        foreach (string name in tensors.Keys)
        {
            if (name is not (InputName or HiddenName or LengthsName) && !(name == CellName && isLstm))
                throw Wrong(path, name, $"the model does not take it; it takes {expected}");
        }

        string wanted = $"[T, B, {config.InputSize}]";
        if (!tensors.TryGetValue(InputName, out NamedTensor? input))
            throw Problem(path, InputName, $"{path} has no tensor '{InputName}' {wanted}");
        if (input.Floats is null || input.Shape is not [>= 1, >= 1, int size] || size != config.InputSize)
            throw Wrong(path, InputName, $"floats {wanted} were expected, found {Text(input.Shape)}");
        (int timeSteps, int batch) = (input.Shape[0], input.Shape[1]);
        return new(timeSteps, batch, input.Floats, State(HiddenName), State(CellName), Lengths());

        float[]? State(string name)
        {
            if (!tensors.TryGetValue(name, out NamedTensor? state)) return null;
            int[] shape = StatesOf(config, batch);
            return state.Floats is { } numbers && state.Shape.SequenceEqual(shape)
                ? numbers
                : throw Wrong(path, name, $"floats {Text(shape)} were expected, found {Text(state.Shape)}");
        }

        int[]? Lengths()
        {
            if (!tensors.TryGetValue(LengthsName, out NamedTensor? lengths)) return null;
            if (lengths.Integers is not { } numbers || lengths.Shape.Length != 1 || numbers.Length != batch)
                throw Wrong(path, LengthsName, $"expected {Figures.Count(batch, "integer")}, found {Text(lengths.Shape)}");
            return Array.TrueForAll(numbers, length => length >= 0 && length <= timeSteps)
                ? Array.ConvertAll(numbers, length => (int)length)
                : throw Wrong(path, LengthsName, $"0 to {timeSteps} was expected for each sequence");
        }
    }

    private static string IndexOf(int number, IReadOnlyList<int> shape)
    {
        int[] index = [.. shape];
        for (int axis = index.Length - 1; axis >= 0; axis--) (number, index[axis]) = Math.DivRem(number, shape[axis]);
        return Text(index);
    }

    private static int[] StatesOf(RecurrentStackConfig config, int batch) =>
        [config.LayerCount * config.DirectionCount, batch, config.HiddenSize];

    private static string Text(IEnumerable<int> shape) => $"[{string.Join(", ", shape)}]";

    private static FileProblemException Wrong(string path, string name, string message) =>
        Problem(path, name, $"{path}: tensor '{VisibleText.Cut(name)}': {message}");

    private static FileProblemException Problem(string path, string name, string message) =>
        new(new(FileProblemKind.DoesNotFit, path, message) { Part = name });
}
