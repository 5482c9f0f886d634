namespace TinySD.Runtime.Training;

/// <summary>What a task is measured by on its validation data, and which way is better.</summary>
/// <param name="Name">For example <c>perplexity</c> or <c>F1</c>.</param>
/// <param name="HigherIsBetter">Whether more is better.</param>
/// <param name="IsOfLoss">Whether it only rises and falls with the loss, which then decides: a loss is finite where a
/// perplexity need not be.</param>
public sealed record Metric(string Name, bool HigherIsBetter = false, bool IsOfLoss = false)
{
    // Below any difference of a metric.
    private const double LossShare = 1e-300;

    /// <summary>Whether epochs are judged by their loss though the metric is another figure.</summary>
    public bool IsJudgedByLoss { get; init; }

    /// <summary>What epochs are judged and compared by, less being better. Where more is better a metric of 0 says nothing, as BLEU as
    /// long as no four words in a row are right: of such epochs the one with less loss is better.</summary>
    /// <param name="loss">Mean loss on the validation data.</param>
    /// <param name="value">The metric there.</param>
    public double Figure(double loss, double value) =>
        IsOfLoss || IsJudgedByLoss ? loss
        : !HigherIsBetter ? value
        : value == 0 && loss > 0 ? LossShare * loss : -value;
}

/// <summary>What was measured on data.</summary>
/// <param name="Loss">Mean loss over its terms.</param>
/// <param name="Metric">The task's metric.</param>
public readonly record struct Measurement(double Loss, double Metric);

/// <summary>What one epoch of a run brought.</summary>
/// <param name="Epoch">Counted from 1.</param>
/// <param name="Steps">Updates made in it.</param>
/// <param name="Train">On the training data, as it was while training; a metric that was not measured there is not a number.</param>
/// <param name="Valid">On the validation data after it.</param>
/// <param name="LearningRate">Of its updates.</param>
/// <param name="Seconds">Spent on its updates.</param>
/// <param name="TermsPerSecond">Training speed: predictions in the loss, tokens of a language model.</param>
/// <param name="IsWhole">False where it was cut short: such an epoch is no part of a run that goes on.</param>
public sealed record EpochOutcome(
    int Epoch, int Steps, Measurement Train, Measurement Valid, float LearningRate, double Seconds, double TermsPerSecond,
    bool IsWhole = true);
