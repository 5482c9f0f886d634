using System.Diagnostics;
using TinySD.Runtime.Kernels;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Ops;

/// <summary>The macro-kernels: the three products of a layer, cut into tiles and spread over threads.</summary>
/// <remarks>
/// <para>
/// Activations are unit-major, x [T][K][B]; weights are input-major, w [K][N]; pre-activations and their gradients are row-major with padded rows,
/// c, d [T*B][ld], ld = N rounded up to 16. All three products walk a list of kept units and never touch the others: forward skips rows of w,
/// backward skips rows of the result, the weight gradient skips rows of g.
/// </para>
/// <para>
/// Every element of c and g is one accumulator, summed in increasing order of units, or of time and sequences; every element of dx is 16 lane
/// sums and a fixed tree. So neither the tiling, nor the threads, nor the lane width changes a bit.
/// </para>
/// </remarks>
internal sealed unsafe class Products
{
    private const int Columns = KernelSet.PanelColumns;

    // Floats of packed panels that a thread keeps in its second-level cache while it walks the time steps: 256 KiB.
    private const int PanelGroupFloats = 65_536;

    // Columns of a backward product that are summed before their sum is added to the others', in blocks of 16. It is part of the result's definition.
    // At 2560 columns the gradients of one time step, for a batch of 20, stay in the second-level cache while the units pass.
    private const int DotChunkBlocks = 160;

    // Of those, the columns that stay in the first-level cache while the sequences pass: six rows of 4 KiB. It does not change the result.
    private const int DotTileBlocks = 64;

    // Multiply-adds that take about as long as handing them to another thread: a microsecond or two.
    private const int ThreadGrain = 65_536;

    private readonly IParallelRunner _runner;
    private readonly KernelSet _kernels;
    private int[] _identity = [];
    private long _scratchFloats;
    private long _turnedFloats;
    private Workspace.Slice _scratch;
    private Workspace.Slice _turned;

    public Products(IParallelRunner runner, KernelSet kernels)
    {
        _runner = runner;
        _kernels = kernels;
    }

    /// <summary>The row length of c or d for N Columns.</summary>
    public static int RowStride(int n) => AlignedBuffer.RoundUp(n);

    /// <summary>Floats of the packed form of w [k][n].</summary>
    public static long PackedFloats(int k, int n) => (long)RowStride(n) * k;

    /// <summary>Announces a product's largest shape, before <see cref="ReserveScratch"/>. <paramref name="backward"/>: gradients will be asked for.</summary>
    public void Announce(int k, int n, int timeSteps, int batch, bool backward)
    {
        long forward = Math.Max(PanelGroupFloats, (long)Columns * k);
        long gradient = (long)_kernels.StripColumns * (((long)timeSteps * batch) + k);
        long dots = (long)_kernels.DotRows * DotTile.VirtualLanes * (batch + 1);
        _scratchFloats = Math.Max(_scratchFloats, backward ? Math.Max(forward, Math.Max(gradient, dots)) : forward);
        if (batch == 1) _turnedFloats = Math.Max(_turnedFloats, (long)k * timeSteps);
        if (k > _identity.Length)
        {
            _identity = new int[k];
            for (int i = 0; i < k; i++) _identity[i] = i;
        }
    }

    /// <summary>Reserves every thread's scratch.</summary>
    public void ReserveScratch(Workspace workspace)
    {
        _scratchFloats = AlignedBuffer.RoundUp(checked((int)_scratchFloats));
        _scratch = workspace.Reserve(_scratchFloats * _runner.ThreadCount);
        _turned = workspace.Reserve(_turnedFloats);
    }

    /// <summary>All of <paramref name="units"/> units at every time step.</summary>
    public KeepTable All(int units) => new(_identity.AsSpan(0, units));

    /// <summary>Rearranges w [k][n] into panels of 16 columns, [n/16][k][16], zero beyond column n.</summary>
    public void Pack(ReadOnlySpan<float> w, int k, int n, Span<float> packed)
    {
        Debug.Assert(w.Length >= (long)k * n && packed.Length >= PackedFloats(k, n));
        fixed (float* pw = w, pp = packed)
        {
            var body = new PackBody { W = pw, K = k, N = n, Packed = pp };
            _runner.For(RowStride(n) / Columns, 1, ref body);
        }
    }

