namespace TinySD.Formats.Text;

/// <summary>How sentences and their translations become numbers: the units of both sides.</summary>
public sealed class TranslationUnits
{
    /// <summary>Puts both sides together.</summary>
    /// <param name="source">The sources' units.</param>
    /// <param name="target">The targets' units.</param>
    public TranslationUnits(SentenceUnits source, SentenceUnits target)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        (Source, Target) = (source, target);
        IsShared = ReferenceEquals(source.Vocabulary, target.Vocabulary)
            || source.Vocabulary.Tokens.SequenceEqual(target.Vocabulary.Tokens);
    }

    /// <summary>The sources' units.</summary>
    public SentenceUnits Source { get; }

    /// <summary>The targets' units.</summary>
    public SentenceUnits Target { get; }

    /// <summary>Whether both sides have one vocabulary: the same units by the same numbers.</summary>
    public bool IsShared { get; }

    /// <summary>What a translator must know of its targets.</summary>
    public TranslatorForm Form => new() { TargetUnits = [.. Target.Vocabulary.Tokens], JoinsPieces = Target.JoinsPieces };

    /// <summary>Learns codes, if any are asked for, and vocabularies from training texts: the most frequent units first, ties in ordinal
    /// order.</summary>
    /// <param name="train">The training texts.</param>
    /// <param name="options">What is asked for; null for words of both sides, all of them.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="ArgumentException">Options are impossible, a side has no word, or codes are not those of a given
    /// vocabulary.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was asked for.</exception>
    public static TranslationUnits Build(ParallelTexts train, TranslationUnitOptions? options = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        options ??= new();
        options.Validate();
        Dictionary<string, long> sources = Count(train.Sources, options.IsLowerCase), targets = Count(train.Targets, options.IsLowerCase);
        if (sources.Count == 0) Throw.Argument($"{train.SourcePath}: no sentence has a word to learn from");
        if (targets.Count == 0) Throw.Argument($"{train.TargetPath}: no sentence has a word to learn from");
        BytePairCodes? codes = options.Codes;
        if (options.Merges > 0)
            codes = BytePairCodes.Learn(Sum(sources, targets), options.Merges, options.MinimumPairCount, stop);
        if (options.IsShared)
        {
            int limit = Math.Min(options.MaximumSourceSize, options.MaximumTargetSize);
            Vocabulary? given = options.SourceVocabulary ?? options.TargetVocabulary;
            var both = new SentenceUnits(
                given is null ? Listed(Sum(sources, targets), codes, options.MinimumCount, limit) : SentenceUnits.WithMarks(given),
                codes, options.IsLowerCase);
            return new TranslationUnits(both, both);
        }

        return new TranslationUnits(
            Side(options.SourceVocabulary, sources, options.MaximumSourceSize),
            Side(options.TargetVocabulary, targets, options.MaximumTargetSize));

        SentenceUnits Side(Vocabulary? given, Dictionary<string, long> counts, int limit) => new(
            given is null ? Listed(counts, codes, options.MinimumCount, limit) : SentenceUnits.WithMarks(given),
            codes, options.IsLowerCase);
    }

    /// <summary>Codes as subword-nmt learns them from both sides together.</summary>
    /// <param name="train">The training texts.</param>
    /// <param name="merges">The most merges.</param>
    /// <param name="isLowerCase">Whether upper case is made lower case first.</param>
    /// <param name="minimumCount">Pairs of symbols that are rarer are not merged.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was asked for.</exception>
    public static BytePairCodes LearnCodes(
        ParallelTexts train, int merges, bool isLowerCase = false, long minimumCount = 2, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        return BytePairCodes.Learn(
            Sum(Count(train.Sources, isLowerCase), Count(train.Targets, isLowerCase)), merges, minimumCount, stop);
    }

    /// <summary>Sentences and their translations to train on or to measure by, with the translations' words to compare with.</summary>
    /// <param name="texts">The sentences; those without words stay.</param>
    public SentencePairs Encode(ParallelTexts texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return new SentencePairs(
            Source.Encode(texts.Sources), Target.Encode(texts.Targets), [.. texts.Targets.Select(Target.ReferenceOf)]);
    }

    /// <summary>Refuses a recipe for one embedding of both sides where they have two vocabularies.</summary>
    /// <exception cref="ArgumentException">It is one.</exception>
    public void Check(TranslatorRecipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        if (!recipe.SharesEmbedding || IsShared) return;
        int sources = Source.Vocabulary.Count, targets = Target.Vocabulary.Count;
        Throw.Argument(
            $"one embedding for both sides needs one vocabulary, and there are two different ones, of {Words.Count(sources, "unit")} and " +
            $"{Words.Count(targets)}: share the vocabulary, too, or give each side its own embedding");
    }

    private static Dictionary<string, long> Count(IReadOnlyList<string[]> sentences, bool isLowerCase)
    {
        var written = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (string[] sentence in sentences)
        {
            foreach (string word in sentence) CollectionsMarshal.GetValueRefOrAddDefault(written, word, out _)++;
        }

        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach ((string word, long count) in written)
        {
            string read = isLowerCase ? word.ToLowerInvariant() : word;
            if (!SentenceUnits.IsMark(read)) CollectionsMarshal.GetValueRefOrAddDefault(counts, read, out _) += count;
        }

        return counts;
    }

    private static Dictionary<string, long> Sum(Dictionary<string, long> one, Dictionary<string, long> other)
    {
        var sum = new Dictionary<string, long>(one, StringComparer.Ordinal);
        foreach ((string word, long count) in other) CollectionsMarshal.GetValueRefOrAddDefault(sum, word, out _) += count;
        return sum;
    }

    private static Vocabulary Listed(Dictionary<string, long> words, BytePairCodes? codes, long minimumCount, int limit)
    {
        var units = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach ((string word, long count) in words)
        {
            foreach (string unit in SentenceUnits.UnitsOf(word, codes))
            {
                if (Vocabulary.Takes(TextLevel.Word, unit)) CollectionsMarshal.GetValueRefOrAddDefault(units, unit, out _) += count;
            }
        }

        // What is not known is one of the marks that a vocabulary counts by itself.
        var counts = new TokenCounts(new(TextLevel.Word, LineMarks.None), units);
        int marks = SentenceUnits.Marks.Length - 1;
        return SentenceUnits.WithMarks(counts.Distinct == 0
            ? new Vocabulary(TextLevel.Word, [Vocabulary.Unknown], LineMarks.None)
            : Vocabulary.Build(counts, minimumCount, addUnknown: true, limit - marks));
    }
}
