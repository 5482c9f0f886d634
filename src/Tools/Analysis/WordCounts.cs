namespace TinySD.Tools.Analysis;

/// <summary>What the words' counts alone say of the geometry, without any network.</summary>
/// <param name="ParticipationRatio">Of what an ideal counter would hold over the data: see <see cref="Of"/>.</param>
/// <param name="Components95">How many of its components reach 95 % of its variance.</param>
/// <param name="ClassMeansParticipationRatio">Of the classes' mean frequencies of words.</param>
/// <param name="Accuracy">Share of the sequences whose class has the most evidence.</param>
internal sealed record WordCounts(double ParticipationRatio, int Components95, double ClassMeansParticipationRatio, double Accuracy)
{
    /// <summary>Counts the words of each class, and with them how much evidence each word is for each class: the logarithm of its frequency
    /// there, one added to every count, less its mean over the classes. An ideal counter adds the evidence up word by word; the components
    /// of the sums after every word of the data are what a network's states are compared with. (The words' frequencies are those of the
    /// same data.)</summary>
    /// <param name="sequences">Sequences of tokens.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="vocabulary">How many distinct tokens.</param>
    /// <returns>Null where fewer than two classes have a word.</returns>
    public static WordCounts? Of(AnalysedSequences sequences, int classes, int vocabulary)
    {
        int[] labelled = [.. Enumerable.Range(0, sequences.Count).Where(i => sequences.ClassOf(i) >= 0)];
        var counts = new double[classes][];
        for (int k = 0; k < classes; k++) counts[k] = new double[vocabulary];
        foreach (int i in labelled)
        {
            foreach (int token in sequences.TokensOf(i)) counts[sequences.ClassOf(i)][token]++;
        }

        int[] known = [.. Enumerable.Range(0, classes).Where(k => Array.Exists(counts[k], count => count > 0))];
        if (known.Length < 2) return null;
        bool[] occurs = [.. Enumerable.Range(0, vocabulary).Select(w => Array.Exists(known, k => counts[k][w] > 0))];
        int distinct = occurs.Count(value => value);
        double[][] frequencies = Array.ConvertAll(known, k => counts[k].Select(count => count / counts[k].Sum()).ToArray());
        double[] sums = Array.ConvertAll(known, k => counts[k].Sum());
        float[][] evidence = new float[vocabulary][];
        for (int w = 0; w < vocabulary; w++)
        {
            if (!occurs[w]) continue;
            double[] logs = [.. known.Select((k, place) => Math.Log((counts[k][w] + 1) / (sums[place] + distinct)))];
            double mean = logs.Average();
            evidence[w] = Array.ConvertAll(logs, value => (float)(value - mean));
        }

        var covariance = new Covariance(known.Length);
        int right = 0;
        foreach (int i in labelled)
        {
            var sum = new float[known.Length];
            foreach (int token in sequences.TokensOf(i))
            {
                for (int k = 0; k < sum.Length; k++) sum[k] += evidence[token][k];
                covariance.Add(sum);
            }

            if (known[Array.IndexOf(sum, sum.Max())] == sequences.ClassOf(i)) right++;
        }

        var components = PrincipalComponents.Of(covariance, 0, known.Length);
        return new WordCounts(
            components.ParticipationRatio, components.Reaching(0.95), ParticipationOfMeans(frequencies), (double)right / labelled.Length);
    }

    // The covariance of few vectors of many numbers has the eigenvalues of the products of the vectors with each other.
    private static double ParticipationOfMeans(double[][] means)
    {
        double[][] centred = VectorGeometry.Centred(means);
        int count = centred.Length;
        var products = new double[count * count];
        for (int a = 0; a < count; a++)
        {
            for (int b = 0; b < count; b++) products[(a * count) + b] = centred[a].Zip(centred[b], (x, y) => x * y).Sum();
        }

        return PrincipalComponents.ParticipationOf(
            Array.ConvertAll(Eigenvalues.Symmetric(products, count).Values, value => Math.Max(0, value)));
    }
}
