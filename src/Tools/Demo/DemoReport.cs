using Spectre.Console;
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

    public static void Write(CliContext context, BuiltInText text, DemoComparison comparison, string output, int threads)
    {
        Contestant dense = comparison.Dense, structured = comparison.Structured;
        double speedup = dense.MedianStepMilliseconds / structured.MedianStepMilliseconds;
        double ideal = IdealSpeedup.Of(LanguageModelTrainer.PlanOf(structured.Run.Recipe, text.Vocabulary.Count), structured.Run.Recipe.Dropout);
        string sample = Sample(structured, text, context.Stop.Watch());
        if (context.Json)
        {
            var result = new DemoResult(
                dense.Losses.Count, text.Train.Length, text.Vocabulary.Count, structured.Run.Recipe.BatchSize, structured.Run.Model.Layout.ParameterCount, threads,
                Of(dense), Of(structured), speedup, ideal, sample, output, new RecipeResult(text.Vocabulary.Level, structured.Run.Recipe));
            CliJson.Write(context.Console.Out, result, CliJson.Default.DemoResult);
            return;
        }

        WriteComparison(context.Console, dense, structured, speedup, ideal);
        TextWriter writer = context.Console.Out;
        writer.WriteLine("A sample of the structured model:");
        writer.WriteLine();
        writer.Write($"{sample.TrimEnd()}\n\n");
        writer.WriteLine($"{output} holds the structured model. Go on with: tinysd generate {output}");
    }

    private static string Sample(Contestant structured, BuiltInText text, CancellationToken stop)
    {
        using var sample = new StringWriter();
        var generator = new TextGenerator(structured.Run.Model, text.Vocabulary, SampleTemperature, 0, structured.Run.Recipe.Seed);
        generator.Write(Prompt, SampleLength, sample, stop);
        return sample.ToString();
    }

    private static void WriteComparison(CliConsole console, Contestant dense, Contestant structured, double speedup, double ideal)
    {
        console.Out.Write(TextPlot.Draw(
            new('o', "random dropout, dense products", dense.Losses),
            new('+', "structured dropout, compacted products", structured.Losses),
            Math.Min(console.OutputWidth, PlotWidth), PlotHeight, "training loss, nats per character", "step"));
        console.Out.WriteLine();
        Table table = Tables.Create("dropout", ">valid perplexity", ">median step", ">ratio");
        AddRow(table, "random (dense)", dense, 1);
        AddRow(table, "structured", structured, speedup);
        console.Results.Write(table);
        string measured = Figures.Fixed(speedup, 2), limit = Figures.Fixed(ideal, 2);
        console.Out.Write(
            $"""
            Both models had the same seed, the same batches, the same drop rates and the same number of steps; only the shape
            of the masks differs. Structured masks let whole rows and columns be skipped: a step was {measured} times as fast as the
            dense one. Counting multiply-adds alone, these rates allow {limit}: activations and the optimizer take from that, and
            drawing masks for every sequence by itself, as the dense model must, adds to it. The perplexities should be
            close; a run this short says no more about them. Validation ran in {Figures.Count(dense.Run.Recipe.BatchSize, "stream")} side by side.


            """);
    }

    private static void AddRow(Table table, string name, Contestant contestant, double ratio) => table.Row(
        name, Figures.Perplexity(contestant.ValidPerplexity), $"{Figures.Fixed(contestant.MedianStepMilliseconds, 1)} ms",
        Figures.Fixed(ratio, 2));

    private static DemoSide Of(Contestant contestant) =>
        new(contestant.ValidPerplexity, contestant.MedianStepMilliseconds, contestant.Rounds);
}
