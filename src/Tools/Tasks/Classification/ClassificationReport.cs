using TinySD.Tools.Json;

namespace TinySD.Tools.Tasks.Classification;

/// <summary>What an evaluation of a classifier measured, as text and as JSON.</summary>
internal static class ClassificationReport
{
    // A confusion matrix of more classes is no table that anybody reads.
    private const int MostShown = 20;

    /// <summary>A share of sequences, as people read it.</summary>
    public static string Percent(double share) => $"{Figures.Fixed(100 * share, 2)} %";

    /// <summary>Writes it for people.</summary>
    /// <param name="console">Where it goes.</param>
    /// <param name="what">What was measured, as <c>test.txt</c>.</param>
    /// <param name="labels">The labels in their order.</param>
    /// <param name="result">What was measured.</param>
    public static void Write(CliConsole console, string what, IReadOnlyList<string> labels, ClassificationResult result)
    {
        int majority = Majority(result);
        bool isMultiLabel = result.Confusion.Count == 0;
        string baseline = isMultiLabel
            ? "a sequence counts where all its labels are right"
            : $"{Percent(result.MajorityAccuracy)} by always saying '{labels[majority]}'";
        console.Prose.WriteLine(
            $"{what}: accuracy {Percent(result.Accuracy)} of {Figures.Count(result.Count)} ({baseline}); " +
            $"macro F1 {Percent(result.MacroF1)}");
        var table = new Table("class", ">count", ">predicted", ">precision", ">recall", ">F1");
        for (int label = 0; label < labels.Count; label++)
        {
            LabelFigures own = result.PerLabel[label];
            table.Row(
                labels[label], Figures.Count(own.Count), Figures.Count(own.Predicted), Percent(own.Precision), Percent(own.Recall),
                Percent(own.F1));
        }

        console.Write(table);
        if (isMultiLabel || labels.Count > MostShown) return;
        console.Prose.WriteLine("confusion, a row for each true class, a column for each predicted one:");
        var confusion = new Table(["true", .. labels.Select(label => $">{label}")]);
        for (int row = 0; row < labels.Count; row++)
            confusion.Row([labels[row], .. Row(result, labels.Count, row).Select(count => Figures.Count(count))]);
        console.Write(confusion);
    }

    /// <summary>Writes it as members of an object.</summary>
    public static void WriteMembers(Utf8JsonWriter json, IReadOnlyList<string> labels, ClassificationResult result)
    {
        json.WriteNumber("accuracy", result.Accuracy);
        json.WriteNumber("macroF1", result.MacroF1);
        json.WriteNumber("count", result.Count);
        json.WritePropertyName("loss");
        FiniteNumber.Write(json, result.Loss);
        json.WriteStartObject("perClass");
        for (int label = 0; label < labels.Count; label++)
        {
            LabelFigures own = result.PerLabel[label];
            json.WriteStartObject(labels[label]);
            json.WriteNumber("precision", own.Precision);
            json.WriteNumber("recall", own.Recall);
            json.WriteNumber("f1", own.F1);
            json.WriteNumber("count", own.Count);
            json.WriteNumber("predicted", own.Predicted);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        if (result.Confusion.Count == 0) return;
        json.WriteStartObject("majority");
        json.WriteString("label", labels[Majority(result)]);
        json.WriteNumber("accuracy", result.MajorityAccuracy);
        json.WriteEndObject();
        json.WriteStartArray("labels");
        foreach (string label in labels) json.WriteStringValue(label);
        json.WriteEndArray();
        json.WriteStartArray("confusion");
        for (int row = 0; row < labels.Count; row++)
        {
            json.WriteStartArray();
            foreach (long count in Row(result, labels.Count, row)) json.WriteNumberValue(count);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static int Majority(ClassificationResult result)
    {
        int majority = 0;
        for (int label = 1; label < result.PerLabel.Count; label++)
        {
            if (result.PerLabel[label].Count > result.PerLabel[majority].Count) majority = label;
        }

        return majority;
    }

    private static IEnumerable<long> Row(ClassificationResult result, int labels, int row) =>
        Enumerable.Range(0, labels).Select(column => result.Confusion[(row * labels) + column]);
}
