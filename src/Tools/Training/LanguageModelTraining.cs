using System.Diagnostics;
using TinySD.Formats;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;

namespace TinySD.Tools.Training;

/// <summary>What one epoch brought.</summary>
/// <param name="Epoch">Counted from 1.</param>
/// <param name="Steps">Updates made in it.</param>
/// <param name="TrainPerplexity">On the training text, as it was while training.</param>
/// <param name="ValidPerplexity">On the validation text after it.</param>
/// <param name="LearningRate">Of its updates.</param>
/// <param name="Seconds">Spent training, validation not counted.</param>
/// <param name="TokensPerSecond">Training speed.</param>
/// <param name="IsWhole">False when the limit on steps ended it early.</param>
internal sealed record EpochOutcome(
    int Epoch, int Steps, double TrainPerplexity, double ValidPerplexity, float LearningRate, double Seconds, double TokensPerSecond,
    bool IsWhole);

/// <summary>What a training run brought.</summary>
internal sealed record TrainingOutcome(
    IReadOnlyList<EpochOutcome> Epochs, EpochOutcome Best, double? TestPerplexity, long Parameters, double Seconds);

/// <summary>Trains a language model for its epochs and keeps the best one, by validation perplexity, in a file.</summary>
/// <param name="recipe">What decides the run.</param>
/// <param name="data">Its texts.</param>
/// <param name="output">The model file; written after every epoch that improves on all before it.</param>
/// <param name="maxSteps">Updates after which to stop, or null.</param>
/// <param name="runner">Threads.</param>
/// <param name="hardware">The machine.</param>
/// <param name="schedule">Its masks, or null to draw them.</param>
internal sealed class LanguageModelTraining(
    LanguageModelRecipe recipe, LanguageModelData data, string output, int? maxSteps, IParallelRunner runner, HardwareProfile? hardware,
    MaskScheduleFile? schedule = null)
{
    private readonly List<EpochOutcome> _epochs = [];
    private readonly Stopwatch _elapsed = new();
    private EpochOutcome? _best;
    private long _stepsDone, _stepsPlanned;

    /// <summary>Trains.</summary>
    /// <exception cref="StoppedException">A stop was asked for; the best model so far is in the file.</exception>
    /// <exception cref="FailureException">The numbers stopped being finite; the best model so far is in the file.</exception>
    public TrainingOutcome Run(IProgressDisplay progress, CancellationToken stop)
    {
        var windows = new TokenWindows(data.Train.Tokens, recipe.BatchSize, recipe.Bptt);
        var run = new LanguageModelRun(recipe, data.Vocabulary.Count, windows, runner, hardware, schedule);
        long parameters = run.Model.Layout.ParameterCount;
        _stepsPlanned = PlannedSteps(windows);
        if (schedule is not null && schedule.Info.Updates < _stepsPlanned)
        {
            throw new UsageException(
                $"{schedule.Path} holds the masks of {Figures.Count(schedule.Info.Updates, "update")}, and this run makes {Figures.Count(_stepsPlanned)}; " +
                $"write a longer one, or give --max-steps {schedule.Info.Updates}.");
        }

        progress.Note(
            $"{data.Train.Name}: {Figures.Count(data.Train.Tokens.Length)} tokens, vocabulary {Figures.Count(data.Vocabulary.Count)}; " +
            $"{Figures.Count(parameters)} parameters; {(recipe.VariableBptt ? "about " : "")}{Figures.Count(windows.StartsOf(recipe, 0).Length - 1)} steps an epoch; threads: {runner.ThreadCount}");
        _elapsed.Start();
        double? testPerplexity;
        try
        {
            for (int epoch = 0; epoch < recipe.Epochs && _stepsDone < _stepsPlanned; epoch++)
            {
                TrainEpoch(run, epoch, progress, stop);
                if (!recipe.IsOutOfPatience(Validations())) continue;
                progress.Note($"no better validation in {Figures.Count(recipe.Patience, "epoch")}: stopped, as --patience asks");
                break;
            }

            testPerplexity = data.Test is null ? null : Test(data.Test, progress, stop);
        }
        catch (OperationCanceledException)
        {
            int epoch = Math.Min(_epochs.Count + 1, recipe.Epochs);
            throw new StoppedException($"stopped in epoch {epoch}, after {Figures.Count(_stepsDone)} steps in all; {WhatIsKept()}");
        }

        return new TrainingOutcome(_epochs, _best!, testPerplexity, parameters, _elapsed.Elapsed.TotalSeconds);
    }

    private void TrainEpoch(LanguageModelRun run, int epoch, IProgressDisplay progress, CancellationToken stop)
    {
        string label = $"epoch {epoch + 1}/{recipe.Epochs}";
        run.BeginEpoch(epoch, Validations());
        try
        {
            for (int window = 0; window < run.Windows && _stepsDone < _stepsPlanned; window++)
            {
                stop.ThrowIfCancellationRequested();
                run.Step(window);
                _stepsDone++;
                if (progress.IsDue) progress.Show(label, (double)_stepsDone / _stepsPlanned, Detail(run));
            }
        }
        catch (NotFiniteException exception)
        {
            string found = $"(loss {exception.Loss}, gradient norm {exception.GradientNorm})";
            throw Diverged($"in epoch {epoch + 1}, step {run.Steps + 1} {found}", run, exception);
        }

        double train = run.TrainPerplexity;
        double valid = run.Evaluate(data.Valid.Tokens, share => ShowShare(progress, $"{label}, validation", share), stop);
        if (!double.IsFinite(train) || !double.IsFinite(valid))
            throw Diverged($"in epoch {epoch + 1} (train perplexity {train}, validation perplexity {valid})", run, null);
        bool isWhole = run.Steps == run.Windows;
        var outcome = new EpochOutcome(epoch + 1, run.Steps, train, valid, run.LearningRate, run.Seconds, run.TokensPerSecond, isWhole);
        _epochs.Add(outcome);
        bool improved = _best is null || valid < _best.ValidPerplexity;
        if (improved)
        {
            LanguageModelFile.Save(output, run.ModelToKeep, data.Vocabulary, Record());
            _best = outcome;
        }

        progress.Note(
            $"{label}: perplexity train {Figures.Perplexity(train)}, valid {Figures.Perplexity(valid)}; " +
            $"learning rate {Figures.Setting(run.LearningRate)}; {Figures.Duration(run.Seconds)}, " +
            $"{Figures.Count(run.TokensPerSecond)} tokens/s" +
            (improved ? $"; saved to {output}" : ""));
        if (run.TryBeginAveraging(Validations())) progress.Note("validation stopped getting better: from here on the model is the average of the parameters");
    }

    private double[] Validations() => [.. _epochs.Select(epoch => epoch.ValidPerplexity)];

    // With windows of varying length an epoch's number of steps depends on the updates before it.
    private long PlannedSteps(TokenWindows windows)
    {
        long most = maxSteps ?? long.MaxValue, planned = 0;
        if (!recipe.VariableBptt) return Math.Min((long)recipe.Epochs * windows.Count, most);
        for (int epoch = 0; epoch < recipe.Epochs && planned < most; epoch++) planned += windows.StartsOf(recipe, planned).Length - 1;
        return Math.Min(planned, most);
    }

    /// <summary>Measures the best model, as it is in the file, and writes the result into it.</summary>
    private double Test(EncodedText test, IProgressDisplay progress, CancellationToken stop)
    {
        LoadedLanguageModel best = LanguageModelFile.Load(output);
        var evaluator = new LanguageModelEvaluator(best.Model, runner, hardware: hardware);
        double perplexity = evaluator.Evaluate(test.Tokens, share => ShowShare(progress, "test", share), stop).Perplexity;
        if (!double.IsFinite(perplexity)) throw new FailureException($"the test perplexity is {perplexity}; {WhatIsKept()}");
        TrainingRecord record = best.Training with { Test = test.ToRecord(), TestPerplexity = perplexity };
        LanguageModelFile.Save(output, best.Model, best.Vocabulary, record);
        return perplexity;
    }

    // Epochs cut short by the limit on steps are no finished epochs, and the file's record holds none but those.
    private TrainingRecord Record() => new()
    {
        Recipe = recipe,
        Train = data.Train.ToRecord(),
        Valid = data.Valid.ToRecord(),
        Epochs =
        [
            .. _epochs.Where(e => e.IsWhole).Select(e => new EpochRecord(e.Epoch, e.TrainPerplexity, e.ValidPerplexity, e.LearningRate)),
        ],
    };

    private string Detail(LanguageModelRun run)
    {
        double left = _elapsed.Elapsed.TotalSeconds / _stepsDone * (_stepsPlanned - _stepsDone);
        return $"loss {Figures.Fixed(run.MeanLoss, 3)}  perplexity {Figures.Perplexity(run.TrainPerplexity)}  " +
            $"{Figures.Count(run.TokensPerSecond)} tokens/s  {Figures.Duration(left)} left";
    }

    private static void ShowShare(IProgressDisplay progress, string label, double share)
    {
        if (progress.IsDue) progress.Show(label, share, "");
    }

    private FailureException Diverged(string where, LanguageModelRun run, Exception? cause) => new(
        $"the numbers stopped being finite {where}; {WhatIsKept()}\n" +
        $"Try a lower --lr (it was {Figures.Setting(run.LearningRate)}) or a lower --clip " +
        $"(it was {Figures.Setting(recipe.ClipNorm)}{(recipe.ClipNorm == 0 ? ", no clipping" : "")}).", cause);

    private string WhatIsKept() => _best is null
        ? $"no epoch was finished, so nothing was saved to {output}."
        : $"{output} holds the best model so far, of epoch {_best.Epoch}, " +
            $"validation perplexity {Figures.Perplexity(_best.ValidPerplexity)}.";
}
