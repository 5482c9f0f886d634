using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Classification;

/// <summary><c>tinysd eval</c> of a classifier: accuracy, F1 of each class and macro, confusion matrix.</summary>
/// <param name="csv">How a table is written.</param>
/// <param name="delta">Thresholds.</param>
internal sealed class ClassifierEval(CsvOptions csv, Option<DeltaThresholds?> delta)
    : ModelVerb<EvalRequest>(ClassifierFile.Kind, "classifiers")
{
    private readonly LabelledDataOptions _options = new(csv);

    public override IEnumerable<Option> Options => [.. _options.All, delta];

    public override int Run(EvalRequest request, ParseResult parsed, CliContext context)
    {
        LoadedClassifier loaded = ClassifierFile.Load(request.Model);
        DeltaThresholds? thresholds = parsed.GetValue(delta);
        bool isForward = loaded.Classifier.Model.Config.Body.Direction == RecurrentDirection.Forward;
        DeltaOption.Check(thresholds ?? default, request.Model, isForward ? null : "reads a sequence from its end too");
        LabelledSequences sequences = _options.Read(loaded, request.Data, parsed, context.Warnings);
        using var pool = new WorkerPool(request.Threads);
        int longest = Math.Clamp(sequences.Longest, 1, loaded.Description.Training.Recipe.MaxLength);
        var evaluator = new ClassifierEvaluator(loaded.Classifier, longest, runner: pool, hardware: request.Hardware);
        ClassificationResult result = ProgressDisplay.Run(context, progress =>
            evaluator.Evaluate(sequences, ProgressDisplay.ShareOf(progress, "evaluation"), context.Stop.Watch()));
        DeltaEvalResult? compared = thresholds is not { } given ? null : ProgressDisplay.Run(context, progress => Compared(
            given, DeltaEvaluator.Compare(
                loaded.Classifier, sequences, longest, given, pool, request.Hardware,
                ProgressDisplay.ShareOf(progress, "delta thresholds"), context.Stop.Watch())));
        ImmutableArray<string> labels = loaded.Classifier.Form.Labels;
        if (!context.Json)
        {
            ClassificationReport.Write(context.Console, request.Data, labels, result);
            compared?.WriteText(context.Console, ["accuracy", "macro F1"], "probabilities", ClassificationReport.Percent);
            return ExitCode.Done;
        }

        CliJson.Write(context.Console.Out, json =>
        {
            json.WriteStartObject();
            ClassificationReport.WriteMembers(json, labels, result);
            new JsonMembers(json).Add(compared, "delta");
            json.WriteEndObject();
        });
        return ExitCode.Done;
    }

    private static DeltaEvalResult Compared(DeltaThresholds thresholds, DeltaComparison<ClassificationResult> found)
    {
        ClassificationResult exact = found.Exact, delta = found.Delta;
        return new(
            thresholds,
            [("accuracy", exact.Accuracy, delta.Accuracy), ("macroF1", exact.MacroF1, delta.MacroF1), ("loss", exact.Loss, delta.Loss)],
            found.Error, found.Products);
    }
}
