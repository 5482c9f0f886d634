using System.Collections.Concurrent;

namespace TinySD.Formats.Text;

/// <summary>Byte-pair codes (Sennrich, Haddow and Birch, ACL 2016): how rare words are cut into pieces that are frequent. Files and pieces
/// are those of subword-nmt, to the byte. Immutable, safe to use from many threads.</summary>
/// <remarks>A word begins as its characters, and merges join neighbours, the earliest merge of the list first; characters that no merge
/// knows stay by themselves. All pieces of a word but the last end in <c>@@</c>. Codes of bytes instead of characters, which subword-nmt
/// can also write, are not read.</remarks>
public sealed class BytePairCodes
{
    /// <summary>What the last symbol of a word ends in, in merges only.</summary>
    public const string EndOfWord = "</w>";

    /// <summary>What a piece ends in where the word goes on: <c>@@</c>.</summary>
    public const string Joint = TranslatorForm.Joint;

    /// <summary>The most merges.</summary>
    public const int MaxCount = 1 << 22;

    // Words of which the pieces are remembered.
    private const int MaxRemembered = 1 << 18;

    private static readonly SearchValues<char> s_breaks = SearchValues.Create(" \r\n");

    private readonly Dictionary<(string First, string Second), int> _ranks = [];
    private readonly ConcurrentDictionary<string, ImmutableArray<string>> _remembered = new(StringComparer.Ordinal);
    private Dictionary<string, BytePair>? _origins;

    /// <summary>Takes merges in their order.</summary>
    /// <param name="merges">The merges; of one that is there twice the first counts.</param>
    /// <param name="marksEndApart">Whether, as in version 0.1 of the format, a word's end is a symbol of its own; else, as in 0.2, it is
    /// part of the last character.</param>
    /// <exception cref="ArgumentException">A symbol is empty or has a blank in it, or there are too many merges.</exception>
    public BytePairCodes(IEnumerable<BytePair> merges, bool marksEndApart = false)
    {
        ArgumentNullException.ThrowIfNull(merges);
        Merges = [.. merges];
        MarksEndApart = marksEndApart;
        if (Merges.Length > MaxCount) Throw.Argument($"byte-pair codes have at most {MaxCount} merges, these {Merges.Length}");
        for (int i = 0; i < Merges.Length; i++)
        {
            (string first, string second) = Merges[i];
            if (!IsSymbol(first) || !IsSymbol(second))
                Throw.Argument($"merge {i} has an empty symbol, or one with a blank or a line's end");
            _ranks.TryAdd((first, second), i);
        }
    }

    /// <summary>The merges, the earliest first.</summary>
    public ImmutableArray<BytePair> Merges { get; }

    /// <summary>Whether a word's end is a symbol of its own, as in version 0.1 of the format.</summary>
    public bool MarksEndApart { get; }

    /// <summary>Reads a file of subword-nmt: a first line <c>#version: 0.2</c>, and a merge a line. Without such a first line it is of
    /// version 0.1.</summary>
    /// <param name="path">The file; UTF-8, plain or gzip.</param>
    /// <exception cref="FileProblemException">It cannot be read, is of another version, or a line is no merge.</exception>
    public static BytePairCodes Read(string path) => BytePairFile.Read(path);

    /// <summary>Writes a file that subword-nmt reads.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    public void Write(string path) => BytePairFile.Write(path, this);

    /// <summary>Learns codes from words, as subword-nmt's learn-bpe does, to the byte.</summary>
    /// <param name="counts">Distinct words and how often each is there, at least once. Of codes for both sides of a translation, the sum of
    /// both.</param>
    /// <param name="merges">The most merges.</param>
    /// <param name="minimumCount">Pairs that are rarer are not merged.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="ArgumentException">A number is out of range, or a word is empty or has a blank in it.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was asked for.</exception>
    public static BytePairCodes Learn(
        IReadOnlyDictionary<string, long> counts, int merges, long minimumCount = 2, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(counts);
        if (merges is < 0 or > MaxCount) Throw.OutOfRange(nameof(merges), merges, $"0 to {MaxCount}");
        if (minimumCount < 1) Throw.OutOfRange(nameof(minimumCount), minimumCount, "at least 1");
        foreach ((string word, long count) in counts)
        {
            if (!IsSymbol(word)) Throw.Argument($"'{Words.Shown(word)}' is no word: it is empty, or has a blank or a line's end in it");
            if (count < 1) Throw.Argument($"the word '{Words.Shown(word)}' is counted {count} times; at least once was expected");
        }

        return new(new BytePairLearner(counts).Learn(merges, minimumCount, stop));
    }

