using TinySD.Tools.Json;
using TinySD.Tools.Training;

namespace TinySD.Tools.Files;

/// <summary>Models of one task side by side: what differs, and how they did in the course of their training.</summary>
internal sealed class ModelComparison
{
    // Told apart in a drawing of characters; whoever compares more gets some twice.
    private const string Marks = "o+x#%@&=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnpqrstuvwyz";

    private const int PlotWidth = 78, PlotHeight = 16, FewestToDraw = 2;

    private readonly ComparedModel[] _models;
    private readonly string[] _names;
    private readonly TaskWords _words;

    /// <param name="models">At least two.</param>
    /// <exception cref="FailureException">They are of different tasks, or measured by different figures.</exception>
    public ModelComparison(ComparedModel[] models)
    {
        _models = models;
        _names = ShortPaths.Of(Array.ConvertAll(models, model => model.Path));
        _words = models[0].Run.Words;
        foreach (ComparedModel other in models)
        {
            TaskWords words = other.Run.Words;
            if (words.Noun != _words.Noun)
            {
                throw new FailureException(
                    $"{models[0].Path} is a {_words.Noun}, and {other.Path} is a {words.Noun}; models of one task were expected.");
            }

            if (words.Name != _words.Name)
            {
                throw new FailureException(
                    $"{models[0].Path} is measured by {_words.Name}, and {other.Path} by {words.Name}, which cannot be compared.");
            }
        }

        Rows = [.. Differences(), .. Results()];
    }

    /// <summary>What differs, with a value for each model; null where there is none.</summary>
    public IReadOnlyList<ComparedRow> Rows { get; }

    private bool HasCurves => Array.Exists(_models, model => model.Run.Epochs.Count > 0);

    /// <summary>Prints tables and a drawing.</summary>
    public void Write(CliConsole console)
    {
        var table = new Table(["", .. Array.ConvertAll(_names, name => $">{name}")]);
        foreach (ComparedRow row in Rows) table.Row(row.Cells);
        console.Write(table);
        int most = 0;
        foreach (ComparedModel model in _models) most = Math.Max(most, model.Run.Epochs.Count);
        if (most >= FewestToDraw)
        {
            var series = new List<TextPlot.Series>();
            for (int i = 0; i < _models.Length; i++)
            {
                if (_models[i].Run.Epochs.Count > 0)
                    series.Add(new(Marks[i % Marks.Length], _names[i], Padded(_models[i].Run.Epochs, most)));
            }

            console.Prose.Write(TextPlot.Draw(
                series, Math.Min(console.OutputWidth, PlotWidth), PlotHeight, $"valid {_words.Name}", "epoch", spread: true));
        }

        foreach (string remark in Remarks()) console.Prose.WriteLine(remark);
    }

