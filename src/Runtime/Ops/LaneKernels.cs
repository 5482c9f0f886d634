using System.Runtime.Intrinsics.Arm;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Kernels;
using TinySD.Runtime.Kernels.Lanes;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Ops;

/// <summary>Every kernel, compiled for one lane width.</summary>
internal sealed unsafe class LaneKernels<TLanes, TVector>(ProductTiles tiles) : KernelSet(tiles)
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private readonly int _tallRows = Math.Min(tiles.ForwardRows, TallTile.MaxRows), _blockRows = Math.Min(tiles.ForwardRows, BlockRows);
    private readonly int _forwardColumns = tiles.ForwardColumns;

    // A backward tile walks its rows of weights in pieces that stay in the first-level cache, 6 rows of so many blocks of 16 columns, 24
    // KiB, while tiles of sequences pass. Their lane sums wait on the stack from piece to piece, so the pieces change no bit.
    private const int TileFloats = DotTile.MaxSums * DotTile.VirtualLanes, DotTilesTogether = 7, DotPieceBlocks = 64;

    // How many accumulators fit: 32 registers with AVX-512 and on Arm, 16 on other x64.
    private static bool ManyRegisters => TLanes.Width == 16 || AdvSimd.Arm64.IsSupported;

    private static int BlockRows => TLanes.Width == 4 && !ManyRegisters ? 3 : BlockTile.MaxRows;

    private static int GradientVectors => TLanes.Width == 8 ? 2 : GradientTile.MaxVectors;

    private static int GradientRows => TLanes.Width == 8 || ManyRegisters ? GradientTile.MaxRows : 3;

    private static int DotSequences => ManyRegisters ? DotTile.MaxSequences : 3;

    public override int StripColumns => GradientVectors * TLanes.Width;

    public override int DotRows => ManyRegisters ? DotTile.MaxRows : 4;

    public override void Forward(
        float* w, int wStride, int columns, int ahead, float* x, int batch, int* keep, int count,
        float* init, int initStride, float* c, int cStride)
    {
        var product = new ForwardTiles
        {
            W = w, WStride = wStride, Ahead = ahead,
            X = x, Batch = batch,
            Keep = keep, Count = count,
            Init = init, InitStride = initStride,
            C = c, CStride = cStride,
        };
        bool tall = TLanes.Width == ProductTiles.LineFloats && _forwardColumns == ProductTiles.LineFloats && batch > BlockTile.MaxRows;

        // Few rows with narrow registers need more of them side by side, or every sum waits for the one before.
        int vectors = TLanes.Width == 8 && _forwardColumns == ProductTiles.LineFloats && batch > 2 ? 2 : BlockTile.MaxVectors;
        for (int column = 0; column < columns;)
        {
            if (tall) column += product.Tall(column, _tallRows);
            else if (vectors == 2) column += product.Block<N2>(column, _blockRows);
            else if (columns - column >= 4 * TLanes.Width) column += product.Block<N4>(column, _blockRows);
            else column += product.Block<N1>(column, _blockRows);
        }
    }

    public override void WeightGradient(
        float* d, int dStride, int width, float* x, int batch, int steps, nint xAhead, int* keep, int count, float* g, int gStride)
    {
        int vectors = width / TLanes.Width;
        int done = Gradient(GradientRows, vectors, d, dStride, x, batch, steps, xAhead, keep, count, g, gStride);
        int left = count - done;
        if (left > 0) Gradient(left, vectors, d, dStride, x + ((nint)done * batch), batch, steps, xAhead, keep + done, left, g, gStride);
    }

    [SkipLocalsInit]
    public override void Backward(
        float** w, float** next, int rows, int blocks, float* d, int dStride, int batch, float scale, float** output)
    {
        // On a cache line, so that no sum straddles two.
        float* stack = stackalloc float[(DotTilesTogether * TileFloats) + DotTile.VirtualLanes + DotTile.MaxSums];
        float* partial = (float*)(((nint)stack + AlignedBuffer.AlignmentBytes - 1) & -AlignedBuffer.AlignmentBytes);
        float* sums = partial + (DotTilesTogether * TileFloats);
        SequenceTile* tile = stackalloc SequenceTile[DotTilesTogether];
        int tiles = Tiles(batch, DotSequences), pieces = Tiles(blocks, DotPieceBlocks);
        for (int start = 0; start < tiles; start += DotTilesTogether)
        {
            int together = Math.Min(DotTilesTogether, tiles - start);
            for (int i = 0; i < together; i++)
            {
                (int first, int sequences) = Tile(batch, start + i, tiles);

                // The tiles share out the rows to ask for; two are the most that one takes.
                (int ahead, int count) = Tile(rows, start + i, tiles);
                float* last = next[ahead + Math.Max(0, count - 1)];
                tile[i] = new SequenceTile { First = first, Sequences = sequences, Ahead0 = next[ahead], Ahead1 = last };
            }

            new Span<float>(partial, together * TileFloats).Clear();
            for (int piece = 0; piece < pieces; piece++)
            {
                (int block, int count) = Tile(blocks, piece, pieces);
                for (int i = 0; i < together; i++)
                    DotPiece(rows, w, tile[i], d, dStride, block * DotTile.VirtualLanes, count, partial + (i * TileFloats));
            }

            for (int i = 0; i < together; i++)
            {
                int sequences = tile[i].Sequences;
                DotTile.Reduce(partial + (i * TileFloats), rows * sequences, sums);
                for (int r = 0; r < rows; r++)
                {
                    float* to = output[r] + tile[i].First;
                    for (int b = 0; b < sequences; b++) to[b] += scale * sums[(r * sequences) + b];
                }
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

    public override void Scale(float* x, int count, float factor, float* y) => Elementwise<TLanes, TVector>.Scale(x, count, factor, y);

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

    // Some blocks of a tile of sequences from a column on: every lane of the 16.
    private static void DotPiece(int rows, float** w, in SequenceTile tile, float* d, int dStride, int column, int blocks, float* partial)
    {
        float** at = stackalloc float*[DotTile.MaxRows];
        float* dAt = d + ((nint)tile.First * dStride);
        for (int lane = 0; lane < DotTile.VirtualLanes; lane += TLanes.Width)
        {
            int from = column + lane;
            for (int r = 0; r < rows; r++) at[r] = w[r] + from;
            Dot(rows, tile.Sequences, at, dAt + from, dStride, blocks, tile.Ahead0 + from, tile.Ahead1 + from, partial + lane);
        }
    }

    private static int Tiles(int count, int most) => (count + most - 1) / most;

    // Part tile of a count cut into parts that differ by at most one.
    private static (int First, int Count) Tile(int count, int tile, int tiles)
    {
        int first = (int)((long)count * tile / tiles);
        return (first, (int)((long)count * (tile + 1) / tiles) - first);
    }

    private static int Gradient(
        int rows, int vectors, float* d, int dStride, float* x, int batch, int steps, nint xAhead, int* keep, int count,
        float* g, int gStride) => rows switch
        {
            1 => Gradient<N1>(vectors, d, dStride, x, batch, steps, xAhead, keep, count, g, gStride),
            2 => Gradient<N2>(vectors, d, dStride, x, batch, steps, xAhead, keep, count, g, gStride),
            3 => Gradient<N3>(vectors, d, dStride, x, batch, steps, xAhead, keep, count, g, gStride),
            4 => Gradient<N4>(vectors, d, dStride, x, batch, steps, xAhead, keep, count, g, gStride),
            5 => Gradient<N5>(vectors, d, dStride, x, batch, steps, xAhead, keep, count, g, gStride),
            _ => Gradient<N6>(vectors, d, dStride, x, batch, steps, xAhead, keep, count, g, gStride),
        };

    private static int Gradient<TRows>(
        int vectors, float* d, int dStride, float* x, int batch, int steps, nint xAhead, int* keep, int count, float* g, int gStride)
        where TRows : struct, ICount => vectors switch
        {
            1 => GradientTile.Run<TLanes, TVector, TRows, N1>(d, dStride, x, batch, steps, xAhead, keep, count, g, gStride),
            2 => GradientTile.Run<TLanes, TVector, TRows, N2>(d, dStride, x, batch, steps, xAhead, keep, count, g, gStride),
            3 => GradientTile.Run<TLanes, TVector, TRows, N3>(d, dStride, x, batch, steps, xAhead, keep, count, g, gStride),
            _ => GradientTile.Run<TLanes, TVector, TRows, N4>(d, dStride, x, batch, steps, xAhead, keep, count, g, gStride),
        };

    private static void Dot(
        int rows, int sequences, float** w, float* d, int dStride, int blocks, float* ahead0, float* ahead1, float* partial)
    {
        switch (rows)
        {
            case 1: Dot<N1>(sequences, w, d, dStride, blocks, ahead0, ahead1, partial); break;
            case 2: Dot<N2>(sequences, w, d, dStride, blocks, ahead0, ahead1, partial); break;
            case 3: Dot<N3>(sequences, w, d, dStride, blocks, ahead0, ahead1, partial); break;
            case 4: Dot<N4>(sequences, w, d, dStride, blocks, ahead0, ahead1, partial); break;
            case 5: Dot<N5>(sequences, w, d, dStride, blocks, ahead0, ahead1, partial); break;
            default: Dot<N6>(sequences, w, d, dStride, blocks, ahead0, ahead1, partial); break;
        }
    }

    private static void Dot<TRows>(
        int sequences, float** w, float* d, int dStride, int blocks, float* ahead0, float* ahead1, float* partial)
        where TRows : struct, ICount
    {
        switch (sequences)
        {
            case 1: DotTile.Run<TLanes, TVector, TRows, N1>(w, d, dStride, blocks, ahead0, ahead1, partial); break;
            case 2: DotTile.Run<TLanes, TVector, TRows, N2>(w, d, dStride, blocks, ahead0, ahead1, partial); break;
            case 3: DotTile.Run<TLanes, TVector, TRows, N3>(w, d, dStride, blocks, ahead0, ahead1, partial); break;
            default: DotTile.Run<TLanes, TVector, TRows, N4>(w, d, dStride, blocks, ahead0, ahead1, partial); break;
        }
    }

    // Sequences that a backward tile sums for, and the rows of the next tile that it asks for.
    private struct SequenceTile
    {
        public int First, Sequences;
        public float* Ahead0, Ahead1;
    }

    // The operands of a forward product, and the tiles that do some of its columns for the whole batch; each returns how many.
    private struct ForwardTiles
    {
        public float* W, X, Init, C;
        public int* Keep;
        public int WStride, Ahead, Batch, Count, InitStride, CStride;

        public readonly int Tall(int column, int mostRows)
        {
            int tiles = Tiles(Batch, mostRows);
            for (int tile = 0; tile < tiles; tile++)
            {
                (int row, int rows) = Tile(Batch, tile, tiles);
                switch (rows)
                {
                    case 1: Tall<N1>(column, row); break;
                    case 2: Tall<N2>(column, row); break;
                    case 3: Tall<N3>(column, row); break;
                    case 4: Tall<N4>(column, row); break;
                    case 5: Tall<N5>(column, row); break;
                    case 6: Tall<N6>(column, row); break;
                    case 7: Tall<N7>(column, row); break;
                    case 8: Tall<N8>(column, row); break;
                    case 9: Tall<N9>(column, row); break;
                    case 10: Tall<N10>(column, row); break;
                    case 11: Tall<N11>(column, row); break;
                    case 12: Tall<N12>(column, row); break;
                    case 13: Tall<N13>(column, row); break;
                    case 14: Tall<N14>(column, row); break;
                    case 15: Tall<N15>(column, row); break;
                    case 16: Tall<N16>(column, row); break;
                    case 17: Tall<N17>(column, row); break;
                    case 18: Tall<N18>(column, row); break;
                    case 19: Tall<N19>(column, row); break;
                    default: Tall<N20>(column, row); break;
                }
            }

            return TLanes.Width;
        }

        public readonly int Block<TVectors>(int column, int mostRows)
            where TVectors : struct, ICount
        {
            int tiles = Tiles(Batch, mostRows);
            for (int tile = 0; tile < tiles; tile++)
            {
                (int row, int rows) = Tile(Batch, tile, tiles);
                switch (rows)
                {
                    case 1: Block<N1, TVectors>(column, row); break;
                    case 2: Block<N2, TVectors>(column, row); break;
                    case 3: Block<N3, TVectors>(column, row); break;
                    case 4: Block<N4, TVectors>(column, row); break;
                    case 5: Block<N5, TVectors>(column, row); break;
                    default: Block<N6, TVectors>(column, row); break;
                }
            }

            return TVectors.Value * TLanes.Width;
        }

        private readonly void Tall<TRows>(int column, int row)
            where TRows : struct, ICount => TallTile.Run<TLanes, TVector, TRows>(
                W + column, WStride, Ahead, X + row, Batch, Keep, Count,
                Init + column + ((nint)row * InitStride), InitStride, C + column + ((nint)row * CStride), CStride);

        private readonly void Block<TRows, TVectors>(int column, int row)
            where TRows : struct, ICount
            where TVectors : struct, ICount => BlockTile.Run<TLanes, TVector, TRows, TVectors>(
                W + column, WStride, Ahead, X + row, Batch, Keep, Count,
                Init + column + ((nint)row * InitStride), InitStride, C + column + ((nint)row * CStride), CStride);
    }
}
