namespace TinySD.Tools.Analysis;

/// <summary>The Jacobian of a state map, by its own backward pass.</summary>
internal static class Jacobian
{
    /// <summary>J at a state, [S][S]: row i is the gradient of the i-th number of F(h), and comes of pulling back the i-th unit
    /// vector.</summary>
    public static double[] At(IStateMap map, ReadOnlySpan<float> state)
    {
        int size = map.Size, many = Math.Min(size, map.Capacity);
        var jacobian = new double[size * size];
        float[] states = new float[many * size], next = new float[many * size], units = new float[many * size];
        for (int i = 0; i < many; i++) state.CopyTo(states.AsSpan(i * size));
        for (int first = 0; first < size; first += many)
        {
            int count = Math.Min(many, size - first);
            map.Step(states.AsSpan(0, count * size), count, next);
            Array.Clear(units);
            for (int i = 0; i < count; i++) units[(i * size) + first + i] = 1;
            map.PullBack(units.AsSpan(0, count * size), next);
            for (int i = 0; i < count * size; i++) jacobian[(first * size) + i] = next[i];
        }

        return jacobian;
    }
}
