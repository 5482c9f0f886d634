using TinySD.Runtime.Kernels;

namespace TinySD.Runtime.Tests;

/// <summary>Softmax and cross-entropy of one row of logits: the twin of <see cref="SoftmaxRow{TLanes, TVector}"/> and what its
/// caller makes of it.</summary>
internal static class ReferenceSoftmaxCrossEntropy
{
    /// <summary>Returns -ln p[target] with p = e^(y - max) / sum of e^(y - max), in nats, and writes dy = scale * (p -
    /// (1 - smoothing) onehot(target) - smoothing / V). All [V].</summary>
    public static double Row(ReadOnlySpan<double> y, int target, double scale, Span<double> dy, double smoothing = 0)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (double logit in y) max = Math.Max(max, logit);
        foreach (double logit in y) sum += Math.Exp(logit - max);
        for (int v = 0; v < y.Length; v++)
        {
            double wanted = (smoothing / y.Length) + (v == target ? 1 - smoothing : 0);
            dy[v] = scale * ((Math.Exp(y[v] - max) / sum) - wanted);
        }

        return Math.Log(sum) + max - y[target];
    }
}
