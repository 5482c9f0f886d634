using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Reproduce;

/// <summary>A grid's report as a page that needs nothing beside itself.</summary>
internal sealed class GridPage(GridReport report, IEnumerable<(string Option, string Value)> recipe)
{
    // Pixels.
    private const int Width = MaskPictures.Width, LabelWidth = MaskPictures.LabelWidth, BarHeight = 11, PartHeight = 32;

    private static readonly Dictionary<string, string> s_colors =
        GridCell.All.Zip(["#5b6570", "#c9822b", "#2f6fb3", "#1d7a46", "#8a4fb0", "#b3433f", "#6b7d1e"]).ToDictionary(pair => pair.First.Name, pair => pair.Second);

    /// <summary>The whole page.</summary>
    public void Write(TextWriter output)
    {
        HtmlPage.Begin(output, "structured dropout, language modelling");
        output.WriteLine("<h1>Structured dropout for language modelling: what it costs and what it gains</h1>");
        output.WriteLine($"<p><b>{HtmlPage.Text(report.Verdict)}</b></p>");
        WriteMissing(output);
        WriteTable(output);
        WriteCurves(output);
        WriteTimes(output);
        WriteConditions(output);
        HtmlPage.End(output);
    }

    private void WriteMissing(TextWriter output)
    {
        foreach (GridMissing run in report.Missing.Where(run => run.Diverged is not null))
            output.WriteLine($"<p>Not part of the table: {HtmlPage.Text(run.Run)}, which diverged. {HtmlPage.Text(run.Diverged!)}</p>");
        string[] runs = [.. report.Missing.Where(run => run.Diverged is null).Select(run => run.Epochs.Count == 0 ? run.Run : $"{run.Run} ({run.Epochs.Count} of {Figures.Count(report.Recipe.Recipe.Epochs, "epoch")})")];
        if (runs.Length == 0) return;
        output.WriteLine($"<p>Missing, and not part of the table: {HtmlPage.Text(string.Join(", ", runs))}. This goes on with them:<br><code>{HtmlPage.Text(report.Command)}</code></p>");
    }

    private void WriteTable(TextWriter output)
    {
        output.WriteLine(
            $"""
            <h2>Perplexity and speed</h2>
            <table><tr><th>cell</th><th>seeds</th><th>validation</th><th>test</th><th>test against {report.Baseline}</th><th>step</th><th>speed-up</th><th>ideal</th></tr>
            """);
        foreach (GridCellReport cell in report.Cells)
        {
            HtmlPage.Row(
                output, $"{Key(cell.Cell)}{HtmlPage.Text(cell.Cell)}", Figures.Count(cell.Runs.Count), Spread(cell.ValidPerplexity), Spread(cell.TestPerplexity),
                Difference(cell.TestDifference), cell.StepMs is { } ms ? $"{Figures.Fixed(ms, 1)} ms" : "", Ratio(cell.Speedup),
                Figures.Fixed(cell.IdealSpeedup, 2));
        }

        output.WriteLine("</table>");
        output.WriteLine(
            $"""
            <p class="small">Perplexities are means over the seeds, and in brackets the smallest and the largest; differences are taken seed by seed. Batch size B is {report.Recipe.Recipe.BatchSize}: a structured
            mask is one for the whole batch, so what it costs may grow with B. Validation is of the best epoch, test of the same model: {new EvaluationStreams(report.Streams, report.TestStreams).Told(hasTest: true)}.
            The speed-up is of a whole training step against that of {report.Baseline}, whose dense products are the fastest there are here; the ideal one counts multiply-adds alone.</p>
            <table><tr><th>cell</th><th>training takes</th><th>its validation when {report.Baseline} ends</th><th>validation of {report.Baseline} when it ends</th></tr>
            """);
        foreach (GridCellReport cell in report.Cells)
        {
            HtmlPage.Row(
                output, $"{Key(cell.Cell)}{HtmlPage.Text(cell.Cell)}", cell.TrainingSeconds is { } seconds ? Figures.Duration(seconds) : "",
                Spread(cell.ValidAtBaselineEnd), Spread(cell.BaselineValidAtEnd));
        }

        output.WriteLine("</table>");
        output.WriteLine(
            """
            <p class="small">Perplexity at equal time: of the best model so far, after whole epochs, if every step takes the measured time; validation not counted. A cell that ends before keeps its best.</p>
            <ul class="small">
            """);
        foreach (GridCellReport cell in report.Cells)
        {
            output.WriteLine(Invariant(
                $"<li><b>{cell.Cell}</b>: {HtmlPage.Text(cell.Meaning)}{(cell.Cell == report.Baseline ? ", the baseline" : "")}. Drop rates: embedding {cell.RateEmbedding}, layer {cell.RateLayer}, recurrent {cell.RateRecurrent}, output {cell.RateOutput}{(cell.WeightDrop > 0 ? $", recurrent weights (DropConnect) {cell.WeightDrop}" : "")}</li>"));
        }

        output.WriteLine("</ul>");
    }

