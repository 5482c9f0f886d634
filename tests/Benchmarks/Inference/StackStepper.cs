using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

namespace TinySD.Benchmarks.Inference;

/// <summary>TinySD's own session of a stack.</summary>
internal sealed class StackStepper(string name, StepShape shape, RecurrentStack stack, IParallelRunner threads) : IStepper
{
    private readonly RecurrentSession _session = new(stack, shape.Batch, shape.Steps, threads);
    private readonly float[] _output = new float[shape.Steps * shape.Batch * shape.Hidden];

    public string Name => name;

    public ReadOnlySpan<float> Output => _output;

    public void Step(ReadOnlySpan<float> input) => _session.Run(input, _output);

    public void Reset() => _session.Reset();

    public void Dispose()
    {
    }
}
