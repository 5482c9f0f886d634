using TinySD.Tools.Files;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Classification;

internal sealed class ClassifierKind() : ModelKind<ClassifierDescription, Classifier>(ClassifierFile.Format, Facts)
{
    private const int ShownLabels = 20;

    public static FileKind Checkpoints { get; } = new CheckpointKind<ClassifierRecipe, RunSequences>(
        ClassifierCheckpoint.Format, Facts, run => ClassifierFields.Table.Rows(run.Recipe));

    protected override IEnumerable<(string Name, Action<Utf8JsonWriter> Write)> Shown(ClassifierDescription content, TsdFile file)
    {
        yield return Section(file, "classifier");
        if (content.Vocabulary is { } vocabulary) yield return VocabularyFacts.Section(vocabulary);
        yield return Section(file, "training");
    }

    protected override PlanReport Plan(ClassifierDescription content, PlanRequest request)
    {
        ClassifierRecipe recipe = request.Settle(content.Training.Recipe);
        int steps = request.Steps ?? recipe.MaxLength;
        MemoryNeed need = ClassifierTask.MemoryNeedOf(
            recipe, content.Vocabulary?.Count ?? 0, content.Form.Inputs.Length, content.Form.Labels.Length, steps, request.Runner,
            request.Hardware);
        return new(need, recipe.BatchSize, steps, recipe.Optimizer, request.Runner.ThreadCount);
    }

    private static IEnumerable<(string, string)> Facts(ClassifierDescription model)
    {
        (ClassifierForm form, Vocabulary? vocabulary, TextReading? texts, SequenceColumns? table, _) = model;
        TrainingRecord<ClassifierRecipe, SequencesRecord> training = model.Training;
        yield return (form.IsMultiLabel ? "labels, several at once" : "classes", Labels(form.Labels));
        if (vocabulary is not null) yield return ("vocabulary", VocabularyFacts.Text(vocabulary));
        if (texts is { IsLowerCase: true }) yield return ("--lower", "true");
        if (table is not null) yield return ("sequences by", $"{table.Id}, labels by {table.Label}");
        if (!form.Inputs.IsEmpty) yield return ("columns", string.Join(", ", form.Inputs));
        foreach ((string, string) fact in TrainingFacts.Origin(training)) yield return fact;
        SequencesRecord data = training.Data;
        foreach ((string, string) fact in Sets(Text(data.Train), Text(data.Valid), Text(data.Test))) yield return fact;
        foreach ((string, string) fact in TrainingFacts.Results(training, ClassifierFile.Metric)) yield return fact;
        foreach ((string, string) row in ClassifierFields.Table.Rows(training.Recipe)) yield return row;

        static string? Text(SequenceSetRecord? set) => set is null ? null : $"{set.Name}, {Figures.Count(set.Sequences, "sequence")}";
    }

    private static IEnumerable<(string, string)> Facts(RunSequences run)
    {
        yield return ("classes", Labels(run.Labels));
        foreach ((string, string) fact in Sets(Text(run.Train), Text(run.Valid), Text(run.Test))) yield return fact;
        foreach ((string option, string value) in run.Reading ?? new Dictionary<string, string>()) yield return (option, value);

        static string? Text(SequencesFingerprint? set) => set is null ? null : $"{set.Path}, {Figures.Count(set.Sequences, "sequence")}";
    }

    private static IEnumerable<(string, string)> Sets(string? train, string? valid, string? test)
    {
        yield return ("trained on", train!);
        yield return ("validated on", valid!);
        if (test is not null) yield return ("tested on", test);
    }

    private static string Labels(IReadOnlyList<string> labels)
    {
        string more = labels.Count > ShownLabels ? $" and {Figures.Count(labels.Count - ShownLabels)} more" : "";
        return $"{Figures.Count(labels.Count)}: {string.Join(", ", labels.Take(ShownLabels))}{more}";
    }
}
