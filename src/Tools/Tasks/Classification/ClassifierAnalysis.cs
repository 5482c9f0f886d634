using TinySD.Tools.Analysis;
using TinySD.Tools.Files;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Classification;

/// <summary><c>tinysd analyze</c> of a classifier.</summary>
/// <param name="csv">How a table is written.</param>
internal sealed class ClassifierAnalysis(CsvOptions csv) : ModelVerb<AnalyzeRequest>(ClassifierFile.Kind, "classifiers")
{
    private readonly LabelledDataOptions _options = new(csv);

    public override IEnumerable<Option> Options => _options.All;

    public override int Run(AnalyzeRequest request, ParseResult parsed, CliContext context)
    {
        LoadedClassifier loaded = ClassifierFile.Load(request.Model);
        loaded = loaded with { Classifier = ClassifierFile.Format.ToFloats(loaded.Classifier, request.Model, context.Warnings.Note) };
        LabelledSequences sequences = _options.Read(loaded, request.Data, parsed, context.Warnings);
        return RunOf(loaded, sequences, request.Data).Run(request, parsed, context);
    }

    private static AnalysisRun RunOf(LoadedClassifier loaded, LabelledSequences sequences, string path)
    {
        SequenceModel model = loaded.Classifier.Model;
        ClassifierForm form = loaded.Classifier.Form;
        int[] all = [.. Enumerable.Range(0, sequences.Count)];
        int[][] labels = Array.ConvertAll(all, i => sequences.LabelsOf(i).ToArray());
        (int[] classes, IReadOnlyList<string> names) =
            form.IsMultiLabel ? Sets(labels, form.Labels) : (Array.ConvertAll(labels, own => own[0]), form.Labels);
        AnalysedSequences read = sequences.HasTokens
            ? AnalysedSequences.OfTokens(model, Array.ConvertAll(all, i => sequences.TokensOf(i).ToArray()), classes)
            : AnalysedSequences.OfRows(model, Array.ConvertAll(all, RowsOf), classes);
        IReadOnlyList<string> words = loaded.Description.Vocabulary?.Tokens ?? [];
        return new AnalysisRun(
            ClassifierFile.Kind, new AnalysedModel(model, form.Labels, names, IsSoftmax: !form.IsMultiLabel, words), read);

        // Cut where the classifier cuts it.
        float[] RowsOf(int sequence)
        {
            ReadOnlySpan<double> rows = sequences.RowsOf(sequence);
            long most = (long)loaded.Description.Training.Recipe.MaxLength * sequences.Width;
            return AnalysisRun.Finite(form.InputsOf(rows[..(int)Math.Min(rows.Length, most)]), path);
        }
    }

    // Each set of labels that occurs is a class of its own: a network that keeps several answers apart has to tell all of them.
    private static (int[] Classes, IReadOnlyList<string> Names) Sets(int[][] labels, IReadOnlyList<string> names)
    {
        string[] all = Array.ConvertAll(
            labels, own => own.Length == 0 ? "none" : string.Join(" + ", Array.ConvertAll(own, label => names[label])));
        string[] distinct = ClassNames.Ordered(all);
        return (Array.ConvertAll(all, name => Array.IndexOf(distinct, name)), distinct);
    }
}
