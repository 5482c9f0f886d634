namespace TinySD.Runtime.Inference;

/// <summary>A way for a translation to go on.</summary>
/// <param name="LogProbability">Of all of it, this unit included.</param>
/// <param name="Row">Which of the translations that are followed.</param>
/// <param name="Unit">The unit that it goes on with.</param>
internal readonly record struct BeamCandidate(double LogProbability, int Row, int Unit)
{
    /// <summary>The likelier first; of equals the one of the earlier row, then that of the lower unit.</summary>
    public static int Compare(BeamCandidate a, BeamCandidate b)
    {
        int order = b.LogProbability.CompareTo(a.LogProbability);
        if (order == 0) order = a.Row.CompareTo(b.Row);
        return order != 0 ? order : a.Unit.CompareTo(b.Unit);
    }
}

/// <summary>The likeliest units of a row of scores.</summary>
internal static class BestUnits
{
    /// <summary>Writes the numbers of the highest scores, the highest first, of equals the lower number; a score that is not a number is
    /// the lowest.</summary>
    /// <param name="scores">A score for each unit.</param>
    /// <param name="never">A unit that is passed over.</param>
    /// <param name="units">Receives them.</param>
    /// <returns>How many there are: as there is room for, or all.</returns>
    public static int Find(ReadOnlySpan<float> scores, int never, Span<int> units)
    {
        int count = 0;
        float least = float.NegativeInfinity;
        for (int unit = 0; unit < scores.Length; unit++)
        {
            float score = scores[unit];
            if (unit == never || (count == units.Length && !IsHigher(score, least))) continue;
            int at = count < units.Length ? count++ : count - 1;
            for (; at > 0 && IsHigher(score, scores[units[at - 1]]); at--) units[at] = units[at - 1];
            units[at] = unit;
            least = scores[units[count - 1]];
        }

        return count;
    }

    private static bool IsHigher(float a, float b) => a > b || (float.IsNaN(b) && !float.IsNaN(a));
}
