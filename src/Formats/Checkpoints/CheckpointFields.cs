using TinySD.Formats.Container;
using TinySD.Formats.Fields;
using TinySD.Formats.Models;

namespace TinySD.Formats.Checkpoints;

/// <summary>The members of what checkpoints of all tasks have.</summary>
internal static class CheckpointFields
{
    private static readonly Spelling<int> s_int = Spelling.Whole<int>();
    private static readonly Spelling<long> s_long = Spelling.Whole<long>();

    private static readonly FieldTable<ScheduleFingerprint> s_schedule = new("a schedule", new("", 0, ""),
    [
        new Field<ScheduleFingerprint, string>("path", Spelling.Text, s => s.Path, (s, v) => s with { Path = v }),
        new Field<ScheduleFingerprint, int>("updates", s_int, s => s.Updates, (s, v) => s with { Updates = v }),
        new Field<ScheduleFingerprint, string>("checksum", Spelling.Text, s => s.Checksum, (s, v) => s with { Checksum = v }),
    ]);

    /// <summary>The section <c>progress</c>.</summary>
    public static FieldTable<ProgressSection> Progress { get; } = new("the progress", new(0, 0, 0, 0, 0, 0, 0, 0),
    [
        new Field<ProgressSection, long>("updates", s_long, p => p.Updates, (p, v) => p with { Updates = v }),
        new Field<ProgressSection, int>("epoch", s_int, p => p.Epoch, (p, v) => p with { Epoch = v }),
        new Field<ProgressSection, int>("step", s_int, p => p.Step, (p, v) => p with { Step = v }),
        new Field<ProgressSection, double>("lossSum", Spelling.Double, p => p.LossSum, (p, v) => p with { LossSum = v }),
        new Field<ProgressSection, double>("seconds", Spelling.Double, p => p.Seconds, (p, v) => p with { Seconds = v }),
        new Field<ProgressSection, double>("totalSeconds", Spelling.Double, p => p.TotalSeconds, (p, v) => p with { TotalSeconds = v }),
        new Field<ProgressSection, float>("learningRate", Spelling.Single, p => p.LearningRate, (p, v) => p with { LearningRate = v }),
        new Field<ProgressSection, long>(
            "optimizerUpdates", s_long, p => p.OptimizerUpdates, (p, v) => p with { OptimizerUpdates = v }),
        new Field<ProgressSection, long?>(
            "averagedUpdates", new Optional<long>(s_long), p => p.AveragedUpdates, (p, v) => p with { AveragedUpdates = v })
        { Usual = null },
        new Field<ProgressSection, double?>("scoreSum", Optional.Double, p => p.ScoreSum, (p, v) => p with { ScoreSum = v })
        { Usual = null },
    ]);

    /// <summary>What the run's command said.</summary>
    public static FieldTable<RunSettings> Settings { get; } = new(
        "a run", new() { Output = "", Dtype = default, CheckpointKeep = 0 },
    [
        new Field<RunSettings, ScheduleFingerprint?>(
            "schedule", new Nested<ScheduleFingerprint>(s_schedule), r => r.Schedule, (r, v) => r with { Schedule = v }) { Usual = null },
        new Field<RunSettings, string?>("initFrom", Spelling.Text!, r => r.InitFrom, (r, v) => r with { InitFrom = v }) { Usual = null },
        new Field<RunSettings, string>("output", Spelling.Text, r => r.Output, (r, v) => r with { Output = v }),
        new Field<RunSettings, string?>("report", Spelling.Text!, r => r.Report, (r, v) => r with { Report = v }) { Usual = null },
        new Field<RunSettings, string?>("log", Spelling.Text!, r => r.Log, (r, v) => r with { Log = v }) { Usual = null },
        new Field<RunSettings, int?>("logEvery", Optional.Int, r => r.LogEvery, (r, v) => r with { LogEvery = v }) { Usual = null },
        new Field<RunSettings, string>("dtype", Spelling.Text, r => StorageSpelling.Roundings.NameOf(r.Dtype),
            (r, v) => r with { Dtype = StorageSpelling.Roundings.ValueOf(v) }),
        new Field<RunSettings, int?>("maxSteps", Optional.Int, r => r.MaxSteps, (r, v) => r with { MaxSteps = v }) { Usual = null },
        new Field<RunSettings, int?>("checkpointEvery", Optional.Int, r => r.CheckpointEvery, (r, v) => r with { CheckpointEvery = v })
        { Usual = null },
        new Field<RunSettings, int>("checkpointKeep", s_int, r => r.CheckpointKeep, (r, v) => r with { CheckpointKeep = v }),
        new Field<RunSettings, bool>("checkpointsAreTemporary", Spelling.Switch, r => r.CheckpointsAreTemporary,
            (r, v) => r with { CheckpointsAreTemporary = v }) { Usual = false, IsAlwaysWritten = true },
    ]);

    /// <summary>An epoch.</summary>
    public static FieldTable<RunEpochEntry> Epoch { get; } = new("an epoch", new(EpochEntry.Table.Blank, 0, 0),
        [
            .. EpochEntry.Table.JoinedTo<RunEpochEntry>(e => e.Results, (e, v) => e with { Results = v }),
            new Field<RunEpochEntry, int>("steps", s_int, e => e.Steps, (e, v) => e with { Steps = v }),
            new Field<RunEpochEntry, double>("seconds", Spelling.Double, e => e.Seconds, (e, v) => e with { Seconds = v }),
            new Field<RunEpochEntry, double?>(
                "tokensPerSecond", Optional.Double, e => e.TokensPerSecond, (e, v) => e with { TokensPerSecond = v })
            { Usual = null },
            new Field<RunEpochEntry, double?>(
                "termsPerSecond", Optional.Double, e => e.TermsPerSecond, (e, v) => e with { TermsPerSecond = v })
            { Usual = null },
        ],
        "epoch", "steps");

    private static readonly FieldTable<LossCurveState> s_curve = new("a curve", new(0, 0, [], []),
    [
        new Field<LossCurveState, long>("from", s_long, c => c.From, (c, v) => c with { From = v }),
        new Field<LossCurveState, int>("every", s_int, c => c.Every, (c, v) => c with { Every = v }),
        new Field<LossCurveState, double[]>(
            "lossSums", new Items<double>(Spelling.Double), c => [.. c.LossSums], (c, v) => c with { LossSums = v }),
        new Field<LossCurveState, long[]>("terms", new Items<long>(s_long), c => [.. c.Terms], (c, v) => c with { Terms = v }),
    ]);

    /// <summary>The epochs in the section <c>run</c>.</summary>
    public static FieldTable<EpochsSection> Epochs { get; } = new("a run", new([]),
    [
        new Field<EpochsSection, RunEpochEntry?[]>(
            "epochs", new Items<RunEpochEntry?>(new Nested<RunEpochEntry>(Epoch)), s => s.Epochs, (s, v) => s with { Epochs = v }),
        new Field<EpochsSection, int?>("bestEpoch", Optional.Int, s => s.BestEpoch, (s, v) => s with { BestEpoch = v }) { Usual = null },
        new Field<EpochsSection, LossCurveState?>(
            "curve", new Nested<LossCurveState>(s_curve), s => s.Curve, (s, v) => s with { Curve = v }) { Usual = null },
    ]);
}
