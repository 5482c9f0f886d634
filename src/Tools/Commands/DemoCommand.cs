using TinySD.Tools.Demo;
using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd demo</c>: the main job on text that the program carries.</summary>
internal sealed class DemoCommand : CliCommand
{
    private const string DefaultOutput = "demo.tsd";

    private readonly FileOption _out = FileOption.Output("--out", $"The model file to write. [default: {DefaultOutput}]", DefaultOutput);
    private readonly Option<int?> _steps = Ranged.Whole("--steps", 1, 100_000,
        $"Updates of each of the two models. [default: {DemoComparison.DefaultSteps}]");

    private readonly Option<ulong?> _seed = Ranged.Seed("Another seed trains other models and samples another text. [default: 1]");
    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly FileOption _profile = Profiles.Option();

    public DemoCommand(CommonOptions common)
        : base(
            "demo",
            "Train a character model on this program's own sources, once with random and once with structured dropout; compare them and " +
            "write the second. Needs no data and takes about a minute.",
            common) =>
        AddAll(_out, _steps, _seed, _threads, _profile);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        string output = parsed.GetValue(_out) ?? DefaultOutput;
        OutputFile.CheckWritable(output, parsed.GetValue(_out) is not null);
        var text = BuiltInText.Read();
        LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset("char-small")! with { Seed = parsed.GetValue(_seed) ?? 1 };
        using var pool = new WorkerPool(Ranged.ThreadsOf(parsed, _threads));
        var comparison = new DemoComparison(text, recipe, parsed.GetValue(_steps) ?? DemoComparison.DefaultSteps, pool, hardware);
        (DemoSide Dense, DemoSide Structured) measured = ProgressDisplay.RunToTheEnd(
            context, $"nothing was written to {output}", comparison.Train);
        TimedModel structured = comparison.Structured.Run;
        double valid = measured.Structured.ValidPerplexity;
        LanguageModelFile.Save(output, structured.Model, text.Vocabulary, new()
        {
            Recipe = structured.Recipe,
            Data = new()
            {
                Train = new TextRecord(BuiltInText.TrainName, text.Train.Length),
                Valid = new TextRecord(BuiltInText.ValidName, text.Valid.Length),
                Streams = structured.Recipe.BatchSize,
            },
            Epochs =
            [
                new(1, structured.Steps, new(structured.MeanLoss, structured.TrainPerplexity), new(EvaluationResult.LossOf(valid), valid),
                    structured.LearningRate, 0, 0),
            ],
        });
        DemoReport.Write(context, text, comparison, measured, output, pool.ThreadCount);
        return ExitCode.Done;
    }
}
