namespace TinySD.Tools.Tasks.Classification;

/// <summary>What there is to say of texts with labels, a line each.</summary>
internal static class TextRemarks
{
    /// <summary>How much was cut off, or null for nothing.</summary>
    public static string? OfCut(string path, EncodedTexts texts, TextReading reading)
    {
        if (texts.Cut == 0) return null;
        string unit = reading.Level == TextLevel.Word ? "word" : "character";
        return $"{path}: {Figures.Count(texts.Cut)} of {Figures.Count(texts.Sequences.Length, "text")} longer than " +
            $"{Figures.Count(reading.MaxLength, unit)} cut there; the longest has {Figures.Count(texts.Longest)} (--max-length).";
    }
}
