using TinySD.Tools.Json;
using TinySD.Tools.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>An epoch as a grid's files have it.</summary>
/// <param name="Epoch">Counted from 1.</param>
/// <param name="Steps">Its updates.</param>
/// <param name="TrainMetric">On the training data.</param>
/// <param name="ValidMetric">On the validation data.</param>
/// <param name="LearningRate">Of its updates.</param>
/// <param name="TrainLoss">Mean loss over its terms; null in files from before there were losses, whose metric is exp of them.</param>
/// <param name="ValidLoss">Likewise.</param>
internal sealed record GridEpochEntry(
    int Epoch, int Steps, double TrainMetric, double ValidMetric, float LearningRate, double? TrainLoss = null, double? ValidLoss = null)
    : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Epoch).Add(Steps).Add(TrainMetric).Add(ValidMetric).Add(LearningRate).Add(TrainLoss).Add(ValidLoss);

    /// <summary>Reads one.</summary>
    /// <exception cref="JsonException">It is of other members.</exception>
    public static GridEpochEntry Read(GridMembers json) => new(
        json.Int("epoch"), json.Int("steps"), json.Metric("train"), json.Metric("valid"), json.Single("learningRate"),
        json.DoubleIfAny("trainLoss"), json.DoubleIfAny("validLoss"));

    /// <summary>Reads the member of a file that has all epochs.</summary>
    /// <inheritdoc cref="Read"/>
    public static EpochOutcome[] ReadAll(GridMembers json) => json.List("epochs", entry => Read(entry).ToOutcome());

    /// <summary>The entry of an outcome, whose times are left out.</summary>
    public static GridEpochEntry Of(EpochOutcome epoch) => new(
        epoch.Epoch, epoch.Steps, epoch.Train.Metric, epoch.Valid.Metric, epoch.LearningRate,
        Known(epoch.Train.Loss), Known(epoch.Valid.Loss));

    /// <summary>The outcome; its times are 0, and losses that are not known no numbers.</summary>
    public EpochOutcome ToOutcome() => new(
        Epoch, Steps, new(TrainLoss ?? double.NaN, TrainMetric), new(ValidLoss ?? double.NaN, ValidMetric), LearningRate, Seconds: 0,
        TermsPerSecond: 0);

    /// <summary>A loss, or null for one that is no number.</summary>
    public static double? Known(double loss) => double.IsNaN(loss) ? null : loss;
}

/// <summary>What a run came to. Holds no time, so it is the same whenever and however often the run was stopped.</summary>
/// <param name="Cell">The cell's name.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Parameters">Trainable numbers.</param>
/// <param name="BestEpoch">The epoch whose model is kept, counted from 1.</param>
/// <param name="ValidMetric">What it reached on the validation data.</param>
/// <param name="TestMetric">What it reached on the test data.</param>
/// <param name="Epochs">The learning curve.</param>
/// <param name="Streams">Streams that a validation text was cut into; null where there are none, and in results from before that was
/// said.</param>
/// <param name="TestStreams">Streams of a test text; null in the same results.</param>
/// <param name="ValidLoss">Mean loss over its terms; null in files from before there were losses, whose metric is exp of them.</param>
/// <param name="TestLoss">Likewise.</param>
internal sealed record GridRunResult(
    string Cell, ulong Seed, long Parameters, int BestEpoch, double ValidMetric, double TestMetric, IReadOnlyList<EpochOutcome> Epochs,
    int? Streams = null, int? TestStreams = null, double? ValidLoss = null, double? TestLoss = null) : IGridFile, IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Cell).Add(Seed).Add(Parameters).Add(BestEpoch).Add(ValidMetric).Add(TestMetric)
        .Add([.. Epochs.Select(GridEpochEntry.Of)], nameof(Epochs)).Add(Streams).Add(TestStreams).Add(ValidLoss).Add(TestLoss);

    public Measurement OnValid => new(ValidLoss ?? EvaluationResult.LossOf(ValidMetric), ValidMetric);

    public Measurement OnTest => new(TestLoss ?? EvaluationResult.LossOf(TestMetric), TestMetric);

    public static GridRunResult Read(GridMembers json) => new(
        json.String("cell"), json.Seed("seed"), json.Long("parameters"), json.Int("bestEpoch"), json.Metric("valid"), json.Metric("test"),
        GridEpochEntry.ReadAll(json), json.IntIfAny("streams"), json.IntIfAny("testStreams"), json.DoubleIfAny("validLoss"),
        json.DoubleIfAny("testLoss"));

    public static GridRunResult From(GridRun run, TrainingOutcome outcome) => new(
        run.Cell.Name, run.Seed, outcome.Parameters, outcome.Best.Epoch, outcome.Best.Valid.Metric, outcome.Test!.Value.Metric,
        outcome.Epochs, ValidLoss: outcome.Best.Valid.Loss, TestLoss: outcome.Test.Value.Loss);

    public string? FindFault(GridKind kind)
    {
        if (Parameters < 1) return $"it has {Parameters} parameters; at least 1 was expected";
        if (BestEpoch < 1 || BestEpoch > Epochs.Count) return $"epoch {BestEpoch} cannot be the best of {Epochs.Count}";
        if (Streams < 1 || TestStreams < 1) return "a text was read in fewer than 1 stream";
        var faults = new GridFaults(kind.Words);
        return faults.OfMetric("valid", ValidMetric) ?? faults.OfMetric("test", TestMetric) ?? faults.OfLoss("validLoss", ValidLoss)
            ?? faults.OfLoss("testLoss", TestLoss) ?? faults.OfEpochs(Epochs);
    }
}

/// <summary>A run that ended because its numbers stopped being finite, and would again.</summary>
/// <param name="Why">What happened, and what to try.</param>
/// <param name="Epochs">Those before, as far as a checkpoint has them.</param>
internal sealed record GridDivergence(string Why, IReadOnlyList<EpochOutcome> Epochs) : IGridFile, IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Why).Add([.. Epochs.Select(GridEpochEntry.Of)], nameof(Epochs));

    public static GridDivergence Read(GridMembers json) => new(json.String("why"), GridEpochEntry.ReadAll(json));

    public string? FindFault(GridKind kind) => new GridFaults(kind.Words).OfEpochs(Epochs);
}

/// <summary>How long a run took and what it ran on; apart from its result, since it is different each time.</summary>
/// <param name="Seconds">All of it: training, validation, test.</param>
/// <param name="Threads">Of the process that ended it.</param>
/// <param name="Build">Of the process that ended it.</param>
internal sealed record GridRunTimes(double Seconds, int Threads, string Build) : IGridFile, IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Seconds).Add(Threads).Add(Build);

    public static GridRunTimes Read(GridMembers json) => new(json.Double("seconds"), json.Int("threads"), json.String("build"));

    public string? FindFault(GridKind kind) =>
        Threads < 1 ? $"it has {Threads} threads; at least 1 was expected" : GridFaults.OfSeconds("seconds", Seconds);
}
