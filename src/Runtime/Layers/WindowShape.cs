namespace TinySD.Runtime.Layers;

/// <summary>The window a network is built for.</summary>
/// <param name="Batch">Sequences B.</param>
/// <param name="TimeSteps">Steps T.</param>
/// <param name="Training">Whether a backward pass follows.</param>
/// <param name="Samples">Whether things are dropped though no backward pass follows, as in a Monte Carlo evaluation.</param>
/// <param name="IsUneven">Whether sequences may be of unequal length.</param>
/// <param name="GoesOn">Whether windows are parts of sequences that go on, so that a mean over time does.</param>
public readonly record struct WindowShape(
    int Batch, int TimeSteps, bool Training, bool Samples = false, bool IsUneven = false, bool GoesOn = false)
{
    /// <summary>Whether units, words and weights are dropped; they always are in training.</summary>
    public bool Drops => Training || Samples;
}
