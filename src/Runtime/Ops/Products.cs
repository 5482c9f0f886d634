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
/// 16 lane sums and a fixed tree. So neither the tiling, which <see cref="ProductTiles"/> sets, the threads, nor the lane width changes a
/// bit.
/// </para>
/// </remarks>
internal sealed unsafe class Products
{
    // Columns in the unit that padded rows are a multiple of and products are shared out by.
    private const int LineFloats = ProductTiles.LineFloats;

    // Columns of a backward product that are summed before their sum is added to the others', in blocks of 16: as many equal chunks as are
    // needed to stay below. It is part of the result's definition. The gradients of one time step of a chunk, for a batch of 20, fit the
    // second-level cache while the units pass; the chunk's weights fit the last one while the time steps pass.
    private const int DotChunkBlocks = 192;

    // Rows of x or d that a tile wants at least: with fewer sequences, time steps that keep the same units stand side by side.
    private const int SmallBatch = 16;

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

    /// <summary>The row length of c or d for N columns: whole cache lines, and never a multiple of 4 KiB, or rows share a cache
    /// set.</summary>
    public static int RowStride(int n)
    {
        int padded = AlignedBuffer.RoundUp(n);
        return padded % 1024 == 0 ? padded + LineFloats : padded;
    }

    /// <summary>Announces a product's largest shape, before <see cref="ReserveScratch"/>. Backward: with gradients.</summary>
    public void Announce(int k, int n, int timeSteps, int batch, bool backward)
    {
        if (backward) _scratchFloats = Math.Max(_scratchFloats, (long)_kernels.StripColumns * k);
        if (batch < SmallBatch) _turnedFloats = Math.Max(_turnedFloats, (long)k * timeSteps * batch);
        if (k > _identity.Length)
        {
            _identity = new int[k];
            for (int i = 0; i < k; i++) _identity[i] = i;
        }
    }

    /// <summary>What <see cref="ReserveScratch"/> will reserve, in floats.</summary>
    public long ScratchFloats => _isReserved ? 0
        : AlignedBuffer.RoundUp(_scratchFloats * _runner.ThreadCount) + AlignedBuffer.RoundUp(_turnedFloats);

    /// <summary>Reserves every thread's scratch.</summary>
    public void ReserveScratch(Workspace workspace)
    {
        _scratch = workspace.Reserve(_scratchFloats * _runner.ThreadCount);
        _turned = workspace.Reserve(_turnedFloats);
        _isReserved = true;
    }

    /// <summary>All of <paramref name="units"/> units at every time step.</summary>
    public KeepTable All(int units) => new(_identity.AsSpan(0, units));

    /// <summary>c [B][ld] += x * w[kept], one time step; x holds the kept units, [kept][B].</summary>
    public void ForwardStep(Weights w, ReadOnlySpan<float> x, int batch, ReadOnlySpan<int> keep, Span<float> c) =>
        Forward(w, x, 1, batch, new KeepTable(keep), default, c);

    /// <summary>c [T*B][ld] = bias + x[t] * w[kept(t)] for all time steps.</summary>
    /// <param name="w">The weights.</param>
    /// <param name="x">[T][K][B], the kept units of step t in the first rows of [K][B].</param>
    /// <param name="timeSteps">T.</param>
    /// <param name="batch">B.</param>
    /// <param name="keep">Kept units of each step.</param>
    /// <param name="bias">[n], and what fills its last 16.</param>
    /// <param name="c">[T*B][ld].</param>
    public void ForwardWindow(
        Weights w, ReadOnlySpan<float> x, int timeSteps, int batch, KeepTable keep, ReadOnlySpan<float> bias, Span<float> c)
    {
        Debug.Assert(bias.Length >= AlignedBuffer.RoundUp(w.N));
        SideBySide(ref x, w.K, ref timeSteps, ref batch, keep);
        Forward(w, x, timeSteps, batch, keep, bias, c);
    }

