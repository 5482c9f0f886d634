using TinySD.Runtime.Kernels;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Ops;

/// <summary>The general cells of <see cref="VariantCell"/>, spread over threads by units.</summary>
internal sealed unsafe class VariantOps
{
    // Cells that are worth waking another thread for.
    private const int Grain = 512;

    private readonly CountedRunner _runner;
    private readonly CellVariant _variant;
    private readonly int _hidden, _batch;

    /// <param name="runner">Threads.</param>
    /// <param name="functions">The cell's functions: f, g, h of an LSTM; f, g of a GRU; f of an RNN.</param>
    /// <param name="clip">Of every sum before its function, or 0.</param>
    /// <param name="coupled">An LSTM whose forget gate is 1 - i.</param>
    /// <param name="hidden">H.</param>
    /// <param name="batch">B.</param>
    public VariantOps(IParallelRunner runner, ReadOnlySpan<Activation> functions, float clip, bool coupled, int hidden, int batch)
    {
        _runner = new CountedRunner(runner);
        _variant = new CellVariant(
            functions[0], functions.Length > 1 ? functions[1] : default, functions.Length > 2 ? functions[2] : default, clip, coupled);
        _hidden = hidden;
        _batch = batch;
    }

    /// <summary>One step of an LSTM; peepholes is [3H] or empty.</summary>
    public void Lstm(Span<float> a, int stride, ReadOnlySpan<float> peepholes, ReadOnlySpan<float> c, Span<float> cNext, Span<float> hNext)
    {
        fixed (float* pa = a, pp = peepholes, pc = c, pn = cNext, ph = hNext)
            Run(new Body { Step = Step.Lstm, A = pa, Stride = stride, Extra = pp, C = pc, CNext = pn, HNext = ph });
    }

    /// <summary>One step of an RNN.</summary>
    public void Rnn(Span<float> a, int stride, Span<float> hNext)
    {
        fixed (float* pa = a, ph = hNext) Run(new Body { Step = Step.Rnn, A = pa, Stride = stride, HNext = ph });
    }

    /// <summary>One step of a GRU whose reset gate acts on the recurrent product <paramref name="u"/>, [B][stride].</summary>
    public void GruResetAfter(Span<float> a, int stride, ReadOnlySpan<float> u, ReadOnlySpan<float> h, Span<float> hNext)
    {
        fixed (float* pa = a, pu = u, ph = h, pn = hNext)
            Run(new Body { Step = Step.GruResetAfter, A = pa, Stride = stride, Extra = pu, H = ph, HNext = pn });
    }

    /// <summary>The gates of a GRU whose reset gate acts on h; u [B][uStride] is h times the gates' weights.</summary>
    public void GruGates(Span<float> a, int stride, ReadOnlySpan<float> u, int uStride, ReadOnlySpan<float> h, Span<float> resetH)
    {
        fixed (float* pa = a, pu = u, ph = h, pn = resetH)
            Run(new Body { Step = Step.GruGates, A = pa, Stride = stride, Extra = pu, ExtraStride = uStride, H = ph, HNext = pn });
    }

    /// <summary>The rest of that GRU; u [B][uStride] is r h times the candidate's weights.</summary>
    public void GruCandidate(Span<float> a, int stride, ReadOnlySpan<float> u, int uStride, ReadOnlySpan<float> h, Span<float> hNext)
    {
        fixed (float* pa = a, pu = u, ph = h, pn = hNext)
            Run(new Body { Step = Step.GruCandidate, A = pa, Stride = stride, Extra = pu, ExtraStride = uStride, H = ph, HNext = pn });
    }

    private void Run(Body body)
    {
        body.Variant = _variant;
        body.Hidden = _hidden;
        body.Batch = _batch;
        body.CStride = AlignedBuffer.RoundUp(_hidden);
        _runner.For(_hidden, 1 + (Grain / _batch), ref body);
    }

    private enum Step
    {
        Lstm,
        Rnn,
        GruResetAfter,
        GruGates,
        GruCandidate,
    }

    private struct Body : IRangeBody
    {
        public Step Step;
        public CellVariant Variant;
        public int Hidden, Batch, Stride, ExtraStride, CStride;
        public float* A, Extra, C, CNext, H, HNext;

        public readonly void Run(int part, int start, int end)
        {
            switch (Step)
            {
                case Step.Lstm:
                    VariantCell.Lstm(in Variant, A, Stride, Hidden, Batch, start, end, Extra, C, CNext, CStride, HNext);
                    break;
                case Step.Rnn:
                    VariantCell.Rnn(in Variant, A, Stride, Batch, start, end, HNext);
                    break;
                case Step.GruResetAfter:
                    VariantCell.GruResetAfter(in Variant, A, Extra, Stride, Hidden, Batch, start, end, H, HNext);
                    break;
                case Step.GruGates:
                    VariantCell.GruGates(in Variant, A, Stride, Extra, ExtraStride, Hidden, Batch, start, end, H, HNext);
                    break;
                default:
                    VariantCell.GruCandidate(in Variant, A, Stride, Extra, ExtraStride, Hidden, Batch, start, end, H, HNext);
                    break;
            }
        }
    }
}
