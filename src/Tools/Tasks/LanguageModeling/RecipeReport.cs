using System.Globalization;
using Spectre.Console;
using TinySD.Formats.Text;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;
using TinySD.Tools.Json;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>Prints a recipe, each figure beside the option that sets it.</summary>
internal static class RecipeReport
{
    public static void Write(CliContext context, TextLevel level, LanguageModelRecipe recipe)
    {
        var result = RecipeResult.From(level, recipe);
        if (context.Json)
        {
            CliJson.Write(context.Console.Out, result, CliJson.Default.RecipeResult);
            return;
        }

        Table table = Tables.Create("option", "value");
        foreach ((string option, string value) in Rows(result)) table.AddRow(new Text(option), new Text(value));
        context.Console.Results.Write(table);
    }

    /// <summary>Option and value, in the order of the help.</summary>
    public static IEnumerable<(string Option, string Value)> Rows(RecipeResult r)
    {
        yield return ("--preset", r.Preset);
        yield return ("--level", r.Level);
        yield return ("--dropout", r.Dropout);
        if (r.Dropout != "none")
        {
            yield return ("--rate-embedding", Figures.Setting(r.RateEmbedding));
            yield return ("--rate-layer", Figures.Setting(r.RateLayer));
            yield return ("--rate-recurrent", Figures.Setting(r.RateRecurrent));
            yield return ("--rate-output", Figures.Setting(r.RateOutput));
            if (r.Dropout.StartsWith("structured", StringComparison.Ordinal))
            {
                yield return ("--draw", r.Draw);
                yield return ("--keep-multiple", Text(r.KeepMultiple));
                yield return ("--group-size", Text(r.GroupSize));
            }
        }

        yield return ("--rate-word", Figures.Setting(r.RateWord));
        if (r.RateWord > 0f) yield return ("--rate-word-by-sequence", Text(r.RateWordBySequence));
        yield return ("--weight-drop", Figures.Setting(r.WeightDrop));
        yield return ("--ar", Figures.Setting(r.Ar));
        yield return ("--tar", Figures.Setting(r.Tar));
        yield return ("--weight-decay", Figures.Setting(r.WeightDecay));
        if (r.WeightDecay > 0f) yield return ("--decoupled-decay", Text(r.DecoupledDecay));
        yield return ("--hidden", Text(r.Hidden));
        if (r.LastHidden != r.Hidden) yield return ("--last-hidden", Text(r.LastHidden));
        yield return ("--embedding", Text(r.Embedding));
        yield return ("--layers", Text(r.Layers));
        yield return ("--cell", r.Cell);
        if (r.Cell == "lstm") yield return ("--peepholes", Text(r.Peepholes));
        yield return ("--tied", Text(r.Tied));
        yield return ("--batch", Text(r.Batch));
        yield return ("--bptt", Text(r.Bptt));
        yield return ("--variable-bptt", Text(r.VariableBptt));
        yield return ("--epochs", Text(r.Epochs));
        yield return ("--lr", Figures.Setting(r.Lr));
        yield return ("--lr-schedule", r.LrSchedule);
        if (r.LrSchedule == "zaremba") yield return ("--full-rate-epochs", Text(r.FullRateEpochs));
        if (r.LrSchedule is "zaremba" or "plateau") yield return ("--decay", Figures.Setting(r.Decay));
        yield return ("--warm-up", Text(r.WarmUp));
        yield return ("--patience", Text(r.Patience));
        yield return ("--clip", Figures.Setting(r.Clip));
        yield return ("--loss-reduction", r.LossReduction);
        yield return ("--optimizer", r.Optimizer);
        if (r.Optimizer == "nt-asgd") yield return ("--nonmono", Text(r.Nonmono));
        yield return ("--init", Figures.Setting(r.Init));
        yield return ("--init-scheme", r.InitScheme);
        if (r.Cell == "lstm") yield return ("--forget-bias", Figures.Setting(r.ForgetBias));
        yield return ("--seed", r.Seed.ToString(CultureInfo.InvariantCulture));
    }

    private static string Text(bool isOn) => isOn ? "true" : "false";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
