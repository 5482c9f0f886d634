using System.Runtime.Intrinsics;
using TinySD.Runtime.Kernels;
using TinySD.Runtime.Kernels.Lanes;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Forward products with weights in bfloat16 and as whole numbers, against scalar twins, to the bit.</summary>
public sealed class CompactProductTests
{
    // Columns of one line and a part, of lines of one and of two halves, and of more than are walked at a time; words of rows that are not
    // whole, blocks of rows that are not.
    private static readonly (int K, int N)[] _sizes =
        [(1, 1), (3, 4), (4, 16), (5, 17), (8, 32), (13, 48), (31, 33), (37, 100), (70, 530), (3, 6200), (130, 1040)];

    private static readonly (int T, int B)[] _windows = [(1, 1), (3, 1), (5, 2), (1, 3), (1, 9), (2, 17), (19, 1)];

    [Test]
    [Arguments(WeightFormat.BFloat16)]
    [Arguments(WeightFormat.Int8)]
    public async Task Products_are_the_twins_on_every_lane_and_thread(WeightFormat format)
    {
        var failures = new List<string>();
        using var pool = new WorkerPool(3);
        int seed = 0;
        foreach ((int k, int n) in _sizes)
        {
            foreach ((int t, int b) in _windows)
            {
                var rig = new Rig(format, k, n, t, b, seed += 10);
                float[] window = rig.Twin(rig.Bias), steps = rig.Twin(rig.C);
                foreach (int width in Cases.LaneWidths)
                {
                    foreach (IParallelRunner runner in (IParallelRunner[])[SingleThread.Instance, pool])
                    {
                        (float[] ofWindow, float[] ofSteps, string? damage) = rig.Run(width, runner);
                        string? difference = damage ?? Arrays.FirstDifference(rig.Columns(ofWindow), rig.Columns(window))
                            ?? Arrays.FirstDifference(rig.Columns(ofSteps), rig.Columns(steps));
                        if (difference != null) failures.Add($"{rig}, {width} lanes, {runner.ThreadCount} threads: {difference}");
                    }
                }
            }
        }

        await Assert.That(failures).IsEmpty();
    }

    [Test]
    public async Task Kept_units_alone_are_read_of_bfloat16()
    {
        int[] keep = [0, 2, 3, 4, 7, 8, 9, 10, 11, 12, 20];
        foreach (int width in Cases.LaneWidths)
        {
            var rig = new Rig(WeightFormat.BFloat16, 21, 50, 1, 1, 5);
            foreach (int dropped in Enumerable.Range(0, 21).Except(keep)) rig.W.AsSpan(dropped * 50, 50).Fill(3e38f);
            float[] expected = rig.Twin(rig.Bias, keep);
            float[] found = rig.Run(width, SingleThread.Instance, keep).Window;
            await Assert.That(Arrays.FirstDifference(rig.Columns(found), rig.Columns(expected))).IsNull();
        }
    }

    [Test]
    public async Task Whole_numbers_are_read_whole() =>
        await Assert.That(() => new Rig(WeightFormat.Int8, 9, 20, 1, 1, 3).Run(4, SingleThread.Instance, [0, 1, 5]))
            .Throws<InvalidOperationException>();

    // Of each of at most 8 sequences: 10 words of bytes in a line of 16, 100 sums in lines, its factor in a line of all; and 40 numbers.
    [Test]
    [Arguments(1, 1, 1)]
    [Arguments(1, 3, 3)]
    [Arguments(5, 1, 5)]
    [Arguments(3, 20, 8)]
    public async Task Scratch_of_whole_numbers_is_of_as_many_sequences_as_there_are(int t, int b, int sequences)
    {
        long more = Scratch(WeightFormat.Int8) - Scratch(WeightFormat.Single);
        await Assert.That(more).IsEqualTo((sequences * (16 + 112)) + 16 + 48);

        long Scratch(WeightFormat format)
        {
            var products = new Products(SingleThread.Instance, KernelChoice.Best);
            products.Announce(40, 100, t, b, backward: false);
            products.AnnounceCompact(new ParameterLayout(format).AddMatrix("w", 40, 100));
            return products.ScratchFloats;
        }
    }

    // Where sums of pairs in 16 bits would saturate, or a sign be lost.
    [Test]
    public async Task Dot_products_of_bytes_are_exact_at_the_extremes_on_every_instruction_set()
    {
        var random = new Random(3);
        sbyte[][] patterns =
        [
            Fill(_ => 127), Fill(_ => -127), Fill(i => (sbyte)(i % 2 == 0 ? 127 : -127)), Fill(i => (sbyte)(i % 3 == 0 ? 0 : -127)),
            Fill(_ => 0), Fill(_ => (sbyte)random.Next(-127, 128)), Fill(i => (sbyte)(i % 4 == 3 ? -1 : 127)),
        ];
        foreach (sbyte[] x in patterns)
        {
            foreach (sbyte[] w in patterns)
            {
                int[] expected = Dots(x, w);
                await Assert.That(Sums<ByteLanes128, Vector128<int>>(x, w).SequenceEqual(expected)).IsTrue();
                if (ByteLanes256.IsSupported)
                    await Assert.That(Sums<ByteLanes256, Vector256<int>>(x, w).SequenceEqual(expected)).IsTrue();
                if (ByteLanesVnni.IsSupported)
                    await Assert.That(Sums<ByteLanesVnni, Vector256<int>>(x, w).SequenceEqual(expected)).IsTrue();
            }
        }
    }

