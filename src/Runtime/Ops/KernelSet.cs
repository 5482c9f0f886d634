using TinySD.Runtime.Hardware;
using TinySD.Runtime.Kernels;

namespace TinySD.Runtime.Ops;

/// <summary>The kernels at one lane width: what the macro-kernels call, one virtual call a tile.</summary>
internal abstract unsafe class KernelSet(ProductTiles tiles, ByteKernels bytes)
{
    /// <summary>Products of whole numbers, whose sums <see cref="ScaleSums"/> takes.</summary>
    public ByteKernels Bytes { get; } = bytes;

    /// <summary>How products are cut.</summary>
    public ProductTiles Tiling { get; } = tiles;

    /// <summary>Columns of a weight-gradient strip: the more, the fewer times x is read from the second-level cache.</summary>
    public const int StripColumns = 8 * ProductTiles.LineFloats;

    /// <summary>Units in a backward tile.</summary>
    public abstract int BackwardRows { get; }

    /// <summary>
    /// Some columns of the forward product: c[b, l] = init[b, l] + sum over i of x[i * batch + b] * w[keep[i] * wStride + l], b in
    /// [0, batch), l in [0, columns), a multiple of 16. What stands <paramref name="ahead"/> floats on in each kept row is asked for
    /// meanwhile; with 0, what the next tile reads. So many <paramref name="units"/> are walked at a time.
    /// </summary>
    public abstract void Forward(
        float* w, int wStride, int columns, int ahead, float* x, int batch, int* keep, int count, int units,
        float* init, int initStride, float* c, int cStride);

    /// <summary>
    /// The same for weights in bfloat16, as <see cref="Memory.CompactTensor"/> has them, and some <paramref name="sequences"/> of the
    /// batch.
    /// </summary>
    public abstract void ForwardHalves(
        float* w, int wStride, int columns, float* x, int batch, int sequences, int* keep, int count,
        float* init, int initStride, float* c, int cStride);

    /// <summary>Rounds x to whole numbers of -127 to 127 times a factor, which is its largest magnitude over 127: x times 127 over that
    /// magnitude is rounded to the nearest, ties to even. Bytes up to a multiple of 4 are 0. Magnitudes that are all below 1e-30 are taken
    /// for 0.</summary>
    /// <returns>The factor; not a number, and all bytes 0, where any of x is infinite or not a number.</returns>
    public abstract float RoundToBytes(float* x, int count, sbyte* bytes);

    /// <summary>c[s, l] = init[s, l] + sums[s, l] * (scales[s] * factors[l]), the last product and the sum rounded once each.</summary>
    public abstract void ScaleSums(
        int* sums, int sumStride, int columns, float* factors, int* offsets, float* scales, int sequences,
        float* init, int initStride, float* c, int cStride);

    /// <summary>
    /// Some time steps of one strip of the weight gradient: g[keep[i] * gStride + l] += sum over s, b of x[s * xAhead + i * batch + b] *
    /// d[(s * batch + b) * dStride + l], l in [0, width). The width, a multiple of 16, is at most <see cref="StripColumns"/>.
    /// </summary>
    public abstract void WeightGradient(
        float* d, int dStride, int width, float* x, int batch, int steps, nint xAhead, int* keep, int count, float* g, int gStride);

    /// <summary>
    /// Some columns of the backward product: dx[keep[i] * batch + b] = or += scale * sum over n of w[keep[i] * wStride + n] *
    /// d[b * dStride + n], i in [0, count), b in [0, batch), n in [0, 16 * blocks).
    /// </summary>
    public abstract void Backward(
        float* w, int wStride, int* keep, int count, int blocks, float* d, int dStride, int batch, float scale, float* dx, bool adds);

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
    public abstract void FillWords(in PhiloxStream stream, int first, int count, uint* words);

    /// <inheritdoc cref="RandomWords{TLanes, TVector}.Mask"/>
    public abstract void FillMask(in PhiloxStream stream, uint threshold, float scale, int count, float* mask);