    /// <summary>dx [K][B] = scale * w[kept] * d^T in the kept rows, 0 in the others, one time step.</summary>
    public void Backward(Weights w, ReadOnlySpan<float> d, int batch, ReadOnlySpan<int> keep, float scale, Span<float> dx) =>
        BackwardWindow(w, d, 1, batch, new KeepTable(keep), scale, dx);

    /// <summary>dx [T][K][B] = scale * w[kept(t)] * d[t]^T in the kept rows, 0 in the others, for all time steps.</summary>
    public void BackwardWindow(
        Weights w, ReadOnlySpan<float> d, int timeSteps, int batch, KeepTable keep, float scale, Span<float> dx)
    {
        int k = w.K, ld = RowStride(w.N);
        Debug.Assert(d.Length >= timeSteps * batch * ld && dx.Length >= timeSteps * k * batch);
        if (StandsSideBySide(timeSteps, batch, keep))
        {
            Span<float> turned = _turned.Span[..(k * timeSteps * batch)];
            BackwardWindow(w, d, 1, timeSteps * batch, keep, scale, turned);
            for (int t = 0; t < timeSteps; t++) Turn(turned[(t * batch)..], timeSteps * batch, dx[(t * k * batch)..], batch, k, batch);
            return;
        }

        fixed (float* pw = w.Values, pd = d, pdx = dx)
        {
            var body = new BackwardBody
            {
                Kernels = _kernels, W = pw, WStride = w.Stride, K = k, N = w.N,
                D = pd, DStride = ld,
                TimeSteps = timeSteps, Batch = batch, Keep = keep, Scale = scale, Dx = pdx,
            };
            _runner.For(k, _kernels.DotRows * Grain((long)_kernels.DotRows * w.N * batch * timeSteps), ref body);
        }
    }

    /// <summary>g [K][N] += sum over time steps of x[t] * d[t] in the rows of kept(t). x as in <see cref="ForwardWindow"/>.</summary>
    public void WeightGradient(
        ReadOnlySpan<float> x, int k, int n, int timeSteps, int batch, KeepTable keep, ReadOnlySpan<float> d, GradientSpan g)
    {
        int ld = RowStride(n);
        SideBySide(ref x, k, ref timeSteps, ref batch, keep);
        Debug.Assert(x.Length >= timeSteps * k * batch && d.Length >= timeSteps * batch * ld && g.Values.Length >= (long)k * n);
        fixed (float* px = x, pd = d, pg = g.Values, ps = _scratch.Span)
        {
            var body = new WeightGradientBody
            {
                Kernels = _kernels,
                X = px,
                K = k,
                N = n,
                TimeSteps = timeSteps,
                Batch = batch,
                Keep = keep,
                D = pd,
                DStride = ld,
                G = pg,
                IsNew = g.IsNew,
                Scratch = ps,
                ScratchFloats = (int)_scratchFloats,
            };
            _runner.For(Lines(n), Grain((long)k * LineFloats * batch * timeSteps), ref body);
        }
    }

    /// <summary>Copies w [k][n] to rows of <paramref name="stride"/> floats; what lies beyond n is left alone.</summary>
    public void CopyRows(ReadOnlySpan<float> w, int k, int n, Span<float> rows, int stride)
    {
        var body = new CopyBody { W = w, Rows = rows, N = n, Stride = stride };
        _runner.For(k, 1 + (ThreadGrain / n), ref body);
    }

    private static int Lines(int n) => (n + LineFloats - 1) / LineFloats;

    // How many pieces of so many multiply-adds each are worth another thread's attention.
    private static int Grain(long multiplyAdds) => (int)Math.Max(1, ThreadGrain / multiplyAdds);

    // Few sequences: time steps that keep the same units stand side by side as a batch does, and share every load of a weight.
    private static bool StandsSideBySide(int timeSteps, int batch, KeepTable keep) => batch < SmallBatch && timeSteps > 1 && keep.IsSame;

    private void SideBySide(ref ReadOnlySpan<float> x, int k, ref int timeSteps, ref int batch, KeepTable keep)
    {
        if (!StandsSideBySide(timeSteps, batch, keep)) return;
        int rows = timeSteps * batch, units = keep.At(0).Length;
        Span<float> turned = _turned.Span[..(k * rows)];
        for (int t = 0; t < timeSteps; t++) Turn(x[(t * k * batch)..], batch, turned[(t * batch)..], rows, units, batch);
        x = turned;
        (timeSteps, batch) = (1, rows);
    }

