namespace TinySD.Formats.Text;

/// <summary>Finds the merges that subword-nmt's learn-bpe finds.</summary>
/// <remarks>The most frequent pair is merged, of equals the one whose symbols come last in the order of code points; then again. As there,
/// only frequent pairs are looked at until one may have been passed over, and counts are mended around a merge: where a symbol can come
/// about in several ways its pairs are counted a little off, and the merges depend on that.</remarks>
internal sealed class BytePairLearner
{
    private const int PruneStride = 100;

    private readonly List<string> _symbols = [];
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<(int[] Symbols, long Count)> _words = [];

    // How often a pair is there, those that are rare left out; of all, as they were when last looked at; and how often in which word.
    private readonly Dictionary<long, long> _frequent = [], _all = [];
    private readonly Dictionary<long, Dictionary<int, int>> _places = [];

    /// <summary>Takes words and how often each is there.</summary>
    public BytePairLearner(IReadOnlyDictionary<string, long> counts)
    {
        var symbols = new List<string>();
        foreach ((string word, long count) in counts)
        {
            symbols.Clear();
            BytePairSegments.AddCharacters(word, symbols);
            symbols[^1] += BytePairCodes.EndOfWord;
            _words.Add(([.. symbols.Select(IdOf)], count));
        }

        for (int word = 0; word < _words.Count; word++)
        {
            (int[] own, long count) = _words[word];
            for (int i = 1; i < own.Length; i++) Add(Pair(own[i - 1], own[i]), word, count, 1);
        }
    }

    /// <summary>Finds merges.</summary>
    public List<BytePair> Learn(int most, long minimumCount, CancellationToken stop)
    {
        var merges = new List<BytePair>();
        if (_frequent.Count == 0) return merges;
        Copy(_frequent, _all);

        // What counts as frequent at first only matters for speed; later it decides which counts are looked at.
        double threshold = _frequent.Values.Max() / 10.0;
        long best = 0;
        for (int i = 0; i < most; i++)
        {
            stop.ThrowIfCancellationRequested();
            if (_frequent.Count > 0) best = FindBest();
            if (_frequent.Count == 0 || (i > 0 && _frequent[best] < threshold))
            {
                Prune(threshold);
                Copy(_all, _frequent);
                best = FindBest();
                threshold = _frequent[best] * (double)i / (i + 10000.0);
                Prune(threshold);
            }

            _frequent.TryGetValue(best, out long count);
            if (count < minimumCount) break;
            merges.Add(new BytePair(_symbols[First(best)], _symbols[Second(best)]));
            Merge(best);
            if (i % PruneStride == 0) Prune(threshold);
        }

        return merges;
    }

    private static long Pair(int first, int second) => ((long)first << 32) | (uint)second;

    private static int First(long pair) => (int)(pair >> 32);

    private static int Second(long pair) => (int)pair;

    private static void Copy(Dictionary<long, long> from, Dictionary<long, long> to)
    {
        to.Clear();
        foreach ((long pair, long count) in from) to.Add(pair, count);
    }

    private int IdOf(string symbol)
    {
        ref int id = ref CollectionsMarshal.GetValueRefOrAddDefault(_ids, symbol, out bool isKnown);
        if (isKnown) return id;
        _symbols.Add(symbol);
        return id = _symbols.Count - 1;
    }

    private void Add(long pair, int word, long count, int times)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_frequent, pair, out _) += times * count;
        if (!_places.TryGetValue(pair, out Dictionary<int, int>? places)) _places.Add(pair, places = []);
        CollectionsMarshal.GetValueRefOrAddDefault(places, word, out _) += times;
    }

    private long FindBest()
    {
        long best = 0, most = long.MinValue;
        foreach ((long pair, long count) in _frequent)
        {
            if (count < most || (count == most && Compare(pair, best) <= 0)) continue;
            (best, most) = (pair, count);
        }

        return best;
    }

    private int Compare(long one, long other)
    {
        int order = CodePoints.Compare(_symbols[First(one)], _symbols[First(other)]);
        return order != 0 ? order : CodePoints.Compare(_symbols[Second(one)], _symbols[Second(other)]);
    }

    private void Prune(double threshold)
    {
        foreach ((long pair, long count) in _frequent)
        {
            if (count >= threshold) continue;
            _frequent.Remove(pair);

            // One below 0 has been left out before, and is what its count has changed by since.
            ref long all = ref CollectionsMarshal.GetValueRefOrAddDefault(_all, pair, out _);
            all = count < 0 ? all + count : count;
        }
    }

    private void Merge(long pair)
    {
        int first = First(pair), second = Second(pair), merged = IdOf(_symbols[first] + _symbols[second]);
        int[] words = _places.TryGetValue(pair, out Dictionary<int, int>? places)
            ? [.. places.Where(place => place.Value > 0).Select(place => place.Key)]
            : [];
        _places[pair] = [];
        foreach (int word in words)
        {
            (int[] before, long count) = _words[word];
            int[] after = Replace(before, first, second, merged);
            _words[word] = (after, count);
            TakeOld(word, before, count, first, second);
            AddNew(word, after, count, merged);
        }

        _frequent[pair] = 0;
    }

    private static int[] Replace(int[] word, int first, int second, int merged)
    {
        int[] replaced = new int[word.Length];
        int length = 0;
        for (int i = 0; i < word.Length; i++)
        {
            bool isPair = word[i] == first && i + 1 < word.Length && word[i + 1] == second;
            replaced[length++] = isPair ? merged : word[i];
            if (isPair) i++;
        }

        return replaced[..length];
    }

    // In A B C, where B C is merged, A B is gone, and in B C D, C D; but C B of B C B C is taken away once.
    private void TakeOld(int word, int[] own, long count, int first, int second)
    {
        for (int i = 0; i + 1 < own.Length; i++)
        {
            if (own[i] != first || own[i + 1] != second) continue;
            if (i > 0) Add(Pair(own[i - 1], own[i]), word, count, -1);
            bool isNext = i + 3 < own.Length && own[i + 2] == first && own[i + 3] == second;
            if (i + 2 < own.Length && !isNext) Add(Pair(own[i + 1], own[i + 2]), word, count, -1);
            i++;
        }
    }

    // In A BC D there are A BC and BC D now; BC BC is counted once.
    private void AddNew(int word, int[] own, long count, int merged)
    {
        for (int i = 0; i < own.Length; i++)
        {
            if (own[i] != merged) continue;
            if (i > 0) Add(Pair(own[i - 1], own[i]), word, count, 1);
            if (i + 1 < own.Length && own[i + 1] != merged) Add(Pair(own[i], own[i + 1]), word, count, 1);
        }
    }
}
