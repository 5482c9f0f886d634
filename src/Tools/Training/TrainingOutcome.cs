namespace TinySD.Tools.Training;

/// <summary>What a training run brought.</summary>
/// <param name="Epochs">Its epochs; the last may have been cut short.</param>
/// <param name="Best">The one whose model is kept.</param>
/// <param name="Test">What was measured on test data, if there are any.</param>
/// <param name="Parameters">Trainable numbers.</param>
/// <param name="Seconds">Time spent on it.</param>
/// <param name="Curve">Its training losses, within the epochs too.</param>
internal sealed record TrainingOutcome(
    IReadOnlyList<EpochOutcome> Epochs, EpochOutcome Best, Measurement? Test, long Parameters, double Seconds, LossCurve Curve);
