using System.Diagnostics;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Ops;

/// <content>What regularisers other than dropout of units need: masks on weights and words, penalties, weight decay, averages.</content>
internal sealed unsafe partial class VectorOps
{
    // Sequences whose word factors are gathered at a time, on the stack.
    private const int GatheredSequences = 256;

    /// <summary>rows [k][<paramref name="stride"/>] = the masked w [k][n]; rows may be w. Beyond n a row is left alone.</summary>
    public void DropWeights(in WeightMasks masks, ReadOnlySpan<float> w, int k, int n, Span<float> rows, int stride)
    {
        Debug.Assert(w.Length >= (long)k * n && rows.Length >= ((long)(k - 1) * stride) + n);
        fixed (float* pw = w, pr = rows)
        {
            var body = new DropWeightsBody(_kernels, masks, pw, pr, n, stride);
            _runner.For(k, 1 + (Grain / n), ref body);
        }
    }

    /// <summary>factors [V] or [B][V] = the factor of every word.</summary>
    public void FillWordMask(in UnstructuredMask mask, Span<float> factors)
    {
        fixed (float* pf = factors) _kernels.FillMask(mask.Stream, mask.Threshold, mask.Scale, factors.Length, pf);
    }

    /// <summary>x [T][units][B] times the factor of each token [T][B], which factors has for each sequence at <paramref name="stride"/>, 0
    /// for the same for all.</summary>
    public void ScaleTokens(ReadOnlySpan<float> factors, int stride, ReadOnlySpan<int> tokens, StepRows rows, int units, Span<float> x)
    {
        Debug.Assert(tokens.Length == rows.Total && x.Length >= tokens.Length * units);
        fixed (float* pf = factors, px = x)
        fixed (int* pt = tokens)
        {
            var body = new ScaleTokensBody(_kernels, pf, stride, pt, rows, units, px);
            _runner.For(rows.Steps, 1 + (Grain / (units * rows.Batch)), ref body);
        }
    }

    /// <summary>y = y + factor * x.</summary>
    public void AddScaled(ReadOnlySpan<float> x, float factor, Span<float> y)
    {
        Debug.Assert(x.Length >= y.Length);
        fixed (float* px = x, py = y)
        {
            var body = new AddScaledBody(_kernels, px, py, factor);
            _runner.For(y.Length, Grain, ref body);
        }
    }

    /// <summary>Row keep(t)[i] of y[t] [H][B] has added to it factor times row i of x[t] [H][B].</summary>
    public void ScatterAdd(ReadOnlySpan<float> x, KeepTable keep, StepRows rows, int units, float factor, Span<float> y) =>
        MoveRows(x, keep, rows, units, factor, y, scatters: true);

    /// <summary>
    /// The gradient of the sum over t of (h[t] - h[t-1])^2, times factor / 2, added to dh; both [T][units][B].
    /// </summary>
    public void AddSlowness(ReadOnlySpan<float> h, StepRows rows, int units, float factor, Span<float> dh)
    {
        Debug.Assert(h.Length >= rows.Total * units && dh.Length >= rows.Total * units);
        fixed (float* ph = h, pd = dh)
        {
            var body = new SlownessBody { Kernels = _kernels, H = ph, Dh = pd, Rows = rows, Units = units, Factor = factor };
            _runner.For(rows.Steps, 1 + (Grain / (units * rows.Batch)), ref body);
        }
    }

    private readonly struct DropWeightsBody(KernelSet kernels, WeightMasks masks, float* w, float* rows, int n, int stride) : IRangeBody
    {
        [SkipLocalsInit]
        public void Run(int part, int start, int end)
        {
            float* mask = stackalloc float[WeightMasks.PieceColumns];
            int pieces = (n + WeightMasks.PieceColumns - 1) / WeightMasks.PieceColumns;
            for (int row = start; row < end; row++)
            {
                for (int piece = 0; piece < pieces; piece++)
                {
                    int column = piece * WeightMasks.PieceColumns, count = Math.Min(WeightMasks.PieceColumns, n - column);
                    UnstructuredMask draw = masks.Of(row, piece, pieces);
                    kernels.FillMask(draw.Stream, draw.Threshold, draw.Scale, count, mask);
                    kernels.Multiply(w + ((nint)row * n) + column, mask, count, rows + ((nint)row * stride) + column);
                }
            }
        }
    }

    private readonly struct ScaleTokensBody(
        KernelSet kernels, float* factors, int stride, int* tokens, StepRows rows, int units, float* x) : IRangeBody
    {
        [SkipLocalsInit]
        public void Run(int part, int start, int end)
        {
            float* gathered = stackalloc float[GatheredSequences];
            for (int t = start; t < end; t++)
            {
                nint before = rows.Before(t);
                int batch = rows.At(t);
                for (int b = 0; b < batch; b += GatheredSequences)
                {
                    int count = Math.Min(GatheredSequences, batch - b);
                    for (int i = 0; i < count; i++) gathered[i] = factors[((nint)(b + i) * stride) + tokens[before + b + i]];
                    float* at = x + (before * units) + b;
                    for (int e = 0; e < units; e++, at += batch) kernels.Multiply(at, gathered, count, at);
                }
            }
        }
    }

    private readonly struct AddScaledBody(KernelSet kernels, float* x, float* y, float factor) : IRangeBody
    {
        public void Run(int part, int start, int end) => kernels.AddScaled(x + start, end - start, factor, y + start);
    }

    private struct SlownessBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* H, Dh;
        public StepRows Rows;
        public int Units;
        public float Factor;

        public readonly void Run(int part, int start, int end)
        {
            for (int t = start; t < end; t++)
            {
                if (t > 0) AddDifference(t, t - 1);
                if (t < Rows.Steps - 1) AddDifference(t, t + 1);
            }
        }

        // For the sequences that have both steps; all units at once where none has only one of them.
        private readonly void AddDifference(int t, int other)
        {
            int batch = Rows.At(t), others = Rows.At(other), units = batch == others ? 1 : Units;
            int length = Math.Min(batch, others) * (Units / units);
            float* h = H + ((nint)Rows.Before(t) * Units), dh = Dh + (h - H), that = H + ((nint)Rows.Before(other) * Units);
            for (int unit = 0; unit < units; unit++, h += batch, dh += batch, that += others)
                Kernels.AddDifference(h, that, length, Factor, dh);
        }
    }
}
