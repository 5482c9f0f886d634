using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>A product whose sums are carried, against the rule in scalar code, to the bit.</summary>
public sealed class DeltaProductTests
{
    private const int Steps = 700;

    [Test]
    public async Task Sums_are_those_of_the_scalar_rule_at_every_width_and_number_of_threads()
    {
        using var pool = new WorkerPool(2);
        foreach ((int k, int n, int batch) in new[] { (1, 1, 1), (7, 33, 1), (40, 1024, 1), (19, 50, 3) })
        {
            foreach (float threshold in (float[])[0f, 0.1f, 0.6f])
            {
                foreach (int width in Cases.LaneWidths)
                {
                    foreach (IParallelRunner runner in (IParallelRunner[])[SingleThread.Instance, pool])
                        await Check(new Rig(k, n, batch, threshold, width, runner));
                }
            }
        }
    }

    private static async Task Check(Rig rig)
    {
        var twins = new Twin[rig.Batch];
        for (int b = 0; b < rig.Batch; b++) twins[b] = new Twin(rig);
        for (int t = 0; t < Steps; t++)
        {
            float[] x = rig.Inputs(t), y = rig.Step(x, adds: t % 2 == 1);
            for (int b = 0; b < rig.Batch; b++)
            {
                float[] expected = twins[b].Step(x, b);
                if (t % 2 == 1) for (int j = 0; j < expected.Length; j++) expected[j] += 1f;
                string? difference = Arrays.FirstDifference(y.AsSpan(b * rig.Stride, rig.N).ToArray(), expected);
                if (difference is not null) Assert.Fail($"{rig}, step {t}, sequence {b}: {difference}");
            }
        }

        await Assert.That(rig.Product.Count.Taken).IsEqualTo(twins.Sum(twin => twin.Taken));
        await Assert.That(rig.Product.Count.Steps).IsEqualTo(Steps * rig.Batch);
        await Assert.That(rig.Product.Count).IsEqualTo(new("w", rig.K, rig.N, Steps * rig.Batch, twins.Sum(twin => twin.Taken)));
    }

    private sealed class Rig
    {
        private readonly ParameterBlock _parameters;
        private readonly TensorSlot _weight, _bias;
        private readonly WeightRows _rows;
        private readonly float _threshold;
        private readonly int _width, _threads;

        public Rig(int k, int n, int batch, float threshold, int width, IParallelRunner runner)
        {
            (K, N, Batch, Stride, _threshold, _width, _threads) =
                (k, n, batch, Products.RowStride(n), threshold, width, runner.ThreadCount);
            var layout = new ParameterLayout();
            (_weight, _bias) = (layout.Add("w", k, n), layout.Add("b", n));
            var plan = new NetworkPlan(runner, KernelChoice.ForLaneWidth(width)) { Delta = new(threshold, 1f) };
            _rows = new WeightRows(_weight, plan.Products, plan.Scratch);
            plan.Products.Announce(k, n, 1, 1, backward: false);

            // Where both thresholds are 0 there is no such product; here one of them alone is.
            Product = plan.DeltaOf(WeightColumns.All(_weight), batch, isOfHidden: false)!;
            plan.Take();
            _parameters = new ParameterBlock(layout);
            Arrays.Uniform(1, k * n).CopyTo(_parameters[_weight]);
            Arrays.Uniform(2, n).CopyTo(_parameters[_bias]);
            _rows.Update(_parameters);
        }

        public DeltaProduct Product { get; }

        public int K { get; }

        public int N { get; }

        public int Batch { get; }

        public int Stride { get; }

        public float Threshold => _threshold;

        public float[] W => _parameters[_weight].ToArray();

        public float[] Bias => _parameters[_bias].ToArray();

        // [K][B]: waves of several speeds, and units that stand still, at 0 and elsewhere.
        public float[] Inputs(int t)
        {
            float[] x = new float[K * Batch];
            for (int k = 0; k < K; k++)
            {
                for (int b = 0; b < Batch; b++)
                    x[(k * Batch) + b] = k % 5 == 3 ? k % 2 * 0.7f : (float)Math.Sin((t * 0.07 / (1 + (k % 9))) + k + (2 * b));
            }

            return x;
        }

        public float[] Step(float[] x, bool adds)
        {
            float[] y = new float[Batch * Stride];
            if (adds) y.AsSpan().Fill(1f);
            Product.Step(_rows.Of(_parameters), x, Batch, _parameters.Padded(_bias), y, adds);
            return y;
        }

        public override string ToString() => $"K={K} N={N} B={Batch} threshold={_threshold} width={_width} threads={_threads}";
    }

    // One sequence, by single numbers: a sum for every column, in the order of units.
    private sealed class Twin(Rig rig)
    {
        private readonly float[] _w = rig.W, _bias = rig.Bias, _last = new float[rig.K], _sums = new float[rig.N];
        private int _steps;

        public long Taken { get; private set; }

        public float[] Step(float[] x, int sequence)
        {
            bool isWhole = _steps++ % 256 == 0;
            if (isWhole)
            {
                _bias.CopyTo(_sums, 0);
                _last.AsSpan().Clear();
            }

            for (int k = 0; k < rig.K; k++)
            {
                float now = x[(k * rig.Batch) + sequence], change = now - _last[k];
                if (Math.Abs(change) <= (isWhole ? 0f : rig.Threshold)) continue;
                _last[k] = now;
                Taken++;
                for (int n = 0; n < rig.N; n++) _sums[n] = Scalar.MultiplyAdd(change, _w[(k * rig.N) + n], _sums[n]);
            }

            return [.. _sums];
        }
    }
}
