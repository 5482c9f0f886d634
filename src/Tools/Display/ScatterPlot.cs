namespace TinySD.Tools.Display;

/// <summary>Points of one colour of a <see cref="ScatterPlot"/>; <paramref name="Size"/> is their diameter in pixels.</summary>
internal sealed record PlotDots(string Name, string Color, double Size, IReadOnlyList<PlotPoint> Points);

/// <summary>A way from point to point.</summary>
internal sealed record PlotPath(string Name, string Color, IReadOnlyList<PlotPoint> Points);

/// <summary>Words beside a point.</summary>
internal sealed record PlotLabel(string Name, double X, double Y);

/// <summary>A point that stands out, and what is shown where the pointer rests on it.</summary>
internal sealed record PlotMark(string Name, double X, double Y);

/// <summary>A direction from the origin, its name at its end. Only its ratio to the other arrows counts: they are drawn as long as the
/// picture has room for.</summary>
internal sealed record PlotArrow(string Name, string Color, double X, double Y);

/// <summary>Draws points in a plane as SVG, both axes to one scale unless told otherwise: angles are what they are.</summary>
internal sealed record ScatterPlot(string Title, string XTitle, string YTitle)
{
    // Pixels.
    private const int Width = 540, Height = 460, Left = 58, Right = 10, Top = 10, Bottom = 40;

    // Of the shorter half of the picture, for the longest arrow.
    private const double ArrowShare = 0.85;

    /// <summary>Drawn first.</summary>
    public IReadOnlyList<PlotDots> Dots { get; init; } = [];

    public IReadOnlyList<PlotPath> Paths { get; init; } = [];

    public IReadOnlyList<PlotArrow> Arrows { get; init; } = [];

    public IReadOnlyList<PlotLabel> Labels { get; init; } = [];

    /// <summary>Drawn last.</summary>
    public IReadOnlyList<PlotMark> Marks { get; init; } = [];

    /// <summary>Whether a unit is as long across as it is up.</summary>
    public bool HasOneScale { get; init; } = true;

    /// <summary>A circle of radius 1 about the origin.</summary>
    public bool HasUnitCircle { get; init; }