    private void WriteCurves(TextWriter output)
    {
        if (report.Cells.All(cell => cell.Runs.Count == 0) && report.Missing.All(run => run.Epochs.Count == 0)) return;
        output.WriteLine($"<h2>Learning curves</h2><p class=\"small\">{string.Join(" &ensp; ", report.Cells.Select(cell => Key(cell.Cell) + HtmlPage.Text(cell.Cell)))}<br>");
        output.WriteLine("Validation perplexity after every epoch. Thin lines are seeds, also of runs that are not finished; thick ones are means over the finished.</p>");
        List<PlotCurve> byEpoch = Curves((_, epochs) => [.. epochs.Select(epoch => (double)epoch.Epoch)]);
        LanguageModelTraining.Told.Draw(output, "Validation perplexity by epoch", byEpoch, "epoch", "validation perplexity", isCounted: true);
        output.WriteLine("<p class=\"small\">The second half of that, closer.</p>");
        LanguageModelTraining.Told.Draw(
            output, "Validation perplexity by epoch, second half",
            [.. byEpoch.Select(curve => curve with { Points = [.. curve.Points.Where(p => p.X > report.Recipe.Recipe.Epochs / 2)] })], "epoch", "validation perplexity", isCounted: true);
        PlotCurve[] byTime = [.. Curves((cell, epochs) => cell.StepMs is { } ms ? LearningCurve.Seconds(epochs, ms) : [])];
        if (byTime.Length == 0) return;
        double longest = byTime.Max(curve => curve.Points[^1].X);
        (double unit, string name) = longest >= 7200 ? (3600, "hours") : longest >= 120 ? (60, "minutes") : (1, "seconds");
        output.WriteLine("<p class=\"small\">The same against training time by the measured step times.</p>");
        LanguageModelTraining.Told.Draw(
            output, "Validation perplexity by time", [.. byTime.Select(curve => curve with { Points = [.. curve.Points.Select(p => (p.X / unit, p.Y))] })],
            $"training time, {name}", "validation perplexity", isCounted: false);
    }

    // Empty where the cell has no x.
    private List<PlotCurve> Curves(Func<GridCellReport, IReadOnlyList<GridEpoch>, IReadOnlyList<double>> x)
    {
        var curves = new List<PlotCurve>();
        foreach (GridCellReport cell in report.Cells)
        {
            string color = s_colors[cell.Cell];
            foreach (GridRunResult run in cell.Runs) Add(Invariant($"{cell.Cell}, seed {run.Seed}"), isThick: false, run.Epochs);
            foreach (GridMissing run in report.Missing.Where(run => run.Run.StartsWith($"{cell.Cell}-seed", StringComparison.Ordinal)))
                Add($"{run.Run}, {(run.Diverged is null ? "not finished" : "diverged")}", isThick: false, run.Epochs);

            // Runs may end at different epochs: a mean is of those that all have.
            int common = cell.Runs.Count == 0 ? 0 : cell.Runs.Min(run => run.Epochs.Count);
            Add(
                $"{cell.Cell}, mean", isThick: true,
                [.. Enumerable.Range(0, common).Select(i => cell.Runs[0].Epochs[i] with { ValidLoss = LossOfMean([.. cell.Runs.Select(run => run.Epochs[i].LossOnValid)]) })]);

            void Add(string name, bool isThick, IReadOnlyList<GridEpoch> epochs)
            {
                (double, double)[] points = [.. x(cell, epochs).Zip(epochs, (at, epoch) => (at, epoch.LossOnValid))];
                if (points.Length > 0) curves.Add(new PlotCurve(name, color, isThick, points));
            }
        }

        return curves;
    }

    private void WriteTimes(TextWriter output)
    {
        output.WriteLine("<h2>Where the time of a step goes</h2>");
        if (report.Times.Count == 0)
        {
            output.WriteLine("<p>Not measured yet; the command with --timing-only does it.</p>");
            return;
        }

        output.WriteLine(
            """
            <p class="small">FP, BP and WG are the forward products, the gradients of their inputs and the gradients of their weights. Medians; steps of the two models took turns. Each pair has its own
            measurement of the baseline, which shows how quiet the machine was. The ideal is that of all products together.</p>
            """);
        double longest = report.Times.Max(times => Math.Max(times.Baseline.Step, times.Own.Step));
        foreach (GridCellTimes times in report.Times.OrderBy(times => GridCell.All.TakeWhile(cell => cell.Name != times.Cell).Count()))
        {
            double ideal = report.Cells.FirstOrDefault(cell => cell.Cell == times.Cell)?.IdealSpeedup ?? 1;
            output.WriteLine($"<h3>{Key(report.Baseline)}{report.Baseline} and {Key(times.Cell)}{HtmlPage.Text(times.Cell)}</h3>");
            WriteBars(output, times, ideal, longest);
            output.WriteLine($"<details><summary>every pass of {report.Baseline} and {HtmlPage.Text(times.Cell)}</summary><table><tr><th>pass</th><th>{report.Baseline}</th><th>{HtmlPage.Text(times.Cell)}</th><th>ratio</th></tr>");
            foreach ((string pass, double dense) in times.Baseline.Passes)
            {
                double own = times.Own.Passes.GetValueOrDefault(pass);
                HtmlPage.Row(output, HtmlPage.Text(pass), $"{Figures.Fixed(dense, 3)} ms", $"{Figures.Fixed(own, 3)} ms", own > 0 && dense > 0 ? Figures.Fixed(dense / own, 2) : "");
            }

            output.WriteLine("</table></details>");
        }
    }

