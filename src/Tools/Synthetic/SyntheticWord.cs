namespace TinySD.Tools.Synthetic;

/// <summary>A word of a synthetic world.</summary>
/// <param name="Name">The word.</param>
/// <param name="Values">What it adds to each sum of a text.</param>
internal sealed record SyntheticWord(string Name, ImmutableArray<int> Values)
{
    /// <summary>A word that adds nothing.</summary>
    public bool IsNeutral => Values.All(value => value == 0);
}

/// <summary>A text of a synthetic world.</summary>
/// <param name="Words">Places in the world's list of words.</param>
/// <param name="Labels">Places in its list of labels, ascending.</param>
internal sealed record SyntheticText(int[] Words, int[] Labels);
