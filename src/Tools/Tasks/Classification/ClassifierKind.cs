using TinySD.Tools.Files;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Classification;

internal sealed class ClassifierKind() : ModelKind<ClassifierDescription, Classifier>(ClassifierFile.Format, Facts)
{
    public static FileKind Checkpoints { get; } = new CheckpointKind<ClassifierRecipe, RunSequences>(
        ClassifierCheckpoint.Format, data => SequenceFacts.Of(data, "classes", "sequence"), run => ClassifierFields.Table.Rows(run.Recipe));

    protected override IEnumerable<(string Name, Action<Utf8JsonWriter> Write)> Shown(ClassifierDescription content, TsdFile file)
    {
        yield return Section(file, "classifier");
        if (content.Vocabulary is { } vocabulary) yield return VocabularyFacts.Section(vocabulary);
        yield return Section(file, "training");
    }

    protected override IReadOnlyList<double> SharesOf(ClassifierDescription content) =>
        TrainingFacts.SharesOf(content.Training.Recipe.Dropout);

    protected override ComparedRun RunOf(ClassifierDescription content) => ComparedRun.Of(content.Training, ClassifierTraining.Told);

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
        yield return (form.IsMultiLabel ? "labels, several at once" : "classes", SequenceFacts.Labels(form.Labels));
        if (vocabulary is not null) yield return ("vocabulary", VocabularyFacts.Text(vocabulary));
        if (texts is { IsLowerCase: true }) yield return ("--lower", "true");
        if (table is not null) yield return ("sequences by", $"{table.Id}, labels by {table.Label}");
        if (!form.Inputs.IsEmpty) yield return ("columns", string.Join(", ", form.Inputs));
        foreach ((string, string) fact in TrainingFacts.Origin(training)) yield return fact;
        foreach ((string, string) fact in SequenceFacts.Of(training.Data, "sequence")) yield return fact;
        foreach ((string, string) fact in TrainingFacts.Results(training, ClassifierFile.Metric)) yield return fact;
        foreach ((string, string) row in ClassifierFields.Table.Rows(training.Recipe)) yield return row;
    }
}
