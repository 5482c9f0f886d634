namespace TinySD.Formats.Tables;

/// <summary>Columns by their names.</summary>
internal static class ColumnNames
{
    // More names than these make a message long.
    private const int Shown = 20;

    /// <summary>The names of a header, checked; <c>column1</c> and so on where there is none, or a cell of it is empty.</summary>
    /// <exception cref="FileProblemException">A name comes twice, or no cell has one.</exception>
    public static string[] Of(string file, string[]? header, int count, long line)
    {
        string[] names = header is null ? new string[count] : [.. header];
        if (header is not null && Array.TrueForAll(header, string.IsNullOrEmpty))
        {
            Throw.Problem(new(FileProblemKind.TableInvalid, file, $"{file}, line {line}: the header has no name in any cell")
            { Line = line });
        }

        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            if (string.IsNullOrEmpty(names[i])) names[i] = Unnamed(i);
            if (known.TryAdd(names[i], i)) continue;
            Throw.Problem(new(FileProblemKind.TableInvalid, file,
                $"{file}, line {line}: columns {known[names[i]] + 1} and {i + 1} have the same name, '{Words.Shown(names[i])}'. " +
                "Give each its own.")
            { Line = line, Part = names[i] });
        }

        return names;
    }

    /// <summary>The name of a column without one.</summary>
    public static string Unnamed(int index) => string.Create(CultureInfo.InvariantCulture, $"column{index + 1}");

    /// <summary>The complaint about a column that is not there.</summary>
    public static FileProblem NoSuch(string file, string wanted, IReadOnlyList<string> names)
    {
        string? near = null;
        int least = Math.Max(1, wanted.Length / 3) + 1;
        foreach (string name in names)
        {
            int distance = Distance(name.ToLowerInvariant(), wanted.ToLowerInvariant());
            if (distance < least) (near, least) = (name, distance);
        }

        string meant = near is null ? "" : $" Did you mean '{Words.Shown(near)}'?";
        return new(FileProblemKind.DoesNotFit, file, $"{file} has no column '{Words.Shown(wanted)}'; it has {List(names)}.{meant}")
        { Part = wanted };
    }

    /// <summary>Names for a message.</summary>
    public static string List(IEnumerable<string> names)
    {
        string[] all = [.. names.Select(name => Words.Shown(name))];
        return string.Join(", ", all.Take(Shown)) + (all.Length > Shown ? $" and {all.Length - Shown} more" : "");
    }

    // Characters to put in, take away or change; names are short.
    private static int Distance(string from, string to)
    {
        const int longest = 100;
        if (from.Length > longest || to.Length > longest) return int.MaxValue;
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int corner = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int change = corner + (from[i - 1] == to[j - 1] ? 0 : 1);
                corner = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
