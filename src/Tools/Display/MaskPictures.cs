namespace TinySD.Tools.Display;

/// <summary>The masks of one set of weights: the kept units at each time step, all of them where nothing is dropped.</summary>
internal sealed record WeightInputs(string Name, int Units, IReadOnlyList<int[]> Kept);

/// <summary>Draws masks, units by time.</summary>
internal static class MaskPictures
{
    /// <summary>Pixels across a page's pictures, and left of them for names.</summary>
    public const int Width = 900, LabelWidth = 160;

    /// <summary>More time steps, units and sets of weights than these are not drawn: a page is to be looked at, and there may be a million
    /// times as many.</summary>
    public const int MostTimeSteps = 100, MostUnits = 1500, MostPictures = 12;

    // A mask is as wide whatever its units, so that they can be compared.
    private const int StepHeight = 4;

    /// <summary>A picture for each set of weights, under a heading.</summary>
    public static void Write(TextWriter output, IReadOnlyList<WeightInputs> all)
    {
        output.WriteLine(
            """
            <h2>Which units are kept</h2>
            <p class="small">One picture for each set of weights: its input units from left to right, the time steps of a window from top to bottom.
            Dark units are kept, for every sequence of the batch; the others' rows and columns can be skipped.</p>
            """);
        if (all.Count > MostPictures) output.WriteLine($"<p class=\"small\">Of the sets of weights the first {MostPictures} are drawn.</p>");
        foreach (WeightInputs inputs in all.Take(MostPictures))
        {
            int steps = Math.Min(inputs.Kept.Count, MostTimeSteps), units = Math.Min(inputs.Units, MostUnits), height = steps * StepHeight;
            output.WriteLine(Invariant(
                $"<svg viewBox=\"0 0 {LabelWidth + Width} {Math.Max(height, 44) + 18}\" role=\"img\" aria-label=\"Kept units of {HtmlPage.Text(inputs.Name)}\">"));
            output.WriteLine(Invariant($"<text x=\"0\" y=\"14\">{HtmlPage.Text(inputs.Name)}</text><text x=\"0\" y=\"30\">{KeptText(inputs)}</text><text class=\"axis\" x=\"0\" y=\"44\">{First(steps, inputs.Kept.Count)}{Figures.Count(steps, "time step")}</text>"));
            output.WriteLine(Invariant($"<rect class=\"ground\" x=\"{LabelWidth}\" width=\"{Width}\" height=\"{height}\"/>"));
            double scale = (double)Width / units;
            output.Write(Invariant($"<path class=\"kept\" stroke-width=\"{StepHeight - 1}\" transform=\"translate({LabelWidth} 0) scale({scale:0.#####} 1)\" d=\""));
            for (int t = 0; t < steps; t++) output.Write(Runs(inputs.Kept[t], t));
            output.WriteLine("\"/>");
            int below = Math.Max(height, 44) + 12;
            output.WriteLine(Invariant(
                $"<text class=\"axis\" x=\"{LabelWidth}\" y=\"{below}\">unit 0</text><text class=\"axis\" x=\"{LabelWidth + Width}\" y=\"{below}\" text-anchor=\"end\">{units - 1}{(units < inputs.Units ? $" of {inputs.Units}" : "")}</text>"));
            output.WriteLine("</svg>");
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

    private static string First(int shown, int all) => shown < all ? "the first " : "";

    private static string KeptText(WeightInputs inputs)
    {
        int fewest = inputs.Kept.Min(kept => kept.Length), most = inputs.Kept.Max(kept => kept.Length);
        string count = fewest == most ? Figures.Count(fewest) : $"{Figures.Count(fewest)} to {Figures.Count(most)}";
        return fewest == inputs.Units ? $"all {Figures.Count(inputs.Units)} kept" : $"{count} of {Figures.Count(inputs.Units)} kept";
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
