namespace TinySD.Tools.Analysis;

/// <summary>Findings in words, for a terminal and for a page.</summary>
internal static class AnalysisText
{
    /// <summary>The words that move an output most of all, and by how much more than the mean of the outputs where only differences
    /// count.</summary>
    public static IEnumerable<WordChange> Strongest(
        AnalysedModel network, AnalysisFindings found, int output, int most) =>
        found.Words.Select(word => new WordChange(word, ChangeOf(network, word, output))).Where(pair => pair.Change > 0)
            .OrderByDescending(pair => pair.Change).ThenBy(pair => pair.Word.Token).Take(most);

    /// <summary>How a word changes an output, beyond the mean of all where only differences count.</summary>
    public static double ChangeOf(AnalysedModel network, WordDeflection word, int output) =>
        word.Outputs[output] - (network.IsSoftmax ? word.Outputs.Average() : 0);

    /// <summary>A mode's time constant, and whether it grows.</summary>
    public static string Steps(PointMode mode)
    {
        string steps = double.IsPositiveInfinity(mode.TimeConstant) ? "∞" : Short(mode.TimeConstant);
        return mode.Eigenvalue.Magnitude > 1 ? $"{steps} (growing)" : steps;
    }

    /// <summary>Three digits.</summary>
    public static string Short(double value) => Math.Abs(value) switch
    {
        _ when !double.IsFinite(value) => "-",
        0 => "0",
        < 0.001 or >= 1e6 => value.ToString("0.##e+0", CultureInfo.InvariantCulture),
        >= 1000 => Figures.Count(Math.Round(value)),
        _ => value.ToString("G3", CultureInfo.InvariantCulture),
    };

    /// <summary>The least and the most of some angles.</summary>
    public static string Range(IReadOnlyList<double> angles)
    {
        double[] finite = [.. angles.Where(double.IsFinite)];
        if (finite.Length == 0) return "-";
        (string least, string most) = (Figures.Fixed(finite.Min(), 1), Figures.Fixed(finite.Max(), 1));
        return least == most ? $"{least}°" : $"{least}° to {most}°";
    }

    /// <summary>How much of the data was looked at.</summary>
    public static string Coverage(AnalysisFindings found)
    {
        string states = $"{Figures.Count(found.States.Run, "state")} of {Figures.Count(found.Sequences.Run, "sequence")}";
        return found.States.Run == found.States.All
            ? states
            : $"{states}, evenly spread over the data's {Figures.Count(found.States.All, "step")} of " +
                Figures.Count(found.Sequences.All, "sequence");
    }

    /// <summary>What of the network is no part of its state, and so not looked at; null where that is nothing.</summary>
    public static string? BesideState(AnalysedModel network) => network.Model.Config.LinearRows is > 0 and int rows
        ? $"the linear map of the last {Figures.Count(rows, "row")} is beside the state and no part of what is analysed; outputs are " +
            "those of the state alone"
        : null;

    /// <summary>Writes the summary.</summary>
    public static void Write(CliConsole console, AnalysedModel network, AnalysisFindings found)
    {
        TextWriter output = console.Prose;
        PrincipalComponents components = found.Components;
        output.WriteLine(Coverage(found));
        if (BesideState(network) is { } beside) output.WriteLine(beside);
        output.WriteLine(
            $"components of the hidden states: {components.Reaching(0.9)} reach 90 % of the variance, {components.Reaching(0.95)} reach " +
            $"95 %, {components.Reaching(0.99)} reach 99 %; participation ratio {Figures.Fixed(components.ParticipationRatio, 2)}");
        output.WriteLine($"shares: {string.Join(", ", components.Shares.Take(6).Select(share => Figures.Fixed(share, 3)))}");
        if (found.Angles.Length > 0)
        {
            string simplex = network.IsSoftmax
                ? $"; a regular simplex has {Figures.Fixed(VectorGeometry.SimplexAngle(network.Outputs.Count), 1)}°"
                : "";
            output.WriteLine(
                $"angles between read-out vectors: {Range(found.Angles)}, less their mean {Range(found.CentredAngles)}{simplex}");
        }

        foreach (SlowPointSet set in found.SlowPoints) WriteSlowPoints(output, set);
        if (found.Counts is { } counts)
        {
            output.WriteLine(
                $"from word counts alone: participation ratio {Figures.Fixed(counts.ParticipationRatio, 2)}, {counts.Components95} " +
                $"components reach 95 %; {Figures.Fixed(100 * counts.Accuracy, 1)} % of the sequences told rightly");
        }

        if (found.Accuracy is { } accuracy) output.WriteLine($"accuracy of the network: {Figures.Fixed(100 * accuracy, 1)} %");
        for (int o = 0; o < network.Outputs.Count && found.Words.Count > 0; o++)
        {
            string words = string.Join(
                ", ", Strongest(network, found, o, 8).Select(pair => $"{network.Words[pair.Word.Token]} {Short(pair.Change)}"));
            if (words.Length > 0) output.WriteLine($"words that move '{network.Outputs[o]}' most: {words}");
        }
    }

    private static void WriteSlowPoints(TextWriter output, SlowPointSet set)
    {
        output.WriteLine(
            $"slow points {InputOf(set)}: {Figures.Count(set.Distinct)} apart, of {Figures.Count(set.Q.Length)} searches; q " +
            $"{Short(set.Quantile(0))} at the least, {Short(set.Quantile(0.5))} in the middle, {Short(set.Quantile(1))} at the most");
        foreach (StudiedPoint point in set.Points)
        {
            string constants = point.Modes is { } modes
                ? $"time constants {string.Join(", ", modes.Take(6).Select(Steps))} steps"
                : "its eigenvalues did not converge";
            output.WriteLine($"  q {Short(point.Point.Q)}, {constants}");
        }
    }

    /// <summary>The input of some slow points in words.</summary>
    public static string InputOf(SlowPointSet set) => set.Input == "zero" ? "without input" : "at the mean input";
}

/// <summary>How much a word changes an output.</summary>
internal sealed record WordChange(WordDeflection Word, double Change);
