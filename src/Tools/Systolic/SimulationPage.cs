using TinySD.Tools.Display;

namespace TinySD.Tools.Systolic;

/// <summary>Draws a simulation as a page that needs nothing beside itself: the masks, units by time, and the cycles of every product.</summary>
internal sealed class SimulationPage(SimulationPlan plan, Simulation simulation, string profile, string array)
{
    // Pixels.
    private const int Width = MaskPictures.Width, LabelWidth = MaskPictures.LabelWidth, BarHeight = 11, ProductHeight = 32;

    /// <summary>The whole page.</summary>
    public void Write(TextWriter output)
    {
        string subject = plan.Sites.Count > 0 ? "A training step" : "The product";
        HtmlPage.Begin(output, $"structured dropout on {profile}");
        output.WriteLine($"<h1>{subject} is {Figures.Fixed(simulation.Speedup, 2)} times as fast with its dropped units skipped</h1>");
        output.WriteLine($"<p>{HtmlPage.Text(plan.Title)}<br>{HtmlPage.Text(plan.Dropout)}<br>{HtmlPage.Text(array)}</p>");
        if (plan.Sites.Count > 0) MaskPictures.Write(output, plan.Sites);
        WriteCycles(output);
        HtmlPage.End(output);
    }

    private void WriteCycles(TextWriter output)
    {
        long longest = simulation.Products.Max(p => p.Dense.ComputeCycles);
        int height = simulation.Products.Count * ProductHeight;
        output.WriteLine(
            """
            <h2>Cycles of every product</h2>
            <p class="small"><span class="key" style="background:#b8bec6"></span>dense &ensp;
            <span class="key" style="background:#1d7a46"></span>with dropped units skipped. FP, BP and WG are the forward product, the gradient of its input and the
            gradient of its weights, all time steps of the window together; waiting for memory is not counted.</p>
            """);
        output.WriteLine(Invariant($"<svg viewBox=\"0 0 {LabelWidth + Width} {height}\" role=\"img\" aria-label=\"Cycles of every product\">"));
        int y = 0;
        foreach (SimulatedProduct p in simulation.Products)
        {
            // Room to the right of the longest bar for its figures.
            double scale = (Width - 260.0) / longest;
            double dense = p.Dense.ComputeCycles * scale, structured = p.Structured.ComputeCycles * scale;
            string ratio = p.IsCompacted
                ? $"{Figures.Count(p.Structured.ComputeCycles)}, {Figures.Fixed((double)p.Dense.ComputeCycles / p.Structured.ComputeCycles, 2)} times as fast"
                : "runs dense: skipping is slower";
            output.WriteLine(Invariant($"<text x=\"0\" y=\"{y + 16}\">{p.Product.Name}</text>"));
            output.WriteLine(Invariant($"<rect class=\"dense\" x=\"{LabelWidth}\" y=\"{y}\" width=\"{dense:0.#}\" height=\"{BarHeight}\"/>"));
            output.WriteLine(Invariant($"<text x=\"{LabelWidth + dense + 6:0.#}\" y=\"{y + 10}\">{Figures.Count(p.Dense.ComputeCycles)}</text>"));
            output.WriteLine(Invariant(
                $"<rect class=\"structured\" x=\"{LabelWidth}\" y=\"{y + BarHeight + 1}\" width=\"{structured:0.#}\" height=\"{BarHeight}\"/>"));
            output.WriteLine(Invariant($"<text x=\"{LabelWidth + structured + 6:0.#}\" y=\"{y + BarHeight + 11}\">{ratio}</text>"));
            y += ProductHeight;
        }

        output.WriteLine("</svg>");
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
