namespace TinySD.Tools.Display;

/// <summary>The masks of one set of weights: the kept units at each time step, all of them where nothing is dropped.</summary>
internal sealed record WeightInputs(string Name, int Units, IReadOnlyList<int[]> Kept);

internal static class MaskPictures
{
    /// <summary>Pixels across a page's pictures, and left of them for names.</summary>
    public const int Width = 900, LabelWidth = 160;

    /// <summary>More time steps, units and sets of weights than these are not drawn: a page is to be looked at.</summary>
    public const int MostTimeSteps = 100, MostUnits = 1500, MostPictures = 12;

    // A mask is as wide whatever its units, so that they can be compared.
    private const int StepHeight = 4;

    /// <summary>A picture for each set of weights, under a heading.</summary>
    public static void Write(TextWriter output, IReadOnlyList<WeightInputs> all)
    {
        output.WriteLine(
            """
            <h2>Which units are kept</h2>
            <p class="small">One picture for each set of weights: its input units from left to right, the time steps of a window from
            top to bottom. What is drawn is kept, for every sequence of the batch; the others' rows and columns can be skipped.</p>
            """);
        if (all.Count > MostPictures)
            output.WriteLine($"<p class=\"small\">Of the sets of weights the first {MostPictures} are drawn.</p>");
        foreach (WeightInputs inputs in all.Take(MostPictures))
        {
            int steps = Math.Min(inputs.Kept.Count, MostTimeSteps), units = Math.Min(inputs.Units, MostUnits), height = steps * StepHeight;
            int below = Math.Max(height, 44), right = LabelWidth + Width;
            string name = HtmlPage.Text(inputs.Name), first = steps < inputs.Kept.Count ? "the first " : "";
            string last = units < inputs.Units ? $"{units - 1} of {inputs.Units}" : $"{units - 1}";
            string scale = FormattableString.Invariant($"translate({LabelWidth} 0) scale({(double)Width / units:0.#####} 1)");
            HtmlPage.BeginPicture(output, right, below + 18, $"Kept units of {inputs.Name}");
            output.Line($"""<text x="0" y="14">{name}</text><text x="0" y="30">{KeptText(inputs)}</text>""");
            output.Line($"""<text class="axis" x="0" y="44">{first}{Figures.Count(steps, "time step")}</text>""");
            output.Line($"""<rect class="ground" x="{LabelWidth}" width="{Width}" height="{height}"/>""");
            string strokes = string.Concat(inputs.Kept.Take(steps).Select(Runs));
            output.Line($"""<path class="kept" stroke-width="{StepHeight - 1}" transform="{scale}" d="{strokes}"/>""");
            output.Line($"""<text class="axis" x="{LabelWidth}" y="{below + 12}">unit 0</text>""");
            output.Line($"""<text class="axis" x="{right}" y="{below + 12}" text-anchor="end">{last}</text>""");
            HtmlPage.EndPicture(output);
        }
    }

    /// <summary>One time step as strokes over runs of neighbours.</summary>
    private static string Runs(int[] kept, int t)
    {
        var path = new StringBuilder();
        for (int i = 0; i < kept.Length && kept[i] < MostUnits;)
        {
            int first = i++;
            while (i < kept.Length && kept[i] < MostUnits && kept[i] == kept[i - 1] + 1) i++;
            path.Append(CultureInfo.InvariantCulture, $"M{kept[first]} {(t * StepHeight) + (StepHeight / 2)}h{i - first}");
        }

        return path.ToString();
    }

    private static string KeptText(WeightInputs inputs)
    {
        int fewest = inputs.Kept.Min(kept => kept.Length), most = inputs.Kept.Max(kept => kept.Length);
        string count = fewest == most ? Figures.Count(fewest) : $"{Figures.Count(fewest)} to {Figures.Count(most)}";
        return fewest == inputs.Units ? $"all {Figures.Count(inputs.Units)} kept" : $"{count} of {Figures.Count(inputs.Units)} kept";
    }
}
