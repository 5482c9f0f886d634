using TinySD.Formats.Exchange.Onnx;
using TinySD.Formats.Exchange.Parts;
using TinySD.Runtime.Inference;

namespace TinySD.Formats.Tests;

/// <summary>Runs a graph on the caller's thread.</summary>
internal static class OnnxRuns
{
    public static IReadOnlyList<NamedTensor> Run(this OnnxNetwork network, string source, IEnumerable<NamedTensor> given) =>
        network.Run(source, given, (stack, inputs) => RecurrentStackRun.Run(stack, inputs));
}
