using TinySD.Runtime.Memory;

namespace TinySD.Hosts.OwnNetwork;

/// <summary>A batch of made-up words, each to be spelled backwards. The sources are packed without padding; the targets are one longer,
/// for the mark at their end, and so stand in the same order.</summary>
internal sealed class Words
{
    public const int Count = 16, Longest = 6, Letters = 8, Begin = 8, End = 9, Signs = 10;

    private readonly SequencePacking _sources = new(Count, Longest), _targets = new(Count, Longest + 1);
    private readonly string[] _spelled = new string[Count];
    private readonly List<int> _source = [], _input = [], _output = [];

    public StepRows SourceRows { get; private set; }

    public StepRows TargetRows { get; private set; }

    /// <summary>Letters of all words, in the order of rows.</summary>
    public int[] Source => [.. _source];

    /// <summary>What the decoder reads: the mark, and then what it was to write in the step before.</summary>
    public int[] Input => [.. _input];

    /// <summary>What it is to write.</summary>
    public int[] Output => [.. _output];

    /// <summary>The word at a place, backwards.</summary>
    public string ReversedAt(int place) => string.Concat(_spelled[place].Reverse());

    public void Draw(int seed)
    {
        var random = new Random(seed);
        int[] lengths = [.. Enumerable.Range(0, Count).Select(_ => random.Next(1, Longest + 1))];
        (SourceRows, TargetRows) = (_sources.Pack(lengths, Longest), _targets.Pack([.. lengths.Select(n => n + 1)], Longest + 1));
        for (int place = 0; place < Count; place++)
            _spelled[place] = new([.. Enumerable.Range(0, lengths[_sources.Order[place]]).Select(_ => (char)('a' + random.Next(Letters)))]);
        _source.Clear();
        _input.Clear();
        _output.Clear();
        for (int s = 0; s < SourceRows.Steps; s++)
        {
            for (int place = 0; place < SourceRows.At(s); place++) _source.Add(_spelled[place][s] - 'a');
        }

        for (int t = 0; t < TargetRows.Steps; t++)
        {
            for (int place = 0; place < TargetRows.At(t); place++)
            {
                string word = _spelled[place];
                _input.Add(t == 0 ? Begin : word[^t] - 'a');
                _output.Add(t == word.Length ? End : word[^(t + 1)] - 'a');
            }
        }
    }
}
