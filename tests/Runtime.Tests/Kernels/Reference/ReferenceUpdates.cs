using TinySD.Runtime.Kernels;
using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Tests;

/// <summary>The optimizers' updates: the scalar twins of <see cref="Updates{TLanes, TVector}"/>.</summary>
internal static class ReferenceUpdates
{
    /// <summary>One update of p by its gradient g with what the rule keeps.</summary>
    public static void Update(Span<double> p, ReadOnlySpan<double> g, Span<double> first, Span<double> second, UpdateRule rule)
    {
        bool isDescent = rule.Form == UpdateForm.Descent;
        for (int i = 0; i < p.Length; i++)
        {
            double gradient = isDescent ? g[i] : (rule.Scale * (double)g[i]) + (rule.Decay * p[i]), step = gradient;
            switch (rule.Form)
            {
                case UpdateForm.Momentum:
                    step = first[i] = (rule.Beta1 * first[i]) + gradient;
                    break;
                case UpdateForm.Nesterov:
                    first[i] = (rule.Beta1 * first[i]) + gradient;
                    step = gradient + (rule.Beta1 * first[i]);
                    break;
                case UpdateForm.Adam:
                    first[i] = (rule.Beta1 * first[i]) + ((1.0 - rule.Beta1) * gradient);
                    second[i] = (rule.Beta2 * second[i]) + ((1.0 - rule.Beta2) * gradient * gradient);
                    step = first[i] / ((Math.Sqrt(second[i]) * rule.Correction) + rule.Epsilon);
                    break;
                case UpdateForm.Adagrad:
                    first[i] += gradient * gradient;
                    step = gradient / (Math.Sqrt(first[i]) + rule.Epsilon);
                    break;
            }

            p[i] -= (rule.Rate * step) + (rule.Shrink * p[i]);
        }
    }
}
