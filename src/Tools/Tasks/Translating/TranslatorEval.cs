using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Translating;

/// <summary><c>tinysd eval</c> of a translator: BLEU of its translations, and perplexity of those of people.</summary>
internal sealed class TranslatorEval() : EvalVerb<LoadedTranslator, TranslatorEval.Scored>(TranslatorFile.Kind, "translators")
{
    private const string Of = "Of a translator: ";

    // Scoring what is there takes some tenths of what translating takes.
    private const double Scoring = 0.2;

    private readonly FileOption _reference = FileOption.Input(
        "--reference", $"{Of}the translations of --data by people, line by line, plain or gzip; required.");

    private readonly DecodingFlags _decoding = new(Of);
    private readonly ScoreOptions _score = new(Of);

    public override IEnumerable<Option> Options => [.. HelpGroup.AsMain<Option>(_reference), .. _decoding.All, .. _score.All];

    protected override LoadedTranslator Load(string path) => TranslatorFile.Load(path);

    protected override Measuring Prepare(
        LoadedTranslator loaded, EvalRequest request, IParallelRunner runner, ParseResult parsed, CliContext context)
    {
        string reference = parsed.GetValue(_reference) ?? throw new UsageException(
            $"{_reference.Name} is missing; a translator is measured on sentences and their translations.");
        ScoreChoice choice = _score.Read(parsed, context.Warnings);
        DecodingOptions decoding = _decoding.Read(parsed, 1, "", context.Warnings);
        int batch = _decoding.BatchOf(parsed);
        TranslationUnits units = loaded.Description.Units;
        ParallelTexts texts = ParallelTexts.Read(request.Data, reference);
        var part = TranslatorPart.Of(new(request.Data, reference), texts, units);
        SentencePairs pairs = part.Pairs;
        foreach (string remark in part.Remarks) context.Warnings.Note(remark);
        SourceLine[] lines = [.. texts.Sources.Select((words, i) => new SourceLine("", i + 1, units.Source.EncodeWords(words)))];
        return new(Measure);

        Scored Measure(LoadedTranslator model)
        {
            var evaluator = new TranslatorEvaluator(model.Translator, batchSize: batch, runner: runner, hardware: request.Hardware);
            var translator = new LineTranslator(
                model, decoding, _decoding.ReplacesUnknown(parsed), withAttention: false, batch, runner, request.Hardware);
            (double[] losses, List<TranslatedLine> translated) = ProgressDisplay.Run(context, progress =>
            {
                Action<double> scored = ProgressDisplay.ShareOf(progress, "perplexity");
                Action<double> shown = ProgressDisplay.ShareOf(progress, "translation");
                CancellationToken stop = context.Stop.Watch();
                return (
                    evaluator.Losses(pairs, share => scored(Scoring * share), stop),
                    translator.Translate(lines, stop, share => shown(Scoring + ((1 - Scoring) * share))));
            });
            var scorer = new LineScorer(choice);
            for (int i = 0; i < lines.Length; i++)
                scorer.Add(translated[i].Texts[0].Text, string.Join(' ', units.Target.ReferenceOf(texts.Targets[i])));
            return new(part, scorer.ToResult(), losses.Sum() / (pairs.TargetUnits + pairs.Count));
        }
    }

    protected override ComparedFigure FigureOf(Scored result) => new(
        TranslatorFile.Metric.Name, result.Scores.Bleu.Bleu, Figures.Fixed(result.Scores.Bleu.Bleu, 2));

    protected override void Write(Scored result, LoadedTranslator loaded, EvalRequest request, CliContext context)
    {
        if (!context.Json)
        {
            TranslationReport.Write(context.Console, request.Data, result.Part, result.Scores, result.Loss);
            return;
        }

        CliJson.Write(context.Console.Out, json => new JsonMembers(json).Write(
            members => TranslationReport.WriteMembers(members, result.Part, result.Scores, result.Loss)));
    }

    /// <summary>What a translator came to.</summary>
    /// <param name="Part">What was measured.</param>
    /// <param name="Scores">How the translations compare.</param>
    /// <param name="Loss">Mean loss of a unit of the references, in nats.</param>
    internal sealed record Scored(TranslatorPart Part, TranslationScores Scores, double Loss);
}
