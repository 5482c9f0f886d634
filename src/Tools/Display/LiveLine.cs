namespace TinySD.Tools.Display;

/// <summary>The last line of a terminal, which is drawn anew in its place.</summary>
/// <param name="terminal">The terminal.</param>
/// <param name="width">Its columns.</param>
/// <param name="useColor">Whether it shows colours.</param>
internal sealed class LiveLine(TextWriter terminal, int width, bool useColor)
{
    private const int BarWidth = 24;

    // To the line's beginning, and away with what stands behind it.
    private const string Begin = "\r", EraseRest = "\u001b[K";

    /// <summary>Draws a bar, the share of the whole that is done, 0 to 1, and what can be seen of a text.</summary>
    public void Show(double share, string text)
    {
        share = Math.Clamp(share, 0, 1);
        int done = (int)(share * BarWidth);
        string bar = new('━', done), rest = new('─', BarWidth - done);
        if (useColor) (bar, rest) = ($"{TextColor.Green.Begin()}{bar}", $"{TextColor.Grey.Begin()}{rest}{TextColors.End}");
        string percent = $" {Figures.Fixed(100 * share, 0),3} %  ";

        // A character in the last column would begin another line on some terminals.
        string told = TextWidth.Cut(VisibleText.Line(text), width - BarWidth - percent.Length - 1);
        terminal.Write($"{Begin}{bar}{rest}{percent}{told}{EraseRest}");
        terminal.Flush();
    }

    /// <summary>Takes the line away.</summary>
    public void Clear()
    {
        terminal.Write(Begin + EraseRest);
        terminal.Flush();
    }
}
