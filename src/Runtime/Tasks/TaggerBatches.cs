using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <summary>The batches of tagged sentences: every epoch all of them once, in an order of its own, batches of like lengths, and rare words
/// now and then one that is not known.</summary>
internal sealed class TaggerBatches : IBatches<TaggerBatch>
{
    private readonly TaggerRecipe _recipe;
    private readonly TaggedPieces _pieces;
    private readonly TaggerFeeder _feeder;
    private readonly LengthOrder _order;
    private readonly bool[] _isRare;
    private int _epoch;

    public TaggerBatches(TaggerRecipe recipe, TaggerConfig config, TaggedPieces pieces)
    {
        _recipe = recipe;
        _pieces = pieces;
        _feeder = new TaggerFeeder(pieces, config, recipe.BatchSize);
        _order = new LengthOrder(recipe.Seed, pieces.Count, recipe.BatchSize, piece => pieces.LengthOf(piece));
        int[] counts = new int[config.VocabularySize];
        TaggedSentences sentences = pieces.Sentences;
        for (int i = 0; i < sentences.Count; i++)
        {
            foreach (int word in sentences.WordsOf(i)) counts[word]++;
        }

        _isRare = Array.ConvertAll(counts, count => count <= recipe.RareCount);
    }

    public int? CountOfEach => _order.BatchCount;

    public int Begin(int epoch, long firstUpdate)
    {
        _epoch = epoch;
        return _order.Begin(epoch);
    }

    public void Fill(int index, TaggerBatch into)
    {
        ReadOnlySpan<int> which = _order[index];
        _feeder.Fill(which, into);
        if (_recipe.UnknownRate == 0f) return;
        for (int i = 0; i < which.Length; i++) Forget(which[i], i, into);
    }

    public bool Continues(int index) => false;

    public long TermsBefore(int index) => _order.Before(index);

    // A pure function of seed, epoch and place.
    private void Forget(int piece, int sentence, TaggerBatch into)
    {
        var random = new PhiloxStream(_recipe.Seed, RandomPurpose.UnknownWord, (uint)_epoch, (uint)piece);
        ReadOnlySpan<int> words = _pieces.Of(piece, _pieces.Sentences.WordsOf(_pieces.SentenceOf(piece)));
        for (int t = 0; t < words.Length; t++)
        {
            if (_isRare[words[t]] && random.NextSingle() < _recipe.UnknownRate) into.Forget(sentence, t);
        }
    }
}
