using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace TinySD.Tools.Tests;

/// <summary>Rows of a terminal as a picture that every browser shows, in SVG: for a page that cannot hold a terminal.</summary>
internal static partial class TerminalPicture
{
    // Pixels: a character, a row, and what is left free around.
    private const double CharacterWidth = 8.4;
    private const int RowHeight = 18, Margin = 16;

    // Blanks side by side are one in SVG, unless they are of this kind.
    private const char Blank = '\u00a0';

    /// <summary>Draws them.</summary>
    /// <param name="title">For those who cannot see it.</param>
    /// <param name="rows">Rows without colours.</param>
    /// <param name="columns">The terminal's width.</param>
    public static string Draw(string title, IReadOnlyList<string> rows, int columns)
    {
        double width = (columns * CharacterWidth) + (2 * Margin);
        int height = (rows.Count * RowHeight) + (2 * Margin);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
            <title>{WebUtility.HtmlEncode(title)}</title>
            <rect width="100%" height="100%" rx="8" fill="#14181d"/>
            <g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" fill="#d6dbe1">

            """);
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].Length == 0) continue;

            // Every row gets the length that its characters should have, whatever font there is.
            int y = Margin + ((i + 1) * RowHeight) - 5;
            double length = rows[i].Length * CharacterWidth;
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text x=\"{Margin}\" y=\"{y}\" textLength=\"{length:0.#}\">{Escaped(rows[i])}</text>\n");
        }

        return svg.Append("</g>\n</svg>\n").ToString();
    }

    /// <summary>The rows of a picture, without the empty ones.</summary>
    public static string[] RowsOf(string svg) =>
        [.. TextElement().Matches(svg).Select(match => WebUtility.HtmlDecode(match.Groups[1].Value).Replace(Blank, ' '))];

    private static string Escaped(string row) =>
        row.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace(' ', Blank);

    [GeneratedRegex("<text [^>]*>(.*?)</text>")]
    private static partial Regex TextElement();
}
