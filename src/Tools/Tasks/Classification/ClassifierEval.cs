using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Classification;

/// <summary><c>tinysd eval</c> of a classifier: accuracy, F1 of each class and macro, confusion matrix.</summary>
internal sealed class ClassifierEval() : ModelVerb<EvalRequest>(ClassifierFile.Kind, "classifiers")
{
    private readonly Option<LabelPlace?> _label = Ranged.Value("--label", TextSpelling.LabelPlaces,
        "Of a classifier: where in a line the label stands. [default: found out]");

    public override IEnumerable<Option> Options => [_label];

    public override int Run(EvalRequest request, ParseResult parsed, CliContext context)
    {
        LoadedClassifier loaded = ClassifierFile.Load(request.Model);
        LabelledSequences sequences = ReadTexts(loaded, request.Data, parsed.GetValue(_label), context.Warnings);
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

    private static LabelledSequences ReadTexts(LoadedClassifier loaded, string path, LabelPlace? place, Warnings warnings)
    {
        (Vocabulary vocabulary, TextReading reading) = (loaded.Description.Vocabulary!, loaded.Description.Texts!);
        ClassifierForm form = loaded.Classifier.Form;
        var read = LabelledTexts.Read(path, new() { Place = place, IsMultiLabel = form.IsMultiLabel, Known = form.Labels });
        int[][] labels = new ClassNames(form.Labels).IdsOf(path, read.Rows);
        EncodedTexts encoded = reading.Encode(read.Rows.Select(row => row.Text), vocabulary);
        foreach (string remark in read.Remarks) warnings.Note(remark);
        if (TextRemarks.OfCut(path, encoded, reading) is { } cut) warnings.Note(cut);
        return LabelledSequences.OfTokens(encoded.Sequences, labels);
    }
}