    private static void Turn(ReadOnlySpan<float> from, int fromStride, Span<float> to, int toStride, int rows, int length)
    {
        for (int row = 0; row < rows; row++) from.Slice(row * fromStride, length).CopyTo(to[(row * toStride)..]);
    }

    private void Forward(
        Weights w, ReadOnlySpan<float> x, int timeSteps, int batch, KeepTable keep, ReadOnlySpan<float> bias, Span<float> c)
    {
        int ld = RowStride(w.N);
        Debug.Assert(x.Length >= timeSteps * w.K * batch && c.Length >= timeSteps * batch * ld);
        fixed (float* pw = w.Values, px = x, pb = bias, pc = c)
        {
            var body = new ForwardBody
            {
                Kernels = _kernels, W = pw, WStride = w.Stride, K = w.K,
                X = px, TimeSteps = timeSteps, Batch = batch, Keep = keep,
                Bias = pb, C = pc, CStride = ld,
            };
            _runner.For(Lines(w.N), Grain((long)w.K * LineFloats * batch * timeSteps), ref body);
        }
    }

    private ref struct CopyBody : IRangeBody
    {
        public ReadOnlySpan<float> W;
        public Span<float> Rows;
        public int N, Stride;

        public readonly void Run(int part, int start, int end)
        {
            for (int k = start; k < end; k++) W.Slice(k * N, N).CopyTo(Rows[(k * Stride)..]);
        }
    }

    private ref struct ForwardBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* W, X, Bias, C;
        public int K, WStride, TimeSteps, Batch, CStride;
        public KeepTable Keep;

        public readonly void Run(int part, int start, int end)
        {
            int last = end * LineFloats, group = TimeSteps == 1 ? last : Kernels.Tiling.WindowColumns;
            for (int column = start * LineFloats; column < last; column += group)
            {
                for (int t = 0; t < TimeSteps; t++) RunStep(t, column, Math.Min(group, last - column));
            }
        }

