namespace TinySD.Runtime.Models;

/// <summary>Writes labelled sequences into batches: numbers normalised, sequences cut at the batch's longest.</summary>
internal sealed class SequenceFeeder(ClassifierForm form, int batchSize)
{
    private readonly int[] _lengths = new int[batchSize];
    private readonly LastValue[] _last = new LastValue[form.Inputs.Length];
    private readonly float[] _row = new float[form.Inputs.Length];

    /// <summary>Writes sequences, their labels not.</summary>
    public void Fill(LabelledSequences sequences, ReadOnlySpan<int> which, SequenceBatch into)
    {
        Span<int> lengths = _lengths.AsSpan(0, which.Length);
        for (int i = 0; i < which.Length; i++) lengths[i] = Math.Min(into.Longest, sequences.LengthOf(which[i]));
        into.Begin(lengths);
        for (int i = 0; i < which.Length; i++)
        {
            if (sequences.HasTokens) into.SetTokens(i, sequences.TokensOf(which[i])[..lengths[i]]);
            else SetRows(sequences.RowsOf(which[i]), i, lengths[i], into);
        }
    }

    /// <summary>Writes a sequence's rows, [T][I].</summary>
    public void SetRows(ReadOnlySpan<double> rows, int sequence, int length, SequenceBatch into)
    {
        form.Begin(_last);
        for (int t = 0; t < length; t++)
        {
            form.Normalise(rows.Slice(t * _row.Length, _row.Length), _last, _row);
            into.SetStep(sequence, t, _row);
        }
    }

    /// <summary>Writes a sequence's labels.</summary>
    public void SetLabels(ReadOnlySpan<int> labels, int sequence, ReadOnlySpan<float> weights, SequenceBatch into)
    {
        if (!form.IsMultiLabel)
        {
            if (labels.Length != 1) Throw.Argument($"a sequence has {Throw.Counted(labels.Length, "label")}; one was expected");
            into.SetLabel(sequence, labels[0], weights.IsEmpty ? 1f : weights[labels[0]]);
            return;
        }

        Span<float> targets = into.TargetsOf(sequence);
        targets.Clear();
        foreach (int label in labels) targets[label] = 1f;
    }
}
