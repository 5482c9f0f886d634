using Microsoft.ML.OnnxRuntime;
using TinySD.Benchmarks.Inference;

namespace TinySD.Benchmarks.OnnxRuntime;

/// <summary>ONNX Runtime on a graph of one LSTM, with everything bound beforehand: tensors lie on memory that is pinned once, and a call
/// has nothing to look up, to convert or to copy. The state is fed back by two bindings in turn, of which each reads what the other
/// writes.</summary>
internal sealed class OnnxRuntimeStepper : IStepper
{
    private readonly InferenceSession _session;
    private readonly RunOptions _run = new();
    private readonly List<OrtValue> _values = [];
    private readonly OrtIoBinding[] _bindings = new OrtIoBinding[2];
    private readonly float[] _input;
    private readonly float[][] _hidden, _cell;
    private readonly float[]? _output;
    private int _turn;

    public OnnxRuntimeStepper(string name, StepShape shape, LstmGraph graph, int threads)
    {
        Name = name;
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            EnableMemoryPattern = true,
            EnableCpuMemArena = true,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        _session = new InferenceSession(graph.Model.ToArray(), options);
        int states = shape.Batch * shape.Hidden;
        _input = Pinned(shape.Steps * shape.Batch * shape.Inputs);
        _hidden = [Pinned(states), Pinned(states)];
        _cell = [Pinned(states), Pinned(states)];
        OrtValue input = Value(_input, shape.Steps, shape.Batch, shape.Inputs);
        OrtValue[] hidden = [.. _hidden.Select(state => Value(state, 1, shape.Batch, shape.Hidden))];
        OrtValue[] cell = [.. _cell.Select(state => Value(state, 1, shape.Batch, shape.Hidden))];
        if (graph.OutputShape is not null) _output = Pinned(shape.Steps * states);
        OrtValue? output = graph.OutputShape is { } extents ? Value(_output!, [.. extents]) : null;
        for (int turn = 0; turn < 2; turn++)
        {
            OrtIoBinding binding = _bindings[turn] = _session.CreateIoBinding();
            binding.BindInput(graph.Input, input);
            binding.BindInput(graph.Hidden, hidden[turn]);
            binding.BindInput(graph.Cell, cell[turn]);
            if (output is not null) binding.BindOutput(graph.Output, output);
            binding.BindOutput(graph.LastHidden, hidden[1 - turn]);
            binding.BindOutput(graph.LastCell, cell[1 - turn]);
        }
    }

    public string Name { get; }

    public ReadOnlySpan<float> Output => _output ?? _hidden[_turn];

    public void Step(ReadOnlySpan<float> input)
    {
        input.CopyTo(_input);
        _session.RunWithBinding(_run, _bindings[_turn]);
        _turn = 1 - _turn;
    }

    public void Reset()
    {
        foreach (float[] state in _hidden.Concat(_cell)) Array.Clear(state);
        _turn = 0;
    }

    public void Dispose()
    {
        foreach (OrtIoBinding? binding in _bindings) binding?.Dispose();
        foreach (OrtValue value in _values) value.Dispose();
        _run.Dispose();
        _session.Dispose();
    }

    private static float[] Pinned(int count) => GC.AllocateArray<float>(count, pinned: true);

    private OrtValue Value(float[] memory, params long[] shape)
    {
        var value = OrtValue.CreateTensorValueFromMemory(memory, shape);
        _values.Add(value);
        return value;
    }
}
