namespace TinySD.Tools.Training;

/// <summary>Prints what a training run brought, for a terminal: a table of its epochs and a drawing of them.</summary>
internal static class TrainingReport
{
    private const int FewestToDraw = 3, PlotWidth = 78, PlotHeight = 12;

    public static void Write<TBatch>(CliConsole console, TrainedTask<TBatch> task, TrainingOutcome outcome)
        where TBatch : class
    {
        TaskWords words = task.Words;
        string[] heads = words.TellsPerplexity ? [">train perplexity", ">valid perplexity"] : [$">train {words.Name}"];
        string[] bits = words.BitsOf is { } one ? [$">valid bits/{one}"] : [];
        var table = new Table([">epoch", .. heads, $">valid {words.Name}", .. bits, ">learning rate", ">time", $">{words.Terms}/s", ""]);
        foreach (EpochOutcome epoch in outcome.Epochs)
        {
            table.Row(
            [
                epoch.Epoch.ToString(CultureInfo.InvariantCulture), .. words.Measured(epoch), Figures.Setting(epoch.LearningRate),
                Figures.Duration(epoch.Seconds), Figures.Count(epoch.TermsPerSecond), Remark(epoch, outcome.Best),
            ]);
        }

        console.Write(table);
        if (outcome.Epochs.Count >= FewestToDraw)
        {
            console.Prose.Write(TextPlot.Draw(
                [
                    new('o', "train", [.. outcome.Epochs.Select(e => e.Train.Metric)]),
                    new('+', "valid", [.. outcome.Epochs.Select(e => e.Valid.Metric)]),
                ],
                Math.Min(console.OutputWidth, PlotWidth), PlotHeight, words.Name, "epoch", spread: true));
            console.Prose.WriteLine();
        }

        if (outcome.Test is { } test) console.Prose.WriteLine($"test {words.Name} {words.Text(test.Metric)}{words.Beside(test)}");
        if (task.MeasuredHow is { Length: > 0 } how) console.Prose.WriteLine(how);
        task.WriteText(console);
        string parameters = Figures.Count(outcome.Parameters, "parameter");
        console.Prose.WriteLine($"{task.Output} holds the model of epoch {outcome.Best.Epoch}: {parameters}");
    }

    private static string Remark(EpochOutcome epoch, EpochOutcome best)
    {
        string remark = epoch == best ? "kept" : "";
        if (!epoch.IsWhole) remark += $"{(remark.Length > 0 ? ", " : "")}cut short after {Figures.Count(epoch.Steps, "step")}";
        return remark;
    }
}
