using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Classification;

/// <summary><c>tinysd eval</c> of a classifier: accuracy, F1 of each class and macro, confusion matrix.</summary>
/// <param name="share">How much of it.</param>
/// <param name="csv">How a table is written.</param>
/// <param name="delta">Thresholds.</param>
internal sealed class ClassifierEval(ShareOption share, CsvOptions csv, Option<DeltaThresholds?> delta)
    : EvalVerb<LoadedClassifier, ClassifierEval.Measured>(ClassifierFile.Kind, "classifiers")
{
    private readonly LabelledDataOptions _options = new(csv);

    public override IEnumerable<Option> Options => [share.Option, .. _options.All, delta];

    public override IEnumerable<Option> Comparing => _options.All;

    protected override LoadedClassifier Load(string path) => ClassifierFile.Load(path);

    protected override LoadedClassifier Settle(LoadedClassifier loaded, string path, ParseResult parsed, Warnings warnings)
    {
        (float of, int multiple) = share.Read(parsed, loaded.Description.Training.Recipe, path, warnings);
        return loaded with { Classifier = loaded.Classifier.AtShare(of, multiple) };
    }

    protected override Measuring Prepare(
        LoadedClassifier loaded, EvalRequest request, IParallelRunner runner, ParseResult parsed, CliContext context)
    {
        DeltaThresholds? thresholds = parsed.GetValue(delta);
        bool isForward = loaded.Classifier.Model.Config.Body.Direction == RecurrentDirection.Forward;
        DeltaOption.Check(
            thresholds ?? default, request.Model, loaded.Classifier.Model.Layout.Weights,
            isForward ? null : "reads a sequence from its end too");
        LabelledSequences sequences = _options.Read(loaded, request.Data, parsed, context.Warnings);
        int longest = Math.Clamp(sequences.Longest, 1, loaded.Description.Training.Recipe.MaxLength);
        return new(model =>
        {
            var evaluator = new ClassifierEvaluator(model.Classifier, longest, runner: runner, hardware: request.Hardware);
            ClassificationResult result = ProgressDisplay.Run(context, progress =>
                evaluator.Evaluate(sequences, ProgressDisplay.ShareOf(progress, "evaluation"), context.Stop.Watch()));
            if (thresholds is not { } given) return new Measured(result, null);
            return new Measured(result, ProgressDisplay.Run(context, progress => Compared(
                given, DeltaEvaluator.Compare(
                    model.Classifier, sequences, longest, given, runner, request.Hardware,
                    ProgressDisplay.ShareOf(progress, "delta thresholds"), context.Stop.Watch()))));
        });
    }

    protected override ComparedFigure FigureOf(Measured measured) => new(
        ClassifierFile.Metric.Name, measured.Result.Accuracy, Figures.Fixed(100 * measured.Result.Accuracy, 2));

    protected override void Write(Measured measured, LoadedClassifier loaded, EvalRequest request, CliContext context)
    {
        (ClassificationResult result, DeltaEvalResult? compared) = measured;
        ImmutableArray<string> labels = loaded.Classifier.Form.Labels;
        if (!context.Json)
        {
            ClassificationReport.Write(context.Console, request.Data, labels, result);
            compared?.WriteText(context.Console, ["accuracy", "macro F1"], "probabilities", ClassificationReport.Percent);
            return;
        }

        CliJson.Write(context.Console.Out, json =>
        {
            json.WriteStartObject();
            ClassificationReport.WriteMembers(json, labels, result);
            new JsonMembers(json).Add(compared, "delta");
            json.WriteEndObject();
        });
    }

    private static DeltaEvalResult Compared(DeltaThresholds thresholds, DeltaComparison<ClassificationResult> found)
    {
        ClassificationResult exact = found.Exact, delta = found.Delta;
        return new(
            thresholds,
            [("accuracy", exact.Accuracy, delta.Accuracy), ("macroF1", exact.MacroF1, delta.MacroF1), ("loss", exact.Loss, delta.Loss)],
            found.Error, found.Products);
    }

    /// <summary>What a classifier came to.</summary>
    /// <param name="Result">By itself.</param>
    /// <param name="Delta">Beside that, with thresholds, where they are given.</param>
    internal sealed record Measured(ClassificationResult Result, DeltaEvalResult? Delta);
}
