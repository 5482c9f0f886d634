using Spectre.Console;
using TinySD.Tools.Json;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>Prints what a training run brought: a table of its epochs, or JSON.</summary>
internal static class TrainingReport
{
    private const int FewestToDraw = 3, PlotWidth = 78, PlotHeight = 12;

    public static void Write(
        CliContext context, LanguageModelData data, LanguageModelRecipe recipe, EvaluationStreams streams, TrainingOutcome outcome, string output, int threads)
    {
        if (context.Json) WriteJson(context.Console.Out, data, recipe, streams, outcome, output, threads);
        else WriteTable(context.Console, streams, outcome, output);
    }

    private static void WriteJson(
        TextWriter writer, LanguageModelData data, LanguageModelRecipe recipe, EvaluationStreams streams, TrainingOutcome outcome, string output, int threads)
    {
        var epochs = outcome.Epochs.Select(e => new EpochResult(
            e.Epoch, e.Train.Metric, e.Valid.Metric, e.Train.Loss, e.Valid.Loss, e.LearningRate, e.Seconds, e.TermsPerSecond, e.Steps,
            streams.Valid));
        var result = new TrainLmResult(
            [.. epochs], outcome.Best.Epoch, outcome.Best.Valid.Metric, outcome.Best.Valid.Loss, data.Valid.UnknownToPredict, streams.Valid,
            outcome.Test?.Metric, outcome.Test?.Loss, data.Test?.UnknownToPredict, data.Test is null ? null : streams.Test, outcome.Parameters,
            data.Vocabulary.Count, output, outcome.Seconds, threads, new RecipeResult(data.Vocabulary.Level, recipe),
            data.Train.Tokens.Length, data.LeftOutOf(recipe).Tokens, data.Train.Tokens.UnknownCount);
        CliJson.Write(writer, result, CliJson.Default.TrainLmResult);
    }

    private static void WriteTable(CliConsole console, EvaluationStreams streams, TrainingOutcome outcome, string output)
    {
        Table table = Tables.Create(">epoch", ">train perplexity", ">valid perplexity", ">learning rate", ">time", ">tokens/s", "");
        foreach (EpochOutcome epoch in outcome.Epochs)
        {
            table.Row(
                epoch.Epoch.ToString(CultureInfo.InvariantCulture), Figures.Perplexity(epoch.Train.Metric),
                Figures.Perplexity(epoch.Valid.Metric), Figures.Setting(epoch.LearningRate), Figures.Duration(epoch.Seconds),
                Figures.Count(epoch.TermsPerSecond), Remark(epoch, outcome.Best));
        }

        console.Results.Write(table);
        if (outcome.Epochs.Count >= FewestToDraw)
        {
            console.Out.Write(TextPlot.Draw(
                new('o', "train", [.. outcome.Epochs.Select(e => e.Train.Metric)]), new('+', "valid", [.. outcome.Epochs.Select(e => e.Valid.Metric)]),
                Math.Min(console.OutputWidth, PlotWidth), PlotHeight, "perplexity", "epoch", spread: true));
            console.Out.WriteLine();
        }

        if (outcome.Test?.Metric is { } test) console.Out.WriteLine($"test perplexity {Figures.Perplexity(test)}");
        console.Out.WriteLine(streams.Told(outcome.Test is not null));
        console.Out.WriteLine($"{output} holds the model of epoch {outcome.Best.Epoch}: {Figures.Count(outcome.Parameters, "parameter")}");
    }

    private static string Remark(EpochOutcome epoch, EpochOutcome best)
    {
        string remark = epoch == best ? "kept" : "";
        if (!epoch.IsWhole) remark += $"{(remark.Length > 0 ? ", " : "")}cut short after {Figures.Count(epoch.Steps, "step")}";
        return remark;
    }
}
