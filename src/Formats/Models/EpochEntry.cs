using TinySD.Formats.Fields;

namespace TinySD.Formats.Models;

/// <summary>An epoch in a model's record.</summary>
/// <remarks>JSON has no infinity. A perplexity that is infinite is left out, and the loss that it is exp of says all; so is a metric that
/// was not measured.</remarks>
internal sealed record EpochEntry
{
    public required int Epoch { get; init; }

    public double? TrainPerplexity { get; init; }

    public double? ValidPerplexity { get; init; }

    // Of a language model's record only in place of perplexities that are infinite.
    public double? TrainLoss { get; init; }

    public double? ValidLoss { get; init; }

    // Of tasks that are not measured by perplexity.
    public double? TrainMetric { get; init; }

    public double? ValidMetric { get; init; }

    public required float LearningRate { get; init; }

    /// <summary>Its members.</summary>
    public static FieldTable<EpochEntry> Table { get; } = new("an epoch", new() { Epoch = 0, LearningRate = 0f },
    [
        new Field<EpochEntry, int>("epoch", Spelling.Whole<int>(), e => e.Epoch, (e, v) => e with { Epoch = v }),
        Result("trainPerplexity", e => e.TrainPerplexity, (e, v) => e with { TrainPerplexity = v }),
        Result("validPerplexity", e => e.ValidPerplexity, (e, v) => e with { ValidPerplexity = v }),
        Result("trainLoss", e => e.TrainLoss, (e, v) => e with { TrainLoss = v }),
        Result("validLoss", e => e.ValidLoss, (e, v) => e with { ValidLoss = v }),
        Result("trainMetric", e => e.TrainMetric, (e, v) => e with { TrainMetric = v }),
        Result("validMetric", e => e.ValidMetric, (e, v) => e with { ValidMetric = v }),
        new Field<EpochEntry, float>("learningRate", Spelling.Single, e => e.LearningRate, (e, v) => e with { LearningRate = v }),
    ]);

    /// <summary>As files have it.</summary>
    /// <param name="epoch">What it brought.</param>
    /// <param name="metric">What the task is measured by.</param>
    /// <param name="hasLosses">Whether losses are there beside perplexities.</param>
    public static EpochEntry From(EpochOutcome epoch, Metric metric, bool hasLosses = false)
    {
        (ResultEntry train, ResultEntry valid) = (new(epoch.Train, metric), new(epoch.Valid, metric));
        return new()
        {
            Epoch = epoch.Epoch,
            TrainPerplexity = train.Perplexity,
            ValidPerplexity = valid.Perplexity,
            TrainLoss = hasLosses || train.Perplexity is null ? train.Loss : null,
            ValidLoss = hasLosses || valid.Perplexity is null ? valid.Loss : null,
            TrainMetric = train.Metric,
            ValidMetric = valid.Metric,
            LearningRate = epoch.LearningRate,
        };
    }

    /// <summary>The outcome; steps and times, which a model's record does not have, are 0.</summary>
    /// <exception cref="ArgumentException">A result is missing, or is another task's.</exception>
    public EpochOutcome ToOutcome(Metric metric) => new(
        Epoch, 0, new ResultEntry(TrainPerplexity, TrainLoss, TrainMetric).ToMeasurement(metric, isOfTraining: true),
        new ResultEntry(ValidPerplexity, ValidLoss, ValidMetric).ToMeasurement(metric), LearningRate, 0, 0);

    private static Field<EpochEntry, double?> Result(
        string json, Func<EpochEntry, double?> get, Func<EpochEntry, double?, EpochEntry> with) =>
        new(json, Optional.Double, get, with) { Usual = null };
}

/// <summary>Of tasks that are measured by perplexity, which is exp of the loss.</summary>
internal static class Perplexities
{
    public const string Name = "perplexity";

    extension(Metric metric)
    {
        public bool IsPerplexity => metric is { IsOfLoss: true, Name: Name };
    }
}

/// <summary>A measurement as files have it.</summary>
/// <param name="Perplexity">Of tasks that are measured by it, where a number holds it.</param>
/// <param name="Loss">Mean loss over its terms.</param>
/// <param name="Metric">Of other tasks, where it was measured.</param>
internal sealed record ResultEntry(double? Perplexity, double? Loss, double? Metric)
{
    public ResultEntry(Measurement measured, Metric metric)
        : this(
            metric.IsPerplexity && !double.IsPositiveInfinity(measured.Metric) ? measured.Metric : null, measured.Loss,
            metric.IsPerplexity || double.IsNaN(measured.Metric) ? null : measured.Metric)
    {
    }

    /// <summary>What is impossible in an epoch's results, or null.</summary>
    public static string? FindFault(EpochOutcome epoch, Metric metric)
    {
        if (!double.IsFinite(epoch.Train.Loss) || !double.IsFinite(epoch.Valid.Loss))
            return $"a result of epoch {epoch.Epoch} is not finite";
        if (metric.IsPerplexity && (!(epoch.Train.Metric > 0) || !(epoch.Valid.Metric > 0)))
            return $"a perplexity of epoch {epoch.Epoch} is not a number above 0";
        return !metric.IsPerplexity && (!double.IsFinite(epoch.Valid.Metric) || double.IsInfinity(epoch.Train.Metric))
            ? $"the {metric.Name} of epoch {epoch.Epoch} is not finite" : null;
    }

    /// <summary>The measurement.</summary>
    /// <param name="metric">What the task is measured by.</param>
    /// <param name="isOfTraining">Whether the metric may be missing, because it is not measured while training.</param>
    /// <exception cref="ArgumentException">It is missing, or is another task's.</exception>
    public Measurement ToMeasurement(Metric metric, bool isOfTraining = false)
    {
        if ((metric.IsPerplexity ? Metric : Perplexity) is not null)
            Throw.Argument($"a result is of another task, which is not measured by {metric.Name}");
        if (Perplexity is null && Loss is null)
            Throw.Argument($"a result has neither {(metric.IsPerplexity ? "perplexity nor " : "")}loss");
        if (!metric.IsPerplexity && !isOfTraining && Metric is null) Throw.Argument($"a result has no metric, {metric.Name}");
        double loss = Loss ?? EvaluationResult.LossOf(Perplexity!.Value);
        return new Measurement(loss, metric.IsPerplexity ? Perplexity ?? EvaluationResult.PerplexityOf(loss) : Metric ?? double.NaN);
    }
}
