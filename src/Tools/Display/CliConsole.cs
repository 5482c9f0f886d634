using Spectre.Console.Rendering;

namespace TinySD.Tools.Display;

/// <summary>The two streams of a command: results go to <see cref="Out"/>, progress and diagnostics to <see cref="Error"/>.</summary>
/// <remarks>
/// Whatever goes through either may hold text of a file or of the command line, so that both are filtered, and so is all that Spectre lays
/// out: see <see cref="VisibleText"/>. Only Spectre's own colours and movements of the cursor, and what a model generates into a pipe, go
/// past the filter.
/// </remarks>
internal sealed class CliConsole(TextWriter output, TextWriter error, TerminalTraits traits = default)
{
    // Wide enough that nothing of a table is cut off; on a narrow terminal its lines are broken by the terminal.
    private const int WidthOfTables = 200, DefaultWidthOfTerminal = 80;

    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    private readonly Lazy<IAnsiConsole> _results = new(() => Create(output, traits.OutputIsTerminal, traits.UseColor, WidthOfTables));

    private readonly Lazy<IAnsiConsole> _messages =
        new(() => Create(error, traits.ErrorIsTerminal, traits.UseColor, traits.Width > 0 ? traits.Width : DefaultWidthOfTerminal));

    /// <summary>Standard input; empty unless it is given.</summary>
    public Stream Input { get; init; } = Stream.Null;

    /// <summary>Where results go.</summary>
    public TextWriter Out { get; } = new VisibleWriter(output);

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
    public int OutputWidth => traits.OutputIsTerminal && traits.Width > 0 ? traits.Width : DefaultWidthOfTerminal;

    /// <summary><see cref="Out"/> for tables.</summary>
    public IAnsiConsole Results => _results.Value;

    /// <summary><see cref="Error"/> for live progress.</summary>
    public IAnsiConsole Messages => _messages.Value;

    private static IAnsiConsole Create(TextWriter writer, bool isTerminal, bool useColor, int width)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isTerminal ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = isTerminal && useColor ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = isTerminal ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(writer),
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Capabilities.Unicode = true;
        console.Profile.Width = width;
        console.Pipeline.Attach(new Filter());
        return console;
    }

    // The first hook is the last that is asked, so that it sees what all others make.
    private sealed class Filter : IRenderHook
    {
        public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) =>
            renderables.Select(IRenderable (inner) => new Filtered(inner));
    }

    /// <summary>The same, its own control sequences as they are and all text as it can be seen.</summary>
    private sealed class Filtered(IRenderable inner) : IRenderable
    {
        public Spectre.Console.Rendering.Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => inner.Render(options, maxWidth).Select(Visible);

        private static Segment Visible(Segment segment)
        {
            if (segment.IsControlCode || segment.IsLineBreak) return segment;
            string text = VisibleText.Text(segment.Text);
            return ReferenceEquals(text, segment.Text) ? segment : new Segment(text, segment.Style);
        }
    }
}
