using System.Diagnostics;
using TinySD.Formats.Checkpoints;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>
/// One model in training, a step at a time: whoever drives it decides how many steps make an epoch and what comes between them.
/// </summary>
internal sealed class LanguageModelRun
{
    private readonly LanguageModelTrainer _trainer;
    private readonly IParallelRunner _runner;
    private readonly HardwareProfile? _hardware;
    private readonly int _streams;
    private LanguageModelEvaluator _evaluator;
    private readonly TokenWindows _windows;
    private readonly int[] _inputs, _targets;
    private IReadOnlyList<long> _starts = [0];
    private double _lossSum;
    private long _ticks, _tokens;

    /// <summary>Plans and allocates everything.</summary>
    /// <param name="recipe">What decides the run.</param>
    /// <param name="vocabularySize">Tokens V.</param>
    /// <param name="windows">The training text.</param>
    /// <param name="runner">Threads.</param>
    /// <param name="hardware">The machine.</param>
    /// <param name="masks">Masks drawn beforehand, or null.</param>
    /// <param name="streams">Streams of an evaluation; null for as many as the batch has.</param>
    /// <exception cref="UsageException">The sizes are beyond what one block of memory can hold.</exception>
    public LanguageModelRun(
        LanguageModelRecipe recipe, int vocabularySize, TokenWindows windows, IParallelRunner runner, HardwareProfile? hardware = null,
        IMaskSource? masks = null, int? streams = null)
    {
        Recipe = recipe;
        _windows = windows;
        _runner = runner;
        _hardware = hardware;
        _streams = streams ?? recipe.BatchSize;
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
    public int Windows => _starts.Count - 1;

    /// <summary>What decides the run.</summary>
    public LanguageModelRecipe Recipe { get; }

    /// <summary>The epoch begun last, counted from 0.</summary>
    public int Epoch { get; private set; }

    /// <summary>Steps made in this epoch.</summary>
    public int Steps { get; private set; }

    /// <summary>Steps made in all.</summary>
    public int Updates { get; private set; }

    /// <summary>Mean loss of this epoch so far, nats per token.</summary>
    public double MeanLoss => _lossSum / _tokens;

    /// <summary>exp of that.</summary>
    public double TrainPerplexity => EvaluationResult.PerplexityOf(MeanLoss);

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
    /// <param name="validations">The validation losses of those before it.</param>
    public void BeginEpoch(int epoch, ReadOnlySpan<double> validations = default)
    {
        if (epoch < Recipe.Epochs) _trainer.LearningRate = Recipe.LearningRateAt(epoch, validations);
        _starts = _windows.StartsOf(Recipe, Updates);
        _tokens = 0;
        Epoch = epoch;
        Steps = 0;
        _lossSum = 0;
        _ticks = 0;
    }

    /// <summary>Makes one update with a window; the state is carried over from the window before it, but not into the first.</summary>
    /// <returns>The step's loss, nats per token.</returns>
    public double Step(int window)
    {
        if (Updates == int.MaxValue) throw new FailureException($"the run has made {Figures.Count(Updates)} updates, and no more can be counted.");
        long start = Stopwatch.GetTimestamp();
        if (window == 0) _trainer.ResetState();
        long from = _starts[window];
        int length = (int)(_starts[window + 1] - from);
        int tokens = length * Recipe.BatchSize;
        _windows.Fill(from, length, _inputs, _targets);

        // Masks are numbered by the run's updates, so that a schedule of them need not know how many make an epoch.
        double loss = _trainer.Step(_inputs.AsSpan(0, tokens), _targets.AsSpan(0, tokens), new Draw(Updates)).Loss;
        long ticks = Stopwatch.GetTimestamp() - start;
        LastStepMilliseconds = 1000.0 * ticks / Stopwatch.Frequency;
        _ticks += ticks;
        _lossSum += loss * tokens;
        _tokens += tokens;
        Steps++;
        Updates++;
        return loss;
    }

    /// <summary>Begins to average the parameters if the recipe does so at all and the validation says that it is time.</summary>
    /// <param name="validations">The validation losses of all epochs so far.</param>
    /// <returns>Whether it began.</returns>
    public bool TryBeginAveraging(ReadOnlySpan<double> validations)
    {
        bool isTime = Recipe.Optimizer == OptimizerKind.NtAsgd && !_trainer.IsAveraging && ValidationHistory.IsNonMonotonic(validations, Recipe.NonMonotone);
        if (!isTime) return false;
        _trainer.BeginAveraging();
        _evaluator = NewEvaluator(ModelToKeep);
        return true;
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
        OptimizerUpdates = _trainer.Counts.Updates,
        AveragedUpdates = _trainer.IsAveraging ? _trainer.Counts.AveragedUpdates : null,
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
    /// <param name="validations">The validation losses of its finished epochs.</param>
    /// <param name="load">Fills the blocks that <see cref="SaveState"/> gave there.</param>
    /// <exception cref="FailureException">It stood beyond the epoch's last window.</exception>
    public void Restore(TrainingProgress progress, ReadOnlySpan<double> validations, Action<IReadOnlyList<CheckpointBlock>> load)
    {
        _trainer.Counts = new TrainerCounts(progress.OptimizerUpdates, progress.AveragedUpdates ?? -1);
        CheckpointBlock[] state = State();
        load(state);
        _trainer.LoadCarried(state[^1].Block);
        if (_trainer.IsAveraging) _evaluator = NewEvaluator(ModelToKeep);

        // An epoch's windows are cut by the number of its first update. A run that was at its end and gets more epochs needs the rate of the next.
        Updates = (int)(progress.Updates - progress.Step);
        BeginEpoch(progress.Epoch, validations);
        if (progress.Step == 0) return;
        if (progress.Step > Windows)
            throw new FailureException($"the checkpoint is {Figures.Count(progress.Step, "step")} into an epoch of {Windows}, as its own texts and recipe make it; it cannot be used.");
        _trainer.LearningRate = progress.LearningRate;
        Steps = progress.Step;
        Updates = (int)progress.Updates;
        _lossSum = progress.LossSum;
        _tokens = Recipe.BatchSize * _starts[Steps];
        _ticks = (long)(progress.Seconds * Stopwatch.Frequency);
    }

    /// <summary>Updates of every one of the first epochs, whatever becomes of the run.</summary>
    /// <param name="epochs">How many.</param>
    public IEnumerable<int> StepsOfEpochs(int epochs)
    {
        long updates = 0;
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            int steps = _windows.StartsOf(Recipe, updates).Count - 1;
            updates += steps;
            yield return steps;
        }
    }

    /// <summary>How it does on another text.</summary>
    public EvaluationResult Evaluate(ITokenSource tokens, Action<double>? progress = null, CancellationToken stop = default) =>
        _evaluator.Evaluate(tokens, progress, stop);

    private LanguageModelEvaluator NewEvaluator(LanguageModel model) => new(model, _runner, _streams, hardware: _hardware);

    private CheckpointBlock[] State() =>
    [
        new("", Model.Parameters, AreWeights: true),
        .. _trainer.State.Select(part => new CheckpointBlock($"{part.Name}.", part.Block, part.AreWeights)),
        new("", new ParameterBlock(_trainer.CarriedLayout)),
    ];
}
