using TinySD.Tools.Json;
using TinySD.Tools.Training;

namespace TinySD.Tools.Files;

/// <summary>Models of one task side by side: what differs, and how they did in the course of their training.</summary>
internal sealed class ModelComparison
{
    // Told apart in a drawing of characters; whoever compares more gets some twice.
    private const string Marks = "o+x#%@&=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnpqrstuvwyz";

    private const int PlotWidth = 78, PlotHeight = 16, FewestToDraw = 2;

    private const string Nothing = "-";

    private readonly IReadOnlyList<ComparedModel> _models;
    private readonly string[] _names;
    private readonly TaskWords _words;

    /// <param name="models">At least two.</param>
    /// <exception cref="FailureException">They are of different tasks, or measured by different figures.</exception>
    public ModelComparison(IReadOnlyList<ComparedModel> models)
    {
        _models = models;
        _names = ShortPaths.Of([.. models.Select(model => model.Path)]);
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
    public IReadOnlyList<(string Name, string?[] Values)> Rows { get; }

    private bool HasCurves => _models.Any(model => model.Run.Epochs.Count > 0);

    /// <summary>Prints tables and a drawing.</summary>
    public void Write(CliConsole console)
    {
        var table = new Table(["", .. _names.Select(name => $">{name}")]);
        foreach ((string name, string?[] values) in Rows) table.Row([name, .. values.Select(value => value ?? Nothing)]);
        console.Write(table);
        int most = _models.Max(model => model.Run.Epochs.Count);
        if (most >= FewestToDraw)
        {
            TextPlot.Series[] series =
            [
                .. _models.Select((model, i) => new TextPlot.Series(Marks[i % Marks.Length], _names[i], Padded(model.Run.Epochs, most)))
                    .Where(one => one.Values.Any(double.IsFinite)),
            ];
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
        for (int i = 0; i < _models.Count; i++) WriteModel(json, _models[i], _names[i]);
        json.WriteEndArray();
        json.WriteStartArray("differences");
        foreach ((string name, string?[] values) in Rows)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteStartArray("values");
            foreach (string? value in values) json.WriteStringValue(value);
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
        HtmlPage.Begin(output, $"{_models.Count} {_words.Noun}s side by side");
        output.WriteLine($"<h1>{_models.Count} {_words.Noun}s side by side</h1>");
        if (HasCurves)
        {
            output.WriteLine("<h2>Learning curves</h2>");
            IEnumerable<string> keys = _names.Select((name, i) => $"{HtmlPage.Key(ColorOf(i))}{HtmlPage.Text(name)}");
            output.WriteLine($"<p class=\"small\">validation {_words.Data}, after each epoch: {string.Join(" &ensp; ", keys)}</p>");
            PlotCurve[] curves = [.. _models.Select((model, i) => new PlotCurve(
                _names[i], ColorOf(i), IsThick: true,
                [.. model.Run.Epochs.Select(epoch => new PlotPoint(epoch.Epoch, _words.HeightOf(epoch.Valid)))]))];
            _words.Draw(output, "Learning curves", curves, "epoch", _words.Name, isCounted: true);
        }

        output.WriteLine("<h2>What differs</h2><table><tr><th></th>");
        foreach (string name in _names) output.WriteLine($"<th>{HtmlPage.Text(name)}</th>");
        output.WriteLine("</tr>");
        foreach ((string name, string?[] values) in Rows)
            HtmlPage.Row(output, [HtmlPage.Text(name), .. values.Select(value => HtmlPage.Text(value ?? Nothing))]);
        output.WriteLine("</table>");
        foreach (string remark in Remarks()) output.WriteLine($"<p class=\"small\">{HtmlPage.Text(remark)}</p>");
        output.WriteLine($"<h2>How it was made</h2><p><code>{HtmlPage.Text(command)}</code></p>");
        HtmlPage.End(output);
    });

    private string ColorOf(int model) => PageColors.Of(model, _models.Count);

    private IEnumerable<string> Remarks()
    {
        for (int i = 0; i < _models.Count; i++)
        {
            if (_models[i].Run.Epochs.Count == 0) yield return $"{_names[i]} has no record of its epochs, and so no curve";
        }

        if (_words.IsExpOfLoss && AreOtherwise("vocabulary"))
            yield return $"a {_words.Name} is per token of a model's own vocabulary, and of different ones it cannot be compared";
        else if (AreOtherwise("validated on"))
            yield return "the models were validated on different data: their figures are not of one thing";
        if (HasCurves) yield return "a curve ends with the epoch whose model is in the file; what is equal in all is not shown";
    }

    // Settings and data, in the order of the first model that has them.
    private IEnumerable<(string Name, string?[] Values)> Differences()
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

        foreach (string name in names)
        {
            (string, string?[] Values) row = Row(name, model => ValueOf(model, name));
            if (IsOtherwise(row.Values)) yield return row;
        }
    }

    private static string? ValueOf(ComparedModel model, string name)
    {
        foreach ((string own, string value) in model.Facts)
        {
            if (own == name) return value;
        }

        return null;
    }

    private List<(string Name, string?[] Values)> Results()
    {
        (string Name, string?[] Values)[] sizes =
        [
            Row("parameters", model => Figures.Count(model.Numbers)), Row("numbers are", model => model.Dtypes),
            Row("bytes", model => Figures.Count(model.Bytes)),
            Row("epoch kept", model => model.Run.Kept is { } kept ? Figures.Count(kept.Epoch) : null),
        ];
        (string Name, string?[] Values) test = Row($"test {_words.Name}", model => Shown(model.Run.Test));
        var rows = sizes.Where(row => IsOtherwise(row.Values)).ToList();
        if (HasCurves) rows.Add(Row($"valid {_words.Name}", model => Shown(model.Run.Kept?.Valid)));
        if (HasCurves && _words.BitsOf is { } one && _models.All(model => model.Run.Words.BitsOf == one))
            rows.Add(Row($"valid bits per {one}", model => model.Run.Kept is { } kept ? Figures.Bits(kept.Valid.Loss) : null));
        if (test.Values.Any(value => value is not null)) rows.Add(test);
        return rows;

        string? Shown(Measurement? measured) => measured is { } known ? _words.Text(known.Metric) : null;
    }

    private (string Name, string?[] Values) Row(string name, Func<ComparedModel, string?> value) => (name, [.. _models.Select(value)]);

    // Of what is not known of a model, as of one from elsewhere, nothing is said.
    private bool AreOtherwise(string fact) => _models.Select(model => ValueOf(model, fact)).OfType<string>().Distinct().Count() > 1;

    private static bool IsOtherwise(string?[] values) => Array.Exists(values, value => value != values[0]);

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
