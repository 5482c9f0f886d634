namespace TinySD.Runtime.Numerics;

/// <summary>Training met a loss or gradient that is infinite or not a number; the parameters were not updated with it.</summary>
/// <param name="update">The run's updates before the one that would have been made.</param>
/// <param name="loss">The mean loss as computed.</param>
/// <param name="gradientNorm">The gradient's L2 norm as computed.</param>
public sealed class NotFiniteException(int update, double loss, double gradientNorm)
    : ArithmeticException($"the numbers stopped being finite in update {update}: loss {loss}, gradient norm {gradientNorm}")
{
    /// <summary>The run's updates before the one that was refused.</summary>
    public int Update { get; } = update;

    /// <summary>The mean loss as computed.</summary>
    public double Loss { get; } = loss;

    /// <summary>The gradient's L2 norm as computed.</summary>
    public double GradientNorm { get; } = gradientNorm;
}
