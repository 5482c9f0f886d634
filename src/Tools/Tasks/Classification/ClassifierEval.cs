using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Classification;

/// <summary><c>tinysd eval</c> of a classifier: accuracy, F1 of each class and macro, confusion matrix.</summary>
/// <param name="csv">How a table is written.</param>
internal sealed class ClassifierEval(CsvOptions csv) : ModelVerb<EvalRequest>(ClassifierFile.Kind, "classifiers")
{
    private readonly Option<string?> _label = new("--label")
    {
        HelpName = "first|last|COLUMN",
        Description = "Of a classifier: where in a line the label stands, or its column in a table. [default: found out]",
    };

    private readonly Option<string?> _text = new("--text")
    {
        HelpName = "COLUMN", Description = "Of a classifier and texts in a table (.csv): the column that has them. [default: found out]",
    };

    public override IEnumerable<Option> Options => [_label, _text, .. csv.All];

    public override int Run(EvalRequest request, ParseResult parsed, CliContext context)
    {
        LoadedClassifier loaded = ClassifierFile.Load(request.Model);
        string? label = parsed.GetValue(_label);
        bool isPlace = TextSpelling.LabelPlaces.TryParse(label ?? "", out LabelPlace place);
        var reading = new ClassifierReading
        {
            Place = isPlace ? place : null,
            Table = csv.Read(parsed, new() { DecimalMark = loaded.Description.Table?.DecimalMark ?? DecimalMark.Point }),
            IdColumn = loaded.Description.Table?.Id,
            LabelColumn = isPlace ? null : label ?? loaded.Description.Table?.Label,
            TextColumn = parsed.GetValue(_text),
            Inputs = loaded.Classifier.Form.Inputs,
        };
        LabelledSequences sequences = loaded.Description.Table is null
            ? ReadTexts(loaded, request.Data, reading, context.Warnings)
            : ReadNumbers(loaded, request.Data, reading, context.Warnings);
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

    private static LabelledSequences ReadNumbers(LoadedClassifier loaded, string path, ClassifierReading how, Warnings warnings)
    {
        ClassifierForm form = loaded.Classifier.Form;
        var read = SequenceFile.Read(path, how, form.IsMultiLabel);
        foreach (string remark in read.Remarks) warnings.Note(remark);
        if (read.RemarkOfCut(loaded.Description.Training.Recipe.MaxLength) is { } cut) warnings.Note(cut);
        return LabelledSequences.OfNumbers(form.Inputs.Length, read.Rows, new ClassNames(form.Labels).IdsOf(path, read.Labels));
    }

    private static LabelledSequences ReadTexts(LoadedClassifier loaded, string path, ClassifierReading how, Warnings warnings)
    {
        (Vocabulary vocabulary, TextReading reading) = (loaded.Description.Vocabulary!, loaded.Description.Texts!);
        ClassifierForm form = loaded.Classifier.Form;
        LabelledTexts read = TextFiles.Read(
            path, how, new() { Place = how.Place, IsMultiLabel = form.IsMultiLabel, Known = form.Labels });
        int[][] labels = new ClassNames(form.Labels).IdsOf(path, read.Rows);
        EncodedTexts encoded = reading.Encode(read.Rows.Select(row => row.Text), vocabulary);
        foreach (string remark in read.Remarks) warnings.Note(remark);
        if (TextRemarks.OfCut(path, encoded, reading) is { } cut) warnings.Note(cut);
        return LabelledSequences.OfTokens(encoded.Sequences, labels);
    }
}
