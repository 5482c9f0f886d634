namespace TinySD.Tools.Synthetic;

/// <summary>Classes with an order, as stars are: words speak for good or bad, or for neither.</summary>
/// <remarks>A text has two sums, sentiment s and indifference n. Where it lies between the worst and the best is s / (|s| + n), from -1
/// to 1, and the stars are so many equal intervals of that. So a text is in the middle because much in it says so, not because little was
/// said; and the classes fan out in the plane of the two sums. That is this program's own rule for what the paper has: ordered classes
/// whose evidence has two dimensions.</remarks>
internal sealed class OrderedWorld : SyntheticWorld
{
    // A text leans to one side, or to neither; so much of its sentiment is of its own side.
    private const double OwnSide = 0.8;

    private static readonly ImmutableArray<SyntheticWord> s_words =
    [
        new("awesome", [2, 0]), new("good", [1, 0]), new("bad", [-1, 0]), new("awful", [-2, 0]), new("okay", [0, 1]), new("the", [0, 0]),
    ];

    private readonly int _stars;

    /// <param name="stars">Classes, at least 2.</param>
    public OrderedWorld(int stars)
    {
        _stars = stars;
        Labels = Numbers(stars);
    }

    public override string Name => "ordered";

    public override string Rule =>
        "awesome adds 2 to the sentiment s, good 1, bad -1 and awful -2; okay adds 1 to the indifference n; the adds nothing; " +
        $"the label is which of {_stars} equal intervals from -1 to 1 has s / (|s| + n), and a text on a bound, or without either, " +
        "is drawn again";

    public override IReadOnlyList<string> Sums { get; } = ["sentiment", "indifference"];

    public override IReadOnlyList<SyntheticWord> Words => s_words;

    public override int[]? LabelsOf(ReadOnlySpan<int> sums)
    {
        // In whole numbers: star k of K, from 0, has -1 + 2 k / K < s / (|s| + n) < -1 + 2 (k + 1) / K.
        long whole = Math.Abs((long)sums[0]) + sums[1];
        if (whole == 0) return null;
        long twice = _stars * (sums[0] + whole);
        if (twice == 0) return [0];
        if (twice == 2 * whole * _stars) return [_stars - 1];
        return twice % (2 * whole) == 0 ? null : [(int)(twice / (2 * whole))];
    }

    protected override void DrawWords(ref SplitMix64 random, double neutral, Span<int> words)
    {
        // Sums of words that are drawn evenly would be small beside those of indifference, and almost all texts in the middle.
        double lean = (2 * random.NextDouble()) - 1;
        foreach (ref int word in words)
        {
            if (random.NextDouble() < neutral) word = 5;
            else if (random.NextDouble() >= Math.Abs(lean)) word = 4;
            else word = (random.NextDouble() < OwnSide) == lean > 0 ? random.Next(2) : 2 + random.Next(2);
        }
    }
}
