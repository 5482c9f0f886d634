namespace TinySD.Tools.Display;

/// <summary>Writes what can be seen, and nothing that a terminal would obey: see <see cref="VisibleText"/>.</summary>
/// <remarks>What is written as a line is one: a line feed in it is shown. Text of several lines is written with <c>Write</c>.</remarks>
internal sealed class VisibleWriter(TextWriter inner) : TextWriter(inner.FormatProvider)
{
    /// <summary>Columns that a line may take, beyond which it is parted at spaces; null for lines of any length.</summary>
    public Func<int>? Width { get; init; }

    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value) => VisibleText.Write(inner, [value]);

    public override void Write(char[] buffer, int index, int count) => VisibleText.Write(inner, buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer) => VisibleText.Write(inner, buffer);

    public override void Write(string? value) => VisibleText.Write(inner, value);

    public override void WriteLine() => inner.WriteLine();

    public override void WriteLine(string? value)
    {
        string line = VisibleText.Line(value ?? "");
        foreach (string part in Width is null ? [line] : Paragraph.Lines(line, Width())) inner.WriteLine(part);
    }

    public override void WriteLine(ReadOnlySpan<char> buffer) => WriteLine(buffer.ToString());

    public override void WriteLine(char[] buffer, int index, int count) => WriteLine(new string(buffer, index, count));

    public override void Flush() => inner.Flush();
}
