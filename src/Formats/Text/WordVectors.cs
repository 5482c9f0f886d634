namespace TinySD.Formats.Text;

/// <summary>Vectors of words as GloVe and word2vec write them in text: a word a line, and its numbers behind it.</summary>
/// <remarks>Fields have blanks or tabs between them; the file may be plain or gzip, told by its content. A first line of two whole numbers
/// says how many words there are and how many numbers each has (word2vec; GloVe has none). All lines have as many numbers as the first.
/// A word may have blanks in it. Of a word that is there twice the first counts. Only the words that are asked for are kept.</remarks>
public sealed class WordVectors
{
    private readonly Dictionary<string, float[]> _vectors;

    internal WordVectors(int dimension, long count, Dictionary<string, float[]> vectors, IReadOnlyList<string> remarks) =>
        (Dimension, Count, _vectors, Remarks) = (dimension, count, vectors, remarks);

    /// <summary>Numbers of each vector.</summary>
    public int Dimension { get; }

    /// <summary>Words of the file, those that were not asked for too.</summary>
    public long Count { get; }

    /// <summary>What a user should know of how it was read, one line each: another number of words than the file says.</summary>
    public IReadOnlyList<string> Remarks { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="words">Words to look for, as they are and in lower case.</param>
    /// <param name="dimension">Numbers that a vector must have; null for any.</param>
    /// <param name="progress">Told now and then how much of the file is read, 0 to 1.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FileProblemException">It cannot be read or is no such text, a line has other numbers than the first, or vectors are
    /// not of the dimension asked for.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was asked for.</exception>
    public static WordVectors Read(
        string path, IReadOnlyCollection<string> words, int? dimension = null, Action<double>? progress = null,
        CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (dimension < 1) Throw.OutOfRange(nameof(dimension), dimension, "at least 1");
        using var reader = new WordVectorReader(path, words, dimension);
        return reader.Read(progress, stop);
    }

    /// <summary>The vector of a word, or else of the word in lower case.</summary>
    /// <param name="word">One of those that were asked for.</param>
    /// <param name="vector">Its numbers, [<see cref="Dimension"/>].</param>
    /// <returns>Whether the file has one.</returns>
    public bool TryGet(string word, out ReadOnlySpan<float> vector)
    {
        bool has = _vectors.TryGetValue(word, out float[]? found) || _vectors.TryGetValue(word.ToLowerInvariant(), out found);
        vector = found;
        return has;
    }

    /// <summary>Writes the vectors of a vocabulary's words where its embedding is; those of words without one stay as they are.</summary>
    /// <param name="vocabulary">The words.</param>
    /// <param name="embedding">[V][<see cref="Dimension"/>].</param>
    /// <returns>Words that got one.</returns>
    /// <exception cref="ArgumentException">The embedding is of another size.</exception>
    public int CopyTo(Vocabulary vocabulary, Span<float> embedding)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        if (embedding.Length != (long)vocabulary.Count * Dimension)
        {
            Throw.Argument($"the embedding has {embedding.Length} numbers; {vocabulary.Count} words of {Dimension} numbers each were " +
                "expected");
        }

        int found = 0;
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (!TryGet(vocabulary[id], out ReadOnlySpan<float> vector)) continue;
            vector.CopyTo(embedding.Slice(id * Dimension, Dimension));
            found++;
        }

        return found;
    }
}
