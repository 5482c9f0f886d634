namespace TinySD.Formats.Exchange.Parts;

/// <summary>How to understand a safetensors file where it leaves a choice.</summary>
/// <param name="Prefix">What stands before the layer's own names, for example <c>lstm.</c>; null to find it.</param>
/// <param name="Rectified">A simple RNN is that of <c>nonlinearity='relu'</c>: the names and shapes of both are the same. Null for what the
/// file's metadata say, and tanh where they say nothing. Without effect on other cells.</param>
public sealed record PyTorchChoices(string? Prefix = null, bool? Rectified = null);
