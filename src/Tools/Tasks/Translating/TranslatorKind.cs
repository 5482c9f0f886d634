using TinySD.Tools.Files;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Translating;

internal sealed class TranslatorKind() : ModelKind<TranslatorDescription, Translator>(TranslatorFile.Format, Facts)
{
    public static FileKind Checkpoints { get; } = new CheckpointKind<TranslatorRecipe, RunPairs>(
        TranslatorCheckpoint.Format, Facts, run => TranslatorFields.Table.Rows(run.Recipe));

    protected override ComparedRun RunOf(TranslatorDescription content) => ComparedRun.Of(content.Training, TranslatorTraining.Told);

    protected override PlanReport Plan(TranslatorDescription content, PlanRequest request)
    {
        TranslatorRecipe recipe = request.Settle(content.Training.Recipe);
        int steps = request.Steps ?? recipe.MaxLength;
        MemoryNeed need = TranslatorTask.MemoryNeedOf(
            recipe, content.Units.Source.Vocabulary.Count, content.Units.Target.Vocabulary.Count, (steps, steps), request.Runner,
            request.Hardware);
        return new(need, recipe.BatchSize, steps, recipe.Optimizer, request.Runner.ThreadCount);
    }

    private static IEnumerable<(string, string)> Facts(TranslatorDescription model)
    {
        (TranslationUnits units, TrainingRecord<TranslatorRecipe, PairsRecord> training) = model;
        yield return ("units", TranslatorData.InWords(units));
        yield return ("source", VocabularyFacts.Text(units.Source.Vocabulary));
        if (!units.IsShared) yield return ("target", VocabularyFacts.Text(units.Target.Vocabulary));
        yield return ("--lower", Spelling.Switch.NameOf(units.Source.IsLowerCase));
        foreach ((string, string) fact in TrainingFacts.Origin(training)) yield return fact;
        (PairSetRecord train, PairSetRecord valid, PairSetRecord? test) = (training.Data.Train, training.Data.Valid, training.Data.Test);
        yield return ("trained on", Text(train.Source, train.Target, train.Pairs));
        yield return ("validated on", Text(valid.Source, valid.Target, valid.Pairs));
        if (test is not null) yield return ("tested on", Text(test.Source, test.Target, test.Pairs));
        foreach ((string, string) fact in TrainingFacts.Results(training, TranslatorTask.MetricFor(training.Recipe))) yield return fact;
        foreach ((string, string) row in TranslatorFields.Table.Rows(training.Recipe)) yield return row;
    }

    private static IEnumerable<(string, string)> Facts(RunPairs run)
    {
        yield return ("source units", Figures.Count(run.SourceVocabulary.Count));
        yield return ("target units", Figures.Count(run.TargetVocabulary.Count));
        yield return ("trained on", Text(run.Train.Source, run.Train.Target, run.Train.Pairs));
        yield return ("validated on", Text(run.Valid.Source, run.Valid.Target, run.Valid.Pairs));
        if (run.Test is { } test) yield return ("tested on", Text(test.Source, test.Target, test.Pairs));
        foreach ((string option, string value) in run.Reading ?? new Dictionary<string, string>()) yield return (option, value);
    }

    private static string Text(string source, string target, long pairs) => $"{source}, {target}, {Figures.Count(pairs, "pair")}";
}
