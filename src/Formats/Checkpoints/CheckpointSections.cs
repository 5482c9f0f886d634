using TinySD.Formats.Container;
using TinySD.Formats.Models;
using TinySD.Formats.Text;

namespace TinySD.Formats.Checkpoints;

// The JSON of a checkpoint's header, spelled out apart from the records: a name changed there must not change the format.

/// <summary>The section <c>progress</c>.</summary>
internal sealed class ProgressSection
{
    public required long Updates { get; init; }

    public required int Epoch { get; init; }

    public required int Step { get; init; }

    public required double LossSum { get; init; }

    public required double Seconds { get; init; }

    public required double TotalSeconds { get; init; }

    public required float LearningRate { get; init; }

    public required long OptimizerUpdates { get; init; }

    public long? AveragedUpdates { get; init; }

    public static ProgressSection From(TrainingProgress progress) => new()
    {
        Updates = progress.Updates,
        Epoch = progress.Epoch,
        Step = progress.Step,
        LossSum = progress.LossSum,
        Seconds = progress.Seconds,
        TotalSeconds = progress.TotalSeconds,
        LearningRate = progress.LearningRate,
        OptimizerUpdates = progress.OptimizerUpdates,
        AveragedUpdates = progress.AveragedUpdates,
    };

    public TrainingProgress ToProgress() => new()
    {
        Updates = Updates,
        Epoch = Epoch,
        Step = Step,
        LossSum = LossSum,
        Seconds = Seconds,
        TotalSeconds = TotalSeconds,
        LearningRate = LearningRate,
        OptimizerUpdates = OptimizerUpdates,
        AveragedUpdates = AveragedUpdates,
    };
}

/// <summary>The section <c>run</c> of the task <c>language-model</c>.</summary>
internal sealed class LanguageModelRunSection
{
    public required string WrittenBy { get; init; }

    public required RecipeEntry Recipe { get; init; }

    public required string Level { get; init; }

    public string? LineMarks { get; init; }

    public required int MinimumCount { get; init; }

    public int? MaximumVocabulary { get; init; }

    public required FingerprintEntry Vocabulary { get; init; }

    public required DataEntry Train { get; init; }

    public required DataEntry Valid { get; init; }

    public DataEntry? Test { get; init; }

    public int? Streams { get; init; }

    public ScheduleEntry? Schedule { get; init; }

    public required string Output { get; init; }

    public string? Report { get; init; }

    public required string Dtype { get; init; }

    public int? MaxSteps { get; init; }

    public int? CheckpointEvery { get; init; }

    public required int CheckpointKeep { get; init; }

    public bool CheckpointsAreTemporary { get; init; }

    public required FinishedEpochEntry[] Epochs { get; init; }

    public int? BestEpoch { get; init; }

    public static LanguageModelRunSection From(LanguageModelCheckpoint run) => new()
    {
        WrittenBy = run.WrittenBy,
        Recipe = RecipeEntry.From(run.Recipe),
        Level = TextSpelling.Levels.NameOf(run.Level),
        LineMarks = LineMarksEntry.NameOf(run.LineMarks),
        MinimumCount = run.MinimumCount,
        MaximumVocabulary = run.MaximumVocabulary,
        Vocabulary = new FingerprintEntry { Count = run.Vocabulary.Count, Checksum = run.Vocabulary.Checksum },
        Train = DataEntry.From(run.Train),
        Valid = DataEntry.From(run.Valid),
        Test = run.Test is null ? null : DataEntry.From(run.Test),
        Streams = run.Streams,
        Schedule = run.Schedule is { } schedule
            ? new ScheduleEntry { Path = schedule.Path, Updates = schedule.Updates, Checksum = schedule.Checksum }
            : null,
        Output = run.Output,
        Report = run.Report,
        Dtype = NumberFormat.Names.NameOf(run.Dtype),
        MaxSteps = run.MaxSteps,
        CheckpointEvery = run.CheckpointEvery,
        CheckpointKeep = run.CheckpointKeep,
        CheckpointsAreTemporary = run.CheckpointsAreTemporary,
        Epochs = [.. run.Epochs.Select(FinishedEpochEntry.From)],
        BestEpoch = run.BestEpoch,
    };

