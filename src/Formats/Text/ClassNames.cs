namespace TinySD.Formats.Text;

/// <summary>The classes that texts or other sequences are sorted into; a class's id is its place in the list. Immutable, safe to use from
/// many threads.</summary>
public sealed class ClassNames
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    /// <summary>Takes names in their order, for example from a file.</summary>
    /// <exception cref="ArgumentException">There are none, or one is empty or comes twice.</exception>
    public ClassNames(IReadOnlyList<string> names)
    {
        if (names.Count == 0) Throw.Argument("there are no classes");
        Names = [.. names];
        for (int id = 0; id < names.Count; id++)
        {
            if (string.IsNullOrEmpty(names[id])) Throw.Argument($"class {id} has no name");
            if (!_ids.TryAdd(names[id], id)) Throw.Argument($"the class '{Words.Shown(names[id])}' is there twice");
        }
    }

    /// <summary>The names by id.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>Number of classes C.</summary>
    public int Count => Names.Length;

    /// <summary>The classes of training labels: as numbers where all are numbers, else in the ordinal order of UTF-16 code units.</summary>
    /// <param name="path">The training file.</param>
    /// <param name="rows">Its sequences' labels.</param>
    /// <exception cref="FileProblemException">All have the same label, or the same labels: there is nothing to tell apart.</exception>
    public static ClassNames Of(string path, IReadOnlyList<RowLabels> rows)
    {
        string[] names = Ordered(rows.SelectMany(row => row.Labels));
        if (names.Length > 0 && !rows.All(row => row.Labels.ToHashSet(StringComparer.Ordinal).SetEquals(rows[0].Labels)))
            return new ClassNames(names);
        string label = rows[0].Labels is { Length: > 0 } labels ? $"'{Words.Shown(string.Join(',', labels))}'" : "none";
        throw new FileProblemException(new(FileProblemKind.OneClass, path,
            $"{path}: the label is {label} everywhere; a classifier needs at least two classes. Give a file that has both what is " +
            "looked for and what is not.")
        { Part = label.Trim('\'') });
    }

    /// <summary>Different names in the order of classes: as numbers where all are numbers, else in the ordinal order of UTF-16 code
    /// units.</summary>
    public static string[] Ordered(IEnumerable<string> names)
    {
        string[] distinct = [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        double[] numbers = new double[distinct.Length];
        for (int i = 0; i < distinct.Length; i++)
        {
            if (!double.TryParse(distinct[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i])) return distinct;
            if (!double.IsFinite(numbers[i])) return distinct;
        }

        // Stable: names of one number, such as 1 and 1.0, keep their ordinal order.
        return [.. Enumerable.Range(0, distinct.Length).OrderBy(i => numbers[i]).Select(i => distinct[i])];
    }

    /// <summary>The id of a class, if there is one of that name.</summary>
    public bool TryGetId(string name, out int id) => _ids.TryGetValue(name, out id);

    /// <summary>The ids of each sequence's labels, in ascending order.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rows">Labels that are among these.</param>
    /// <exception cref="FileProblemException">One is not; the message names it and its line.</exception>
    public int[][] IdsOf(string path, IReadOnlyList<RowLabels> rows)
    {
        int[][] ids = new int[rows.Count][];
        for (int i = 0; i < ids.Length; i++)
        {
            RowLabels row = rows[i];
            ids[i] = [.. row.Labels.Select(label => TryGetId(label, out int id) ? id : throw Unseen(path, row.Line, label)).Order()];
        }

        return ids;
    }

    /// <summary>How many of some rows each class has [C].</summary>
    /// <param name="ids">Ids of each row's labels, as <see cref="IdsOf"/> gives them.</param>
    public long[] Counts(IEnumerable<IReadOnlyList<int>> ids)
    {
        long[] counts = new long[Count];
        foreach (IReadOnlyList<int> row in ids)
        {
            foreach (int id in row) counts[id]++;
        }

        return counts;
    }

    private FileProblemException Unseen(string path, long line, string label)
    {
        const int shown = 8;
        string names = string.Join(", ", Names.Take(shown).Select(name => Words.Shown(name)));
        string more = Count > shown ? $" and {Words.Count(Count - shown)} more" : "";
        return new(new(FileProblemKind.DoesNotFit, path,
            $"{path}, line {line}: the label '{Words.Shown(label)}' is none of those that were trained: {names}{more}. " +
            "Mend the line, or train on a file that has the label.")
        { Line = line, Part = label });
    }
}