    private void WriteBars(TextWriter output, GridCellTimes times, double ideal, double longest)
    {
        (string Name, double Milliseconds)[] baseline = [.. times.Baseline.Parts()], own = [.. times.Own.Parts()];
        output.WriteLine(Invariant($"<svg viewBox=\"0 0 {LabelWidth + Width} {baseline.Length * PartHeight}\" role=\"img\" aria-label=\"Times of {times.Cell}\">"));
        for (int i = 0; i < baseline.Length; i++)
        {
            int y = i * PartHeight;
            double dense = baseline[i].Milliseconds, shown = own[i].Milliseconds;

            // Only products can gain what the ideal says, and the step as a whole.
            string limit = ideal > 1 && baseline[i].Name is not ("elementwise" or "optimizer") ? $" (ideal {Figures.Fixed(ideal, 2)})" : "";
            output.WriteLine(Invariant($"<text x=\"0\" y=\"{y + 16}\">{baseline[i].Name}</text>"));
            Bar(report.Baseline, y, dense, $"{Figures.Fixed(dense, 2)} ms");
            Bar(times.Cell, y + BarHeight + 1, shown, $"{Figures.Fixed(shown, 2)} ms{(shown > 0 ? $", {Figures.Fixed(dense / shown, 2)} times as fast{limit}" : "")}");
        }

        output.WriteLine("</svg>");

        void Bar(string cell, int y, double milliseconds, string label)
        {
            double width = Bars.Length(milliseconds, longest, Width - 300);
            output.WriteLine(Invariant($"<rect fill=\"{s_colors[cell]}\" x=\"{LabelWidth}\" y=\"{y}\" width=\"{width:0.#}\" height=\"{BarHeight}\"/>"));
            output.WriteLine(Invariant($"<text x=\"{LabelWidth + width + 6:0.#}\" y=\"{y + 10}\">{label}</text>"));
        }
    }

    private void WriteConditions(TextWriter output)
    {
        output.WriteLine($"<h2>How it was made</h2><p><code>{HtmlPage.Text(report.Command)}</code></p>");
        IEnumerable<string> elsewhere = report.Times.Where(times => times.On != report.Machine)
            .Select(times => $"{times.Cell}: {string.Join(", ", times.On.Rows().Select(row => $"{row.Name} {row.Value}"))}");
        HtmlPage.Table(
            output,
            [
                ("report made", report.Date.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)),
                .. new[] { report.Train, report.Valid, report.Test }.Select(text => (text.Name, $"{Figures.Count(text.Tokens, "token")}")),
                ("vocabulary", Figures.Count(report.Vocabulary)), .. report.TrainedBy.Select(build => ("trained by", build)), .. report.Machine.Rows(),
                .. elsewhere.Select(other => ("timed elsewhere", other)),
            ]);
        output.WriteLine("<h3>The recipe, as all cells share it</h3>");
        HtmlPage.Table(output, recipe);
    }

    // The logarithm of the mean perplexity, which itself may be no double.
    private static double LossOfMean(double[] losses)
    {
        double most = losses.Max();
        return double.IsFinite(most) ? most + Math.Log(losses.Average(loss => Math.Exp(loss - most))) : most;
    }

    private static string Key(string cell) => $"<span class=\"key\" style=\"background:{s_colors[cell]}\"></span>";

    private static string Ratio(double? ratio) => ratio is { } known ? Figures.Fixed(known, 2) : "";

    private static string Spread(GridFigure? figure) => figure is null ? ""
        : figure.Seeds == 1 ? Figures.Perplexity(figure.Mean)
        : $"{Figures.Perplexity(figure.Mean)} ({Figures.Perplexity(figure.Min)}..{Figures.Perplexity(figure.Max)})";

    private static string Difference(GridFigure? figure) => figure is null ? ""
        : figure.Seeds == 1 ? GridVerdict.Signed(figure.Mean)
        : $"{GridVerdict.Signed(figure.Mean)} ({GridVerdict.Signed(figure.Min)}..{GridVerdict.Signed(figure.Max)})";

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
