using TinySD.Tools.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>A grid's report as a page that needs nothing beside itself.</summary>
internal sealed class GridPage(GridReport report, GridTask task)
{
    // Pixels.
    private const int Width = MaskPictures.Width, LabelWidth = MaskPictures.LabelWidth, BarHeight = 11, PartHeight = 32;

    private static readonly Dictionary<string, string> s_colors =
        GridCell.All.Zip((string[])[PageColors.Neutral, .. PageColors.Series])
            .ToDictionary(pair => pair.First.Name, pair => pair.Second);

    private readonly TaskWords _words = task.Kind.Words;

    public void Write(TextWriter output)
    {
        HtmlPage.Begin(output, $"structured dropout, {_words.Subject}");
        output.WriteLine($"<h1>Structured dropout for {_words.Subject}: what it costs and what it gains</h1>");
        output.WriteLine($"<p><b>{HtmlPage.Text(report.Verdict)}</b></p>");
        WriteMissing(output);
        if (report.Cells.Any(cell => cell.Runs.Count > 0)) WriteTable(output);
        WriteCells(output);
        WriteCurves(output);
        WriteTimes(output);
        WriteConditions(output);
        HtmlPage.End(output);
    }

    private void WriteMissing(TextWriter output)
    {
        foreach (GridMissing run in report.Missing.Where(run => run.Diverged is not null))
            output.WriteLine($"<p>Not part of the table: {HtmlPage.Text(run.Run)}, which diverged. {HtmlPage.Text(run.Diverged!)}</p>");
        string epochs = Figures.Count(task.Recipe.Epochs, "epoch");
        string[] runs =
        [
            .. report.Missing.Where(run => run.Diverged is null)
                .Select(run => run.Epochs.Count == 0 ? run.Run : $"{run.Run} ({run.Epochs.Count} of {epochs})"),
        ];
        if (runs.Length == 0) return;
        output.WriteLine(
            $"<p>Missing, and not part of the table: {HtmlPage.Text(string.Join(", ", runs))}. This goes on with them:<br>" +
            $"<code>{HtmlPage.Text(report.Command)}</code></p>");
    }

    private void WriteTable(TextWriter output)
    {
        output.WriteLine($"<h2>{Capital(_words.Name)} and speed</h2>");
        output.WriteLine(
            $"<table><tr><th>cell</th><th>seeds</th><th>validation</th><th>test</th><th>test against {report.Baseline}</th><th>step</th>" +
            "<th>speed-up</th><th>ideal</th></tr>");
        foreach (GridCellReport cell in report.Cells)
        {
            HtmlPage.Row(
                output, Named(cell.Cell), Figures.Count(cell.Runs.Count), Spread(cell.ValidMetric, _words.Text),
                Spread(cell.TestMetric, _words.Text), Spread(cell.TestDifference, _words.Signed),
                cell.StepMs is { } ms ? $"{Figures.Fixed(ms, 1)} ms" : "", cell.Speedup is { } ratio ? Figures.Fixed(ratio, 2) : "",
                Figures.Fixed(cell.IdealSpeedup, 2));
        }

        output.WriteLine("</table>");
        string how = task.MeasuredHow(report) is { Length: > 0 } told ? $": {told}" : "";
        output.WriteLine(
            $"<p class=\"small\">{_words.Plural} are means over the seeds, and in brackets the smallest and the largest; " +
            $"differences{_words.InUnit} are taken seed by seed. Batch size B is {task.Recipe.BatchSize}: a " +
            "structured\nmask is one for the whole batch, so what it " +
            $"costs may grow with B. Validation is of the best epoch, test of the same model{how}.\n" +
            $"The speed-up is of a whole training step against that of {report.Baseline}, whose dense products are the fastest there are " +
            "here; the ideal one counts multiply-adds alone.</p>");
        if (report.Cells.Any(cell => cell.TrainingSeconds is not null)) WriteEqualTimes(output);
    }

    // What the cells are.
    private void WriteCells(TextWriter output)
    {
        output.WriteLine("<ul class=\"small\">");
        foreach (GridCellReport cell in report.Cells)
        {
            string weights = cell.WeightDrop is > 0 and { } rate ? Invariant($", recurrent weights (DropConnect) {rate}") : "";
            output.WriteLine(
                $"<li><b>{cell.Cell}</b>: {HtmlPage.Text(cell.Meaning)}{(cell.Cell == report.Baseline ? ", the baseline" : "")}. " +
                Invariant($"Drop rates: embedding {cell.RateEmbedding}, layer {cell.RateLayer}, recurrent {cell.RateRecurrent}, ") +
                Invariant($"output {cell.RateOutput}{weights}</li>"));
        }

        output.WriteLine("</ul>");
    }