    /// <inheritdoc cref="Elementwise{TLanes, TVector}.SumOfSquares"/>
    public abstract float SumOfSquares(float* x, int count);

    /// <inheritdoc cref="Elementwise{TLanes, TVector}.GatherRows"/>
    public abstract void GatherRows(float* x, int length, int* keep, int count, float factor, float* y);

    /// <inheritdoc cref="Elementwise{TLanes, TVector}.CopyRows"/>
    public abstract void CopyRows(float* x, nint xStride, int rows, int count, float* y, nint yStride);

    /// <inheritdoc cref="Elementwise{TLanes, TVector}.Scale"/>
    public abstract void Scale(float* x, int count, float factor, float* y);

    /// <inheritdoc cref="Elementwise{TLanes, TVector}.ScaleAndShift"/>
    public abstract void ScaleAndShift(float* x, int count, float factor, float shift, float* y);

    /// <inheritdoc cref="Elementwise{TLanes, TVector}.Multiply"/>
    public abstract void Multiply(float* x, float* m, int count, float* y);

    /// <inheritdoc cref="Elementwise{TLanes, TVector}.AddColumnSums"/>
    public abstract void AddColumnSums(float* d, nint dStride, int rows, int count, float* sums);

    /// <inheritdoc cref="Elementwise{TLanes, TVector}.AddProductSums"/>
    public abstract void AddProductSums(float* d, nint dStride, float* x, nint xStride, int rows, int count, float* sums);

    /// <inheritdoc cref="TokenRows{TLanes, TVector}.Gather"/>
    public abstract void GatherTokens(float* table, nint tokenStride, int* tokens, int batch, int units, float* x);

    /// <inheritdoc cref="TokenRows{TLanes, TVector}.ScatterAdd"/>
    public abstract void ScatterAddTokens(float* dx, int* tokens, int batch, int units, float* gradient, nint tokenStride);

    /// <inheritdoc cref="Elementwise{TLanes, TVector}.AddScaled"/>
    public abstract void AddScaled(float* x, int count, float factor, float* y);

    /// <inheritdoc cref="Elementwise{TLanes, TVector}.AddDifference"/>
    public abstract void AddDifference(float* a, float* b, int count, float factor, float* y);

    /// <summary>Some sequences of x, unit-major [units][batch], to rows that are so many floats apart.</summary>
    public abstract void TurnToRows(float* x, int batch, int units, int sequences, float* rows, nint stride);

    /// <summary>Rows to some sequences of x, unit-major [units][batch].</summary>
    public abstract void TurnToUnits(float* rows, nint stride, int units, int sequences, float* x, int batch);

    /// <inheritdoc cref="AttentionRows{TLanes, TVector}.Dots"/>
    public abstract void RowDots(float* q, float* table, nint stride, int* rows, int count, int columns, float* scores);

    /// <inheritdoc cref="AttentionRows{TLanes, TVector}.Sum"/>
    public abstract void RowSum(float* weights, float* table, nint stride, int* rows, int count, int columns, float* y);

    /// <inheritdoc cref="AttentionRows{TLanes, TVector}.Add"/>
    public abstract void AddToRows(float* weights, float* x, int columns, float* table, nint stride, int* rows, int count);

    /// <inheritdoc cref="AttentionRows{TLanes, TVector}.TanhDots"/>
    public abstract void RowTanhDots(float* q, float* v, float* table, nint stride, int* rows, int count, int columns, float* scores);

    /// <inheritdoc cref="AttentionRows{TLanes, TVector}.TanhBackward"/>
    public abstract void RowTanhBackward(
        float* d, float* q, float* v, float* table, nint stride, int* rows, int count, int columns, float* dq, float* dv, float* dTable);

    /// <summary>One update of <paramref name="count"/> parameters, a multiple of 16; what a rule does not keep may be null.</summary>
    public abstract void Update(float* p, float* g, float* first, float* second, int count, in UpdateRule rule);
}
