namespace TinySD.Tools.Display;

/// <summary>The two streams of a command: results go to <see cref="Out"/>, progress and diagnostics to <see cref="Error"/>.</summary>
/// <remarks>
/// Whatever goes through either may hold text of a file or of the command line, so that both are filtered, and so are the cells of tables
/// and what is drawn in place: see <see cref="VisibleText"/>. Only colours, movements of the cursor, and what a model generates into a pipe
/// go past the filter.
/// </remarks>
internal sealed class CliConsole(TextWriter output, TextWriter error, TerminalTraits traits = default)
{
    private const int DefaultWidthOfTerminal = 80;

    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <summary>Standard input; empty unless it is given.</summary>
    public Stream Input { get; init; } = Stream.Null;

    /// <summary>Where results go.</summary>
    public TextWriter Out { get; } = new VisibleWriter(output);

    /// <summary>The same for prose, each line of it a paragraph: a terminal gets it in lines of its width, a pipe or a file as it
    /// is.</summary>
    public TextWriter Prose { get; } = new VisibleWriter(output) { Width = traits.OutputIsTerminal ? () => WidthOf(traits) : null };

    /// <summary>How this program is called, in a command that is shown to be typed.</summary>
    public string Command { get; init; } = OwnCommand.Name;

    /// <summary>Where what a model makes up goes: as it is into a pipe or a file, as what can be seen to a terminal.</summary>
    public TextWriter Generated => traits.OutputIsTerminal ? Out : output;

    /// <summary>Writes bytes, which need not be text, as <see cref="Generated"/> takes text.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        if (traits.OutputIsTerminal || output is not StreamWriter writer)
        {
            // A terminal, and a writer that no stream stands behind, can only take text, whose characters may come in parts.
            Span<char> text = stackalloc char[bytes.Length + 1];
            Generated.Write(text[.._decoder.GetChars(bytes, text, flush: false)]);
            return;
        }

        writer.Flush();
        writer.BaseStream.Write(bytes);
    }

    /// <summary>Where progress and diagnostics go.</summary>
    public TextWriter Error { get; } = new VisibleWriter(error);

    /// <summary>Shows progress in the place of what <see cref="Error"/> would get; null for that.</summary>
    public IProgressDisplay? Progress { get; init; }

    /// <summary>Whether progress can be drawn in place.</summary>
    public bool ErrorIsTerminal => traits.ErrorIsTerminal;

    /// <summary>Columns that a drawing on <see cref="Out"/> may take.</summary>
    public int OutputWidth => traits.OutputIsTerminal ? WidthOf(traits) : DefaultWidthOfTerminal;

    /// <summary>The line of <see cref="Error"/> in which progress is drawn.</summary>
    public LiveLine Live => new(error, WidthOf(traits), traits.UseColor);

    /// <summary>Writes a table where results go.</summary>
    public void Write(Table table) => table.Write(output, traits.OutputIsTerminal && traits.UseColor);

    private static int WidthOf(TerminalTraits traits) => traits.Width > 0 ? traits.Width : DefaultWidthOfTerminal;
}
