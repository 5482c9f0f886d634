using System.Diagnostics;
using TinySD.Tools.Machines;
using TinySD.Tools.Tasks.LanguageModeling;
using TinySD.Tools.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>Trains the runs of a grid that have not ended, each from where it was. One that diverges ends for good, and the others go on.</summary>
/// <param name="plan">What to train.</param>
/// <param name="folder">Where it goes.</param>
/// <param name="data">The texts.</param>
/// <param name="command">The command that goes on, for messages.</param>
/// <param name="runner">Threads.</param>
/// <param name="hardware">The machine.</param>
/// <param name="warn">Told what had to be passed over.</param>
internal sealed class GridTraining(
    GridPlan plan, GridFolder folder, LanguageModelData data, string command, IParallelRunner runner, HardwareProfile? hardware, Action<string> warn)
{
    // Each is of the size of the model, its state and the best model; a damaged newest one is passed over for the other.
    private const int CheckpointsToKeep = 2;

    /// <summary>Trains.</summary>
    /// <param name="progress">Shown how far the grid is.</param>
    /// <param name="ended">Told of every run that ends.</param>
    /// <param name="stop">Ends it after a checkpoint.</param>
    /// <exception cref="StoppedException">A stop was asked for.</exception>
    /// <exception cref="FailureException">A run failed; the message names it.</exception>
    public void Run(IProgressDisplay progress, Action ended, CancellationToken stop)
    {
        var shown = new GridProgress(progress, plan.Runs, folder.IsEnded, run => folder.TimesOf(run)?.Seconds);
        foreach (GridRun run in plan.Runs)
        {
            if (folder.IsEnded(run))
            {
                folder.RemoveCheckpoints(run);
                continue;
            }

            if (stop.IsCancellationRequested) throw new StoppedException($"stopped before {run}. Go on with: {command}");
            shown.Begin(run);
            try
            {
                double seconds = Train(run, shown, stop);
                shown.End(seconds);
            }
            catch (DivergedException exception)
            {
                string why = exception.Advice is { } advice ? $"{exception.Message} {advice}" : exception.Message;
                folder.Finish(run, why);
                shown.Abandon();
                warn($"{run}: {why}");
            }
            catch (FailureException exception)
            {
                throw new FailureException($"{run}: {exception.Message}", exception) { Advice = exception.Advice };
            }

            ended();
        }
    }

    private double Train(GridRun run, IProgressDisplay progress, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        LanguageModelRecipe recipe = plan.RecipeOf(run);
        string at = folder.Of(run), output = folder.ModelOf(run);
        AtomicFile.CheckOwn(output);
        string? begun = Directory.Exists(at) && CheckpointFolder.List(at).Count > 0 ? at : null;
        var request = new CheckpointRequest(at, begun, null, CheckpointsToKeep);
        using CheckpointKeeper keeper = CheckpointKeeper.Hold(request, "reproduce lm", resume: command);
        using CheckpointFile<LanguageModelRecipe, RunTexts>? from = begun is null ? null
            : CheckpointKeeper.OpenNewest<CheckpointFile<LanguageModelRecipe, RunTexts>>(at, LanguageModelCheckpoint.Format.TryOpen, warn, keeper, $"Remove {at}, and the run begins anew.");
        if (from is not null && (from.Content.Recipe != recipe || from.Content.Data.Train.Checksum != data.Train.ToFingerprint().Checksum))
            throw new FailureException($"the checkpoints in {at} are of another run than this grid's; remove that folder, and the run begins anew.");
        if (from is not null) keeper.Prune();
        folder.RemoveLeftovers(run);
        RunCheckpoints checkpoints = RunCheckpoints.Of(
            keeper, LanguageModelCheckpoint.Format, recipe, data.ToRunTexts(plan.Streams), keeper.SettingsFor(output, TensorStorage.F32), from,
            isSaved: from is not null);
        double before = from?.Content.State.TotalSeconds ?? 0;
        var training = new LanguageModelTraining(recipe, data, output, runner, hardware, streams: plan.Streams);
        TrainingOutcome outcome = new TrainingDriver<TokenWindow>(training, maxSteps: null, runner.ThreadCount, checkpoints).Run(progress, stop);
        double seconds = before + Stopwatch.GetElapsedTime(start).TotalSeconds;
        folder.Finish(run, GridRunResult.From(run, outcome, training.Streams), new GridRunTimes(seconds, runner.ThreadCount, BuildFacts.Name));
        return seconds;
    }
}
