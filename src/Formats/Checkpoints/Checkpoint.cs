using TinySD.Formats.Container;
using TinySD.Formats.Models;

namespace TinySD.Formats.Checkpoints;

/// <summary>All that a checkpoint of any task holds but its numbers.</summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <typeparam name="TData">What only the task has: mostly, by what its data can be found and known again.</typeparam>
public sealed record Checkpoint<TRecipe, TData>
    where TRecipe : TrainingRecipe
    where TData : class
{
    /// <summary>The program that wrote it.</summary>
    public string WrittenBy { get; init; } = TrainingRecord.ThisBuild;

    /// <summary>Where the run stands.</summary>
    public required RunState State { get; init; }

    /// <summary>What decides the run, apart from its data.</summary>
    public required TRecipe Recipe { get; init; }

    /// <summary>What only the task has.</summary>
    public required TData Data { get; init; }

    /// <summary>What the run's command said.</summary>
    public required RunSettings Settings { get; init; }
}

/// <summary>Where a run's results and its checkpoints go, and when it stops. Names of members here are the file's.</summary>
public sealed record RunSettings
{
    /// <summary>The masks, if they are replayed.</summary>
    public ScheduleFingerprint? Schedule { get; init; }

    /// <summary>The model that the run began with, if it did not begin with random weights: a full path.</summary>
    public string? InitFrom { get; init; }

    /// <summary>Where the best model goes: a full path.</summary>
    public required string Output { get; init; }

    /// <summary>Where the run's report goes, if it is to have one.</summary>
    public string? Report { get; init; }

    /// <summary>Where the run's log goes, if it has one.</summary>
    public string? Log { get; init; }

    /// <summary>Updates from one line of the log to the next, if it has one.</summary>
    public int? LogEvery { get; init; }

    /// <summary>Number format of the weights in the model.</summary>
    public required TensorStorage Dtype { get; init; }

    /// <summary>Updates after which to stop, if not after the last epoch.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>Updates from checkpoint to checkpoint, if they are counted.</summary>
    public int? CheckpointEvery { get; init; }

    /// <summary>Checkpoints that are kept.</summary>
    public required int CheckpointKeep { get; init; }

    /// <summary>Whether the checkpoints are removed once the run has come to its end.</summary>
    public bool CheckpointsAreTemporary { get; init; }

    internal string? FindFault() =>
        MaxSteps < 1 || LogEvery < 1 || CheckpointEvery < 1 || CheckpointKeep < 1 || Schedule?.Updates < 1 ? "an option's number is below 1"
        : Schedule is null ? null : Fingerprint.FindFault(Schedule.Checksum);
}

/// <summary>A mask schedule that a run replays.</summary>
/// <param name="Path">As it was given.</param>
/// <param name="Updates">Updates in it; a longer one whose first ones are the same is as good.</param>
/// <param name="Checksum">What <c>MaskScheduleFile.FingerprintOf</c> says of them.</param>
public sealed record ScheduleFingerprint(string Path, int Updates, string Checksum);

/// <summary>A data file that a run was given, so that it can be found and known again.</summary>
/// <param name="Path">As it was given.</param>
/// <param name="Tokens">Tokens in it.</param>
/// <param name="Checksum">What <see cref="Fingerprint"/> says of them.</param>
public sealed record TextFingerprint(string Path, long Tokens, string Checksum);