    /// <summary>The record.</summary>
    /// <exception cref="ArgumentException">A value is not one the format knows.</exception>
    public LanguageModelCheckpoint ToCheckpoint(TrainingProgress progress)
    {
        if (Epochs.Contains(null)) Throw.Argument("an epoch is null");
        return new LanguageModelCheckpoint
        {
            WrittenBy = WrittenBy,
            Progress = progress,
            Recipe = Recipe.ToRecipe(),
            Level = TextSpelling.Levels.ValueOf(Level),
            LineMarks = LineMarksEntry.ValueOf(LineMarks),
            MinimumCount = MinimumCount,
            MaximumVocabulary = MaximumVocabulary,
            Vocabulary = new VocabularyFingerprint(Vocabulary.Count, Vocabulary.Checksum),
            Train = Train.ToFingerprint(),
            Valid = Valid.ToFingerprint(),
            Test = Test?.ToFingerprint(),
            Streams = Streams,
            Schedule = Schedule is null ? null : new ScheduleFingerprint(Schedule.Path, Schedule.Updates, Schedule.Checksum),
            Output = Output,
            Report = Report,
            Dtype = NumberFormat.Names.ValueOf(Dtype),
            MaxSteps = MaxSteps,
            CheckpointEvery = CheckpointEvery,
            CheckpointKeep = CheckpointKeep,
            CheckpointsAreTemporary = CheckpointsAreTemporary,
            Epochs = [.. Epochs.Select(epoch => epoch.ToEpoch())],
            BestEpoch = BestEpoch,
        };
    }
}

/// <summary>The vocabulary in the section <c>run</c>.</summary>
internal sealed class FingerprintEntry
{
    public required int Count { get; init; }

    public required string Checksum { get; init; }
}

/// <summary>A text in the section <c>run</c>.</summary>
internal sealed class DataEntry
{
    public required string Path { get; init; }

    public required long Tokens { get; init; }

    public required string Checksum { get; init; }

    public static DataEntry From(TextFingerprint text) => new() { Path = text.Path, Tokens = text.Tokens, Checksum = text.Checksum };

    public TextFingerprint ToFingerprint() => new(Path, Tokens, Checksum);
}

/// <summary>The mask schedule in the section <c>run</c>.</summary>
internal sealed class ScheduleEntry
{
    public required string Path { get; init; }

    public required int Updates { get; init; }

    public required string Checksum { get; init; }
}

/// <summary>An epoch in the section <c>run</c>.</summary>
internal sealed class FinishedEpochEntry
{
    public required int Epoch { get; init; }

    public required int Steps { get; init; }

    // Left out where they are infinite.
    public double? TrainPerplexity { get; init; }

    public double? ValidPerplexity { get; init; }

    // Missing in files from before there were losses.
    public double? TrainLoss { get; init; }

    public double? ValidLoss { get; init; }

    public required float LearningRate { get; init; }

    public required double Seconds { get; init; }

    public required double TokensPerSecond { get; init; }

    public static FinishedEpochEntry From(FinishedEpoch epoch) => new()
    {
        Epoch = epoch.Epoch,
        Steps = epoch.Steps,
        TrainPerplexity = ResultEntry.PerplexityOf(epoch.TrainPerplexity),
        ValidPerplexity = ResultEntry.PerplexityOf(epoch.ValidPerplexity),
        TrainLoss = epoch.TrainLoss,
        ValidLoss = epoch.ValidLoss,
        LearningRate = epoch.LearningRate,
        Seconds = epoch.Seconds,
        TokensPerSecond = epoch.TokensPerSecond,
    };

    /// <summary>The outcome.</summary>
    /// <exception cref="ArgumentException">A result is missing.</exception>
    public FinishedEpoch ToEpoch() => new(
        Epoch, Steps, ResultEntry.Perplexity(TrainPerplexity, TrainLoss), ResultEntry.Perplexity(ValidPerplexity, ValidLoss), LearningRate, Seconds, TokensPerSecond)
    {
        TrainLoss = ResultEntry.Loss(TrainPerplexity, TrainLoss),
        ValidLoss = ResultEntry.Loss(ValidPerplexity, ValidLoss),
    };
}
