using System.Globalization;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>Where one recurrent layer's tensors lie.</summary>
/// <param name="Kind">The cell, with G gates: 4 in the order i, f, g, o of an LSTM, 3 in the order r, z, n of a GRU, 1 of
/// the simple cells.</param>
/// <param name="Input">W [I, GH].</param>
/// <param name="Recurrent">U [H, GH].</param>
/// <param name="Bias">b [GH].</param>
/// <param name="Peephole">[3H] for the gates i, f, o of an LSTM with peepholes, else null.</param>
/// <param name="RecurrentBias">[H], added to a GRU's h U in the gate n, else null.</param>
public sealed record RecurrentSlots(
    CellKind Kind, TensorSlot Input, TensorSlot Recurrent, TensorSlot Bias, TensorSlot? Peephole, TensorSlot? RecurrentBias)
{
    /// <summary>Whether a GRU's reset gate acts on h, before the product.</summary>
    internal bool IsResetFirst => Kind == CellKind.Gru && RecurrentBias is null;

    /// <summary>The weights as products read them; where the reset gate acts before the product there are two with h, the second of
    /// which waits for it: of the columns r and z, and of the columns n.</summary>
    internal IEnumerable<WeightColumns> Weights => IsResetFirst
        ? [WeightColumns.All(Input), ResetColumns, CandidateColumns]
        : [WeightColumns.All(Input), WeightColumns.All(Recurrent)];

    /// <summary>The columns r and z of U.</summary>
    internal WeightColumns ResetColumns => new(Recurrent, 0, 2 * Recurrent.Shape[0]);

    /// <summary>The columns n of U.</summary>
    internal WeightColumns CandidateColumns => new(Recurrent, 2 * Recurrent.Shape[0], Recurrent.Shape[0]);

    /// <summary>GH, the columns of a layer's weights.</summary>
    /// <remarks>Where the weights then fit a layout, other small multiples of H are numbers too.</remarks>
    /// <exception cref="ArgumentException">It passes 2^31.</exception>
    private static int Columns(CellKind kind, int hidden)
    {
        long columns = (long)kind.GateCount() * hidden;
        if (columns > int.MaxValue) Throw.Argument($"a layer of {hidden} hidden units is too large: the limit is 2^31 floats");
        return (int)columns;
    }

    /// <summary>Appends the tensors of layer <paramref name="layer"/> to a layout; this order is that of files. A GRU has a bias of h U
    /// unless its reset gate acts before that product. The suffix stands behind the layer's number.</summary>
    internal static RecurrentSlots Add(
        ParameterLayout layout, CellKind kind, bool peepholes, int layer, int inputs, int hidden, string suffix = "",
        bool resetBeforeProduct = false, string before = "")
    {
        string prefix = string.Create(CultureInfo.InvariantCulture, $"{before}{kind.TensorPrefix()}.{layer}{suffix}");
        int columns = Columns(kind, hidden);
        bool isResetFirst = kind == CellKind.Gru && resetBeforeProduct;
        return new RecurrentSlots(
            kind,
            layout.AddMatrix($"{prefix}.input", inputs, columns),

            // Where the reset gate acts before the product, its columns are read in two parts.
            isResetFirst
                ? layout.Add($"{prefix}.recurrent", hidden, columns)
                : layout.AddMatrix($"{prefix}.recurrent", hidden, columns),
            layout.Add($"{prefix}.bias", columns),
            peepholes ? layout.Add($"{prefix}.peephole", 3 * hidden) : null,
            kind == CellKind.Gru && !resetBeforeProduct ? layout.Add($"{prefix}.recurrentBias", hidden) : null);
    }
}
