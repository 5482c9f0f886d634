using System.Runtime.Intrinsics.Arm;
using TinySD.Runtime.Kernels;
using TinySD.Runtime.Kernels.Lanes;
using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Ops;

/// <summary>Every kernel, compiled for one lane width.</summary>
internal sealed unsafe class LaneKernels<TLanes, TVector> : KernelSet
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    // How many accumulators fit: 32 registers with AVX-512 and on Arm, 16 on other x64.
    private static bool ManyRegisters => TLanes.Width == 16 || AdvSimd.Arm64.IsSupported;

    private static int ForwardRows => TLanes.Width == 16 ? TallTile.MaxRows : TLanes.Width == 8 || ManyRegisters ? BlockTile.MaxRows : 3;

    private static int GradientVectors => TLanes.Width == 8 ? 2 : GradientTile.MaxVectors;

    private static int GradientRows => TLanes.Width == 8 || ManyRegisters ? GradientTile.MaxRows : 3;

    private static int DotSequences => ManyRegisters ? DotTile.MaxSequences : 3;

    public override int StripColumns => GradientVectors * TLanes.Width;

    public override int DotRows => ManyRegisters ? DotTile.MaxRows : 4;

    public override void Forward(float* panel, float* x, int batch, int* keep, int count, float* init, int initStride, float* c, int cStride)
    {
        int tiles = (batch + ForwardRows - 1) / ForwardRows;
        for (int tile = 0; tile < tiles; tile++)
        {
            int row = (int)((long)batch * tile / tiles), rows = (int)((long)batch * (tile + 1) / tiles) - row;
            float* from = init + ((nint)row * initStride), to = c + ((nint)row * cStride);
            if (TLanes.Width == PanelColumns) Tall(rows, panel, x + row, batch, keep, count, from, initStride, to, cStride);
            else Block(rows, panel, x + row, batch, keep, count, from, initStride, to, cStride);
        }
    }

    public override void WeightGradient(float* d, int width, float* x, int batch, int segments, int segmentStride, int* keep, int count, float* g)
    {
        int done = Gradient(GradientRows, width / TLanes.Width, d, x, batch, segments, segmentStride, keep, count, g);
        if (done < count) Gradient(count - done, width / TLanes.Width, d, x, batch, segments, segmentStride, keep + done, count - done, g);
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
        float* gates, int gateStride, int hidden, int batch, int start, int end, float* c, float* cNext, float* tanhC, int cStride, float* h) => LstmCell.Forward<TLanes, TVector>(
            gates + start, gateStride, hidden, batch, end - start, c + start, cNext + start, tanhC + start, cStride, h + ((nint)start * batch));

    public override void LstmBackward(
        float* gates, int gateStride, int hidden, int batch, int start, int end, float* c, float* tanhC, int cStride, float* dUp, float* dRecurrent, float* dc)
    {
        nint unit = (nint)start * batch;
        LstmCell.Backward<TLanes, TVector>(
            gates + start, gateStride, hidden, batch, end - start, c + start, tanhC + start, cStride, dUp + unit, dRecurrent + unit, dc + start);
    }

    public override float SoftmaxExponentials(float* row, int count, out float max) => SoftmaxRow.Exponentials<TLanes, TVector>(row, count, out max);

    public override void FillWords(in PhiloxStream stream, int first, uint* words, int count) =>
        RandomWords.Fill<TLanes, TVector>(in stream, first, words, count);

    public override void FillMask(in PhiloxStream stream, uint threshold, float scale, float* mask, int count) =>
        RandomWords.Mask<TLanes, TVector>(in stream, threshold, scale, mask, count);

    public override float SumOfSquares(float* x, int count) => Elementwise.SumOfSquares<TLanes, TVector>(x, count);

    public override void Scale(float* x, float* y, int count, float factor) => Elementwise.Scale<TLanes, TVector>(x, y, count, factor);

    public override void Multiply(float* x, float* m, float* y, int count) => Elementwise.Multiply<TLanes, TVector>(x, m, y, count);

    public override void ColumnSums(float* d, int rows, nint stride, float* sums, int count) =>
        Elementwise.ColumnSums<TLanes, TVector>(d, rows, stride, sums, count);

    public override void GatherTokens(float* table, nint tokenStride, int* tokens, int batch, int units, float* x) =>
        TokenRows.Gather<TLanes, TVector>(table, tokenStride, tokens, batch, units, x);

    public override void ScatterAddTokens(float* gradient, nint tokenStride, int* tokens, int batch, int units, float* dx) =>
        TokenRows.ScatterAdd<TLanes, TVector>(gradient, tokenStride, tokens, batch, units, dx);

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

    private static void Block(int rows, float* p, float* x, int xStride, int* keep, int count, float* init, int initStride, float* c, int cStride)
    {
        if (TLanes.Width == 8) Block<N2>(rows, p, x, xStride, keep, count, init, initStride, c, cStride);
        else Block<N4>(rows, p, x, xStride, keep, count, init, initStride, c, cStride);
    }

    private static void Block<TVectors>(
        int rows, float* p, float* x, int xStride, int* keep, int count, float* init, int initStride, float* c, int cStride)
        where TVectors : struct, ICount
    {
        switch (rows)
        {
            case 1: BlockTile.Run<TLanes, TVector, N1, TVectors>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 2: BlockTile.Run<TLanes, TVector, N2, TVectors>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 3: BlockTile.Run<TLanes, TVector, N3, TVectors>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 4: BlockTile.Run<TLanes, TVector, N4, TVectors>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 5: BlockTile.Run<TLanes, TVector, N5, TVectors>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
            case 6: BlockTile.Run<TLanes, TVector, N6, TVectors>(p, PanelColumns, x, xStride, keep, count, init, initStride, c, cStride); break;
        }
    }

    private static int Gradient(
        int rows, int vectors, float* d, float* x, int batch, int segments, nint segmentStride, int* keep, int count, float* g) => rows switch
        {
            1 => Gradient<N1>(vectors, d, x, batch, segments, segmentStride, keep, count, g),
            2 => Gradient<N2>(vectors, d, x, batch, segments, segmentStride, keep, count, g),
            3 => Gradient<N3>(vectors, d, x, batch, segments, segmentStride, keep, count, g),
            4 => Gradient<N4>(vectors, d, x, batch, segments, segmentStride, keep, count, g),
            5 => Gradient<N5>(vectors, d, x, batch, segments, segmentStride, keep, count, g),
            _ => Gradient<N6>(vectors, d, x, batch, segments, segmentStride, keep, count, g),
        };

    private static int Gradient<TRows>(
        int vectors, float* d, float* x, int batch, int segments, nint segmentStride, int* keep, int count, float* g)
        where TRows : struct, ICount => vectors switch
        {
            1 => GradientTile.Run<TLanes, TVector, TRows, N1>(d, x, batch, segments, segmentStride, keep, count, g),
            2 => GradientTile.Run<TLanes, TVector, TRows, N2>(d, x, batch, segments, segmentStride, keep, count, g),
            3 => GradientTile.Run<TLanes, TVector, TRows, N3>(d, x, batch, segments, segmentStride, keep, count, g),
            _ => GradientTile.Run<TLanes, TVector, TRows, N4>(d, x, batch, segments, segmentStride, keep, count, g),
        };

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