    [Test]
    public async Task Activations_are_rounded_as_their_rule_says()
    {
        float[][] inputs =
        [
            [0f, 0f, 0f], [1f, -1f, 0.5f, 0.25f, -0.003f], [1e-31f, -1e-31f], [3e38f, 1f, -3e38f], [1e-20f, 5e-21f, -2e-22f, 0f, 1e-30f],
            [.. Arrays.Uniform(4, 1300)], [127f, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f],
        ];
        foreach (float[] x in inputs)
        {
            (sbyte[] bytes, float scale) = RoundToBytes(x);
            foreach (int width in Cases.LaneWidths)
            {
                (sbyte[] found, float foundScale) = Rounded(width, x);
                await Assert.That(foundScale).IsEqualTo(scale);
                await Assert.That(found.SequenceEqual(bytes)).IsTrue();
            }
        }

        foreach (float wrong in (float[])[float.NaN, float.PositiveInfinity, float.NegativeInfinity])
        {
            float[] x = [.. Arrays.Uniform(4, 40)];
            x[23] = wrong;
            foreach (int width in Cases.LaneWidths) await Assert.That(float.IsNaN(Rounded(width, x).Scale)).IsTrue();
        }
    }

    private static unsafe (sbyte[] Bytes, float Scale) Rounded(int width, float[] x)
    {
        sbyte[] bytes = new sbyte[(x.Length + 3) / 4 * 4];
        Array.Fill(bytes, (sbyte)77);
        fixed (float* px = x)
        fixed (sbyte* pb = bytes) return (bytes, KernelChoice.ForLaneWidth(width).RoundToBytes(px, x.Length, pb));
    }

    private static (sbyte[] Bytes, float Scale) RoundToBytes(ReadOnlySpan<float> x)
    {
        sbyte[] bytes = new sbyte[(x.Length + 3) / 4 * 4];
        float largest = 0f;
        foreach (float number in x) largest = Math.Max(largest, Math.Abs(number));
        if (largest < 1e-30f) return (bytes, 0f);
        float factor = 127f / largest;
        for (int i = 0; i < x.Length; i++) bytes[i] = (sbyte)MathF.Round(x[i] * factor, MidpointRounding.ToEven);
        return (bytes, largest / 127f);
    }

    private static sbyte[] Fill(Func<int, sbyte> of) => [.. Enumerable.Range(0, 4 * 7 * 16).Select(of)];

    // Word i of column l: x's four bytes are those of its first column.
    private static int[] Dots(sbyte[] x, sbyte[] w)
    {
        int[] sums = new int[16];
        for (int i = 0; i < 7; i++)
        {
            for (int l = 0; l < 16; l++)
            {
                for (int s = 0; s < 4; s++) sums[l] += x[(i * 4) + s] * w[(((i * 16) + l) * 4) + s];
            }
        }

        return sums;
    }

    private static unsafe int[] Sums<TBytes, TWords>(sbyte[] x, sbyte[] w)
        where TBytes : struct, IByteLanes<TWords>
        where TWords : unmanaged
    {
        int[] sums = new int[16];
        fixed (sbyte* px = x, pw = w)
        fixed (int* ps = sums)
        {
            int** rows = stackalloc int*[4];
            for (int first = 0, height; first < 7; first += height)
            {
                height = first == 0 ? 4 : first == 4 ? 2 : 1;
                for (int r = 0; r < height; r++) rows[r] = (int*)pw + ((first + r) * 16);
                int* xs = (int*)px + first;
                if (height == 4) ByteTile.Run<TBytes, TWords, N4>(rows, 16, xs, first == 0, ps);
                else if (height == 2) ByteTile.Run<TBytes, TWords, N2>(rows, 16, xs, false, ps);
                else ByteTile.Run<TBytes, TWords, N1>(rows, 16, xs, false, ps);
            }
        }

        if (!TBytes.IsOffset) return sums;
        for (int l = 0; l < 16; l++)
        {
            for (int i = 0; i < 7; i++)
            {
                for (int s = 0; s < 4; s++) sums[l] -= 128 * w[(((i * 16) + l) * 4) + s];
            }
        }

        return sums;
    }

    private sealed class Rig
    {
        private readonly WeightFormat _format;
        private readonly int _k, _n, _t, _b, _stride;
        private readonly float[] _x;

