using System.Diagnostics;
using TinySD.Tools.Json;
using TinySD.Tools.Machines;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Demo;

/// <summary>One of the two models of the comparison, and what was measured on it.</summary>
internal sealed class Contestant(TimedModel run)
{
    private readonly List<double> _milliseconds = [];

    /// <summary>The model in training.</summary>
    public TimedModel Run => run;

    /// <summary>The loss of every step, nats per character.</summary>
    public List<double> Losses { get; } = [];

    /// <summary>What every round brought; a round is to the demo what an epoch is to training.</summary>
    public List<DemoRound> Rounds { get; } = [];

    /// <summary>Validation perplexity at the end.</summary>
    public double ValidPerplexity { get; private set; }

    /// <summary>Median time of a step. The first steps, in which code is still compiled and memory first touched, do not move it.</summary>
    public double MedianStepMilliseconds => Median.Of(_milliseconds);

    /// <summary>One update.</summary>
    public void Step(int window)
    {
        Losses.Add(run.Step(window));
        _milliseconds.Add(run.LastStepMilliseconds);
    }

    /// <summary>Notes what a round brought.</summary>
    public void EndRound() => Rounds.Add(new DemoRound(Losses.Count, run.TrainPerplexity, run.LearningRate));

    /// <summary>Measures the model.</summary>
    public void Validate(ITokenSource text, IParallelRunner runner, HardwareProfile? hardware, CancellationToken stop) =>
        ValidPerplexity = new LanguageModelEvaluator(run.Model, runner, run.Recipe.BatchSize, hardware: hardware).Evaluate(text, cancellation: stop).Perplexity;
}

/// <summary>
/// Trains two models that differ in nothing but how their dropout masks are drawn: same seed, same batches in the same order, same
/// rates, the same number of steps. They take turns step by step, so that whatever else the machine does slows both alike.
/// </summary>
internal sealed class DemoComparison
{
    /// <summary>The budget: so many updates of each model, whatever time they take, so that one seed always gives the same bits.</summary>
    public const int DefaultSteps = 500;

    private const int ValidTokens = 16_384;

    private readonly BuiltInText _text;
    private readonly IParallelRunner _runner;
    private readonly HardwareProfile? _hardware;
    private readonly TokenWindows _windows;
    private readonly int _steps, _rounds;

    /// <param name="text">What to train and validate on.</param>
    /// <param name="recipe">With structured dropout. Its epochs divide the steps into rounds, each with that epoch's learning rate.</param>
    /// <param name="steps">Updates of each model.</param>
    /// <param name="runner">Threads.</param>
    /// <param name="hardware">The machine.</param>
    public DemoComparison(BuiltInText text, LanguageModelRecipe recipe, int steps, IParallelRunner runner, HardwareProfile? hardware)
    {
        _text = text;
        _runner = runner;
        _hardware = hardware;
        _steps = steps;
        _rounds = Math.Min(recipe.Epochs, steps);
        _windows = new TokenWindows(text.Train, recipe.BatchSize, recipe.Bptt);
        LanguageModelRecipe dense = recipe with { Dropout = recipe.Dropout with { Kind = DropoutKind.Random } };
        Dense = new Contestant(new TimedModel(dense, text.Vocabulary.Count, _windows, runner, hardware));
        Structured = new Contestant(new TimedModel(recipe, text.Vocabulary.Count, _windows, runner, hardware));
    }

    /// <summary>Random dropout: every product is computed in full.</summary>
    public Contestant Dense { get; }

    /// <summary>Structured dropout: dropped rows and columns are skipped.</summary>
    public Contestant Structured { get; }

    /// <summary>Trains both.</summary>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public void Train(IProgressDisplay progress, CancellationToken stop)
    {
        var elapsed = Stopwatch.StartNew();
        int step = 0;
        for (int round = 0; round < _rounds; round++)
        {
            Dense.Run.BeginRound(round);
            Structured.Run.BeginRound(round);
            for (int end = (int)((long)_steps * (round + 1) / _rounds); step < end;)
            {
                stop.ThrowIfCancellationRequested();
                Step(step++);
                if (progress.IsDue) progress.Show($"step {step}/{_steps} of each", (double)step / _steps, Detail(elapsed, step));
            }

            Dense.EndRound();
            Structured.EndRound();
        }

        var valid = new TokenMemory(_text.Valid.AsMemory(0, Math.Min(ValidTokens, _text.Valid.Length)));
        Dense.Validate(valid, _runner, _hardware, stop);
        Structured.Validate(valid, _runner, _hardware, stop);
    }

    private void Step(int step)
    {
        int window = step % _windows.Count;
        (Contestant first, Contestant second) = step % 2 == 0 ? (Dense, Structured) : (Structured, Dense);
        try
        {
            first.Step(window);
            second.Step(window);
        }
        catch (NotFiniteException exception)
        {
            throw new FailureException($"the numbers stopped being finite in step {step + 1}; try another --seed.", exception);
        }
    }

    private string Detail(Stopwatch elapsed, int done)
    {
        double left = elapsed.Elapsed.TotalSeconds / done * (_steps - done);
        return $"loss random {Figures.Fixed(Dense.Run.MeanLoss, 3)}, structured {Figures.Fixed(Structured.Run.MeanLoss, 3)}  " +
            $"{Figures.Count(Dense.Run.TokensPerSecond)} and {Figures.Count(Structured.Run.TokensPerSecond)} tokens/s  " +
            $"{Figures.Duration(left)} left";
    }
}
