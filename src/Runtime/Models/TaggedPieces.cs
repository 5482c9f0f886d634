namespace TinySD.Runtime.Models;

/// <summary>Sentences, those above a length cut into pieces of at most that.</summary>
internal sealed class TaggedPieces
{
    private readonly int[] _sentences, _starts, _lengths;

    public TaggedPieces(TaggedSentences sentences, int longest)
    {
        Sentences = sentences;
        int count = 0;
        for (int i = 0; i < sentences.Count; i++) count += PiecesOf(sentences.LengthOf(i), longest);
        _sentences = new int[count];
        _starts = new int[count];
        _lengths = new int[count];
        int piece = 0;
        for (int i = 0; i < sentences.Count; i++)
        {
            int length = sentences.LengthOf(i), pieces = PiecesOf(length, longest);
            for (int start = 0; pieces > 0; pieces--, piece++)
            {
                (_sentences[piece], _starts[piece], _lengths[piece]) = (i, start, Math.Min(longest, length - start));
                start += longest;
            }
        }
    }

    public TaggedSentences Sentences { get; }

    /// <summary>Pieces.</summary>
    public int Count => _sentences.Length;

    /// <summary>Tokens of a piece.</summary>
    public int LengthOf(int piece) => _lengths[piece];

    /// <summary>A piece's part of its sentence's words, spellings or tags.</summary>
    public ReadOnlySpan<int> Of(int piece, ReadOnlySpan<int> all) => all.Slice(_starts[piece], _lengths[piece]);

    /// <summary>The sentence that a piece is of.</summary>
    public int SentenceOf(int piece) => _sentences[piece];

    // An empty sentence is one piece.
    private static int PiecesOf(int length, int longest) => Math.Max(1, (int)(((long)length + longest - 1) / longest));
}
