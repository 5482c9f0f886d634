namespace TinySD.Tools.Analysis;

/// <summary>An analysis as a page that needs nothing beside itself and says what is to be seen on it.</summary>
/// <param name="title">The model's file.</param>
/// <param name="network">The network.</param>
/// <param name="found">What was found.</param>
/// <param name="facts">About the model and the run.</param>
/// <param name="command">The command line.</param>
internal sealed class AnalysisPage(
    string title, AnalysedModel network, AnalysisFindings found, IReadOnlyList<(string Name, string Value)> facts, string command)
{
    private const int ShownWords = 15, ShownModes = 6, MostAngles = 12;

    private readonly AnalysisPictures _pictures = new(network, found);

    /// <summary>More sections, written before how the page was made.</summary>
    public Action<TextWriter>? More { get; init; }

    public void Write(TextWriter output)
    {
        PrincipalComponents components = found.Components;
        HtmlPage.Begin(output, title);
        string dimensions = Figures.Count(components.Reaching(0.95), "dimension");
        output.WriteLine($"<h1>{HtmlPage.Text(title)}: its states keep to {dimensions} of {components.Mean.Length}</h1>");
        output.WriteLine(
            $"""
            <p>A recurrent network reads a sequence step by step, and keeps what it needs of it in its <em>state</em>: here
            {components.Mean.Length} numbers that its last layer, the <em>read-out</em>, turns into outputs. This page shows what these
            numbers do: how many of them would be enough, where they go as a sequence is read, where they stay when nothing is read, and
            what moves them. Looked at: {AnalysisText.Coverage(found)}.</p>
            """);
        if (AnalysisText.BesideState(network) is { } beside) output.WriteLine($"<p>Not looked at: {HtmlPage.Text(beside)}.</p>");
        WriteComponents(output);
        WriteStates(output);
        WriteReadOut(output);
        if (found.SlowPoints.Count > 0) WriteSlowPoints(output);
        WriteWords(output);
        WriteCounts(output);
        More?.Invoke(output);
        output.WriteLine($"<h2>How this page was made</h2><p><code>{HtmlPage.Text(command)}</code></p>");
        HtmlPage.Table(output, facts);
        output.WriteLine(
            """
            <p class="small">After Aitken, Ramasesh, Garg, Cao, Sussillo and Maheswaranathan, <em>The geometry of integration in text
            classification RNNs</em>, ICLR 2021.</p>
            """);
        HtmlPage.End(output);
    }

    private void WriteComponents(TextWriter output)
    {
        output.WriteLine(
            $"""
            <h2>How many dimensions?</h2>
            <p>A principal component is a direction along which the states spread out; the first has the most of their variance, the next
            the most of what is left. {found.Components.Reaching(0.9)} reach 90 % of it, {found.Components.Reaching(0.95)} reach 95 %
            and {found.Components.Reaching(0.99)} reach 99 %. The participation ratio,
            {Figures.Fixed(found.Components.ParticipationRatio, 2)}, counts them in another way: it is n for n directions of equal
            variance.{(network.IsSoftmax ? " A network that weighs N classes that have no order needs N - 1 dimensions, as N shares " +
                "that add up to one do." : "")}</p>
            """);
        output.WriteLine("<table><tr><th>part of the state</th><th>90 %</th><th>95 %</th><th>99 %</th><th>participation ratio</th>" +
            "<th>shares of the first components</th></tr>");
        foreach (StatePart part in found.Parts)
        {
            string name = $"{(part.IsCell ? "cells c" : "h")} of layer {part.Layer + 1}";
            HtmlPage.Row(
                output, name, $"{part.Components.Reaching(0.9)}", $"{part.Components.Reaching(0.95)}",
                $"{part.Components.Reaching(0.99)}", Figures.Fixed(part.Components.ParticipationRatio, 2),
                string.Join(", ", part.Components.Shares.Take(5).Select(share => Figures.Fixed(share, 3))));
        }

        output.WriteLine("</table>");
    }

    private void WriteStates(TextWriter output)
    {
        string moves = network.IsSoftmax
            ? " A network that adds up evidence starts in the middle and moves towards the corner of its class." : "";
        output.WriteLine(
            $"""
            <h2>Where the states are</h2>
            <p>Every dot is a state after a step of a sequence, drawn along the components that have the most variance. All axes of a
            picture have one scale, so that angles and distances are what they are.{moves}</p>
            """);
        _pictures.WriteStates(output);
    }

    private void WriteReadOut(TextWriter output)
    {
        if (found.Angles.Length == 0) return;
        int count = network.Outputs.Count;
        output.WriteLine(
            $"""
            <h2>Read-out vectors</h2>
            <p>Each output has a vector: the further the state goes along it, the larger the output. Here they are
            {AnalysisText.Range(found.Angles)} apart, and {AnalysisText.Range(found.CentredAngles)} with their mean taken away.
            """);
        if (network.IsSoftmax)
        {
            output.WriteLine(
                $"""
                Of {count} classes that are all alike, the vectors point to the corners of a regular simplex (a triangle for 3, a
                tetrahedron for 4), which are {Figures.Fixed(VectorGeometry.SimplexAngle(count), 1)}° apart. The second number says little
                by itself: random vectors, less their mean, are near a simplex too, and before that near 90°.
                """);
        }

        output.WriteLine("</p>");
        if (count > MostAngles) return;
        string names = string.Concat(network.Outputs.Select(name => $"<th>{HtmlPage.Text(name)}</th>"));
        output.WriteLine($"<table><tr><th>degrees</th>{names}</tr>");
        for (int a = 0; a < count; a++)
        {
            var cells = new string[count + 1];
            cells[0] = HtmlPage.Text(network.Outputs[a]);
            for (int b = 0; b < count; b++) cells[b + 1] = a == b ? "" : Figures.Fixed(AngleOf(Math.Min(a, b), Math.Max(a, b)), 1);
            HtmlPage.Row(output, cells);
        }

        output.WriteLine("</table>");

        double AngleOf(int a, int b) => found.Angles[(a * count) - (a * (a + 1) / 2) + b - a - 1];
    }

    private void WriteSlowPoints(TextWriter output)
    {
        output.WriteLine(
            """
            <h2>Slow points</h2>
            <p>Where does the state stay if the input is held? q = ½ |h - F(h)|² says how far one step moves a state h; it was minimised
            from states that the network visits, by gradient descent. A point of small q is a memory: the network can rest there. Many
            such points in a line or a sheet are a memory of <em>how much</em>; a few single ones are one of <em>which</em>.</p>
            <table><tr><th>input</th><th>searches</th><th>least q</th><th>a quarter below</th><th>half below</th><th>three quarters
            below</th><th>most</th><th>points apart</th></tr>
            """);
        foreach (SlowPointSet set in found.SlowPoints)
        {
            HtmlPage.Row(
                output, AnalysisText.InputOf(set), Figures.Count(set.Q.Length), AnalysisText.Short(set.Quantile(0)),
                AnalysisText.Short(set.Quantile(0.25)), AnalysisText.Short(set.Quantile(0.5)), AnalysisText.Short(set.Quantile(0.75)),
                AnalysisText.Short(set.Quantile(1)), Figures.Count(set.Distinct));
        }

        output.WriteLine("</table>");
        _pictures.WriteSlowPoints(output);
        output.WriteLine(
            """
            <h3>How fast things are forgotten there</h3>
            <p>Near a slow point a step is linear: a small difference along an eigenvector of the Jacobian is multiplied by its eigenvalue λ
            at every step. The time constant 1/|ln|λ|| is the number of steps after which 1/e of it is left; with |λ| near 1, on the
            circle of the picture, it is long, and what was read is kept. Beyond the circle differences grow. The overlaps say how much of
            the mode's left vector (what it takes up) and of its right vector (what it moves) lies in what the read-out sees: 1 for all
            of it, 0 for nothing. The distance is that to the nearest state that a search began with, in units of the states' spread.</p>
            """);
        foreach (SlowPointSet set in found.SlowPoints) WriteModes(output, set);
        _pictures.WriteEigenvalues(output);
    }

    private static void WriteModes(TextWriter output, SlowPointSet set)
    {
        if (set.Points.Count == 0) return;
        output.WriteLine($"<h3>{AnalysisText.InputOf(set)}</h3><table class=\"lists\">");
        output.WriteLine("<tr><th>point</th><th>q</th><th>searches</th><th>distance</th>" +
            "<th>time constants of the first modes, steps (left overlap, right overlap)</th></tr>");
        for (int i = 0; i < set.Points.Count; i++)
        {
            StudiedPoint point = set.Points[i];
            string modes = point.Modes is null ? "its eigenvalues did not converge" : string.Join(" &ensp; ", point.Modes.Take(ShownModes)
                .Select(mode =>
                    $"{AnalysisText.Steps(mode)} " +
                    $"({Figures.Fixed(mode.LeftOverlap, 2)}, {Figures.Fixed(mode.RightOverlap, 2)})"));
            HtmlPage.Row(output, $"{i + 1}", AnalysisText.Short(point.Point.Q), Figures.Count(point.Point.Searches),
                Figures.Fixed(point.Distance, 2), modes);
        }

        output.WriteLine("</table>");
    }

    private void WriteWords(TextWriter output)
    {
        if (found.Words.Count == 0) return;
        output.WriteLine(
            $"""
            <h2>What words do</h2>
            <p>Each of the {Figures.Count(found.Words.Count)} most frequent words of the data (of {Figures.Count(found.WordsInData)}) was
            read at the slow points without input. Shown is the mean change of an output{(network.IsSoftmax
                ? ", less the mean change of all, since only differences count" : "")}: the evidence that the word gives.</p>
            """);
        _pictures.WriteWords(output);
        output.WriteLine("<table class=\"lists\"><tr><th>output</th><th>the words that raise it most</th></tr>");
        for (int o = 0; o < network.Outputs.Count; o++)
        {
            string words = string.Join(", ", AnalysisText.Strongest(network, found, o, ShownWords)
                .Select(pair => $"{HtmlPage.Text(network.Words[pair.Word.Token])}&nbsp;{AnalysisText.Short(pair.Change)}"));
            HtmlPage.Row(output, HtmlPage.Text(network.Outputs[o]), words);
        }

        IEnumerable<string> still = found.Words.OrderBy(word => word.Size).ThenBy(word => word.Token).Take(ShownWords)
            .Select(word => HtmlPage.Text(network.Words[word.Token]));
        HtmlPage.Row(output, "move the state least", string.Join(", ", still));
        output.WriteLine("</table>");
    }

    private void WriteCounts(TextWriter output)
    {
        if (found.Counts is not { } counts) return;
        string network = found.Accuracy is { } accuracy ? $"; the network tells {Figures.Fixed(100 * accuracy, 1)} %" : "";
        output.WriteLine(
            $"""
            <h2>What word counts alone predict</h2>
            <p>Without any network: let each word give evidence for a class by how much more often it stands in its texts than in the
            others' (the logarithm of its frequency there, less the mean over the classes), and add it up word by word. The sums have a
            participation ratio of {Figures.Fixed(counts.ParticipationRatio, 2)}, and {counts.Components95} of their components reach
            95 %. That is what a network would do that only counts; the network's states have
            {Figures.Fixed(found.Components.ParticipationRatio, 2)} and {found.Components.Reaching(0.95)}. The mean word
            frequencies of the classes have a participation ratio of {Figures.Fixed(counts.ClassMeansParticipationRatio, 2)}. The
            largest sum tells {Figures.Fixed(100 * counts.Accuracy, 1)} % of the sequences rightly{network}. The counts are those of the
            very texts looked at, so that the figure flatters the counter.</p>
            """);
    }
}
