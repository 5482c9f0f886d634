namespace TinySD.Tools.Display;

/// <summary>The last line of a terminal, which is drawn anew in its place.</summary>
/// <remarks>The cursor waits at its beginning: a terminal that is made narrower meanwhile breaks the line, and all it was broken into lies
/// behind the cursor then, to be erased at once.</remarks>
/// <param name="terminal">The terminal.</param>
/// <param name="traits">What it shows, and how many columns it has.</param>
internal sealed class LiveLine(TextWriter terminal, TerminalTraits traits)
{
    // Of the bar: at most so many columns, and a part of a narrow terminal.
    private const int LongestBar = 24, BarPart = 3;

    // To the line's beginning, and away with all behind it.
    private const string Begin = "\r", EraseRest = "\u001b[J";

    private bool _isShown;

    /// <summary>Draws a bar, the share of the whole that is done, 0 to 1, and what can be seen of a text.</summary>
    public void Show(double share, string text)
    {
        // A character in the last column would begin another line on some terminals.
        int width = traits.Columns - 1, bar = Math.Clamp(width / BarPart, 1, LongestBar);
        share = Math.Clamp(share, 0, 1);
        int done = (int)(share * bar);
        string percent = $" {Figures.Fixed(100 * share, 0),3} %  ";
        string told = Shown(VisibleText.Line(text).Replace('\t', ' '));
        told = TextWidth.Cut(percent + told, width - bar, AsciiText.Ellipsis(traits.IsAscii));
        string full = Shown(new('━', done)), rest = Shown(new('─', bar - done));
        if (traits.UseColor) (full, rest) = ($"{TextColor.Green.Begin()}{full}", $"{TextColor.Grey.Begin()}{rest}{TextColors.End}");
        terminal.Write($"{Begin}{full}{rest}{told}{EraseRest}{Begin}");
        terminal.Flush();
        _isShown = true;
    }

    /// <summary>Takes the line away, if it is there.</summary>
    public void Clear()
    {
        if (!_isShown) return;
        _isShown = false;
        terminal.Write(Begin + EraseRest);
        terminal.Flush();
    }

    private string Shown(string drawn) => traits.IsAscii ? AsciiText.Of(drawn) : drawn;
}
