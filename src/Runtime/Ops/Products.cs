using System.Diagnostics;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Kernels;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Ops;

/// <summary>The macro-kernels: the three products of a layer, cut into tiles and spread over threads.</summary>
/// <remarks>
/// <para>
/// Weights are input-major, w [K][N], and are read where they are: one unit's outgoing weights are one row, so a dropped unit is a run of
/// memory that no pass touches. Rows that do not start on cache lines are copied once per update, see <see cref="WeightRows"/>. Activations
/// are unit-major and hold the kept units only, x [T][K][B] with the i-th kept unit of step t in row i of its [K][B]; pre-activations and
/// their gradients are row-major with padded rows, c, d [T*B][ld], ld from <see cref="RowStride"/>.
/// </para>
/// <para>
/// All three products walk a list of kept units: forward skips rows of w, backward skips rows of the result, the weight gradient skips rows
/// of g. Every element of c and g is one accumulator, summed in increasing order of units, or of time and sequences; every element of dx is
/// 16 lane sums and a fixed tree. So neither the tiling, which <see cref="ProductTiles"/> sets, nor the threads, nor the lane width changes
/// a bit.
/// </para>
/// </remarks>
internal sealed unsafe partial class Products
{
    // Columns in the unit that padded rows are a multiple of and products are shared out by.
    private const int LineFloats = ProductTiles.LineFloats;

    // Columns of a backward product that are summed before their sum is added to the others', in blocks of 16: as many equal chunks as are
    // needed to stay below. It is part of the result's definition. The gradients of one time step of a chunk, for a batch of 20, fit the
    // second-level cache while the units pass; the chunk's weights fit the last one while the time steps pass.
    private const int DotChunkBlocks = 192;

    // Rows of x or d that a tile wants at least: with fewer sequences, time steps that keep the same units stand side by side.
    private const int SmallBatch = 16;

    // Floats of a gradient that a second-level cache holds beside what it is made of.
    private const int LocalFloats = 1 << 18;

    // Multiply-adds that take about as long as handing them to another thread: a microsecond or two.
    private const int ThreadGrain = 65_536;

    private readonly CountedRunner _runner;
    private readonly KernelSet _kernels;
    private int[] _identity = [];
    private long _scratchFloats;
    private long _turnedFloats;
    private bool _isReserved;
    private Workspace.Slice _scratch;
    private Workspace.Slice _turned;

    public Products(IParallelRunner runner, KernelSet kernels)
    {
        _runner = new CountedRunner(runner);
        _kernels = kernels;
    }

    /// <summary>The row length of c or d for N columns.</summary>
    public static int RowStride(int n) => AlignedBuffer.RowStride(n);

    /// <summary>Announces a product's largest shape, before <see cref="ReserveScratch"/>.</summary>
    /// <param name="k">Units in.</param>
    /// <param name="n">Columns out.</param>
    /// <param name="timeSteps">The most steps of a call.</param>
    /// <param name="batch">The most sequences.</param>
    /// <param name="backward">Whether gradients will be asked for.</param>
    /// <param name="isUneven">Whether sequences may be of unequal length.</param>
    public void Announce(int k, int n, int timeSteps, int batch, bool backward, bool isUneven = false)
    {
        _mostRows = Math.Max(_mostRows, timeSteps * batch);
        if (backward) _scratchFloats = Math.Max(_scratchFloats, (long)KernelSet.StripColumns * k);
        if (batch < SmallBatch || isUneven) _turnedFloats = Math.Max(_turnedFloats, (long)k * timeSteps * Math.Min(batch, SmallBatch - 1));
        if (k > _identity.Length)
        {
            _identity = new int[k];
            for (int i = 0; i < k; i++) _identity[i] = i;
        }
    }

    /// <summary>What <see cref="ReserveScratch"/> will reserve, in floats.</summary>
    public long ScratchFloats =>
        _isReserved
            ? 0
            : AlignedBuffer.RoundUp(_scratchFloats * _runner.ThreadCount) + AlignedBuffer.RoundUp(_turnedFloats) + CompactFloats;

