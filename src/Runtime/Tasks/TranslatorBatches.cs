using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <summary>The batches of pairs: every epoch all of them once, in an order of its own, batches of like lengths.</summary>
internal sealed class TranslatorBatches : IBatches<TranslatorBatch>
{
    private readonly SentencePairs _pairs;
    private readonly int[] _trained, _which;
    private readonly LengthOrder _order;

    /// <param name="recipe">Decides the order.</param>
    /// <param name="pairs">The pairs.</param>
    public TranslatorBatches(TranslatorRecipe recipe, SentencePairs pairs)
    {
        _pairs = pairs;
        _trained = [.. TrainedOf(recipe, pairs)];
        _which = new int[recipe.BatchSize];

        // By targets, whose steps cost more, and then by sources.
        _order = new LengthOrder(recipe.Seed, _trained.Length, recipe.BatchSize, i =>
            ((long)pairs.TargetOf(_trained[i]).Length << 16) + pairs.SourceOf(_trained[i]).Length);
    }

    /// <summary>Pairs that are trained on.</summary>
    public int Count => _trained.Length;

    /// <summary>The numbers of the pairs that are trained on: neither side is empty, nor longer than the recipe says.</summary>
    public static List<int> TrainedOf(TranslatorRecipe recipe, SentencePairs pairs)
    {
        var trained = new List<int>(pairs.Count);
        for (int i = 0; i < pairs.Count; i++)
        {
            int source = pairs.SourceOf(i).Length, target = pairs.TargetOf(i).Length;
            if (source > 0 && target > 0 && source <= recipe.MaxLength && target <= recipe.MaxLength) trained.Add(i);
        }

        return trained;
    }

    public int? CountOfEach => _order.BatchCount;

    public int Begin(int epoch, long firstUpdate) => _order.Begin(epoch);

    public void Fill(int index, TranslatorBatch into)
    {
        ReadOnlySpan<int> order = _order[index];
        for (int i = 0; i < order.Length; i++) _which[i] = _trained[order[i]];
        into.Fill(_pairs, _which.AsSpan(0, order.Length));
    }

    public bool Continues(int index) => false;

    public long TermsBefore(int index)
    {
        long terms = 0;
        for (int batch = 0; batch < index; batch++)
        {
            foreach (int i in _order[batch]) terms += _pairs.TargetOf(_trained[i]).Length + 1;
        }

        return terms;
    }
}
