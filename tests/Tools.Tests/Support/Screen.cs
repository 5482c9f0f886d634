using System.Text;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary>A small terminal: what is fed to it, as it would be seen. It knows what the program sends (line feeds, carriage returns,
/// colours, erasing to the end of the line or the screen) and throws at all else; when its width changes it breaks lines anew, as
/// terminals do.</summary>
internal sealed class Screen(int width) : TextWriter
{
    private readonly List<StringBuilder> _lines = [new()];
    private readonly StringBuilder _escape = new();

    // A line of the text, however many rows it takes, and how many of its characters are before the cursor.
    private int _line, _at;

    public override Encoding Encoding => Encoding.UTF8;

    public int Width { get; set; } = width;

    /// <summary>Whether a character ever came to stand in the last column, where terminals do not agree what is next.</summary>
    public bool ReachedLastColumn { get; private set; }

    /// <summary>The rows, without what is empty at their ends.</summary>
    public string[] Rows =>
    [
        .. _lines.SelectMany(line => Broken(line.ToString().TrimEnd())).Reverse().SkipWhile(row => row.Length == 0).Reverse(),
    ];

    /// <summary>The row that the cursor is in.</summary>
    public string CursorRow => Broken(_lines[_line].ToString().TrimEnd())[0];

    public override void Write(char value)
    {
        if (_escape.Length > 0 || value == '\u001b') Escape(value);
        else if (value == '\r') _at = 0;
        else if (value == '\n') NextLine();
        else Put(value);
    }

    private void Escape(char value)
    {
        _escape.Append(value);
        if (!char.IsLetter(value)) return;
        string sequence = _escape.ToString()[1..];
        _escape.Clear();
        StringBuilder line = _lines[_line];
        if (sequence is "[K" or "[J" && _at < line.Length) line.Length = _at;
        if (sequence == "[J") _lines.RemoveRange(_line + 1, _lines.Count - _line - 1);
        if (sequence is not ("[K" or "[J") && !sequence.EndsWith('m')) throw new InvalidOperationException($"what is ESC {sequence}?");
    }

    private void NextLine()
    {
        _line++;
        _at = 0;
        if (_line == _lines.Count) _lines.Add(new());
    }

    private void Put(char value)
    {
        StringBuilder line = _lines[_line];
        if (_at < line.Length) line[_at] = value;
        else line.Append(value);
        _at++;
        ReachedLastColumn |= TextWidth.Of(line.ToString(0, _at)) >= Width;
    }

    private string[] Broken(string line)
    {
        var rows = new List<string>();
        var row = new StringBuilder();
        foreach (Rune rune in line.EnumerateRunes())
        {
            if (TextWidth.Of($"{row}{rune}") > Width)
            {
                rows.Add(row.ToString());
                row.Clear();
            }

            row.Append(rune);
        }

        return [.. rows, row.ToString()];
    }
}
