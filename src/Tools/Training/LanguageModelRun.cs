using System.Diagnostics;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;
using TinySD.Tools.Errors;

namespace TinySD.Tools.Training;

/// <summary>
/// One model in training, a step at a time: whoever drives it decides how many steps make an epoch and what comes between them.
/// </summary>
internal sealed class LanguageModelRun
{
    private readonly LanguageModelTrainer _trainer;
    private readonly LanguageModelEvaluator _evaluator;
    private readonly TokenWindows _windows;
    private readonly int[] _inputs, _targets;
    private double _lossSum;
    private long _ticks;
    private int _updates;

    /// <summary>Plans and allocates everything.</summary>
    /// <exception cref="UsageException">The sizes are beyond what one block of memory can hold.</exception>
    public LanguageModelRun(
        LanguageModelRecipe recipe, int vocabularySize, TokenWindows windows, IParallelRunner runner, HardwareProfile? hardware = null,
        IMaskSource? masks = null)
    {
        Recipe = recipe;
        _windows = windows;
        _inputs = new int[recipe.BatchSize * recipe.Bptt];
        _targets = new int[_inputs.Length];
        try
        {
            Model = new LanguageModel(recipe.ToConfig(vocabularySize));
            _trainer = new LanguageModelTrainer(Model, recipe, runner, hardware, masks);
            _evaluator = new LanguageModelEvaluator(Model, runner, streams: recipe.BatchSize, hardware: hardware);
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            throw new UsageException(
                $"a model and window of these sizes cannot be trained ({Failures.OneLine(exception)}); lower --hidden, --batch or --bptt.");
        }

        Model.Initialize(recipe.Seed, recipe.InitRange, recipe.ForgetBias);
    }

    /// <summary>The model.</summary>
    public LanguageModel Model { get; }

    /// <summary>What decides the run.</summary>
    public LanguageModelRecipe Recipe { get; }

    /// <summary>Steps made in this epoch.</summary>
    public int Steps { get; private set; }

    /// <summary>Mean loss of this epoch so far, nats per token.</summary>
    public double MeanLoss => _lossSum / Steps;

    /// <summary>exp of that.</summary>
    public double TrainPerplexity => Math.Exp(MeanLoss);

    /// <summary>Time spent in this epoch's steps.</summary>
    public double Seconds => (double)_ticks / Stopwatch.Frequency;

    /// <summary>Tokens trained on in this epoch so far.</summary>
    public long Tokens => (long)Steps * _inputs.Length;

    /// <summary>Training speed in this epoch.</summary>
    public double TokensPerSecond => Tokens / Math.Max(Seconds, 1e-9);

    /// <summary>The last step's time.</summary>
    public double LastStepMilliseconds { get; private set; }

    /// <summary>Where the time of its steps goes.</summary>
    public PassTimes Times => _trainer.Times;

    /// <summary>The learning rate of this epoch.</summary>
    public float LearningRate => _trainer.LearningRate;

    /// <summary>Starts an epoch, counted from 0: its learning rate, its masks, its sums.</summary>
    public void BeginEpoch(int epoch)
    {
        _trainer.LearningRate = Recipe.LearningRateAt(epoch);
        Steps = 0;
        _lossSum = 0;
        _ticks = 0;
    }

    /// <summary>Makes one update with a window; the state is carried over from the window before it, but not into the first.</summary>
    /// <returns>The step's loss, nats per token.</returns>
    public double Step(int window)
    {
        long start = Stopwatch.GetTimestamp();
        if (window == 0) _trainer.ResetState();
        _windows.Fill(window, _inputs, _targets);

        // Masks are numbered by the run's updates, so that a schedule of them need not know how many make an epoch.
        double loss = _trainer.Step(_inputs, _targets, epoch: 0, _updates++).Loss;
        long ticks = Stopwatch.GetTimestamp() - start;
        LastStepMilliseconds = 1000.0 * ticks / Stopwatch.Frequency;
        _ticks += ticks;
        _lossSum += loss;
        Steps++;
        return loss;
    }

    /// <summary>Perplexity on another text, as many streams side by side as the batch has.</summary>
    public double Evaluate(ITokenSource tokens, Action<double>? progress = null, CancellationToken stop = default) =>
        _evaluator.Evaluate(tokens, progress, stop).Perplexity;
}
