using TinySD.Formats.Container;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Formats.Checkpoints;

/// <summary>A text that a run was given, so that it can be found and known again.</summary>
/// <param name="Path">As it was given.</param>
/// <param name="Tokens">Tokens in it.</param>
/// <param name="Checksum">What <see cref="Fingerprint.Of(ITokenSource)"/> says of them.</param>
public sealed record TextFingerprint(string Path, long Tokens, string Checksum);

/// <summary>A vocabulary, so that it can be known again.</summary>
/// <param name="Count">Its tokens.</param>
/// <param name="Checksum">What <see cref="Fingerprint.Of(Vocabulary)"/> says of them.</param>
public sealed record VocabularyFingerprint(int Count, string Checksum);

/// <summary>A mask schedule that a run replays.</summary>
/// <param name="Path">As it was given.</param>
/// <param name="Updates">Updates in it; a longer one whose first ones are the same is as good.</param>
/// <param name="Checksum">What <c>MaskScheduleFile.FingerprintOf</c> says of them.</param>
public sealed record ScheduleFingerprint(string Path, int Updates, string Checksum);

/// <summary>The outcome of a finished epoch.</summary>
/// <param name="Epoch">Counted from 1.</param>
/// <param name="Steps">Updates made in it.</param>
/// <param name="TrainPerplexity">On the training text, as it was while training; infinite where exp of the loss is.</param>
/// <param name="ValidPerplexity">On the validation text after it, likewise.</param>
/// <param name="LearningRate">Of its updates.</param>
/// <param name="Seconds">Spent on its updates.</param>
/// <param name="TokensPerSecond">Training speed.</param>
public sealed record FinishedEpoch(
    int Epoch, int Steps, double TrainPerplexity, double ValidPerplexity, float LearningRate, double Seconds, double TokensPerSecond)
{
    /// <summary>Mean loss on the training text, nats per token: what the perplexity is exp of, to the last bit where the file has it.</summary>
    public double TrainLoss { get; init; } = EvaluationResult.LossOf(TrainPerplexity);

    /// <summary>Mean loss on the validation text, likewise: what epochs are compared by.</summary>
    public double ValidLoss { get; init; } = EvaluationResult.LossOf(ValidPerplexity);
}

/// <summary>All that a language model's checkpoint holds but its numbers.</summary>
public sealed record LanguageModelCheckpoint
{
    /// <summary>The program that wrote it.</summary>
    public string WrittenBy { get; init; } = TrainingRecord.ThisBuild;

    /// <summary>Where the run stands.</summary>
    public required TrainingProgress Progress { get; init; }

    /// <summary>What decides the run, apart from its data.</summary>
    public required LanguageModelRecipe Recipe { get; init; }

    /// <summary>What a token is.</summary>
    public required TextLevel Level { get; init; }

    /// <summary>Which lines of its texts get a token for their end.</summary>
    public LineMarks LineMarks { get; init; }

    /// <summary>Tokens rarer than this in the training text are unknown.</summary>
    public required int MinimumCount { get; init; }

    /// <summary>The most tokens of the vocabulary, if it has a limit of its own.</summary>
    public int? MaximumVocabulary { get; init; }

    /// <summary>The vocabulary.</summary>
    public required VocabularyFingerprint Vocabulary { get; init; }

    /// <summary>The training text.</summary>
    public required TextFingerprint Train { get; init; }

    /// <summary>The validation text.</summary>
    public required TextFingerprint Valid { get; init; }

    /// <summary>The test text, if there is one.</summary>
    public TextFingerprint? Test { get; init; }

    /// <summary>
    /// Streams that validation and test texts are cut into; null in runs that were begun before this was recorded, whose validation has as
    /// many as the batch and whose test has one.
    /// </summary>
    public int? Streams { get; init; }

    /// <summary>The masks, if they are replayed.</summary>
    public ScheduleFingerprint? Schedule { get; init; }

    /// <summary>Where the best model goes, as it was given.</summary>
    public required string Output { get; init; }

