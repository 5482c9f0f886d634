using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Classification;

/// <summary>A classifier in training: its data, its words, its file. The memory is planned and taken at once.</summary>
/// <param name="recipe">What decides the run.</param>
/// <param name="data">Its data.</param>
/// <param name="setup">Where it writes, and what it computes with.</param>
/// <param name="start">The model to begin with, or null.</param>
/// <exception cref="UsageException">The sizes are beyond what one block of memory can hold.</exception>
internal sealed class ClassifierTraining(ClassifierRecipe recipe, ClassifierData data, RunSetup setup, SequenceModel? start = null)
    : TrainedTask<SequenceBatch>
{
    private static readonly string[] s_uses = ["train on", "validate on", "test on"];

    private readonly ClassifierTask _task = Sizes.Checked(() => new ClassifierTask(
        recipe, data.Form, data.Vocabulary?.Count ?? 0, data.Train.Sequences, data.Valid.Sequences, setup.Runner, setup.Hardware,
        start: start));

    private ClassificationResult? _valid, _test;

    /// <summary>How classifiers are told about.</summary>
    public static TaskWords Told { get; } = new(
        "classifier", "classification", "data", "sequences", ClassifierFile.Metric, "Accuracies", ClassificationReport.Percent)
    { Unit = "points", UnitsInOne = 100 };

    public override TrainingTask<SequenceBatch> Task => _task;

    public override TaskWords Words => Told;

    public override string Output => setup.Output;

    public override IEnumerable<(string Name, string Value)> Facts => FactsOf(data);

    /// <summary>Data, for a report.</summary>
    public static IEnumerable<(string Name, string Value)> FactsOf(ClassifierData data)
    {
        foreach ((string role, ClassifierPart part) in TaskWords.Roles.Zip(data.Parts))
            yield return (role, $"{Path.GetFileName(part.Path)}, {Figures.Count(part.Sequences.Count, data.Noun)}");
        yield return ("classes", Figures.Count(data.Form.Labels.Length));
        if (data.Vocabulary is { } vocabulary) yield return ("vocabulary", Figures.Count(vocabulary.Count));
        else yield return ("columns", string.Join(", ", data.Form.Inputs));
    }

    public override IEnumerable<string> Notes(TrainingRun<SequenceBatch> run, int threads)
    {
        string of = data.Vocabulary is { } vocabulary
            ? $"vocabulary {Figures.Count(vocabulary.Count)}"
            : Figures.Count(data.Form.Inputs.Length, "column");
        yield return
            $"{Figures.Count(data.Form.Labels.Length)} {(data.Form.IsMultiLabel ? "labels" : "classes")}{data.LabelsFound}: " +
            $"{Counts(data.Train.Sequences)}; {of}; {Figures.Count(_task.Classifier.Model.Layout.ParameterCount, "parameter")}; " +
            $"{Figures.Count(run.BatchCount, "step")} an epoch; threads: {threads}";
        foreach ((string use, ClassifierPart part) in Uses())
        {
            string unknown = part.Tokens is { Total: > 0 } tokens
                ? $", {Figures.Count(tokens.Total, data.Step)}, {Figures.Fixed(100.0 * tokens.Unknown / tokens.Total, 1)} % of them " +
                    Vocabulary.Unknown
                : "";
            int empty = Enumerable.Range(0, part.Sequences.Count).Count(i => part.Sequences.LengthOf(i) == 0);
            string without = empty > 0 ? $"; {Figures.Count(empty)} without any" : "";
            yield return $"{part.Path}: {Figures.Count(part.Sequences.Count, data.Noun)} to {use}{unknown}{without}";
        }
    }

    public override void Save(ParameterBlock parameters, IReadOnlyList<EpochOutcome> epochs)
    {
        var classifier = new Classifier(_task.ModelOf(parameters), _task.Classifier.Form);
        var record = new TrainingRecord<ClassifierRecipe, SequencesRecord>
        {
            Recipe = recipe,
            Data = new() { Train = data.Train.ToRecord(), Valid = data.Valid.ToRecord() },
            Epochs = epochs,
        };
        ClassifierFile.Save(Output, classifier, new(classifier.Form, data.Vocabulary, data.Texts, data.Table, record), setup.Dtype);
    }

    public override Measurement? Test(IProgressDisplay progress, CancellationToken stop)
    {
        LoadedClassifier best = ClassifierFile.Load(Output);
        _valid = Measure(data.Valid, "measuring");
        if (data.Test is not { } test) return null;
        _test = Measure(test, "testing");
        var measured = new Measurement(_test.Loss, _test.Accuracy);
        TrainingRecord<ClassifierRecipe, SequencesRecord> record = best.Description.Training;
        record = record with { Data = record.Data with { Test = test.ToRecord() }, Test = measured };
        ClassifierFile.Save(Output, best.Classifier, best.Description with { Training = record }, setup.Dtype);
        return measured;

        ClassificationResult Measure(ClassifierPart part, string label)
        {
            int longest = Math.Clamp(part.Sequences.Longest, 1, recipe.MaxLength);
            var evaluator = new ClassifierEvaluator(best.Classifier, longest, recipe.BatchSize, setup.Runner, setup.Hardware);
            return evaluator.Evaluate(part.Sequences, ProgressDisplay.ShareOf(progress, label), stop);
        }
    }

    public override void WriteResult(Utf8JsonWriter json)
    {
        foreach ((string name, ClassificationResult? result) in new[] { ("validResult", _valid), ("testResult", _test) })
        {
            if (result is null) continue;
            json.WriteStartObject(name);
            ClassificationReport.WriteMembers(json, data.Form.Labels, result);
            json.WriteEndObject();
        }
    }

    public override void WriteText(CliConsole console)
    {
        if (_valid is not null) ClassificationReport.Write(console, "validation", data.Form.Labels, _valid);
        if (_test is not null) ClassificationReport.Write(console, "test", data.Form.Labels, _test);
    }

    private IEnumerable<(string Use, ClassifierPart Part)> Uses() => s_uses.Zip(data.Parts);

    private string Counts(LabelledSequences sequences)
    {
        const int shown = 10;
        long[] counts = sequences.CountLabels(data.Form.Labels.Length);
        string first = string.Join(", ", data.Form.Labels.Zip(counts, (label, count) => $"{label} {Figures.Count(count)}").Take(shown));
        return counts.Length > shown ? $"{first} and {counts.Length - shown} more" : first;
    }
}
