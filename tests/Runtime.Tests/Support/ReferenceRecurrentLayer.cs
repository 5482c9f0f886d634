using TinySD.Runtime.Layers;

namespace TinySD.Runtime.Tests;

/// <summary>One direction of a recurrent layer in double precision, forward only, written for reading: one sequence at a time, each over
/// its own length, with masks as factors. Its gradients are its slopes.</summary>
/// <param name="kind">The cell.</param>
/// <param name="isReverse">Whether it walks from the sequence's last step to its first.</param>
/// <param name="tensor">The numbers of a tensor by its last name: input [I, GH], recurrent [H, GH], bias, peephole, recurrentBias; empty
/// if there is none.</param>
internal sealed class ReferenceRecurrentLayer(CellKind kind, bool isReverse, Func<string, double[]> tensor)
{
    /// <summary>A factor for x [I] and one for the previous h [H] at a step; 1 where nothing is dropped.</summary>
    public required Func<int, (double[] Input, double[] Recurrent)> Masks { get; init; }

    /// <summary>What the product of a tensor, input or recurrent, sees of what it is given.</summary>
    public Func<string, double[], double[]> Sees { get; init; } = (_, given) => given;

    /// <summary>Runs a sequence x [T][I] from h and c, which become the state at its end; gives h after each step, in the
    /// order of time.</summary>
    public double[][] Run(double[][] x, double[] h, double[] c)
    {
        var outputs = new double[x.Length][];
        for (int s = 0; s < x.Length; s++)
        {
            int t = isReverse ? x.Length - 1 - s : s;
            (double[] input, double[] recurrent) = Masks(t);
            double[,] a = Row(tensor("bias")), u = new double[1, a.Length];
            if (kind == CellKind.Gru) tensor("recurrentBias").CopyTo(u.AsFlat()[(2 * h.Length)..]);
            AddProduct(Sees("input", x[t]), input, tensor("input"), a);
            AddProduct(Sees("recurrent", h), recurrent, tensor("recurrent"), kind == CellKind.Gru ? u : a);
            double[,] gates = new double[1, a.Length], cNext = new double[1, h.Length], hNext = new double[h.Length, 1];
            if (kind == CellKind.Lstm) ReferenceLstmCell.Forward(a, tensor("peephole"), Row(c), gates, cNext, hNext);
            else if (kind == CellKind.Gru) ReferenceGruCell.Forward(a, u, Row(h).Transposed(), gates, hNext);
            else ReferenceRnnCell.Forward(a, kind == CellKind.RnnRelu, hNext);
            hNext.AsFlat().CopyTo(h);
            if (kind == CellKind.Lstm) cNext.AsFlat().CopyTo(c);
            outputs[t] = [.. h];
        }

        return outputs;
    }

    private static void AddProduct(double[] x, double[] factors, double[] weights, double[,] sums)
    {
        int columns = sums.Length;
        for (int k = 0; k < x.Length; k++)
        {
            for (int j = 0; j < columns; j++) sums[0, j] += x[k] * factors[k] * weights[(k * columns) + j];
        }
    }

    private static double[,] Row(double[] values)
    {
        var row = new double[1, values.Length];
        values.CopyTo(row.AsFlat());
        return row;
    }
}
