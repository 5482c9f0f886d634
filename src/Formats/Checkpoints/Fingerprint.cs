using TinySD.Formats.Container;
using TinySD.Formats.Text;

namespace TinySD.Formats.Checkpoints;

/// <summary>Short names for data, by which a resumed run knows its own again; they find differences and are no protection against
/// forgery.</summary>
public static class Fingerprint
{
    private const int ChunkTokens = 1 << 20;

    /// <summary>XXH3-128 of token ids as little-endian 32-bit integers, 32 hexadecimal digits.</summary>
    public static string Of(ITokenSource tokens)
    {
        if (!BitConverter.IsLittleEndian) Throw.BigEndian();
        var hash = new XxHash128();
        int[] chunk = new int[Math.Min(ChunkTokens, tokens.Length)];
        for (long start = 0; start < tokens.Length; start += ChunkTokens)
        {
            Span<int> part = chunk.AsSpan(0, (int)Math.Min(ChunkTokens, tokens.Length - start));
            tokens.Read(start, part);
            hash.Append(MemoryMarshal.AsBytes(part));
        }

        return Checksum.Text(hash);
    }

    /// <summary>XXH3-128 of a vocabulary's tokens in their order, each as UTF-8 with a zero byte behind it.</summary>
    public static string Of(Vocabulary vocabulary)
    {
        var hash = new XxHash128();
        foreach (string token in vocabulary.Tokens) Append(hash, token);
        return Checksum.Text(hash);
    }

    /// <summary>XXH3-128 of labelled sequences in their order: of each its steps and its tokens, or its steps and its numbers as
    /// little-endian binary64, then how many labels it has, and these; counts, tokens and labels are little-endian 32-bit
    /// integers.</summary>
    public static string Of(LabelledSequences sequences)
    {
        if (!BitConverter.IsLittleEndian) Throw.BigEndian();
        var hash = new XxHash128();
        for (int i = 0; i < sequences.Count; i++)
        {
            Append([sequences.LengthOf(i)]);
            if (sequences.HasTokens) Append(sequences.TokensOf(i));
            else hash.Append(MemoryMarshal.AsBytes(sequences.RowsOf(i)));
            Append([sequences.LabelsOf(i).Length]);
            Append(sequences.LabelsOf(i));
        }

        return Checksum.Text(hash);

        void Append(ReadOnlySpan<int> numbers) => hash.Append(MemoryMarshal.AsBytes(numbers));
    }

    /// <summary>XXH3-128 of sentences in their order: of each how many words it has, their ids, of each word how many characters it has,
    /// and these, all as little-endian 32-bit integers; then its tags as the data have them, each as UTF-8 with a zero byte
    /// behind it.</summary>
    public static string Of(TaggedSentences sentences)
    {
        if (!BitConverter.IsLittleEndian) Throw.BigEndian();
        var hash = new XxHash128();
        for (int i = 0; i < sentences.Count; i++)
        {
            Append([sentences.LengthOf(i)]);
            Append(sentences.WordsOf(i));
            foreach (int form in sentences.FormsOf(i))
            {
                Append([sentences.CharactersOf(form).Length]);
                Append(sentences.CharactersOf(form));
            }

            if (!sentences.HasGold) continue;
            foreach (string tag in sentences.GoldOf(i)) Fingerprint.Append(hash, tag);
        }

        return Checksum.Text(hash);

        void Append(ReadOnlySpan<int> numbers) => hash.Append(MemoryMarshal.AsBytes(numbers));
    }

    /// <summary>XXH3-128 of sentences and their translations in their order: of each how many units its source has, and these, and the same
    /// of its target, all as little-endian 32-bit integers; then the words to compare with, each as UTF-8 with a zero byte behind it, and
    /// one more zero byte.</summary>
    public static string Of(SentencePairs pairs)
    {
        if (!BitConverter.IsLittleEndian) Throw.BigEndian();
        var hash = new XxHash128();
        for (int i = 0; i < pairs.Count; i++)
        {
            Append(pairs.SourceOf(i));
            if (pairs.HasTargets) Append(pairs.TargetOf(i));
            if (!pairs.HasReferences) continue;
            foreach (string word in pairs.ReferenceOf(i)) Fingerprint.Append(hash, word);
            hash.Append([0]);
        }

        return Checksum.Text(hash);

        void Append(ReadOnlySpan<int> units)
        {
            hash.Append(MemoryMarshal.AsBytes<int>([units.Length]));
            hash.Append(MemoryMarshal.AsBytes(units));
        }
    }

    /// <summary>XXH3-128 of byte-pair codes: of each merge both symbols, each as UTF-8 with a zero byte behind it; in front of them, where
    /// a word's end is a symbol of its own, one more zero byte.</summary>
    public static string Of(BytePairCodes codes)
    {
        var hash = new XxHash128();
        if (codes.MarksEndApart) hash.Append([0]);
        foreach ((string first, string second) in codes.Merges)
        {
            Append(hash, first);
            Append(hash, second);
        }

        return Checksum.Text(hash);
    }

    /// <summary>XXH3-128 of a table's columns one after the other, each its name as UTF-8 with a zero byte behind it, and its numbers as
    /// little-endian binary64, all that are missing alike.</summary>
    public static string Of(SeriesTable table)
    {
        if (!BitConverter.IsLittleEndian) Throw.BigEndian();
        var hash = new XxHash128();
        double[] column = new double[table.RowCount];
        foreach (string name in table.Names)
        {
            Append(hash, name);
            table[name].CopyTo(column);
            foreach (ref double value in column.AsSpan()) value = double.IsNaN(value) ? double.NaN : value;
            hash.Append(MemoryMarshal.AsBytes(column.AsSpan()));
        }

        return Checksum.Text(hash);
    }

    internal static string? FindFault(params ReadOnlySpan<string?> checksums)
    {
        foreach (string? text in checksums)
        {
            if (text is not null && !Checksum.IsWellFormed(text)) return "a checksum is not 32 lower-case hexadecimal digits";
        }

        return null;
    }

    private static void Append(XxHash128 hash, string text)
    {
        hash.Append(Encoding.UTF8.GetBytes(text));
        hash.Append([0]);
    }
}
