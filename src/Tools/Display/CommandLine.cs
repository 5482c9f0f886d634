namespace TinySD.Tools.Display;

/// <summary>The command line as a user could type it again.</summary>
internal static class CommandLine
{
    // What a shell would take for something else; quotes and all of these are harmless within single quotes.
    private const string Plain = "-_./,:=+@%";

    /// <summary>Its words but some, with <c>tinysd</c> before them, quoted for a Unix shell where they need it.</summary>
    public static string Of(ParseResult parsed, params string[] without) =>
        string.Join(' ', ["tinysd", .. parsed.Tokens.Select(token => token.Value).Where(word => !without.Contains(word)).Select(Quoted)]);

    /// <summary>The command as messages name it: <c>tinysd train lm</c>.</summary>
    public static string NameOf(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = at.Parent)
            names.Push(command.Command is RootCommand ? "tinysd" : command.Command.Name);
        return string.Join(' ', names);
    }

    /// <summary>One word, quoted for a Unix shell where it needs it.</summary>
    public static string Quoted(string word)
    {
        bool isPlain = word.Length > 0;
        foreach (char c in word) isPlain &= char.IsLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal);
        return isPlain ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }
}
