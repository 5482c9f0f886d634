using System.Globalization;
using System.Text;

namespace TinySD.Runtime.Inference;

/// <content>What conlleval prints.</content>
public sealed partial record TaggingResult
{
    /// <summary>The table that conlleval prints (the version of 2004), to the last digit, with line feeds: words and entities, then of all
    /// entities and of each type precision, recall and F1 in percent, and of each type how many were found.</summary>
    public string ToConlleval()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"processed {Tokens} tokens with {Entities.Count} phrases; ");
        text.Append(CultureInfo.InvariantCulture, $"found: {Entities.Predicted} phrases; correct: {Entities.Right}.\n");
        if (Tokens == 0) return text.ToString();
        text.Append("accuracy: ").Append(Percent(100.0 * RightTokens / Tokens)).Append("%; ");
        AppendFigures(text, Entities);
        text.Append('\n');
        foreach (EntityFigures own in PerType)
        {
            text.Append(own.Type.PadLeft(17)).Append(": ");
            AppendFigures(text, own.Figures);
            text.Append(CultureInfo.InvariantCulture, $"  {own.Figures.Predicted}\n");
        }

        return text.ToString();
    }

    // In the script's own order of operations, of which the last digit may depend.
    private static void AppendFigures(StringBuilder text, LabelFigures figures)
    {
        double precision = figures.Predicted == 0 ? 0 : 100.0 * figures.Right / figures.Predicted;
        double recall = figures.Count == 0 ? 0 : 100.0 * figures.Right / figures.Count;
        double f1 = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
        text.Append("precision: ").Append(Percent(precision)).Append("%; recall: ").Append(Percent(recall)).Append("%; FB1: ")
            .Append(Percent(f1));
    }

    private static string Percent(double value) => PrintedNumber.Fixed(value, 2).PadLeft(6);
}
