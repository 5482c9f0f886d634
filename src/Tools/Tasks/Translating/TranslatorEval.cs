using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Translating;

/// <summary><c>tinysd eval</c> of a translator: BLEU of its translations, and perplexity of those of people.</summary>
internal sealed class TranslatorEval() : ModelVerb<EvalRequest>(TranslatorFile.Kind, "translators")
{
    private const string Of = "Of a translator: ";

    // Scoring what is there takes some tenths of what translating takes.
    private const double Scoring = 0.2;

    private readonly FileOption _reference = FileOption.Input(
        "--reference", $"{Of}the translations of --data by people, line by line, plain or gzip; required.");

    private readonly DecodingFlags _decoding = new(Of);
    private readonly ScoreOptions _score = new(Of);

    public override IEnumerable<Option> Options => [_reference, .. _decoding.All, .. _score.All];

    public override int Run(EvalRequest request, ParseResult parsed, CliContext context)
    {
        string reference = parsed.GetValue(_reference) ?? throw new UsageException(
            $"{_reference.Name} is missing; a translator is measured on sentences and their translations.");
        ScoreChoice choice = _score.Read(parsed, context.Warnings);
        DecodingOptions decoding = _decoding.Read(parsed, 1, "", context.Warnings);
        int batch = _decoding.BatchOf(parsed);
        LoadedTranslator loaded = TranslatorFile.Load(request.Model);
        TranslationUnits units = loaded.Description.Units;
        ParallelTexts texts = ParallelTexts.Read(request.Data, reference);
        var part = TranslatorPart.Of(new(request.Data, reference), texts, units);
        SentencePairs pairs = part.Pairs;
        foreach (string remark in part.Remarks) context.Warnings.Note(remark);
        using var pool = new WorkerPool(request.Threads);
        var evaluator = new TranslatorEvaluator(loaded.Translator, batchSize: batch, runner: pool, hardware: request.Hardware);
        var translator = new LineTranslator(
            loaded, decoding, _decoding.ReplacesUnknown(parsed), withAttention: false, batch, pool, request.Hardware);
        SourceLine[] lines = [.. texts.Sources.Select((words, i) => new SourceLine("", i + 1, units.Source.EncodeWords(words)))];
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
        TranslationScores scores = scorer.ToResult();
        double loss = losses.Sum() / (pairs.TargetUnits + pairs.Count);
        if (!context.Json)
        {
            TranslationReport.Write(context.Console, request.Data, part, scores, loss);
            return ExitCode.Done;
        }

        CliJson.Write(context.Console.Out, json => new JsonMembers(json).Write(
            members => TranslationReport.WriteMembers(members, part, scores, loss)));
        return ExitCode.Done;
    }
}
