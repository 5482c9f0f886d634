using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Classification;

/// <summary><c>tinysd eval</c> of a classifier: accuracy, F1 of each class and macro, confusion matrix.</summary>
/// <param name="csv">How a table is written.</param>
internal sealed class ClassifierEval(CsvOptions csv) : ModelVerb<EvalRequest>(ClassifierFile.Kind, "classifiers")
{
    private readonly LabelledDataOptions _options = new(csv);

    public override IEnumerable<Option> Options => _options.All;

    public override int Run(EvalRequest request, ParseResult parsed, CliContext context)
    {
        LoadedClassifier loaded = ClassifierFile.Load(request.Model);
        LabelledSequences sequences = _options.Read(loaded, request.Data, parsed, context.Warnings);
        using var pool = new WorkerPool(request.Threads);
        int longest = Math.Clamp(sequences.Longest, 1, loaded.Description.Training.Recipe.MaxLength);
        var evaluator = new ClassifierEvaluator(loaded.Classifier, longest, runner: pool, hardware: request.Hardware);
        ClassificationResult result = ProgressDisplay.Run(context, progress =>
            evaluator.Evaluate(sequences, ProgressDisplay.ShareOf(progress, "evaluation"), context.Stop.Watch()));
        ImmutableArray<string> labels = loaded.Classifier.Form.Labels;
        if (!context.Json)
        {
            ClassificationReport.Write(context.Console, request.Data, labels, result);
            return ExitCode.Done;
        }

        CliJson.Write(context.Console.Out, json =>
        {
            json.WriteStartObject();
            ClassificationReport.WriteMembers(json, labels, result);
            json.WriteEndObject();
        });
        return ExitCode.Done;
    }
}
