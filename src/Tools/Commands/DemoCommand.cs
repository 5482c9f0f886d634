using TinySD.Tools.Demo;
using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd demo</c>: the main job on text that the program carries.</summary>
internal static class DemoCommand
{
    private const string DefaultOutput = "demo.tsd";

    public static Command Create(CommonOptions common)
    {
        FileOption output = FileOption.Output("--out", $"The model file to write. [default: {DefaultOutput}]", DefaultOutput);
        Option<int?> steps = Ranged.Whole("--steps", 1, 100_000,
            $"Updates of each of the two models. [default: {DemoComparison.DefaultSteps}]");
        Option<ulong?> seed = Ranged.Seed("Another seed trains other models and samples another text. [default: 1]");
        Option<int?> threads = Ranged.Threads();
        FileOption profile = Profiles.Option();
        var command = new Command("demo",
            "Train a character model on this program's own sources, once with random and once with structured dropout; compare them and " +
            "write the second. Needs no data and takes about a minute.")
        {
            output, steps, seed, threads, profile,
        };
        command.SetAction(parsed => Run(
            common.Read(parsed), parsed.GetValue(output), parsed.GetValue(steps) ?? DemoComparison.DefaultSteps,
            parsed.GetValue(seed) ?? 1, Ranged.ThreadsOf(parsed, threads), Profiles.Read(parsed, profile)));
        return command;
    }

    private static int Run(CliContext context, string? named, int steps, ulong seed, int threads, HardwareProfile? hardware)
    {
        string output = named ?? DefaultOutput;
        OutputFile.CheckWritable(output, named is not null);
        var text = BuiltInText.Read();
        LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset("char-small")! with { Seed = seed };
        using var pool = new WorkerPool(threads);
        var comparison = new DemoComparison(text, recipe, steps, pool, hardware);
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
        DemoReport.Write(context, text, comparison, measured, output, threads);
        return ExitCode.Done;
    }
}
