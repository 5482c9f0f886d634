namespace TinySD.Formats.Exchange.Parts;

/// <summary>What ONNX's recurrent operators have and most others' layers do not.</summary>
internal static class StackPeculiarities
{
    /// <summary>The first that a stack has, in words, peepholes and directions apart; null where it has none.</summary>
    public static string? Of(RecurrentStackConfig config) =>
        config.ResetBeforeProduct ? "GRUs whose reset gate acts before the product"
        : config.CoupledGates ? "coupled gates"
        : config.Clip > 0f ? "a clip"
        : !config.Activations.IsEmpty ? "other activations than the cell's own" : null;
}
