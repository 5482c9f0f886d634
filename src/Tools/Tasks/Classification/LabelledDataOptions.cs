using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Classification;

/// <summary>The options that say how a finished classifier's data are read, whose labels are known.</summary>
/// <param name="csv">How a table is written.</param>
internal sealed class LabelledDataOptions(CsvOptions csv)
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

    public IEnumerable<Option> All => [_label, _text, .. csv.All];

    /// <summary>Reads what a classifier is to be measured on.</summary>
    /// <exception cref="FileProblemException">It cannot be read, or does not fit.</exception>
    public LabelledSequences Read(LoadedClassifier loaded, string path, ParseResult parsed, Warnings warnings)
    {
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
        return loaded.Description.Table is null
            ? ReadTexts(loaded, path, reading, warnings)
            : ReadNumbers(loaded, path, reading, warnings);
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
