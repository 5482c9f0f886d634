using TinySD.Runtime.Kernels;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Ops;

/// <summary>The general cells of <see cref="VariantCell"/>, spread over threads by units.</summary>
internal sealed unsafe class VariantOps
{
    // Cells that are worth waking another thread for.
    private const int Grain = 512;

    private readonly CountedRunner _runner;
    private readonly CellVariant _variant;
    private readonly int _hidden;

    /// <param name="runner">Threads.</param>
    /// <param name="functions">The cell's functions: f, g, h of an LSTM; f, g of a GRU; f of an RNN.</param>
    /// <param name="clip">Of every sum before its function, or 0.</param>
    /// <param name="coupled">An LSTM whose forget gate is 1 - i.</param>
    /// <param name="hidden">H.</param>
    public VariantOps(IParallelRunner runner, ReadOnlySpan<Activation> functions, float clip, bool coupled, int hidden)
    {
        _runner = new CountedRunner(runner);
        _variant = new CellVariant(
            functions[0], functions.Length > 1 ? functions[1] : default, functions.Length > 2 ? functions[2] : default, clip, coupled);
        _hidden = hidden;
    }

    /// <summary>One step of an LSTM of B sequences, a [B][stride]; peepholes is [3H] or empty.</summary>
    public void Lstm(
        Span<float> a, int stride, int batch, ReadOnlySpan<float> peepholes, ReadOnlySpan<float> c, Span<float> cNext, Span<float> hNext)
    {
        fixed (float* pp = peepholes, pc = c, pn = cNext)
            Run(VariantPart.Lstm, new VariantStep { Peepholes = pp, C = pc, CNext = pn }, a, stride, default, 0, batch, default, hNext);
    }

    /// <summary>One step of an RNN.</summary>
    public void Rnn(Span<float> a, int stride, int batch, Span<float> hNext) =>
        Run(VariantPart.Rnn, default, a, stride, default, 0, batch, default, hNext);

    /// <summary>One step of a GRU whose reset gate acts on the recurrent product <paramref name="u"/>, [B][stride].</summary>
    public void GruResetAfter(Span<float> a, int stride, ReadOnlySpan<float> u, int batch, ReadOnlySpan<float> h, Span<float> hNext) =>
        Run(VariantPart.GruResetAfter, default, a, stride, u, stride, batch, h, hNext);

    /// <summary>The gates of a GRU whose reset gate acts on h; u [B][uStride] is h times the gates' weights.</summary>
    public void GruGates(
        Span<float> a, int stride, ReadOnlySpan<float> u, int uStride, int batch, ReadOnlySpan<float> h, Span<float> resetH) =>
        Run(VariantPart.GruGates, default, a, stride, u, uStride, batch, h, resetH);

    /// <summary>The rest of that GRU; u [B][uStride] is r h times the candidate's weights.</summary>
    public void GruCandidate(
        Span<float> a, int stride, ReadOnlySpan<float> u, int uStride, int batch, ReadOnlySpan<float> h, Span<float> hNext) =>
        Run(VariantPart.GruCandidate, default, a, stride, u, uStride, batch, h, hNext);

    private void Run(
        VariantPart part, VariantStep step, Span<float> a, int stride, ReadOnlySpan<float> u, int uStride, int batch,
        ReadOnlySpan<float> before, Span<float> after)
    {
        fixed (float* pa = a, pu = u, pb = before, pn = after)
        {
            step.A = pa;
            step.U = pu;
            step.Before = pb;
            step.After = pn;
            (step.Hidden, step.Batch, step.Stride, step.UStride) = (_hidden, batch, stride, uStride);
            step.CStride = AlignedBuffer.RoundUp(_hidden);
            var body = new Body(part, _variant, step);
            _runner.For(_hidden, 1 + (Grain / batch), ref body);
        }
    }

    private readonly struct Body(VariantPart part, CellVariant variant, VariantStep step) : IRangeBody
    {
        public void Run(int thread, int start, int end) => VariantCell.Run(part, in variant, in step, start, end);
    }
}
