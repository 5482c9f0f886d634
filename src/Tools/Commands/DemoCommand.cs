using TinySD.Tools.Demo;
using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd demo</c>: the main job on text that the program carries, and a series that it makes.</summary>
internal sealed class DemoCommand : CliCommand
{
    private const string DefaultOutput = "demo.tsd";

    private readonly FileOption _out = FileOption.Output("--out", $"The model file to write. [default: {DefaultOutput}]", DefaultOutput);
    private readonly FileOption _seriesOut =
        FileOption.Output("--series-out", "A file to write the sensor's regressor to; without it none is written.");

    private readonly Option<int?> _steps = Ranged.Whole("--steps", 1, 100_000,
        $"Updates of each of the two models. [default: {DemoComparison.DefaultSteps}]");

    private readonly Option<ulong?> _seed = Ranged.Seed("Another seed trains other models and samples another text. [default: 1]");
    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly FileOption _profile = Profiles.Option();

    public DemoCommand(CommonOptions common)
        : base(
            "demo",
            "Train on built-in text and compare two kinds of dropout. A character model learns this program's own sources, once with " +
            "random and once with structured dropout; the second is written. Then a regressor learns a made-up sensor and finds two " +
            "faults. Needs no data and takes about a minute.",
            common) =>
        AddAll(_out, _seriesOut, _steps, _seed, _threads, _profile);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        var files = new DemoFiles(parsed.GetValue(_out) ?? DefaultOutput, parsed.GetValue(_seriesOut));
        OutputFile.CheckWritable(files.Model, parsed.GetValue(_out) is not null);
        if (files.Series is { } series) OutputFile.CheckWritable(series);
        var text = BuiltInText.Read();
        ulong seed = parsed.GetValue(_seed) ?? 1;
        LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset("char-small")! with { Seed = seed };
        using var pool = new WorkerPool(Ranged.ThreadsOf(parsed, _threads));
        var comparison = new DemoComparison(text, recipe, parsed.GetValue(_steps) ?? DemoComparison.DefaultSteps, pool, hardware);
        DemoReport.Announce(context, text, comparison, files);
        ((DemoSide, DemoSide Structured) measured, SeriesFindings findings) = ProgressDisplay.RunToTheEnd(
            context, $"nothing was written to {files.Model}",
            (progress, stop) => (comparison.Train(progress, stop), SeriesDemo.Run(seed, pool, hardware, progress, stop)));
        Save(files.Model, text, comparison.Structured.Run, measured.Structured.ValidPerplexity);
        if (files.Series is { } path) RegressorFile.Save(path, findings.Loaded.Regressor, findings.Loaded.Training);
        DemoReport.Write(context, text, comparison, measured, findings, files, pool.ThreadCount);
        return ExitCode.Done;
    }

    private static void Save(string path, BuiltInText text, TimedModel trained, double perplexity) =>
        LanguageModelFile.Save(path, trained.Model, text.Vocabulary, new()
        {
            Recipe = trained.Recipe,
            Data = new()
            {
                Train = new TextRecord(BuiltInText.TrainName, text.Train.Length),
                Valid = new TextRecord(BuiltInText.ValidName, text.Valid.Length),
                Streams = trained.Recipe.BatchSize,
            },
            Epochs =
            [
                new(
                    1, trained.Steps, new(trained.MeanLoss, trained.TrainPerplexity),
                    new(EvaluationResult.LossOf(perplexity), perplexity), trained.LearningRate, 0, 0),
            ],
        });
}
