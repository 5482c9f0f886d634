namespace TinySD.Tools.Files;

/// <summary>What <c>inspect</c> says of the sequences that a model was trained on, or a run trains on.</summary>
internal static class SequenceFacts
{
    private const int ShownLabels = 20;

    /// <summary>Of a model's record.</summary>
    /// <param name="data">The record.</param>
    /// <param name="noun">What a sequence is called.</param>
    public static IEnumerable<(string, string)> Of(SequencesRecord data, string noun)
    {
        return Sets(Text(data.Train), Text(data.Valid), Text(data.Test));

        string? Text(SequenceSetRecord? set) => set is null ? null : $"{set.Name}, {Figures.Count(set.Sequences, noun)}";
    }

    /// <summary>Of a checkpoint.</summary>
    /// <param name="run">What it says.</param>
    /// <param name="labels">What labels are called.</param>
    /// <param name="noun">What a sequence is called.</param>
    public static IEnumerable<(string, string)> Of(RunSequences run, string labels, string noun)
    {
        yield return (labels, Labels(run.Labels));
        foreach ((string, string) fact in Sets(Text(run.Train), Text(run.Valid), Text(run.Test))) yield return fact;
        foreach ((string option, string value) in run.Reading ?? new Dictionary<string, string>()) yield return (option, value);

        string? Text(SequencesFingerprint? set) => set is null ? null : $"{set.Path}, {Figures.Count(set.Sequences, noun)}";
    }

    /// <summary>How many labels there are, and the first of them.</summary>
    public static string Labels(IReadOnlyList<string> labels)
    {
        string more = labels.Count > ShownLabels ? $" and {Figures.Count(labels.Count - ShownLabels)} more" : "";
        return $"{Figures.Count(labels.Count)}: {string.Join(", ", labels.Take(ShownLabels))}{more}";
    }

    private static IEnumerable<(string, string)> Sets(string? train, string? valid, string? test)
    {
        yield return ("trained on", train!);
        yield return ("validated on", valid!);
        if (test is not null) yield return ("tested on", test);
    }
}
