using System.Text;
using Spectre.Console;

namespace TinySD.Tools.Display;

/// <summary>The two streams of a command: results go to <see cref="Out"/>, progress and diagnostics to <see cref="Error"/>.</summary>
/// <param name="output">Standard output, or a test's writer.</param>
/// <param name="error">Standard error, or a test's writer.</param>
/// <param name="traits">What they are connected to.</param>
internal sealed class CliConsole(TextWriter output, TextWriter error, TerminalTraits traits = default)
{
    // Wide enough that nothing of a table is cut off; on a narrow terminal its lines are broken by the terminal.
    private const int WidthOfTables = 200, DefaultWidthOfTerminal = 80;

    private readonly Lazy<IAnsiConsole> _results = new(() => Create(output, traits.OutputIsTerminal, traits.UseColor, WidthOfTables));

    private readonly Lazy<IAnsiConsole> _messages =
        new(() => Create(error, traits.ErrorIsTerminal, traits.UseColor, traits.Width > 0 ? traits.Width : DefaultWidthOfTerminal));

    /// <summary>Where results go.</summary>
    public TextWriter Out { get; } = output;

    /// <summary>Writes bytes to <see cref="Out"/> as they are, which need not be text.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        // A writer that no stream stands behind can only take text.
        if (Out is not StreamWriter writer)
        {
            Out.Write(Encoding.UTF8.GetString(bytes));
            return;
        }

        writer.Flush();
        writer.BaseStream.Write(bytes);
    }

    /// <summary>Where progress and diagnostics go.</summary>
    public TextWriter Error { get; } = error;

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
        return console;
    }
}