    /// <summary>c [B][ld] += x[kept] * w[kept], one time step, with packed weights.</summary>
    public void ForwardStep(ReadOnlySpan<float> packed, int k, int n, ReadOnlySpan<float> x, int batch, ReadOnlySpan<int> keep, Span<float> c)
    {
        Debug.Assert(packed.Length >= PackedFloats(k, n));
        fixed (float* pp = packed)
        {
            var body = new ForwardBody { Packed = pp, K = k, N = n, TimeSteps = 1, Batch = batch, Keep = new KeepTable(keep) };
            Forward(body, x, default, c);
        }
    }

    /// <summary>c [T*B][ld] = bias + x[t][kept(t)] * w[kept(t)] for all time steps.</summary>
    /// <param name="w">The weights [k][n]; packed on the way, a cache's worth at a time.</param>
    /// <param name="packed">The weights as <see cref="Pack"/> leaves them, or empty to use <paramref name="w"/>.</param>
    /// <param name="k">Input units.</param>
    /// <param name="n">Columns.</param>
    /// <param name="x">[T][K][B].</param>
    /// <param name="timeSteps">T.</param>
    /// <param name="batch">B.</param>
    /// <param name="keep">Kept units of each step.</param>
    /// <param name="bias">[ld].</param>
    /// <param name="c">[T*B][ld].</param>
    public void ForwardWindow(
        ReadOnlySpan<float> w, ReadOnlySpan<float> packed, int k, int n, ReadOnlySpan<float> x, int timeSteps, int batch, KeepTable keep,
        ReadOnlySpan<float> bias, Span<float> c)
    {
        Debug.Assert((packed.IsEmpty ? w.Length >= (long)k * n : packed.Length >= PackedFloats(k, n)) && bias.Length >= RowStride(n));
        if (batch == 1 && timeSteps > 1 && keep.IsSame)
        {
            // One sequence: its time steps can stand side by side as a batch does, and share every load of a weight.
            Span<float> turned = _turned.Span[..(k * timeSteps)];
            for (int t = 0; t < timeSteps; t++)
            {
                for (int u = 0; u < k; u++) turned[(u * timeSteps) + t] = x[(t * k) + u];
            }

            x = turned;
            (timeSteps, batch) = (1, timeSteps);
        }

        fixed (float* pw = w, pp = packed)
        {
            var body = new ForwardBody { W = pw, Packed = pp, K = k, N = n, TimeSteps = timeSteps, Batch = batch, Keep = keep };
            Forward(body, x, bias, c);
        }
    }

    /// <summary>dx [K][B] = scale * w[kept] * d^T in the kept rows, 0 in the others, one time step.</summary>
    public void Backward(ReadOnlySpan<float> w, int k, int n, ReadOnlySpan<float> d, int batch, ReadOnlySpan<int> keep, float scale, Span<float> dx) =>
        BackwardWindow(w, k, n, d, 1, batch, new KeepTable(keep), scale, dx);

    /// <summary>dx [T][K][B] = scale * w[kept(t)] * d[t]^T in the kept rows, 0 in the others, for all time steps.</summary>
    public void BackwardWindow(
        ReadOnlySpan<float> w, int k, int n, ReadOnlySpan<float> d, int timeSteps, int batch, KeepTable keep, float scale, Span<float> dx)
    {
        int ld = RowStride(n);
        Debug.Assert(w.Length >= (long)k * n && d.Length >= timeSteps * batch * ld && dx.Length >= timeSteps * k * batch);
        fixed (float* pw = w, pd = d, pdx = dx, ps = _scratch.Span)
        {
            var body = new BackwardBody
            {
                Kernels = _kernels,
                W = pw,
                K = k,
                N = n,
                D = pd,
                DStride = ld,
                TimeSteps = timeSteps,
                Batch = batch,
                Keep = keep,
                Scale = scale,
                Dx = pdx,
                Scratch = ps,
                ScratchFloats = (int)_scratchFloats,
            };
            _runner.For(k, _kernels.DotRows * Grain((long)_kernels.DotRows * n * batch * timeSteps), ref body);
        }
    }

