using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.Classification;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd classify</c>: labels what comes on standard input, line by line.</summary>
internal sealed class ClassifyCommand : CliCommand, IAnswersInput
{
    private const string InputName = StoppableInput.Name;

    private readonly FileArgument _model = new("MODEL", "A classifier (.tsd).");
    private readonly Option<int?> _top = Ranged.Whole("--top", 1, int.MaxValue,
        "Say the N likeliest labels of each text, each with its probability. [default: 1]");

    private readonly Option<float?> _threshold = Ranged.Number(
        "--threshold", p => p is >= 0f and < 1f, "a number of at least 0 and below 1",
        "Of a model with several labels at once: say the labels whose probability is above this. [default: 0.5]");

    private readonly CsvOptions _csv = new("as in training");
    private readonly ShareOption _share = new();
    private readonly FileOption _profile = Profiles.Option();

    public ClassifyCommand(CommonOptions common)
        : base(
            "classify",
            "Label the texts of standard input. One text a line; for each a line LABEL<TAB>PROBABILITY, in order and at once. Of a " +
            "model with several labels at once, those above --threshold, with commas between them and between their " +
            "probabilities. Of a model of " +
            "sequences of numbers: rows in CSV as in training, and a line for each sequence, when the next begins.",
            common) =>
        AddAll([_model, _top, _threshold, _share.Option, .. _csv.All, _profile]);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        string model = parsed.GetRequiredValue(_model);
        LoadedClassifier loaded = ClassifierFile.Load(model);
        (float share, int multiple) = _share.Read(parsed, loaded.Description.Training.Recipe, model, context.Warnings);
        loaded = loaded with { Classifier = loaded.Classifier.AtShare(share, multiple) };
        ClassifierForm form = loaded.Classifier.Form;
        if (!form.IsMultiLabel)
            context.Warnings.NoEffect(Ranged.Given(parsed, _threshold), ": the model gives each text one label");
        var said = new SaidLabels(form, parsed.GetValue(_top), parsed.GetValue(_threshold) ?? 0.5f);
        if (context.Json)
        {
            CliJson.WriteRows(context, json =>
                Each(loaded, hardware, parsed, context, probabilities => said.Write(json, probabilities)));
            return ExitCode.Done;
        }

        Each(loaded, hardware, parsed, context, probabilities =>
        {
            context.Console.Out.WriteLine(said.Line(probabilities));
            context.Console.Out.Flush();
        });
        return ExitCode.Done;
    }

    private void Each(
        LoadedClassifier loaded, HardwareProfile? hardware, ParseResult parsed, CliContext context, Action<ReadOnlySpan<double>> say)
    {
        var session = new GrowingSession(loaded.Classifier, loaded.Description.Training.Recipe.MaxLength, hardware);
        if (loaded.Description.Table is { } table)
        {
            EachSequence(loaded, table, parsed, context, rows => say(session.Classify(rows)));
            return;
        }

        context.Warnings.NoEffect(Ranged.Given(parsed, _csv.All), ": the model is of texts, one a line");
        EachText(loaded, context, tokens => say(session.Classify(tokens)));
    }

    private static void EachText(LoadedClassifier loaded, CliContext context, Action<int[]> take)
    {
        (Vocabulary vocabulary, TextReading reading) = (loaded.Description.Vocabulary!, loaded.Description.Texts!);
        using var lines = new LineReader(InputName, InputOf(context));
        while (lines.TryRead(out string? line))
        {
            int[] tokens = reading.Encode(line, vocabulary, out int length);
            if (length > tokens.Length)
            {
                context.Warnings.Say(
                    $"{InputName}: texts longer than {Figures.Count(reading.MaxLength)} tokens are cut there, as in training " +
                    "(--max-length).");
            }

            if (lines.HasLatin1) context.Warnings.Say($"{InputName}: not UTF-8, read as Latin-1.");
            take(tokens);
        }
    }

    private static StoppableInput InputOf(CliContext context) => new(context.Console.Input, context.Stop.Watch());

    // A sequence is at its end when a row of another comes.
    private void EachSequence(
        LoadedClassifier loaded, SequenceColumns table, ParseResult parsed, CliContext context, Action<double[]> take)
    {
        ImmutableArray<string> inputs = loaded.Classifier.Form.Inputs;
        TableOptions options = _csv.Read(parsed, new() { DecimalMark = table.DecimalMark }) with { Texts = [table.Id] };
        using var rows = NumberRows.Open(InputOf(context), InputName, options, inputs, [table.Id, .. inputs], inputs.Length);
        if (rows.Match.Extras.Except([table.Label]).ToArray() is { Length: > 0 } extras)
            context.Warnings.Note($"{InputName}: columns that are not used: {string.Join(", ", extras)}.");
        double[] row = new double[inputs.Length];
        long most = (long)loaded.Description.Training.Recipe.MaxLength * inputs.Length;
        var sequence = new List<double>();
        string? id = null;
        while (rows.Read(row))
        {
            ReadOnlySpan<char> found = rows.Text(0);
            if (found.IsEmpty) throw new FailureException($"{InputName}, line {rows.Line}: the cell of '{table.Id}' is missing.");
            if (id is not null && !found.SequenceEqual(id))
            {
                take([.. sequence]);
                sequence.Clear();
            }

            if (id is null || !found.SequenceEqual(id)) id = found.ToString();

            // What is cut off anyway need not be kept.
            if (sequence.Count < most) sequence.AddRange(row);
        }

        foreach (string remark in rows.Remarks) context.Warnings.Note(remark);
        if (id is not null) take([.. sequence]);
    }
}
