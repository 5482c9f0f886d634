namespace TinySD.Tools.Tasks.Classification;

/// <summary>The labels that are said of a sequence, and how.</summary>
/// <param name="form">The labels.</param>
/// <param name="top">How many of the likeliest are said, each by itself; null for the usual ones.</param>
/// <param name="threshold">The probability above which a label is one, where a sequence has several.</param>
internal sealed class SaidLabels(ClassifierForm form, int? top, float threshold)
{
    /// <summary>A line for people and programs.</summary>
    public string Line(ReadOnlySpan<double> probabilities)
    {
        int[] said = Said(probabilities);
        double[] all = probabilities.ToArray();
        return form.IsMultiLabel && top is null
            ? $"{string.Join(',', Array.ConvertAll(said, label => form.Labels[label]))}\t" +
                $"{string.Join(',', Array.ConvertAll(said, label => Text(all[label])))}"
            : string.Join('\t', Array.ConvertAll(said, label => $"{form.Labels[label]}\t{Text(all[label])}"));
    }

    /// <summary>An object, with the probabilities of all labels.</summary>
    public void Write(Utf8JsonWriter json, ReadOnlySpan<double> probabilities)
    {
        int[] said = Said(probabilities);
        json.WriteStartObject();
        if (form.IsMultiLabel || top is not null)
        {
            json.WriteStartArray("labels");
            foreach (int label in said) json.WriteStringValue(form.Labels[label]);
            json.WriteEndArray();
        }
        else
        {
            json.WriteString("label", form.Labels[said[0]]);
            json.WriteNumber("probability", probabilities[said[0]]);
        }

        json.WriteStartObject("probabilities");
        for (int label = 0; label < probabilities.Length; label++) json.WriteNumber(form.Labels[label], probabilities[label]);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // The first of equals, as in evaluations.
    private int[] Said(ReadOnlySpan<double> probabilities)
    {
        double[] all = probabilities.ToArray();
        if (form.IsMultiLabel && top is null) return [.. Enumerable.Range(0, all.Length).Where(label => all[label] > threshold)];
        return [.. Enumerable.Range(0, all.Length).OrderByDescending(label => all[label]).Take(top ?? 1)];
    }

    private static string Text(double probability) => probability.ToString("F6", CultureInfo.InvariantCulture);
}