    /// <summary>The pieces of a word; all but the last end in <c>@@</c>.</summary>
    /// <param name="word">The word, without blanks; an empty one has no pieces.</param>
    public ImmutableArray<string> Apply(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        if (_remembered.TryGetValue(word, out ImmutableArray<string> known)) return known;
        ImmutableArray<string> pieces = WithJoints(BytePairSegments.Cut(word, _ranks, MarksEndApart));
        if (_remembered.Count < MaxRemembered) _remembered[word] = pieces;
        return pieces;
    }

    /// <summary>The pieces of a word where only some are wanted: others are cut again into what they were merged from, as subword-nmt does
    /// with a vocabulary. A character stays, wanted or not.</summary>
    /// <param name="word">The word, without blanks; an empty one has no pieces.</param>
    /// <param name="isWanted">Whether a piece is; it ends in <c>@@</c> where the word goes on.</param>
    public ImmutableArray<string> Apply(string word, Func<string, bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(isWanted);
        ImmutableArray<string> pieces = Apply(word);
        if (pieces.All(isWanted)) return pieces;
        Dictionary<string, BytePair> origins = _origins ??= FindOrigins();
        var wanted = new List<string>();
        var open = new Stack<(string Symbol, bool IsLast)>();
        open.Push((pieces[^1] + EndOfWord, true));
        for (int i = pieces.Length - 2; i >= 0; i--) open.Push((pieces[i][..^Joint.Length], false));
        while (open.TryPop(out (string Symbol, bool IsLast) own))
        {
            bool hasEnd = own.IsLast && own.Symbol.EndsWith(EndOfWord, StringComparison.Ordinal);
            string text = hasEnd ? own.Symbol[..^EndOfWord.Length] : own.Symbol;
            if (isWanted(own.IsLast ? text : text + Joint) || !TryFindOrigin(own.Symbol, text, out BytePair origin))
            {
                wanted.Add(text);
                continue;
            }

            bool isEnd = origin.Second == EndOfWord;
            if (!isEnd) open.Push((origin.Second, own.IsLast));
            open.Push((origin.First, own.IsLast && isEnd));
        }

        return WithJoints(wanted);

        // Where ends are symbols of their own the last piece may be without.
        bool TryFindOrigin(string symbol, string text, out BytePair origin) =>
            (origins.TryGetValue(symbol, out origin)
                && (text.Length == symbol.Length || origin.Second.EndsWith(EndOfWord, StringComparison.Ordinal)))
            || (MarksEndApart && origins.TryGetValue(text, out origin));
    }

    /// <summary>The words of pieces: <c>foo@@ bar tot@@</c> are <c>foobar</c> and <c>tot</c>.</summary>
    public static string[] Join(params IEnumerable<string> pieces) => TranslatorForm.Join(pieces);

    /// <summary>Where other codes differ from these.</summary>
    /// <returns>What goes on after <c>the codes differ:</c> in a message; null where they do not.</returns>
    public string? FindDifference(BytePairCodes other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (MarksEndApart != other.MarksEndApart) return "they are of version 0.1 and of version 0.2";
        for (int i = 0; i < Math.Min(Merges.Length, other.Merges.Length); i++)
        {
            if (Merges[i] != other.Merges[i])
                return $"merge {i + 1} is '{Shown(Merges[i])}' and '{Shown(other.Merges[i])}'";
        }

        if (Merges.Length == other.Merges.Length) return null;
        return $"there are {Words.Count(Merges.Length, "merge")} and {Words.Count(other.Merges.Length)}";

        static string Shown(BytePair pair) => $"{Words.Shown(pair.First)} {Words.Shown(pair.Second)}";
    }

    /// <summary>Whether it can be a symbol.</summary>
    internal static bool IsSymbol(string? text) => !string.IsNullOrEmpty(text) && !text.AsSpan().ContainsAny(s_breaks);

    private static ImmutableArray<string> WithJoints(List<string> symbols)
    {
        for (int i = 0; i < symbols.Count - 1; i++) symbols[i] += Joint;
        return [.. symbols];
    }

    // Of two merges that make the same symbol the earlier.
    private Dictionary<string, BytePair> FindOrigins()
    {
        var origins = new Dictionary<string, BytePair>(Merges.Length, StringComparer.Ordinal);
        foreach (BytePair pair in Merges) origins.TryAdd(pair.First + pair.Second, pair);
        return origins;
    }
}