    private void WriteEqualTimes(TextWriter output)
    {
        output.WriteLine(
            $"<table><tr><th>cell</th><th>training takes</th><th>its validation when {report.Baseline} ends</th>" +
            $"<th>validation of {report.Baseline} when it ends</th></tr>");
        foreach (GridCellReport cell in report.Cells)
        {
            HtmlPage.Row(
                output, Named(cell.Cell), cell.TrainingSeconds is { } seconds ? Figures.Duration(seconds) : "",
                Spread(cell.ValidAtBaselineEnd, _words.Text), Spread(cell.BaselineValidAtEnd, _words.Text));
        }

        output.WriteLine("</table>");
        output.WriteLine(
            $"<p class=\"small\">{Capital(_words.Name)} at equal time: of the best model so far, after whole epochs, if every step takes " +
            "the measured time; validation not counted. A cell that ends before keeps its best.</p>");
    }

    private void WriteCurves(TextWriter output)
    {
        if (report.Cells.All(cell => cell.Runs.Count == 0) && report.Missing.All(run => run.Epochs.Count == 0)) return;
        string measured = $"validation {_words.Name}", title = Capital(measured);
        output.WriteLine(
            $"<h2>Learning curves</h2><p class=\"small\">{string.Join(" &ensp; ", report.Cells.Select(cell => Named(cell.Cell)))}<br>");
        output.WriteLine(
            $"{title} after every epoch. Thin lines are seeds, also of runs that are not finished; thick ones are means over the " +
            "finished.</p>");
        List<PlotCurve> byEpoch = Curves((_, epochs) => [.. epochs.Select(epoch => (double)epoch.Epoch)]);
        _words.Draw(output, $"{title} by epoch", byEpoch, "epoch", measured, isCounted: true);
        int half = task.Recipe.Epochs / 2;
        PlotCurve[] late = [.. byEpoch.ConvertAll(curve => curve with { Points = [.. curve.Points.Where(p => p.X > half)] })];
        if (late.Any(curve => curve.Points.Count > 1))
        {
            output.WriteLine("<p class=\"small\">The second half of that, closer.</p>");
            _words.Draw(output, $"{title} by epoch, second half", late, "epoch", measured, isCounted: true);
        }

        PlotCurve[] byTime = [.. Curves((cell, epochs) => cell.StepMs is { } ms ? LearningCurve.Seconds(epochs, ms) : [])];
        if (byTime.Length == 0) return;
        double longest = byTime.Max(curve => curve.Points[^1].X);
        (double unit, string name) = longest >= 7200 ? (3600, "hours") : longest >= 120 ? (60, "minutes") : (1, "seconds");
        output.WriteLine("<p class=\"small\">The same against training time by the measured step times.</p>");
        PlotCurve[] scaled = Array.ConvertAll(
            byTime, curve => curve with { Points = [.. curve.Points.Select(p => p with { X = p.X / unit })] });
        _words.Draw(output, $"{title} by time", scaled, $"training time, {name}", measured, isCounted: false);
    }

