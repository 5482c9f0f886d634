using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Runs the gates and the softmax of the fast path on seeded numbers, between canaries.</summary>
internal static class VectorRig
{
    /// <summary>One LSTM step forward, then backward from seeded gradients.</summary>
    public static CellResults Cell(int hidden, int batch, int laneWidth, IParallelRunner runner, bool peepholes = false)
    {
        float[] p = peepholes ? Arrays.Uniform(6, 3 * hidden) : [];
        using GuardedBuffer peeps = new("peepholes", p);
        var ops = new VectorOps(runner, KernelChoice.ForLaneWidth(laneWidth));
        int ld = Products.RowStride(4 * hidden), cStride = AlignedBuffer.RoundUp(hidden);
        float[] a = Arrays.Uniform(1, batch * ld, 4f), c = Arrays.Uniform(2, batch * cStride, 2f);
        float[] dUp = Arrays.Uniform(3, hidden * batch), dRecurrent = Arrays.Uniform(4, hidden * batch),
            dc = Arrays.Uniform(5, batch * cStride);
        GuardedBuffer gates = new("gates", a), cell = new("c", c), cNext = new("c'", batch * cStride),
            tanhC = new("tanh c'", batch * cStride);
        GuardedBuffer h = new("h", hidden * batch, float.NaN), dCell = new("dc", dc), up = new("dUp", dUp),
            recurrent = new("dRecurrent", dRecurrent);
        ops.LstmForward(gates.Span, ld, hidden, batch, cell.Span, cNext.Span, tanhC.Span, h.Span, peeps.Span);
        float[] opened = gates.Span.ToArray();
        ops.LstmBackward(gates.Span, ld, hidden, batch, cell.Span, tanhC.Span, up.Span, recurrent.Span, dCell.Span, peeps.Span);
        GuardedBuffer[] buffers = [gates, cell, cNext, tanhC, h, dCell, up, recurrent, peeps];
        var results = new CellResults(
            a, p, c, dUp, dRecurrent, dc, opened, cNext.Span.ToArray(), h.Span.ToArray(), gates.Span.ToArray(), dCell.Span.ToArray(),
            buffers.Select(buffer => buffer.Damage()).FirstOrDefault(damage => damage != null));
        foreach (GuardedBuffer buffer in buffers) buffer.Dispose();
        return results;
    }

    /// <summary>One GRU step forward, then backward from seeded gradients.</summary>
    public static GruResults Gru(int hidden, int batch, int laneWidth, IParallelRunner runner)
    {
        var ops = new VectorOps(runner, KernelChoice.ForLaneWidth(laneWidth));
        int ld = Products.RowStride(3 * hidden), stride = AlignedBuffer.RoundUp(hidden);
        float[] x = Arrays.Uniform(1, batch * ld, 3f), u = Arrays.Uniform(2, batch * ld, 3f), h = Arrays.Uniform(3, hidden * batch);
        float[] dUp = Arrays.Uniform(4, hidden * batch), dRecurrent = Arrays.Uniform(5, hidden * batch),
            dPast = Arrays.Uniform(6, batch * stride);
        using GuardedBuffer input = new("input", x), recurrent = new("recurrent", u), before = new("h", h),
            after = new("h'", hidden * batch, float.NaN);
        using GuardedBuffer up = new("dUp", dUp), dProduct = new("dRecurrent", dRecurrent), past = new("dCarried", dPast);
        ops.GruForward(input.Span, recurrent.Span, ld, hidden, batch, before.Span, after.Span);
        float[] gates = input.Span.ToArray(), kept = recurrent.Span.ToArray();
        ops.GruBackward(input.Span, recurrent.Span, ld, hidden, batch, before.Span, up.Span, dProduct.Span, past.Span);
        GuardedBuffer[] buffers = [input, recurrent, before, after, up, dProduct, past];
        return new GruResults(
            x, u, h, dUp, dRecurrent, dPast, gates, kept, after.Span.ToArray(), input.Span.ToArray(), recurrent.Span.ToArray(),
            past.Span.ToArray(),
            buffers.Select(buffer => buffer.Damage()).FirstOrDefault(damage => damage != null));
    }

