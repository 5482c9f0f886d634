namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>What is noticed in a text that may not be what its owner thinks it is.</summary>
internal static class TextWarnings
{
    /// <summary>All of it, each in a line; none for most texts.</summary>
    public static IEnumerable<string> Of(EncodedText text, Vocabulary vocabulary)
    {
        LineEnds ends = text.Tokens.LineEnds;
        if (vocabulary.Level == TextLevel.Character && ends.CarriageReturns > 0)
        {
            yield return $"{text.Name}: its {Figures.Count(ends.CarriageReturns, "carriage return")} are characters like any other; " +
                "if they are only part of line ends, take them out first, for example with tr -d '\\r'.";
        }

        if (vocabulary.Level != TextLevel.Word || vocabulary.LineMarks == LineMarks.None) yield break;
        if (ends.LoneReturns > 0 && ends.LineFeeds == 0)
        {
            yield return $"{text.Name} has no line feed and {Figures.Count(ends.LoneReturns, "carriage return")}, which are white space: " +
                $"all of it is one line, with one {Vocabulary.EndOfLine}. If they end its lines, as on old Macs, convert it first, for " +
                "example with tr '\\r' '\\n'.";
        }
        else if (ends.LoneReturns > 0)
        {
            yield return $"{text.Name}: {Figures.Count(ends.LoneReturns, "carriage return")} without a line feed behind are white space, " +
                "and end no line. If they should, convert it first, for example with sed 's/\\r$//' and then tr '\\r' '\\n'.";
        }

        if (ends.Marked == 0) yield break;
        string lines = $"{Figures.Count(ends.Marked)} of {Figures.Count(ends.Lines, "line")}";
        string already = $"{text.Name}: {lines} end in {Vocabulary.EndOfLine} already, and ";
        yield return already + (vocabulary.LineMarks == LineMarks.WhereMissing
            ? $"get no second one (train lm {VocabularyOptions.LineMarksName} says which lines get one)."
            : "get a second one, as every line does that this model reads; train with " +
                $"{VocabularyOptions.LineMarksName} auto, and there is one.");
    }
}
