using TinySD.Tools.Json;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>
/// How much of a gradient is chance: the same windows of a text again and again, each time with other masks, the parameters as they are.
/// Structured masks are the same for every sequence of a batch, so their chance might not average out over it as that of random masks does.
/// </summary>
/// <param name="windows">The text.</param>
/// <param name="windowCount">Windows W, from 2: those from the text's second on; the first begins without a state.</param>
/// <param name="draws">Masks S of each, from 2.</param>
internal sealed class GradientNoise(TokenWindows windows, int windowCount, int draws)
{
    /// <summary>Measures with a recipe's masks.</summary>
    /// <param name="cell">What these masks are called.</param>
    /// <param name="model">The parameters; they stay as they are.</param>
    /// <param name="recipe">Masks, loss and bound. Its optimizer and decay are without effect.</param>
    /// <param name="runner">Threads.</param>
    /// <param name="hardware">The machine.</param>
    /// <param name="show">Shown how far it is, 0 to 1.</param>
    /// <param name="stop">Ends it.</param>
    public NoiseRow Measure(
        string cell, LanguageModel model, LanguageModelRecipe recipe, IParallelRunner runner, HardwareProfile? hardware,
        Action<double> show, CancellationToken stop)
    {
        recipe = recipe with
        {
            Optimizer = OptimizerKind.Sgd,
            Momentum = 0f,
            Nesterov = false,
            WeightDecay = 0f,
            DecoupledDecay = false,
            WarmUpUpdates = 0,
            VariableBptt = false,
        };

        // A step of learning rate 0 carries the state and changes nothing.
        var trainer = new LanguageModelTrainer(model, recipe, runner, hardware) { LearningRate = 0f };
        int[] inputs = new int[windows.BatchSize * windows.TimeSteps], targets = new int[inputs.Length];
        ParameterBlock[] states = [.. Enumerable.Range(0, draws).Select(_ => new ParameterBlock(trainer.CarriedLayout))];
        double[] sum = new double[model.Layout.LengthFloats], total = new double[sum.Length];
        double maskVariance = 0, lengths = 0, norms = 0, losses = 0;
        int clipped = 0, steps = 0;
        for (int window = 0; window <= windowCount; window++)
        {
            windows.Fill(window, inputs, targets);
            double squares = 0;
            Array.Clear(sum);
            for (int draw = 0; draw < draws; draw++)
            {
                stop.ThrowIfCancellationRequested();
                trainer.LoadCarried(states[draw]);
                (double drawn, double norm, _) = trainer.Step(inputs, targets, new Draw(window, draw));
                trainer.SaveCarried(states[draw]);
                show((double)++steps / (draws * (windowCount + 1)));
                if (window == 0) continue;
                Add(trainer.Gradients.Values, sum);
                squares += norm * norm;
                norms += norm;
                losses += drawn;
                if (recipe.ClipNorm > 0f && norm > recipe.ClipNorm) clipped++;
            }

            if (window == 0) continue;
            double length = SquaredLength(sum) / ((double)draws * draws);
            maskVariance += (squares - (draws * length)) / (draws - 1) / windowCount;
            lengths += length;
            for (int i = 0; i < total.Length; i++) total[i] += sum[i];
        }

        // Unbiased: from the squared length of a mean is taken what chance leaves in it.
        double gradients = (double)windowCount * draws, ofMean = SquaredLength(total) / (gradients * gradients);
        double between = (lengths - (windowCount * ofMean)) / (windowCount - 1), loss = losses / gradients;
        return new(
            cell, ofMean - (between / windowCount), maskVariance, between - (maskVariance / draws), norms / gradients,
            clipped / gradients, EvaluationResult.PerplexityOf(loss), loss);
    }

    private static double SquaredLength(double[] vector)
    {
        double sum = 0;
        foreach (double value in vector) sum += value * value;
        return sum;
    }

    private static void Add(ReadOnlySpan<float> x, double[] y)
    {
        for (int i = 0; i < y.Length; i++) y[i] += x[i];
    }
}
