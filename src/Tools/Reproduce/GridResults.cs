using System.Text.Json.Serialization;
using TinySD.Tools.Json;
using TinySD.Tools.Tasks.LanguageModeling;
using TinySD.Tools.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>One epoch of <see cref="GridRunResult"/>.</summary>
/// <param name="Epoch">Counted from 1.</param>
/// <param name="Steps">Its updates.</param>
/// <param name="TrainPerplexity">On the training text.</param>
/// <param name="ValidPerplexity">On the validation text.</param>
/// <param name="LearningRate">Of its updates.</param>
/// <param name="TrainLoss">What the perplexity is exp of, nats per token; null in files from before there were losses.</param>
/// <param name="ValidLoss">Likewise.</param>
internal sealed record GridEpoch(
    int Epoch, int Steps, [property: JsonConverter(typeof(PerplexityNumber))] double TrainPerplexity,
    [property: JsonConverter(typeof(PerplexityNumber))] double ValidPerplexity, float LearningRate, double? TrainLoss = null, double? ValidLoss = null)
{
    /// <summary>The loss on the validation text, nats per token.</summary>
    [JsonIgnore]
    public double LossOnValid => ValidLoss ?? EvaluationResult.LossOf(ValidPerplexity);
}

/// <summary>What a run came to. Holds no time, so it is the same whenever and however often the run was stopped.</summary>
/// <param name="Cell">The cell's name.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Parameters">Trainable numbers.</param>
/// <param name="BestEpoch">The epoch whose model is kept, counted from 1.</param>
/// <param name="ValidPerplexity">Its perplexity on the validation text.</param>
/// <param name="TestPerplexity">Its perplexity on the test text.</param>
/// <param name="Epochs">The learning curve.</param>
/// <param name="Streams">Streams of the validation text; null in results from before that was said, when there were as many as the batch has.</param>
/// <param name="TestStreams">Streams of the test text; null in the same results, when there was one.</param>
/// <param name="ValidLoss">What the perplexity is exp of, nats per token; null in files from before there were losses.</param>
/// <param name="TestLoss">Likewise.</param>
internal sealed record GridRunResult(
    string Cell, ulong Seed, long Parameters, int BestEpoch, [property: JsonConverter(typeof(PerplexityNumber))] double ValidPerplexity,
    [property: JsonConverter(typeof(PerplexityNumber))] double TestPerplexity, IReadOnlyList<GridEpoch> Epochs, int? Streams = null,
    int? TestStreams = null, double? ValidLoss = null, double? TestLoss = null) : IGridFile
{
    /// <summary>Perplexity and loss on the validation text.</summary>
    [JsonIgnore]
    public GridScore Valid => new(ValidPerplexity, ValidLoss ?? EvaluationResult.LossOf(ValidPerplexity));

    /// <summary>Perplexity and loss on the test text.</summary>
    [JsonIgnore]
    public GridScore Test => new(TestPerplexity, TestLoss ?? EvaluationResult.LossOf(TestPerplexity));

    public static GridRunResult From(GridRun run, TrainingOutcome outcome, EvaluationStreams streams) => new(
        run.Cell.Name, run.Seed, outcome.Parameters, outcome.Best.Epoch, outcome.Best.Valid.Metric, outcome.Test!.Value.Metric,
        Curve(outcome.Epochs), streams.Valid, streams.Test, outcome.Best.Valid.Loss, outcome.Test!.Value.Loss);

    /// <inheritdoc/>
    public string? FindFault()
    {
        if (Parameters < 1) return $"it has {Parameters} parameters; at least 1 was expected";
        if (BestEpoch < 1 || BestEpoch > Epochs.Count) return $"epoch {BestEpoch} cannot be the best of {Epochs.Count}";
        if (Streams < 1 || TestStreams < 1) return "a text was read in fewer than 1 stream";
        return GridFaults.OfPerplexity("validPerplexity", ValidPerplexity) ?? GridFaults.OfPerplexity("testPerplexity", TestPerplexity)
            ?? GridFaults.OfLoss("validLoss", ValidLoss) ?? GridFaults.OfLoss("testLoss", TestLoss) ?? GridFaults.OfEpochs(Epochs);
    }

    public static IReadOnlyList<GridEpoch> Curve(IEnumerable<EpochOutcome> epochs) =>
        [.. epochs.Select(e => new GridEpoch(e.Epoch, e.Steps, e.Train.Metric, e.Valid.Metric, e.LearningRate, e.Train.Loss, e.Valid.Loss))];
}

/// <summary>How a run does on a text.</summary>
/// <param name="Perplexity">Infinite where exp of the loss is.</param>
/// <param name="Loss">Nats per token.</param>
internal readonly record struct GridScore(double Perplexity, double Loss)
{
    /// <summary>How much more perplexity one has than another: of two that no number holds, what their losses say.</summary>
    public static double operator -(GridScore one, GridScore other) =>
        one.Perplexity != other.Perplexity || double.IsFinite(one.Perplexity) ? one.Perplexity - other.Perplexity
        : one.Loss == other.Loss ? 0 : one.Loss > other.Loss ? double.PositiveInfinity : double.NegativeInfinity;
}

/// <summary>A run that ended because its numbers stopped being finite, and would again.</summary>
/// <param name="Why">What happened, and what to try.</param>
/// <param name="Epochs">Those before, as far as a checkpoint has them.</param>
internal sealed record GridDivergence(string Why, IReadOnlyList<GridEpoch> Epochs) : IGridFile
{
    /// <inheritdoc/>
    public string? FindFault() => GridFaults.OfEpochs(Epochs);
}

/// <summary>How long a run took and what it ran on; apart from its result, since it is different each time.</summary>
/// <param name="Seconds">All of it: training, validation, test.</param>
/// <param name="Threads">Of the process that ended it.</param>
/// <param name="Build">Of the process that ended it.</param>
internal sealed record GridRunTimes(double Seconds, int Threads, string Build) : IGridFile
{
    /// <inheritdoc/>
    public string? FindFault() => Threads < 1 ? $"it has {Threads} threads; at least 1 was expected" : GridFaults.OfSeconds("seconds", Seconds);
}
