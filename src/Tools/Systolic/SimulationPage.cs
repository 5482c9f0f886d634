using System.Globalization;
using System.Net;
using System.Text;
using TinySD.Tools.Display;

namespace TinySD.Tools.Systolic;

/// <summary>Draws a simulation as a page that needs nothing beside itself: the masks, units by time, and the cycles of every product.</summary>
internal sealed class SimulationPage(SimulationPlan plan, Simulation simulation, string profile, string array)
{
    // Pixels. A mask is as wide whatever its units, so that sites can be compared.
    private const int Width = 900, LabelWidth = 160, StepHeight = 4, BarHeight = 11, ProductHeight = 32;

    /// <summary>The whole page.</summary>
    public void Write(TextWriter output)
    {
        string subject = plan.Sites.Count > 0 ? "A training step" : "The product";
        output.WriteLine(
            $$"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>TinySD: structured dropout on {{Html(profile)}}</title>
            <style>
            body { font: 16px/1.45 system-ui, sans-serif; max-width: 1100px; margin: 2em auto; padding: 0 1em; color: #222; background: #fff; }
            h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; } p.small { color: #555; font-size: 0.9em; }
            svg { width: 100%; height: auto; } text { font: 12px system-ui, sans-serif; fill: #222; }
            .dense { fill: #b8bec6; } .structured { fill: #1d7a46; } .ground { fill: #eceff2; } .kept { stroke: #22303c; fill: none; }
            .key { display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.3em; }
            </style>
            </head>
            <body>
            <h1>{{subject}} is {{Figures.Fixed(simulation.Speedup, 2)}} times as fast with its dropped units skipped</h1>
            <p>{{Html(plan.Title)}}<br>{{Html(plan.Dropout)}}<br>{{Html(array)}}</p>
            """);
        if (plan.Sites.Count > 0) WriteMasks(output);
        WriteCycles(output);
        output.WriteLine("</body>\n</html>");
    }

    private void WriteMasks(TextWriter output)
    {
        output.WriteLine(
            """
            <h2>Which units are kept</h2>
            <p class="small">One picture for each set of weights: its input units from left to right, the time steps of a window from top to bottom.
            Dark units are kept, for every sequence of the batch; the others' rows and columns can be skipped.</p>
            """);
        foreach (SiteMasks site in plan.Sites)
        {
            int height = site.Kept.Count * StepHeight;
            output.WriteLine(Invariant(
                $"<svg viewBox=\"0 0 {LabelWidth + Width} {height + 14}\" role=\"img\" aria-label=\"Kept units of {site.Name}\">"));
            output.WriteLine(Invariant($"<text x=\"0\" y=\"14\">{site.Name}</text><text x=\"0\" y=\"30\">{KeptText(site)}</text>"));
            output.WriteLine(Invariant($"<rect class=\"ground\" x=\"{LabelWidth}\" width=\"{Width}\" height=\"{height}\"/>"));
            double scale = (double)Width / site.Units;
            output.Write(Invariant($"<path class=\"kept\" stroke-width=\"{StepHeight - 1}\" transform=\"translate({LabelWidth} 0) scale({scale:0.#####} 1)\" d=\""));
            for (int t = 0; t < site.Kept.Count; t++) output.Write(Runs(site.Kept[t], t));
            output.WriteLine("\"/></svg>");
        }
    }

    /// <summary>One time step as strokes over runs of neighbours.</summary>
    private static string Runs(int[] kept, int t)
    {
        var path = new StringBuilder();
        for (int i = 0; i < kept.Length;)
        {
            int first = i++;
            while (i < kept.Length && kept[i] == kept[i - 1] + 1) i++;
            path.Append(CultureInfo.InvariantCulture, $"M{kept[first]} {(t * StepHeight) + (StepHeight / 2)}h{i - first}");
        }

        return path.ToString();
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

    private static string KeptText(SiteMasks site)
    {
        int fewest = site.Kept.Min(kept => kept.Length), most = site.Kept.Max(kept => kept.Length);
        string count = fewest == most ? Figures.Count(fewest) : $"{Figures.Count(fewest)} to {Figures.Count(most)}";
        return fewest == site.Units ? $"all {Figures.Count(site.Units)} kept" : $"{count} of {Figures.Count(site.Units)} kept";
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static string Html(string text) => WebUtility.HtmlEncode(text);
}
