using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>Checks the tensors that a layer is composed of, above the kernels that trust them.</summary>
internal static class SlotChecks
{
    /// <summary>Refuses a tensor of another shape.</summary>
    public static void Shape(TensorSlot slot, params ReadOnlySpan<int> expected)
    {
        ArgumentNullException.ThrowIfNull(slot);
        if (slot.Shape.AsSpan().SequenceEqual(expected)) return;
        Throw.Argument($"tensor '{slot.Name}' is of shape [{Text(slot.Shape.AsSpan())}]; [{Text(expected)}] was expected");

        static string Text(ReadOnlySpan<int> shape) => string.Join(", ", shape.ToArray());
    }

    /// <summary>Refuses a step that a window does not have.</summary>
    public static void Step(int t, StepRows rows)
    {
        if ((uint)t >= (uint)rows.Steps) Throw.OutOfRange("the step", t, $"one of the window's {rows.Steps}, counted from 0");
    }
}
