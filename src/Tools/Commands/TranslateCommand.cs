using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.Translating;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd translate</c>: translates what comes on standard input, line by line.</summary>
internal sealed class TranslateCommand : CliCommand, IAnswersInput
{
    // What is translated at once where more has come.
    private const int MostLines = 1024, MostUnits = 1 << 16;

    private readonly FileArgument _model = new("MODEL", "A translator (.tsd).");
    private readonly DecodingFlags _decoding = new();
    private readonly Option<int?> _best = Ranged.Whole("--n-best", 1, DecodingOptions.MostBeams,
        "Write the N best translations of each line, as LINE ||| TRANSLATION ||| SCORE, lines counted from 0. [default: the best alone]");

    private readonly FileOption _attention = FileOption.Output("--attention",
        "Write what was looked at to this file, a JSON object a line for each translation: units of both sides, and weights.");

    private readonly Option<int?> _threads = Ranged.Threads();
    private readonly FileOption _profile = Profiles.Option();

    public TranslateCommand(CommonOptions common)
        : base(
            "translate",
            "Translate the sentences of standard input. One tokenised sentence a line; for each a line with its translation, in order " +
            "and at once. An empty line gives an empty one.",
            common) =>
        AddAll([_model, .. _decoding.All, _best, _attention, _threads, _profile]);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        DecodingOptions decoding = _decoding.Read(parsed, parsed.GetValue(_best) ?? 1, _best.Name, context.Warnings);
        HardwareProfile? hardware = Profiles.Read(parsed, _profile);
        LoadedTranslator loaded = TranslatorFile.Load(parsed.GetRequiredValue(_model));
        string? attention = parsed.GetValue(_attention);
        using var pool = new WorkerPool(Ranged.ThreadsOf(parsed, _threads));
        var translator = new LineTranslator(
            loaded, decoding, _decoding.ReplacesUnknown(parsed), attention is not null, _decoding.BatchOf(parsed), pool, hardware);
        bool isBlock = parsed.GetValue(_best) is not null;
        if (attention is null) Translate(null);
        else AtomicFile.Write(attention, Translate);
        return ExitCode.Done;

        void Translate(Stream? weights)
        {
            if (context.Json)
            {
                CliJson.WriteRows(context, json => Each(translator, context, weights, lines =>
                {
                    foreach (TranslatedLine line in lines) TranslationOutput.Write(json, line);
                    json.Flush();
                    context.Console.Out.Flush();
                }));
                return;
            }

            // Into a pipe words go as they came.
            TextWriter output = context.Console.Generated;
            Each(translator, context, weights, lines =>
            {
                foreach (TranslatedLine line in lines) TranslationOutput.Write(output, line, isBlock);
                output.Flush();
            });
        }
    }

    private static void Each(LineTranslator translator, CliContext context, Stream? weights, Action<List<TranslatedLine>> say)
    {
        var lines = new AnsweredLines<SourceLine>
        {
            Take = (text, number) =>
            {
                SourceLine line = translator.Read(text, number);
                if (line.Source.Units.Length > LineTranslator.MostUnits)
                {
                    context.Warnings.Say(
                        $"{StoppableInput.Name}, line {number}: a sentence of {Figures.Count(line.Source.Units.Length, "unit")} is " +
                        $"translated in parts of {Figures.Count(LineTranslator.MostUnits)}.");
                }

                if (PieceRemarks.Of(StoppableInput.Name, translator.Units.Source, line.Source.Words) is { } remark)
                    context.Warnings.Say(remark);
                return line;
            },
            SizeOf = line => line.Source.Units.Length,
            Most = MostLines,
            MostSize = MostUnits,
        };
        lines.Answer(context, (ready, stop) =>
        {
            List<TranslatedLine> translated = translator.Translate(ready, stop);
            foreach (TranslatedLine line in weights is null ? [] : translated)
                TranslationOutput.WriteAttention(weights!, line, translator.Units);
            say(translated);
        });
    }
}
