namespace TinySD.Formats.Text;

/// <summary>Cuts a word by byte-pair merges.</summary>
/// <remarks>The earliest merge of all neighbours is done first, at every place where it can be, from left to right; then again. Places wait
/// in a queue by merge and position, so that a text without blanks takes no more than its length asks for.</remarks>
internal sealed class BytePairSegments
{
    private readonly Dictionary<(string First, string Second), int> _ranks;
    private readonly PriorityQueue<int, (int Rank, int Place)> _queue = new();
    private readonly List<string> _symbols = [];
    private readonly int[] _next, _before;

    private BytePairSegments(string word, Dictionary<(string First, string Second), int> ranks, bool marksEndApart)
    {
        _ranks = ranks;
        AddCharacters(word, _symbols);
        if (marksEndApart) _symbols.Add(BytePairCodes.EndOfWord);
        else _symbols[^1] += BytePairCodes.EndOfWord;
        (_next, _before) = (new int[_symbols.Count], new int[_symbols.Count]);
        for (int i = 0; i < _next.Length; i++) (_next[i], _before[i]) = (i + 1 < _next.Length ? i + 1 : -1, i - 1);
        for (int i = 0; i < _next.Length; i++) Queue(i);
    }

    /// <summary>The symbols of a word, without the mark of its end.</summary>
    public static List<string> Cut(string word, Dictionary<(string First, string Second), int> ranks, bool marksEndApart)
    {
        // A character alone is a word of its own to subword-nmt, which looks for no merge of it with its end.
        if (word.Length == 0) return [];
        if (word.Length == LengthAt(word, 0)) return [word];
        return new BytePairSegments(word, ranks, marksEndApart).Merge();
    }

    /// <summary>Adds a text's characters, those beyond the first plane whole.</summary>
    public static void AddCharacters(string text, List<string> characters)
    {
        for (int at = 0, length; at < text.Length; at += length)
        {
            length = LengthAt(text, at);
            characters.Add(text.Substring(at, length));
        }
    }

    private static int LengthAt(string text, int at) =>
        char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;

    private List<string> Merge()
    {
        var merged = new List<int>();
        while (_queue.TryPeek(out _, out (int Rank, int Place) first))
        {
            // New neighbours wait until the merge is done everywhere.
            merged.Clear();
            while (_queue.TryPeek(out int place, out (int Rank, int Place) own) && own.Rank == first.Rank)
            {
                _queue.Dequeue();
                if (RankAt(place) != own.Rank) continue;
                int second = _next[place];
                _symbols[place] += _symbols[second];
                _symbols[second] = "";
                if ((_next[place] = _next[second]) >= 0) _before[_next[place]] = place;
                merged.Add(place);
            }

            foreach (int place in merged)
            {
                if (_before[place] >= 0) Queue(_before[place]);
                Queue(place);
            }
        }

        var segments = new List<string>();
        for (int i = 0; i >= 0; i = _next[i]) segments.Add(_symbols[i]);
        if (segments[^1] == BytePairCodes.EndOfWord) segments.RemoveAt(segments.Count - 1);
        else if (segments[^1].EndsWith(BytePairCodes.EndOfWord, StringComparison.Ordinal))
            segments[^1] = segments[^1][..^BytePairCodes.EndOfWord.Length];
        return segments;
    }

    private void Queue(int place)
    {
        int rank = RankAt(place);
        if (rank >= 0) _queue.Enqueue(place, (rank, place));
    }

    // Of the merge with what stands behind; -1 for none, also where a symbol has gone into the one before it.
    private int RankAt(int place)
    {
        if (_symbols[place].Length == 0 || _next[place] < 0) return -1;
        return _ranks.TryGetValue((_symbols[place], _symbols[_next[place]]), out int rank) ? rank : -1;
    }
}
