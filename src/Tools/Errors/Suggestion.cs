namespace TinySD.Tools.Errors;

/// <summary>Finds the word that was likely meant by one that is none of those there are.</summary>
internal static class Suggestion
{
    /// <summary>The one known word that is closest, if it is close enough to be meant; null where none is, or several are alike.</summary>
    public static string? For(string word, IEnumerable<string> known)
    {
        string? best = null;
        int least = MostEdits(word) + 1;
        foreach (string other in known.Distinct())
        {
            int edits = Edits(word.ToLowerInvariant(), other.ToLowerInvariant());
            if (edits > least || edits >= Math.Max(other.Length, 2)) continue;
            best = edits < least ? other : null;
            least = edits;
        }

        return best;
    }

    /// <summary>How a message ends about a word that is none of those: with a question, if one was likely meant.</summary>
    public static string End(string word, IEnumerable<string> known) => For(word, known) is { } meant ? $"; did you mean '{meant}'?" : ".";

    /// <summary>Letters that are added, left out, taken for others, or swapped with the next, between two words: the distance of Damerau
    /// and Levenshtein, in which no letter is edited twice.</summary>
    public static int Edits(string one, string other)
    {
        int[,] edits = new int[one.Length + 1, other.Length + 1];
        for (int i = 0; i <= one.Length; i++) edits[i, 0] = i;
        for (int j = 0; j <= other.Length; j++) edits[0, j] = j;
        for (int i = 1; i <= one.Length; i++)
        {
            for (int j = 1; j <= other.Length; j++)
            {
                int least = Math.Min(edits[i - 1, j], edits[i, j - 1]) + 1;
                least = Math.Min(least, edits[i - 1, j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1));
                bool isSwap = i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
                if (isSwap) least = Math.Min(least, edits[i - 2, j - 2] + 1);
                edits[i, j] = least;
            }
        }

        return edits[one.Length, other.Length];
    }

    // Two, or a third of a long word; but less than half of a short one, in which every other is close.
    private static int MostEdits(string word)
    {
        int letters = word.Count(char.IsLetterOrDigit);
        return Math.Min(Math.Max(2, letters / 3), (letters - 1) / 2);
    }
}
