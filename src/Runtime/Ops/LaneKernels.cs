using System.Runtime.Intrinsics.Arm;
using TinySD.Runtime.Kernels;
using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Ops;

/// <summary>Every kernel, compiled for one lane width.</summary>
internal sealed unsafe class LaneKernels<TLanes, TVector> : KernelSet
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    // How many accumulators fit: 32 registers with AVX-512 and on Arm, 16 on other x64.
    private static bool ManyRegisters => TLanes.Width == 16 || AdvSimd.Arm64.IsSupported;

    private static int ForwardRows => TLanes.Width == 16 ? TallTile.MaxRows : TLanes.Width == 8 || ManyRegisters ? BlockTile.MaxRows : 3;

    private static int GradientVectors => TLanes.Width == 8 ? 2 : BlockTile.MaxVectors;

    private static int GradientRows => TLanes.Width == 8 || ManyRegisters ? BlockTile.MaxRows : 3;

    private static int DotSequences => ManyRegisters ? DotTile.MaxSequences : 3;

    public override int LaneWidth => TLanes.Width;

    public override int StripColumns => GradientVectors * TLanes.Width;

    public override int DotRows => ManyRegisters ? DotTile.MaxRows : 4;

    public override void Forward(float* panel, float* x, int batch, int* keep, int count, float* init, int initStride, float* c, int cStride)
    {
        float** xRows = stackalloc float*[BlockTile.MaxRows];
        float** initRows = stackalloc float*[BlockTile.MaxRows];
        float** cRows = stackalloc float*[BlockTile.MaxRows];
        int tiles = (batch + ForwardRows - 1) / ForwardRows;
        for (int tile = 0; tile < tiles; tile++)
        {
            int row = (int)((long)batch * tile / tiles), rows = (int)((long)batch * (tile + 1) / tiles) - row;
            float* from = init + ((nint)row * initStride), to = c + ((nint)row * cStride);
            if (TLanes.Width == PanelColumns)
            {
                Tall(rows, panel, x + row, batch, keep, count, from, initStride, to, cStride);
            }
            else
            {
                for (int r = 0; r < rows; r++)
                {
                    xRows[r] = x + row + r;
                    initRows[r] = from + (r * (nint)initStride);
                    cRows[r] = to + (r * (nint)cStride);
                }

                Block(rows, PanelColumns / TLanes.Width, panel, PanelColumns, xRows, batch, keep, count, 1, 0, 0, initRows, cRows);
            }
        }
    }

    public override void WeightGradient(
        float* d, int width, float* x, int batch, int segments, int segmentStride, int* keep, int count, int* identity, float* g)
    {
        float** xRows = stackalloc float*[BlockTile.MaxRows];
        float** gRows = stackalloc float*[BlockTile.MaxRows];
        for (int first = 0; first < count; first += GradientRows)
        {
            int rows = Math.Min(GradientRows, count - first);
            for (int r = 0; r < rows; r++)
            {
                nint k = keep[first + r];
                xRows[r] = x + (k * batch);
                gRows[r] = g + (k * width);
            }

            Block(rows, width / TLanes.Width, d, width, xRows, 1, identity, batch, segments, batch, segmentStride, gRows, gRows);
        }
    }

    public override void BackwardDots(float** w, int rows, float* d, int dStride, int batch, int offset, int blocks, float* partial)
    {
        float** dRows = stackalloc float*[DotTile.MaxSequences];
        int tiles = (batch + DotSequences - 1) / DotSequences;
        for (int tile = 0; tile < tiles; tile++)
        {
            int first = (int)((long)batch * tile / tiles), sequences = (int)((long)batch * (tile + 1) / tiles) - first;
            for (int s = 0; s < sequences; s++) dRows[s] = d + ((first + s) * (nint)dStride);
            for (int lane = 0; lane < DotTile.VirtualLanes; lane += TLanes.Width)
            {
                float* sums = partial + (first * DotTile.VirtualLanes) + lane;
                Dot(rows, sequences, w, dRows, offset + lane, blocks, sums, batch * DotTile.VirtualLanes);
            }
        }
    }

    public override void LstmForward(
        float* gates, int gateStride, int hidden, int batch, int start, int end, float* c, float* cNext, float* tanhC, int cStride, float* h)
    {
        float* lanes = stackalloc float[TLanes.Width];
        for (int j = start; j < end;)
        {
            int width = end - j >= TLanes.Width ? TLanes.Width : 1;
            for (int b = 0; b < batch; b++)
            {
                nint at = ((nint)b * cStride) + j;
                float* row = gates + ((nint)b * gateStride) + j;
                if (width > 1) LstmCell.Forward<TLanes, TVector>(row, hidden, c + at, cNext + at, tanhC + at, lanes);
                else LstmCell.Forward<Lanes1, float>(row, hidden, c + at, cNext + at, tanhC + at, lanes);
                for (int lane = 0; lane < width; lane++) h[((nint)(j + lane) * batch) + b] = lanes[lane];
            }

            j += width;
        }
    }

    public override void LstmBackward(
        float* gates, int gateStride, int hidden, int batch, int start, int end, float* c, float* tanhC, int cStride, float* dUp, float* dRecurrent, float* dc)
    {
        float* lanes = stackalloc float[TLanes.Width];
        for (int j = start; j < end;)
        {
            int width = end - j >= TLanes.Width ? TLanes.Width : 1;
            for (int b = 0; b < batch; b++)
            {
                for (int lane = 0; lane < width; lane++)
                {
                    nint unit = ((nint)(j + lane) * batch) + b;
                    lanes[lane] = dUp[unit] + dRecurrent[unit];
                }

                nint at = ((nint)b * cStride) + j;
                float* row = gates + ((nint)b * gateStride) + j;
                if (width > 1) LstmCell.Backward<TLanes, TVector>(row, hidden, c + at, tanhC + at, lanes, dc + at);
                else LstmCell.Backward<Lanes1, float>(row, hidden, c + at, tanhC + at, lanes, dc + at);
            }

            j += width;
        }
    }

    public override float SoftmaxExponentials(float* row, int count, out float max) => SoftmaxRow.Exponentials<TLanes, TVector>(row, count, out max);

    public override float SumOfSquares(float* x, int count) => Elementwise.SumOfSquares<TLanes, TVector>(x, count);

    public override void Scale(float* x, float* y, int count, float factor) => Elementwise.Scale<TLanes, TVector>(x, y, count, factor);

    public override void Multiply(float* x, float* m, float* y, int count) => Elementwise.Multiply<TLanes, TVector>(x, m, y, count);

    public override void Accumulate(float* x, float* y, int count) => Elementwise.Accumulate<TLanes, TVector>(x, y, count);

    public override void Descend(float* p, float* g, int count, float rate) => Elementwise.Descend<TLanes, TVector>(p, g, count, rate);

    public override void Adam(float* p, float* g, float* m, float* v, int count, in AdamCoefficients coefficients) => Elementwise.Adam<TLanes, TVector>(
        p, g, m, v, count, coefficients.Scale, coefficients.Rate, coefficients.Beta1, coefficients.Beta2, coefficients.Correction, coefficients.Epsilon);

    private static void Tall(
        int rows, float* p, float* x, int xStride, int* keep, int count, float* init, int initStride, float* c, int cStride)
    {
        switch (rows)
        {
            case 1: TallTile.Run<TLanes, TVector, N1>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 2: TallTile.Run<TLanes, TVector, N2>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 3: TallTile.Run<TLanes, TVector, N3>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 4: TallTile.Run<TLanes, TVector, N4>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 5: TallTile.Run<TLanes, TVector, N5>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 6: TallTile.Run<TLanes, TVector, N6>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 7: TallTile.Run<TLanes, TVector, N7>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 8: TallTile.Run<TLanes, TVector, N8>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 9: TallTile.Run<TLanes, TVector, N9>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 10: TallTile.Run<TLanes, TVector, N10>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 11: TallTile.Run<TLanes, TVector, N11>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 12: TallTile.Run<TLanes, TVector, N12>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 13: TallTile.Run<TLanes, TVector, N13>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 14: TallTile.Run<TLanes, TVector, N14>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 15: TallTile.Run<TLanes, TVector, N15>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 16: TallTile.Run<TLanes, TVector, N16>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 17: TallTile.Run<TLanes, TVector, N17>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 18: TallTile.Run<TLanes, TVector, N18>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 19: TallTile.Run<TLanes, TVector, N19>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 20: TallTile.Run<TLanes, TVector, N20>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
        }
    }

    private static void Block(
        int rows, int vectors, float* p, int pStride, float** x, int xStride, int* keep, int count,
        int segments, int segmentLength, int segmentStride, float** init, float** c)
    {
        switch (rows)
        {
            case 1: Block<N1>(vectors, p, pStride, x, xStride, keep, count, segments, segmentLength, segmentStride, init, c); break;
            case 2: Block<N2>(vectors, p, pStride, x, xStride, keep, count, segments, segmentLength, segmentStride, init, c); break;
            case 3: Block<N3>(vectors, p, pStride, x, xStride, keep, count, segments, segmentLength, segmentStride, init, c); break;
            case 4: Block<N4>(vectors, p, pStride, x, xStride, keep, count, segments, segmentLength, segmentStride, init, c); break;
            case 5: Block<N5>(vectors, p, pStride, x, xStride, keep, count, segments, segmentLength, segmentStride, init, c); break;
            case 6: Block<N6>(vectors, p, pStride, x, xStride, keep, count, segments, segmentLength, segmentStride, init, c); break;
        }
    }

    private static void Block<TRows>(
        int vectors, float* p, int pStride, float** x, int xStride, int* keep, int count,
        int segments, int segmentLength, int segmentStride, float** init, float** c)
        where TRows : struct, ICount
    {
        switch (vectors)
        {
            case 1: BlockTile.Run<TLanes, TVector, TRows, N1>(p, pStride, x, xStride, keep, count, segments, segmentLength, segmentStride, init, c); break;
            case 2: BlockTile.Run<TLanes, TVector, TRows, N2>(p, pStride, x, xStride, keep, count, segments, segmentLength, segmentStride, init, c); break;
            case 3: BlockTile.Run<TLanes, TVector, TRows, N3>(p, pStride, x, xStride, keep, count, segments, segmentLength, segmentStride, init, c); break;
            case 4: BlockTile.Run<TLanes, TVector, TRows, N4>(p, pStride, x, xStride, keep, count, segments, segmentLength, segmentStride, init, c); break;
        }
    }

    private static void Dot(int rows, int sequences, float** w, float** d, int offset, int blocks, float* partial, int partialStride)
    {
        switch (rows)
        {
            case 1: Dot<N1>(sequences, w, d, offset, blocks, partial, partialStride); break;
            case 2: Dot<N2>(sequences, w, d, offset, blocks, partial, partialStride); break;
            case 3: Dot<N3>(sequences, w, d, offset, blocks, partial, partialStride); break;
            case 4: Dot<N4>(sequences, w, d, offset, blocks, partial, partialStride); break;
            case 5: Dot<N5>(sequences, w, d, offset, blocks, partial, partialStride); break;
            case 6: Dot<N6>(sequences, w, d, offset, blocks, partial, partialStride); break;
        }
    }

    private static void Dot<TRows>(int sequences, float** w, float** d, int offset, int blocks, float* partial, int partialStride)
        where TRows : struct, ICount
    {
        switch (sequences)
        {
            case 1: DotTile.Run<TLanes, TVector, TRows, N1>(w, d, offset, blocks, partial, partialStride); break;
            case 2: DotTile.Run<TLanes, TVector, TRows, N2>(w, d, offset, blocks, partial, partialStride); break;
            case 3: DotTile.Run<TLanes, TVector, TRows, N3>(w, d, offset, blocks, partial, partialStride); break;
            case 4: DotTile.Run<TLanes, TVector, TRows, N4>(w, d, offset, blocks, partial, partialStride); break;
        }
    }
}
