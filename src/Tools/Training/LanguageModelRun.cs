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
    private readonly IParallelRunner _runner;
    private readonly HardwareProfile? _hardware;
    private LanguageModelEvaluator _evaluator;
    private readonly TokenWindows _windows;
    private readonly int[] _inputs, _targets;
    private int[] _starts = [];
    private double _lossSum;
    private long _ticks, _tokens;
    private int _updates;

    /// <summary>Plans and allocates everything.</summary>
    /// <exception cref="UsageException">The sizes are beyond what one block of memory can hold.</exception>
    public LanguageModelRun(
        LanguageModelRecipe recipe, int vocabularySize, TokenWindows windows, IParallelRunner runner, HardwareProfile? hardware = null,
        IMaskSource? masks = null)
    {
        Recipe = recipe;
        _windows = windows;
        _runner = runner;
        _hardware = hardware;
        _inputs = new int[recipe.BatchSize * recipe.LongestWindow];
        _targets = new int[_inputs.Length];
        try
        {
            Model = new LanguageModel(recipe.ToConfig(vocabularySize));
            _trainer = new LanguageModelTrainer(Model, recipe, runner, hardware, masks);
            _evaluator = NewEvaluator(Model);
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            throw new UsageException(
                $"a model and window of these sizes cannot be trained ({Failures.OneLine(exception)}); lower --hidden, --batch or --bptt.");
        }

        Model.Initialize(recipe.Seed, recipe.InitRange, recipe.ForgetBias, recipe.InitScheme);
    }

    /// <summary>The model in training.</summary>
    public LanguageModel Model { get; }

    /// <summary>The model to measure and to save: the average where there is one.</summary>
    public LanguageModel ModelToKeep => _trainer.ModelToKeep;

    /// <summary>Windows of the epoch begun last.</summary>
    public int Windows => _starts.Length - 1;

    /// <summary>What decides the run.</summary>
    public LanguageModelRecipe Recipe { get; }

    /// <summary>Steps made in this epoch.</summary>
    public int Steps { get; private set; }

    /// <summary>Mean loss of this epoch so far, nats per token.</summary>
    public double MeanLoss => _lossSum / _tokens;

    /// <summary>exp of that.</summary>
    public double TrainPerplexity => Math.Exp(MeanLoss);

    /// <summary>Time spent in this epoch's steps.</summary>
    public double Seconds => (double)_ticks / Stopwatch.Frequency;

    /// <summary>Tokens trained on in this epoch so far.</summary>
    public long Tokens => _tokens;

    /// <summary>Training speed in this epoch.</summary>
    public double TokensPerSecond => Tokens / Math.Max(Seconds, 1e-9);

    /// <summary>The last step's time.</summary>
    public double LastStepMilliseconds { get; private set; }

    /// <summary>Where the time of its steps goes.</summary>
    public PassTimes Times => _trainer.Times;

    /// <summary>The learning rate of this epoch.</summary>
    public float LearningRate => _trainer.LearningRate;

    /// <summary>Starts an epoch, counted from 0: its learning rate, its windows, its masks, its sums.</summary>
    /// <param name="epoch">The epoch.</param>
    /// <param name="validations">The validation perplexities of those before it.</param>
    public void BeginEpoch(int epoch, ReadOnlySpan<double> validations = default)
    {
        _trainer.LearningRate = Recipe.LearningRateAt(epoch, validations);
        _starts = _windows.StartsOf(Recipe, _updates);
        _tokens = 0;
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
        (int from, int length) = (_starts[window], _starts[window + 1] - _starts[window]);
        int tokens = length * Recipe.BatchSize;
        _windows.Fill(from, length, _inputs, _targets);

        // Masks are numbered by the run's updates, so that a schedule of them need not know how many make an epoch.
        double loss = _trainer.Step(_inputs.AsSpan(0, tokens), _targets.AsSpan(0, tokens), epoch: 0, _updates++).Loss;
        long ticks = Stopwatch.GetTimestamp() - start;
        LastStepMilliseconds = 1000.0 * ticks / Stopwatch.Frequency;
        _ticks += ticks;
        _lossSum += loss * tokens;
        _tokens += tokens;
        Steps++;
        return loss;
    }

    /// <summary>Begins to average the parameters if the recipe does so at all and the validation says that it is time.</summary>
    /// <param name="validations">The validation perplexities of all epochs so far.</param>
    /// <returns>Whether it began.</returns>
    public bool TryBeginAveraging(ReadOnlySpan<double> validations)
    {
        bool isTime = Recipe.Optimizer == OptimizerKind.NtAsgd && !_trainer.IsAveraging && ValidationHistory.IsNonMonotonic(validations, Recipe.NonMonotone);
        if (!isTime) return false;
        _trainer.BeginAveraging();
        _evaluator = NewEvaluator(_trainer.ModelToKeep);
        return true;
    }

    /// <summary>Perplexity on another text, as many streams side by side as the batch has.</summary>
    public double Evaluate(ReadOnlySpan<int> tokens, Action<double>? progress = null, CancellationToken stop = default) =>
        _evaluator.Evaluate(tokens, progress, stop).Perplexity;

    private LanguageModelEvaluator NewEvaluator(LanguageModel model) => new(model, _runner, streams: Recipe.BatchSize, hardware: _hardware);
}
