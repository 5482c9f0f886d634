using System.Globalization;
using Spectre.Console;
using TinySD.Formats;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;
using TinySD.Tools.Json;

namespace TinySD.Tools.Commands;

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

        yield return ("--hidden", Text(r.Hidden));
        yield return ("--embedding", Text(r.Embedding));
        yield return ("--layers", Text(r.Layers));
        yield return ("--cell", r.Cell);
        if (r.Peepholes) yield return ("--peepholes", "true");
        yield return ("--tied", r.Tied ? "true" : "false");
        yield return ("--batch", Text(r.Batch));
        yield return ("--bptt", Text(r.Bptt));
        yield return ("--epochs", Text(r.Epochs));
        yield return ("--lr", Figures.Setting(r.Lr));
        yield return ("--full-rate-epochs", Text(r.FullRateEpochs));
        yield return ("--decay", Figures.Setting(r.Decay));
        yield return ("--clip", Figures.Setting(r.Clip));
        yield return ("--optimizer", r.Optimizer);
        yield return ("--init", Figures.Setting(r.Init));
        if (r.Cell == "lstm") yield return ("--forget-bias", Figures.Setting(r.ForgetBias));
        yield return ("--seed", r.Seed.ToString(CultureInfo.InvariantCulture));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
