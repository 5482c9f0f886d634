using System.Diagnostics;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Ops;

/// <summary>Everything that is not a product: gates, softmax, elementwise passes and updates, spread over threads.</summary>
internal sealed unsafe partial class VectorOps
{
    // Elements that are worth waking another thread for.
    private const int Grain = 8192;

    private readonly CountedRunner _runner;
    private readonly KernelSet _kernels;

    public VectorOps(IParallelRunner runner, KernelSet kernels)
    {
        _runner = new CountedRunner(runner);
        _kernels = kernels;
    }

    /// <summary>Threads; every part of a loop is below it.</summary>
    public int ThreadCount => _runner.ThreadCount;

    /// <summary>A loop over [0, count), cut at multiples of <paramref name="grain"/>, for what is no kernel.</summary>
    public void For<TBody>(int count, int grain, scoped ref TBody body)
        where TBody : struct, IRangeBody => _runner.For(count, grain, ref body);

    /// <summary>Draws unstructured masks for steps [0, <paramref name="count"/>), each <paramref name="length"/> factors.</summary>
    public void FillMasks(MaskSampler sampler, MaskPlace place, Draw draw, int count, int length, Span<float> masks)
    {
        Debug.Assert(masks.Length >= count * length);
        fixed (float* pm = masks)
        {
            var body = new FillBody(_kernels, sampler, place, draw, length, pm);
            _runner.For(count, 1, ref body);
        }
    }

    /// <summary>
    /// Draws structured masks for steps [0, <paramref name="counts"/>' length): list t at t times the place's units, counts[t] long.
    /// </summary>
    public void DrawKeep(MaskSampler sampler, MaskPlace place, Draw draw, Span<int> keep, Span<int> counts)
    {
        Debug.Assert(keep.Length >= counts.Length * place.Units);
        fixed (int* pk = keep, pn = counts)
        {
            var body = new KeepBody { Kernels = _kernels, Sampler = sampler, Place = place, Draw = draw, Keep = pk, Counts = pn };
            _runner.For(counts.Length, 1 + (Grain / place.Units), ref body);
        }
    }

    /// <summary>The kept rows of each x[t] [H][B], times <paramref name="factor"/>, side by side in the first rows of y[t] [H][B]; the
    /// others are left alone.</summary>
    public void Gather(ReadOnlySpan<float> x, KeepTable keep, StepRows rows, int units, float factor, Span<float> y) =>
        MoveRows(x, keep, rows, units, factor, y, scatters: false);

    /// <summary>y = m * x; y may be x.</summary>
    public void Multiply(ReadOnlySpan<float> x, ReadOnlySpan<float> m, Span<float> y)
    {
        Debug.Assert(y.Length <= x.Length && y.Length <= m.Length);
        fixed (float* px = x, pm = m, py = y)
        {
            var body = new MultiplyBody(_kernels, px, pm, py);
            _runner.For(y.Length, Grain, ref body);
        }
    }

    /// <summary>sums [n] = sums + the sum of d's rows, in order; d is [rows][ld].</summary>
    public void AddColumnSums(ReadOnlySpan<float> d, int dStride, int rows, int n, GradientSpan sums)
    {
        fixed (float* pd = d, ps = sums.Cleared())
        {
            var body = new ColumnSumsBody(_kernels, pd, dStride, rows, ps);
            _runner.For(n, 128, ref body);
        }
    }

    /// <summary>
    /// sums [n] = sums + the sum over rows of d times x, element by element, in order; d begins at its first column, rows
    /// <paramref name="dStride"/> floats apart, x is [rows][xStride].
    /// </summary>
    public void AddProductSums(ReadOnlySpan<float> d, int dStride, ReadOnlySpan<float> x, int xStride, int rows, int n, Span<float> sums)
    {
        Debug.Assert(d.Length >= ((rows - 1) * dStride) + n && x.Length >= ((rows - 1) * xStride) + n && sums.Length >= n);
        fixed (float* pd = d, px = x, ps = sums)
        {
            var body = new ProductSumsBody(_kernels, pd, px, ps, rows, dStride, xStride);
            _runner.For(n, 128, ref body);
        }
    }

    /// <summary>
    /// Softmax and cross-entropy of every row of logits [rows][ld] against its target; losses [rows] in nats. Rows become the gradient,
    /// (softmax - one-hot) * <paramref name="gradientScale"/>, or are left spent when that is 0. A target of -1 counts for nothing. Of a
    /// target a share, <paramref name="smoothing"/>, is spread evenly over all n: in the gradient, not in the losses.
    /// </summary>
    public void SoftmaxCrossEntropy(
        Span<float> logits, int n, int ld, ReadOnlySpan<int> targets, float gradientScale, Span<float> losses, float smoothing = 0f)
    {
        fixed (float* pl = logits, po = losses)
        fixed (int* pt = targets)
        {
            var body = new SoftmaxBody
            {
                Kernels = _kernels, Logits = pl, N = n, Stride = ld, Targets = pt, GradientScale = gradientScale, Losses = po,
                Smoothing = smoothing,
            };
            _runner.For(targets.Length, 1, ref body);
        }
    }

