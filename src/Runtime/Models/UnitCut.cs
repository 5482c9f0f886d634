using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Models;

/// <summary>Rows or columns of a matrix: parts side by side, gates or directions, of each of which the first units are kept.</summary>
/// <param name="Parts">How many parts there are.</param>
/// <param name="Units">Units of each.</param>
/// <param name="Kept">How many of them are kept.</param>
internal readonly record struct CutExtent(int Parts, int Units, int Kept)
{
    /// <summary>All of so many.</summary>
    public static CutExtent All(int count) => new(1, count, count);
}

/// <summary>Copies the first units of every layer out of a model into a smaller one.</summary>
/// <param name="from">The model's numbers.</param>
/// <param name="to">The smaller model's.</param>
internal sealed class UnitCut(ParameterBlock from, ParameterBlock to)
{
    /// <summary>A matrix, or with one row a vector.</summary>
    public void Matrix(TensorSlot source, TensorSlot target, CutExtent rows, CutExtent columns)
    {
        ReadOnlySpan<float> values = from[source];
        Span<float> kept = to[target];
        int width = columns.Parts * columns.Units;
        for (int row = 0; row < rows.Parts * rows.Kept; row++)
        {
            (int part, int unit) = int.DivRem(row, rows.Kept);
            ReadOnlySpan<float> own = values.Slice(((part * rows.Units) + unit) * width, width);
            for (int i = 0; i < columns.Parts; i++)
            {
                own.Slice(i * columns.Units, columns.Kept).CopyTo(kept);
                kept = kept[columns.Kept..];
            }
        }
    }

    /// <summary>A vector of parts.</summary>
    public void Vector(TensorSlot source, TensorSlot target, CutExtent columns) => Matrix(source, target, CutExtent.All(1), columns);

    /// <summary>A recurrent layer, gate by gate.</summary>
    /// <param name="source">Where it lies.</param>
    /// <param name="target">Where the smaller one lies.</param>
    /// <param name="inputs">Its inputs.</param>
    public void Layer(RecurrentSlots source, RecurrentSlots target, CutExtent inputs)
    {
        int hidden = source.Recurrent.Shape[0], kept = target.Recurrent.Shape[0];
        CutExtent units = new(1, hidden, kept), gates = units with { Parts = source.Kind.GateCount() };
        Matrix(source.Input, target.Input, inputs, gates);
        Matrix(source.Recurrent, target.Recurrent, units, gates);
        Vector(source.Bias, target.Bias, gates);
        if (source.Peephole is not null) Vector(source.Peephole, target.Peephole!, units with { Parts = 3 });
        if (source.RecurrentBias is not null) Vector(source.RecurrentBias, target.RecurrentBias!, units);
    }

    /// <summary>A stack of such layers, for each its directions one after the other.</summary>
    public void Stack(RecurrentStackConfig config, IReadOnlyList<RecurrentSlots> source, IReadOnlyList<RecurrentSlots> target)
    {
        int directions = config.DirectionCount;
        for (int i = 0; i < source.Count; i++)
        {
            CutExtent inputs = i < directions
                ? new(1, source[i].Input.Shape[0], target[i].Input.Shape[0])
                : new(directions, config.HiddenSize, target[i].Recurrent.Shape[0]);
            Layer(source[i], target[i], inputs);
        }
    }

    /// <summary>The end of it: the host's memory may hold anything between the tensors.</summary>
    public void Finish() => to.ClearPadding();
}
