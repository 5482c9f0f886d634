using TinySD.Tools.Json;

namespace TinySD.Tools.Analysis;

/// <summary>Findings as JSON has them.</summary>
internal static class AnalysisResult
{
    // Beyond these, variances and modes are listed no more.
    private const int Shares = 32, Modes = 16;

    public static AnalyzeResult From(string model, string kind, AnalysedModel network, AnalysisFindings found)
    {
        RecurrentStackConfig body = network.Model.Config.Body;
        bool hasWords = network.Words.Count > 0;
        return new AnalyzeResult(
            model, kind, ModelSpelling.Cells.NameOf(body.Cell), body.LayerCount, body.HiddenSize,
            ModelSpelling.Directions.NameOf(body.Direction), network.Outputs, found.Sequences.Run, found.Sequences.All, found.States.Run,
            found.States.All, found.Components.Reaching(0.9), found.Components.Reaching(0.95), found.Components.Reaching(0.99),
            found.Components.ParticipationRatio, SharesOf(found.Components), [.. found.Parts.Select(Part)], found.Angles,
            found.CentredAngles,
            network is { IsSoftmax: true, Outputs.Count: > 1 } ? VectorGeometry.SimplexAngle(network.Outputs.Count) : null, found.Accuracy,
            [.. found.SlowPoints.Select(Search)],
            [.. found.SlowPoints.SelectMany(set => set.Points.Select(point => Point(set.Input, point)))],
            found.Counts is { } counts
                ? new(counts.ParticipationRatio, counts.Components95, counts.ClassMeansParticipationRatio, counts.Accuracy)
                : null,
            hasWords ? found.WordsInData : null,
            hasWords ? [.. found.Words.Select(w => new WordResult(network.Words[w.Token], w.Count, w.Size, w.Along, w.Outputs))] : null)
        {
            LinearRows = network.Model.Config.LinearRows is > 0 and int rows ? rows : null,
        };
    }

    private static PartResult Part(StatePart part) => new(
        part.IsCell ? "c" : "h", part.Layer, part.Components.Reaching(0.9), part.Components.Reaching(0.95),
        part.Components.Reaching(0.99), part.Components.ParticipationRatio, SharesOf(part.Components));

    private static double[] SharesOf(PrincipalComponents components) => [.. components.Shares.Take(Shares)];

    private static SearchResult Search(SlowPointSet set) => new(
        set.Input, set.Q.Length, set.Updates, set.Quantile(0), set.Quantile(0.25), set.Quantile(0.5), set.Quantile(0.75),
        set.Quantile(1), set.Distance, set.Distinct);

    private static SlowPointResult Point(string input, StudiedPoint point) => new(
        input, point.Point.Q, point.Point.Searches, point.Distance, point.Along, point.Outputs,
        point.Modes is { } all ? [.. all.Select(mode => mode.TimeConstant)] : null,
        point.Modes is { } modes ? [.. modes.Take(Modes).Select(Mode)] : null);

    private static ModeResult Mode(PointMode mode) => new(
        mode.Eigenvalue.Real, mode.Eigenvalue.Imaginary, mode.Eigenvalue.Magnitude, mode.TimeConstant, mode.LeftOverlap,
        mode.RightOverlap);
}