    /// <summary>row[j] = e^(factor * row[j] - max), max the largest factor * row[j], on the caller's thread; returns their sum.</summary>
    public float Exponentials(Span<float> row, float factor)
    {
        fixed (float* p = row)
        {
            _kernels.Scale(p, row.Length, factor, p);
            return _kernels.SoftmaxExponentials(p, row.Length, out _);
        }
    }

    /// <summary>row[j] = e^(row[j] - largest), on the caller's thread; returns their sum.</summary>
    public float ExponentialsFromLargest(Span<float> row, out float largest)
    {
        fixed (float* p = row) return _kernels.SoftmaxExponentials(p, row.Length, out largest);
    }

    /// <summary>x [T][E][B] = the embedding of each token [T][B]; element e of token v at v * tokenStride + e * unitStride, one of them
    /// 1.</summary>
    public void Embed(
        ReadOnlySpan<float> table, int tokenStride, int unitStride, ReadOnlySpan<int> tokens, StepRows rows, int units, Span<float> x)
    {
        fixed (float* pt = table, px = x) Embed(pt, tokenStride, unitStride, tokens, rows, units, px, x.Length, isBackward: false);
    }

    /// <summary>Adds dx [T][E][B] to the gradient of each token's embedding, in order of time and sequence.</summary>
    public void EmbedBackward(
        ReadOnlySpan<float> dx, ReadOnlySpan<int> tokens, StepRows rows, int units, Span<float> gradient, int tokenStride, int unitStride)
    {
        fixed (float* pg = gradient, pd = dx) Embed(pg, tokenStride, unitStride, tokens, rows, units, pd, dx.Length, isBackward: true);
    }

    private void Embed(
        float* table, int tokenStride, int unitStride, ReadOnlySpan<int> tokens, StepRows rows, int units,
        float* x, int length, bool isBackward)
    {
        Debug.Assert(tokens.Length == rows.Total && length >= tokens.Length * units && (tokenStride == 1 || unitStride == 1));
        fixed (int* pi = tokens)
        {
            var body = new EmbedBody
            {
                Kernels = _kernels, Table = table, TokenStride = tokenStride, UnitStride = unitStride,
                Tokens = pi, Rows = rows, Units = units, X = x, IsBackward = isBackward,
            };
            _runner.For(units, EmbedGrain(tokens.Length), ref body);
        }
    }

    private void MoveRows(
        ReadOnlySpan<float> x, KeepTable keep, StepRows rows, int units, float factor, Span<float> y, bool scatters)
    {
        Debug.Assert(x.Length >= rows.Total * units && y.Length >= rows.Total * units);
        fixed (float* px = x, py = y)
        fixed (int* pk = keep.Indices, pn = keep.Counts)
        {
            var body = new RowsBody
            {
                Kernels = _kernels, X = px, Y = py, Keep = new(keep, pk, pn), Rows = rows,
                Units = units, Factor = factor, Scatters = scatters,
            };
            _runner.For(rows.Steps, 1 + (Grain / (units * rows.Batch)), ref body);
        }
    }

    // Units of an embedding that are worth another thread, in whole registers: one token's are not.
    private static int EmbedGrain(int tokens) => AlignedBuffer.RoundUp(1 + (Grain / (1 + tokens)));

    private readonly struct FillBody(
        KernelSet kernels, MaskSampler sampler, MaskPlace place, Draw draw, int length, float* masks) : IRangeBody
    {
        public void Run(int part, int start, int end)
        {
            for (int t = start; t < end; t++)
            {
                UnstructuredMask mask = sampler.Unstructured(place, draw, t);
                kernels.FillMask(mask.Stream, mask.Threshold, mask.Scale, length, masks + ((nint)t * length));
            }
        }
    }

    private struct KeepBody : IRangeBody
    {
        public KernelSet Kernels;
        public MaskSampler Sampler;
        public MaskPlace Place;
        public Draw Draw;
        public int* Keep, Counts;

