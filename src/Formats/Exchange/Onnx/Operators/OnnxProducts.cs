using System.Runtime.CompilerServices;
#if !NET9_0_OR_GREATER
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
#endif
using TinySD.Formats.Exchange.Onnx.Messages;

namespace TinySD.Formats.Exchange.Onnx.Operators;

internal static class OnnxProducts
{
    // Rows of the result that are made side by side.
    private const int Rows = 4;

    public static OnnxArray[] MatMul(OnnxCall call)
    {
        call.Check();
        OnnxArray first = call.Numeric(0), second = call.Numeric(1);
        call.CheckAlike(first, second);
        if (first.Rank == 0 || second.Rank == 0) call.DoesNotFit("a single number is no matrix");

        // A vector is a row on the left and a column on the right, whose axis the result does not have.
        OnnxArray a = first.Rank == 1 ? first.Reshaped(1, first.Length) : first;
        OnnxArray b = second.Rank == 1 ? second.Reshaped(second.Length, 1) : second;
        int m = a.Shape[^2], k = a.Shape[^1], n = b.Shape[^1];
        if (b.Shape[^2] != k)
            call.DoesNotFit($"{OnnxCall.Shown(first)} times {OnnxCall.Shown(second)}: {k} columns and {b.Shape[^2]} rows are not alike");
        int[] batch = OnnxRepeating.Together(call, a.Shape.AsSpan()[..^2], b.Shape.AsSpan()[..^2]);
        int batches = (int)OnnxArray.CountOf(call.Extents([.. Array.ConvertAll(batch, extent => (long)extent)]));
        OnnxArray result = call.Made(first.Type, [.. batch, m, n]);
        call.Run.ChargeProducts(call, (double)result.Length * k);
        if (b.Rank == 2)
        {
            // One matrix on the right: all rows of the left one are rows of one product.
            Multiply(a, 0, b, 0, result, 0, result.Length == 0 ? 0 : result.Length / n, k, n);
        }
        else
        {
            a = OnnxRepeating.Broadcast(call, a, [.. batch, m, k]);
            b = OnnxRepeating.Broadcast(call, b, [.. batch, k, n]);
            for (int i = 0; i < batches; i++) Multiply(a, i * m * k, b, i * k * n, result, i * m * n, m, k, n);
        }

        Round(result);
        return [result.Reshaped([.. batch, .. first.Rank == 1 ? [] : new[] { m }, .. second.Rank == 1 ? [] : new[] { n }])];
    }

    public static OnnxArray[] Gemm(OnnxCall call)
    {
        call.Check("alpha", "beta", "transA", "transB");
        OnnxArray first = call.Numeric(0), second = call.Numeric(1);
        call.CheckAlike(first, second);
        if (first.Rank != 2 || second.Rank != 2)
            call.DoesNotFit($"{OnnxCall.Shown(first)} times {OnnxCall.Shown(second)}: two matrices were expected");
        OnnxArray a = call.Flag("transA", false) ? call.Permuted(first, 1, 0) : first;
        OnnxArray b = call.Flag("transB", false) ? call.Permuted(second, 1, 0) : second;
        int m = a.Shape[0], k = a.Shape[1], n = b.Shape[1];
        if (b.Shape[0] != k)
            call.DoesNotFit($"{OnnxCall.Shown(first)} times {OnnxCall.Shown(second)}: {k} columns and {b.Shape[0]} rows are not alike");
        OnnxArray result = call.Made(first.Type, [m, n]);
        call.Run.ChargeProducts(call, (double)result.Length * k);
        Multiply(a, 0, b, 0, result, 0, m, k, n);
        double alpha = call.Number("alpha", 1f), beta = call.Number("beta", 1f);
        for (int i = 0; alpha != 1 && i < result.Length; i++) result.Put(i, result.At(i) * alpha);
        Round(result);
        if (call.Optional(2) is not { } c || beta == 0) return [result];
        if (c.Rank > 2 || !OnnxRepeating.Together(call, result.Shape.AsSpan(), c.Shape.AsSpan()).AsSpan()
            .SequenceEqual(result.Shape.AsSpan()))
            call.DoesNotFit($"input 2 {OnnxCall.Shown(c)} does not fit the product {OnnxCall.Shown(result)}");
        return [OnnxElementwise.Joined(call, result, c, (x, y) => x + (beta * y), (x, y) => x + (long)(beta * y))];
    }

    private static void Round(OnnxArray result)
    {
        if (result.Type is OnnxDataType.Binary32 or OnnxDataType.Binary64 or OnnxDataType.Integer64) return;
        for (int i = 0; i < result.Length; i++)
        {
            if (result.Floats is { } floats) floats[i] = OnnxDataType.Rounded(result.Type, floats[i]);
            else result.Integers![i] = OnnxDataType.Wrapped(result.Type, result.Integers![i]);
        }
    }

    private static void Multiply(OnnxArray a, int aAt, OnnxArray b, int bAt, OnnxArray c, int cAt, int m, int k, int n)
    {
        if (c.Floats is { } floats) Floats(a.Floats.AsSpan(aAt), b.Floats.AsSpan(bAt), floats.AsSpan(cAt), m, k, n);
        else if (c.Doubles is { } doubles) Plain<double>(a.Doubles.AsSpan(aAt), b.Doubles.AsSpan(bAt), doubles.AsSpan(cAt), m, k, n);
        else Plain<long>(a.Integers.AsSpan(aAt), b.Integers.AsSpan(bAt), c.Integers.AsSpan(cAt), m, k, n);
    }