    /// <summary>Reserves every thread's scratch.</summary>
    public void ReserveScratch(Workspace workspace)
    {
        _scratch = workspace.Reserve(_scratchFloats * _runner.ThreadCount);
        _turned = workspace.Reserve(_turnedFloats);
        _compact = workspace.Reserve(CompactFloats);
        _isReserved = true;
    }

    /// <summary>All of <paramref name="units"/> units at every time step.</summary>
    public KeepTable All(int units) => new(_identity.AsSpan(0, units));

    /// <summary>c [B][ld] += x * w[kept], one time step; x holds the kept units, [kept][B].</summary>
    public void ForwardStep(Weights w, ReadOnlySpan<float> x, int batch, ReadOnlySpan<int> keep, Span<float> c) =>
        Forward(w, x, StepRows.Even(1, batch), new KeepTable(keep), default, c);

    /// <summary>c [T*B][ld] = bias + x[t] * w[kept(t)] for all time steps.</summary>
    /// <param name="w">The weights.</param>
    /// <param name="x">[T][K][B], the kept units of step t in the first rows of [K][B].</param>
    /// <param name="rows">T, and B at every step.</param>
    /// <param name="keep">Kept units of each step.</param>
    /// <param name="bias">[n], and what fills its last 16.</param>
    /// <param name="c">[T*B][ld].</param>
    public void ForwardWindow(Weights w, ReadOnlySpan<float> x, StepRows rows, KeepTable keep, ReadOnlySpan<float> bias, Span<float> c)
    {
        Debug.Assert(bias.Length >= AlignedBuffer.RoundUp(w.N));
        int beside = SideBySideFrom(rows, keep);
        if (beside > 0) Forward(w, x, rows.Slice(0, beside), keep, bias, c);
        if (beside == rows.Steps) return;
        Span<float> turned = SetSideBySide(x, w.K, ref rows, beside, keep.At(0).Length, out int before);
        Forward(w, turned, rows, keep, bias, c[(before * RowStride(w.N))..]);
    }

    /// <summary>dx [K][B] = scale * w[kept] * d^T in the kept rows, 0 in the others, one time step.</summary>
    public void Backward(Weights w, ReadOnlySpan<float> d, int batch, ReadOnlySpan<int> keep, float scale, Span<float> dx) =>
        Backward(w, d, StepRows.Even(1, batch), new KeepTable(keep), scale, dx, adds: false);

    /// <summary>dx [T][K][B] = scale * w[kept(t)] * d[t]^T in the kept rows, 0 in the others, for all time steps.</summary>
    /// <param name="w">The weights.</param>
    /// <param name="d">[T*B][ld].</param>
    /// <param name="rows">T, and B at every step.</param>
    /// <param name="keep">Kept units of each step.</param>
    /// <param name="scale">The factor.</param>
    /// <param name="dx">[T][K][B].</param>
    /// <param name="adds">Whether the product is added to dx instead.</param>
    public void BackwardWindow(
        Weights w, ReadOnlySpan<float> d, StepRows rows, KeepTable keep, float scale, Span<float> dx, bool adds = false)
    {
        int beside = SideBySideFrom(rows, keep), k = w.K;
        if (beside > 0) Backward(w, d, rows.Slice(0, beside), keep, scale, dx, adds);
        if (beside == rows.Steps) return;
        StepRows steps = rows.Slice(beside, rows.Steps - beside);
        Span<float> turned = SetSideBySide(dx, k, ref rows, beside, adds ? k : 0, out int before);
        Backward(w, d[(before * RowStride(w.N))..], rows, keep, scale, turned, adds);
        for (int t = 0; t < steps.Steps; t++)
            Turn(turned[steps.Before(t)..], rows.Total, dx[((before + steps.Before(t)) * k)..], steps.At(t), k, steps.At(t));
    }

