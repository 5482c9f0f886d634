using System.Collections.Immutable;

namespace TinySD.Runtime.Models;

/// <summary>What a classifier is fed and what it tells apart.</summary>
public sealed record ClassifierForm
{
    /// <summary>The labels' names, in the order of the outputs; at least 2, or with several at once 1.</summary>
    public required ImmutableArray<string> Labels { get; init; }

    /// <summary>Whether a sequence has any number of labels at once, or exactly one.</summary>
    public bool IsMultiLabel { get; init; }

    /// <summary>The columns that are fed; empty of tokens.</summary>
    public ImmutableArray<string> Inputs { get; init; } = [];

    /// <summary>Of each of them.</summary>
    public ImmutableArray<ColumnScale> InputScales { get; init; } = [];

    /// <summary>A form with the scales of the columns, learnt from training sequences.</summary>
    /// <exception cref="ArgumentException">A column has no number.</exception>
    public ClassifierForm Learn(LabelledSequences train)
    {
        ArgumentNullException.ThrowIfNull(train);
        if (train.HasTokens) return this;
        var scales = new ColumnScale[train.Width];
        var values = new List<double>();
        for (int i = 0; i < scales.Length; i++)
        {
            values.Clear();
            for (int sequence = 0; sequence < train.Count; sequence++)
            {
                ReadOnlySpan<double> rows = train.RowsOf(sequence);
                for (int at = i; at < rows.Length; at += train.Width) values.Add(rows[at]);
            }

            scales[i] = ColumnScale.Of(values.ToArray(), out int known);
            if (known == 0) Throw.Argument($"column '{Inputs[i]}' has no number in the training sequences");
        }

        return this with { InputScales = [.. scales] };
    }

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentException">A value is out of range or two contradict each other.</exception>
    public void Validate()
    {
        int least = IsMultiLabel ? 1 : 2;
        if (Labels.IsDefault || Labels.Length < least)
            Throw.Argument($"there {(Labels.IsDefaultOrEmpty ? "is no label" : "is one label")}; at least {least} are expected");
        if (Labels.Distinct().Count() < Labels.Length) Throw.Argument("a label stands twice");
        if (Inputs.IsDefault || InputScales.IsDefault)
            Throw.Argument("the columns or their scales are not given; empty lists stand for none");
        if (Inputs.Length != InputScales.Length)
            Throw.Argument($"there are {InputScales.Length} scales for {Throw.Counted(Inputs.Length, "column")}");
        foreach (ColumnScale scale in InputScales) scale.Check("column");
    }

    /// <summary>A sequence's rows as the network is fed them: normalised, and what is missing filled in.</summary>
    /// <param name="rows">[T][I], in the columns' own units; one that is missing is <see cref="double.NaN"/>.</param>
    /// <returns>[T][I].</returns>
    public float[] InputsOf(ReadOnlySpan<double> rows)
    {
        int width = Inputs.Length;
        float[] inputs = new float[rows.Length];
        var last = new LastValue[width];
        Begin(last);
        for (int at = 0; at < rows.Length; at += width) Normalise(rows.Slice(at, width), last, inputs.AsSpan(at, width));
        return inputs;
    }

    /// <summary>Writes a row, normalised, into [I]: what is missing repeats what was there last.</summary>
    internal void Normalise(ReadOnlySpan<double> row, Span<LastValue> last, Span<float> into)
    {
        for (int i = 0; i < into.Length; i++) into[i] = (float)InputScales[i].Normalise(last[i].Next(row[i]));
    }

    /// <summary>What stands before a sequence's first row: the columns' means.</summary>
    internal void Begin(Span<LastValue> last)
    {
        for (int i = 0; i < last.Length; i++) last[i] = new LastValue(InputScales[i].Offset);
    }
}
