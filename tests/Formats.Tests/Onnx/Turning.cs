using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Tests;

/// <summary>Axes in another order, element by element.</summary>
internal static class Turning
{
    public static NamedTensor Of(NamedTensor tensor, params int[] order)
    {
        int rank = order.Length;
        int[] shape = [.. order.Select(axis => tensor.Shape[axis])], index = new int[rank];
        float[] values = new float[tensor.Floats!.Length];
        for (int i = 0; i < values.Length; i++)
        {
            int rest = i;
            for (int axis = rank - 1; axis >= 0; axis--) (index[order[axis]], rest) = (rest % shape[axis], rest / shape[axis]);
            int at = 0;
            for (int axis = 0; axis < rank; axis++) at = (at * tensor.Shape[axis]) + index[axis];
            values[i] = tensor.Floats[at];
        }

        return new(tensor.Name, shape, values);
    }
}
