namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>Reads the lines of standard input as a model reads texts, one at a time: each with what lines end in.</summary>
/// <param name="vocabulary">The model's.</param>
/// <param name="warnings">Told once of what the model does not know, and of another encoding.</param>
internal sealed class ScoredLines(Vocabulary vocabulary, Warnings warnings)
{
    private const string Name = StoppableInput.Name;

    private bool _isUnknownTold;

    /// <summary>Waits for the next line's tokens.</summary>
    /// <returns>Null at the end.</returns>
    /// <exception cref="FailureException">A part of it is not in the vocabulary, and that has no unknown token.</exception>
    /// <exception cref="FileProblemException">It could not be read.</exception>
    public int[]? Next(LineReader lines)
    {
        if (vocabulary.Level == TextLevel.Byte)
            return lines.TryReadBytes(out ReadOnlySpan<byte> bytes) ? [.. Widened(bytes), LineStart.EndOf(vocabulary)!.Value] : null;
        if (!lines.TryRead(out string? line)) return null;
        if (lines.HasLatin1) warnings.Say($"{Name}: not UTF-8, read as Latin-1.");

        // Words get their mark by the vocabulary's own rule.
        bool isClosed = vocabulary.Level == TextLevel.Word || LineStart.EndOf(vocabulary) is not null;
        Prompt read = Read(isClosed ? $"{line}\n" : line, lines.Line);
        if (!_isUnknownTold) read.TellUnknown(warnings);
        _isUnknownTold |= read.HasUnknown;
        return read.Tokens;
    }

    private Prompt Read(string text, long number)
    {
        string here = $"{Name}, line {number}";
        try
        {
            return Prompt.Of(here, text, vocabulary);
        }
        catch (FailureException exception)
        {
            // Within the line all is of its first line.
            string message = exception.Message.Replace($"{here}, line 1:", $"{here}:", StringComparison.Ordinal);
            throw new FailureException(message, exception) { Advice = exception.Advice };
        }
    }

    private static int[] Widened(ReadOnlySpan<byte> bytes)
    {
        int[] tokens = new int[bytes.Length];
        for (int i = 0; i < tokens.Length; i++) tokens[i] = bytes[i];
        return tokens;
    }
}
