namespace TinySD.Tools.Analysis;

/// <summary>The pictures of an analysis.</summary>
internal sealed class AnalysisPictures(AnalysedModel network, AnalysisFindings found)
{
    // Shares of a sequence are shown in so many colours, and of classes so many: more are one colour.
    private const int TimeColors = 8, MostClasses = 24, MostArrows = 12;

    // Words that are named, of each output.
    private const int NamedWords = 6;

    private bool HasClasses => network.Classes.Count is > 0 and <= MostClasses;

    /// <summary>States by class and by how much was read, along the first two components and along the first and third.</summary>
    public void WriteStates(TextWriter output)
    {
        output.WriteLine("<div class=\"pair\">");
        if (HasClasses) (Plane("States, by class", 0, 1) with { Dots = ByClass(0, 1) }).Write(output);
        (Plane("States, by how much has been read", 0, 1) with { Dots = ByShare(0, 1) }).Write(output);
        output.WriteLine("</div>");
        output.WriteLine("<div class=\"pair\">");
        (Plane("Ways of some sequences", 0, 1) with { Paths = Paths() }).Write(output);
        ScatterPlot third = Plane("States along the first and the third component", 0, 2);
        (third with { Dots = HasClasses ? ByClass(0, 2) : ByShare(0, 2) }).Write(output);
        output.WriteLine("</div>");
        if (HasClasses) WriteKey(output);
    }

    /// <summary>States, the read-out vectors as arrows, and slow points.</summary>
    public void WriteSlowPoints(TextWriter output)
    {
        output.WriteLine("<div class=\"pair\">");
        foreach (SlowPointSet set in found.SlowPoints)
        {
            IEnumerable<PlotMark> marks = set.Points.Select((point, i) => new PlotMark(
                $"slow point {i + 1}: q {AnalysisText.Short(point.Point.Q)}", point.Along[0], point.Along[1]));
            ScatterPlot plot = Plane($"Slow points {AnalysisText.InputOf(set)}", 0, 1) with
            {
                Dots =
                [
                    new PlotDots(
                        "states", PageColors.Neutral, 2.5,
                        [.. found.Drawn.Select(state => new PlotPoint(state.Along[0], state.Along[1]))]),
                ],
                Arrows = Arrows(),
                Marks = [.. marks],
            };
            plot.Write(output);
        }

        output.WriteLine("</div>");
    }

    /// <summary>Eigenvalues of all slow points shown, in the complex plane.</summary>
    public void WriteEigenvalues(TextWriter output)
    {
        output.WriteLine("<div class=\"pair\">");
        foreach (SlowPointSet set in found.SlowPoints)
        {
            PlotDots[] dots =
            [
                .. set.Points.Where(point => point.Modes is not null).Select((point, i) => new PlotDots(
                    $"eigenvalues at slow point {i + 1}", PageColors.Of(i, set.Points.Count), 5,
                    [.. point.Modes!.Select(mode => new PlotPoint(mode.Eigenvalue.Real, mode.Eigenvalue.Imaginary))])),
            ];
            if (dots.Length == 0) continue;
            new ScatterPlot($"Eigenvalues {AnalysisText.InputOf(set)}", "real part", "imaginary part")
            {
                Dots = dots, HasUnitCircle = true,
            }.Write(output);
        }

        output.WriteLine("</div>");
    }

    /// <summary>How every word moves the state.</summary>
    public void WriteWords(TextWriter output)
    {
        if (found.Words.Count == 0) return;
        output.WriteLine("<div class=\"pair\">");
        var groups = found.Words.GroupBy(StrongestOf).OrderBy(group => group.Key);
        new ScatterPlot("Words: how far each moves the state", "along the first component", "along the second component")
        {
            Dots =
            [
                .. groups.Select(group => new PlotDots(
                    network.Outputs[group.Key], PageColors.Of(group.Key, network.Outputs.Count), 4,
                    [.. group.Select(word => new PlotPoint(word.Along[0], word.Along[1]))])),
            ],
            Arrows = Arrows(),
            Labels = [.. NamedOf().Select(word => new PlotLabel(network.Words[word.Token], word.Along[0], word.Along[1]))],
        }.Write(output);
        output.WriteLine("</div>");

        IEnumerable<WordDeflection> NamedOf() => network.Outputs.Count > MostArrows
            ? []
            : network.Outputs.SelectMany((_, o) => AnalysisText.Strongest(network, found, o, NamedWords)).Select(pair => pair.Word)
                .Distinct();

        int StrongestOf(WordDeflection word) =>
            Enumerable.Range(0, network.Outputs.Count).MaxBy(o => AnalysisText.ChangeOf(network, word, o));
    }

    private ScatterPlot Plane(string title, int x, int y) => new(title, Axis(x), Axis(y));

    private string Axis(int component)
    {
        string[] names = ["first", "second", "third"];
        double[] shares = found.Components.Shares;
        string share = component < shares.Length ? Figures.Fixed(100 * shares[component], 1) : "0";
        return $"along the {names[component]} component ({share} % of the variance)";
    }

    private PlotDots[] ByClass(int x, int y) =>
    [
        .. found.Drawn.GroupBy(state => state.Class).OrderBy(group => group.Key).Select(group => new PlotDots(
            NameOf(group.Key), ColorOf(group.Key), 3.5, [.. group.Select(state => new PlotPoint(state.Along[x], state.Along[y]))])),
    ];

    private PlotDots[] ByShare(int x, int y) =>
    [
        .. found.Drawn.GroupBy(state => Math.Min(TimeColors - 1, (int)(TimeColors * state.Share))).OrderBy(group => group.Key)
            .Select(group => new PlotDots(
                $"{100 * (group.Key + 1) / TimeColors} % read", PageColors.Of((group.Key + 0.5) / TimeColors), 3.5,
                [.. group.Select(state => new PlotPoint(state.Along[x], state.Along[y]))])),
    ];

    private PlotPath[] Paths() =>
    [
        .. found.Paths.Select(path => new PlotPath(
            NameOf(path.Class), ColorOf(path.Class), [.. path.Along.Select(along => new PlotPoint(along[0], along[1]))])),
    ];

    private PlotArrow[] Arrows() => network.Outputs.Count > MostArrows ? [] :
    [
        .. found.ReadOut.Select((vector, o) => new PlotArrow(
            network.Outputs[o], PageColors.Of(o, network.Outputs.Count), vector[0], vector[1])),
    ];

    private void WriteKey(TextWriter output)
    {
        output.Write("<p class=\"small\">");
        for (int k = 0; k < network.Classes.Count; k++)
            output.Write($"{HtmlPage.Key(ColorOf(k), network.Classes[k])} &ensp; ");
        output.Write("<br>By how much of the sequence has been read: ");
        for (int i = 0; i < TimeColors; i++)
            output.Write(HtmlPage.Key(PageColors.Of((i + 0.5) / TimeColors), ""));
        output.WriteLine(" from the start to the end.</p>");
    }

    private string NameOf(int index) => index < 0 ? "no class" : index < network.Classes.Count ? network.Classes[index] : $"{index}";

    private string ColorOf(int index) =>
        index < 0 || !HasClasses ? PageColors.Neutral : PageColors.Of(index, network.Classes.Count);
}
