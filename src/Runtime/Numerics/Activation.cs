namespace TinySD.Runtime.Numerics;

/// <summary>The functions that a recurrent cell can squash with, named as ONNX names them.</summary>
public enum ActivationKind
{
    /// <summary>1 / (1 + e^-x).</summary>
    Sigmoid,

    /// <summary>tanh x.</summary>
    Tanh,

    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>alpha x + beta.</summary>
    Affine,

    /// <summary>x, or alpha x below 0.</summary>
    LeakyRelu,

    /// <summary>x, or 0 up to alpha.</summary>
    ThresholdedRelu,

    /// <summary>alpha tanh(beta x).</summary>
    ScaledTanh,

    /// <summary>alpha x + beta, kept within 0 and 1.</summary>
    HardSigmoid,

    /// <summary>x, or alpha (e^x - 1) below 0.</summary>
    Elu,

    /// <summary>x / (1 + |x|).</summary>
    Softsign,

    /// <summary>ln(1 + e^x).</summary>
    Softplus,
}

/// <summary>A function with its constants.</summary>
/// <param name="Kind">The function.</param>
/// <param name="Alpha">Its first constant; 0 where it has none.</param>
/// <param name="Beta">Its second constant; 0 where it has none.</param>
public readonly record struct Activation(ActivationKind Kind, float Alpha = 0f, float Beta = 0f)
{
    /// <summary>1 / (1 + e^-x).</summary>
    public static Activation Sigmoid => new(ActivationKind.Sigmoid);

    /// <summary>tanh x.</summary>
    public static Activation Tanh => new(ActivationKind.Tanh);

    /// <summary>max(0, x).</summary>
    public static Activation Relu => new(ActivationKind.Relu);
}
