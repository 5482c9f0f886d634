namespace TinySD.Tools.Analysis;

/// <summary>What a model's linear head makes of the states that are looked at: one vector of each output.</summary>
internal sealed class ReadOutVectors
{
    private readonly int _first;

    /// <param name="model">The model; of two directions the forward one's part is taken.</param>
    /// <param name="topHidden">Where in a state the numbers begin that the head sees.</param>
    public ReadOutVectors(SequenceModel model, int topHidden)
    {
        _first = topHidden;
        int hidden = model.Config.Body.HiddenSize, outputs = model.Config.OutputSize;
        float[] weights = model.Parameters[model.HeadWeight].ToArray();
        Vectors =
        [
            .. Enumerable.Range(0, outputs)
                .Select(o => Enumerable.Range(0, hidden).Select(j => (double)weights[(j * outputs) + o]).ToArray()),
        ];
        Bias = Array.ConvertAll(model.Parameters[model.HeadBias].ToArray(), value => (double)value);
    }

    /// <summary>[O][H].</summary>
    public double[][] Vectors { get; }

    /// <summary>[O].</summary>
    public double[] Bias { get; }

    /// <summary>An orthonormal basis, in whole states of S numbers, of what the vectors span; where only differences between outputs count,
    /// as before a softmax, of what is left without their mean.</summary>
    public double[][] Span(int size, bool onlyDifferences)
    {
        double[][] vectors = onlyDifferences && Vectors.Length > 1 ? VectorGeometry.Centred(Vectors) : Vectors;
        return VectorGeometry.Basis(Array.ConvertAll(vectors, vector => Padded(vector, size)));
    }

    /// <summary>What the head gives for a state, [O].</summary>
    public double[] Of(ReadOnlySpan<float> state)
    {
        double[] outputs = [.. Bias];
        for (int o = 0; o < outputs.Length; o++)
        {
            double[] vector = Vectors[o];
            for (int j = 0; j < vector.Length; j++) outputs[o] += vector[j] * state[_first + j];
        }

        return outputs;
    }

    private double[] Padded(double[] vector, int size)
    {
        var padded = new double[size];
        vector.CopyTo(padded, _first);
        return padded;
    }
}
