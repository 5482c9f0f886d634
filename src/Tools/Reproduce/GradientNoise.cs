using TinySD.Runtime.Hardware;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>How a window's gradient varies. All are of the gradient before clipping, as one vector.</summary>
/// <param name="Gradient">Squared length of its mean over windows and masks: what is no noise.</param>
/// <param name="MaskVariance">Mean squared distance from the mean over masks, of one window.</param>
/// <param name="TextVariance">Mean squared distance of those means from their mean over windows.</param>
/// <param name="MeanNorm">Mean length.</param>
/// <param name="ClippedShare">Share of windows whose gradient is longer than the recipe's bound.</param>
internal sealed record GradientNoiseFigures(double Gradient, double MaskVariance, double TextVariance, double MeanNorm, double ClippedShare)
{
    /// <summary>Variance of a step's gradient about its mean, by masks and text.</summary>
    public double Variance => MaskVariance + TextVariance;
}

/// <summary>
/// How much of a gradient is chance: the same windows of a text again and again, each time with other masks, the parameters as they are. Structured masks are the
/// same for every sequence of a batch, so their chance does not average out over it as that of random masks does.
/// </summary>
/// <param name="windows">The text.</param>
/// <param name="windowCount">Windows W, from 2: those from the text's second on; the first begins without a state.</param>
/// <param name="draws">Masks S of each, from 2.</param>
internal sealed class GradientNoise(TokenWindows windows, int windowCount, int draws)
{
    /// <summary>Steps that a measurement takes.</summary>
    public int Steps => draws * (windowCount + 1);

    /// <summary>Measures with a recipe's masks.</summary>
    /// <param name="model">The parameters; they stay as they are.</param>
    /// <param name="recipe">Masks, loss and bound. Its optimizer and decay are without effect.</param>
    /// <param name="runner">Threads.</param>
    /// <param name="hardware">The machine.</param>
    /// <param name="show">Shown how far it is, 0 to 1.</param>
    /// <param name="stop">Ends it.</param>
    public GradientNoiseFigures Measure(
        LanguageModel model, LanguageModelRecipe recipe, IParallelRunner runner, HardwareProfile? hardware, Action<double> show, CancellationToken stop)
    {
        recipe = recipe with { Optimizer = OptimizerKind.Sgd, WeightDecay = 0f, DecoupledDecay = false, WarmUpUpdates = 0, VariableBptt = false };

        // A step of learning rate 0 carries the state and changes nothing.
        var trainer = new LanguageModelTrainer(model, recipe, runner, hardware) { LearningRate = 0f };
        int[] inputs = new int[windows.BatchSize * windows.TimeSteps], targets = new int[inputs.Length];
        int length = model.Layout.LengthFloats, clipped = 0;
        double[][] sums = [.. Enumerable.Range(0, windowCount).Select(_ => new double[length])];
        double[] squares = new double[windowCount];
        double norms = 0;
        for (int draw = 0; draw < draws; draw++)
        {
            trainer.ResetState();
            for (int window = 0; window <= windowCount; window++)
            {
                stop.ThrowIfCancellationRequested();
                windows.Fill(window, inputs, targets);
                double norm = trainer.Step(inputs, targets, epoch: draw, step: window).GradientNorm;
                if (window == 0) continue;
                Add(trainer.Gradients.Values, sums[window - 1]);
                squares[window - 1] += norm * norm;
                norms += norm;
                if (recipe.ClipNorm > 0f && norm > recipe.ClipNorm) clipped++;
                show((double)((draw * (windowCount + 1)) + window) / Steps);
            }
        }

        return Figures(sums, squares, norms, clipped);
    }

    // Unbiased: from the squared length of a mean is taken what chance leaves in it.
    private GradientNoiseFigures Figures(double[][] sums, double[] squares, double norms, int clipped)
    {
        double[] total = new double[sums[0].Length];
        double maskVariance = 0, lengths = 0;
        for (int window = 0; window < sums.Length; window++)
        {
            double length = SquaredLength(sums[window]) / ((double)draws * draws);
            maskVariance += (squares[window] - (draws * length)) / (draws - 1) / sums.Length;
            lengths += length;
            Add(sums[window], total);
        }

        double count = sums.Length, ofMean = SquaredLength(total) / (draws * count * draws * count);
        double between = (lengths - (count * ofMean)) / (count - 1);
        return new GradientNoiseFigures(
            ofMean - (between / count), maskVariance, between - (maskVariance / draws), norms / (count * draws), clipped / (count * draws));
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

    private static void Add(double[] x, double[] y)
    {
        for (int i = 0; i < y.Length; i++) y[i] += x[i];
    }
}
