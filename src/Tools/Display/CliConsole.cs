namespace TinySD.Tools.Display;

/// <summary>The two streams of a command: results go to <see cref="Out"/> and <see cref="Prose"/>, progress and diagnostics to <see
/// cref="Error"/>.</summary>
/// <remarks>
/// Whatever goes through either may hold text of a file or of the command line, so that both are filtered, and so are the cells of tables
/// and what is drawn in place: see <see cref="VisibleText"/>. Only colours, movements of the cursor, and what a model generates into a pipe
/// go past the filter.
/// </remarks>
internal sealed class CliConsole
{
    private const int DefaultWidthOfDrawings = 80;

    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly TextWriter _output;
    private readonly TerminalTraits _traits;

    public CliConsole(TextWriter output, TextWriter error, TerminalTraits traits = default)
    {
        (_output, _traits) = (output, traits);
        Live = new LiveLine(error, traits);

        // What is drawn in place gives way to every line that comes on the same terminal.
        Action? giveWay = traits.ErrorIsTerminal ? Live.Clear : null, alsoGiveWay = traits.OutputIsTerminal ? giveWay : null;
        Func<int>? outputWidth = traits.OutputIsTerminal ? () => traits.Columns : null;
        Func<int>? errorWidth = traits.ErrorIsTerminal ? () => traits.Columns : null;
        Out = new VisibleWriter(output) { Before = alsoGiveWay };
        Prose = new VisibleWriter(output)
        {
            Before = alsoGiveWay,
            Width = outputWidth,
            IsAscii = traits.OutputIsTerminal && traits.IsAscii,
        };
        Error = new VisibleWriter(error)
        {
            Before = giveWay,
            Width = errorWidth,
            IsAscii = traits.ErrorIsTerminal && traits.IsAscii,
        };
    }

    /// <summary>Standard input; empty unless it is given.</summary>
    public Stream Input { get; init; } = Stream.Null;

    /// <summary>Where results go.</summary>
    public VisibleWriter Out { get; }

    /// <summary>The same for prose and drawings, each line of prose a paragraph: a terminal gets it in lines of its width and in characters
    /// that it has, a pipe or a file as it is.</summary>
    public TextWriter Prose { get; }

    /// <summary>How this program is called, in a command that is shown to be typed.</summary>
    public string Command { get; init; } = OwnCommand.Name;

    /// <summary>A command that begins with <c>tinysd</c>, as it can be typed here.</summary>
    public string Typed(string command) => $"{Command}{command[OwnCommand.Name.Length..]}";

    /// <summary>Where what a model makes up goes: as it is into a pipe or a file, as what can be seen to a terminal.</summary>
    public TextWriter Generated => _traits.OutputIsTerminal ? Out : _output;

    /// <summary>Writes bytes, which need not be text, as <see cref="Generated"/> takes text.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        if (_traits.OutputIsTerminal || _output is not StreamWriter writer)
        {
            // A terminal, and a writer that no stream stands behind, can only take text, whose characters may come in parts.
            Span<char> text = stackalloc char[bytes.Length + 1];
            Generated.Write(text[.._decoder.GetChars(bytes, text, flush: false)]);
            return;
        }

        writer.Flush();
        writer.BaseStream.Write(bytes);
    }

    /// <summary>Where progress and diagnostics go, as <see cref="Prose"/>.</summary>
    public TextWriter Error { get; }

    /// <summary>Shows progress in the place of what <see cref="Error"/> would get; null for that.</summary>
    public IProgressDisplay? Progress { get; init; }

    /// <summary>Whether progress can be drawn in place.</summary>
    public bool ErrorIsTerminal => _traits.ErrorIsTerminal;

    /// <summary>Columns that a drawing on <see cref="Prose"/> may take.</summary>
    public int OutputWidth => _traits.OutputIsTerminal ? _traits.Columns : DefaultWidthOfDrawings;

    /// <summary>The line of <see cref="Error"/> in which progress is drawn.</summary>
    public LiveLine Live { get; }

    /// <summary>How tables look: whole where they go to a pipe or a file, within a terminal's columns else.</summary>
    public TableLook Tables => _traits.OutputIsTerminal ? new(_traits.UseColor, _traits.Columns, _traits.IsAscii) : default;

    /// <summary>Writes a table where results go.</summary>
    public void Write(Table table) => table.Write(_output, Tables);

    /// <inheritdoc cref="Table.Write(TextWriter, TableLook, IEnumerable{string[]}, string[])"/>
    public void Write(IEnumerable<string[]> rows, params string[] columns) => Table.Write(_output, Tables, rows, columns);
}
