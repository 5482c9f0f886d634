namespace TinySD.Tools.Machines;

/// <summary>A matrix of weights that a step reads once.</summary>
/// <param name="Inputs">Units in, K.</param>
/// <param name="Columns">Columns out, N.</param>
/// <param name="InputsShrink">Whether a share of a model has that share of its units in.</param>
/// <param name="ColumnsShrink">Whether it has that share of its columns.</param>
/// <param name="IsRecurrent">Whether the state goes in and its columns are all gates of a layer.</param>
internal sealed record StepMatrix(long Inputs, long Columns, bool InputsShrink, bool ColumnsShrink, bool IsRecurrent = false)
{
    /// <summary>The matrix of a share of the model.</summary>
    public StepMatrix At(double share) => this with
    {
        Inputs = InputsShrink ? Part(Inputs, share) : Inputs,
        Columns = ColumnsShrink ? Part(Columns, share) : Columns,
    };

    private static long Part(long units, double share) => Math.Max(1, (long)Math.Round(units * share));
}

/// <summary>What a step of a model reads: its matrices, once each. Tables of tokens, of which it reads a row, and biases are left
/// out.</summary>
/// <param name="Matrices">The matrices.</param>
/// <param name="IsInt8">Whether the file holds them as whole numbers of 8 bits already.</param>
/// <param name="Shares">The shares of its units that the model was trained to run with, in increasing order, the last of which is 1; empty
/// where it was not.</param>
internal sealed record StepWeights(IReadOnlyList<StepMatrix> Matrices, bool IsInt8, IReadOnlyList<double> Shares)
{
    private const string Recurrent = ".recurrent", Input = ".input", Table = "embedding";

    /// <summary>Those of a model's file.</summary>
    /// <param name="tensors">Its tensors.</param>
    /// <param name="shares">See <see cref="Shares"/>.</param>
    /// <returns>Null where there is no matrix, and so nothing to choose.</returns>
    public static StepWeights? Of(ImmutableArray<TsdTensor> tensors, IReadOnlyList<double> shares)
    {
        var matrices = new List<StepMatrix>();
        bool isInt8 = tensors.Any(tensor => tensor.Dtype == "i8"), isOfTokens = tensors.Any(tensor => IsTable(tensor.Name));
        foreach (TsdTensor tensor in tensors)
        {
            if (tensor.Shape.Length == 2 && !tensor.Name.EndsWith(Table, StringComparison.Ordinal))
                matrices.Add(Matrix(tensor.Name, tensor.Shape[0], tensor.Shape[1], isOfTokens));
        }

        return matrices.Count > 0 ? new(matrices, isInt8, shares) : null;
    }

    /// <summary>The matrices of a share of the model.</summary>
    public StepWeights At(double share) => share == 1
        ? this
        : this with { Matrices = Array.ConvertAll(Matrices.ToArray(), matrix => matrix.At(share)) };

    // A classifier of tokens may be the table too.
    private static bool IsTable(string name) => name.EndsWith(Table, StringComparison.Ordinal) || name == "classifier.weight";

    // What a model is fed stays whole, a token's embedding excepted; and so does what it answers with.
    private static StepMatrix Matrix(string name, long inputs, long columns, bool isOfTokens)
    {
        if (name.EndsWith(Recurrent, StringComparison.Ordinal)) return new(inputs, columns, true, true, true);
        if (!name.EndsWith(Input, StringComparison.Ordinal))
            return new(inputs, columns, !name.StartsWith("linear", StringComparison.Ordinal), false);
        bool isFirst = name.Contains(".0.", StringComparison.Ordinal);
        return new(inputs, columns, isOfTokens || !isFirst, true);
    }
}
