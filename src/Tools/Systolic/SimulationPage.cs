namespace TinySD.Tools.Systolic;

/// <summary>Draws a simulation as a page that needs nothing beside itself: the masks, units by time, and every product's cycles.</summary>
internal sealed class SimulationPage(SimulationPlan plan, Simulation simulation, SimulationFindings findings, string profile, string array)
{
    // Pixels; right of the longest bar there is room for its figures.
    private const int Width = MaskPictures.Width, LabelWidth = MaskPictures.LabelWidth;
    private const int BarHeight = 11, ProductHeight = 32, LongestBar = Width - 260;

    public void Write(TextWriter output)
    {
        string subject = plan.Masks.Count > 0 ? "A training step" : "The product";
        HtmlPage.Begin(output, $"structured dropout on {profile}");
        output.WriteLine($"<h1>{subject} is {Figures.Fixed(simulation.Speedup, 2)} times as fast with its dropped units skipped</h1>");
        output.WriteLine($"<p>{HtmlPage.Text(plan.Title)}<br>{HtmlPage.Text(plan.Dropout)}<br>{HtmlPage.Text(array)}</p>");
        WriteCycles(output);
        WriteDataflows(output);
        WriteRounding(output);
        if (plan.Masks.Count > 0) MaskPictures.Write(output, plan.Masks);
        HtmlPage.End(output);
    }

    private void WriteCycles(TextWriter output)
    {
        long longest = simulation.Products.Max(p => p.Dense.ComputeCycles);
        int height = simulation.Products.Count * ProductHeight;
        output.WriteLine(
            $"""
            <h2>Cycles of every product</h2>
            <p class="small">{HtmlPage.Key(PageColors.Dense, "dense")} &ensp;
            {HtmlPage.Key(PageColors.Structured, "with dropped units skipped")} &ensp;
            {HtmlPage.Key(PageColors.Unskipped, "dense too")}, with zeros, since skipping would be slower.
            FP, BP and WG are the forward product, the gradient of its input and the gradient of its weights,
            all time steps of the window together; waiting for memory is not counted.</p>
            """);
        HtmlPage.BeginPicture(output, LabelWidth + Width, height, "Cycles of every product");
        int y = 0;
        foreach (SimulatedProduct p in simulation.Products)
        {
            double dense = Bars.Length(p.Dense.ComputeCycles, longest, LongestBar);
            double structured = Bars.Length(p.Structured.ComputeCycles, longest, LongestBar);
            string kind = p.IsCompacted ? "structured" : "unskipped", ratio = p.IsCompacted
                ? $"{Figures.Count(p.Structured.ComputeCycles)}, {p.Dense.Ratio(p.Structured)} times as fast"
                : $"runs dense: skipping takes {Figures.Count(p.Compacted.ComputeCycles)}";
            output.Line($"""<text x="0" y="{y + 16}">{p.Product.Name}</text>""");
            output.Line($"""<rect class="dense" x="{LabelWidth}" y="{y}" width="{dense:0.#}" height="{BarHeight}"/>""");
            output.Line($"""<text x="{LabelWidth + dense + 6:0.#}" y="{y + 10}">{Figures.Count(p.Dense.ComputeCycles)}</text>""");
            int top = y + BarHeight + 1;
            output.Line($"""<rect class="{kind}" x="{LabelWidth}" y="{top}" width="{structured:0.#}" height="{BarHeight}"/>""");
            output.Line($"""<text x="{LabelWidth + structured + 6:0.#}" y="{y + BarHeight + 11}">{ratio}</text>""");
            y += ProductHeight;
        }

        HtmlPage.EndPicture(output);
        int uncut = simulation.Products.Count(p => !p.IsCompacted);
        if (uncut == 0) return;
        output.WriteLine(
            $"""
            <p class="small">{Figures.Count(uncut, "product")} of {simulation.Products.Count} run dense: masks that change at each time step
            cut one product over all steps into many small ones, which fill the array badly.
            Masks that stay for a window (--dropout structured-locked) keep such products whole.</p>
            """);
    }

    private void WriteDataflows(TextWriter output)
    {
        output.WriteLine("<h2>What the other dataflows make of it</h2>");
        output.WriteLine("<table><tr><th>dataflow</th><th>dense cycles</th><th>structured</th><th>ratio</th><th>with stalls</th></tr>");
        foreach (NamedSimulation other in findings.Dataflows) WriteRow(output, other, other.AsDataflow);
        output.WriteLine("</table>");
        if (findings.Example is null) return;
        output.WriteLine($"<p>{HtmlPage.Text(findings.WhyTitle)}</p>");
        HtmlPage.List(output, findings.Why.Select(reason => $"<b>{reason.Dataflow}: {reason.Ratio}.</b> {HtmlPage.Text(reason.Why)}"));
    }

    private void WriteRounding(TextWriter output)
    {
        if (findings.Roundings.Count == 0) return;
        string rows = Figures.Count(simulation.Array.Rows, "row");
        output.WriteLine(
            $"""
            <h2>What rounding kept counts would gain</h2>
            <p class="small">The array has {rows}, and saves whole folds only where kept units lie along its edges.</p>
            <table><tr><th>kept counts</th><th>structured cycles</th><th>ratio</th></tr>
            """);
        foreach (NamedSimulation rounded in findings.Roundings) WriteRow(output, rounded, rounded.AsRounding);
        output.WriteLine("</table>");
        HtmlPage.List(output, findings.WhereRoundingGains.Select(HtmlPage.Text));
    }

    // The row that the rest of the page is about stands out.
    private void WriteRow(TextWriter output, NamedSimulation named, string[] cells)
    {
        output.Write(ReferenceEquals(named.Simulation, simulation) ? "<tr class=\"shown\">" : "<tr>");
        foreach (string cell in cells) output.Write($"<td>{HtmlPage.Text(cell)}</td>");
        output.WriteLine("</tr>");
    }
}
