using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Models;

/// <summary>The copies of a model's weights that its sessions share.</summary>
internal static class ModelWeights
{
    /// <summary>Floats of all copies together.</summary>
    public static int PreparedFloats(IEnumerable<WeightColumns> weights)
    {
        long floats = 0;
        foreach (WeightColumns columns in weights) floats += WeightRows.PreparedFloats(columns);
        return checked((int)floats);
    }

    /// <summary>Makes them in one block.</summary>
    public static void Prepare(IEnumerable<WeightColumns> weights, ParameterBlock parameters, Func<int, Memory<float>>? memory)
    {
        int floats = PreparedFloats(weights);
        if (floats == 0) return;
        Memory<float> left = memory.Take(floats);
        foreach (WeightColumns columns in weights)
        {
            int own = (int)WeightRows.PreparedFloats(columns);
            WeightRows.Prepare(columns, parameters, left[..own]);
            left = left[own..];
        }
    }
}
