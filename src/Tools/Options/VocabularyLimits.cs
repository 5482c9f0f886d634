namespace TinySD.Tools.Options;

/// <summary>Which tokens of a training text get a place of their own in its vocabulary.</summary>
/// <param name="MinimumCount">Rarer ones become the unknown one.</param>
/// <param name="MaximumSize">The most tokens of the vocabulary, or null for all.</param>
/// <param name="MayRise">Whether nobody said the minimum, and a greater one may be taken where other texts need it.</param>
internal readonly record struct VocabularyLimits(int MinimumCount, int? MaximumSize, bool MayRise = false);

/// <summary>The options that say so.</summary>
/// <param name="rareHelp">What becomes of rare tokens, for the help.</param>
/// <param name="marks">What is counted among the most frequent, for the help.</param>
/// <param name="usual">The usual minimum, for the help.</param>
internal sealed class VocabularyLimitOptions(string rareHelp, string marks, string usual = "1")
{
    public const string MinimumCountName = "--min-count", MaximumSizeName = "--max-vocabulary";

    /// <summary>The rarest tokens that do.</summary>
    public Option<int?> MinimumCount { get; } = Ranged.Whole(MinimumCountName, 1, int.MaxValue, $"{rareHelp} [default: {usual}]");

    /// <summary>How many do.</summary>
    public Option<int?> MaximumSize { get; } = Ranged.Whole(MaximumSizeName, 2, Vocabulary.MaxCount,
        $"Keep only the most frequent tokens, {marks} counted; the others become {Vocabulary.Unknown}. [default: all]");

    public IEnumerable<Option> All => HelpGroup.Vocabulary.Of(MinimumCount, MaximumSize);

    public VocabularyLimits Read(ParseResult parsed)
    {
        int? least = parsed.GetValue(MinimumCount);
        return new(least ?? 1, parsed.GetValue(MaximumSize), MayRise: least is null);
    }

    /// <summary>Refuses vocabularies that a model file has no room for, before anything is trained.</summary>
    /// <param name="train">What they are of.</param>
    /// <param name="epochs">Of the recipe: their record stands beside.</param>
    /// <param name="sizeNames">The options that limit their sizes.</param>
    /// <param name="vocabularies">All that the file will have.</param>
    /// <exception cref="FailureException">They are too long.</exception>
    public static void RequireRoom(string train, int epochs, string sizeNames, params ReadOnlySpan<Vocabulary> vocabularies)
    {
        if (VocabularyRoom.IsEnough(epochs, vocabularies)) return;
        int count = 0;
        foreach (Vocabulary vocabulary in vocabularies) count += vocabulary.Count;
        throw new FailureException(
            $"{train} has {Figures.Count(count)} distinct tokens, longer in all than a model file has room for. " +
            $"Give {sizeNames} or {MinimumCountName}.");
    }
}
