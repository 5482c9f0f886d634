namespace TinySD.Tools.Display;

/// <summary>Writes what can be seen, and nothing that a terminal would obey: see <see cref="VisibleText"/>.</summary>
/// <remarks>What is written as a line is one: a line feed in it is shown. Text of several lines is written with <c>Write</c>.</remarks>
internal sealed class VisibleWriter(TextWriter inner) : TextWriter(inner.FormatProvider)
{
    /// <summary>Called before anything is written; may be null.</summary>
    public Action? Before { get; init; }

    /// <summary>Columns that a line may take, beyond which it is parted at spaces; null for lines of any length.</summary>
    public Func<int>? Width { get; init; }

    /// <summary>Whether what the program draws is written in ASCII.</summary>
    public bool IsAscii { get; init; }

    /// <summary>Whether anything was written.</summary>
    public bool HasWritten { get; private set; }

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => Write([value]);

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        Begin();
        if (IsAscii) VisibleText.Write(inner, AsciiText.Of(buffer.ToString()));
        else VisibleText.Write(inner, buffer);
    }

    public override void Write(string? value) => Write(value.AsSpan());

    public override void WriteLine()
    {
        Begin();
        inner.WriteLine();
    }

    public override void WriteLine(string? value)
    {
        Begin();
        string line = VisibleText.Line(value ?? "");
        if (IsAscii) line = AsciiText.Of(line);
        foreach (string part in Width is null ? [line] : Paragraph.Lines(line, Width())) inner.WriteLine(part);
    }

    public override void WriteLine(ReadOnlySpan<char> buffer) => WriteLine(buffer.ToString());

    public override void WriteLine(char[] buffer, int index, int count) => WriteLine(new string(buffer, index, count));

    public override void Flush() => inner.Flush();

    private void Begin()
    {
        HasWritten = true;
        Before?.Invoke();
    }
}