    // c [m][n] = a [m][k] b [k][n]. Every element is one sum in increasing order, each product fused into it: so its bits do not depend on
    // how many lanes the processor has, nor on how rows and columns are taken together.
    private static void Floats(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c, int m, int k, int n)
    {
        // Two registers' columns of b, copied side by side, serve all rows of a, four at a time.
        int lanes = Vector<float>.Count, width = 2 * lanes, column = 0;
        float[] panel = n >= width ? new float[k * width] : [];
        ReadOnlySpan<Vector<float>> columns = MemoryMarshal.Cast<float, Vector<float>>(panel);
        for (; column + width <= n; column += width)
        {
            for (int i = 0; i < k; i++) b.Slice((i * n) + column, width).CopyTo(panel.AsSpan(i * width));
            int row = 0;
            for (; row + Rows <= m; row += Rows)
                FourRows(a.Slice(row * k, k), a.Slice((row + 1) * k, k), a.Slice((row + 2) * k, k), a.Slice((row + 3) * k, k), columns,
                    c[((row * n) + column)..], n);
            for (; row < m; row++) OneRow(a.Slice(row * k, k), columns, c[((row * n) + column)..]);
        }

        for (int row = 0; row < m; row++)
        {
            for (int at = column; at < n; at++)
            {
                float sum = 0;
                for (int i = 0; i < k; i++) sum = MathF.FusedMultiplyAdd(a[(row * k) + i], b[(i * n) + at], sum);
                c[(row * n) + at] = sum;
            }
        }
    }

    private static void FourRows(
        ReadOnlySpan<float> a0, ReadOnlySpan<float> a1, ReadOnlySpan<float> a2, ReadOnlySpan<float> a3,
        ReadOnlySpan<Vector<float>> columns, Span<float> c, int n)
    {
        Vector<float> s00 = default, s01 = default, s10 = default, s11 = default;
        Vector<float> s20 = default, s21 = default, s30 = default, s31 = default;
        for (int i = 0; i < a0.Length; i++)
        {
            Vector<float> left = columns[2 * i], right = columns[(2 * i) + 1];
            var by = new Vector<float>(a0[i]);
            s00 = Fused(left, by, s00);
            s01 = Fused(right, by, s01);
            by = new Vector<float>(a1[i]);
            s10 = Fused(left, by, s10);
            s11 = Fused(right, by, s11);
            by = new Vector<float>(a2[i]);
            s20 = Fused(left, by, s20);
            s21 = Fused(right, by, s21);
            by = new Vector<float>(a3[i]);
            s30 = Fused(left, by, s30);
            s31 = Fused(right, by, s31);
        }

        Put(s00, s01, c);
        Put(s10, s11, c[n..]);
        Put(s20, s21, c[(2 * n)..]);
        Put(s30, s31, c[(3 * n)..]);
    }

    private static void OneRow(ReadOnlySpan<float> a, ReadOnlySpan<Vector<float>> columns, Span<float> c)
    {
        Vector<float> left = default, right = default;
        for (int i = 0; i < a.Length; i++)
        {
            var by = new Vector<float>(a[i]);
            left = Fused(columns[2 * i], by, left);
            right = Fused(columns[(2 * i) + 1], by, right);
        }

        Put(left, right, c);
    }

    // The sum is rounded once, on every processor.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Fused(Vector<float> a, Vector<float> b, Vector<float> c)
    {
#if NET9_0_OR_GREATER
        return Vector.FusedMultiplyAdd(a, b, c);
#else
        if (Fma.IsSupported && Vector<float>.Count == Vector256<float>.Count)
            return Fma.MultiplyAdd(a.AsVector256(), b.AsVector256(), c.AsVector256()).AsVector();
        if (AdvSimd.IsSupported && Vector<float>.Count == Vector128<float>.Count)
            return AdvSimd.FusedMultiplyAdd(c.AsVector128(), a.AsVector128(), b.AsVector128()).AsVector();
        return FusedOneByOne(a, b, c);
#endif
    }

#if !NET9_0_OR_GREATER
    private static Vector<float> FusedOneByOne(Vector<float> a, Vector<float> b, Vector<float> c)
    {
        Span<float> sums = stackalloc float[Vector<float>.Count];
        for (int i = 0; i < sums.Length; i++) sums[i] = MathF.FusedMultiplyAdd(a[i], b[i], c[i]);
        return new Vector<float>(sums);
    }
#endif

    private static void Put(Vector<float> left, Vector<float> right, Span<float> c)
    {
        left.CopyTo(c);
        right.CopyTo(c[Vector<float>.Count..]);
    }

    private static void Plain<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> c, int m, int k, int n)
        where T : INumber<T>
    {
        for (int row = 0; row < m; row++)
        {
            for (int i = 0; i < k; i++)
            {
                T by = a[(row * k) + i];
                for (int column = 0; column < n; column++) c[(row * n) + column] += by * b[(i * n) + column];
            }
        }
    }
}
