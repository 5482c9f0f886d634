using TinySD.Tools.Json;

namespace TinySD.Tools.Tasks.Tagging;

/// <summary>What an evaluation of a tagger measured, as text and as JSON: in percent, as conlleval has it.</summary>
internal static class TaggingReport
{
    /// <summary>A share as people read it, without its sign: F1 is always in percent.</summary>
    public static string Percent(double share) => Figures.Fixed(100 * share, 2);

    /// <summary>The rule that counts, in words.</summary>
    public static string RuleOf(TaggingResult result) => result.Rule == EntityRule.Conlleval
        ? "conlleval's rule"
        : $"the strict rule of {TaggingSpelling.NameOf(result.Scheme)}";

    /// <summary>Writes it for people: of entities what conlleval prints.</summary>
    /// <param name="console">Where it goes.</param>
    /// <param name="what">What was measured, as <c>test.txt</c>.</param>
    /// <param name="result">What was measured.</param>
    public static void Write(CliConsole console, string what, TaggingResult result)
    {
        string sentences = Figures.Count(result.Sentences, "sentence");
        if (result.Scheme == TagScheme.None)
        {
            console.Prose.WriteLine(
                $"{what}: accuracy {Percent(result.Accuracy)} % of {Figures.Count(result.Tokens, "word")} in {sentences}");
            return;
        }

        console.Prose.WriteLine($"{what}: {sentences}, F1 {Percent(result.Entities.F1)} by {RuleOf(result)}");
        foreach (string line in result.ToConlleval().TrimEnd().Split('\n')) console.Out.WriteLine(line);
    }

    /// <summary>Writes it as members of an object. Where tags make no entities, what is of entities is null.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, TaggingResult result)
    {
        var json = new JsonMembers(writer);
        bool hasEntities = result.Scheme != TagScheme.None;
        Figures3(json, hasEntities ? result.Entities : null);
        json.Add(100 * result.Accuracy, "accuracy").Add(TaggingSpelling.Rules.NameOf(result.Rule), "rule")
            .Add(TaggingSpelling.Schemes.NameOf(result.Scheme), "scheme").Add(result.Sentences, "sentences")
            .Add(result.Tokens, "tokens").Add(result.RightTokens, "rightTokens").Add(result.Loss, "loss");
        if (hasEntities) json.Add(members => Counts(members, result.Entities), "entities");
        json.Add(
            types =>
            {
                foreach (EntityFigures type in result.PerType)
                    types.Add(members => Counts(Figures3(members, type.Figures), type.Figures), type.Type);
            }, "perType");
    }

    private static JsonMembers Figures3(JsonMembers json, LabelFigures? figures) => json
        .Add(figures is { } own ? 100 * own.Precision : double.NaN, "precision")
        .Add(figures is { } its ? 100 * its.Recall : double.NaN, "recall")
        .Add(figures is { } known ? 100 * known.F1 : double.NaN, "f1");

    private static void Counts(JsonMembers json, LabelFigures figures) =>
        json.Add(figures.Count, "count").Add(figures.Predicted, "predicted").Add(figures.Right, "right");
}
