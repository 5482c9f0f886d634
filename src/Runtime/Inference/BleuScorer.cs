using System.Runtime.InteropServices;

namespace TinySD.Runtime.Inference;

/// <summary>Measures translations by BLEU (Papineni et al., ACL 2002), sentence by sentence, as multi-bleu.perl does: on words as they are
/// given, over the whole text.</summary>
/// <remarks>An n-gram of a translation matches as often as the reference that has it most often has it. Of several references the one
/// counts for the length that is closest to the translation's, of two as close the shorter.</remarks>
public sealed class BleuScorer
{
    private readonly BleuOptions _options;
    private readonly Dictionary<string, int> _words = new(StringComparer.Ordinal);
    private readonly long[] _matches = new long[BleuResult.MaxOrder], _totals = new long[BleuResult.MaxOrder];
    private readonly ReferenceCounter _references = new();
    private long _hypothesisLength, _referenceLength;
    private int[] _hypothesis = [], _reference = [];

    /// <summary>Begins with nothing counted.</summary>
    /// <param name="options">How to count; null for multi-bleu.perl's way.</param>
    /// <exception cref="ArgumentException">The options are impossible.</exception>
    public BleuScorer(BleuOptions? options = null)
    {
        _options = options ?? new();
        _options.Validate();
    }

    /// <summary>Counts a sentence.</summary>
    /// <param name="hypothesis">The words of its translation, any number of them.</param>
    /// <param name="references">The words of one right translation or several, each any number.</param>
    /// <exception cref="ArgumentException">There is no reference, or a word is <see langword="null"/>.</exception>
    public void Add(ReadOnlySpan<string> hypothesis, params ReadOnlySpan<string[]> references)
    {
        _references.Add(references.Length);
        ReadOnlySpan<int> words = IdsOf(hypothesis, ref _hypothesis);
        var table = new NgramTable(words, BleuResult.MaxOrder);
        int[] most = new int[table.Count], own = references.Length == 1 ? most : new int[table.Count];
        int closest = -1;
        foreach (string[] reference in references)
        {
            ReadOnlySpan<int> right = IdsOf(Throw.IfNull(reference), ref _reference);
            table.CountIn(right, own);
            if (own != most)
            {
                for (int id = 0; id < own.Length; id++) most[id] = Math.Max(most[id], own[id]);
                Array.Clear(own);
            }

            int difference = Math.Abs(right.Length - words.Length), least = Math.Abs(closest - words.Length);
            if (closest < 0 || difference < least || (difference == least && right.Length < closest)) closest = right.Length;
        }

        table.AddMatches(most, _matches);
        for (int n = 0; n < _totals.Length; n++) _totals[n] += Math.Max(0, words.Length - n);
        _hypothesisLength += words.Length;
        _referenceLength += closest;
    }

    /// <summary>What was measured so far.</summary>
    public BleuResult ToResult() => new()
    {
        Options = _options,
        Sentences = _references.Sentences,
        ReferenceCount = _references.Each,
        Matches = [.. _matches],
        Totals = [.. _totals],
        HypothesisLength = _hypothesisLength,
        ReferenceLength = _referenceLength,
    };

    private ReadOnlySpan<int> IdsOf(ReadOnlySpan<string> words, ref int[] ids)
    {
        if (ids.Length < words.Length) ids = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (words[i] is null) Throw.Argument($"word {i} of a sentence is null");
            ref int id = ref CollectionsMarshal.GetValueRefOrAddDefault(_words, words[i], out bool isKnown);
            if (!isKnown) id = _words.Count;
            ids[i] = id;
        }

        return ids.AsSpan(0, words.Length);
    }
}