    // Empty where the cell has no x.
    private List<PlotCurve> Curves(Func<GridCellReport, IReadOnlyList<EpochOutcome>, IReadOnlyList<double>> x)
    {
        var curves = new List<PlotCurve>();
        foreach (GridCellReport cell in report.Cells)
        {
            string color = s_colors[cell.Cell];
            foreach (GridRunResult run in cell.Runs)
                Add(Invariant($"{cell.Cell}, seed {run.Seed}"), isThick: false, run.Epochs, Heights(run.Epochs));
            foreach (GridMissing run in report.Missing.Where(run => run.Run.StartsWith($"{cell.Cell}-seed", StringComparison.Ordinal)))
                Add($"{run.Run}, {(run.Diverged is null ? "not finished" : "diverged")}", isThick: false, run.Epochs, Heights(run.Epochs));

            // Runs may end at different epochs: a mean is of those that all have.
            int common = cell.Runs.Count == 0 ? 0 : cell.Runs.Min(run => run.Epochs.Count);
            if (common == 0) continue;
            var means = Enumerable.Range(0, common).Select(i => HeightOfMean(cell.Runs.Select(run => run.Epochs[i].Valid)));
            Add($"{cell.Cell}, mean", isThick: true, [.. cell.Runs[0].Epochs.Take(common)], means);

            void Add(string name, bool isThick, IReadOnlyList<EpochOutcome> epochs, IEnumerable<double> heights)
            {
                IReadOnlyList<double> across = x(cell, epochs);
                var points = new List<PlotPoint>();
                foreach (double height in heights.Take(across.Count)) points.Add(new(across[points.Count], height));
                if (points.Count > 0) curves.Add(new PlotCurve(name, color, isThick, points));
            }
        }

        return curves;

        IEnumerable<double> Heights(IReadOnlyList<EpochOutcome> epochs) => epochs.Select(epoch => _words.HeightOf(epoch.Valid));
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
            "<p class=\"small\">FP, BP and WG are the forward products, the gradients of their inputs and the gradients of their " +
            "weights. Medians; steps of the two models took turns. Each pair has its own\nmeasurement of the baseline, which shows how " +
            "quiet the machine was. The ideal is that of all products together.</p>");
        double longest = report.Times.Max(times => Math.Max(times.Baseline.Step, times.Own.Step));
        foreach (GridCellTimes times in report.Times.OrderBy(times => GridCell.All.TakeWhile(cell => cell.Name != times.Cell).Count()))
        {
            double ideal = report.Cells.FirstOrDefault(cell => cell.Cell == times.Cell)?.IdealSpeedup ?? 1;
            output.WriteLine($"<h3>{Named(report.Baseline)} and {Named(times.Cell)}</h3>");
            WriteBars(output, times, ideal, longest);
            string cell = HtmlPage.Text(times.Cell);
            output.WriteLine(
                $"<details><summary>every pass of {report.Baseline} and {cell}</summary><table><tr><th>pass</th>" +
                $"<th>{report.Baseline}</th><th>{cell}</th><th>ratio</th></tr>");
            foreach ((string pass, double dense) in times.Baseline.Passes)
            {
                double own = times.Own.Passes.GetValueOrDefault(pass);
                string ratio = own > 0 && dense > 0 ? Figures.Fixed(dense / own, 2) : "";
                HtmlPage.Row(output, HtmlPage.Text(pass), $"{Figures.Fixed(dense, 3)} ms", $"{Figures.Fixed(own, 3)} ms", ratio);
            }

            output.WriteLine("</table></details>");
        }
    }

    private void WriteBars(TextWriter output, GridCellTimes times, double ideal, double longest)
    {
        (string Name, double Milliseconds)[] baseline = [.. times.Baseline.Parts()], own = [.. times.Own.Parts()];
        HtmlPage.BeginPicture(output, LabelWidth + Width, baseline.Length * PartHeight, $"Times of {times.Cell}");
        for (int i = 0; i < baseline.Length; i++)
        {
            int y = i * PartHeight;
            double dense = baseline[i].Milliseconds, shown = own[i].Milliseconds;

            // Only products can gain what the ideal says, and the step as a whole.
            string limit = ideal > 1 && baseline[i].Name is not ("elementwise" or "optimizer") ? $" (ideal {Figures.Fixed(ideal, 2)})" : "";
            output.WriteLine(Invariant($"<text x=\"0\" y=\"{y + 16}\">{baseline[i].Name}</text>"));
            Bar(report.Baseline, y, dense, $"{Figures.Fixed(dense, 2)} ms");
            string gain = shown > 0 ? $", {Figures.Fixed(dense / shown, 2)} times as fast{limit}" : "";
            Bar(times.Cell, y + BarHeight + 1, shown, $"{Figures.Fixed(shown, 2)} ms{gain}");
        }

        HtmlPage.EndPicture(output);

        void Bar(string cell, int y, double milliseconds, string label)
        {
            double width = Bars.Length(milliseconds, longest, Width - 300);
            output.WriteLine(Invariant(
                $"<rect style=\"fill:{s_colors[cell]}\" x=\"{LabelWidth}\" y=\"{y}\" width=\"{width:0.#}\" height=\"{BarHeight}\"/>"));
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
                .. task.Facts, .. Each("trained by", report.TrainedBy), .. report.Machine.Rows(), .. Each("timed elsewhere", elsewhere),
            ]);
        output.WriteLine("<h3>The recipe, as all cells share it</h3>");
        HtmlPage.Table(output, task.Rows());

        static IEnumerable<(string, string)> Each(string name, IEnumerable<string> values)
        {
            foreach (string value in values) yield return (name, value);
        }
    }

    // The logarithm of the mean of a metric that is exp of the loss, which itself may be no double.
    private double HeightOfMean(IEnumerable<Measurement> all)
    {
        double[] heights = [.. all.Select(_words.HeightOf)];
        double most = heights.Max();
        if (!_words.IsExpOfLoss) return heights.Average();
        return double.IsFinite(most) ? most + Math.Log(heights.Average(height => Math.Exp(height - most))) : most;
    }

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private static string Named(string cell) =>
        HtmlPage.Key(s_colors[cell], cell);

    private static string Spread(GridFigure? figure, Func<double, string> text) => figure is null ? ""
        : figure.Seeds == 1 ? text(figure.Mean)
        : $"{text(figure.Mean)} ({text(figure.Min)}..{text(figure.Max)})";

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
