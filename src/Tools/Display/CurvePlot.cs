using System.Globalization;

namespace TinySD.Tools.Display;

/// <summary>A line of a <see cref="CurvePlot"/>.</summary>
/// <param name="Name">What it is; shown where the pointer rests on it.</param>
/// <param name="Color">As CSS spells it.</param>
/// <param name="IsThick">Whether it stands out, as a mean does from its sample.</param>
/// <param name="Points">From left to right; y above 0.</param>
internal sealed record PlotCurve(string Name, string Color, bool IsThick, IReadOnlyList<(double X, double Y)> Points);

/// <summary>Draws curves as SVG over a linear x and a logarithmic y, on which equal ratios are equal heights, as they should be for perplexities.</summary>
internal static class CurvePlot
{
    // Pixels.
    private const int Width = 1060, Height = 380, Left = 70, Right = 12, Top = 10, Bottom = 40;

    private static readonly double[] s_steps = [1, 2, 5];
    private static readonly double[] s_coarse = [1, 1.5, 2, 3, 5, 7], s_wide = [1, 3];

    // Below this ratio of the ends, equal differences look as good as equal ratios.
    private const double NearlyLinear = 4;

    /// <summary>Writes the picture; nothing where there is no point.</summary>
    /// <param name="output">The page.</param>
    /// <param name="title">For those who cannot see it.</param>
    /// <param name="curves">The curves; thick ones lie above thin ones.</param>
    /// <param name="xTitle">What x is.</param>
    /// <param name="yTitle">What y is.</param>
    /// <param name="isCounted">Whether x is a count, which begins where the curves do; otherwise it begins at 0.</param>
    public static void Write(TextWriter output, string title, IReadOnlyList<PlotCurve> curves, string xTitle, string yTitle, bool isCounted)
    {
        (double X, double Y)[] all = [.. curves.SelectMany(curve => curve.Points)];
        if (all.Length == 0) return;
        double from = isCounted ? all.Min(p => p.X) : 0, to = all.Max(p => p.X);
        if (to <= from) to = from + 1;
        double low = Math.Log(all.Min(p => p.Y)), top = Math.Log(all.Max(p => p.Y));
        double margin = Math.Max((top - low) * 0.04, 0.001);
        (low, top) = (low - margin, top + margin);

        output.WriteLine(Invariant($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{HtmlPage.Text(title)}\">"));
        foreach (double y in LogTicks(Math.Exp(low), Math.Exp(top)))
        {
            output.WriteLine(Invariant(
                $"<path class=\"grid\" d=\"M{Left} {Y(y):0.#}H{Width - Right}\"/><text class=\"axis\" x=\"{Left - 6}\" y=\"{Y(y) + 4:0.#}\" text-anchor=\"end\">{Tick(y)}</text>"));
        }

        foreach (double x in LinearTicks(from, to, isCounted ? 1 : 0))
        {
            output.WriteLine(Invariant(
                $"<path class=\"grid\" d=\"M{X(x):0.#} {Top}V{Height - Bottom}\"/><text class=\"axis\" x=\"{X(x):0.#}\" y=\"{Height - Bottom + 15}\" text-anchor=\"middle\">{Tick(x)}</text>"));
        }

        output.WriteLine(Invariant($"<text class=\"axis\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 8}\" text-anchor=\"middle\">{HtmlPage.Text(xTitle)}</text>"));
        output.WriteLine(Invariant($"<text class=\"axis\" transform=\"translate(14 {(Top + Height - Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">{HtmlPage.Text(yTitle)}</text>"));
        foreach (PlotCurve curve in curves.Where(curve => curve.Points.Count > 0).OrderBy(curve => curve.IsThick)) Draw(curve);
        output.WriteLine("</svg>");

        void Draw(PlotCurve curve)
        {
            string points = string.Join(' ', curve.Points.Select(p => Invariant($"{X(p.X):0.##},{Y(p.Y):0.##}")));
            string style = curve.IsThick ? "stroke-width=\"2.5\"" : "stroke-width=\"1\" stroke-opacity=\"0.45\"";
            output.WriteLine($"<polyline fill=\"none\" stroke=\"{curve.Color}\" {style} stroke-linejoin=\"round\" points=\"{points}\"><title>{HtmlPage.Text(curve.Name)}</title></polyline>");
            if (!curve.IsThick) return;
            foreach ((double x, double y) in curve.Points)
                output.WriteLine(Invariant($"<circle cx=\"{X(x):0.##}\" cy=\"{Y(y):0.##}\" r=\"3\" fill=\"{curve.Color}\"><title>{HtmlPage.Text(curve.Name)}: {Figures.Perplexity(y)}</title></circle>"));
        }

        double X(double x) => Left + ((x - from) / (to - from) * (Width - Left - Right));

        double Y(double y) => Top + ((top - Math.Log(y)) / (top - low) * (Height - Top - Bottom));
    }

    /// <summary>Round numbers between two, at most a dozen and no closer than <paramref name="closest"/>.</summary>
    internal static IEnumerable<double> LinearTicks(double low, double high, double closest = 0)
    {
        const int most = 12;
        double unit = Math.Pow(10, Math.Floor(Math.Log10(high - low)) - 1);
        double step = new[] { unit, unit * 10, unit * 100 }.SelectMany(u => s_steps.Select(s => s * u)).First(s => s >= closest && (high - low) / s <= most);
        for (long i = (long)Math.Ceiling((low / step) - 1e-9); i * step <= high * (1 + 1e-9); i++) yield return i * step;
    }

    /// <summary>Round numbers between two positive ones for a logarithmic axis.</summary>
    internal static IEnumerable<double> LogTicks(double low, double high)
    {
        if (high / low < NearlyLinear) return LinearTicks(low, high);
        double[] wide = [.. Ticks(s_wide)];
        return wide.Length >= 4 ? wide : Ticks(s_coarse);

        IEnumerable<double> Ticks(double[] kind)
        {
            for (int power = (int)Math.Floor(Math.Log10(low)); power <= Math.Log10(high); power++)
            {
                foreach (double digit in kind)
                {
                    double tick = digit * Math.Pow(10, power);
                    if (tick >= low && tick <= high) yield return tick;
                }
            }
        }
    }

    private static string Tick(double value) => value.ToString(value < 1e5 ? "0.##" : "0.#e+0", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
