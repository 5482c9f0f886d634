using System.Diagnostics;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Ops;

// Forward products with weights that are not held in single precision.
internal sealed unsafe partial class Products
{
    // Sequences that share every read of a weight from afar.
    private const int CompactSequences = 8;

    private int _byteInputs, _byteStride, _mostRows;
    private Workspace.Slice _compact;

    // Of some sequences the bytes that go in, their factors, the sums; and one sequence's numbers side by side.
    private long CompactFloats => _byteInputs == 0
        ? 0
        : (ByteSequences * (long)(WordStride + _byteStride)) + AlignedBuffer.RoundUp(ByteSequences)
            + AlignedBuffer.RoundUp(_byteInputs);

    private int ByteSequences => Math.Min(CompactSequences, _mostRows);

    private int WordStride => AlignedBuffer.RoundUp((_byteInputs + CompactTensor.RowsOfWord - 1) / CompactTensor.RowsOfWord);

    /// <summary>Announces a matrix that is not held in single precision, before <see cref="ReserveScratch"/>.</summary>
    public void AnnounceCompact(TensorSlot slot)
    {
        if (slot.Format != WeightFormat.Int8) return;
        _byteInputs = Math.Max(_byteInputs, slot.Shape[0]);
        _byteStride = Math.Max(_byteStride, CompactTensor.StrideOf(slot));
    }

    private void ForwardCompact(Weights w, ReadOnlySpan<float> x, StepRows rows, KeepTable keep, ReadOnlySpan<float> bias, Span<float> c)
    {
        int ld = RowStride(w.N);
        Debug.Assert(x.Length >= rows.Total * w.K && c.Length >= rows.Total * ld);
        fixed (float* pw = w.Values, px = x, pb = bias, pc = c)
        fixed (int* pk = keep.Indices, pn = keep.Counts)
        {
            var keeps = new FixedKeepTable(keep, pk, pn);
            for (int t = 0; t < rows.Steps; t++)
            {
                ReadOnlySpan<int> kept = keeps.At(t);
                int before = rows.Before(t), batch = rows.At(t);
                for (int first = 0; first < batch; first += CompactSequences)
                {
                    float* to = pc + (((nint)before + first) * ld);
                    var few = new Few
                    {
                        X = px + ((nint)before * w.K) + first, Batch = batch, Sequences = Math.Min(CompactSequences, batch - first),
                        Init = pb == null ? to : pb, InitStride = pb == null ? ld : 0, C = to, CStride = ld,
                    };
                    if (w.Format == WeightFormat.BFloat16) ForwardHalves(w, pw, kept, few);
                    else ForwardBytes(w, pw, kept, few);
                }
            }
        }
    }

    private void ForwardHalves(Weights w, float* pw, ReadOnlySpan<int> keep, Few few)
    {
        fixed (int* pk = keep)
        {
            var body = new HalvesBody
            {
                Kernels = _kernels, W = pw, WStride = w.Stride, N = w.N, Keep = pk, Count = keep.Length, Few = few,
            };
            int lines = (w.N + CompactTensor.HalfColumns - 1) / CompactTensor.HalfColumns;
            _runner.For(lines, Grain((long)w.K * CompactTensor.HalfColumns * few.Sequences), ref body);
        }
    }

    private void ForwardBytes(Weights w, float* pw, ReadOnlySpan<int> keep, Few few)
    {
        // Four units share a word.
        if (keep.Length != w.K)
            Throw.Invalid("some units of a product are left out, and its weights are held as Int8, of which all are read");
        int rows = (w.K + CompactTensor.RowsOfWord - 1) / CompactTensor.RowsOfWord;
        fixed (float* scratch = _compact.Span)
        {
            int* words = (int*)scratch, sums = words + (ByteSequences * (nint)WordStride);
            float* scales = (float*)(sums + (ByteSequences * (nint)_byteStride));
            float* gathered = scales + AlignedBuffer.RoundUp(ByteSequences);
            for (int s = 0; s < few.Sequences; s++)
            {
                float* x = few.X + s;
                if (few.Batch > 1)
                {
                    for (int i = 0; i < w.K; i++) gathered[i] = x[(nint)i * few.Batch];
                    x = gathered;
                }

                scales[s] = _kernels.RoundToBytes(x, w.K, (sbyte*)(words + ((nint)s * WordStride)));
            }

            var body = new BytesBody
            {
                Kernels = _kernels, W = (int*)pw, Rows = rows, WStride = w.Stride, X = words, XStride = WordStride,
                Sums = sums, SumStride = _byteStride, Scales = scales, Few = few,
            };
            _runner.For(Lines(w.N), Grain((long)rows * LineFloats * few.Sequences), ref body);
        }
    }

    // Some sequences of a step.
    private struct Few
    {
        public float* X, Init, C;
        public int Batch, Sequences, InitStride, CStride;
    }

    private struct HalvesBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* W;
        public int WStride, N, Count;
        public int* Keep;
        public Few Few;

        public readonly void Run(int part, int start, int end)
        {
            int column = start * CompactTensor.HalfColumns;
            int columns = Math.Min(AlignedBuffer.RoundUp(N), end * CompactTensor.HalfColumns) - column;
            Kernels.ForwardHalves(
                W + (column / 2), WStride, columns, Few.X, Few.Batch, Few.Sequences, Keep, Count,
                Few.Init + column, Few.InitStride, Few.C + column, Few.CStride);
        }
    }

    private struct BytesBody : IRangeBody
    {
        public KernelSet Kernels;
        public int* W, X, Sums;
        public int WStride, Rows, XStride, SumStride;
        public float* Scales;
        public Few Few;

        public readonly void Run(int part, int start, int end)
        {
            int column = start * LineFloats, columns = (end * LineFloats) - column;
            int* sums = Sums + column, factors = W + ((nint)Rows * WStride) + column, offsets = factors + WStride;
            Kernels.Bytes.Sum(W + column, WStride, Rows, columns, X, XStride, Few.Sequences, sums, SumStride);
            Kernels.ScaleSums(
                sums, SumStride, columns, (float*)factors, offsets, Scales, Few.Sequences,
                Few.Init + column, Few.InitStride, Few.C + column, Few.CStride);
        }
    }
}