    /// <summary>g [K][N] += sum over time steps of x[t] * d[t] in the rows of kept(t), x as in <see cref="ForwardWindow"/>; and the bias's
    /// gradient [N] += the sum of d's rows, in order, where there is one.</summary>
    public void WeightGradient(
        ReadOnlySpan<float> x, int k, int n, StepRows rows, KeepTable keep, ReadOnlySpan<float> d, GradientSpan g,
        GradientSpan bias = default)
    {
        int beside = SideBySideFrom(rows, keep);
        if (beside > 0 || rows.Steps == 0) Gradient(x, k, n, rows.Slice(0, beside), keep, d, g, bias);
        if (beside == rows.Steps) return;
        Span<float> turned = SetSideBySide(x, k, ref rows, beside, keep.At(0).Length, out int before);
        Gradient(
            turned, k, n, rows, keep, d[(before * RowStride(n))..], new GradientSpan(g.Values, g.IsNew && beside == 0),
            new GradientSpan(bias.Values, bias.IsNew && beside == 0));
    }

    /// <summary>Copies w [k][n] to rows of <paramref name="stride"/> floats; what lies beyond n is left alone.</summary>
    public void CopyRows(ReadOnlySpan<float> w, int k, int n, Span<float> rows, int stride)
    {
        Debug.Assert(w.Length >= k * n && (k == 0 || rows.Length >= ((k - 1) * stride) + n));
        fixed (float* pw = w, pr = rows)
        {
            var body = new CopyBody(pw, pr, n, stride);
            _runner.For(k, 1 + (ThreadGrain / n), ref body);
        }
    }

    private static int Lines(int n) => (n + LineFloats - 1) / LineFloats;

    // How many pieces of so many multiply-adds each are worth another thread's attention.
    private static int Grain(long multiplyAdds) => (int)Math.Max(1, ThreadGrain / Math.Max(1, multiplyAdds));

    // Few sequences: time steps that keep the same units stand side by side as a batch does, and share every load of a weight. They are the
    // last ones, from here on; none where one would stand alone.
    private static int SideBySideFrom(StepRows rows, KeepTable keep)
    {
        int first = keep.IsSame ? rows.FirstBelow(SmallBatch) : rows.Steps;
        return first < rows.Steps - 1 ? first : rows.Steps;
    }

    // The first units of the steps from there on, side by side: they become the only step.
    private Span<float> SetSideBySide(ReadOnlySpan<float> x, int k, ref StepRows rows, int first, int units, out int before)
    {
        before = rows.Before(first);
        int count = rows.Total - before;
        Span<float> turned = _turned.Span[..(k * count)];
        for (int t = first; t < rows.Steps; t++)
            Turn(x[(rows.Before(t) * k)..], rows.At(t), turned[(rows.Before(t) - before)..], count, units, rows.At(t));
        rows = StepRows.Even(1, count);
        return turned;
    }

    private static void Turn(ReadOnlySpan<float> from, int fromStride, Span<float> to, int toStride, int rows, int length)
    {
        for (int row = 0; row < rows; row++) from.Slice(row * fromStride, length).CopyTo(to[(row * toStride)..]);
    }

    private void Forward(Weights w, ReadOnlySpan<float> x, StepRows rows, KeepTable keep, ReadOnlySpan<float> bias, Span<float> c)
    {
        if (w.Format != WeightFormat.Single)
        {
            ForwardCompact(w, x, rows, keep, bias, c);
            return;
        }

        int ld = RowStride(w.N);
        Debug.Assert(x.Length >= rows.Total * w.K && c.Length >= rows.Total * ld);
        fixed (float* pw = w.Values, px = x, pb = bias, pc = c)
        fixed (int* pk = keep.Indices, pn = keep.Counts)
        {
            var body = new ForwardBody
            {
                Kernels = _kernels, W = pw, WStride = w.Stride, K = w.K,
                X = px, Rows = rows, Keep = new(keep, pk, pn),
                Bias = pb, C = pc, CStride = ld,
            };
            _runner.For(Lines(w.N), Grain((long)w.K * LineFloats * rows.Total), ref body);
        }
    }

