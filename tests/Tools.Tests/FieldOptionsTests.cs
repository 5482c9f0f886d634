using System.Text.Json;
using TinySD.Formats;
using TinySD.Formats.Fields;
using TinySD.Formats.Models;
using TinySD.Runtime.Tasks;
using TinySD.Tools.Errors;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Tests;

/// <summary>The options of a recipe's figures, walked row by row: a new row is tested by being there.</summary>
public sealed class FieldOptionsTests
{
    // Every figure says something under one of them.
    private static readonly string[] s_settings =
    [
        "--dropout structured --rate 0.5 --rate-word 0.5 --weight-decay 0.5 --optimizer nt-asgd",
        "--optimizer sgd", "--momentum 0.5", "--optimizer adam", "--dropout nested",
    ];

    public static IEnumerable<string> Options() => LanguageModelFields.Table.Fields.Select(field => field.Option)
        .Where(option => option != "--preset");

    [Test]
    [MethodDataSource(nameof(Options))]
    public async Task A_figure_s_option_shows_in_the_table_and_in_json_and_refuses_what_is_no_value(string option)
    {
        Field<LanguageModelRecipe> field = LanguageModelFields.Table.Find(option)!;
        string[] settings = s_settings.Select(Without)
            .First(words => !Show([.. words, option, Word(field)]).Error.Contains("has no effect", StringComparison.Ordinal));
        string word = Word(field);
        JsonElement json = Show([.. settings, option, word, "--json"]).Json;
        await Assert.That(json.GetProperty(field.Result).ToString().ToLowerInvariant()).IsEqualTo(word);
        await Assert.That(Show([.. settings, option, word]).Out)
            .Matches($@"{option} +{word.Replace(".", "\\.", StringComparison.Ordinal)} ");

        CliResult refused = Show([.. settings, $"{option}=-x"]);
        await Assert.That(refused.Code).IsEqualTo(2);
        if (!ReferenceEquals(field.Spelling, Spelling.Switch))
            await Assert.That(refused.Error).StartsWith($"tinysd train lm: {option} is '-x'; expected {field.Spelling.Expected}.");

        // A form that is too long for a line is broken behind one of its words.
        string help = Tinysd.Run("train", "lm", "--help-all").Out;
        await Assert.That(WithoutGaps(help)).Contains($" {option} <{field.Spelling.Form}> ");

        // What the figure itself sets stands alone.
        string[] Without(string words)
        {
            string[] all = words.Split(' ');
            int own = Array.IndexOf(all, option);
            return own < 0 ? all : [.. all[..own], .. all[(own + 2)..]];
        }
    }

    [Test]
    [Arguments("--draw", "exact", "exact-count", null)]
    [Arguments("--eos", "auto", "where-missing", null)]
    [Arguments("--loss-reduction", "sum", "sum-over-time", null)]
    [Arguments("--nonmono", null, "5", null)]
    [Arguments("--draw", "exact", "bernoulli", "--draw is bernoulli, and the grid in grid has exact-count (both after --scale)")]
    [Arguments("--nonmono", null, "4", "--nonmono is 4, and the grid in grid has 5 (both after --scale)")]
    [Arguments("--min-count", null, "2", "--min-count is 2, and the grid in grid has none (both after --scale)")]
    public async Task A_grid_begun_with_other_words_for_the_same_goes_on(string option, string? was, string now, string? fault)
    {
        GridManifest begun = Manifest(option, was), asked = Manifest(option, now);
        if (fault is null) begun.Check(asked, LanguageModelGrid.OfTexts, "grid");
        else
        {
            await Assert.That(Assert.Throws<UsageException>(() => begun.Check(asked, LanguageModelGrid.OfTexts, "grid")).Message)
                .StartsWith(fault);
        }
    }

    private static string WithoutGaps(string text) => string.Join(' ', text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        .Replace("| ", "|", StringComparison.Ordinal).Replace(" |", "|", StringComparison.Ordinal);

    private static GridManifest Manifest(string option, string? value) =>
        new(1, "w", value is null ? new Dictionary<string, string>() : new() { [option] = value });

    private static CliResult Show(string[] options) => Tinysd.Run(["train", "lm", "--show", .. options]);

    private static string Word(Field<LanguageModelRecipe> field) =>
        new[] { "bernoulli", "mean", "gru", "linear", "scaled", "locked", "sgd", "true", "0.25", "3" }.First(
            word => field.Parse(word) is not null);
}