        public Rig(WeightFormat format, int k, int n, int t, int b, int seed)
        {
            (_format, _k, _n, _t, _b, _stride) = (format, k, n, t, b, Products.RowStride(n));
            _x = Arrays.Uniform(seed, t * k * b);
            W = Arrays.Uniform(seed + 1, k * n);
            Bias = Arrays.Uniform(seed + 2, n);
            C = Arrays.Uniform(seed + 3, t * b * _stride);
        }

        public float[] W { get; }

        public float[] Bias { get; }

        public float[] C { get; }

        public override string ToString() => $"{_format} K={_k} N={_n} T={_t} B={_b}";

        // What lies beyond column N is nobody's.
        public float[] Columns(float[] c) =>
            [.. Enumerable.Range(0, _t * _b).SelectMany(row => c[(row * _stride)..((row * _stride) + _n)])];

        public (float[] Window, float[] Steps, string? Damage) Run(int width, IParallelRunner runner, int[]? keep = null)
        {
            var products = new Products(runner, KernelChoice.ForLaneWidth(width));
            products.Announce(_k, _n, _t, _b, backward: false);
            var workspace = new Workspace();
            var layout = new ParameterLayout(_format);
            TensorSlot weight = layout.AddMatrix("w", _k, _n), bias = layout.Add("bias", _n);
            var rows = new WeightRows(weight, products, workspace);
            products.ReserveScratch(workspace);
            using var scratch = new GuardedBuffer("scratch", Math.Max(1, workspace.LengthFloats), float.NaN);
            workspace.Allocate(_ => scratch.Memory);
            using var block = new GuardedBuffer("parameters", layout.LengthFloats, float.NaN);
            var parameters = new ParameterBlock(layout, block.Memory);
            parameters.CompactOf(weight).Round(W);
            Bias.CopyTo(parameters[bias]);
            parameters.ClearPadding();
            rows.Update(parameters);
            int[] kept = keep ?? [.. Enumerable.Range(0, _k)];
            float[] own = new float[_x.Length];
            for (int t = 0; t < _t; t++)
            {
                for (int i = 0; i < kept.Length; i++) _x.AsSpan(((t * _k) + kept[i]) * _b, _b).CopyTo(own.AsSpan(((t * _k) + i) * _b));
            }

            using GuardedBuffer x = new("x", own), window = new("c of a window", _t * _b * _stride), steps = new("c of steps", C);
            Weights w = rows.Of(parameters);
            products.ForwardWindow(w, x.Span, StepRows.Even(_t, _b), new KeepTable(kept), parameters.Padded(bias), window.Span);
            for (int t = 0; t < _t; t++)
            {
                products.ForwardStep(
                    w, x.Span.Slice(t * _k * _b, _k * _b), _b, kept, steps.Span.Slice(t * _b * _stride, _b * _stride));
            }

            string? damage = ((GuardedBuffer[])[scratch, block, x, window, steps]).Select(buffer => buffer.Damage())
                .FirstOrDefault(found => found != null);
            return (window.Span.ToArray(), steps.Span.ToArray(), damage);
        }

        // From c [N] of every row, or c [T*B][ld].
        public float[] Twin(float[] c, int[]? keep = null)
        {
            float[] result = new float[_t * _b * _stride];
            for (int row = 0; row < _t * _b; row++)
            {
                (int t, int b) = int.DivRem(row, _b);
                float[] x = [.. Enumerable.Range(0, _k).Select(k => _x[(((t * _k) + k) * _b) + b])];
                for (int n = 0; n < _n; n++)
                {
                    float start = c[c.Length == _n ? n : (row * _stride) + n];
                    result[(row * _stride) + n] = _format == WeightFormat.BFloat16
                        ? Halves(x, n, start, keep ?? [.. Enumerable.Range(0, _k)])
                        : Bytes(x, n, start);
                }
            }

            return result;
        }

        private float Halves(float[] x, int n, float sum, int[] keep)
        {
            foreach (int k in keep) sum = Scalar.MultiplyAdd(Half(W[(k * _n) + n]), x[k], sum);
            return sum;
        }

        private float Bytes(float[] x, int n, float sum)
        {
            (sbyte[] bytes, float scale) = RoundToBytes(x);
            float largest = 0f;
            for (int k = 0; k < _k; k++) largest = Math.Max(largest, Math.Abs(W[(k * _n) + n]));
            float factor = largest / 127f;
            int whole = 0;
            for (int k = 0; k < _k; k++) whole += bytes[k] * (int)MathF.Round(W[(k * _n) + n] / factor, MidpointRounding.ToEven);
            return Scalar.MultiplyAdd(whole, scale * factor, sum);
        }

        // The nearest number of 8 significant bits, ties to even; by decimals and not by bits.
        private static float Half(float value)
        {
            if (value == 0f) return value;
            double unit = Math.Pow(2, Math.Floor(Math.Log2(Math.Abs((double)value))) - 7);
            return (float)(Math.Round(value / unit, MidpointRounding.ToEven) * unit);
        }
    }
}
