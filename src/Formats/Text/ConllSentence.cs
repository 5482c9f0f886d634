namespace TinySD.Formats.Text;

/// <summary>A sentence of a CoNLL file.</summary>
public sealed class ConllSentence
{
    internal ConllSentence(long line, bool isDocumentMark, ImmutableArray<string> words, ImmutableArray<string> tags) =>
        (Line, IsDocumentMark, Words, Tags) = (line, isDocumentMark, words, tags);

    /// <summary>The line of its first word, counted from 1; each of its words has a line, one behind the other.</summary>
    public long Line { get; }

    /// <summary>Whether it is a line that begins a document, <see cref="ConllFile.DocumentMark"/>, and no sentence.</summary>
    public bool IsDocumentMark { get; }

    /// <summary>Its words as they are written; at least one.</summary>
    public ImmutableArray<string> Words { get; }

    /// <summary>The tag of each word as it is written; none where none were asked for.</summary>
    public ImmutableArray<string> Tags { get; }
}
