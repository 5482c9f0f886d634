using TinySD.Tools.Analysis;
using TinySD.Tools.Files;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd analyze</c>: what a network's hidden states do as it reads data.</summary>
internal sealed class AnalyzeCommand : ModelCommand<AnalyzeRequest>
{
    private static readonly AnalysisSettings s_usual = new();

    private readonly FileOption _data = FileOption.Input("--data", "What it is to read: a file as in training, plain or gzip.");
    private readonly FileOption _report = FileOption.Output("--report", "Also write a page (HTML) that shows and explains it.");

    private readonly Option<int?> _maxStates = Ranged.Whole("--max-states", 10, 10_000_000,
        $"The most states to look at; of more data sequences evenly spread are read. [default: {s_usual.MaxStates}]");

    private readonly Option<int?> _starts = Ranged.Whole("--starts", 1, 100_000,
        $"States from which slow points are looked for. [default: {s_usual.Starts}]");

    private readonly Option<int?> _points = Ranged.Whole("--points", 1, 128,
        $"Slow points to find the eigenvalues of, for each input held. [default: {s_usual.Points}]");

    private readonly Option<int?> _updates = Ranged.Whole("--updates", 0, 1_000_000,
        $"The most updates of a search for slow points. [default: {s_usual.Search.Updates}]");

    private readonly Option<float?> _tolerance = Ranged.Number("--tolerance", value => value >= 0, "a number of at least 0",
        "A search ends where q, half the squared length of a step, is no larger. [default: 1e-9]");

    private readonly Option<int?> _maxWords = Ranged.Whole("--max-words", 0, int.MaxValue,
        $"The most words to find the deflections of, the most frequent ones. [default: {s_usual.MaxWords}]");

    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly FileOption _profile = Profiles.Option();

    public AnalyzeCommand(ModelVerbs<AnalyzeRequest> verbs, CommonOptions common)
        : base(
            "analyze",
            "Show what a network's hidden states do as it reads data. How many dimensions they take, where they stay when the input is " +
            "held and how fast they forget there, and what each word does to them.",
            verbs, common)
    {
        _data.Required = true;
        AddAll(
        [
            Model, _data, _report, .. OfKinds, _maxStates, _starts, _points, _updates, _tolerance, _maxWords, _threads, _profile,
        ]);
    }

    protected override AnalyzeRequest Read(ParseResult parsed, string model)
    {
        string? report = parsed.GetValue(_report);
        if (report is not null) OutputFile.CheckWritable(report);
        AnalysisSettings settings = s_usual with
        {
            MaxStates = parsed.GetValue(_maxStates) ?? s_usual.MaxStates,
            Starts = parsed.GetValue(_starts) ?? s_usual.Starts,
            Points = parsed.GetValue(_points) ?? s_usual.Points,
            MaxWords = parsed.GetValue(_maxWords) ?? s_usual.MaxWords,
            Search = s_usual.Search with
            {
                Updates = parsed.GetValue(_updates) ?? s_usual.Search.Updates,
                Tolerance = parsed.GetValue(_tolerance) ?? s_usual.Search.Tolerance,
            },
        };
        return new AnalyzeRequest(
            model, parsed.GetRequiredValue(_data), report, settings, Ranged.ThreadsOf(parsed, _threads), Profiles.Read(parsed, _profile));
    }
}
