using System.Diagnostics;
using TinySD.Runtime.Kernels;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Ops;

/// <content>The cells' elementwise parts, one time step a call.</content>
internal sealed unsafe partial class VectorOps
{
    private const int CellsPerThread = 1024;

    /// <summary>
    /// One step of the LSTM cell. gates [B][ld] holds pre-activations and becomes gates; c, cNext, tanhC are [B][cStride]; h is [H][B];
    /// peepholes are [3H], for i, f, o, or empty.
    /// </summary>
    public void LstmForward(
        Span<float> gates, int ld, int hidden, int batch, ReadOnlySpan<float> c, Span<float> cNext, Span<float> tanhC, Span<float> h,
        ReadOnlySpan<float> peepholes = default)
    {
        Debug.Assert(gates.Length >= batch * ld && h.Length >= hidden * batch && (peepholes.IsEmpty || peepholes.Length >= 3 * hidden));
        fixed (float* pg = gates, pc = c, pn = cNext, pt = tanhC, ph = h, pp = peepholes)
        {
            var step = new LstmStep
            {
                Gates = pg, GateStride = ld, Hidden = hidden, Batch = batch,
                C = pc, CNext = pn, TanhC = pt, CStride = AlignedBuffer.RoundUp(hidden), Peepholes = pp,
            };
            var body = new LstmForwardBody(_kernels, step, ph);
            _runner.For(hidden, CellGrain(batch), ref body);
        }
    }

    /// <summary>
    /// The cell backwards: gates become the gradient of the pre-activations; dh = dUp + dRecurrent, both [H][B]; dc [B][cStride] goes in
    /// for c' and comes out for c.
    /// </summary>
    public void LstmBackward(
        Span<float> gates, int ld, int hidden, int batch, ReadOnlySpan<float> c, ReadOnlySpan<float> tanhC,
        ReadOnlySpan<float> dUp, ReadOnlySpan<float> dRecurrent, Span<float> dc, ReadOnlySpan<float> peepholes = default)
    {
        Debug.Assert(dUp.Length >= hidden * batch && dRecurrent.Length >= hidden * batch);
        fixed (float* pg = gates, pc = c, pt = tanhC, pu = dUp, pr = dRecurrent, pdc = dc, pp = peepholes)
        {
            var step = new LstmStep
            {
                Gates = pg, GateStride = ld, Hidden = hidden, Batch = batch,
                C = pc, TanhC = pt, CStride = AlignedBuffer.RoundUp(hidden), Dc = pdc, Peepholes = pp,
            };
            var body = new LstmBackwardBody(_kernels, step, pu, pr);
            _runner.For(hidden, CellGrain(batch), ref body);
        }
    }

    /// <summary>
    /// One step of the GRU. input [B][ld] holds x W + b and becomes the gates; recurrent [B][ld] holds h U and its bias; h and hNext are
    /// [H][B].
    /// </summary>
    public void GruForward(
        Span<float> input, ReadOnlySpan<float> recurrent, int ld, int hidden, int batch, ReadOnlySpan<float> h, Span<float> hNext)
    {
        Debug.Assert(input.Length >= batch * ld && recurrent.Length >= batch * ld);
        Debug.Assert(h.Length >= hidden * batch && hNext.Length >= hidden * batch);
        fixed (float* pi = input, pr = recurrent, ph = h, pn = hNext)
        {
            var step = new GruStep { Input = pi, Recurrent = pr, GateStride = ld, Hidden = hidden, Batch = batch, H = ph };
            var body = new GruForwardBody(_kernels, step, pn);
            _runner.For(hidden, CellGrain(batch), ref body);
        }
    }