    private void Backward(Weights w, ReadOnlySpan<float> d, StepRows rows, KeepTable keep, float scale, Span<float> dx, bool adds)
    {
        if (w.Format != WeightFormat.Single) Throw.NoFloats("these weights are", w.Format);
        int k = w.K, ld = RowStride(w.N);
        Debug.Assert(d.Length >= rows.Total * ld && dx.Length >= rows.Total * k);
        fixed (float* pw = w.Values, pd = d, pdx = dx)
        fixed (int* pk = keep.Indices, pn = keep.Counts)
        {
            var body = new BackwardBody
            {
                Kernels = _kernels, W = pw, WStride = w.Stride, K = k, N = w.N,
                D = pd, DStride = ld,
                Rows = rows, Keep = new(keep, pk, pn), Scale = scale, Dx = pdx, Adds = adds,
            };
            _runner.For(k, _kernels.BackwardRows * Grain((long)_kernels.BackwardRows * w.N * rows.Total), ref body);
        }
    }

    private void Gradient(
        ReadOnlySpan<float> x, int k, int n, StepRows rows, KeepTable keep, ReadOnlySpan<float> d, GradientSpan g, GradientSpan bias)
    {
        int ld = RowStride(n);
        Debug.Assert(x.Length >= rows.Total * k && d.Length >= rows.Total * ld && g.Values.Length >= (long)k * n);
        fixed (float* px = x, pd = d, pg = g.Values, pb = bias.Cleared(), ps = _scratch.Span)
        fixed (int* pk = keep.Indices, pn = keep.Counts)
        {
            var body = new WeightGradientBody
            {
                Kernels = _kernels, X = px, K = k, N = n,
                Rows = rows, Keep = new(keep, pk, pn), D = pd, DStride = ld,
                G = pg, IsNew = g.IsNew, Bias = pb, Scratch = ps, ScratchFloats = (int)_scratchFloats,
            };
            _runner.For(Lines(n), Grain((long)k * LineFloats * rows.Total), ref body);
        }
    }

    private readonly struct CopyBody(float* w, float* rows, int n, int stride) : IRangeBody
    {
        public void Run(int part, int start, int end)
        {
            for (int k = start; k < end; k++)
                new ReadOnlySpan<float>(w + ((nint)k * n), n).CopyTo(new Span<float>(rows + ((nint)k * stride), n));
        }
    }

    private struct ForwardBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* W, X, Bias, C;
        public int K, WStride, CStride;
        public StepRows Rows;
        public FixedKeepTable Keep;

        public readonly void Run(int part, int start, int end)
        {
            int last = end * LineFloats, group = Rows.Steps == 1 ? last : Kernels.Tiling.WholeWindowColumns;
            for (int column = start * LineFloats; column < last; column += group)
            {
                for (int t = 0; t < Rows.Steps; t++) RunStep(t, column, Math.Min(group, last - column));
            }
        }

