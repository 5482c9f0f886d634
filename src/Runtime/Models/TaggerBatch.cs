using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Models;

/// <summary>Up to B sentences of at most T tokens, of unequal length. Filling it again allocates nothing.</summary>
/// <remarks>Inside, sentences stand in order of decreasing length and no step is padding; the characters of a spelling that several tokens
/// have are there once.</remarks>
public sealed class TaggerBatch
{
    private readonly SequencePacking _packing;
    private readonly int[] _places, _lengths;
    private readonly Workspace.Slice _words, _forms, _tags, _starts, _characters;
    private readonly int _mostCharacters;

    /// <summary>Room for a batch.</summary>
    /// <param name="config">The model that it is for.</param>
    /// <param name="batchSize">The most sentences B.</param>
    /// <param name="longest">The most tokens T of a sentence.</param>
    /// <exception cref="ArgumentException">A size is below 1, or the numbers would pass 2^31.</exception>
    public TaggerBatch(TaggerConfig config, int batchSize, int longest)
        : this(config, batchSize, longest, new Workspace(), isAlone: true)
    {
    }

    /// <summary>Reserves room for a batch in memory that is taken later, but for what is one number a sentence or a step.</summary>
    internal TaggerBatch(TaggerConfig config, int batchSize, int longest, Workspace workspace)
        : this(config, batchSize, longest, workspace, isAlone: false)
    {
    }

    private TaggerBatch(TaggerConfig config, int batchSize, int longest, Workspace workspace, bool isAlone)
    {
        ArgumentNullException.ThrowIfNull(config);
        if (batchSize < 1) Throw.OutOfRange(nameof(batchSize), batchSize, "at least 1");
        if (longest < 1) Throw.OutOfRange(nameof(longest), longest, "at least 1");
        (BatchSize, Longest) = (batchSize, longest);
        _packing = new SequencePacking(batchSize, longest);
        _places = new int[batchSize];
        _lengths = new int[batchSize];
        long rows = (long)batchSize * longest;
        _words = workspace.Reserve(rows);
        _tags = workspace.Reserve(rows);
        if (config.Characters is { } characters)
        {
            _mostCharacters = characters.MaxLength;
            _forms = workspace.Reserve(rows);
            _starts = workspace.Reserve(rows + 1);
            _characters = workspace.Reserve(rows * _mostCharacters);
        }

        if (isAlone) workspace.Allocate();
    }

    /// <summary>The most sentences B.</summary>
    public int BatchSize { get; }

    /// <summary>The most tokens T of a sentence.</summary>
    public int Longest { get; }

    /// <summary>Sentences in it.</summary>
    public int Count { get; private set; }

    /// <summary>Distinct spellings in it.</summary>
    public int FormCount { get; private set; }

    internal StepRows Rows { get; private set; }

    /// <summary>Words of all tokens, packed.</summary>
    internal ReadOnlySpan<int> Words => _words.Integers[..Rows.Total];

    /// <summary>For all tokens, packed, which of the batch's spellings they have.</summary>
    internal ReadOnlySpan<int> Forms => _forms.Integers[..Rows.Total];

    /// <summary>Tags of all tokens, packed; -1 for none.</summary>
    internal ReadOnlySpan<int> Tags => _tags.Integers[..Rows.Total];

    /// <summary>The batch's spellings.</summary>
    internal CharacterLists Characters => new(_starts.Integers[..(FormCount + 1)], _characters.Integers);

    /// <summary>Begins a batch without spellings or tags.</summary>
    /// <param name="lengths">Tokens of each sentence, 0 to T; at most B of them.</param>
    /// <exception cref="ArgumentException">A length is out of range, or there are too many.</exception>
    public void Begin(ReadOnlySpan<int> lengths)
    {
        if (lengths.Length > BatchSize)
            Throw.Argument($"there are {Throw.Counted(lengths.Length, "sentence")} for a batch of at most {BatchSize}");
        Count = lengths.Length;
        FormCount = 0;
        Span<int> all = _lengths;
        all.Clear();
        lengths.CopyTo(all);
        Rows = _packing.Pack(all, Longest);
        for (int place = 0; place < BatchSize; place++) _places[_packing.Order[place]] = place;
        _tags.Integers[..Rows.Total].Fill(-1);
        if (_mostCharacters > 0) _starts.Integers[0] = 0;
    }

    /// <summary>Adds a spelling.</summary>
    /// <param name="characters">Its characters; of more than the model reads, the first and the last half of those.</param>
    /// <returns>Its number in this batch.</returns>
    /// <exception cref="ArgumentException">There are as many as tokens already, or the model reads no characters.</exception>
    public int AddForm(ReadOnlySpan<int> characters)
    {
        if (FormCount >= Rows.Total || _mostCharacters == 0)
            Throw.Argument("a batch has as many spellings as tokens at most, and none where its model reads no characters");
        Span<int> starts = _starts.Integers;
        int start = starts[FormCount], length = Math.Min(characters.Length, _mostCharacters), tail = length / 2;
        Span<int> to = _characters.Integers.Slice(start, length);
        characters[..(length - tail)].CopyTo(to);
        characters[(characters.Length - tail)..].CopyTo(to[(length - tail)..]);
        starts[FormCount + 1] = start + length;
        return FormCount++;
    }

    /// <summary>Sets a token.</summary>
    /// <param name="sentence">The sentence.</param>
    /// <param name="t">Which of its tokens.</param>
    /// <param name="word">The word's id.</param>
    /// <param name="form">Its spelling, as <see cref="AddForm"/> numbered it; not used where the model reads no characters.</param>
    /// <param name="tag">Its tag's id, or -1 where there is none.</param>
    /// <exception cref="ArgumentException">There is no such token, or no such spelling.</exception>
    public void SetToken(int sentence, int t, int word, int form = 0, int tag = -1)
    {
        int row = RowOf(sentence, t);
        _words.Integers[row] = word;
        _tags.Integers[row] = tag;
        if (_mostCharacters == 0) return;
        if ((uint)form >= (uint)FormCount) Throw.OutOfRange(nameof(form), form, $"0 to {FormCount - 1}");
        _forms.Integers[row] = form;
    }

    /// <summary>Makes a token's word one that is not known.</summary>
    internal void Forget(int sentence, int t) => _words.Integers[RowOf(sentence, t)] = 0;

    /// <summary>Where a sentence stands.</summary>
    internal int PlaceOf(int sentence) => _places[sentence];

    /// <summary>Tokens of the sentence at a place.</summary>
    internal int LengthAt(int place) => _lengths[_packing.Order[place]];

    private int RowOf(int sentence, int t)
    {
        if ((uint)sentence >= (uint)Count) Throw.OutOfRange(nameof(sentence), sentence, $"0 to {Count - 1}");
        if ((uint)t >= (uint)_lengths[sentence]) Throw.OutOfRange(nameof(t), t, $"0 to {_lengths[sentence] - 1}");
        return Rows.Before(t) + _places[sentence];
    }
}
