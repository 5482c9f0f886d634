using TinySD.Tools.Files;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Tagging;

internal sealed class TaggerKind() : ModelKind<TaggerDescription, Tagger>(TaggerFile.Format, Facts)
{
    public static FileKind Checkpoints { get; } = new CheckpointKind<TaggerRecipe, RunSequences>(
        TaggerCheckpoint.Format, data => SequenceFacts.Of(data, "tags", "sentence"), run => TaggerFields.Table.Rows(run.Recipe));

    protected override IEnumerable<(string Name, Action<Utf8JsonWriter> Write)> Shown(TaggerDescription content, TsdFile file)
    {
        yield return Section(file, "tagger");
        yield return VocabularyFacts.Section(content.Words.Words);
        yield return Section(file, "training");
    }

    protected override ComparedRun RunOf(TaggerDescription content) =>
        ComparedRun.Of(content.Training, TaggerTraining.WordsOf(content.Form));

    protected override PlanReport Plan(TaggerDescription content, PlanRequest request)
    {
        TaggerRecipe recipe = request.Settle(content.Training.Recipe);
        int steps = request.Steps ?? recipe.MaxLength;
        MemoryNeed need = TaggerTask.MemoryNeedOf(
            recipe, content.Words.Words.Count, content.Words.Characters.Count, content.Form.Tags.Length, steps, request.Runner,
            request.Hardware);
        return new(need, recipe.BatchSize, steps, recipe.Optimizer, request.Runner.ThreadCount);
    }

    private static IEnumerable<(string, string)> Facts(TaggerDescription model)
    {
        (TaggerForm form, WordForms words, ConllOptions columns, TrainingRecord<TaggerRecipe, SentencesRecord> training) = model;
        yield return ("tags", TaggingSpelling.Shown(form));
        yield return ("vocabulary", VocabularyFacts.Text(words.Words));
        if (training.Recipe.Characters is not null) yield return ("characters", VocabularyFacts.Text(words.Characters));
        foreach ((string, string) row in TaggerDataOptions.Rows(words.Reading)) yield return row;
        yield return ("columns", string.Create(
            CultureInfo.InvariantCulture, $"words in {columns.WordColumn}, tags in {columns.TagColumn}"));
        foreach ((string, string) fact in TrainingFacts.Origin(training)) yield return fact;
        foreach ((string, string) fact in SequenceFacts.Of(training.Data.Sets, "sentence")) yield return fact;
        if (training.Data.Vectors is { } vectors)
            yield return ("began with", $"{vectors.Name}, vectors of {Figures.Count(vectors.Words, "word")}");
        foreach ((string, string) fact in TrainingFacts.Results(training, TaggerTraining.WordsOf(form).Metric)) yield return fact;
        foreach ((string, string) row in TaggerFields.Table.Rows(training.Recipe)) yield return row;
    }
}
