namespace TinySD.Tools.Synthetic;

/// <summary>A world of texts whose words add to a few sums, and whose labels are told by these sums and nothing else, after Aitken et al.,
/// "The geometry of integration in text classification RNNs", ICLR 2021. What is to be learnt is known here, so that what was learnt can be
/// compared with it.</summary>
internal abstract class SyntheticWorld
{
    /// <summary>What the command line calls it.</summary>
    public abstract string Name { get; }

    /// <summary>How a text's words make its label, in a sentence.</summary>
    public abstract string Rule { get; }

    /// <summary>What each of a word's values adds to, by name.</summary>
    public abstract IReadOnlyList<string> Sums { get; }

    /// <summary>All words; which they are does not depend on any seed.</summary>
    public abstract IReadOnlyList<SyntheticWord> Words { get; }

    /// <summary>All labels.</summary>
    public IReadOnlyList<string> Labels { get; protected init; } = [];

    /// <summary>Draws a text: a pure function of these figures, so that a longer file begins as a shorter one.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="row">The text's place in the file.</param>
    /// <param name="shortest">The fewest words.</param>
    /// <param name="longest">The most; every length from the fewest on is equally frequent, texts that are drawn again aside.</param>
    /// <param name="neutral">The share of words that add nothing, below 1.</param>
    public SyntheticText Draw(ulong seed, int row, int shortest, int longest, double neutral)
    {
        var random = SplitMix64.Of(seed, (ulong)row);
        while (true)
        {
            int[] words = new int[shortest + random.Next(longest - shortest + 1)];
            DrawWords(ref random, neutral, words);
            if (LabelsOf(SumsOf(words)) is { } labels) return new(words, labels);
        }
    }

    /// <summary>The sums of a text.</summary>
    public int[] SumsOf(ReadOnlySpan<int> words)
    {
        int[] sums = new int[Sums.Count];
        foreach (int word in words)
        {
            for (int i = 0; i < sums.Length; i++) sums[i] += Words[word].Values[i];
        }

        return sums;
    }

    /// <summary>The labels of a text of such sums; null where it is between two, and drawn again.</summary>
    public abstract int[]? LabelsOf(ReadOnlySpan<int> sums);

    /// <summary>Draws a text's words.</summary>
    protected abstract void DrawWords(ref SplitMix64 random, double neutral, Span<int> words);

    /// <summary>Words of some strengths for each label, the neutral ones last.</summary>
    protected static ImmutableArray<SyntheticWord> WordsOf(int labels, params ReadOnlySpan<(string Name, int Value)> strengths)
    {
        var words = ImmutableArray.CreateBuilder<SyntheticWord>();
        foreach ((string name, int value) in (ReadOnlySpan<(string, int)>)[.. strengths, ("neutral", 0)])
        {
            for (int label = 0; label < labels; label++)
            {
                int[] values = new int[labels];
                values[label] = value;
                words.Add(new($"{name}_{label + 1}", [.. values]));
            }
        }

        return words.ToImmutable();
    }

    /// <summary>Draws each word for itself: so often a neutral one, else each other one equally often.</summary>
    protected static void DrawEvenly(ref SplitMix64 random, double neutral, int neutralCount, int count, Span<int> words)
    {
        foreach (ref int word in words)
        {
            bool isNeutral = random.NextDouble() < neutral;
            word = isNeutral ? count - neutralCount + random.Next(neutralCount) : random.Next(count - neutralCount);
        }
    }

    /// <summary>Names of labels: 1 to <paramref name="count"/>.</summary>
    protected static string[] Numbers(int count) =>
        [.. Enumerable.Range(1, count).Select(number => number.ToString(CultureInfo.InvariantCulture))];
}
