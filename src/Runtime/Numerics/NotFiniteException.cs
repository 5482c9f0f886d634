namespace TinySD.Runtime.Numerics;

/// <summary>Training met a loss or gradient that is infinite or not a number; the parameters were not updated with it.</summary>
/// <param name="epoch">The epoch, counted from 0.</param>
/// <param name="step">The update within the epoch, counted from 0, that would have been made.</param>
/// <param name="loss">The loss as computed, nats per token.</param>
/// <param name="gradientNorm">The gradient's L2 norm as computed.</param>
public sealed class NotFiniteException(int epoch, int step, double loss, double gradientNorm)
    : ArithmeticException($"the numbers stopped being finite in epoch {epoch}, step {step}: loss {loss}, gradient norm {gradientNorm}")
{
    /// <summary>The epoch, counted from 0.</summary>
    public int Epoch { get; } = epoch;

    /// <summary>The update within the epoch, counted from 0, that was refused.</summary>
    public int Step { get; } = step;

    /// <summary>The loss as computed, nats per token.</summary>
    public double Loss { get; } = loss;

    /// <summary>The gradient's L2 norm as computed.</summary>
    public double GradientNorm { get; } = gradientNorm;
}