        private readonly void RunStep(int t, int column, int columns)
        {
            ReadOnlySpan<int> keep = Keep.At(t);
            nint before = Rows.Before(t);
            int batch = Rows.At(t);
            float* c = C + (before * CStride) + column, x = X + (before * K), w = W + column;
            ProductTiles tiles = Kernels.Tiling;

            // A step's rows that come from memory and not from the last cache: fewer at a time, and further ahead.
            bool streamed = Rows.Steps == 1 && (long)keep.Length * WStride > tiles.StreamedFloats;
            int units = streamed ? tiles.StreamedUnits : tiles.ForwardUnits, ahead = streamed ? tiles.StreamedAhead : 0;
            fixed (int* pk = keep)
            {
                float* init = Bias == null ? c : Bias + column;
                int initStride = Bias == null ? CStride : 0;
                Kernels.Forward(w, WStride, columns, ahead, x, batch, pk, keep.Length, units, init, initStride, c, CStride);
            }
        }
    }

    private struct BackwardBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* W, D, Dx;
        public int K, N, WStride, DStride;
        public StepRows Rows;
        public FixedKeepTable Keep;
        public float Scale;
        public bool Adds;

        public readonly void Run(int part, int start, int end)
        {
            int blocks = (N + DotTile.VirtualLanes - 1) / DotTile.VirtualLanes;
            int chunks = (blocks + DotChunkBlocks - 1) / DotChunkBlocks;
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                int first = blocks * chunk / chunks, last = blocks * (chunk + 1) / chunks;
                for (int t = 0; t < Rows.Steps; t++) RunStep(t, start, end, first, last);
            }
        }

        // The columns of blocks [block, end) for this thread's share of the step's kept units.
        private readonly void RunStep(int t, int start, int end, int block, int lastBlock)
        {
            ReadOnlySpan<int> keep = Keep.At(t);
            int tiles = (keep.Length + Kernels.BackwardRows - 1) / Kernels.BackwardRows;
            int from = Share(start, tiles, keep.Length), to = Share(end, tiles, keep.Length), column = block * DotTile.VirtualLanes;
            nint before = Rows.Before(t);
            int batch = Rows.At(t);
            float* d = D + (before * DStride) + column, dx = Dx + (before * K);
            int blocks = lastBlock - block, unit = start == 0 ? 0 : Unit(keep, from), endUnit = end == K ? K : Unit(keep, to);
            bool adds = Adds || block > 0;
            if (!adds) ClearDropped(dx, batch, keep[from..to], unit, endUnit);
            fixed (int* pk = keep)
                Kernels.Backward(W + column, WStride, pk + from, to - from, blocks, d, DStride, batch, Scale, dx, adds);
        }

        // Where the share that begins at unit `bound` of all K begins in a list of kept units: at a tile's edge.
        private readonly int Share(int bound, int tiles, int count) =>
            Math.Min(count, (int)((long)tiles * bound / K) * Kernels.BackwardRows);

        private readonly int Unit(ReadOnlySpan<int> keep, int index) => index < keep.Length ? keep[index] : K;

        // The rows of [unit, end) that are not of kept units.
        private static void ClearDropped(float* dx, int batch, ReadOnlySpan<int> keep, int unit, int end)
        {
            foreach (int kept in keep)
            {
                if (unit < kept) new Span<float>(dx + ((nint)unit * batch), (kept - unit) * batch).Clear();
                unit = kept + 1;
            }

            if (unit < end) new Span<float>(dx + ((nint)unit * batch), (end - unit) * batch).Clear();
        }
    }

    private struct WeightGradientBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* X, D, G, Bias, Scratch;
        public int K, N, DStride, ScratchFloats;
        public StepRows Rows;
        public FixedKeepTable Keep;
        public bool IsNew;

        public readonly void Run(int part, int start, int end)
        {
            int last = Math.Min(N, end * LineFloats);
            for (int column = start * LineFloats; column < last; column += KernelSet.StripColumns)
            {
                RunStrip(Scratch + ((nint)part * ScratchFloats), column, Math.Min(KernelSet.StripColumns, last - column));
            }
        }

        // The strip grows where it will stay, unless its last register would write beyond it, or all rows are more than a second-level
        // cache holds: then its own, side by side, stay in one until the last step.
        private readonly void RunStrip(float* scratch, int column, int valid)
        {
            int width = AlignedBuffer.RoundUp(valid), stride = N;
            float* g = G + column;
            if (valid < width || (Rows.Steps > 1 && (long)K * N > LocalFloats))
            {
                g = scratch;
                stride = width;
            }

            if (IsNew) for (int k = 0; k < K; k++) new Span<float>(g + ((nint)k * stride), width).Clear();
            else if (g == scratch) Kernels.CopyRows(G + column, N, K, valid, g, stride);
            int together = Keep.IsSame ? Kernels.Tiling.GradientSteps : 1;
            for (int t = 0, steps; t < Rows.Steps; t += steps)
            {
                ReadOnlySpan<int> keep = Keep.At(t);
                steps = Rows.Alike(t, together);
                nint before = Rows.Before(t), ahead = (nint)K * Rows.At(t);
                float* d = D + (before * DStride) + column, x = X + (before * K);
                fixed (int* pk = keep) Kernels.WeightGradient(d, DStride, width, x, Rows.At(t), steps, ahead, pk, keep.Length, g, stride);
            }

            if (g == scratch) Kernels.CopyRows(g, stride, K, valid, G + column, N);
            if (Bias != null) Kernels.AddColumnSums(D + column, DStride, Rows.Total, valid, Bias + column);
        }
    }
}
