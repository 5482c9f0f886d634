namespace TinySD.Formats.Models;

/// <summary>An activation function as files name it.</summary>
/// <param name="Name">As ONNX spells it; case does not matter.</param>
/// <param name="Kind">The function.</param>
/// <param name="Alpha">Its first constant where the node gives none; null where the function has none.</param>
/// <param name="Beta">Its second constant, likewise.</param>
internal sealed record NamedActivation(string Name, ActivationKind Kind, float? Alpha = null, float? Beta = null);

/// <summary>The functions of ONNX's recurrent operators, with the defaults of the operators of the same names; a <c>.tsd</c> names them
/// alike.</summary>
internal static class NamedActivations
{
    private static readonly ImmutableArray<NamedActivation> s_all =
    [
        new("Sigmoid", ActivationKind.Sigmoid),
        new("Tanh", ActivationKind.Tanh),
        new("Relu", ActivationKind.Relu),
        new("Affine", ActivationKind.Affine, 1f, 0f),
        new("LeakyRelu", ActivationKind.LeakyRelu, 0.01f),
        new("ThresholdedRelu", ActivationKind.ThresholdedRelu, 1f),
        new("ScaledTanh", ActivationKind.ScaledTanh, 1f, 1f),
        new("HardSigmoid", ActivationKind.HardSigmoid, 0.2f, 0.5f),
        new("Elu", ActivationKind.Elu, 1f),
        new("Softsign", ActivationKind.Softsign),
        new("Softplus", ActivationKind.Softplus),
    ];

    public static NamedActivation? Find(string name) =>
        s_all.FirstOrDefault(a => string.Equals(a.Name, name, StringComparison.OrdinalIgnoreCase));

    public static NamedActivation Of(ActivationKind kind) => s_all.First(a => a.Kind == kind);
}
