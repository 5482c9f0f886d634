namespace TinySD.Tools.Analysis;

/// <summary>A state after a step of a sequence.</summary>
/// <param name="Sequence">Which.</param>
/// <param name="Step">How many steps it has read, from 1.</param>
/// <param name="IsLast">Whether these are all.</param>
internal readonly record struct StateMoment(int Sequence, int Step, bool IsLast);

/// <summary>Runs sequences through a state map, many at once, and shows every state on the way.</summary>
internal static class StateWalk
{
    public delegate void Visitor(StateMoment moment, ReadOnlySpan<float> state);

    /// <summary>Runs them all, each from a state of 0.</summary>
    /// <param name="map">The network's step.</param>
    /// <param name="sequences">What it reads.</param>
    /// <param name="isReverse">Whether it reads each from its last step to its first.</param>
    /// <param name="visit">Told of every state, sequences in no order of theirs, but in the same on every machine.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="stop">Ends it with an exception.</param>
    public static void Run(
        StateMap map, AnalysedSequences sequences, bool isReverse, Visitor visit, Action<double>? progress = null,
        CancellationToken stop = default)
    {
        // The longest first, so that those of a batch that go on are always the first ones of it.
        int[] order = [.. Enumerable.Range(0, sequences.Count).OrderByDescending(sequences.LengthOf).ThenBy(i => i)];
        float[] states = new float[map.Capacity * map.Size], inputs = new float[map.Capacity * sequences.Width];
        long all = Math.Max(1, sequences.Steps), done = 0;
        for (int first = 0; first < order.Length; first += map.Capacity)
        {
            int[] batch = order[first..Math.Min(order.Length, first + map.Capacity)];
            Array.Clear(states);
            int count = batch.Length;
            for (int t = 0; ; t++)
            {
                while (count > 0 && sequences.LengthOf(batch[count - 1]) <= t) count--;
                if (count == 0) break;
                stop.ThrowIfCancellationRequested();
                for (int n = 0; n < count; n++)
                {
                    int at = isReverse ? sequences.LengthOf(batch[n]) - 1 - t : t;
                    sequences.InputOf(batch[n], at).CopyTo(inputs.AsSpan(n * sequences.Width));
                }

                map.Step(states.AsSpan(0, count * map.Size), inputs.AsSpan(0, count * sequences.Width), states);
                for (int n = 0; n < count; n++)
                {
                    bool isLast = sequences.LengthOf(batch[n]) == t + 1;
                    visit(new StateMoment(batch[n], t + 1, isLast), states.AsSpan(n * map.Size, map.Size));
                }

                progress?.Invoke((double)(done += count) / all);
            }
        }
    }
}
