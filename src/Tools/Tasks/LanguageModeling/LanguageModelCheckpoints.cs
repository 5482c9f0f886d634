using TinySD.Formats;
using TinySD.Formats.Checkpoints;
using TinySD.Runtime.Models;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The checkpoints of one language model's run: what goes into them, and how the run goes on from one.</summary>
/// <param name="keeper">When and where.</param>
/// <param name="identity">What does not change from one to the next.</param>
/// <param name="from">The one to go on from, or null.</param>
/// <param name="isSaved">Whether that one is in the keeper's folder already.</param>
internal sealed class LanguageModelCheckpoints(
    CheckpointKeeper keeper, LanguageModelCheckpoint identity, LanguageModelCheckpointFile? from, bool isSaved)
{
    private const string BestPrefix = "best.";

    private (long Updates, int Epoch) _saved = (-1, -1);

    /// <summary>The best parameters so far; null before the first epoch is finished.</summary>
    public LanguageModel? Best { get; private set; }

    /// <summary>When and where.</summary>
    public CheckpointKeeper Keeper => keeper;

    /// <summary>Brings a run to where the checkpoint was, and closes that.</summary>
    /// <param name="run">Fresh.</param>
    /// <returns>What else the checkpoint says; null where the run begins at the beginning.</returns>
    /// <exception cref="FileProblemException">Its tensors are not this model's.</exception>
    /// <exception cref="Errors.FailureException">Its place is not in this text.</exception>
    public LanguageModelCheckpoint? Restore(LanguageModelRun run)
    {
        if (from is null) return null;
        TrainingProgress progress = from.Content.Progress;
        if (from.Content.BestEpoch is not null) Best = new LanguageModel(run.Model.Config);
        double[] validations = [.. from.Content.Epochs.Select(epoch => epoch.ValidLoss)];
        run.Restore(progress, validations, blocks => from.Load([.. blocks, .. BestBlocks()]));
        if (isSaved) _saved = (progress.Updates, progress.Epoch);

        // A file that is open takes its room on the disk after it was removed.
        from.Dispose();
        return from.Content;
    }

    /// <summary>Takes the run's model to keep for the best so far.</summary>
    public void KeepBest(LanguageModelRun run)
    {
        Best ??= new LanguageModel(run.Model.Config);
        run.ModelToKeep.Parameters.Values.CopyTo(Best.Parameters.Values);
    }

    /// <summary>Writes a checkpoint unless there is one of this moment already.</summary>
    /// <param name="run">The run, between two steps.</param>
    /// <param name="epochs">Its finished epochs.</param>
    /// <param name="best">The best of them.</param>
    /// <param name="totalSeconds">Time spent on it.</param>
    /// <exception cref="Errors.FailureException">It cannot be written.</exception>
    public void Save(LanguageModelRun run, IReadOnlyList<EpochOutcome> epochs, EpochOutcome? best, double totalSeconds)
    {
        (long Updates, int Epoch) now = (run.Updates, run.Epoch);
        if (now == _saved) return;
        LanguageModelCheckpoint content = identity with
        {
            Progress = run.ToProgress(totalSeconds),
            Epochs =
            [
                .. epochs.Select(e => new FinishedEpoch(
                    e.Epoch, e.Steps, e.TrainPerplexity, e.ValidPerplexity, e.LearningRate, e.Seconds, e.TokensPerSecond)
                { TrainLoss = e.TrainLoss, ValidLoss = e.ValidLoss }),
            ],
            BestEpoch = best?.Epoch,
        };
        keeper.Write(run.Updates, path => LanguageModelCheckpointFile.Write(path, content, [.. run.SaveState(), .. BestBlocks()]));
        _saved = now;
    }

    private CheckpointBlock[] BestBlocks() => Best is null ? [] : [new(BestPrefix, Best.Parameters, AreWeights: true)];
}
