using System.Diagnostics;
using TinySD.Formats;
using TinySD.Formats.Container;
using TinySD.Formats.Models;
using TinySD.Formats.Schedules;
using TinySD.Runtime.Hardware;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>What one epoch brought.</summary>
/// <param name="Epoch">Counted from 1.</param>
/// <param name="Steps">Updates made in it.</param>
/// <param name="TrainPerplexity">On the training text, as it was while training; infinite where exp of the loss is.</param>
/// <param name="ValidPerplexity">On the validation text after it, likewise.</param>
/// <param name="LearningRate">Of its updates.</param>
/// <param name="Seconds">Spent training, validation not counted.</param>
/// <param name="TokensPerSecond">Training speed.</param>
/// <param name="IsWhole">False when the limit on steps ended it early.</param>
internal sealed record EpochOutcome(
    int Epoch, int Steps, double TrainPerplexity, double ValidPerplexity, float LearningRate, double Seconds, double TokensPerSecond,
    bool IsWhole)
{
    /// <summary>Mean loss on the training text, nats per token.</summary>
    public required double TrainLoss { get; init; }

    /// <summary>Mean loss on the validation text: what epochs are judged and compared by.</summary>
    public required double ValidLoss { get; init; }
}

/// <summary>What a training run brought.</summary>
internal sealed record TrainingOutcome(
    IReadOnlyList<EpochOutcome> Epochs, EpochOutcome Best, EvaluationResult? Test, EvaluationStreams Streams, long Parameters, double Seconds)
{
    /// <summary>On the test text, if there is one; infinite where exp of the loss is.</summary>
    public double? TestPerplexity => Test?.Perplexity;
}

