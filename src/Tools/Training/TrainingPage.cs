using TinySD.Tools.Machines;

namespace TinySD.Tools.Training;

/// <summary>A training run of any task as a page that needs nothing beside itself.</summary>
internal static class TrainingPage
{
    /// <summary>Writes it.</summary>
    public static void Save<TBatch>(
        string path, TrainedTask<TBatch> task, IEnumerable<(string Option, string Value)> rows, TrainingOutcome outcome, string command,
        Surroundings machine)
        where TBatch : class => HtmlPage.Save(path, output => Write(output, task, rows, outcome, command, machine));

    private static void Write<TBatch>(
        TextWriter output, TrainedTask<TBatch> task, IEnumerable<(string Option, string Value)> rows, TrainingOutcome outcome,
        string command, Surroundings machine)
        where TBatch : class
    {
        TaskWords words = task.Words;
        string test = outcome.Test is { } tested ? $", test {words.Name} {words.Text(tested.Metric)}" : "";
        string how = task.MeasuredHow is { Length: > 0 } told ? $"; {told}" : "";
        HtmlPage.Begin(output, $"training of a {words.Noun}");
        output.WriteLine($"<h1>A {words.Noun} with validation {words.Name} {words.Text(outcome.Best.Valid.Metric)}{test}</h1>");
        output.WriteLine(
            $"<p>{(words.BitsOf is null ? "" : $"{words.Bits(outcome.Best.Valid.Loss)} of validation text; ")}" +
            $"{Figures.Count(outcome.Parameters, "parameter")}, the model of epoch {outcome.Best.Epoch}; " +
            $"{Figures.Count(outcome.Epochs.Count, "epoch")} in {Figures.Duration(outcome.Seconds)}</p>");
        foreach (string finding in task.Findings) output.WriteLine($"<p>{HtmlPage.Text(finding)}</p>");
        output.WriteLine("<h2>Learning curves</h2>");
        output.WriteLine(
            $"<p class=\"small\">{HtmlPage.Key(PageColors.Training, $"training {words.Data}")}, as it was while training &ensp; " +
            $"{HtmlPage.Key(PageColors.Validation, $"validation {words.Data}")}, after each epoch{how}</p>");
        PlotCurve[] curves =
        [
            Curve("training", PageColors.Training, epoch => epoch.Train),
            Curve("validation", PageColors.Validation, epoch => epoch.Valid),
        ];
        PlotCurve[] losses =
        [
            new("training, within epochs", PageColors.Training, IsThick: false, WithinEpochs(outcome)),
            Loss("training", PageColors.Training, epoch => epoch.Train), Loss("validation", PageColors.Validation, epoch => epoch.Valid),
        ];
        words.Draw(output, "Learning curves", words.IsExpOfLoss ? [losses[0], .. curves] : curves, "epoch", words.Name, isCounted: true);
        if (words.TellsPerplexity)
            CurvePlot.Write(output, "Perplexities", losses, "epoch", "perplexity", isCounted: true, Figures.Perplexity, isLog: true);
        else if (!words.IsExpOfLoss)
            CurvePlot.Write(output, "Losses", losses, "epoch", "loss", isCounted: true, loss => Figures.Fixed(loss, 3), isLog: false);
        int every = outcome.Curve.Every;
        string points = every == 1 ? "a point for each update" : $"the mean of every {Figures.Count(every, "update")}";
        output.WriteLine($"<p class=\"small\">The thin line is training within epochs, {points}.</p>");

        string bits = words.BitsOf is { } one ? $"<th>validation bits per {one}</th>" : "";
        string heads = words.TellsPerplexity
            ? $"<th>training perplexity</th><th>validation perplexity</th><th>validation {words.Name}</th>"
            : $"<th>training {words.Name}</th><th>validation {words.Name}</th>{bits}";
        output.WriteLine(
            $"<h2>Epochs</h2><table><tr><th>epoch</th>{heads}<th>learning rate</th><th>steps</th><th>time</th>" +
            $"<th>{words.Terms}/s</th></tr>");
        foreach (EpochOutcome epoch in outcome.Epochs)
        {
            HtmlPage.Row(
                output,
                [
                    Figures.Count(epoch.Epoch), .. words.Measured(epoch), Figures.Setting(epoch.LearningRate), Figures.Count(epoch.Steps),
                    Figures.Duration(epoch.Seconds), Figures.Count(epoch.TermsPerSecond),
                ]);
        }

        output.WriteLine($"</table><h2>How it was made</h2><p><code>{HtmlPage.Text(command)}</code></p>");
        HtmlPage.Table(output, [.. task.Facts, .. machine.Rows()]);
        output.WriteLine("<h2>The recipe</h2>");
        HtmlPage.Table(output, rows);
        HtmlPage.End(output);

        PlotCurve Loss(string name, string color, Func<EpochOutcome, Measurement> measured) =>
            new(name, color, IsThick: true, [.. outcome.Epochs.Select(epoch => new PlotPoint(epoch.Epoch, measured(epoch).Loss))]);

        PlotCurve Curve(string name, string color, Func<EpochOutcome, Measurement> measured) =>
            new(
                name, color, IsThick: true,
                [.. outcome.Epochs.Select(epoch => new PlotPoint(epoch.Epoch, words.HeightOf(measured(epoch))))]);
    }

    // Where the updates of the curve lie among the epochs; those of one that was cut short fill it.
    private static List<PlotPoint> WithinEpochs(TrainingOutcome outcome)
    {
        var points = new List<PlotPoint>();
        int epoch = 0;
        long before = 0;
        for (int point = 0; point < outcome.Curve.Count; point++)
        {
            long updates = outcome.Curve.UpdatesAt(point);
            while (epoch < outcome.Epochs.Count - 1 && updates > before + outcome.Epochs[epoch].Steps)
                before += outcome.Epochs[epoch++].Steps;
            points.Add(new(epoch + ((double)(updates - before) / outcome.Epochs[epoch].Steps), outcome.Curve.LossOf(point)));
        }

        return points;
    }
}