    /// <summary>Writes the picture; nothing where there is no point.</summary>
    public void Write(TextWriter output)
    {
        PlotPoint[] all =
        [
            .. Dots.SelectMany(dots => dots.Points).Concat(Paths.SelectMany(path => path.Points))
                .Concat(Marks.Select(m => new PlotPoint(m.X, m.Y)))
                .Concat(HasUnitCircle ? [new(-1, -1), new(1, 1)] : []).Where(p => p.IsFinite),
        ];
        if (all.Length == 0) return;
        Axis across = Axis.Around(all.Min(p => p.X), all.Max(p => p.X), share: 0.04, least: 1e-6);
        Axis up = Axis.Around(all.Min(p => p.Y), all.Max(p => p.Y), share: 0.04, least: 1e-6);
        const int Columns = Width - Left - Right, Rows = Height - Top - Bottom;
        if (HasOneScale)
        {
            double unit = Math.Max((across.High - across.Low) / Columns, (up.High - up.Low) / Rows);
            (across, up) = (Widened(across, unit * Columns), Widened(up, unit * Rows));
        }

        output.WriteLine($"<figure><figcaption>{HtmlPage.Text(Title)}</figcaption>");
        output.Line($"""<svg viewBox="0 0 {Width} {Height}" role="img" aria-label="{HtmlPage.Text(Title)}">""");
        WriteAxes();
        if (HasUnitCircle)
            output.Line($"""<ellipse class="grid" cx="{X(0):0.#}" cy="{Y(0):0.#}" rx="{X(1) - X(0):0.#}" ry="{Y(0) - Y(1):0.#}"/>""");
        foreach (PlotDots dots in Dots)
        {
            // One path of dots: a tenth of what as many circles take.
            string points =
                string.Concat(dots.Points.Where(p => p.IsFinite).Select(p => FormattableString.Invariant($"M{X(p.X):0.#} {Y(p.Y):0.#}h0")));
            output.Line($"""<path fill="none" style="stroke:{dots.Color}" stroke-width="{dots.Size:0.#}" stroke-linecap="round" """);
            output.WriteLine($"""stroke-opacity="0.7" d="{points}"><title>{HtmlPage.Text(dots.Name)}</title></path>""");
        }

        foreach (PlotPath path in Paths)
        {
            string points =
                string.Join(' ', path.Points.Where(p => p.IsFinite).Select(p => FormattableString.Invariant($"{X(p.X):0.#},{Y(p.Y):0.#}")));
            output.Write($"""<polyline fill="none" style="stroke:{path.Color}" stroke-width="1.3" stroke-linejoin="round" """);
            output.WriteLine($"""points="{points}">""");
            output.WriteLine($"<title>{HtmlPage.Text(path.Name)}</title></polyline>");
        }

        WriteArrows();
        foreach (PlotMark mark in Marks.Where(mark => new PlotPoint(mark.X, mark.Y).IsFinite))
        {
            output.Line($"""<circle class="mark" cx="{X(mark.X):0.#}" cy="{Y(mark.Y):0.#}" r="4.5">""");
            output.WriteLine($"<title>{HtmlPage.Text(mark.Name)}</title></circle>");
        }

        foreach (PlotLabel label in Labels.Where(label => new PlotPoint(label.X, label.Y).IsFinite))
            output.Line($"""<text class="axis" x="{X(label.X) + 4:0.#}" y="{Y(label.Y) - 3:0.#}">{HtmlPage.Text(label.Name)}</text>""");
        output.WriteLine("</svg></figure>");

        void WriteAxes()
        {
            foreach ((double x, string label) in across.Ticks())
            {
                output.Line($"""<path class="grid" d="M{X(x):0.#} {Top}V{Height - Bottom}"/>""");
                output.Line($"""<text class="axis" x="{X(x):0.#}" y="{Height - Bottom + 15}" text-anchor="middle">{label}</text>""");
            }

            foreach ((double y, string label) in up.Ticks())
            {
                output.Line($"""<path class="grid" d="M{Left} {Y(y):0.#}H{Width - Right}"/>""");
                output.Line($"""<text class="axis" x="{Left - 6}" y="{Y(y) + 4:0.#}" text-anchor="end">{label}</text>""");
            }

            const int Middle = (Left + Width - Right) / 2, Half = (Top + Height - Bottom) / 2;
            string turned = $"translate(12 {Half}) rotate(-90)";
            output.Line($"""<text class="axis" x="{Middle}" y="{Height - 8}" text-anchor="middle">{HtmlPage.Text(XTitle)}</text>""");
            output.Line($"""<text class="axis" transform="{turned}" text-anchor="middle">{HtmlPage.Text(YTitle)}</text>""");
        }

        void WriteArrows()
        {
            double longest = Arrows.Select(arrow => Math.Sqrt((arrow.X * arrow.X) + (arrow.Y * arrow.Y))).DefaultIfEmpty(0).Max();
            if (!(longest > 0) || !double.IsFinite(longest)) return;
            double scale = ArrowShare * Math.Min(Columns, Rows) / 2 / longest;
            (double x0, double y0) = (Left + (Columns / 2.0), Top + (Rows / 2.0));
            if (HasOneScale && X(0) > Left && X(0) < Width - Right && Y(0) > Top && Y(0) < Height - Bottom) (x0, y0) = (X(0), Y(0));
            foreach (PlotArrow arrow in Arrows)
            {
                (double x, double y) = (x0 + (scale * arrow.X), y0 - (scale * arrow.Y));
                output.Line($"""<path style="stroke:{arrow.Color}" stroke-width="2.5" d="M{x0:0.#} {y0:0.#}L{x:0.#} {y:0.#}"/>""");
                output.Line($"""<circle cx="{x:0.#}" cy="{y:0.#}" r="3.5" style="fill:{arrow.Color}"/>""");
                string anchor = x < x0 ? "end" : "start";
                output.Line($"""<text x="{x + (x < x0 ? -7 : 7):0.#}" y="{y + 4:0.#}" text-anchor="{anchor}">""");
                output.WriteLine($"{HtmlPage.Text(arrow.Name)}</text>");
            }
        }

        double X(double x) => Left + (across.Share(x) * Columns);

        double Y(double y) => Top + ((1 - up.Share(y)) * Rows);
    }

    private static Axis Widened(Axis axis, double length)
    {
        double more = (length - (axis.High - axis.Low)) / 2;
        return double.IsFinite(more) && more > 0 ? new Axis(axis.Low - more, axis.High + more) : axis;
    }
}
