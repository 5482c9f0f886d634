using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Benchmarks.Inference;

/// <summary>A way to run a stack.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Allowed">How far an output may be from that of single precision, weights drawn as <see cref="StepShape.NewStack"/>
/// does.</param>
/// <param name="Convert">Makes of a stack the one that is run.</param>
internal sealed record StackPath(string Name, double Allowed, Func<RecurrentStack, RecurrentStack> Convert)
{
    /// <summary>Single precision, whose outputs are those that all are compared with.</summary>
    public const string Single = "float32";

    /// <summary>All ways that there are.</summary>
    public static IReadOnlyList<StackPath> All { get; } =
    [
        new(Single, 0, stack => stack),
        new("bfloat16", 0.02, stack => stack.ConvertTo(WeightFormat.BFloat16)),
        new("int8", 0.05, stack => stack.ConvertTo(WeightFormat.Int8)),
    ];
}
