namespace TinySD.Formats.Tables;

/// <summary>Where in the rows of one table the columns are that another had: by their names, never by their places, where there is a
/// header.</summary>
public sealed record ColumnMatch
{
    private ColumnMatch(string file, IReadOnlyList<string> wanted, IReadOnlyList<int> places, IReadOnlyList<string> names)
    {
        (File, Wanted, Places) = (file, wanted, places);
        Names = names;
    }

    /// <summary>The name of the table whose rows are read.</summary>
    public string File { get; }

    /// <summary>The names of the columns that are looked for.</summary>
    public IReadOnlyList<string> Wanted { get; }

    /// <summary>For each of them its place in a row, counted from 0; -1 where it is missing.</summary>
    public IReadOnlyList<int> Places { get; }

    /// <summary>The header's names; none where there is no header.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The wanted names that are missing.</summary>
    public IReadOnlyList<string> Missing => [.. Wanted.Where((_, i) => Places[i] < 0)];

    /// <summary>The header's names that nobody asked for.</summary>
    public IReadOnlyList<string> Extras => [.. Names.Except(Wanted, StringComparer.Ordinal)];

    /// <summary>Finds columns in a header.</summary>
    /// <param name="file">The table's name in messages.</param>
    /// <param name="wanted">The names to be found.</param>
    /// <param name="names">The header.</param>
    public static ColumnMatch ByName(string file, IReadOnlyList<string> wanted, IReadOnlyList<string> names)
    {
        string[] all = [.. names];
        return new(file, wanted, [.. wanted.Select(name => Array.IndexOf(all, name))], names);
    }

    /// <summary>Finds columns in rows without a header: where they were in the other table; or, if rows have as many cells as there are
    /// columns that must be there, these in their order.</summary>
    /// <param name="file">The table's name in messages.</param>
    /// <param name="wanted">The names to be found.</param>
    /// <param name="known">All columns of the other table, in its order.</param>
    /// <param name="needed">How many of the wanted, from the first on, must be there.</param>
    /// <param name="cells">Cells of a row.</param>
    /// <exception cref="FileProblemException">The rows are of neither length.</exception>
    public static ColumnMatch ByPlace(string file, IReadOnlyList<string> wanted, IReadOnlyList<string> known, int needed, int cells)
    {
        string[] all = [.. known];
        if (cells == all.Length) return new(file, wanted, [.. wanted.Select(name => Array.IndexOf(all, name))], []);
        if (cells == needed) return new(file, wanted, [.. wanted.Select((_, i) => i < needed ? i : -1)], []);
        string only = needed == all.Length ? "" : $", or {Words.Counted(needed, "cell")} ({ColumnNames.List(wanted.Take(needed))})";
        Throw.Problem(new(FileProblemKind.DoesNotFit, file,
            $"{file}: rows of {Words.Counted(cells, "cell")} without a header; expected are {Words.Counted(all.Length, "cell")} " +
            $"({ColumnNames.List(all)}){only}. With a header, columns are found by their names."));
        return null!;
    }

    /// <summary>Refuses a table that lacks a column.</summary>
    /// <param name="needed">How many of the wanted, from the first on, must be there.</param>
    /// <exception cref="FileProblemException">One is missing; the message has those that are there.</exception>
    public void Require(int needed)
    {
        for (int i = 0; i < needed; i++)
        {
            if (Places[i] < 0) Throw.Problem(ColumnNames.NoSuch(File, Wanted[i], Names));
        }
    }
}
