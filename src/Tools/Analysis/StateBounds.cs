namespace TinySD.Tools.Analysis;

/// <summary>Between what each number of a network's states lies, as far as they were seen.</summary>
/// <param name="size">Numbers S of a state.</param>
internal sealed class StateBounds(int size)
{
    private readonly float[] _least = [.. Enumerable.Repeat(float.PositiveInfinity, size)];
    private readonly float[] _most = [.. Enumerable.Repeat(float.NegativeInfinity, size)];

    /// <summary>Adds a state, [S].</summary>
    public void Add(ReadOnlySpan<float> state)
    {
        for (int i = 0; i < state.Length; i++)
        {
            _least[i] = Math.Min(_least[i], state[i]);
            _most[i] = Math.Max(_most[i], state[i]);
        }
    }

    /// <summary>The nearest value that number <paramref name="i"/> of a state may have.</summary>
    public double Clamp(double value, int i) => Math.Min(Math.Max(value, _least[i]), _most[i]);
}
