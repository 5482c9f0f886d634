using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Runs the gates and the softmax of the fast path on seeded numbers, between canaries.</summary>
internal static class VectorRig
{
    /// <summary>One LSTM step forward, then backward from seeded gradients.</summary>
    public static CellResults Cell(int hidden, int batch, int laneWidth, IParallelRunner runner)
    {
        var ops = new VectorOps(runner, KernelChoice.ForLaneWidth(laneWidth));
        int ld = Products.RowStride(4 * hidden), cStride = AlignedBuffer.RoundUp(hidden);
        float[] a = Arrays.Uniform(1, batch * ld, 4f), c = Arrays.Uniform(2, batch * cStride, 2f);
        float[] dUp = Arrays.Uniform(3, hidden * batch), dRecurrent = Arrays.Uniform(4, hidden * batch), dc = Arrays.Uniform(5, batch * cStride);
        GuardedBuffer gates = new("gates", a), cell = new("c", c), cNext = new("c'", batch * cStride), tanhC = new("tanh c'", batch * cStride);
        GuardedBuffer h = new("h", hidden * batch, float.NaN), dCell = new("dc", dc), up = new("dUp", dUp), recurrent = new("dRecurrent", dRecurrent);
        ops.LstmForward(gates.Span, ld, hidden, batch, cell.Span, cNext.Span, tanhC.Span, h.Span);
        float[] opened = gates.Span.ToArray();
        ops.LstmBackward(gates.Span, ld, hidden, batch, cell.Span, tanhC.Span, up.Span, recurrent.Span, dCell.Span);
        GuardedBuffer[] buffers = [gates, cell, cNext, tanhC, h, dCell, up, recurrent];
        var results = new CellResults(
            a, c, dUp, dRecurrent, dc, opened, cNext.Span.ToArray(), h.Span.ToArray(), gates.Span.ToArray(), dCell.Span.ToArray(),
            buffers.Select(buffer => buffer.Damage()).FirstOrDefault(damage => damage != null));
        foreach (GuardedBuffer buffer in buffers) buffer.Dispose();
        return results;
    }

    /// <summary>Rows of seeded logits with seeded targets, the third of them -1.</summary>
    public static SoftmaxResults Softmax(int vocabulary, int rows, int laneWidth, IParallelRunner runner, float gradientScale = 0.125f, float range = 10f)
    {
        var ops = new VectorOps(runner, KernelChoice.ForLaneWidth(laneWidth));
        int ld = Products.RowStride(vocabulary);
        float[] y = Arrays.Uniform(1, rows * ld, range);
        int[] targets = Arrays.Tokens(2, rows, vocabulary);
        if (rows > 2) targets[2] = -1;
        using GuardedBuffer logits = new("logits", y), losses = new("losses", rows, float.NaN);
        ops.SoftmaxCrossEntropy(logits.Span, vocabulary, ld, targets, gradientScale, losses.Span);
        return new SoftmaxResults(y, targets, logits.Span.ToArray(), losses.Span.ToArray(), logits.Damage() ?? losses.Damage());
    }
}

/// <summary>Inputs and results of a cell; layouts as in <see cref="VectorOps"/>.</summary>
internal sealed record CellResults(
    float[] A, float[] C, float[] DUp, float[] DRecurrent, float[] Dc, float[] Gates, float[] CNext, float[] H, float[] Da, float[] DcOut, string? Damage)
{
    public float[] Flat => [.. Gates, .. CNext, .. H, .. Da, .. DcOut];
}

/// <summary>Inputs and results of a softmax, rows of [ld].</summary>
internal sealed record SoftmaxResults(float[] Y, int[] Targets, float[] Dy, float[] Losses, string? Damage)
{
    public float[] Flat => [.. Dy, .. Losses];
}
