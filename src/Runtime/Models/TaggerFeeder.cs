namespace TinySD.Runtime.Models;

/// <summary>Writes sentences into batches, every spelling once.</summary>
internal sealed class TaggerFeeder
{
    private readonly TaggedPieces _pieces;
    private readonly int[] _lengths;

    // The number of each spelling in the batch being written, where its mark is this batch's.
    private readonly int[] _numbers, _marks;
    private int _mark;

    public TaggerFeeder(TaggedPieces pieces, TaggerConfig config, int batchSize)
    {
        _pieces = pieces;
        _lengths = new int[batchSize];
        int forms = config.Characters is null ? 0 : pieces.Sentences.FormCount;
        (_numbers, _marks) = (new int[forms], new int[forms]);
    }

    /// <summary>Writes pieces, with the tags that they have; where they have none, with none.</summary>
    public void Fill(ReadOnlySpan<int> which, TaggerBatch into)
    {
        TaggedSentences sentences = _pieces.Sentences;
        Span<int> lengths = _lengths.AsSpan(0, which.Length);
        for (int i = 0; i < which.Length; i++) lengths[i] = _pieces.LengthOf(which[i]);
        into.Begin(lengths);
        _mark++;
        for (int i = 0; i < which.Length; i++)
        {
            int sentence = _pieces.SentenceOf(which[i]);
            ReadOnlySpan<int> words = _pieces.Of(which[i], sentences.WordsOf(sentence));
            ReadOnlySpan<int> forms = _pieces.Of(which[i], sentences.FormsOf(sentence));
            ReadOnlySpan<int> tags = sentences.HasTags ? _pieces.Of(which[i], sentences.TagsOf(sentence)) : default;
            for (int t = 0; t < words.Length; t++)
                into.SetToken(i, t, words[t], _numbers.Length == 0 ? 0 : NumberOf(forms[t], into), tags.IsEmpty ? -1 : tags[t]);
        }
    }

    private int NumberOf(int form, TaggerBatch into)
    {
        if (_marks[form] == _mark) return _numbers[form];
        _marks[form] = _mark;
        return _numbers[form] = into.AddForm(_pieces.Sentences.CharactersOf(form));
    }
}