/// <summary>Trains a language model for its epochs and keeps the best one, by validation loss, in a file.</summary>
/// <param name="recipe">What decides the run.</param>
/// <param name="data">Its texts.</param>
/// <param name="output">The model file; written after every epoch that improves on all before it.</param>
/// <param name="maxSteps">Updates after which to stop, or null.</param>
/// <param name="runner">Threads.</param>
/// <param name="hardware">The machine.</param>
/// <param name="schedule">Its masks, or null to draw them.</param>
/// <param name="checkpoints">Where the run goes on from, and what it leaves to go on from; null for a run that cannot be resumed.</param>
/// <param name="storage">Number format of the weights in the file.</param>
/// <param name="streams">Streams of validation and test, as the model's record has them: null in a run from before it had.</param>
internal sealed class LanguageModelTraining(
    LanguageModelRecipe recipe, LanguageModelData data, string output, int? maxSteps, IParallelRunner runner, HardwareProfile? hardware,
    MaskScheduleFile? schedule = null, LanguageModelCheckpoints? checkpoints = null, TensorStorage storage = TensorStorage.F32,
    int? streams = null)
{
    private readonly EvaluationStreams _streams = EvaluationStreams.Of(streams, recipe);
    private readonly List<EpochOutcome> _epochs = [];
    private readonly Stopwatch _elapsed = new();
    private double _secondsBefore;
    private EpochOutcome? _best;
    private long _stepsPlanned;

    private double TotalSeconds => _secondsBefore + _elapsed.Elapsed.TotalSeconds;

    /// <summary>Trains.</summary>
    /// <exception cref="StoppedException">A stop was asked for; the best model so far is in the file, and the run in a checkpoint if it has any.</exception>
    /// <exception cref="DivergedException">The numbers stopped being finite; the best model so far is in the file.</exception>
    /// <exception cref="FailureException">A checkpoint could not be written.</exception>
    /// <exception cref="FileProblemException">A file could not be written, in a run without checkpoints.</exception>
    public TrainingOutcome Run(IProgressDisplay progress, CancellationToken stop)
    {
        var windows = new TokenWindows(data.Train.Tokens, recipe.BatchSize, recipe.Bptt);
        var run = new LanguageModelRun(recipe, data.Vocabulary.Count, windows, runner, hardware, schedule, _streams.Valid);
        long parameters = run.Model.Layout.ParameterCount;
        _stepsPlanned = PlannedSteps(windows);
        if (schedule is not null && schedule.Info.Updates < _stepsPlanned)
        {
            throw new UsageException(
                $"{schedule.Path} holds the masks of {Figures.Count(schedule.Info.Updates, "update")}, and this run makes {Figures.Count(_stepsPlanned)}; " +
                $"write a longer one, or give --max-steps {schedule.Info.Updates}.");
        }

        progress.Note(
            $"{data.Train.Name}: {Figures.Count(data.Train.Tokens.Length, "token")}, vocabulary {Figures.Count(data.Vocabulary.Count)}; " +
            $"{Figures.Count(parameters, "parameter")}; {(recipe.VariableBptt ? "about " : "")}{Figures.Count(windows.StartsOf(recipe, 0).Count - 1, "step")} an epoch; threads: {runner.ThreadCount}");
        if (data.LeftOutOf(recipe) is { Tokens: > 0, IsMuch: false } left) progress.Note(left.Told(data.Train.Name));
        progress.Note(_streams.Told(data.Test is not null));
        if (data.Vocabulary.UnknownId is not null)
        {
            long unknown = data.Train.Tokens.UnknownCount, trained = data.Train.Tokens.Length;
            progress.Note($"{data.Train.Name}: {Figures.Count(trained, "token")} to train on{UnknownToken.Told(data.Vocabulary, unknown, trained)}");
            NoteUnknown(data.Valid, progress);
            if (data.Test is { } text) NoteUnknown(text, progress);
        }

        _elapsed.Start();
        run.BeginEpoch(0);
        Restore(run, progress);
        EvaluationResult? test;
        try
        {
            // A model file of after the checkpoint, or of another name, becomes what it was then.
            if (_best is not null) SaveModel(checkpoints!.Best!, _epochs, _best);
            checkpoints?.Save(run, _epochs, _best, TotalSeconds);
            while (run.Epoch < recipe.Epochs && (run.Updates < _stepsPlanned || run.Steps > 0))
            {
                if (IsOutOfPatience(progress) || !TrainEpoch(run, progress, stop)) break;
            }

            checkpoints?.Save(run, _epochs, _best, TotalSeconds);
            test = data.Test is null ? null : Test(data.Test, progress, stop);
        }
        catch (OperationCanceledException)
        {
            int epoch = Math.Min(_epochs.Count + 1, recipe.Epochs);
            throw new StoppedException($"stopped in epoch {epoch}, after {Figures.Count(run.Updates, "step")} in all; {WhatIsKept()}") { Advice = HowToGoOn(run) };
        }
        catch (FileProblemException exception) when (checkpoints is not null)
        {
            throw new FailureException(exception.Message, exception) { Advice = HowToGoOn(run) };
        }

        return new TrainingOutcome(_epochs, _best!, test, _streams, parameters, TotalSeconds);
    }

    private void NoteUnknown(EncodedText text, IProgressDisplay progress)
    {
        long tokens = text.Tokens.Length - 1;
        progress.Note($"{text.Name}: {Figures.Count(tokens, "token")} to predict{UnknownToken.Told(data.Vocabulary, text.UnknownToPredict, tokens)}");
    }

    // Sums, epochs and the best model as they were, or the first checkpoint, which finds out early whether there can be any.
    private void Restore(LanguageModelRun run, IProgressDisplay progress)
    {
        if (checkpoints?.Restore(run) is not { } from) return;
        _secondsBefore = from.Progress.TotalSeconds;
        _epochs.AddRange(from.Epochs.Select(e => new EpochOutcome(
            e.Epoch, e.Steps, e.TrainPerplexity, e.ValidPerplexity, e.LearningRate, e.Seconds, e.TokensPerSecond, IsWhole: true)
        { TrainLoss = e.TrainLoss, ValidLoss = e.ValidLoss }));
        _best = from.BestEpoch is { } best ? _epochs[best - 1] : null;
        foreach ((EpochOutcome epoch, int steps) in _epochs.Zip(run.StepsOfEpochs(_epochs.Count)))
        {
            if (epoch.Steps == steps) continue;
            throw new FailureException(
                $"the checkpoint says other than {Figures.Count(steps, "step")} of epoch {epoch.Epoch}, which its own texts and recipe make; it cannot be used.");
        }

        if (run.Updates > _stepsPlanned)
        {
            throw new UsageException(
                $"{Figures.Count(run.Updates, "update")} {(run.Updates == 1 ? "is" : "are")} made already, and --max-steps would stop after {Figures.Count(_stepsPlanned)}; give more, or leave it out.");
        }

        string where = run.Epoch < recipe.Epochs ? $"in epoch {run.Epoch + 1}, after {Figures.Count(run.Steps, "step")} of it" : "at its end";
        progress.Note($"going on after {Figures.Count(run.Updates, "update")}, {where}");
        if (from.WrittenBy != TrainingRecord.ThisBuild)
            progress.Note($"the run was begun by {from.WrittenBy}, and this is {TrainingRecord.ThisBuild}: its last bits may come out otherwise");
    }

    /// <returns>False when the limit on steps cut the epoch short.</returns>
    private bool TrainEpoch(LanguageModelRun run, IProgressDisplay progress, CancellationToken stop)
    {
        string label = $"epoch {run.Epoch + 1}/{recipe.Epochs}";
        try
        {
            while (run.Steps < run.Windows && run.Updates < _stepsPlanned)
            {
                stop.ThrowIfCancellationRequested();
                run.Step(run.Steps);
                if (checkpoints?.Keeper.IsDue(run.Updates) == true)
                {
                    RequireFiniteParameters(run);
                    checkpoints.Save(run, _epochs, _best, TotalSeconds);
                }

                if (progress.IsDue) progress.Show(label, (double)run.Updates / _stepsPlanned, Detail(run));
            }
        }
        catch (NotFiniteException exception)
        {
            string found = $"(loss {exception.Loss}, gradient norm {exception.GradientNorm})";
            throw Diverged($"in epoch {run.Epoch + 1}, step {run.Steps + 1} {found}", run, exception);
        }

        // The results of an epoch cut short are not part of the run that a later one goes on with.
        bool isWhole = run.Steps == run.Windows;
        if (!isWhole) checkpoints?.Save(run, _epochs, _best, TotalSeconds);
        double train = run.MeanLoss;
        EvaluationResult valid = run.Evaluate(data.Valid.Tokens, share => ShowShare(progress, $"{label}, validation", share), stop);
        if (!double.IsFinite(train) || !double.IsFinite(valid.Loss))
            throw Diverged($"in epoch {run.Epoch + 1} (train loss {train}, validation loss {valid.Loss})", run, null);
        RequireFiniteParameters(run);
        var outcome = new EpochOutcome(
            run.Epoch + 1, run.Steps, run.TrainPerplexity, valid.Perplexity, run.LearningRate, run.Seconds, run.TokensPerSecond, isWhole)
        { TrainLoss = train, ValidLoss = valid.Loss };
        bool improved = _best is null || valid.Loss < _best.ValidLoss;
        if (improved)
        {
            SaveModel(run.ModelToKeep, [.. _epochs, outcome], outcome);
            _best = outcome;
            if (isWhole) checkpoints?.KeepBest(run);
        }

        _epochs.Add(outcome);
        progress.Note(
            $"{label}: perplexity train {Figures.Perplexity(outcome.TrainPerplexity)}, valid {Figures.Perplexity(outcome.ValidPerplexity)}; " +
            $"learning rate {Figures.Setting(run.LearningRate)}; {Figures.Duration(run.Seconds)}, " +
            $"{Figures.Count(run.TokensPerSecond)} tokens/s" +
            (improved ? $"; saved to {output}" : ""));
        if (!isWhole) return false;
        if (run.TryBeginAveraging(Validations())) progress.Note("validation stopped getting better: from here on the model is the average of the parameters");
        run.BeginEpoch(run.Epoch + 1, Validations());
        if (checkpoints?.Keeper.IsDueAfterEpoch(run.Updates) == true) checkpoints.Save(run, _epochs, _best, TotalSeconds);
        return true;
    }

    // The last update may have made parameters infinite that no loss has met yet.
    private void RequireFiniteParameters(LanguageModelRun run)
    {
        if (run.ModelToKeep.Parameters.Values.ContainsAnyExceptInRange(float.MinValue, float.MaxValue)
            || run.Model.Parameters.Values.ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
        {
            throw Diverged($"in epoch {run.Epoch + 1}, step {run.Steps} (a parameter is infinite or not a number)", run, null);
        }
    }

    private bool IsOutOfPatience(IProgressDisplay progress)
    {
        if (!recipe.IsOutOfPatience(Validations())) return false;
        progress.Note($"no better validation in {Figures.Count(recipe.Patience, "epoch")}: stopped, as --patience asks");
        return true;
    }

    private double[] Validations() => [.. _epochs.Select(epoch => epoch.ValidLoss)];

    // With windows of varying length an epoch's number of steps depends on the updates before it.
    private long PlannedSteps(TokenWindows windows)
    {
        long most = maxSteps ?? long.MaxValue, planned = 0;
        if (!recipe.VariableBptt) return Math.Min((long)recipe.Epochs * windows.Count, most);
        for (int epoch = 0; epoch < recipe.Epochs && planned < most; epoch++) planned += windows.StartsOf(recipe, planned).Count - 1;
        return Math.Min(planned, most);
    }

    /// <summary>Writes the best model and the record of the epochs up to its own.</summary>
    private void SaveModel(LanguageModel model, IEnumerable<EpochOutcome> epochs, EpochOutcome best) =>
        LanguageModelFile.Save(output, model, data.Vocabulary, new()
        {
            Recipe = recipe,
            Train = data.Train.ToRecord(),
            Valid = data.Valid.ToRecord(),
            Streams = streams,

            // Epochs cut short by the limit on steps are no finished epochs, and the file's record holds none but those.
            Epochs =
            [
                .. epochs.Where(e => e.IsWhole && e.Epoch <= best.Epoch)
                    .Select(e => new EpochRecord(e.Epoch, e.TrainPerplexity, e.ValidPerplexity, e.LearningRate) { TrainLoss = e.TrainLoss, ValidLoss = e.ValidLoss }),
            ],
        }, storage);

    /// <summary>Measures the best model, as it is in the file, and writes the result into it.</summary>
    private EvaluationResult Test(EncodedText test, IProgressDisplay progress, CancellationToken stop)
    {
        LoadedLanguageModel best = LanguageModelFile.Load(output);
        var evaluator = new LanguageModelEvaluator(best.Model, runner, _streams.Test, hardware: hardware);
        EvaluationResult result = evaluator.Evaluate(test.Tokens, share => ShowShare(progress, "testing", share), stop);
        if (!double.IsFinite(result.Loss)) throw new DivergedException($"the loss on the test text is {result.Loss}; {WhatIsKept()}", null);
        TrainingRecord record = best.Training with { Test = test.ToRecord(), TestPerplexity = result.Perplexity, TestLoss = result.Loss };
        LanguageModelFile.Save(output, best.Model, best.Vocabulary, record, storage);
        return result;
    }

    private string Detail(LanguageModelRun run)
    {
        double left = TotalSeconds / run.Updates * (_stepsPlanned - run.Updates);
        return $"loss {Figures.Fixed(run.MeanLoss, 3)}  perplexity {Figures.Perplexity(run.TrainPerplexity)}  " +
            $"{Figures.Count(run.TokensPerSecond)} tokens/s  {Figures.Duration(left)} left";
    }

    private static void ShowShare(IProgressDisplay progress, string label, double share)
    {
        if (progress.IsDue) progress.Show(label, share, "");
    }

    private DivergedException Diverged(string where, LanguageModelRun run, Exception? cause)
    {
        // Going on would come to the same end.
        checkpoints?.Keeper.Finish();
        return new DivergedException(
            $"the numbers stopped being finite {where}; {WhatIsKept()}", cause)
        {
            Advice = $"Try a lower --lr (it was {Figures.Setting(run.LearningRate)}) or a lower --clip " +
                $"(it was {Figures.Setting(recipe.ClipNorm)}{(recipe.ClipNorm == 0 ? ", no clipping" : "")}).",
        };
    }

    // Writes the last checkpoint, and says in a line of its own how to go on from it.
    private string? HowToGoOn(LanguageModelRun run)
    {
        if (checkpoints is null) return null;
        checkpoints.Save(run, _epochs, _best, TotalSeconds);
        return checkpoints.Keeper.WhatIsKept();
    }

    private string WhatIsKept() => _best is null
        ? $"no epoch was finished, so nothing was saved to {output}."
        : $"{output} holds the best model so far, of epoch {_best.Epoch}, " +
            $"validation perplexity {Figures.Perplexity(_best.ValidPerplexity)}.";
}
