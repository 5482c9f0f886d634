using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <summary>The batches of labelled sequences: every epoch all of them once, in an order of its own, batches of like lengths.</summary>
internal sealed class LabelledBatches : IBatches<SequenceBatch>
{
    // Batches whose sequences are sorted by length together: enough for few steps that only one sequence has, few enough to stay random.
    private const int SortedTogether = 16;

    private readonly ClassifierRecipe _recipe;
    private readonly ClassifierForm _form;
    private readonly LabelledSequences _sequences;
    private readonly SequenceFeeder _feeder;
    private readonly int[] _order, _batches;
    private readonly float[] _weights = [];

    public LabelledBatches(ClassifierRecipe recipe, ClassifierForm form, LabelledSequences sequences, long[] counts)
    {
        _recipe = recipe;
        _form = form;
        _sequences = sequences;
        _feeder = new SequenceFeeder(form, recipe.BatchSize);
        _order = new int[sequences.Count];
        _batches = new int[(sequences.Count + recipe.BatchSize - 1) / recipe.BatchSize];
        int known = counts.Count(count => count > 0);
        if (recipe.BalancesLabels)
            _weights = [.. counts.Select(count => count == 0 ? 0f : (float)(sequences.Count / ((double)known * count)))];
    }

    public int Begin(int epoch, long firstUpdate)
    {
        var random = new PhiloxStream(_recipe.Seed, RandomPurpose.Order, (uint)epoch);
        Orders.Shuffle(_order, ref random);
        int together = SortedTogether * _recipe.BatchSize;
        for (int first = 0; first < _order.Length; first += together)
        {
            Span<int> part = _order.AsSpan(first, Math.Min(together, _order.Length - first));
            part.Sort((a, b) =>
            {
                int byLength = _sequences.LengthOf(b).CompareTo(_sequences.LengthOf(a));
                return byLength != 0 ? byLength : a.CompareTo(b);
            });
        }

        Orders.Shuffle(_batches, ref random);
        return _batches.Length;
    }

    public void Fill(int index, SequenceBatch into)
    {
        ReadOnlySpan<int> which = Of(index);
        _feeder.Fill(_sequences, which, into);
        for (int i = 0; i < which.Length; i++) _feeder.SetLabels(_sequences.LabelsOf(which[i]), i, _weights, into);
    }

    public bool Continues(int index) => false;

    public long TermsBefore(int index)
    {
        long sequences = 0;
        for (int i = 0; i < index; i++) sequences += Of(i).Length;
        return sequences * (_form.IsMultiLabel ? _form.Labels.Length : 1);
    }

    private ReadOnlySpan<int> Of(int index)
    {
        int first = _batches[index] * _recipe.BatchSize;
        return _order.AsSpan(first, Math.Min(_recipe.BatchSize, _order.Length - first));
    }
}
