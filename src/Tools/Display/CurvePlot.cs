namespace TinySD.Tools.Display;

/// <summary>A line of a <see cref="CurvePlot"/>, whose name is shown where the pointer rests on it. A thick one stands out, as a mean does
/// from its sample. Points go from left to right; what is not finite is left out.</summary>
internal sealed record PlotCurve(string Name, string Color, bool IsThick, IReadOnlyList<PlotPoint> Points);

/// <summary>A point of a drawing, in the axes' units.</summary>
internal sealed record PlotPoint(double X, double Y)
{
    public bool IsFinite => double.IsFinite(X) && double.IsFinite(Y);
}

/// <summary>Draws curves as SVG over a linear x.</summary>
internal static class CurvePlot
{
    // Pixels.
    private const int Width = 1060, Height = 380, Left = 78, Right = 12, Top = 10, Bottom = 40;

    // Left and right of a single count, less than to the next.
    private const double MarginOfOne = 0.5;

    /// <summary>Writes the picture; nothing where there is no point.</summary>
    /// <param name="output">The page.</param>
    /// <param name="title">For those who cannot see it.</param>
    /// <param name="curves">The curves; thick ones lie above thin ones.</param>
    /// <param name="xTitle">What x is.</param>
    /// <param name="yTitle">What y is.</param>
    /// <param name="isCounted">Whether x is a count, which begins where the curves do; otherwise it begins at 0.</param>
    /// <param name="format">A value as people read it.</param>
    /// <param name="isLog">Whether y is the natural logarithm of a value, so that one which no number holds can be drawn. Equal ratios are
    /// equal heights then, as they should be for perplexities.</param>
    public static void Write(
        TextWriter output, string title, IReadOnlyList<PlotCurve> curves, string xTitle, string yTitle, bool isCounted,
        Func<double, string> format, bool isLog)
    {
        PlotCurve[] drawn =
        [
            .. curves.Select(curve => curve with { Points = [.. curve.Points.Where(p => p.IsFinite)] })
                .Where(curve => curve.Points.Count > 0).OrderBy(curve => curve.IsThick),
        ];
        PlotPoint[] all = [.. drawn.SelectMany(curve => curve.Points)];
        if (all.Length == 0) return;
        double from = all.Min(p => p.X), to = all.Max(p => p.X);
        if (!isCounted) (from, to) = (Math.Min(from, 0), Math.Max(to, 0));

        // Of a count there is nothing between it and the next.
        Axis across = to > from ? new(from, to) : Axis.Around(from, to, 0, isCounted ? MarginOfOne : 1);
        double low = all.Min(p => p.Y), high = all.Max(p => p.Y);

        // Values that hardly differ are not drawn as if they did.
        double least = 0.001 * (isLog ? 1 : Math.Max(Math.Abs(low), Math.Abs(high)));
        Axis up = Axis.Around(low, high, share: 0.04, Math.Max(least, 1e-9));

        HtmlPage.BeginPicture(output, Width, Height, title);
        foreach ((double y, string label) in TicksUp())
        {
            output.Line($"""<path class="grid" d="M{Left} {Y(y):0.#}H{Width - Right}"/>""");
            output.Line($"""<text class="axis" x="{Left - 6}" y="{Y(y) + 4:0.#}" text-anchor="end">{label}</text>""");
        }

        foreach ((double x, string label) in across.Ticks(closest: isCounted ? 1 : 0))
        {
            output.Line($"""<path class="grid" d="M{X(x):0.#} {Top}V{Height - Bottom}"/>""");
            output.Line($"""<text class="axis" x="{X(x):0.#}" y="{Height - Bottom + 15}" text-anchor="middle">{label}</text>""");
        }

        const int Middle = (Left + Width - Right) / 2, Half = (Top + Height - Bottom) / 2;
        string turned = $"translate(14 {Half}) rotate(-90)";
        output.Line($"""<text class="axis" x="{Middle}" y="{Height - 8}" text-anchor="middle">{HtmlPage.Text(xTitle)}</text>""");
        output.Line($"""<text class="axis" transform="{turned}" text-anchor="middle">{HtmlPage.Text(yTitle)}</text>""");
        foreach (PlotCurve curve in drawn) Draw(curve);
        HtmlPage.EndPicture(output);

        // Where all values are one, no other need be possible.
        IEnumerable<AxisTick> TicksUp()
        {
            if (isLog) return up.LogTicks();
            IEnumerable<AxisTick> ticks = low == high ? [new AxisTick(low, "")] : up.Ticks().Where(tick => low < 0 || tick.At >= 0);
            return ticks.Select(tick => tick with { Label = format(tick.At) });
        }

        void Draw(PlotCurve curve)
        {
            string name = HtmlPage.Text(curve.Name);
            string points = string.Join(' ', curve.Points.Select(p => FormattableString.Invariant($"{X(p.X):0.##},{Y(p.Y):0.##}")));
            string style = curve.IsThick ? "stroke-width=\"2.5\"" : "stroke-width=\"1\" stroke-opacity=\"0.6\"";
            output.Line($"""<polyline fill="none" style="stroke:{curve.Color}" {style} stroke-linejoin="round" points="{points}">""");
            output.WriteLine($"<title>{name}</title></polyline>");
            if (!curve.IsThick) return;
            foreach ((double x, double y) in curve.Points)
            {
                string value = format(isLog ? EvaluationResult.PerplexityOf(y) : y);
                output.Line($"""<circle cx="{X(x):0.##}" cy="{Y(y):0.##}" r="3" style="fill:{curve.Color}">""");
                output.WriteLine($"<title>{name}: {value}</title></circle>");
            }
        }

        double X(double x) => Left + (across.Share(x) * (Width - Left - Right));

        double Y(double value) => Top + ((1 - up.Share(value)) * (Height - Top - Bottom));
    }
}
