namespace TinySD.Formats.Text;

/// <summary>What a token of a text is.</summary>
public enum TextLevel
{
    /// <summary>Words split at ASCII white space, and <c>&lt;eos&gt;</c> at each line's end: the convention of Mikolov's and Zaremba's Penn
    /// Treebank. Words written next to punctuation stay one word, so texts come tokenised; a no-break space is part of a word.</summary>
    Word,

    /// <summary>Unicode scalar values. The line feed is one like any other; a carriage return before it stays.</summary>
    Character,

    /// <summary>Bytes, 256 of them: any file at all, text in any encoding or no text. Nothing is skipped or refused, a byte-order mark is
    /// three bytes.</summary>
    Byte,
}
