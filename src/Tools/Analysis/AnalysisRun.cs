using TinySD.Tools.Json;

namespace TinySD.Tools.Analysis;

/// <summary>The part of <c>analyze</c> that is the same for every kind of model.</summary>
/// <param name="Kind">The model's kind.</param>
/// <param name="Network">The model.</param>
/// <param name="Sequences">What it is to read.</param>
internal sealed record AnalysisRun(string Kind, AnalysedModel Network, AnalysedSequences Sequences)
{
    /// <summary>How regular the times of the rows are; null where they have none.</summary>
    public TimeColumnReport? Times { get; init; }

    /// <summary>Looks at the states, and says and writes what there is to see.</summary>
    /// <exception cref="FailureException">There is nothing to read, or the states of the network are no map's.</exception>
    /// <exception cref="StoppedException">It was stopped before the end.</exception>
    public int Run(AnalyzeRequest request, ParseResult parsed, CliContext context)
    {
        RecurrentStackConfig body = Network.Model.Config.Body;
        if (!StateMap.IsMap(body))
        {
            throw new FailureException(
                $"{request.Model} reads both ways in {body.LayerCount} layers. Above the first layer every step sees both directions, " +
                "and so the sequence's end: no state goes on from step to step that could be looked at.")
            { Advice = "Train one with --layers 1, or one direction." };
        }

        if (Sequences.Steps == 0) throw new FailureException($"{request.Data} has nothing to read: none of its sequences has a step.");
        if (body.DirectionCount == 2)
            context.Warnings.Note("the network reads both ways; its forward direction is looked at, with the read-out's part for it.");
        using var pool = new WorkerPool(request.Threads);
        AnalysisFindings found = ProgressDisplay.RunToTheEnd(context, "nothing was written", (progress, stop) =>
            new NetworkAnalysis(Network, Sequences, request.Settings, pool, request.Hardware, Shown(progress), stop).Run());
        if (request.Report is { } path) HtmlPage.Save(path, Page(request, found, CommandLine.Of(parsed)).Write);
        if (context.Json)
        {
            AnalyzeResult result = AnalysisResult.From(request.Model, Kind, Network, found) with
            {
                TimeColumn = Times is null ? null : TimeColumnText.From(Times),
                Report = request.Report,
            };
            CliJson.Write(context.Console.Out, result);
            return ExitCode.Done;
        }

        AnalysisText.Write(context.Console, Network, found);
        foreach (string line in Times is null ? [] : TimeColumnText.Lines(Times)) context.Console.Prose.WriteLine(line);
        if (request.Report is not null) context.Console.Prose.WriteLine($"page: {request.Report}");
        return ExitCode.Done;
    }

    /// <summary>The same numbers, which are inputs of a network.</summary>
    /// <exception cref="FailureException">One is beyond single precision.</exception>
    public static float[] Finite(float[] inputs, string path) => Array.TrueForAll(inputs, float.IsFinite)
        ? inputs
        : throw new FailureException($"{path} has a number that is too large, beside those of the training data, to be computed with.");

    private static Action<string, double> Shown(IProgressDisplay progress) => (label, share) =>
    {
        if (progress.IsDue) progress.Show(label, share, "");
    };

    private AnalysisPage Page(AnalyzeRequest request, AnalysisFindings found, string command)
    {
        RecurrentStackConfig body = Network.Model.Config.Body;
        string layers = $"{Figures.Count(body.LayerCount, "layer")} of {body.HiddenSize}";
        (string, string)[] facts =
        [
            ("model", $"{Kind}, {ModelSpelling.Cells.NameOf(body.Cell)}, {layers}, {ModelSpelling.Directions.NameOf(body.Direction)}"),
            ("read", Path.GetFileName(request.Data)),
            ("slow points", $"q minimised by Adam from {request.Settings.Starts} states, in at most {request.Settings.Search.Updates} " +
                $"updates, until it was no larger than {AnalysisText.Short(request.Settings.Search.Tolerance)}"),
        ];
        return new AnalysisPage(Path.GetFileName(request.Model), Network, found, facts, command)
        {
            More = Times is { } times ? output => TimeColumnText.WriteHtml(output, times) : null,
        };
    }
}
