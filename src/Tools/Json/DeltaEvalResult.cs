namespace TinySD.Tools.Json;

/// <summary>What delta thresholds save and cost: metrics exactly and with them, errors of the answers, and the work left out.</summary>
/// <param name="Thresholds">The thresholds.</param>
/// <param name="Metrics">Each metric by its name in JSON, exactly and with thresholds.</param>
/// <param name="Error">Of probabilities, or of predictions in normalised units.</param>
/// <param name="Products">What each product did.</param>
/// <param name="Seconds">What both took together; null where it is not told.</param>
internal sealed record DeltaEvalResult(
    DeltaThresholds Thresholds, IReadOnlyList<(string Name, double Exact, double Delta)> Metrics, DeltaError Error,
    IReadOnlyList<DeltaCount> Products, double? Seconds = null) : IJsonObject
{
    /// <summary>The share of all multiply-adds that were left out.</summary>
    public double SkippedShare => DeltaCount.SkippedShareOf([.. Products]);

    public void Write(JsonMembers json) => json
        .Add((float?)Thresholds.Inputs, "inputThreshold").Add((float?)Thresholds.Hidden, "hiddenThreshold")
        .Add(members => AddAll(members, isDelta: false), "exact").Add(members => AddAll(members, isDelta: true), "delta")
        .Add((double?)Error.Largest, "largestError").Add((double?)Error.Mean, "meanError").Add((double?)SkippedShare, "skippedShare")
        .Add([.. Products.Select(count => new DeltaProductResult(count))], "products").Add(Seconds, "seconds");

    /// <summary>Writes it for people: the answers are what errors are of.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="metrics">Their names for people, in the order of <see cref="Metrics"/>, and how many are told.</param>
    /// <param name="answers">As <c>probabilities</c>.</param>
    /// <param name="number">A metric as people read it.</param>
    public void WriteText(CliConsole output, IReadOnlyList<string> metrics, string answers, Func<double, string> number)
    {
        string thresholds = Thresholds.Inputs == Thresholds.Hidden
            ? Figures.Setting(Thresholds.Hidden)
            : $"{Figures.Setting(Thresholds.Inputs)} (inputs) and {Figures.Setting(Thresholds.Hidden)} (hidden units)";
        IEnumerable<string> told = metrics.Select((name, i) =>
            $"{name} {number(Metrics[i].Delta)} instead of {number(Metrics[i].Exact)}");
        output.Prose.WriteLine(
            $"with delta thresholds of {thresholds}: {string.Join(", ", told)}; {Percent(SkippedShare)} of multiply-adds skipped; " +
            $"{answers} differ by {Small(Error.Mean)} on average, by {Small(Error.Largest)} at most");
        if (Products.Count == 0) return;
        var table = new Table("product", ">rows", ">columns", ">skipped");
        foreach (DeltaCount count in Products)
            table.Row(count.Product, Figures.Count(count.Inputs), Figures.Count(count.Columns), Percent(count.SkippedShare));
        output.Write(table);
    }

    private void AddAll(JsonMembers members, bool isDelta)
    {
        foreach ((string name, double exact, double delta) in Metrics) members.Add((double?)(isDelta ? delta : exact), name);
    }

    private static string Percent(double share) => $"{Figures.Fixed(100 * share, 1)} %";

    private static string Small(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
}

/// <summary>A product of it.</summary>
internal sealed record DeltaProductResult(DeltaCount Count) : IJsonObject
{
    public void Write(JsonMembers json) => json
        .Add(Count.Product, "product").Add((long?)Count.Inputs, "inputs").Add((long?)Count.Columns, "columns")
        .Add((double?)Count.SkippedShare, "skippedShare");
}
