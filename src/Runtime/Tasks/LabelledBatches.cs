using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <summary>The batches of labelled sequences: every epoch all of them once, in an order of its own, batches of like lengths.</summary>
internal sealed class LabelledBatches : IBatches<SequenceBatch>
{
    private readonly ClassifierForm _form;
    private readonly LabelledSequences _sequences;
    private readonly SequenceFeeder _feeder;
    private readonly LengthOrder _order;
    private readonly float[] _weights = [];

    public LabelledBatches(ClassifierRecipe recipe, ClassifierForm form, LabelledSequences sequences, long[] counts)
    {
        _form = form;
        _sequences = sequences;
        _feeder = new SequenceFeeder(form, recipe.BatchSize);
        _order = new LengthOrder(recipe.Seed, sequences.Count, recipe.BatchSize, i => sequences.LengthOf(i));
        int known = counts.Count(count => count > 0);
        if (recipe.BalancesLabels)
            _weights = Array.ConvertAll(counts, count => count == 0 ? 0f : (float)(sequences.Count / ((double)known * count)));
    }

    public int? CountOfEach => _order.BatchCount;

    public int Begin(int epoch, long firstUpdate) => _order.Begin(epoch);

    public void Fill(int index, SequenceBatch into)
    {
        ReadOnlySpan<int> which = _order[index];
        _feeder.Fill(_sequences, which, into);
        for (int i = 0; i < which.Length; i++) _feeder.SetLabels(_sequences.LabelsOf(which[i]), i, _weights, into);
    }

    public bool Continues(int index) => false;

    public long TermsBefore(int index) => _order.Before(index) * (_form.IsMultiLabel ? _form.Labels.Length : 1);
}
