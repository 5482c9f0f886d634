namespace TinySD.Formats.Text;

/// <summary>A sentence: its words, and the tag of each if there are any.</summary>
public sealed class ConllSentence
{
    /// <summary>Puts it together.</summary>
    /// <param name="words">Its words as they are written; of a file at least one.</param>
    /// <param name="tags">The tag of each; none where there are none.</param>
    /// <exception cref="ArgumentException">There is another number of tags, or one of the two lists is not given.</exception>
    public ConllSentence(ImmutableArray<string> words, ImmutableArray<string> tags)
    {
        if (words.IsDefault || tags.IsDefault) Throw.Argument("words or tags are not given; an empty list stands for none");
        if (tags.Length > 0 && tags.Length != words.Length)
        {
            string found = Formats.Words.Counted(tags.Length, "tag");
            Throw.Argument($"{found} for {Formats.Words.Counted(words.Length, "word")}; expected one for each");
        }

        (Words, Tags) = (words, tags);
    }

    /// <summary>One without tags.</summary>
    /// <param name="words">Its words as they are written.</param>
    public ConllSentence(ImmutableArray<string> words)
        : this(words, [])
    {
    }

    /// <summary>Its words as they are written.</summary>
    public ImmutableArray<string> Words { get; }

    /// <summary>The tag of each word as it is written; none where there are none.</summary>
    public ImmutableArray<string> Tags { get; }

    /// <summary>The line of its first word, counted from 1, where it is of a file: each of its words has a line there, one behind the
    /// other.</summary>
    public long Line { get; internal init; }

    /// <summary>Whether it is a line that begins a document, <see cref="ConllFile.DocumentMark"/>, and no sentence.</summary>
    public bool IsDocumentMark { get; internal init; }
}