        private readonly void RunStep(int t, int column, int columns)
        {
            ReadOnlySpan<int> keep = Keep.At(t);
            float* c = C + ((nint)t * Batch * CStride) + column, x = X + ((nint)t * K * Batch), w = W + column;
            ProductTiles tiles = Kernels.Tiling;

            // A step's rows that come from memory and not from the last cache: fewer at a time, and further ahead.
            bool streamed = TimeSteps == 1 && (long)keep.Length * WStride > tiles.StreamedFloats;
            int units = streamed ? tiles.StreamedUnits : keep.Length, ahead = streamed ? tiles.StreamedAhead : LineFloats;
            fixed (int* pk = keep)
            {
                float* init = Bias == null ? c : Bias + column;
                int initStride = Bias == null ? CStride : 0;
                int first = 0;
                do
                {
                    int count = Math.Min(units, keep.Length - first);
                    float* xs = x + ((nint)first * Batch);
                    Kernels.Forward(w, WStride, columns, ahead, xs, Batch, pk + first, count, init, initStride, c, CStride);
                    init = c;
                    initStride = CStride;
                    first += count;
                }
                while (first < keep.Length);
            }
        }
    }

    private ref struct BackwardBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* W, D, Dx;
        public int K, N, WStride, DStride, TimeSteps, Batch;
        public KeepTable Keep;
        public float Scale;

        public readonly void Run(int part, int start, int end)
        {
            int blocks = (N + DotTile.VirtualLanes - 1) / DotTile.VirtualLanes;
            int chunks = (blocks + DotChunkBlocks - 1) / DotChunkBlocks;
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                int first = blocks * chunk / chunks, last = blocks * (chunk + 1) / chunks;
                for (int t = 0; t < TimeSteps; t++) RunStep(t, start, end, first, last);
            }
        }

        // The columns of blocks [block, end) for this thread's share of the step's kept units.
        private readonly void RunStep(int t, int start, int end, int block, int lastBlock)
        {
            ReadOnlySpan<int> keep = Keep.At(t);
            int tiles = (keep.Length + Kernels.DotRows - 1) / Kernels.DotRows;
            int from = Share(start, tiles, keep.Length), to = Share(end, tiles, keep.Length);
            float* d = D + ((nint)t * Batch * DStride) + (block * DotTile.VirtualLanes), dx = Dx + ((nint)t * K * Batch);
            if (block == 0) Clear(dx, start == 0 ? 0 : Unit(keep, from), end == K ? K : Unit(keep, to));

            const int most = DotTile.MaxRows;
            float** w = stackalloc float*[most], next = stackalloc float*[most], output = stackalloc float*[most];
            for (int first = from; first < to; first += Kernels.DotRows)
            {
                int rows = Math.Min(Kernels.DotRows, to - first);
                for (int r = 0; r < rows; r++)
                {
                    int unit = keep[first + r], ahead = keep[Math.Min(first + Kernels.DotRows + r, to - 1)];
                    w[r] = W + ((nint)unit * WStride) + (block * DotTile.VirtualLanes);
                    next[r] = W + ((nint)ahead * WStride) + (block * DotTile.VirtualLanes);
                    output[r] = dx + ((nint)unit * Batch);
                }

                Kernels.Backward(w, next, rows, lastBlock - block, d, DStride, Batch, Scale, output);
            }
        }

        // Where the share that begins at unit `bound` of all K begins in a list of kept units: at a tile's edge.
        private readonly int Share(int bound, int tiles, int count) => Math.Min(count, (int)((long)tiles * bound / K) * Kernels.DotRows);

        private readonly int Unit(ReadOnlySpan<int> keep, int index) => index < keep.Length ? keep[index] : K;

        private readonly void Clear(float* dx, int unit, int end)
        {
            if (unit < end) new Span<float>(dx + ((nint)unit * Batch), (end - unit) * Batch).Clear();
        }
    }

    private ref struct WeightGradientBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* X, D, G, Scratch;
        public int K, N, TimeSteps, Batch, DStride, ScratchFloats;
        public KeepTable Keep;
        public bool IsNew;

        public readonly void Run(int part, int start, int end)
        {
            int last = Math.Min(N, end * LineFloats);
            for (int column = start * LineFloats; column < last; column += Kernels.StripColumns)
            {
                RunStrip(Scratch + ((nint)part * ScratchFloats), column, Math.Min(Kernels.StripColumns, last - column));
            }
        }

        // The strip grows where it will stay, unless its last register would write beyond it.
        private readonly void RunStrip(float* scratch, int column, int valid)
        {
            int width = AlignedBuffer.RoundUp(valid), stride = N;
            float* g = G + column;
            if (valid < width)
            {
                g = scratch;
                stride = width;
            }

            if (IsNew) for (int k = 0; k < K; k++) new Span<float>(g + ((nint)k * stride), width).Clear();
            else if (g == scratch) for (int k = 0; k < K; k++) Row(k, column, valid).CopyTo(new Span<float>(g + ((nint)k * stride), valid));
            int together = Keep.IsSame ? Kernels.Tiling.GradientSteps : 1;
            for (int t = 0; t < TimeSteps; t += together)
            {
                ReadOnlySpan<int> keep = Keep.At(t);
                int steps = Math.Min(together, TimeSteps - t);
                float* d = D + ((nint)t * Batch * DStride) + column, x = X + ((nint)t * K * Batch);
                fixed (int* pk = keep)
                    Kernels.WeightGradient(d, DStride, width, x, Batch, steps, (nint)K * Batch, pk, keep.Length, g, stride);
            }

            if (g != scratch) return;
            for (int k = 0; k < K; k++) new ReadOnlySpan<float>(g + ((nint)k * stride), valid).CopyTo(Row(k, column, valid));
        }

        private readonly Span<float> Row(int k, int column, int valid) => new(G + ((nint)k * N) + column, valid);
    }
}
