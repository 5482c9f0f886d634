using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>What a bare recurrent stack is fed with.</summary>
/// <param name="TimeSteps">T.</param>
/// <param name="Batch">B.</param>
/// <param name="Input">[T, B, I].</param>
/// <param name="Hidden">h0 [L D, B, H], or null for zeros.</param>
/// <param name="Cell">c0 [L D, B, H], or null for zeros.</param>
/// <param name="Lengths">Steps of each sequence, or null where all have T.</param>
public sealed record RecurrentInputs(int TimeSteps, int Batch, float[] Input, float[]? Hidden, float[]? Cell, int[]? Lengths);

/// <summary>What it gives.</summary>
/// <param name="Output">[T, B, D H].</param>
/// <param name="Hidden">hn [L D, B, H].</param>
/// <param name="Cell">cn [L D, B, H] of an LSTM, else null.</param>
public sealed record RecurrentOutputs(float[] Output, float[] Hidden, float[]? Cell);

/// <summary>Runs a bare stack once, over whole arrays. What is infinite or not a number in them is computed with, as IEEE 754
/// says.</summary>
public static class RecurrentStackRun
{
    // Steps that are computed together: as fast as all of them, and memory does not grow with their number.
    private const int PieceSteps = 64;

    /// <summary>Runs it.</summary>
    /// <param name="stack">The stack.</param>
    /// <param name="inputs">What it is fed.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone. No effect on the result.</param>
    /// <exception cref="ArgumentException">The arrays do not fit the stack, or are too large for this build.</exception>
    public static RecurrentOutputs Run(RecurrentStack stack, RecurrentInputs inputs, IParallelRunner? runner = null)
    {
        ArgumentNullException.ThrowIfNull(stack);
        ArgumentNullException.ThrowIfNull(inputs);
        RecurrentStackConfig config = stack.Config;
        int together = config.Direction == RecurrentDirection.Bidirectional ? inputs.TimeSteps : Math.Min(inputs.TimeSteps, PieceSteps);
        var session = new RecurrentSession(stack, inputs.Batch, together, runner) { NonFinite = NonFiniteInput.Compute };
        bool hasCells = config.Cell == CellKind.Lstm;
        int state = checked(config.LayerCount * config.DirectionCount * inputs.Batch * config.HiddenSize);
        if (inputs.Hidden is not null || inputs.Cell is not null) session.SetState(inputs.Hidden ?? new float[state], inputs.Cell);
        float[] output = new float[checked(inputs.TimeSteps * inputs.Batch * config.OutputSize)], hidden = new float[state];
        float[]? cell = hasCells ? new float[state] : null;
        session.Run(inputs.Input, output, inputs.Lengths);
        session.CopyState(hidden, cell);
        return new RecurrentOutputs(output, hidden, cell);
    }
}
