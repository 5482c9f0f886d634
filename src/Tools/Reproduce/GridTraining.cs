namespace TinySD.Tools.Reproduce;

/// <summary>Trains the runs of a grid that have not ended, each from where it was. One that diverges ends for good, and the others go
/// on.</summary>
/// <param name="Folder">Where it goes.</param>
/// <param name="Command">The command that goes on, for messages.</param>
/// <param name="Runner">Threads.</param>
/// <param name="Hardware">The machine.</param>
/// <param name="Warn">Told what had to be passed over.</param>
internal sealed record GridTraining(
    GridFolder Folder, string Command, IParallelRunner Runner, HardwareProfile? Hardware, Action<string> Warn)
{
    /// <summary>Trains.</summary>
    /// <exception cref="StoppedException">A stop was asked for.</exception>
    /// <exception cref="FailureException">A run failed; the message names it.</exception>
    public void Run(GridTask task, IProgressDisplay progress, Action ended, CancellationToken stop)
    {
        var shown = new GridProgress(progress, task.Plan.Runs, Folder.IsEnded, run => Folder.TimesOf(run)?.Seconds);
        foreach (GridRun run in task.Plan.Runs)
        {
            if (Folder.IsEnded(run))
            {
                Folder.RemoveCheckpoints(run);
                continue;
            }

            if (stop.IsCancellationRequested) throw new StoppedException($"stopped before {run}. Go on with: {Command}");
            shown.Begin(run);
            try
            {
                shown.End(task.Train(run, this, shown, stop));
            }
            catch (DivergedException exception)
            {
                string why = exception.Advice is { } advice ? $"{exception.Message} {advice}" : exception.Message;
                Folder.Finish(run, why);
                shown.Abandon();
                Warn($"{run}: {why}");
            }
            catch (FailureException exception)
            {
                throw new FailureException($"{run}: {exception.Message}", exception) { Advice = exception.Advice };
            }

            ended();
        }
    }
}
