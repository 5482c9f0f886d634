namespace TinySD.Tools.Training;

/// <summary>Trains any task for its epochs, shows how far it is, and keeps the best epoch's model in a file and the run in
/// checkpoints.</summary>
/// <typeparam name="TBatch">What the task's network is fed.</typeparam>
/// <param name="task">The task.</param>
/// <param name="maxSteps">Updates after which to stop, or null.</param>
/// <param name="threads">Threads.</param>
/// <param name="checkpoints">Where the run goes on from, and what it leaves to go on from; null for a run that cannot be resumed.</param>
/// <param name="log">Told of what happens, or null.</param>
internal sealed class TrainingDriver<TBatch>(
    TrainedTask<TBatch> task, int? maxSteps, int threads, RunCheckpoints? checkpoints, RunLog? log = null)
    where TBatch : class
{
    private readonly TrainingRun<TBatch> _run =
        Sizes.Checked(() => new TrainingRun<TBatch>(task.Task) { KeepsBest = checkpoints is not null });
    private readonly Stopwatch _elapsed = new();
    private double _secondsBefore;
    private EpochOutcome? _cutShort;
    private long _stepsPlanned;

    private TrainingRecipe Recipe => task.Task.Recipe;

    private double TotalSeconds => _secondsBefore + _elapsed.Elapsed.TotalSeconds;

    /// <summary>Trains.</summary>
    /// <exception cref="StoppedException">A stop was asked for; the best model so far is in the file, and the run in a checkpoint if it has
    /// any.</exception>
    /// <exception cref="DivergedException">The numbers stopped being finite; the best model so far is in the file.</exception>
    /// <exception cref="FailureException">A checkpoint could not be written.</exception>
    /// <exception cref="FileProblemException">A file could not be written, in a run without checkpoints.</exception>
    public TrainingOutcome Run(IProgressDisplay progress, CancellationToken stop)
    {
        try
        {
            TrainingOutcome outcome = RunToEnd(progress, stop);
            TellEnd("done", outcome.Test, null);
            return outcome;
        }
        catch (Exception exception)
        {
            string reason = exception is StoppedException ? "stopped" : exception is DivergedException ? "diverged" : "failed";
            TellEnd(reason, null, exception.Message);
            throw;
        }
    }

    private TrainingOutcome RunToEnd(IProgressDisplay progress, CancellationToken stop)
    {
        _stepsPlanned = _run.CountUpdates(maxSteps ?? long.MaxValue);
        task.CheckLength(_stepsPlanned);
        foreach (string note in task.Notes(_run, threads)) progress.Note(note);
        _elapsed.Start();
        Restore(progress);
        Measurement? test;
        try
        {
            // A model file of after the checkpoint, or of another name, becomes what it was then.
            if (_run.Best is { } best) Save(_run.BestParameters!, best);
            SaveRun();
            while (!_run.IsAtEnd && (_run.Updates < _stepsPlanned || _run.Steps > 0))
            {
                if (IsOutOfPatience(progress) || !TrainEpoch(progress, stop)) break;
            }

            SaveRun();
            test = task.Test(progress, stop);
        }
        catch (OperationCanceledException)
        {
            int epoch = Math.Min(_run.Epochs.Count + (_cutShort is null ? 1 : 2), Recipe.Epochs);
            string stopped = $"stopped in epoch {epoch}, after {Figures.Count(_run.Updates, "step")} in all; {WhatIsKept()}";
            throw new StoppedException(stopped) { Advice = HowToGoOn() };
        }
        catch (FileProblemException exception) when (checkpoints is not null)
        {
            throw new FailureException(exception.Message, exception) { Advice = HowToGoOn() };
        }

        if (test is { } measured && !double.IsFinite(measured.Loss))
            throw new DivergedException($"the loss on the test data is {measured.Loss}; {WhatIsKept()}", null);
        EpochOutcome[] epochs = _cutShort is { } last ? [.. _run.Epochs, last] : [.. _run.Epochs];
        return new TrainingOutcome(
            epochs, _run.Best!, test, task.Task.Network.Parameters.Layout.ParameterCount, TotalSeconds, _run.Curve);
    }

    // The run as it was; or the first checkpoint, which finds out early whether there can be any.
    private void Restore(IProgressDisplay progress)
    {
        if (checkpoints?.From is not { } from) return;
        _secondsBefore = from.State.TotalSeconds;
        try
        {
            _run.Restore(from.State, from.Load);
        }
        catch (ArgumentException exception)
        {
            throw new FailureException($"the checkpoint cannot be used: {Failures.OneLine(exception)}.", exception);
        }

        if (_run.Updates > _stepsPlanned)
        {
            throw new UsageException(
                $"{Figures.Count(_run.Updates, "update")} {(_run.Updates == 1 ? "is" : "are")} made already, and --max-steps would stop " +
                $"after {Figures.Count(_stepsPlanned)}; give more, or leave it out.");
        }

        string where = _run.IsAtEnd ? "at its end" : $"in epoch {_run.Epoch + 1}, after {Figures.Count(_run.Steps, "step")} of it";
        progress.Note($"going on after {Figures.Count(_run.Updates, "update")}, {where}");
        if (from.WrittenBy != TrainingRecord.ThisBuild)
        {
            progress.Note(
                $"the run was begun by {from.WrittenBy}, and this is {TrainingRecord.ThisBuild}: its last bits may come out otherwise");
        }
    }

    /// <returns>False when the limit on steps cut the epoch short.</returns>
    private bool TrainEpoch(IProgressDisplay progress, CancellationToken stop)
    {
        string label = $"epoch {_run.Epoch + 1}/{Recipe.Epochs}";
        try
        {
            while (_run.Updates < _stepsPlanned && _run.Steps < _run.BatchCount)
            {
                stop.ThrowIfCancellationRequested();
                _run.TryStep(out StepResult result);
                Tell(result);
                if (checkpoints?.Keeper.IsDue(_run.Updates) == true)
                {
                    RequireFiniteParameters();
                    SaveRun();
                }

                if (progress.IsDue) progress.Show(label, (double)_run.Updates / _stepsPlanned, Detail());
            }
        }
        catch (NotFiniteException exception)
        {
            string found = $"(loss {exception.Loss}, gradient norm {exception.GradientNorm})";
            throw Diverged($"in epoch {_run.Epoch + 1}, step {_run.Steps + 1} {found}", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new FailureException($"{Failures.OneLine(exception)}.", exception);
        }

        // The results of an epoch cut short are not part of the run that a later one goes on with.
        if (_run.Steps < _run.BatchCount) SaveRun();
        EpochOutcome epoch = _run.Measure(ProgressDisplay.ShareOf(progress, $"{label}, validation"), stop);
        if (!double.IsFinite(epoch.Train.Loss) || !double.IsFinite(epoch.Valid.Loss))
            throw Diverged($"in epoch {_run.Epoch + 1} (train loss {epoch.Train.Loss}, validation loss {epoch.Valid.Loss})", null);
        RequireFiniteParameters();
        bool improved = _run.IsBest(epoch);
        if (improved) Save(_run.ParametersToKeep, epoch);
        bool averages = _run.Accept(epoch);
        log?.AddEpoch(_run.Updates, json => task.WriteEpoch(json, epoch));
        progress.Note(
            $"{label}: {Describe(epoch)}; learning rate {Figures.Setting(epoch.LearningRate)}; {Figures.Duration(epoch.Seconds)}, " +
            $"{Figures.Count(epoch.TermsPerSecond)} {task.Words.Terms}/s{(improved ? $"; saved to {task.Output}" : "")}");
        if (!epoch.IsWhole)
        {
            _cutShort = epoch;
            return false;
        }

        if (averages) progress.Note("validation stopped getting better: from here on the model is the average of the parameters");
        if (checkpoints?.Keeper.IsDueAfterEpoch(_run.Updates) == true) SaveRun();
        return true;
    }

    // What is logged comes first, so that it is there for whatever goes on from the checkpoint.
    private void SaveRun()
    {
        log?.Flush();
        checkpoints?.Save(_run, TotalSeconds);
    }

    private void Tell(StepResult result) => log?.Add(
        result, _run.LastStep.TotalSeconds, new(_run.Epoch + 1, _run.Steps, _run.Updates, _run.LearningRate, TotalSeconds),
        isLast: _run.Steps == _run.BatchCount);

    private void TellEnd(string reason, Measurement? test, string? message) => log?.End(reason, _run.Updates, json =>
    {
        json.Add(_run.Epochs.Count, "epochs").Add(_run.Best?.Epoch, "bestEpoch");
        if (_run.Best is { } best) json.AddAll(writer => task.WriteMeasured(writer, "valid", best.Valid));
        if (test is { } measured) json.AddAll(writer => task.WriteMeasured(writer, "test", measured));
        json.Add(task.Output, "model").Add(TotalSeconds, "seconds").Add(message);
    });

    // Epochs cut short by the limit on steps are no finished epochs, and the file's record holds none but those.
    private void Save(ParameterBlock parameters, EpochOutcome best) =>
        task.Save(parameters, [.. _run.Epochs.Where(epoch => epoch.Epoch < best.Epoch), .. best.IsWhole ? (EpochOutcome[])[best] : []]);

    // The last update may have made parameters infinite that no loss has met yet.
    private void RequireFiniteParameters()
    {
        foreach (ParameterBlock block in (ReadOnlySpan<ParameterBlock>)[_run.ParametersToKeep, task.Task.Network.Parameters])
        {
            if (block.Values.ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
                throw Diverged($"in epoch {_run.Epoch + 1}, step {_run.Steps} (a parameter is infinite or not a number)", null);
        }
    }

    private bool IsOutOfPatience(IProgressDisplay progress)
    {
        if (!_run.IsOutOfPatience) return false;
        progress.Note($"no better validation in {Figures.Count(Recipe.Patience, "epoch")}: stopped, as --patience asks");
        return true;
    }

    private string Detail()
    {
        double left = TotalSeconds / _run.Updates * (_stepsPlanned - _run.Updates);
        double loss = _run.MeanLoss;
        string metric = task.Words.Text(_run.TrainMetric), shown = metric.Length > 0 ? $"  {task.Words.Name} {metric}" : "";
        if (task.Words.BitsOf is not null) shown += $"  {task.Words.Bits(loss)}";
        string speed = $"{Figures.Count(_run.TermsPerSecond)} {task.Words.Terms}/s";
        return $"loss {Figures.Fixed(loss, 3)}{shown}  {speed}  {Figures.Duration(left)} left";
    }

    private string Describe(EpochOutcome epoch)
    {
        string train = task.Words.Text(epoch.Train.Metric), valid = task.Words.Text(epoch.Valid.Metric);
        string perplexity = task.Words.TellsPerplexity
            ? $"; perplexity train {TaskWords.Perplexity(epoch.Train)}, valid {TaskWords.Perplexity(epoch.Valid)}"
            : "";
        string bits = task.Words.BitsOf is { } one
            ? $"; bits per {one} train {Figures.Bits(epoch.Train.Loss)}, valid {Figures.Bits(epoch.Valid.Loss)}"
            : "";
        return $"{task.Words.Name} {(train.Length > 0 ? $"train {train}, " : "")}valid {valid}{perplexity}{bits}";
    }

    private DivergedException Diverged(string where, Exception? cause)
    {
        // Going on would come to the same end.
        checkpoints?.Keeper.Finish();
        return new DivergedException($"the numbers stopped being finite {where}; {WhatIsKept()}", cause)
        {
            Advice = $"Try a lower --lr (it was {Figures.Setting(_run.LearningRate)}) or a lower --clip " +
                $"(it was {Figures.Setting(Recipe.ClipNorm)}{(Recipe.ClipNorm == 0 ? ", no clipping" : "")}).",
        };
    }

    // Writes the last checkpoint, and says in a line of its own how to go on from it.
    private string? HowToGoOn()
    {
        if (checkpoints is null) return null;
        SaveRun();
        return checkpoints.Keeper.WhatIsKept();
    }

    private string WhatIsKept() => _run.Best is { } best
        ? $"{task.Output} holds the best model so far, of epoch {best.Epoch}, " +
            $"validation {task.Words.Name} {task.Words.Text(best.Valid.Metric)}."
        : $"no epoch was finished, so nothing was saved to {task.Output}.";
}
