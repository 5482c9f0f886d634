namespace TinySD.Tools.Synthetic;

/// <summary>Several labels at once: each word speaks for or against one of them, and no label knows of another.</summary>
internal sealed class MultiLabelWorld : SyntheticWorld
{
    private readonly ImmutableArray<SyntheticWord> _words;

    /// <param name="labels">Labels, at least 1.</param>
    public MultiLabelWorld(int labels)
    {
        Labels = Numbers(labels);
        _words = WordsOf(labels, ("very", 2), ("some", 1), ("not", -1), ("never", -2));
    }

    public override string Name => "multilabel";

    public override string Rule =>
        "very_K adds 2 to label K, some_K 1, not_K -1, never_K -2 and neutral_K nothing; a text has the labels whose sum is above 0, " +
        "or none";

    public override IReadOnlyList<string> Sums => Labels;

    public override IReadOnlyList<SyntheticWord> Words => _words;

    public override int[]? LabelsOf(ReadOnlySpan<int> sums)
    {
        var labels = new List<int>();
        for (int i = 0; i < sums.Length; i++)
        {
            if (sums[i] > 0) labels.Add(i);
        }

        return [.. labels];
    }

    protected override void DrawWords(ref SplitMix64 random, double neutral, Span<int> words) =>
        DrawEvenly(ref random, neutral, Labels.Count, _words.Length, words);
}
