using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>Updates against the formulas, written out for one number at a time in double precision.</summary>
public sealed class OptimizerTests
{
    private const int Batch = 2, TimeSteps = 5, Steps = 4;
    private const float Rate = 0.25f;

    private static readonly LanguageModelConfig _config = Cases.Config(vocabulary: 11, embedding: 7, hidden: 9, layers: 2);

    [Test]
    [Arguments(0f)]
    [Arguments(1000f)] // longer than any gradient here
    [Arguments(0.05f)]
    public async Task Descent_moves_by_rate_times_gradient_times_clip_over_norm(float clip)
    {
        await EachUpdateIs(OptimizerKind.Sgd, clip, (_, gradient, _) => -Rate * gradient);
    }

    [Test]
    [Arguments(0f)]
    [Arguments(0.05f)]
    public async Task Adam_moves_as_Kingma_and_Ba_say(float clip)
    {
        double[] m = new double[100_000], v = new double[100_000];
        await EachUpdateIs(OptimizerKind.Adam, clip, (index, gradient, t) =>
        {
            m[index] = (0.9 * m[index]) + (0.1 * gradient);
            v[index] = (0.999 * v[index]) + (0.001 * gradient * gradient);
            double mHat = m[index] / (1 - Math.Pow(0.9, t)), vHat = v[index] / (1 - Math.Pow(0.999, t));
            return -Rate * mHat / (Math.Sqrt(vHat) + 1e-8);
        });
    }

    // update(index, clipped gradient, t from 1) gives the change of one parameter.
    private static async Task EachUpdateIs(OptimizerKind kind, float clip, Func<int, double, int, double> update)
    {
        LanguageModel model = Cases.Model(_config);
        var trainer = new LanguageModelTrainer(
            model, Cases.Recipe(_config, Batch, TimeSteps) with { Optimizer = kind, ClipNorm = clip, LearningRate = Rate });
        for (int t = 1; t <= Steps; t++)
        {
            float[] before = model.Parameters.Values.ToArray();
            StepResult result = trainer.Step(Arrays.Tokens(t, Batch * TimeSteps, 11), Arrays.Tokens(t + 9, Batch * TimeSteps, 11), 0, t - 1);
            double[] gradient = ((ReadOnlySpan<float>)trainer.Gradients.Values).ToDoubles();
            double norm = Arrays.Norm(gradient), scale = clip > 0 && norm > clip ? clip / norm : 1;
            await Assert.That(result.GradientNorm).IsEqualTo(norm).Within(1e-6 * norm);
            double[] moved = new double[gradient.Length], expected = new double[gradient.Length];
            foreach (TensorSlot slot in model.Layout.Tensors)
            {
                for (int i = slot.Offset; i < slot.Offset + slot.Length; i++)
                {
                    moved[i] = model.Parameters.Values[i];
                    expected[i] = before[i] + update(i, gradient[i] * scale, t);
                }
            }

            // A few roundings of floats (6e-8 each), in the update and in the sum.
            await Assert.That(Arrays.RelativeDistance(moved, expected)).IsLessThan(5e-7).Because($"update {t}");
        }
    }
}
