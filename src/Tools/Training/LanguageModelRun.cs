using System.Diagnostics;
using TinySD.Formats;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
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
    private static readonly string[] s_momentNames = ["adam.first.", "adam.second."];

    private readonly LanguageModelTrainer _trainer;
    private readonly LanguageModelEvaluator _evaluator;
    private readonly TokenWindows _windows;
    private readonly int[] _inputs, _targets;
    private double _lossSum;
    private long _ticks;

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

    /// <summary>The epoch begun last, counted from 0.</summary>
    public int Epoch { get; private set; }

    /// <summary>Steps made in this epoch.</summary>
    public int Steps { get; private set; }

    /// <summary>Steps made in all.</summary>
    public int Updates { get; private set; }

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
        Epoch = epoch;
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
        double loss = _trainer.Step(_inputs, _targets, epoch: 0, Updates).Loss;
        long ticks = Stopwatch.GetTimestamp() - start;
        LastStepMilliseconds = 1000.0 * ticks / Stopwatch.Frequency;
        _ticks += ticks;
        _lossSum += loss;
        Steps++;
        Updates++;
        return loss;
    }

    /// <summary>Where the run stands.</summary>
    /// <param name="totalSeconds">Time spent on it.</param>
    public TrainingProgress ToProgress(double totalSeconds) => new()
    {
        Updates = Updates,
        Epoch = Epoch,
        Step = Steps,
        LossSum = _lossSum,
        Seconds = Seconds,
        TotalSeconds = totalSeconds,
        LearningRate = LearningRate,
        OptimizerUpdates = _trainer.UpdateCount,
    };

    /// <summary>All numbers that the next step depends on; the last block is a copy of the carried state.</summary>
    public IReadOnlyList<CheckpointBlock> SaveState()
    {
        CheckpointBlock[] state = State();
        _trainer.SaveCarried(state[^1].Block);
        return state;
    }

    /// <summary>Goes on where another run was.</summary>
    /// <param name="progress">Where it stood.</param>
    /// <param name="load">Fills the blocks that <see cref="SaveState"/> gave there.</param>
    public void Restore(TrainingProgress progress, Action<IReadOnlyList<CheckpointBlock>> load)
    {
        CheckpointBlock[] state = State();
        load(state);
        _trainer.LoadCarried(state[^1].Block);
        _trainer.UpdateCount = progress.OptimizerUpdates;
        _trainer.LearningRate = progress.LearningRate;
        Epoch = progress.Epoch;
        Steps = progress.Step;
        Updates = (int)progress.Updates;
        _lossSum = progress.LossSum;
        _ticks = (long)(progress.Seconds * Stopwatch.Frequency);
    }

    /// <summary>Perplexity on another text, as many streams side by side as the batch has.</summary>
    public double Evaluate(ITokenSource tokens, Action<double>? progress = null, CancellationToken stop = default) =>
        _evaluator.Evaluate(tokens, progress, stop).Perplexity;

    private CheckpointBlock[] State() =>
    [
        new("", Model.Parameters, AreWeights: true),
        .. _trainer.Moments.Zip(s_momentNames, (block, name) => new CheckpointBlock(name, block)),
        new("", new ParameterBlock(_trainer.CarriedLayout)),
    ];
}