    /// <summary>Prints the same as JSON, with all figures of the epochs.</summary>
    public void WriteJson(TextWriter output) => CliJson.Write(output, json =>
    {
        json.WriteStartObject();
        json.WriteString("metric", _words.Name);
        json.WriteStartArray("models");
        for (int i = 0; i < _models.Length; i++) WriteModel(json, _models[i], _names[i]);
        json.WriteEndArray();
        json.WriteStartArray("differences");
        foreach (ComparedRow row in Rows)
        {
            json.WriteStartObject();
            json.WriteString("name", row.Name);
            json.WriteStartArray("values");
            foreach (string? value in row.Values) json.WriteStringValue(value);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>Writes the page.</summary>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    public void Save(string path, string command) => HtmlPage.Save(path, output =>
    {
        string title = $"{_models.Length} {_words.Noun}s side by side";
        HtmlPage.Begin(output, title);
        output.WriteLine($"<h1>{title}</h1>");
        if (HasCurves)
        {
            var curves = new List<PlotCurve>();
            output.WriteLine("<h2>Learning curves</h2>");
            output.Write($"<p class=\"small\">validation {_words.Data}, after each epoch:");
            for (int i = 0; i < _models.Length; i++)
            {
                string color = PageColors.Of(i, _models.Length);
                output.Write($" &ensp; {HtmlPage.Key(color, _names[i])}");
                curves.Add(new(
                    _names[i], color, IsThick: true,
                    [.. _models[i].Run.Epochs.Select(epoch => new PlotPoint(epoch.Epoch, _words.HeightOf(epoch.Valid)))]));
            }

            output.WriteLine("</p>");
            _words.Draw(output, "Learning curves", curves, "epoch", _words.Name, isCounted: true);
        }

        output.WriteLine("<h2>What differs</h2><table><tr><th></th>");
        foreach (string name in _names) output.WriteLine($"<th>{HtmlPage.Text(name)}</th>");
        output.WriteLine("</tr>");
        foreach (ComparedRow row in Rows) HtmlPage.Row(output, Array.ConvertAll(row.Cells, HtmlPage.Text));
        output.WriteLine("</table>");
        foreach (string remark in Remarks()) output.WriteLine($"<p class=\"small\">{HtmlPage.Text(remark)}</p>");
        output.WriteLine($"<h2>How it was made</h2><p><code>{HtmlPage.Text(command)}</code></p>");
        HtmlPage.End(output);
    });

    private List<string> Remarks()
    {
        var remarks = new List<string>();
        for (int i = 0; i < _models.Length; i++)
        {
            if (_models[i].Run.Epochs.Count == 0) remarks.Add($"{_names[i]} has no record of its epochs, and so no curve");
        }

        if (_words.IsExpOfLoss && AreOtherwise("vocabulary"))
            remarks.Add($"a {_words.Name} is per token of a model's own vocabulary, and of different ones it cannot be compared");
        else if (AreOtherwise("validated on"))
            remarks.Add("the models were validated on different data: their figures are not of one thing");
        if (HasCurves) remarks.Add("a curve ends with the epoch whose model is in the file; what is equal in all is not shown");
        return remarks;
    }

    // Settings and data that differ, in the order of the first model that has them.
    private List<ComparedRow> Differences()
    {
        var names = new List<string>();
        foreach (ComparedModel model in _models)
        {
            int at = 0;
            foreach ((string name, string _) in model.Facts)
            {
                int found = names.IndexOf(name);
                if (found < 0) names.Insert(found = at, name);
                at = found + 1;
            }
        }

        List<ComparedRow> rows = names.ConvertAll(name => RowOf(name, model => model.ValueOf(name)));
        rows.RemoveAll(row => !row.IsOtherwise);
        return rows;
    }

    private List<ComparedRow> Results()
    {
        List<ComparedRow> rows =
        [
            RowOf("parameters", model => Figures.Count(model.Numbers)), RowOf("numbers are", model => model.Dtypes),
            RowOf("bytes", model => Figures.Count(model.Bytes)),
            RowOf("epoch kept", model => model.Run.Kept is { } kept ? Figures.Count(kept.Epoch) : null),
        ];
        rows.RemoveAll(row => !row.IsOtherwise);
        if (HasCurves) rows.Add(RowOf($"valid {_words.Name}", model => Shown(model.Run.Kept?.Valid)));
        if (HasCurves && _words.BitsOf is { } one && Array.TrueForAll(_models, model => model.Run.Words.BitsOf == one))
            rows.Add(RowOf($"valid bits per {one}", model => model.Run.Kept is { } kept ? Figures.Bits(kept.Valid.Loss) : null));
        if (Array.Exists(_models, model => model.Run.Test is not null))
            rows.Add(RowOf($"test {_words.Name}", model => Shown(model.Run.Test)));
        return rows;

        string? Shown(Measurement? measured) => measured is { } known ? _words.Text(known.Metric) : null;
    }

    private ComparedRow RowOf(string name, Converter<ComparedModel, string?> value) => new(name, Array.ConvertAll(_models, value));

    // Of what is not known of a model, as of one from elsewhere, nothing is said.
    private bool AreOtherwise(string fact)
    {
        string? known = null;
        foreach (ComparedModel model in _models)
        {
            string? value = model.ValueOf(fact);
            if (known is not null && value is not null && value != known) return true;
            known ??= value;
        }

        return false;
    }

    private static double[] Padded(IReadOnlyList<EpochOutcome> epochs, int count)
    {
        double[] values = new double[count];
        for (int i = 0; i < count; i++) values[i] = i < epochs.Count ? epochs[i].Valid.Metric : double.NaN;
        return values;
    }

    private static void WriteModel(Utf8JsonWriter json, ComparedModel model, string name) => new JsonMembers(json).Write(members =>
    {
        members.Add(name, "name").Add(model.Path, "model").Add(model.Numbers, "parameters").Add(model.Bytes, "bytes")
            .Add(model.Run.Kept?.Epoch, "bestEpoch").Add(model.Run.Kept?.Valid.Metric, "valid").Add(model.Run.Kept?.Valid.Loss, "validLoss")
            .Add(model.Run.Test?.Metric, "test").Add(model.Run.Test?.Loss, "testLoss");
        json.WriteStartArray("epochs");
        foreach (EpochOutcome epoch in model.Run.Epochs)
        {
            members.Write(figures => figures
                .Add(epoch.Epoch, "epoch").Add(epoch.Train.Metric, "train").Add(epoch.Valid.Metric, "valid")
                .Add(epoch.Train.Loss, "trainLoss").Add(epoch.Valid.Loss, "validLoss").Add(epoch.LearningRate, "learningRate"));
        }

        json.WriteEndArray();
    });
}
