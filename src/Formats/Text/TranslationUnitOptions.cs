namespace TinySD.Formats.Text;

/// <summary>What a translator's vocabularies are made of.</summary>
public sealed record TranslationUnitOptions
{
    /// <summary>Whether both sides have one vocabulary.</summary>
    public bool IsShared { get; init; }

    /// <summary>Whether upper case is made lower case first.</summary>
    public bool IsLowerCase { get; init; }

    /// <summary>The codes that cut the words of both sides; null for none, unless <see cref="Merges"/> are to be learnt.</summary>
    public BytePairCodes? Codes { get; init; }

    /// <summary>The most merges of codes that are learnt from both sides together; 0 for none.</summary>
    public int Merges { get; init; }

    /// <summary>Pairs of symbols that are rarer are not merged.</summary>
    public long MinimumPairCount { get; init; } = 2;

    /// <summary>Rarer units are not known.</summary>
    public long MinimumCount { get; init; } = 1;

    /// <summary>The most units of sources, marks included, at least 4; the most frequent stay. Of one vocabulary for both sides the smaller
    /// limit counts.</summary>
    public int MaximumSourceSize { get; init; } = Vocabulary.MaxCount;

    /// <summary>The most units of targets, as of sources.</summary>
    public int MaximumTargetSize { get; init; } = Vocabulary.MaxCount;

    /// <summary>The sources' vocabulary where it is given and not counted, for example of <see cref="VocabularyFile"/>.</summary>
    public Vocabulary? SourceVocabulary { get; init; }

    /// <summary>The targets' vocabulary where it is given and not counted.</summary>
    public Vocabulary? TargetVocabulary { get; init; }

    /// <summary>Checks the options.</summary>
    /// <exception cref="ArgumentException">A number is out of range, or two options contradict each other.</exception>
    public void Validate()
    {
        const int least = 4;
        if (Merges is < 0 or > BytePairCodes.MaxCount) Throw.OutOfRange(nameof(Merges), Merges, $"0 to {BytePairCodes.MaxCount}");
        if (MinimumPairCount < 1) Throw.OutOfRange(nameof(MinimumPairCount), MinimumPairCount, "at least 1");
        if (MinimumCount < 1) Throw.OutOfRange(nameof(MinimumCount), MinimumCount, "at least 1");
        foreach (int size in (int[])[MaximumSourceSize, MaximumTargetSize])
        {
            if (size is < least or > Vocabulary.MaxCount)
                Throw.OutOfRange("the largest vocabulary", size, $"{least} to {Vocabulary.MaxCount}");
        }

        if (Codes is not null && Merges > 0) Throw.Argument("codes are given, and merges are to be learnt: it can only be one of them");
        if (IsShared && SourceVocabulary is not null && TargetVocabulary is not null
            && !SourceVocabulary.Tokens.SequenceEqual(TargetVocabulary.Tokens))
        {
            Throw.Argument("both sides are to have one vocabulary, and two different ones are given");
        }
    }
}
