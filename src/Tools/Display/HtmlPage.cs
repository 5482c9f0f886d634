using System.Net;

namespace TinySD.Tools.Display;

/// <summary>The frame of a page that needs nothing beside itself, on a light ground or a dark one, as whoever reads it likes, and on paper
/// and screens of any width: tables that are too wide scroll, and so do pictures before their words are too small to be read.</summary>
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
        :root { color-scheme: light; {{PageColors.Properties(isDark: false)}} }
        @media screen and (prefers-color-scheme: dark) { :root { color-scheme: dark; {{PageColors.Properties(isDark: true)}} } }
        body { font: 16px/1.45 system-ui, sans-serif; max-width: 1100px; margin: 2em auto; padding: 0 1em; color: var(--text);
        background: var(--paper); overflow-wrap: break-word; }
        h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2em; } h3 { font-size: 1em; margin: 1.6em 0 0.4em; }
        p.small, ul.small { color: var(--quiet); font-size: 0.9em; } code { font-size: 0.85em; overflow-wrap: anywhere; }
        svg { width: 100%; height: auto; display: block; } text { font: 12px system-ui, sans-serif; fill: var(--text); }
        .dense { fill: var(--dense); } .structured { fill: var(--green); } .unskipped { fill: var(--unskipped); }
        .ground { fill: var(--ground); } .kept { stroke: var(--ink); fill: none; } text.axis { font-size: 11px; fill: var(--quiet); }
        .grid { stroke: var(--grid); fill: none; } .mark { fill: none; stroke: var(--text); stroke-width: 1.6; pointer-events: all; }
        table { border-collapse: collapse; display: block; overflow-x: auto; max-width: 100%; }
        th { color: var(--quiet); border-bottom: 1px solid var(--rule); vertical-align: bottom; }
        td, th { padding: 0.15em 1.2em 0.15em 0; text-align: right; font-weight: normal; font-variant-numeric: tabular-nums; }
        td { white-space: nowrap; } table.facts td + td { white-space: normal; overflow-wrap: anywhere; }
        table.lists td:last-child { white-space: normal; min-width: 16em; }
        td:first-child, th:first-child { text-align: left; } tr.shown td { font-weight: bold; }
        table.facts td, table.lists td { text-align: left; vertical-align: top; }
        .picture { overflow-x: auto; } .picture svg { min-width: 760px; }
        .pair { display: flex; flex-wrap: wrap; gap: 1em; } figure { flex: 1 1 20em; max-width: 540px; margin: 0; }
        figcaption { font-size: 0.9em; margin-top: 0.6em; }
        .key { border-left: 0.8em solid; padding-left: 0.3em; }
        @media (max-width: 700px) { text.axis { font-size: 13px; } figure { flex-basis: 100%; } }
        @media print { body { max-width: none; margin: 0; } table { display: table; } .picture svg { min-width: 0; }
        svg, tr, figure { break-inside: avoid; } h2, h3 { break-after: avoid; } }
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

    /// <summary>Begins a picture as wide as the page.</summary>
    /// <param name="output">The page.</param>
    /// <param name="width">Its units across.</param>
    /// <param name="height">And down.</param>
    /// <param name="title">What it is, for those who cannot see it.</param>
    public static void BeginPicture(TextWriter output, int width, int height, string title)
    {
        output.WriteLine("<div class=\"picture\">");
        output.Line($"""<svg viewBox="0 0 {width} {height}" role="img" aria-label="{Text(title)}">""");
    }

    public static void EndPicture(TextWriter output) => output.WriteLine("</svg></div>");

    /// <summary>The name of what is drawn in a colour, with a mark of the colour before it.</summary>
    public static string Key(string color, string name) => $"<span class=\"key\" style=\"border-color:{color}\">{Text(name)}</span>";

    /// <summary>A row of a table; the cells are HTML.</summary>
    public static void Row(TextWriter output, params ReadOnlySpan<string> cells)
    {
        output.Write("<tr>");
        foreach (string cell in cells) output.Write($"<td>{cell}</td>");
        output.WriteLine("</tr>");
    }

    /// <summary>A table of names and values, which are any text; nothing where there is none.</summary>
    public static void Table(TextWriter output, IEnumerable<(string Name, string Value)> rows)
    {
        (string Name, string Value)[] all = [.. rows];
        if (all.Length == 0) return;
        output.WriteLine("<table class=\"facts\">");
        foreach ((string name, string value) in all) Row(output, Text(name), Text(value));
        output.WriteLine("</table>");
    }

    /// <summary>A list, if there is anything in it; its lines are HTML.</summary>
    public static void List(TextWriter output, IEnumerable<string> lines)
    {
        string[] all = [.. lines];
        if (all.Length == 0) return;
        output.WriteLine("<ul>");
        foreach (string line in all) output.WriteLine($"<li>{line}</li>");
        output.WriteLine("</ul>");
    }

    public static void End(TextWriter output) => output.WriteLine("</body>\n</html>");

    /// <summary>Any text as it can stand in a page.</summary>
    public static string Text(string text) => WebUtility.HtmlEncode(text);
}
