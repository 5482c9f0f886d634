namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>The token that a model is given to begin a line.</summary>
internal static class LineStart
{
    /// <summary>A model has seen lines begin after a line's end; one without line ends starts after its commonest token.</summary>
    public static int TokenOf(Vocabulary vocabulary) => EndOf(vocabulary)
        ?? (vocabulary.Level == TextLevel.Word && vocabulary.TryGetId(Vocabulary.EndOfLine, out int marked) ? marked : 0);

    /// <summary>What a line of a text ends in, as it is read; null where that is nothing.</summary>
    public static int? EndOf(Vocabulary vocabulary) => vocabulary.Level switch
    {
        TextLevel.Byte => '\n',
        TextLevel.Word => vocabulary.EndOfLineId,
        _ => vocabulary.TryGetId("\n", out int feed) ? feed : null,
    };
}
