using TinySD.Runtime.Kernels.Lanes;

namespace TinySD.Runtime.Kernels;

/// <summary>Every activation of <see cref="ActivationKind"/>, one number at a time.</summary>
/// <remarks>The same bits everywhere.</remarks>
internal static class SquashingFunction
{
    /// <summary>f(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Apply(Activation f, float x) => f.Kind switch
    {
        ActivationKind.Sigmoid => Activations<Lanes1, float>.Sigmoid(x),
        ActivationKind.Tanh => Activations<Lanes1, float>.Tanh(x),
        _ => ApplyRare(f, x),
    };

    private static float ApplyRare(Activation f, float x) => f.Kind switch
    {
        ActivationKind.Relu => Math.Max(0f, x),
        ActivationKind.Affine => (f.Alpha * x) + f.Beta,
        ActivationKind.LeakyRelu => x < 0f ? f.Alpha * x : x,
        ActivationKind.ThresholdedRelu => x > f.Alpha ? x : 0f,
        ActivationKind.ScaledTanh => f.Alpha * Activations<Lanes1, float>.Tanh(f.Beta * x),
        ActivationKind.HardSigmoid => Math.Clamp((f.Alpha * x) + f.Beta, 0f, 1f),
        ActivationKind.Elu => x < 0f ? f.Alpha * (Activations<Lanes1, float>.Exp(x) - 1f) : x,
        ActivationKind.Softsign => x / (1f + Math.Abs(x)),

        // From the larger of 0 and x the rest is at most ln 2, so nothing overflows.
        _ => Math.Max(0f, x) + (float)PortableMath.Log(1.0 + Activations<Lanes1, float>.Exp(-Math.Abs(x))),
    };
}
