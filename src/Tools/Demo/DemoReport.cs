using TinySD.Tools.Json;
using TinySD.Tools.Tasks.LanguageModeling;
using TinySD.Tools.Training;

namespace TinySD.Tools.Demo;

/// <summary>Prints what the comparison showed.</summary>
internal static class DemoReport
{
    private const string Prompt = "/// <summary>";
    private const int SampleLength = 400, PlotHeight = 14, PlotWidth = 78;
    private const float SampleTemperature = 0.7f;

    public static void Write(
        CliContext context, BuiltInText text, DemoComparison comparison, (DemoSide Dense, DemoSide Structured) measured, string output,
        int threads)
    {
        TimedModel structured = comparison.Structured.Run;
        LanguageModelRecipe recipe = structured.Recipe;
        double speedup = measured.Dense.MedianStepMs / measured.Structured.MedianStepMs;
        double ideal = IdealSpeedup.Of(LanguageModelTrainer.PlanOf(recipe, text.Vocabulary.Count), recipe.Dropout);
        using var sample = new StringWriter();
        new TextGenerator(structured.Model, text.Vocabulary, SampleTemperature, 0, recipe.Seed)
            .Write(Prompt, SampleLength, sample, context.Stop.Watch());
        if (context.Json)
        {
            var result = new DemoResult(
                comparison.Dense.Losses.Count, text.Train.Length, text.Vocabulary.Count, recipe.BatchSize,
                structured.Model.Layout.ParameterCount, threads, measured.Dense, measured.Structured, speedup, ideal, $"{sample}", output,
                new RecipeResult(text.Vocabulary.Level, recipe));
            CliJson.Write(context.Console.Out, result);
            return;
        }

        WriteComparison(context.Console, comparison, measured, speedup, ideal);
        TextWriter writer = context.Console.Out;
        writer.WriteLine("A sample of the structured model:");
        writer.WriteLine();
        writer.Write($"{$"{sample}".TrimEnd()}\n\n");
        writer.WriteLine($"{output} holds the structured model. Go on with: tinysd generate {output}");
    }

    private static void WriteComparison(
        CliConsole console, DemoComparison comparison, (DemoSide Dense, DemoSide Structured) measured, double speedup, double ideal)
    {
        console.Out.Write(TextPlot.Draw(
            new('o', "random dropout, dense products", comparison.Dense.Losses),
            new('+', "structured dropout, compacted products", comparison.Structured.Losses),
            Math.Min(console.OutputWidth, PlotWidth), PlotHeight, "training loss, nats per character", "step"));
        console.Out.WriteLine();
        var table = new Table("dropout", ">valid perplexity", ">median step", ">ratio");
        AddRow("random (dense)", measured.Dense, 1);
        AddRow("structured", measured.Structured, speedup);
        console.Write(table);
        string ratio = Figures.Fixed(speedup, 2), limit = Figures.Fixed(ideal, 2);
        string streams = Figures.Count(comparison.Dense.Run.Recipe.BatchSize, "stream");
        console.Out.Write(
            $"""
            Both models had the same seed, the same batches, the same drop rates and the same number of steps; only the shape
            of the masks differs. Structured masks let whole rows and columns be skipped: a step was {ratio} times as fast as the
            dense one. Counting multiply-adds alone, these rates allow {limit}: activations and the optimizer take from that, and
            drawing masks for every sequence by itself, as the dense model must, adds to it. The perplexities should be
            close; a run this short says no more about them. Validation ran in {streams} side by side.


            """);

        void AddRow(string name, DemoSide side, double ratio) => table.Row(
            name, Figures.Perplexity(side.ValidPerplexity), $"{Figures.Fixed(side.MedianStepMs, 1)} ms", Figures.Fixed(ratio, 2));
    }
}