    /// <summary>Where the run's report goes, if it is to have one.</summary>
    public string? Report { get; init; }

    /// <summary>Number format of the weights there.</summary>
    public TensorStorage Dtype { get; init; }

    /// <summary>Updates after which to stop, if not after the last epoch.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>Updates from checkpoint to checkpoint, if they are counted.</summary>
    public int? CheckpointEvery { get; init; }

    /// <summary>Checkpoints that are kept.</summary>
    public required int CheckpointKeep { get; init; }

    /// <summary>Whether the checkpoints are removed once the run has come to its end.</summary>
    public bool CheckpointsAreTemporary { get; init; }

    /// <summary>The finished epochs: all before the one that is trained.</summary>
    public IReadOnlyList<FinishedEpoch> Epochs { get; init; } = [];

    /// <summary>Which of them was best, counted from 1; its parameters are in the file beside the current ones. Null before the first is finished.</summary>
    public int? BestEpoch { get; init; }

    /// <summary>What is impossible, or null.</summary>
    internal string? FindFault()
    {
        if (Epochs.Count != Progress.Epoch) return $"it is in epoch {Progress.Epoch + 1} and has the results of {Epochs.Count}";
        for (int index = 0; index < Epochs.Count; index++)
        {
            FinishedEpoch epoch = Epochs[index];
            if (epoch.Epoch != index + 1 || epoch.Steps < 1) return $"epoch {epoch.Epoch} with {Words.Counted(epoch.Steps, "step")} stands where epoch {index + 1} belongs";
            if (!double.IsFinite(epoch.TrainLoss) || !double.IsFinite(epoch.ValidLoss)) return $"a result of epoch {epoch.Epoch} is not finite";
            if (!(epoch.TrainPerplexity > 0) || !(epoch.ValidPerplexity > 0)) return $"a perplexity of epoch {epoch.Epoch} is not a number above 0";
            if (!(epoch.LearningRate >= 0 && float.IsFinite(epoch.LearningRate))) return $"the learning rate of epoch {epoch.Epoch} is not a number of at least 0";
            if (!TrainingProgress.IsTime(epoch.Seconds) || !(epoch.TokensPerSecond >= 0 && double.IsFinite(epoch.TokensPerSecond)))
                return $"the time or the speed of epoch {epoch.Epoch} is not a number in its range";
        }

        if (Epochs.Sum(epoch => (long)epoch.Steps) + Progress.Step != Progress.Updates)
            return $"the steps of its epochs do not add up to its {Words.Counted(Progress.Updates, "update")}";
        if (Progress.AveragedUpdates is not null && Recipe.Optimizer != OptimizerKind.NtAsgd) return "it has an average, and its recipe's optimizer makes none";
        if (BestEpoch is null != (Epochs.Count == 0) || BestEpoch < 1 || BestEpoch > Epochs.Count) return $"epoch {BestEpoch} cannot be the best of {Epochs.Count}";
        if (Level != TextLevel.Word && LineMarks != LineMarks.Always) return "only lines of words have marks at their ends";
        if (Streams is < 1 or > LanguageModelFile.MaxStreams) return $"{Streams} streams are not 1 to {LanguageModelFile.MaxStreams}";
        if (MinimumCount < 1 || MaximumVocabulary < 1 || MaxSteps < 1 || CheckpointEvery < 1 || CheckpointKeep < 1 || Schedule?.Updates < 1) return "an option's number is below 1";
        if (new[] { Train, Valid, Test }.Any(text => text?.Tokens < 2) || Vocabulary.Count < 2) return "a text or the vocabulary has fewer than 2 tokens";
        string?[] checksums = [Vocabulary.Checksum, Train.Checksum, Valid.Checksum, Test?.Checksum, Schedule?.Checksum];
        return checksums.Any(text => text is not null && !Checksum.IsWellFormed(text)) ? "a checksum is not 32 lower-case hexadecimal digits" : null;
    }
}
