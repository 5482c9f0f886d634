using TinySD.Tools.Json;

namespace TinySD.Tools.Tasks.Translating;

/// <summary>What a translator's own translations came to, as text and as JSON.</summary>
internal static class TranslationReport
{
    /// <summary>Writes it for people: BLEU in the words of those who defined it, and perplexity.</summary>
    /// <param name="console">Where it goes.</param>
    /// <param name="what">What was measured, as <c>test.de</c>.</param>
    /// <param name="part">The same as a translator reads it.</param>
    /// <param name="scores">How the translations compare.</param>
    /// <param name="loss">Mean loss of a unit of the references, in nats.</param>
    public static void Write(CliConsole console, string what, TranslatorPart part, TranslationScores scores, double loss)
    {
        string sentences = Figures.Count(part.Pairs.Count, "sentence"), perplexity = Figures.Perplexity(Math.Exp(loss));
        console.Prose.WriteLine($"{what}: {sentences}, perplexity {perplexity}; {part.UnknownInWords}");
        foreach (string line in scores.Lines()) console.Prose.WriteLine(line);
    }

    /// <summary>Writes it as members of an object.</summary>
    /// <param name="json">Where it goes.</param>
    /// <param name="part">What was measured.</param>
    /// <param name="scores">How the translations compare.</param>
    /// <param name="loss">Mean loss of a unit of the references, end marks counted, in nats.</param>
    public static void WriteMembers(JsonMembers json, TranslatorPart part, TranslationScores scores, double loss)
    {
        scores.WriteMembers(json);
        json.Add(Math.Exp(loss), "perplexity").Add(loss).Add(part.Pairs.TargetUnits + part.Pairs.Count, "units")
            .Add(part.UnknownSource, "unknownSource").Add(part.UnknownTarget, "unknownTarget");
    }

    /// <summary>How a result of an evaluation compares, counted as multi-bleu.perl does.</summary>
    public static TranslationScores ScoresOf(TranslationResult result) => new(ScoreChoice.MultiBleu, result.Bleu, null);
}
