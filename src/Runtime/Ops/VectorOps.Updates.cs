using System.Diagnostics;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Ops;

/// <content>What an optimizer asks for: the gradient's norm, updates, averages.</content>
internal sealed unsafe partial class VectorOps
{
    // Blocks of a gradient that are worth waking another thread for.
    private const int BlockGrain = 4;

    /// <summary>
    /// The sum of squares in the blocks [starts, starts + lengths), multiples of 16, added in double precision;
    /// <paramref name="sums"/> holds as many floats.
    /// </summary>
    public double SumOfSquares(ReadOnlySpan<float> x, ReadOnlySpan<int> starts, ReadOnlySpan<int> lengths, Span<float> sums)
    {
        Debug.Assert(lengths.Length >= starts.Length && sums.Length >= starts.Length);
        fixed (float* px = x, ps = sums)
        fixed (int* pb = starts, pl = lengths)
        {
            var body = new NormBody(_kernels, px, pb, pl, ps);
            _runner.For(starts.Length, BlockGrain, ref body);
        }

        double sum = 0;
        foreach (float block in sums[..starts.Length]) sum += block;
        return sum;
    }

    /// <summary>
    /// One update of the parameters by their gradient: of all or, where the rule leaves alone what has no gradient, in the blocks
    /// [starts, starts + lengths) only, multiples of 16 that do not overlap.
    /// </summary>
    /// <param name="p">The parameters.</param>
    /// <param name="g">Their gradient, laid out as they are; so is what the rule keeps.</param>
    /// <param name="first">What the rule keeps; empty for descent.</param>
    /// <param name="second">What Adam keeps beside it.</param>
    /// <param name="starts">First floats of the blocks outside of which the gradient is zero.</param>
    /// <param name="lengths">Their floats.</param>
    /// <param name="rule">The rule and its numbers.</param>
    public void Update(
        Span<float> p, ReadOnlySpan<float> g, Span<float> first, Span<float> second,
        ReadOnlySpan<int> starts, ReadOnlySpan<int> lengths, in UpdateRule rule)
    {
        Debug.Assert(g.Length >= p.Length && (rule.Form == UpdateForm.Descent || first.Length >= p.Length));
        Debug.Assert(rule.Form != UpdateForm.Adam || second.Length >= p.Length);
        Debug.Assert(lengths.Length >= starts.Length);
        fixed (float* pp = p, pg = g, pf = first, ps = second)
        fixed (int* pb = starts, pl = lengths)
        {
            var body = new UpdateBody
            {
                Kernels = _kernels, P = pp, G = pg, First = pf, Second = ps, Starts = pb, Lengths = pl, Rule = rule,
            };
            if (rule.IsLocal) _runner.For(starts.Length, BlockGrain, ref body);
            else _runner.For(p.Length, Grain, ref body);
        }
    }

    /// <summary>average = average + weight * (p - average): the mean over one more, for a weight of 1 / count.</summary>
    public void Average(ReadOnlySpan<float> p, float weight, Span<float> average)
    {
        Debug.Assert(p.Length >= average.Length);
        fixed (float* pa = average, pp = p)
        {
            var body = new AverageBody(_kernels, pp, weight, pa);
            _runner.For(average.Length, Grain, ref body);
        }
    }

    private readonly struct NormBody(KernelSet kernels, float* x, int* starts, int* lengths, float* sums) : IRangeBody
    {
        public void Run(int part, int start, int end)
        {
            for (int i = start; i < end; i++) sums[i] = kernels.SumOfSquares(x + starts[i], lengths[i]);
        }
    }

    // A range of blocks, or of floats where the rule goes everywhere.
    private struct UpdateBody : IRangeBody
    {
        public KernelSet Kernels;
        public float* P, G, First, Second;
        public int* Starts, Lengths;
        public UpdateRule Rule;

        public readonly void Run(int part, int start, int end)
        {
            if (!Rule.IsLocal) Update(start, end - start);
            else for (int i = start; i < end; i++) Update(Starts[i], Lengths[i]);
        }

        private readonly void Update(int start, int count) =>
            Kernels.Update(P + start, G + start, First + start, Second + start, count, in Rule);
    }

    private readonly struct AverageBody(KernelSet kernels, float* p, float weight, float* average) : IRangeBody
    {
        public void Run(int part, int start, int end) =>
            kernels.AddDifference(p + start, average + start, end - start, weight, average + start);
    }
}
