using TinySD.Formats.Checkpoints;
using TinySD.Runtime.Training;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>What a language model's checkpoint files say, and what a run of any task needs of them.</summary>
internal static class LanguageModelCheckpoints
{
    /// <summary>The checkpoints of a run.</summary>
    /// <param name="keeper">When and where.</param>
    /// <param name="identity">What does not change from one to the next.</param>
    /// <param name="from">The one to go on from, or null.</param>
    /// <param name="isSaved">Whether that one is in the keeper's folder already.</param>
    public static RunCheckpoints Of(CheckpointKeeper keeper, LanguageModelCheckpoint identity, LanguageModelCheckpointFile? from, bool isSaved) =>
        new(keeper, (path, state, blocks) => LanguageModelCheckpointFile.Write(path, With(identity, state), Blocks(blocks)), PointOf(from), isSaved);

    private static ResumePoint? PointOf(LanguageModelCheckpointFile? from) => from is null ? null : new ResumePoint(
        StateOf(from.Content), from.Content.WrittenBy, blocks =>
        {
            from.Load(Blocks(blocks));
            from.Dispose();
        });

    private static LanguageModelCheckpoint With(LanguageModelCheckpoint identity, RunState state) => identity with
    {
        Progress = new()
        {
            Updates = state.Updates,
            Epoch = state.Epoch,
            Step = state.Step,
            LossSum = state.LossSum,
            Seconds = state.Seconds,
            TotalSeconds = state.TotalSeconds,
            LearningRate = state.LearningRate,
            OptimizerUpdates = state.Counts.Updates,
            AveragedUpdates = state.Counts.AveragedUpdates < 0 ? null : state.Counts.AveragedUpdates,
        },
        Epochs =
        [
            .. state.Epochs.Select(e => new FinishedEpoch(e.Epoch, e.Steps, e.Train.Metric, e.Valid.Metric, e.LearningRate, e.Seconds, e.TermsPerSecond)
            { TrainLoss = e.Train.Loss, ValidLoss = e.Valid.Loss }),
        ],
        BestEpoch = state.BestEpoch,
    };

    private static RunState StateOf(LanguageModelCheckpoint content) => new()
    {
        Updates = content.Progress.Updates,
        Epoch = content.Progress.Epoch,
        Step = content.Progress.Step,
        LossSum = content.Progress.LossSum,
        Seconds = content.Progress.Seconds,
        TotalSeconds = content.Progress.TotalSeconds,
        LearningRate = content.Progress.LearningRate,
        Counts = new(content.Progress.OptimizerUpdates, content.Progress.AveragedUpdates ?? -1),
        Epochs =
        [
            .. content.Epochs.Select(e => new EpochOutcome(
                e.Epoch, e.Steps, new(e.TrainLoss, e.TrainPerplexity), new(e.ValidLoss, e.ValidPerplexity), e.LearningRate, e.Seconds, e.TokensPerSecond)),
        ],
        BestEpoch = content.BestEpoch,
    };

    private static CheckpointBlock[] Blocks(IReadOnlyList<NamedBlock> blocks) =>
        [.. blocks.Select(block => new CheckpointBlock(block.Name.Length == 0 ? "" : $"{block.Name}.", block.Block, block.AreWeights))];
}
