using TinySD.Runtime.Hardware;
using TinySD.Runtime.Kernels;
using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Ops;

/// <summary>The kernels at one lane width: what the macro-kernels call, one virtual call a tile.</summary>
internal abstract unsafe class KernelSet(ProductTiles tiles)
{
    /// <summary>How products are cut.</summary>
    public ProductTiles Tiling { get; } = tiles;

    /// <summary>Columns of a weight-gradient strip: a multiple of <see cref="ProductTiles.LineFloats"/>.</summary>
    public abstract int StripColumns { get; }

    /// <summary>Units in a backward tile.</summary>
    public abstract int DotRows { get; }

    /// <summary>
    /// Some columns of the forward product: c[b, l] = init[b, l] + sum over i of x[i * batch + b] * w[keep[i] * wStride + l], b in [0, batch), l in [0, columns).
    /// <paramref name="columns"/> is a multiple of 16. What stands <paramref name="ahead"/> floats on in each kept row is asked for meanwhile.
    /// </summary>
    public abstract void Forward(
        float* w, int wStride, int columns, int ahead, float* x, int batch, int* keep, int count, float* init, int initStride, float* c, int cStride);

    /// <summary>
    /// Some time steps of one strip of the weight gradient: g[keep[i] * gStride + l] += sum over s, b of x[s * xAhead + i * batch + b] *
    /// d[(s * batch + b) * dStride + l], l in [0, width). <paramref name="width"/> is at most <see cref="StripColumns"/> and a multiple of 16.
    /// </summary>
    public abstract void WeightGradient(
        float* d, int dStride, int width, float* x, int batch, int steps, nint xAhead, int* keep, int count, float* g, int gStride);

    /// <summary>
    /// One tile of the backward product: output[r][b] += scale * sum over n of w[r][n] * d[b * dStride + n], r in [0, rows), b in [0, batch), n in
    /// [0, 16 * blocks). <paramref name="next"/> holds the rows of the tile that follows; they are asked for meanwhile.
    /// </summary>
    public abstract void Backward(
        float** w, float** next, int rows, int blocks, float* d, int dStride, int batch, float scale, float** output);

    /// <summary>Units [start, end) of the LSTM cell for every sequence, with peepholes if the step has them; h is [H][B].</summary>
    public abstract void LstmForward(in LstmStep step, int start, int end, float* h);

    /// <summary>The same units backwards; dUp and dRecurrent are [H][B].</summary>
    public abstract void LstmBackward(in LstmStep step, int start, int end, float* dUp, float* dRecurrent);

    /// <summary>Units [start, end) of the GRU for every sequence; hNext is [H][B].</summary>
    public abstract void GruForward(in GruStep step, int start, int end, float* hNext);

    /// <summary>The same units backwards; dUp and dRecurrent are [H][B].</summary>
    public abstract void GruBackward(in GruStep step, int start, int end, float* dUp, float* dRecurrent);

    /// <summary>Units [start, end) of the simple cell for every sequence; h is [H][B].</summary>
    public abstract void RnnForward(bool rectified, in RnnStep step, int start, int end, float* h);

    /// <summary>The same units backwards; dUp and dRecurrent are [H][B].</summary>
    public abstract void RnnBackward(bool rectified, in RnnStep step, int start, int end, float* dUp, float* dRecurrent);

    /// <inheritdoc cref="SoftmaxRow{TLanes, TVector}.Exponentials"/>
    public abstract float SoftmaxExponentials(float* row, int count, out float max);

    /// <inheritdoc cref="RandomWords{TLanes, TVector}.Fill"/>
    public abstract void FillWords(in PhiloxStream stream, int first, uint* words, int count);

    /// <inheritdoc cref="RandomWords{TLanes, TVector}.Mask"/>
    public abstract void FillMask(in PhiloxStream stream, uint threshold, float scale, float* mask, int count);

    /// <inheritdoc cref="Elementwise.SumOfSquares"/>
    public abstract float SumOfSquares(float* x, int count);

    /// <inheritdoc cref="Elementwise.GatherRows"/>
    public abstract void GatherRows(float* x, int length, int* keep, int count, float factor, float* y);

    /// <inheritdoc cref="Elementwise.Scale"/>
    public abstract void Scale(float* x, float* y, int count, float factor);

    /// <inheritdoc cref="Elementwise.Multiply"/>
    public abstract void Multiply(float* x, float* m, float* y, int count);

    /// <inheritdoc cref="Elementwise.ColumnSums"/>
    public abstract void ColumnSums(float* d, int rows, nint stride, float* sums, int count);

    /// <inheritdoc cref="Elementwise.ProductSums"/>
    public abstract void ProductSums(float* d, nint dStride, float* x, nint xStride, int rows, float* sums, int count);

    /// <inheritdoc cref="TokenRows{TLanes, TVector}.Gather"/>
    public abstract void GatherTokens(float* table, nint tokenStride, int* tokens, int batch, int units, float* x);

    /// <inheritdoc cref="TokenRows{TLanes, TVector}.ScatterAdd"/>
    public abstract void ScatterAddTokens(float* gradient, nint tokenStride, int* tokens, int batch, int units, float* dx);

    /// <inheritdoc cref="Elementwise.Descend"/>
    public abstract void Descend(float* p, float* g, int count, float rate);

    /// <inheritdoc cref="Elementwise.DescendAndDecay"/>
    public abstract void DescendAndDecay(float* p, float* g, int count, float rate, float decay);

    /// <inheritdoc cref="Elementwise.AddScaled"/>
    public abstract void AddScaled(float* x, float* y, int count, float factor);

    /// <inheritdoc cref="Elementwise.AddDifference"/>
    public abstract void AddDifference(float* a, float* b, float* y, int count, float factor);

    /// <inheritdoc cref="Elementwise.Adam"/>
    public abstract void Adam(float* p, float* g, float* m, float* v, int count, in AdamCoefficients coefficients);
}
