namespace TinySD.Tools.Synthetic;

/// <summary>Classes without an order: each word speaks for or against one of them.</summary>
internal sealed class UnorderedWorld : SyntheticWorld
{
    private readonly ImmutableArray<SyntheticWord> _words;

    /// <param name="classes">Classes, at least 2.</param>
    public UnorderedWorld(int classes)
    {
        Labels = Numbers(classes);
        _words = WordsOf(classes, ("very", 2), ("some", 1), ("not", -1));
    }

    public override string Name => "unordered";

    public override string Rule =>
        "very_K adds 2 to class K, some_K 1, not_K -1 and neutral_K nothing; the label is the class with the largest sum, " +
        "and a text with two of them is drawn again";

    public override IReadOnlyList<string> Sums => Labels;

    public override IReadOnlyList<SyntheticWord> Words => _words;

    public override int[]? LabelsOf(ReadOnlySpan<int> sums)
    {
        int best = 0, next = int.MinValue;
        for (int i = 1; i < sums.Length; i++)
        {
            next = Math.Max(next, Math.Min(sums[best], sums[i]));
            if (sums[i] > sums[best]) best = i;
        }

        return sums[best] == next ? null : [best];
    }

    protected override void DrawWords(ref SplitMix64 random, double neutral, Span<int> words) =>
        DrawEvenly(ref random, neutral, Labels.Count, _words.Length, words);
}
