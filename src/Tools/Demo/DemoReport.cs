using TinySD.Tools.Json;
using TinySD.Tools.Tasks.LanguageModeling;
using TinySD.Tools.Training;

namespace TinySD.Tools.Demo;

/// <summary>Where the demonstration writes its models.</summary>
/// <param name="Model">The language model's file.</param>
/// <param name="Series">The regressor's; null to write none.</param>
internal sealed record DemoFiles(string Model, string? Series);

/// <summary>Prints what the demonstration showed.</summary>
internal static class DemoReport
{
    /// <summary>Columns that a drawing takes at most.</summary>
    public const int PlotWidth = 78;

    private const string Prompt = "/// <summary>";
    private const int SampleLength = 400, PlotHeight = 14;
    private const float SampleTemperature = 0.7f;

    /// <summary>Says what is going to be done, and how long it takes, before any of it is.</summary>
    public static void Announce(CliContext context, BuiltInText text, DemoComparison comparison, DemoFiles files)
    {
        if (context.Quiet) return;
        TextWriter output = context.Console.Error;
        string written = files.Series is { } series ? $"{files.Model} and {series}" : files.Model;
        output.WriteLine(
            $"1. {Figures.Count(comparison.Steps, "step")} each of two models of {Figures.Count(text.Train.Length)} characters of " +
            "source text: random dropout beside structured (about a minute)");
        output.WriteLine("2. a model of a sensor's values, which then looks for two faults in new ones (seconds)");
        string are = files.Series is null ? "is" : "are";
        output.WriteLine($"Nothing is needed for it but this program; {written} {are} written at the end.");
    }

    public static void Write(
        CliContext context, BuiltInText text, DemoComparison comparison, (DemoSide Dense, DemoSide Structured) measured,
        SeriesFindings findings, DemoFiles files, int threads)
    {
        TimedModel structured = comparison.Structured.Run;
        LanguageModelRecipe recipe = structured.Recipe;
        double speedup = measured.Dense.MedianStepMs / measured.Structured.MedianStepMs;
        double ideal = IdealSpeedup.Of(LanguageModelTrainer.PlanOf(recipe, text.Vocabulary.Count), recipe.Dropout);
        using var sample = new StringWriter();
        var sampler = new TokenSampler(text.Vocabulary.Count, SampleTemperature, seed: recipe.Seed);
        new TextGenerator(structured.Model, text.Vocabulary, sampler)
            .Write(Corpus.EncodeText(Prompt, text.Vocabulary), SampleLength, sample, context.Stop.Watch());
        if (context.Json)
        {
            var result = new DemoResult(
                comparison.Dense.Losses.Count, text.Train.Length, text.Vocabulary.Count, recipe.BatchSize,
                structured.Model.Layout.ParameterCount, threads, measured.Dense, measured.Structured, speedup, ideal, $"{sample}",
                files.Model, new RecipeResult(text.Vocabulary.Level, recipe), SeriesReport.ToJson(findings, files.Series));
            CliJson.Write(context.Console.Out, result);
            return;
        }

        CliConsole console = context.Console;
        WriteComparison(console, comparison, measured, speedup, ideal);
        console.Prose.WriteLine("A sample of the structured model:");
        console.Prose.WriteLine();
        console.Out.Write($"{$"{sample}".TrimEnd()}\n\n");
        SeriesReport.Write(console, findings);
        if (files.Series is { } series) console.Prose.WriteLine($"{series} holds the sensor's model.");
        console.Prose.WriteLine($"{files.Model} holds the structured model. Go on with:");
        console.Out.WriteLine($"  {console.Command} generate {CommandLine.Quoted(files.Model)} --prompt \"public \" --length 400");
    }

    private static void WriteComparison(
        CliConsole console, DemoComparison comparison, (DemoSide Dense, DemoSide Structured) measured, double speedup, double ideal)
    {
        console.Prose.Write(TextPlot.Draw(
            [
                new('o', "random dropout, dense products", comparison.Dense.Losses),
                new('+', "structured dropout, compacted products", comparison.Structured.Losses),
            ],
            Math.Min(console.OutputWidth, PlotWidth), PlotHeight, "training loss, nats per character", "step"));
        var table = new Table("dropout", ">valid perplexity", ">median step", ">ratio");
        AddRow("random (dense)", measured.Dense, 1);
        AddRow("structured", measured.Structured, speedup);
        console.Write(table);
        string ratio = Figures.Fixed(speedup, 2), limit = Figures.Fixed(ideal, 2);
        string streams = Figures.Count(comparison.Dense.Run.Recipe.BatchSize, "stream");
        console.Prose.WriteLine(
            "Both models had the same seed, the same batches, the same drop rates and the same number of steps; only the shape of the " +
            $"masks differs. Structured masks let whole rows and columns be skipped: a step was {ratio} times as fast as the dense one. " +
            $"Counting multiply-adds alone, these rates allow {limit}: activations and the optimizer take from that, and drawing masks " +
            "for every sequence by itself, as the dense model must, adds to it. The perplexities should be close; a run this short says " +
            $"no more about them. Validation ran in {streams} side by side.");
        console.Prose.WriteLine();

        void AddRow(string name, DemoSide side, double ratio) => table.Row(
            name, Figures.Perplexity(side.ValidPerplexity), $"{Figures.Fixed(side.MedianStepMs, 1)} ms", Figures.Fixed(ratio, 2));
    }
}
