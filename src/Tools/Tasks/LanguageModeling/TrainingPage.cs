using TinySD.Tools.Machines;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>A training run as a page that needs nothing beside itself.</summary>
internal static class TrainingPage
{
    private const string TrainColor = "#2f6fb3", ValidColor = "#1d7a46";

    /// <summary>Writes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="data">The texts.</param>
    /// <param name="recipe">What decided the run.</param>
    /// <param name="rows">Its options and their values.</param>
    /// <param name="streams">How its texts were measured.</param>
    /// <param name="outcome">What the run brought.</param>
    /// <param name="command">The command line.</param>
    /// <param name="machine">Where it ran.</param>
    public static void Save(
        string path, LanguageModelData data, LanguageModelRecipe recipe, IEnumerable<(string Option, string Value)> rows,
        EvaluationStreams streams, TrainingOutcome outcome, string command, Surroundings machine) =>
        HtmlPage.Save(path, output => Write(output, data, recipe, rows, streams, outcome, command, machine));

    private static void Write(
        TextWriter output, LanguageModelData data, LanguageModelRecipe recipe, IEnumerable<(string Option, string Value)> rows,
        EvaluationStreams streams, TrainingOutcome outcome, string command, Surroundings machine)
    {
        string test = outcome.Test?.Metric is { } perplexity ? $", test perplexity {Figures.Perplexity(perplexity)}" : "";
        HtmlPage.Begin(output, "training of a language model");
        output.WriteLine($"<h1>A language model with validation perplexity {Figures.Perplexity(outcome.Best.Valid.Metric)}{test}</h1>");
        output.WriteLine(
            $"<p>{Figures.Count(outcome.Parameters, "parameter")}, the model of epoch {outcome.Best.Epoch}; {Figures.Count(outcome.Epochs.Count, "epoch")} in {Figures.Duration(outcome.Seconds)}</p>");
        output.WriteLine(
            $"""
            <h2>Learning curves</h2>
            <p class="small"><span class="key" style="background:{TrainColor}"></span>training text, as it was while training &ensp; <span class="key" style="background:{ValidColor}"></span>validation text, after each epoch; {streams.Told(outcome.Test is not null)}</p>
            """);
        CurvePlot.Write(
            output, "Learning curves", [Curve("training", TrainColor, epoch => epoch.Train.Loss), Curve("validation", ValidColor, epoch => epoch.Valid.Loss)],
            "epoch", "perplexity", isCounted: true);
        output.WriteLine("<h2>Epochs</h2><table><tr><th>epoch</th><th>training</th><th>validation</th><th>learning rate</th><th>steps</th><th>time</th><th>tokens/s</th></tr>");
        foreach (EpochOutcome epoch in outcome.Epochs)
        {
            HtmlPage.Row(
                output, Figures.Count(epoch.Epoch), Figures.Perplexity(epoch.Train.Metric), Figures.Perplexity(epoch.Valid.Metric),
                Figures.Setting(epoch.LearningRate), Figures.Count(epoch.Steps), Figures.Duration(epoch.Seconds), Figures.Count(epoch.TermsPerSecond));
        }

        output.WriteLine($"</table><h2>How it was made</h2><p><code>{HtmlPage.Text(command)}</code></p>");
        EncodedText[] texts = [.. new[] { data.Train, data.Valid, data.Test }.OfType<EncodedText>()];
        HtmlPage.Table(
            output,
            [
                .. texts.Select(text => (Path.GetFileName(text.Name), $"{Figures.Count(text.Tokens.Length, "token")}")),
                ("left out of each epoch", Figures.Count(data.LeftOutOf(recipe).Tokens, "token")),
                ("vocabulary", Figures.Count(data.Vocabulary.Count)), .. machine.Rows(),
            ]);
        output.WriteLine("<h2>The recipe</h2>");
        HtmlPage.Table(output, rows);
        HtmlPage.End(output);

        PlotCurve Curve(string name, string color, Func<EpochOutcome, double> loss) =>
            new(name, color, IsThick: true, [.. outcome.Epochs.Select(epoch => ((double)epoch.Epoch, loss(epoch)))]);
    }
}
