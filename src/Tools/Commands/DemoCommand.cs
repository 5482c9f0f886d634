using System.CommandLine;
using TinySD.Formats;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;
using TinySD.Tools.Demo;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd demo</c>: the main job on text that the program carries.</summary>
internal static class DemoCommand
{
    private const string DefaultOutput = "demo.tsd";

    public static Command Create(CommonOptions common)
    {
        var output = new Option<string>("--out") { HelpName = "FILE", Description = "The model file to write.", DefaultValueFactory = _ => DefaultOutput };
        Option<int?> steps = Ranged.Whole("--steps", 1, 100_000, $"Updates of each of the two models. [default: {DemoComparison.DefaultSteps}]");
        Option<ulong?> seed = Ranged.Seed("Another seed trains other models and samples another text. [default: 1]");
        Option<int?> threads = Ranged.Threads();
        var command = new Command("demo",
            "Train a character model on this program's own sources, once with random and once with structured dropout; compare them and write the second. " +
            "Needs no data and takes about a minute.")
        {
            output, steps, seed, threads,
        };
        command.SetAction(parsed => Run(
            common.Read(parsed), parsed.GetValue(output)!, parsed.GetValue(steps) ?? DemoComparison.DefaultSteps, parsed.GetValue(seed) ?? 1,
            parsed.GetValue(threads) ?? Environment.ProcessorCount));
        return command;
    }

    private static int Run(CliContext context, string output, int steps, ulong seed, int threads)
    {
        OutputFile.CheckWritable(output);
        var text = BuiltInText.Read();
        LanguageModelRecipe recipe = LanguageModelRecipe.FindPreset("char-small")! with
        {
            HiddenSize = 512, EmbeddingSize = 64, LayerCount = 1, InitRange = 0.1f, BatchSize = 32, Bptt = 32, LearningRate = 0.006f,
            Dropout = new() { Kind = DropoutKind.Structured, Recurrent = 0.5f, Output = 0.5f },
            Seed = seed,
        };
        using var pool = new WorkerPool(threads);
        var comparison = new DemoComparison(text, recipe, steps, pool);
        try
        {
            ProgressDisplay.Run(context, progress => comparison.Train(progress, context.Stop));
        }
        catch (OperationCanceledException)
        {
            throw new StoppedException($"stopped before the end; nothing was written to {output}.");
        }

        LanguageModelFile.Save(output, comparison.Structured.Run.Model, text.Vocabulary, new TrainingRecord
        {
            Recipe = comparison.Structured.Run.Recipe,
            Train = new TextRecord(BuiltInText.TrainName, text.Train.Length),
            Valid = new TextRecord(BuiltInText.ValidName, text.Valid.Length),
            Epochs = [new EpochRecord(1, comparison.Structured.Run.TrainPerplexity, comparison.Structured.ValidPerplexity, comparison.Structured.Run.LearningRate)],
        });
        DemoReport.Write(context, text, comparison, output, threads, context.Stop);
        return ExitCode.Done;
    }
}
