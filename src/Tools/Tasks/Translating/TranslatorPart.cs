using TinySD.Tools.Reproduce;

namespace TinySD.Tools.Tasks.Translating;

/// <summary>Sentences and their translations as a network is fed them.</summary>
/// <param name="Files">Their files as the user named them.</param>
/// <param name="Pairs">The pairs.</param>
/// <param name="UnknownSource">Units of the sources that have no place in the vocabulary.</param>
/// <param name="UnknownTarget">Units of the targets.</param>
/// <param name="SourceUnits">All units of the sources.</param>
internal sealed record TranslatorPart(PairFiles Files, SentencePairs Pairs, long UnknownSource, long UnknownTarget, long SourceUnits)
{
    /// <summary>What there is to say of them, a line each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Which share of either side's units is not known.</summary>
    public string UnknownInWords =>
        $"{Percent(UnknownSource, SourceUnits)} and {Percent(UnknownTarget, Pairs.TargetUnits)} % of units {Vocabulary.Unknown}";

    /// <summary>Sentences as a translator reads them.</summary>
    public static TranslatorPart Of(PairFiles files, ParallelTexts texts, TranslationUnits units)
    {
        SentencePairs pairs = units.Encode(texts);
        long source = 0, target = 0, all = 0;
        for (int i = 0; i < pairs.Count; i++)
        {
            source += pairs.SourceOf(i).Count(TranslatorConfig.Unknown);
            target += pairs.TargetOf(i).Count(TranslatorConfig.Unknown);
            all += pairs.SourceOf(i).Length;
        }

        string?[] remarks =
        [
            PieceRemarks.Of(files.Source, units.Source, texts.Sources), PieceRemarks.Of(files.Target, units.Target, texts.Targets),
        ];
        return new(files, pairs, source, target, all) { Remarks = [.. remarks.OfType<string>()] };
    }

    /// <summary>As a training record names them.</summary>
    public PairSetRecord ToRecord() => new(Files.Source, Files.Target, Pairs.Count);

    /// <summary>So that a run that goes on knows them again.</summary>
    public PairsFingerprint ToFingerprint() => new(Files.Source, Files.Target, Pairs.Count, Fingerprint.Of(Pairs));

    /// <summary>Each side by itself, so that a grid knows it again.</summary>
    public (GridSet Source, GridSet Target) ToSets()
    {
        int[][] sources = new int[Pairs.Count][], targets = new int[Pairs.Count][];
        string[][] words = new string[Pairs.Count][];
        for (int i = 0; i < Pairs.Count; i++)
            (sources[i], targets[i], words[i]) = (Pairs.SourceOf(i).ToArray(), Pairs.TargetOf(i).ToArray(), Pairs.ReferenceOf(i));
        return (
            new(Files.Source, Pairs.Count, Fingerprint.Of(new SentencePairs(sources))),
            new(Files.Target, Pairs.Count, Fingerprint.Of(new SentencePairs(targets, references: words))));
    }

    private static string Percent(long count, long all) => all == 0 ? "0" : Figures.Fixed(100.0 * count / all, 1);
}
