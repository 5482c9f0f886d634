namespace TinySD.Tools.Analysis;

/// <summary>How a word moves the network.</summary>
/// <param name="Token">Which.</param>
/// <param name="Count">How often it stands in the data.</param>
/// <param name="Size">The mean distance over the slow points from the state before it to the one after it, in the numbers that the head
/// sees.</param>
/// <param name="Along">The mean move along each of the first principal components.</param>
/// <param name="Outputs">The mean change of each output.</param>
internal sealed record WordDeflection(int Token, long Count, double Size, double[] Along, double[] Outputs)
{
    /// <summary>Reads every word at every slow point.</summary>
    /// <param name="map">The network's step.</param>
    /// <param name="sequences">Sequences of tokens: the embedding is theirs.</param>
    /// <param name="counts">How often each token stands in the data; those that never do are left out.</param>
    /// <param name="most">The most words, the most frequent ones.</param>
    /// <param name="points">The slow points, [S] each, at most as many as the map's capacity.</param>
    /// <param name="components">Of the numbers that the head sees.</param>
    /// <param name="along">Along how many components.</param>
    /// <param name="readOut">The head.</param>
    /// <param name="stop">Ends it with an exception.</param>
    public static IReadOnlyList<WordDeflection> Of(
        StateMap map, AnalysedSequences sequences, long[] counts, int most, IReadOnlyList<float[]> points,
        PrincipalComponents components, int along, ReadOutVectors readOut, CancellationToken stop)
    {
        int[] words =
        [
            .. Enumerable.Range(0, counts.Length).Where(w => counts[w] > 0).OrderByDescending(w => counts[w]).ThenBy(w => w).Take(most),
        ];
        if (points.Count == 0) return [];
        int hidden = components.Mean.Length, top = components.First, outputs = readOut.Bias.Length, many = points.Count;
        int together = Math.Max(1, map.Capacity / many);
        float[] states = new float[together * many * map.Size], next = new float[states.Length];
        float[] inputs = new float[together * many * sequences.Width];
        double[] before = new double[along], after = new double[along];
        var found = new List<WordDeflection>();
        foreach (int[] chunk in words.Chunk(together))
        {
            stop.ThrowIfCancellationRequested();
            for (int n = 0; n < chunk.Length * many; n++)
            {
                points[n % many].CopyTo(states, n * map.Size);
                sequences.RowOf(chunk[n / many]).CopyTo(inputs.AsSpan(n * sequences.Width));
            }

            int count = chunk.Length * many;
            map.Step(states.AsSpan(0, count * map.Size), inputs.AsSpan(0, count * sequences.Width), next);
            for (int i = 0; i < chunk.Length; i++) found.Add(Mean(chunk[i], i * many));
        }

        return found;

        WordDeflection Mean(int word, int first)
        {
            double size = 0;
            double[] moves = new double[along], changes = new double[outputs];
            for (int n = first; n < first + many; n++)
            {
                ReadOnlySpan<float> from = states.AsSpan(n * map.Size, map.Size), to = next.AsSpan(n * map.Size, map.Size);
                size += SlowPoints.Distance(from.Slice(top, hidden), to.Slice(top, hidden)) / many;
                components.Project(from, before);
                components.Project(to, after);
                for (int k = 0; k < along; k++) moves[k] += (after[k] - before[k]) / many;
                double[] then = readOut.Of(from), now = readOut.Of(to);
                for (int o = 0; o < outputs; o++) changes[o] += (now[o] - then[o]) / many;
            }

            return new WordDeflection(word, counts[word], size, moves, changes);
        }
    }
}