    /// <summary>
    /// The GRU backwards: input and recurrent become the gradients of what they held before the step; dh = dUp + dRecurrent, both [H][B],
    /// and dCarried, [B][H rounded up to 16], which goes in for the part of dL/dh' that came past the products and comes out for that of h.
    /// </summary>
    public void GruBackward(
        Span<float> input, Span<float> recurrent, int ld, int hidden, int batch, ReadOnlySpan<float> h,
        ReadOnlySpan<float> dUp, ReadOnlySpan<float> dRecurrent, Span<float> dCarried)
    {
        Debug.Assert(dUp.Length >= hidden * batch && dRecurrent.Length >= hidden * batch);
        fixed (float* pi = input, pr = recurrent, ph = h, pu = dUp, pd = dRecurrent, pc = dCarried)
        {
            var step = new GruStep
            {
                Input = pi, Recurrent = pr, GateStride = ld, Hidden = hidden, Batch = batch,
                H = ph, Dh = pc, DhStride = AlignedBuffer.RoundUp(hidden),
            };
            var body = new GruBackwardBody(_kernels, step, pu, pd);
            _runner.For(hidden, CellGrain(batch), ref body);
        }
    }

    /// <summary>One step of the simple cell, tanh or, rectified, max(a, 0): a [B][ld] becomes h', h [H][B] is h' turned.</summary>
    public void RnnForward(bool rectified, Span<float> a, int ld, int hidden, int batch, Span<float> h)
    {
        Debug.Assert(a.Length >= batch * ld && h.Length >= hidden * batch);
        fixed (float* pa = a, ph = h)
        {
            var step = new RnnStep { Gates = pa, GateStride = ld, Batch = batch };
            var body = new RnnForwardBody(_kernels, step, rectified, ph);
            _runner.For(hidden, CellGrain(batch), ref body);
        }
    }

    /// <summary>The simple cell backwards: a, which holds h', becomes that of the pre-activations, for dh = dUp + dRecurrent.</summary>
    public void RnnBackward(
        bool rectified, Span<float> a, int ld, int hidden, int batch, ReadOnlySpan<float> dUp, ReadOnlySpan<float> dRecurrent)
    {
        Debug.Assert(dUp.Length >= hidden * batch && dRecurrent.Length >= hidden * batch);
        fixed (float* pa = a, pu = dUp, pr = dRecurrent)
        {
            var step = new RnnStep { Gates = pa, GateStride = ld, Batch = batch };
            var body = new RnnBackwardBody(_kernels, step, rectified, pu, pr);
            _runner.For(hidden, CellGrain(batch), ref body);
        }
    }

    // Units of the cell that are worth another thread, in whole registers: a unit of one sequence costs some nanoseconds.
    private static int CellGrain(int batch) => AlignedBuffer.RoundUp(1 + (CellsPerThread / batch));

    private readonly struct LstmForwardBody(KernelSet kernels, LstmStep step, float* h) : IRangeBody
    {
        public void Run(int part, int start, int end) => kernels.LstmForward(in step, start, end, h);
    }

    private readonly struct LstmBackwardBody(KernelSet kernels, LstmStep step, float* dUp, float* dRecurrent) : IRangeBody
    {
        public void Run(int part, int start, int end) => kernels.LstmBackward(in step, start, end, dUp, dRecurrent);
    }

    private readonly struct GruForwardBody(KernelSet kernels, GruStep step, float* hNext) : IRangeBody
    {
        public void Run(int part, int start, int end) => kernels.GruForward(in step, start, end, hNext);
    }

    private readonly struct GruBackwardBody(KernelSet kernels, GruStep step, float* dUp, float* dRecurrent) : IRangeBody
    {
        public void Run(int part, int start, int end) => kernels.GruBackward(in step, start, end, dUp, dRecurrent);
    }

    private readonly struct RnnForwardBody(KernelSet kernels, RnnStep step, bool rectified, float* h) : IRangeBody
    {
        public void Run(int part, int start, int end) => kernels.RnnForward(rectified, in step, start, end, h);
    }

    private readonly struct RnnBackwardBody(KernelSet kernels, RnnStep step, bool rectified, float* dUp, float* dRecurrent) : IRangeBody
    {
        public void Run(int part, int start, int end) => kernels.RnnBackward(rectified, in step, start, end, dUp, dRecurrent);
    }
}
