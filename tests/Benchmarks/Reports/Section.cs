using System.CommandLine;
using System.Globalization;

namespace TinySD.Benchmarks.Reports;

/// <summary>One command's result in Markdown. What was run is the title: the same command on the same machine has one section.</summary>
/// <param name="Title">What was measured.</param>
/// <param name="Body">The text below the title.</param>
internal sealed record Section(string Title, string Body)
{
    /// <summary>A result with what it depends on above it.</summary>
    public static Section Create(string title, ParseResult command, string note, params MarkdownTable[] tables)
    {
        string day = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        string head = $"`{CommandOf(command)}`, commit {SourceVersion.Describe()}, {day}. {Machine.Runtime}; {Machine.InstructionSets}.";
        return new Section(title, string.Join('\n', [$"{head} {note}\n", .. tables.Select(table => table.ToString())]));
    }

    /// <summary>What was typed, but for the file that the result is written to: it is no part of what was measured.</summary>
    public static string CommandOf(ParseResult command) => string.Join(' ', Words(command));

    private static IEnumerable<string> Words(ParseResult command)
    {
        string[] words = [.. command.Tokens.Select(token => token.Value)];
        for (int i = 0; i < words.Length; i++)
        {
            if (words[i] == "--out") i++;
            else yield return words[i];
        }
    }
}
