using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.Classification;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd classify</c>: labels what comes on standard input, line by line.</summary>
internal sealed class ClassifyCommand : CliCommand
{
    private readonly FileArgument _model = new("MODEL", "A classifier (.tsd).");
    private readonly Option<int?> _top = Ranged.Whole("--top", 1, int.MaxValue,
        "Say the N likeliest labels of each text, each with its probability. [default: 1]");

    private readonly Option<float?> _threshold = Ranged.Number(
        "--threshold", p => p is >= 0f and < 1f, "a number of at least 0 and below 1",
        "Of a model with several labels at once: say the labels whose probability is above this. [default: 0.5]");

    private readonly FileOption _profile = Profiles.Option();

    public ClassifyCommand(CommonOptions common)
        : base(
            "classify",
            "Label texts: one a line on standard input; for each a line LABEL<TAB>PROBABILITY, in order and at once. Of a model with " +
            "several labels at once, those above --threshold, with commas between them and between their probabilities.",
            common) =>
        AddAll(_model, _top, _threshold, _profile);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        LoadedClassifier loaded = ClassifierFile.Load(parsed.GetRequiredValue(_model));
        ClassifierForm form = loaded.Classifier.Form;
        if (!form.IsMultiLabel)
            context.Warnings.NoEffect(Ranged.Given(parsed, _threshold), ": the model gives each text one label");
        var said = new SaidLabels(form, parsed.GetValue(_top), parsed.GetValue(_threshold) ?? 0.5f);
        if (context.Json)
        {
            CliJson.Write(context.Console.Out, json =>
            {
                json.WriteStartObject();
                json.WriteStartArray("rows");
                Each(loaded, hardware, context, probabilities => said.Write(json, probabilities));
                json.WriteEndArray();
                json.WriteEndObject();
            });
            return ExitCode.Done;
        }

        Each(loaded, hardware, context, probabilities =>
        {
            context.Console.Out.WriteLine(said.Line(probabilities));
            context.Console.Out.Flush();
        });
        return ExitCode.Done;
    }

    private static void Each(LoadedClassifier loaded, HardwareProfile? hardware, CliContext context, Action<ReadOnlySpan<double>> say)
    {
        const string name = "standard input";
        if (loaded.Description is not { Vocabulary: { } vocabulary, Texts: { } reading })
            throw new FailureException("the model is of rows of numbers; this command labels texts.");
        using var lines = new LineReader(name, context.Console.Input);
        var session = new GrowingSession(loaded.Classifier, loaded.Description.Training.Recipe.MaxLength, hardware);
        while (lines.TryRead(out string? line))
        {
            int[] tokens = reading.Encode(line, vocabulary, out int length);
            if (length > tokens.Length)
            {
                context.Warnings.Say(
                    $"{name}: texts longer than {Figures.Count(reading.MaxLength)} tokens are cut there, as in training (--max-length).");
            }

            if (lines.HasLatin1) context.Warnings.Say($"{name}: not UTF-8, read as Latin-1.");
            say(session.Classify(tokens));
        }
    }
}
