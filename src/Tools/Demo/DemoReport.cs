using Spectre.Console;
using TinySD.Tools.Commands;
using TinySD.Tools.Display;
using TinySD.Tools.Json;

namespace TinySD.Tools.Demo;

/// <summary>Prints what the comparison showed.</summary>
internal static class DemoReport
{
    private const string Prompt = "/// <summary>";
    private const int SampleLength = 400, PlotHeight = 14, PlotWidth = 78;
    private const float SampleTemperature = 0.7f;

    public static void Write(CliContext context, BuiltInText text, DemoComparison comparison, string output, int threads, CancellationToken stop)
    {
        Contestant dense = comparison.Dense, structured = comparison.Structured;
        double speedup = dense.MedianStepMilliseconds / structured.MedianStepMilliseconds;
        double ideal = IdealSpeedup.Of(structured.Run.Model.Config, structured.Run.Recipe.Dropout);
        using var sample = new StringWriter();
        new TextGenerator(structured.Run.Model, text.Vocabulary, SampleTemperature, 0, structured.Run.Recipe.Seed).Write(Prompt, SampleLength, sample, stop);
        if (context.Json)
        {
            var result = new DemoResult(
                dense.Losses.Count, text.Train.Length, text.Vocabulary.Count, structured.Run.Model.Layout.ParameterCount, threads, Of(dense), Of(structured), speedup, ideal,
                sample.ToString(), output, RecipeResult.From(text.Vocabulary.Level, structured.Run.Recipe));
            CliJson.Write(context.Console.Out, result, CliJson.Default.DemoResult);
            return;
        }

        WriteText(context.Console, comparison, speedup, ideal);
        TextWriter writer = context.Console.Out;
        writer.WriteLine("A sample of the structured model:");
        writer.WriteLine();
        writer.WriteLine(sample.ToString().TrimEnd());
        writer.WriteLine();
        writer.WriteLine($"{output} holds the structured model. Go on with: tinysd generate {output}");
    }

    private static void WriteText(CliConsole console, DemoComparison comparison, double speedup, double ideal)
    {
        Contestant dense = comparison.Dense, structured = comparison.Structured;
        console.Out.WriteLine(TextPlot.Draw(
            new('o', "random dropout, dense products", dense.Losses), new('+', "structured dropout, compacted products", structured.Losses),
            Math.Min(console.OutputWidth, PlotWidth), PlotHeight, "training loss, nats per character", "step"));
        Table table = Tables.Create("dropout", ">valid perplexity", ">median step", ">ratio");
        table.Row("random (dense)", Figures.Perplexity(dense.ValidPerplexity), $"{Figures.Fixed(dense.MedianStepMilliseconds, 1)} ms", "1.00");
        table.Row("structured", Figures.Perplexity(structured.ValidPerplexity), $"{Figures.Fixed(structured.MedianStepMilliseconds, 1)} ms", Figures.Fixed(speedup, 2));
        console.Results.Write(table);
        console.Out.WriteLine(
            "Both models had the same seed, the same batches, the same drop rates and the same number of steps; only the shape of the masks\n" +
            $"differs. Structured masks let whole rows and columns be skipped: a step was {Figures.Fixed(speedup, 2)} times as fast as the dense one. Counting\n" +
            $"multiply-adds alone, these rates allow {Figures.Fixed(ideal, 2)}; activations and the optimizer take from it, and drawing masks for every\n" +
            "sequence by itself, as the dense model must, adds to it. The perplexities should be close; a run this short says no more.");
        console.Out.WriteLine();
    }

    private static DemoSide Of(Contestant contestant) => new(contestant.ValidPerplexity, contestant.MedianStepMilliseconds, contestant.Rounds);
}
