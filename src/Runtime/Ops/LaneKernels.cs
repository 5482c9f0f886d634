using System.Runtime.Intrinsics.Arm;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Kernels;
using TinySD.Runtime.Kernels.Lanes;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Ops;

/// <summary>Every kernel, compiled for one lane width.</summary>
internal sealed unsafe partial class LaneKernels<TLanes, TVector>(ProductTiles tiles, ByteKernels bytes) : KernelSet(tiles, bytes)
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    // A backward tile walks its rows of weights in pieces that stay in the first-level cache while tiles of sequences pass. Their lane sums
    // wait on the stack from piece to piece, so the pieces change no bit.
    private const int DotTilesTogether = 7, DotPieceBlocks = 32;

    // Rows of weights that a forward product walks at a time, at most: what the first-level cache holds, and the stack their addresses.
    private const int MostUnits = 256;

    // With one register beside each row, loads and not arithmetic would be the limit.
    private readonly int _vectors = Math.Clamp(tiles.ForwardColumns / TLanes.Width, 2, BlockTile.MaxVectors);

    // How many accumulators fit: 32 registers with AVX-512 and on Arm, 16 on other x64.
    private static bool ManyRegisters => TLanes.Width == 16 || AdvSimd.Arm64.IsSupported;

    private static int GradientVectors => TLanes.Width == 8 ? 2 : GradientTile.MaxVectors;

    private static int GradientRows => TLanes.Width == 8 || ManyRegisters ? GradientTile.MaxRows : 3;

    private static int DotSequences => ManyRegisters ? DotTile.MaxSequences : 3;

    private static int DotRows => ManyRegisters ? DotTile.MaxRows : 4;

    public override int BackwardRows => DotRows;

    [SkipLocalsInit]
    public override void Forward(
        float* w, int wStride, int columns, int ahead, float* x, int batch, int* keep, int count, int units,
        float* init, int initStride, float* c, int cStride)
    {
        if (batch == 0) return;
        if (batch == 1)
        {
            ForwardRow(w, wStride, columns, x, keep, count, init, c);
            return;
        }

        float** rows = stackalloc float*[MostUnits];
        units = Math.Min(count <= 2 * units ? count : units, MostUnits);

        // Few sequences need more registers side by side, or every sum waits for the one before.
        int vectors = batch <= (TLanes.Width == 16 ? BlockTile.MaxRows : 2) ? BlockTile.MaxVectors : _vectors;
        int first = 0;
        do
        {
            var product = new ForwardTiles
            {
                W = rows, Count = Math.Min(units, count - first), Ahead = ahead,
                X = x + ((nint)first * batch), Batch = batch, MostRows = Tiling.ForwardRows,
                Init = init, InitStride = initStride,
                C = c, CStride = cStride,
            };
            for (int i = 0; i < product.Count; i++) rows[i] = w + ((nint)keep[first + i] * wStride);
            for (int column = 0, left = columns; left > 0; left = columns - column)
            {
                // Columns come in lines of 16, and so do those that are left.
                int width = vectors * TLanes.Width;
                bool fits = left == width || left >= width + (width % ProductTiles.LineFloats == 0 ? 0 : width);
                column += (fits ? vectors : Math.Max(1, ProductTiles.LineFloats / TLanes.Width)) switch
                {
                    1 when TLanes.Width == 16 => product.Run<N1>(column),
                    2 or 3 when TLanes.Width == 16 => product.Run<N2>(column),
                    2 when TLanes.Width == 8 => product.Run<N2>(column),
                    3 when TLanes.Width == 8 => product.Run<N3>(column),
                    _ => product.Run<N4>(column),
                };
            }

            init = c;
            initStride = cStride;
            first += units;
        }
        while (first < count);
    }

    public override void WeightGradient(
        float* d, int dStride, int width, float* x, int batch, int steps, nint xAhead, int* keep, int count, float* g, int gStride)
    {
        int rest = width % (GradientVectors * TLanes.Width), whole = width - rest;
        if (whole > 0) Columns(GradientVectors, whole, d, g);
        if (rest > 0) Columns(rest / TLanes.Width, rest, d + whole, g + whole);

        void Columns(int vectors, int width, float* d, float* g)
        {
            int done = Gradient(GradientRows, vectors, d, dStride, width, x, batch, steps, xAhead, keep, count, g, gStride);
            int left = count - done;
            if (left == 0) return;
            Gradient(left, vectors, d, dStride, width, x + ((nint)done * batch), batch, steps, xAhead, keep + done, left, g, gStride);
        }
    }

    [SkipLocalsInit]
    public override void Backward(
        float* w, int wStride, int* keep, int count, int blocks, float* d, int dStride, int batch, float scale, float* dx, bool adds)
    {
        if (batch == 0) return;

        // On a cache line, so that no sum straddles two.
        const int sumFloats = (DotTilesTogether * DotTile.MaxSums) + DotTile.SumsAtOnce;
        float* stack = stackalloc float[(sumFloats * DotTile.VirtualLanes) + DotTile.VirtualLanes + sumFloats];
        float* partial = (float*)(((nint)stack + AlignedBuffer.AlignmentBytes - 1) & -AlignedBuffer.AlignmentBytes);
        float* sums = partial + (sumFloats * DotTile.VirtualLanes);
        float** at = stackalloc float*[3 * DotTile.MaxRows];
        float** rows = at + DotTile.MaxRows, ahead = rows + DotTile.MaxRows;
        int groups = Tiles(batch, DotTilesTogether * DotSequences), inGroup = Tiles(batch, groups);
        int pieceBlocks = Tiles(blocks, Tiles(blocks, DotPieceBlocks));
        for (int first = 0; first < count; first += DotRows)
        {
            int height = Math.Min(DotRows, count - first);
            for (int r = 0; r < height; r++) rows[r] = w + ((nint)keep[first + r] * wStride);
            for (int sequence = 0, sequences; sequence < batch; sequence += sequences)
            {
                sequences = Math.Min(inGroup, batch - sequence);

                // Tiles of sequences that differ by at most one: the larger ones, and the others.
                int tiles = Tiles(sequences, DotSequences), small = sequences / tiles, large = sequences % tiles;
                int rowSums = sequences * DotTile.VirtualLanes, ofLarge = large * (small + 1);
                for (int block = 0; block < blocks; block += pieceBlocks)
                {
                    int length = Math.Min(pieceBlocks, blocks - block);
                    bool begins = block == 0;
                    nint column = (nint)block * DotTile.VirtualLanes, end = column + ((nint)length * DotTile.VirtualLanes);
                    for (int r = 0; r < height; r++)
                    {
                        int next = keep[Math.Min(first + DotRows + r, count - 1)];
                        at[r] = rows[r] + column;
                        ahead[r] = block + length < blocks ? rows[r] + end : w + ((nint)next * wStride);
                    }

                    float* pd = d + ((nint)sequence * dStride) + column, rest = partial + (ofLarge * DotTile.VirtualLanes);
                    if (large > 0) Dot(height, small + 1, at, pd, dStride, large, length, begins, ahead, partial, rowSums);
                    Dot(height, small, at, pd + ((nint)ofLarge * dStride), dStride, tiles - large, length, begins, ahead, rest, rowSums);
                }

                DotTile.Reduce(partial, height * sequences, sums);
                for (int r = 0; r < height; r++)
                    PutScaled(sums + (r * sequences), sequences, scale, dx + ((nint)keep[first + r] * batch) + sequence, adds);
            }
        }
    }

    public override void LstmForward(in LstmStep step, int start, int end, float* h)
    {
        if (step.Peepholes == null) CellRows<TLanes, TVector>.Forward<LstmCell<TLanes, TVector, No>>(new(step), start, end, h);
        else CellRows<TLanes, TVector>.Forward<LstmCell<TLanes, TVector, Yes>>(new(step), start, end, h);
    }

    public override void LstmBackward(in LstmStep step, int start, int end, float* dUp, float* dRecurrent)
    {
        bool plain = step.Peepholes == null;
        if (plain) CellRows<TLanes, TVector>.Backward<LstmCell<TLanes, TVector, No>>(new(step), start, end, dUp, dRecurrent);
        else CellRows<TLanes, TVector>.Backward<LstmCell<TLanes, TVector, Yes>>(new(step), start, end, dUp, dRecurrent);
    }

    public override void GruForward(in GruStep step, int start, int end, float* hNext) =>
        CellRows<TLanes, TVector>.Forward<GruCell<TLanes, TVector>>(new(step), start, end, hNext);

    public override void GruBackward(in GruStep step, int start, int end, float* dUp, float* dRecurrent) =>
        CellRows<TLanes, TVector>.Backward<GruCell<TLanes, TVector>>(new(step), start, end, dUp, dRecurrent);

    public override void RnnForward(bool rectified, in RnnStep step, int start, int end, float* h)
    {
        if (rectified) CellRows<TLanes, TVector>.Forward<RnnCell<TLanes, TVector, Yes>>(new(step), start, end, h);
        else CellRows<TLanes, TVector>.Forward<RnnCell<TLanes, TVector, No>>(new(step), start, end, h);
    }

    public override void RnnBackward(bool rectified, in RnnStep step, int start, int end, float* dUp, float* dRecurrent)
    {
        if (rectified) CellRows<TLanes, TVector>.Backward<RnnCell<TLanes, TVector, Yes>>(new(step), start, end, dUp, dRecurrent);
        else CellRows<TLanes, TVector>.Backward<RnnCell<TLanes, TVector, No>>(new(step), start, end, dUp, dRecurrent);
    }

    public override float SoftmaxExponentials(float* row, int count, out float max) =>
        SoftmaxRow<TLanes, TVector>.Exponentials(row, count, out max);

    public override void FillWords(in PhiloxStream stream, int first, int count, uint* words) =>
        RandomWords<TLanes, TVector>.Fill(in stream, first, count, words);

    public override void FillMask(in PhiloxStream stream, uint threshold, float scale, int count, float* mask) =>
        RandomWords<TLanes, TVector>.Mask(in stream, threshold, scale, count, mask);

    public override float SumOfSquares(float* x, int count) => Elementwise<TLanes, TVector>.SumOfSquares(x, count);

    public override void GatherRows(float* x, int length, int* keep, int count, float factor, float* y) =>
        Elementwise<TLanes, TVector>.GatherRows(x, length, keep, count, factor, y);

    public override void CopyRows(float* x, nint xStride, int rows, int count, float* y, nint yStride) =>
        Elementwise<TLanes, TVector>.CopyRows(x, xStride, rows, count, y, yStride);

    public override void Scale(float* x, int count, float factor, float* y) => Elementwise<TLanes, TVector>.Scale(x, count, factor, y);

    public override void ScaleAndShift(float* x, int count, float factor, float shift, float* y) =>
        Elementwise<TLanes, TVector>.ScaleAndShift(x, count, factor, shift, y);

    public override void TurnToRows(float* x, int batch, int units, int sequences, float* rows, nint stride)
    {
        for (int b = 0; b < sequences; b += Turning.Sequences, rows += Turning.Sequences * stride)
            Turning.In<TLanes, TVector>(x + b, batch, units, Math.Min(Turning.Sequences, sequences - b), rows, stride);
    }

    public override void TurnToUnits(float* rows, nint stride, int units, int sequences, float* x, int batch)
    {
        for (int b = 0; b < sequences; b += Turning.Sequences, rows += Turning.Sequences * stride)
            Turning.Out<TLanes, TVector>(rows, stride, units, Math.Min(Turning.Sequences, sequences - b), x + b, batch);
    }

    public override void RowDots(float* q, float* table, nint stride, int* rows, int count, int columns, float* scores) =>
        AttentionRows<TLanes, TVector>.Dots(q, table, stride, rows, count, columns, scores);

    public override void RowSum(float* weights, float* table, nint stride, int* rows, int count, int columns, float* y) =>
        AttentionRows<TLanes, TVector>.Sum(weights, table, stride, rows, count, columns, y);

    public override void AddToRows(float* weights, float* x, int columns, float* table, nint stride, int* rows, int count) =>
        AttentionRows<TLanes, TVector>.Add(weights, x, columns, table, stride, rows, count);

    public override void RowTanhDots(
        float* q, float* v, float* table, nint stride, int* rows, int count, int columns, float* scores) =>
        AttentionRows<TLanes, TVector>.TanhDots(q, v, table, stride, rows, count, columns, scores);

    public override void RowTanhBackward(
        float* d, float* q, float* v, float* table, nint stride, int* rows, int count, int columns, float* dq, float* dv,
        float* dTable) =>
        AttentionRows<TLanes, TVector>.TanhBackward(d, q, v, table, stride, rows, count, columns, dq, dv, dTable);

    public override void Multiply(float* x, float* m, int count, float* y) => Elementwise<TLanes, TVector>.Multiply(x, m, count, y);

    public override void AddColumnSums(float* d, nint dStride, int rows, int count, float* sums) =>
        Elementwise<TLanes, TVector>.AddColumnSums(d, dStride, rows, count, sums);

    public override void AddProductSums(float* d, nint dStride, float* x, nint xStride, int rows, int count, float* sums) =>
        Elementwise<TLanes, TVector>.AddProductSums(d, dStride, x, xStride, rows, count, sums);

    public override void GatherTokens(float* table, nint tokenStride, int* tokens, int batch, int units, float* x) =>
        TokenRows<TLanes, TVector>.Gather(table, tokenStride, tokens, batch, units, x);

    public override void ScatterAddTokens(float* dx, int* tokens, int batch, int units, float* gradient, nint tokenStride) =>
        TokenRows<TLanes, TVector>.ScatterAdd(dx, tokens, batch, units, gradient, tokenStride);

    public override void AddScaled(float* x, int count, float factor, float* y) =>
        Elementwise<TLanes, TVector>.AddScaled(x, count, factor, y);

    public override void AddDifference(float* a, float* b, int count, float factor, float* y) =>
        Elementwise<TLanes, TVector>.AddDifference(a, b, count, factor, y);

    public override void Update(float* p, float* g, float* first, float* second, int count, in UpdateRule rule)
    {
        switch (rule.Form)
        {
            case UpdateForm.Descent: Updates<TLanes, TVector>.Descent(p, g, count, in rule); break;
            case UpdateForm.Momentum or UpdateForm.Nesterov: Updates<TLanes, TVector>.Momentum(p, g, first, count, in rule); break;
            case UpdateForm.Adagrad: Updates<TLanes, TVector>.Adagrad(p, g, first, count, in rule); break;
            default: Updates<TLanes, TVector>.Adam(p, g, first, second, count, in rule); break;
        }
    }

    // y = or += factor * x, the product rounded first.
    private static void PutScaled(float* x, int count, float factor, float* y, bool adds)
    {
        TVector scale = TLanes.Create(factor);
        int i = 0;
        for (; i <= count - TLanes.Width; i += TLanes.Width)
            TLanes.Store(y + i, TLanes.Add(adds ? TLanes.Load(y + i) : default, TLanes.Multiply(scale, TLanes.Load(x + i))));
        int left = count - i;
        if (left == 0) return;
        TVector last = TLanes.Multiply(scale, TLanes.LoadFirst(x + i, left));
        TLanes.StoreFirst(y + i, TLanes.Add(adds ? TLanes.LoadFirst(y + i, left) : default, last), left);
    }

    private static int Tiles(int count, int most) => (count + most - 1) / most;

    private static int Gradient(
        int rows, int vectors, float* d, int dStride, int width, float* x, int batch, int steps, nint xAhead, int* keep, int count,
        float* g, int gStride) => rows switch
        {
            1 => Gradient<N1>(vectors, d, dStride, width, x, batch, steps, xAhead, keep, count, g, gStride),
            2 => Gradient<N2>(vectors, d, dStride, width, x, batch, steps, xAhead, keep, count, g, gStride),
            3 => Gradient<N3>(vectors, d, dStride, width, x, batch, steps, xAhead, keep, count, g, gStride),
            4 => Gradient<N4>(vectors, d, dStride, width, x, batch, steps, xAhead, keep, count, g, gStride),
            5 => Gradient<N5>(vectors, d, dStride, width, x, batch, steps, xAhead, keep, count, g, gStride),
            _ => Gradient<N6>(vectors, d, dStride, width, x, batch, steps, xAhead, keep, count, g, gStride),
        };

    private static int Gradient<TRows>(
        int vectors, float* d, int dStride, int width, float* x, int batch, int steps, nint xAhead, int* keep, int count,
        float* g, int gStride)
        where TRows : struct, ICount => vectors switch
        {
            1 => GradientTile.Run<TLanes, TVector, TRows, N1>(d, dStride, width, x, batch, steps, xAhead, keep, count, g, gStride),
            2 => GradientTile.Run<TLanes, TVector, TRows, N2>(d, dStride, width, x, batch, steps, xAhead, keep, count, g, gStride),
            3 => GradientTile.Run<TLanes, TVector, TRows, N3>(d, dStride, width, x, batch, steps, xAhead, keep, count, g, gStride),
            _ => GradientTile.Run<TLanes, TVector, TRows, N4>(d, dStride, width, x, batch, steps, xAhead, keep, count, g, gStride),
        };

    private static void Dot(
        int rows, int sequences, float** w, float* d, int dStride, int tiles, int blocks, bool begins, float** ahead,
        float* partial, int rowSums)
    {
        switch (rows)
        {
            case 1: Dot<N1>(sequences, w, d, dStride, tiles, blocks, begins, ahead, partial, rowSums); break;
            case 2: Dot<N2>(sequences, w, d, dStride, tiles, blocks, begins, ahead, partial, rowSums); break;
            case 3: Dot<N3>(sequences, w, d, dStride, tiles, blocks, begins, ahead, partial, rowSums); break;
            case 4: Dot<N4>(sequences, w, d, dStride, tiles, blocks, begins, ahead, partial, rowSums); break;
            case 5: Dot<N5>(sequences, w, d, dStride, tiles, blocks, begins, ahead, partial, rowSums); break;
            default: Dot<N6>(sequences, w, d, dStride, tiles, blocks, begins, ahead, partial, rowSums); break;
        }
    }

    private static void Dot<TRows>(
        int sequences, float** w, float* d, int dStride, int tiles, int blocks, bool begins, float** ahead, float* partial,
        int rowSums)
        where TRows : struct, ICount
    {
        switch (sequences)
        {
            case 1: DotTile.Run<TLanes, TVector, TRows, N1>(w, d, dStride, tiles, blocks, begins, ahead, partial, rowSums); break;
            case 2: DotTile.Run<TLanes, TVector, TRows, N2>(w, d, dStride, tiles, blocks, begins, ahead, partial, rowSums); break;
            case 3: DotTile.Run<TLanes, TVector, TRows, N3>(w, d, dStride, tiles, blocks, begins, ahead, partial, rowSums); break;
            default: DotTile.Run<TLanes, TVector, TRows, N4>(w, d, dStride, tiles, blocks, begins, ahead, partial, rowSums); break;
        }
    }

    // The operands of a forward product, and the tiles that do some of its columns for the whole batch.
    private struct ForwardTiles
    {
        public float** W;
        public float* X, Init, C;
        public int Ahead, Batch, MostRows, Count, InitStride, CStride;

        /// <summary>Does as many columns as fit some registers, and returns how many that are.</summary>
        public readonly int Run<TVectors>(int column)
            where TVectors : struct, ICount
        {
            int width = TVectors.Value * TLanes.Width, lines = Tiles(width, ProductTiles.LineFloats);

            // Tiles of rows that differ by at most one. If they are enough they ask for one each of the lines that follow: evenly is best.
            int tiles = Tiles(Batch, Math.Min(MostRows, RowsBeside(TVectors.Value))), linesEach = lines <= tiles ? 1 : lines;
            int small = Batch / tiles, large = Batch % tiles;
            for (int tile = 0, row = 0, count; tile < tiles; tile += count)
            {
                int rows = tile < large ? small + 1 : small, line = tile * linesEach;
                nint ahead = (Ahead > 0 ? Ahead : width) + (line * ProductTiles.LineFloats);
                count = line < lines ? 1 : (tile < large ? large : tiles) - tile;
                if (line >= lines) Run<TVectors, N0>(rows, count, column, row, 0);
                else if (linesEach == 1) Run<TVectors, N1>(rows, 1, column, row, ahead);
                else Run<TVectors, N4>(rows, 1, column, row, ahead);
                row += count * rows;
            }

            return width;
        }

        private static int RowsBeside(int vectors) => TLanes.Width == 16
            ? vectors <= PairTile.MaxVectors ? PairTile.MaxRows : BlockTile.MaxRows
            : ManyRegisters ? BlockTile.MaxRows : vectors switch { 4 => 3, 3 => 4, _ => BlockTile.MaxRows };

        private readonly void Run<TVectors, TAhead>(int rows, int tiles, int column, int row, nint ahead)
            where TVectors : struct, ICount
            where TAhead : struct, ICount
        {
            switch (rows)
            {
                case 1: Run<N1, TVectors, TAhead>(tiles, column, row, ahead); break;
                case 2: Run<N2, TVectors, TAhead>(tiles, column, row, ahead); break;
                case 3: Run<N3, TVectors, TAhead>(tiles, column, row, ahead); break;
                case 4: Run<N4, TVectors, TAhead>(tiles, column, row, ahead); break;
                case 5: Run<N5, TVectors, TAhead>(tiles, column, row, ahead); break;
                case 6: Run<N6, TVectors, TAhead>(tiles, column, row, ahead); break;
                case 7: Run<N7, TVectors, TAhead>(tiles, column, row, ahead); break;
                case 8: Run<N8, TVectors, TAhead>(tiles, column, row, ahead); break;
                case 9: Run<N9, TVectors, TAhead>(tiles, column, row, ahead); break;
                default: Run<N10, TVectors, TAhead>(tiles, column, row, ahead); break;
            }
        }

        private readonly void Run<TRows, TVectors, TAhead>(int tiles, int column, int row, nint ahead)
            where TRows : struct, ICount
            where TVectors : struct, ICount
            where TAhead : struct, ICount
        {
            float* x = X + row;
            float* init = Init + column + ((nint)row * InitStride), c = C + column + ((nint)row * CStride);
            if (TVectors.Value <= PairTile.MaxVectors && TRows.Value > BlockTile.MaxRows)
                PairTile.Run<TLanes, TVector, TRows, TVectors, TAhead>(
                    tiles, W, column, ahead, x, Batch, Count, init, InitStride, c, CStride);
            else if (TRows.Value <= BlockTile.MaxRows)
                BlockTile.Run<TLanes, TVector, TRows, TVectors, TAhead>(
                    tiles, W, column, ahead, x, Batch, Count, init, InitStride, c, CStride);
        }
    }
}