        [SkipLocalsInit]
        public readonly void Run(int part, int start, int end)
        {
            const int drawn = 1024;
            uint* words = stackalloc uint[drawn];
            for (int t = start; t < end; t++)
            {
                var keep = new Span<int>(Keep + ((nint)t * Place.Units), Place.Units);
                if (Sampler.IsNested)
                {
                    Counts[t] = Sampler.KeepFirst(Place, Draw, t, keep);
                    continue;
                }

                StructuredMask mask = Sampler.Structured(Place, Draw, t);
                int count = 0;
                for (int group = 0; group < mask.Groups; group += drawn)
                {
                    int length = Math.Min(drawn, mask.Groups - group);
                    Kernels.FillWords(mask.Stream, group, length, words);
                    count = mask.Choose(new ReadOnlySpan<uint>(words, length), group, keep, count);
                }

                Counts[t] = count;
            }
        }
    }

    private struct RowsBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* X, Y;
        public FixedKeepTable Keep;
        public StepRows Rows;
        public int Units;
        public float Factor;
        public bool Scatters;

        public readonly void Run(int part, int start, int end)
        {
            for (int t = start; t < end; t++)
            {
                ReadOnlySpan<int> keep = Keep.At(t);
                int batch = Rows.At(t);
                float* x = X + ((nint)Rows.Before(t) * Units), y = Y + ((nint)Rows.Before(t) * Units);
                fixed (int* pk = keep)
                {
                    if (!Scatters) Kernels.GatherRows(x, batch, pk, keep.Length, Factor, y);
                    else for (int i = 0; i < keep.Length; i++, x += batch) Kernels.AddScaled(x, batch, Factor, y + ((nint)pk[i] * batch));
                }
            }
        }
    }

    private readonly struct MultiplyBody(KernelSet kernels, float* x, float* m, float* y) : IRangeBody
    {
        public void Run(int part, int start, int end) => kernels.Multiply(x + start, m + start, end - start, y + start);
    }

    private readonly struct ColumnSumsBody(KernelSet kernels, float* d, int dStride, int rows, float* sums) : IRangeBody
    {
        public void Run(int part, int start, int end) => kernels.AddColumnSums(d + start, dStride, rows, end - start, sums + start);
    }

    private readonly struct ProductSumsBody(
        KernelSet kernels, float* d, float* x, float* sums, int rows, int dStride, int xStride) : IRangeBody
    {
        public void Run(int part, int start, int end) =>
            kernels.AddProductSums(d + start, dStride, x + start, xStride, rows, end - start, sums + start);
    }

    private struct SoftmaxBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* Logits, Losses;
        public int* Targets;
        public int N, Stride;
        public float GradientScale, Smoothing;

        public readonly void Run(int part, int start, int end)
        {
            for (int row = start; row < end; row++)
            {
                float* logits = Logits + ((nint)row * Stride);
                int target = Targets[row];
                if (target < 0)
                {
                    Losses[row] = 0f;
                    if (GradientScale != 0f) new Span<float>(logits, N).Clear();
                    continue;
                }

                float wanted = logits[target];
                float sum = Kernels.SoftmaxExponentials(logits, N, out float max);
                Losses[row] = (float)(PortableMath.Log(sum) + max - wanted);
                if (GradientScale == 0f) continue;
                if (Smoothing == 0f) Kernels.Scale(logits, N, GradientScale / sum, logits);
                else Kernels.ScaleAndShift(logits, N, GradientScale / sum, -GradientScale * Smoothing / N, logits);
                logits[target] -= GradientScale * (1f - Smoothing);
            }
        }
    }

    // Of the table, or of its gradient when it is backward: x is then what is added to that.
    private struct EmbedBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* Table, X;
        public int* Tokens;
        public StepRows Rows;
        public int TokenStride, UnitStride, Units;
        public bool IsBackward;

        public readonly void Run(int part, int start, int end)
        {
            if (UnitStride == 1)
            {
                for (int t = 0; t < Rows.Steps; t++)
                {
                    nint before = Rows.Before(t);
                    int batch = Rows.At(t);
                    float* x = X + (before * Units) + ((nint)start * batch);
                    if (IsBackward) Kernels.ScatterAddTokens(x, Tokens + before, batch, end - start, Table + start, TokenStride);
                    else Kernels.GatherTokens(Table + start, TokenStride, Tokens + before, batch, end - start, x);
                }

                return;
            }

            // A unit's row of the table at a time: it stays in the cache while all tokens pick from it.
            for (int e = start; e < end; e++)
            {
                float* row = Table + ((nint)e * UnitStride);
                for (int t = 0; t < Rows.Steps; t++)
                {
                    nint before = Rows.Before(t);
                    int batch = Rows.At(t);
                    int* tokens = Tokens + before;
                    float* x = X + (before * Units) + ((nint)e * batch);
                    if (IsBackward) for (int b = 0; b < batch; b++) row[tokens[b]] += x[b];
                    else for (int b = 0; b < batch; b++) x[b] = row[tokens[b]];
                }
            }
        }
    }
}
