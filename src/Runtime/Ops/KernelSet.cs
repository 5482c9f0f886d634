using TinySD.Runtime.Kernels;
using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Ops;

/// <summary>The kernels at one lane width: what the macro-kernels call, one virtual call a tile.</summary>
internal abstract unsafe class KernelSet
{
    /// <summary>Columns of a packed panel, and the unit that padded rows are a multiple of.</summary>
    public const int PanelColumns = 16;

    /// <summary>Columns of a weight-gradient strip: a multiple of <see cref="PanelColumns"/>.</summary>
    public abstract int StripColumns { get; }

    /// <summary>Units in a backward tile.</summary>
    public abstract int DotRows { get; }

    /// <summary>
    /// One panel of the forward product: c[b, l] = init[b, l] + sum over kept k of x[k * batch + b] * panel[k * 16 + l] for b in [0, batch), l in [0, 16).
    /// </summary>
    public abstract void Forward(float* panel, float* x, int batch, int* keep, int count, float* init, int initStride, float* c, int cStride);

    /// <summary>
    /// One strip of the weight gradient: g[keep[i] * width + l] += sum over t, b of x[t * segmentStride + keep[i] * batch + b] * d[(t * batch + b) * width + l].
    /// <paramref name="width"/> is at most <see cref="StripColumns"/> and a multiple of 16.
    /// </summary>
    public abstract void WeightGradient(float* d, int width, float* x, int batch, int segments, int segmentStride, int* keep, int count, float* g);

    /// <summary>
    /// Lane sums of a backward tile: partial[(r * batch + b) * 16 + l] += sum over blocks of w[r][offset + 16 * i + l] * d[b * dStride + offset + 16 * i + l],
    /// r in [0, rows), b in [0, batch).
    /// </summary>
    public abstract void BackwardDots(float** w, int rows, float* d, int dStride, int batch, int offset, int blocks, float* partial);

    /// <summary>Units [start, end) of the LSTM cell for every sequence; shapes as in <see cref="VectorOps.LstmForward"/>.</summary>
    public abstract void LstmForward(
        float* gates, int gateStride, int hidden, int batch, int start, int end, float* c, float* cNext, float* tanhC, int cStride, float* h);

    /// <summary>Units [start, end) of the cell backwards; shapes as in <see cref="VectorOps.LstmBackward"/>.</summary>
    public abstract void LstmBackward(
        float* gates, int gateStride, int hidden, int batch, int start, int end, float* c, float* tanhC, int cStride, float* dUp, float* dRecurrent, float* dc);

    /// <inheritdoc cref="SoftmaxRow.Exponentials"/>
    public abstract float SoftmaxExponentials(float* row, int count, out float max);

    /// <inheritdoc cref="RandomWords.Fill"/>
    public abstract void FillWords(in PhiloxStream stream, int first, uint* words, int count);

    /// <inheritdoc cref="RandomWords.Mask"/>
    public abstract void FillMask(in PhiloxStream stream, uint threshold, float scale, float* mask, int count);

    /// <inheritdoc cref="Elementwise.SumOfSquares"/>
    public abstract float SumOfSquares(float* x, int count);

    /// <inheritdoc cref="Elementwise.Scale"/>
    public abstract void Scale(float* x, float* y, int count, float factor);

    /// <inheritdoc cref="Elementwise.Multiply"/>
    public abstract void Multiply(float* x, float* m, float* y, int count);

    /// <inheritdoc cref="Elementwise.ColumnSums"/>
    public abstract void ColumnSums(float* d, int rows, nint stride, float* sums, int count);

    /// <inheritdoc cref="TokenRows.Gather"/>
    public abstract void GatherTokens(float* table, nint tokenStride, int* tokens, int batch, int units, float* x);

    /// <inheritdoc cref="TokenRows.ScatterAdd"/>
    public abstract void ScatterAddTokens(float* gradient, nint tokenStride, int* tokens, int batch, int units, float* dx);

    /// <inheritdoc cref="Elementwise.Descend"/>
    public abstract void Descend(float* p, float* g, int count, float rate);

    /// <inheritdoc cref="Elementwise.Adam"/>
    public abstract void Adam(float* p, float* g, float* m, float* v, int count, in AdamCoefficients coefficients);
}