    /// <summary>g [K][N] = sum over time steps of x[t][kept(t)] * d[t]; rows never kept become 0.</summary>
    public void WeightGradient(
        ReadOnlySpan<float> x, int k, int n, int timeSteps, int batch, KeepTable keep, ReadOnlySpan<float> d, Span<float> g)
    {
        int ld = RowStride(n);
        Debug.Assert(x.Length >= timeSteps * k * batch && d.Length >= timeSteps * batch * ld && g.Length >= (long)k * n);
        fixed (float* px = x, pd = d, pg = g, ps = _scratch.Span)
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
                Scratch = ps,
                ScratchFloats = (int)_scratchFloats,
            };
            _runner.For((n + _kernels.StripColumns - 1) / _kernels.StripColumns, 1, ref body);
        }
    }

    // How many pieces of so many multiply-adds each are worth another thread's attention.
    private static int Grain(long multiplyAdds) => (int)Math.Max(1, ThreadGrain / multiplyAdds);

    private void Forward(ForwardBody body, ReadOnlySpan<float> x, ReadOnlySpan<float> bias, Span<float> c)
    {
        body.Kernels = _kernels;
        body.CStride = RowStride(body.N);
        body.ScratchFloats = (int)_scratchFloats;
        Debug.Assert(x.Length >= body.TimeSteps * body.K * body.Batch && c.Length >= body.TimeSteps * body.Batch * body.CStride);
        fixed (float* px = x, pb = bias, pc = c, ps = _scratch.Span)
        {
            body.X = px;
            body.Bias = pb;
            body.C = pc;
            body.Scratch = ps;
            _runner.For(body.CStride / Columns, Grain((long)body.K * Columns * body.Batch * body.TimeSteps), ref body);
        }
    }

    private static void PackPanels(float* w, int k, int n, int panel, int panels, float* packed)
    {
        for (int u = 0; u < k; u++)
        {
            float* row = w + ((nint)u * n);
            for (int p = 0; p < panels; p++)
            {
                int column = (panel + p) * Columns, valid = Math.Min(Columns, n - column);
                var to = new Span<float>(packed + (((nint)p * k) + u) * Columns, Columns);
                new ReadOnlySpan<float>(row + column, valid).CopyTo(to);
                to[valid..].Clear();
            }
        }
    }

    private struct PackBody : IRangeBody
    {
        public float* W, Packed;
        public int K, N;

        public readonly void Run(int part, int start, int end) =>
            PackPanels(W, K, N, start, end - start, Packed + ((nint)start * K * Columns));
    }

    private ref struct ForwardBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* W, Packed, X, Bias, C, Scratch;
        public int K, N, TimeSteps, Batch, CStride, ScratchFloats;
        public KeepTable Keep;

        public readonly void Run(int part, int start, int end)
        {
            int group = Math.Max(1, PanelGroupFloats / (K * Columns));
            for (int first = start; first < end; first += group)
            {
                int panels = Math.Min(group, end - first);
                float* packed = Packed + ((nint)first * K * Columns);
                if (Packed == null)
                {
                    packed = Scratch + ((nint)part * ScratchFloats);
                    PackPanels(W, K, N, first, panels, packed);
                }

                for (int t = 0; t < TimeSteps; t++) RunStep(t, first, panels, packed);
            }
        }

        private readonly void RunStep(int t, int first, int panels, float* packed)
        {
            ReadOnlySpan<int> keep = Keep.At(t);
            fixed (int* pk = keep)
            {
                for (int p = 0; p < panels; p++)
                {
                    int column = (first + p) * Columns;
                    float* c = C + ((nint)t * Batch * CStride) + column;
                    float* x = X + ((nint)t * K * Batch), panel = packed + ((nint)p * K * Columns);
                    if (Bias == null) Kernels.Forward(panel, x, Batch, pk, keep.Length, c, CStride, c, CStride);
                    else Kernels.Forward(panel, x, Batch, pk, keep.Length, Bias + column, 0, c, CStride);
                }
            }
        }
    }

    private ref struct BackwardBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* W, D, Dx, Scratch;
        public int K, N, DStride, TimeSteps, Batch, ScratchFloats;
        public KeepTable Keep;
        public float Scale;

        public readonly void Run(int part, int start, int end)
        {
            int blocks = (N + DotTile.VirtualLanes - 1) / DotTile.VirtualLanes;
            for (int t = 0; t < TimeSteps; t++)
            {
                new Span<float>(Dx + (((nint)t * K) + start) * Batch, (end - start) * Batch).Clear();
            }

            for (int block = 0; block < blocks; block += DotChunkBlocks)
            {
                int chunkEnd = Math.Min(blocks, block + DotChunkBlocks);
                for (int t = 0; t < TimeSteps; t++)
                {
                    ReadOnlySpan<int> keep = Between(Keep.At(t), start, end);
                    float* d = D + ((nint)t * Batch * DStride), dx = Dx + ((nint)t * K * Batch);
                    for (int first = 0; first < keep.Length; first += Kernels.DotRows)
                    {
                        AddChunk(part, keep.Slice(first, Math.Min(Kernels.DotRows, keep.Length - first)), d, block, chunkEnd, dx);
                    }
                }
            }
        }

        // Adds the columns of blocks [block, end) to the rows of these units.
        private readonly void AddChunk(int part, ReadOnlySpan<int> units, float* d, int block, int end, float* dx)
        {
            const int lanes = DotTile.VirtualLanes;
            float* partial = Scratch + ((nint)part * ScratchFloats);
            float* tails = partial + ((nint)units.Length * lanes * Batch);
            float** w = stackalloc float*[DotTile.MaxRows];
            new Span<float>(partial, units.Length * lanes * Batch).Clear();
            for (int r = 0; r < units.Length; r++) w[r] = W + ((nint)units[r] * N);
            int whole = Math.Min(end, N / lanes);
            for (int from = block; from < whole; from += DotTileBlocks)
            {
                Kernels.BackwardDots(w, units.Length, d, DStride, Batch, from * lanes, Math.Min(DotTileBlocks, whole - from), partial);
            }

            if (whole < end)
            {
                // The last columns of a row, made up to 16 with zeros: nothing is read beyond the row's end.
                int rest = N - (whole * lanes);
                for (int r = 0; r < units.Length; r++)
                {
                    var tail = new Span<float>(tails + (r * lanes), lanes);
                    new ReadOnlySpan<float>(w[r] + (whole * lanes), rest).CopyTo(tail);
                    tail[rest..].Clear();
                    w[r] = tails + (r * lanes);
                }

                Kernels.BackwardDots(w, units.Length, d + (whole * lanes), DStride, Batch, 0, 1, partial);
            }

            for (int r = 0; r < units.Length; r++)
            {
                float* to = dx + ((nint)units[r] * Batch);
                for (int b = 0; b < Batch; b++) to[b] += Scale * DotTile.Reduce(partial + (((r * Batch) + b) * lanes));
            }
        }

        // The part of a sorted list that lies in [start, end).
        private static ReadOnlySpan<int> Between(ReadOnlySpan<int> keep, int start, int end)
        {
            int from = keep.BinarySearch(start), to = keep.BinarySearch(end);
            if (from < 0) from = ~from;
            if (to < 0) to = ~to;
            return keep[from..to];
        }
    }

    private ref struct WeightGradientBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* X, D, G, Scratch;
        public int K, N, TimeSteps, Batch, DStride, ScratchFloats;
        public KeepTable Keep;

        public readonly void Run(int part, int start, int end)
        {
            float* sums = Scratch + ((nint)part * ScratchFloats);
            float* strip = sums + ((nint)K * Kernels.StripColumns);
            for (int s = start; s < end; s++)
            {
                int column = s * Kernels.StripColumns, valid = Math.Min(Kernels.StripColumns, N - column), width = AlignedBuffer.RoundUp(valid);
                for (int row = 0; row < TimeSteps * Batch; row++)
                {
                    new ReadOnlySpan<float>(D + ((nint)row * DStride) + column, width).CopyTo(new Span<float>(strip + ((nint)row * width), width));
                }

                new Span<float>(sums, K * width).Clear();
                if (Keep.IsSame) Add(Keep.At(0), strip, width, X, TimeSteps, sums);
                else for (int t = 0; t < TimeSteps; t++) Add(Keep.At(t), strip + ((nint)t * Batch * width), width, X + ((nint)t * K * Batch), 1, sums);
                for (int k = 0; k < K; k++)
                {
                    new ReadOnlySpan<float>(sums + ((nint)k * width), valid).CopyTo(new Span<float>(G + ((nint)k * N) + column, valid));
                }
            }
        }

        private readonly void Add(ReadOnlySpan<int> keep, float* strip, int width, float* x, int segments, float* sums)
        {
            fixed (int* pk = keep)
            {
                Kernels.WeightGradient(strip, width, x, Batch, segments, K * Batch, pk, keep.Length, sums);
            }
        }
    }
}
