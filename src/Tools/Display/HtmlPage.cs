using System.Net;

namespace TinySD.Tools.Display;

/// <summary>The frame of a page that needs nothing beside itself.</summary>
internal static class HtmlPage
{
    /// <summary>Everything up to the content.</summary>
    public static void Begin(TextWriter output, string title) => output.WriteLine(
        $$"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>TinySD: {{Text(title)}}</title>
        <style>
        body { font: 16px/1.45 system-ui, sans-serif; max-width: 1100px; margin: 2em auto; padding: 0 1em; color: #222; background: #fff; }
        h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; } h3 { font-size: 1em; margin: 1.6em 0 0.4em; }
        p.small { color: #555; font-size: 0.9em; } code { font-size: 0.85em; overflow-wrap: anywhere; }
        svg { width: 100%; height: auto; } text { font: 12px system-ui, sans-serif; fill: #222; }
        .dense { fill: #b8bec6; } .structured { fill: #1d7a46; } .unskipped { fill: #dbe5de; } .ground { fill: #eceff2; }
        .kept { stroke: #22303c; fill: none; } text.axis { font-size: 11px; fill: #6b7480; } .grid { stroke: #e4e8ec; fill: none; }
        table { border-collapse: collapse; } th { color: #555; border-bottom: 1px solid #b8bec6; }
        td, th { padding: 0.15em 1.2em 0.15em 0; text-align: right; font-weight: normal; font-variant-numeric: tabular-nums; }
        td:first-child, th:first-child { text-align: left; }
        tr.shown td { font-weight: bold; } table.facts td { text-align: left; vertical-align: top; }
        .pair { display: flex; flex-wrap: wrap; gap: 1em; } figure { flex: 1 1 20em; max-width: 540px; margin: 0; }
        figcaption { font-size: 0.9em; margin-top: 0.6em; } table.lists td { text-align: left; vertical-align: top; }
        .mark { fill: none; stroke: #222; stroke-width: 1.6; pointer-events: all; }
        .key { display: inline-block; width: 0.8em; height: 0.8em; margin-right: 0.3em; }
        @media (prefers-color-scheme: dark) {
        body { color: #d6dbe1; background: #14181d; } text { fill: #d6dbe1; } p.small, th { color: #9aa5b1; }
        .grid { stroke: #2b323a; } .ground { fill: #232a31; } .unskipped { fill: #35503f; } .mark, .kept { stroke: #d6dbe1; }
        text.axis { fill: #9aa5b1; } }
        </style>
        </head>
        <body>
        """);

    /// <summary>Writes a whole page to a file, or leaves what was there.</summary>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    public static void Save(string path, Action<TextWriter> write) => AtomicFile.Write(path, stream =>
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        write(writer);
    });

    /// <summary>A line of a page or a picture, its numbers the same in every culture.</summary>
    public static void Line(this TextWriter output, FormattableString line) => output.WriteLine(FormattableString.Invariant(line));

    /// <summary>A row of a table; the cells are HTML.</summary>
    public static void Row(TextWriter output, params ReadOnlySpan<string> cells)
    {
        output.Write("<tr>");
        foreach (string cell in cells) output.Write($"<td>{cell}</td>");
        output.WriteLine("</tr>");
    }

    /// <summary>A table of names and values, which are any text.</summary>
    public static void Table(TextWriter output, IEnumerable<(string Name, string Value)> rows)
    {
        output.WriteLine("<table class=\"facts\">");
        foreach ((string name, string value) in rows) Row(output, Text(name), Text(value));
        output.WriteLine("</table>");
    }

    public static void End(TextWriter output) => output.WriteLine("</body>\n</html>");

    /// <summary>Any text as it can stand in a page.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);
}
