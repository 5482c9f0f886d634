using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.Translating;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd bleu</c>: compares a file of translations with references.</summary>
internal sealed class BleuCommand : CliCommand
{
    private readonly FileArgument _translations = new("TRANSLATIONS", "Translations, a line each.");

    private readonly FileArguments _references = new("REFERENCE", "Translations of the same sentences by people, in the same order.");
    private readonly ScoreOptions _score = new();

    public BleuCommand(CommonOptions common)
        : base(
            "bleu",
            "Score translations by BLEU. Exactly as multi-bleu.perl does on words as given, or as sacreBLEU does by the options, whose " +
            "signature is printed then. chrF on request. All files are plain or gzip, a sentence a line.",
            common) =>
        AddAll([_translations, _references, .. _score.All]);

    protected override int Run(ParseResult parsed, CliContext context)
    {
        ScoreChoice choice = _score.Read(parsed, context.Warnings);
        string path = parsed.GetRequiredValue(_translations);
        string[] references = parsed.GetRequiredValue(_references);
        List<string> own = ReadAll(LineReader.Open(path));
        List<string>[] others = Array.ConvertAll(references, reference => ReadAll(LineReader.Open(reference)));
        for (int i = 0; i < others.Length; i++)
        {
            if (others[i].Count == own.Count) continue;
            throw new FailureException(
                $"{path} has {Figures.Count(own.Count, "line")} and {references[i]} {Figures.Count(others[i].Count)}; a line of one is " +
                "compared with the same line of the other, so give files of as many.");
        }

        if (own.Count == 0) throw new FailureException($"{path} is empty; there is nothing to compare.");
        var scorer = new LineScorer(choice);
        for (int i = 0; i < own.Count; i++) scorer.Add(own[i], Array.ConvertAll(others, lines => lines[i]));
        TranslationScores scores = scorer.ToResult();
        if (context.Json)
        {
            CliJson.Write(context.Console.Out, json => new JsonMembers(json).Write(scores.WriteMembers));
            return ExitCode.Done;
        }

        foreach (string line in scores.Lines()) context.Console.Prose.WriteLine(line);
        return ExitCode.Done;

        List<string> ReadAll(LineReader reader)
        {
            using LineReader lines = reader;
            var all = new List<string>();
            while (lines.TryRead(out string? line)) all.Add(line);
            if (lines.HasLatin1) context.Warnings.Say($"{lines.Name}: not UTF-8, read as Latin-1.");
            return all;
        }
    }
}