    /// <summary>One step of the simple cell forward, then backward from seeded gradients.</summary>
    public static RnnResults Rnn(bool rectified, int hidden, int batch, int laneWidth, IParallelRunner runner)
    {
        var ops = new VectorOps(runner, KernelChoice.ForLaneWidth(laneWidth));
        int ld = Products.RowStride(hidden);
        float[] a = Arrays.Uniform(1, batch * ld, 3f), dUp = Arrays.Uniform(2, hidden * batch),
            dRecurrent = Arrays.Uniform(3, hidden * batch);
        using GuardedBuffer rows = new("a", a), h = new("h", hidden * batch, float.NaN), up = new("dUp", dUp),
            recurrent = new("dRecurrent", dRecurrent);
        ops.RnnForward(rectified, rows.Span, ld, hidden, batch, h.Span);
        float[] opened = rows.Span.ToArray();
        ops.RnnBackward(rectified, rows.Span, ld, hidden, batch, up.Span, recurrent.Span);
        return new RnnResults(
            a, dUp, dRecurrent, opened, h.Span.ToArray(), rows.Span.ToArray(),
            rows.Damage() ?? h.Damage() ?? up.Damage() ?? recurrent.Damage());
    }

    /// <summary>Rows of seeded logits with seeded targets, the third of them -1.</summary>
    public static SoftmaxResults Softmax(
        int vocabulary, int rows, int laneWidth, IParallelRunner runner, float gradientScale = 0.125f, float range = 10f,
        float smoothing = 0f)
    {
        var ops = new VectorOps(runner, KernelChoice.ForLaneWidth(laneWidth));
        int ld = Products.RowStride(vocabulary);
        float[] y = Arrays.Uniform(1, rows * ld, range);
        int[] targets = Arrays.Tokens(2, rows, vocabulary);
        if (rows > 2) targets[2] = -1;
        using GuardedBuffer logits = new("logits", y), losses = new("losses", rows, float.NaN);
        ops.SoftmaxCrossEntropy(logits.Span, vocabulary, ld, targets, gradientScale, losses.Span, smoothing);
        return new SoftmaxResults(y, targets, logits.Span.ToArray(), losses.Span.ToArray(), logits.Damage() ?? losses.Damage());
    }
}

/// <summary>Inputs and results of a cell; layouts as in <see cref="VectorOps"/>.</summary>
internal sealed record CellResults(
    float[] A, float[] P, float[] C, float[] DUp, float[] DRecurrent, float[] Dc, float[] Gates, float[] CNext, float[] H, float[] Da,
    float[] DcOut, string? Damage)
{
    public float[] Flat => [.. Gates, .. CNext, .. H, .. Da, .. DcOut];
}

/// <summary>Inputs and results of a GRU step; layouts as in <see cref="VectorOps"/>.</summary>
internal sealed record GruResults(
    float[] X, float[] U, float[] H, float[] DUp, float[] DRecurrent, float[] DPast, float[] Gates, float[] Kept, float[] HNext, float[] Dx,
    float[] Du,
    float[] DPastOut, string? Damage)
{
    public float[] Flat => [.. Gates, .. Kept, .. HNext, .. Dx, .. Du, .. DPastOut];
}

/// <summary>Inputs and results of a step of the simple cell.</summary>
internal sealed record RnnResults(float[] A, float[] DUp, float[] DRecurrent, float[] Rows, float[] H, float[] Da, string? Damage)
{
    public float[] Flat => [.. Rows, .. H, .. Da];
}

/// <summary>Inputs and results of a softmax, rows of [ld].</summary>
internal sealed record SoftmaxResults(float[] Y, int[] Targets, float[] Dy, float[] Losses, string? Damage)
{
    public float[] Flat => [.. Dy, .. Losses];
}
