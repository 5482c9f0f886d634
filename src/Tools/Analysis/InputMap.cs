namespace TinySD.Tools.Analysis;

/// <summary>A network's step under one input that never changes.</summary>
/// <param name="map">The network's step.</param>
/// <param name="input">x, [I].</param>
internal sealed class InputMap(StateMap map, float[] input) : IStateMap
{
    private readonly float[] _inputs = [.. Enumerable.Repeat(input, map.Capacity).SelectMany(x => x)];

    public int Size => map.Size;

    public int Capacity => map.Capacity;

    public void Step(ReadOnlySpan<float> states, int count, Span<float> next) =>
        map.Step(states, _inputs.AsSpan(0, count * input.Length), next);

    public void PullBack(ReadOnlySpan<float> vectors, Span<float> gradients) => map.PullBack(vectors, gradients);
}
