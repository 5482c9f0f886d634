using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Translating;

/// <summary>The options that say how a translator's data are read and divided.</summary>
internal sealed class TranslatorDataOptions
{
    public const string ValidFractionName = HeldOutShare.OptionName, ShareName = "--share-vocabulary", CodesName = "--bpe-codes";

    /// <summary>The options that limit the sizes of vocabularies, as a list.</summary>
    public const string SizeNames = $"{SourceSizeName}, {TargetSizeName}, {MergesName}";

    private const string MergesName = "--bpe", LowerName = "--lower", SourceSizeName = "--source-vocabulary-size",
        TargetSizeName = "--target-vocabulary-size", SourceListName = "--source-vocabulary", TargetListName = "--target-vocabulary",
        SplitSeedName = "--split-seed", CountName = VocabularyLimitOptions.MinimumCountName;

    private const string Learnt = "how words are cut and which have a place is the model's own";

    private static readonly Spelling<int> s_merges = Spelling.Whole(0, 1_000_000),
        s_size = Spelling.Whole(TranslatorConfig.MarkCount + 1, Vocabulary.MaxCount), s_count = Spelling.Whole(1);

    private static readonly string s_yes = Spelling.Switch.NameOf(true), s_no = Spelling.Switch.NameOf(false);

    private static readonly OptionWords s_words = new(new()
    {
        [MergesName] = new(s_merges.Current, s_merges.NameOf(0)),
        [LowerName] = new(Spelling.Switch.Current, s_no),
        [ShareName] = new(Spelling.Switch.Current, s_no),
        [SourceSizeName] = new(s_size.Current, null),
        [TargetSizeName] = new(s_size.Current, null),
        [CountName] = new(s_count.Current, s_count.NameOf(1)),
        [ValidFractionName] = new(OptionWords.Share.Current, null),
        [SplitSeedName] = new(Spelling.Seed.Current, Spelling.Seed.NameOf(1)),
    });

    // Files that say what the units are.
    private static readonly string[] s_units = [CodesName, SourceListName, TargetListName];

    // What presets say of the data beside the recipe: the vocabularies of those who published them, and for our own what was best.
    private static readonly Dictionary<string, (string Option, string Word)[]> s_presets = new(StringComparer.Ordinal)
    {
        ["multi30k-small"] = [(MergesName, "8000")],
        ["opennmt-500"] = [(SourceSizeName, "50000"), (TargetSizeName, "50000")],
        ["luong-envi-512"] = [(CountName, "5")],
        ["iwslt-deen"] = [(MergesName, "14000"), (LowerName, s_yes)],
    };

    private readonly Option<int?> _merges = Ranged.Value(MergesName, s_merges,
        "Cut words into pieces: learn so many byte-pair merges on both sides of the training text together, as subword-nmt does; 0 for " +
        "whole words. [default: the preset's]");

    private readonly FileOption _codes = FileOption.Input(CodesName,
        $"Cut words into pieces by the codes of this file, as subword-nmt writes it, in place of {MergesName}.");

    private readonly Option<bool> _share = new(ShareName, "--shared-vocabulary")
    {
        Description = "Have one vocabulary for both sides, of the units of both.",
    };

    private readonly FileOption _sourceList = FileOption.Input(SourceListName,
        "The source's vocabulary, a unit a line, in place of one that is learnt.");

    private readonly FileOption _targetList = FileOption.Input(TargetListName, "The target's vocabulary, likewise.");

    private readonly Option<int?> _sourceSize = Ranged.Value(SourceSizeName, s_size,
        $"Keep only the most frequent units of the source, marks counted; the others become {Vocabulary.Unknown}. [default: all]");

    private readonly Option<int?> _targetSize = Ranged.Value(TargetSizeName, s_size, "The same of the target. [default: all]");

    private readonly Option<int?> _count = Ranged.Value(CountName, s_count,
        $"Units rarer than this in the training text become {Vocabulary.Unknown}, as all do that it does not have. [default: 1]");

    private readonly Option<bool> _lower = new(LowerName) { Description = "Make both sides lower case. The model remembers it." };

    private readonly Option<float?> _validFraction = Ranged.Value(ValidFractionName, OptionWords.Share,
        "Validate on this share of the training pairs, and train on the rest. " + HeldOutShare.UsualHelp);

    private readonly Option<ulong?> _splitSeed = Ranged.Value(SplitSeedName, Spelling.Seed,
        $"Another seed has {ValidFractionName} hold out others; --seed does not. [default: 1]");

    /// <summary>Those that name files, and what a reading has of each.</summary>
    public IReadOnlyList<(FileOption Option, string? Path)> FilesOf(TranslatorReading reading) =>
        [(_codes, reading.Codes), (_sourceList, reading.SourceVocabulary), (_targetList, reading.TargetVocabulary)];

    public IEnumerable<Option> All =>
    [
        .. HelpGroup.Vocabulary.Of<Option>(
            _merges, _codes, _share, _sourceList, _targetList, _sourceSize, _targetSize, _count, _lower),
        .. HelpGroup.Data.MainOf<Option>(_validFraction), .. HelpGroup.Data.Of<Option>(_splitSeed),
    ];

    /// <summary>Whether options say that the validation pairs are a part of the training files.</summary>
    public static bool HoldsOutValid(IReadOnlyDictionary<string, string> given) => given.ContainsKey(ValidFractionName);

    /// <summary>Options but for those that name a file, whose place may be another when a run goes on.</summary>
    public static IReadOnlyDictionary<string, string> WithoutFiles(IReadOnlyDictionary<string, string> given)
    {
        var others = new Dictionary<string, string>(given);
        foreach (string name in s_units) others.Remove(name);
        return others;
    }

    /// <summary>A reading of a run that goes on, with files where the command line says they are now.</summary>
    public TranslatorReading Moved(ParseResult parsed, TranslatorReading reading) => reading with
    {
        Codes = Place(parsed, _codes, reading.Codes),
        SourceVocabulary = Place(parsed, _sourceList, reading.SourceVocabulary),
        TargetVocabulary = Place(parsed, _targetList, reading.TargetVocabulary),
    };

    /// <inheritdoc cref="OptionWords.ValueOf(string, string?)"/>
    public static string? ValueOf(string option, string? word) => s_words.ValueOf(option, word);

    /// <summary>Those of them that a command line gives, with their values, as a checkpoint keeps them.</summary>
    public IReadOnlyDictionary<string, string> Given(ParseResult parsed) => OptionWords.Given(parsed, All);

    /// <summary>Options with what a preset says beside them. Of codes or a vocabulary that are given it says nothing: they have their own
    /// units.</summary>
    /// <param name="given">Those of the command line, which win.</param>
    /// <param name="preset">The preset's name.</param>
    public static IReadOnlyDictionary<string, string> WithPreset(IReadOnlyDictionary<string, string> given, string preset)
    {
        var all = new Dictionary<string, string>(given);
        string[] others = Idle(given);
        foreach ((string option, string word) in s_presets.GetValueOrDefault(preset, []))
        {
            bool isSettled = option == MergesName ? s_units.Any(given.ContainsKey) : others.Contains(option);
            if (!isSettled) all.TryAdd(option, word);
        }

        return all;
    }

    /// <summary>Options with what goes without saying where a run begins with a model: how it reads and cuts words.</summary>
    /// <exception cref="UsageException">One says other than the model.</exception>
    public static IReadOnlyDictionary<string, string> Of(
        StartModel<TranslatorRecipe> start, bool isLowerCase, IReadOnlyDictionary<string, string> given, Warnings warnings)
    {
        var all = new Dictionary<string, string>(given);
        string own = Spelling.Switch.NameOf(isLowerCase);
        if (given.TryGetValue(LowerName, out string? word) && ValueOf(LowerName, word) != own)
            throw start.Contradiction(LowerName, ValueOf(LowerName, word)!, own);
        all[LowerName] = own;
        string[] learnt = [MergesName, ShareName, SourceListName, TargetListName, SourceSizeName, TargetSizeName, CountName];
        warnings.NoEffect([.. learnt.Where(given.ContainsKey)], $" with {StartOption.Name}: {Learnt}");
        foreach (string option in learnt) all.Remove(option);
        return all;
    }

    /// <summary>Refuses a recipe whose figures contradict each other, or one embedding for two vocabularies.</summary>
    /// <exception cref="UsageException">It is such a one.</exception>
    public static void Check(TranslatorRecipe recipe, TranslatorReading reading)
    {
        try
        {
            recipe.Validate();
        }
        catch (Exception exception) when (exception is ArgumentException or OverflowException)
        {
            throw new UsageException($"{Failures.OneLine(exception)}.");
        }

        if (recipe.SharesEmbedding && !reading.SharesVocabulary && reading.Start is null)
        {
            throw new UsageException(
                $"{TranslatorFields.SharedEmbedding.Option} is one embedding for both sides, and their vocabularies are two; give " +
                $"{ShareName}, too, or leave it out.");
        }
    }

    /// <summary>Options and values, as reports show them.</summary>
    public static IReadOnlyList<(string Option, string Value)> Rows(IReadOnlyDictionary<string, string> options)
    {
        var rows = new List<(string, string)>();
        foreach ((string option, string word) in options) rows.Add((option, ValueOf(option, word)!));
        return rows;
    }

    /// <summary>Writes them as members of the recipe in results.</summary>
    public static void WriteMembers(JsonMembers json, TranslatorReading reading) => json
        .Add(reading.Merges, "bpe").Add(reading.Codes, "bpeCodes").Add(reading.SharesVocabulary, "shareVocabulary")
        .Add(reading.SourceVocabulary, "sourceVocabulary").Add(reading.TargetVocabulary, "targetVocabulary")
        .Add(reading.SourceSize, "sourceVocabularySize").Add(reading.TargetSize, "targetVocabularySize")
        .Add(reading.MinimumCount, "minCount").Add(reading.IsLowerCase, "lower");

    /// <summary>What they say.</summary>
    /// <param name="given">Options and values.</param>
    /// <param name="hasValid">Whether there are validation files.</param>
    /// <param name="warnings">Told of options that have no effect.</param>
    /// <exception cref="UsageException">Two contradict each other.</exception>
    public static TranslatorReading Read(IReadOnlyDictionary<string, string> given, bool hasValid, Warnings warnings)
    {
        float? share = ValueOf(ValidFractionName, OptionWords.Share);
        if (share is not null && hasValid)
        {
            throw new UsageException(
                $"{ValidFractionName} validates on a part of the training pairs; leave out --valid-source and --valid-target, or " +
                $"{ValidFractionName}.");
        }

        warnings.NoEffect(share is null && given.ContainsKey(SplitSeedName), SplitSeedName, $" without {ValidFractionName}");
        warnings.NoEffect([.. Idle(given).Where(given.ContainsKey)], " on a vocabulary that is given");
        var reading = new TranslatorReading
        {
            Merges = ValueOf(MergesName, s_merges) ?? 0,
            Codes = given.GetValueOrDefault(CodesName),
            IsLowerCase = ValueOf(LowerName, Spelling.Switch) ?? false,
            SharesVocabulary = ValueOf(ShareName, Spelling.Switch) ?? false,
            SourceVocabulary = given.GetValueOrDefault(SourceListName),
            TargetVocabulary = given.GetValueOrDefault(TargetListName),
            SourceSize = ValueOf(SourceSizeName, s_size),
            TargetSize = ValueOf(TargetSizeName, s_size),
            MinimumCount = ValueOf(CountName, s_count) ?? 1,
            ValidFraction = share,
            SplitSeed = ValueOf(SplitSeedName, Spelling.Seed) ?? 1,
        };
        if (reading is { Merges: > 0, Codes: not null })
            throw new UsageException($"{MergesName} learns codes, and {CodesName} has some; leave one of them out.");
        if (reading is { SharesVocabulary: true, SourceSize: { } source, TargetSize: { } target } && source != target)
        {
            throw new UsageException(
                $"{SourceSizeName} is {source} and {TargetSizeName} {target}, and {ShareName} makes one vocabulary; give one size.");
        }

        return reading;

        T? ValueOf<T>(string name, Spelling<T> spelling)
            where T : struct => OptionWords.ValueOf(given, name, spelling);
    }

    // Limits of vocabularies that are given.
    private static string[] Idle(IReadOnlyDictionary<string, string> given)
    {
        bool isShared = OptionWords.ValueOf(given, ShareName, Spelling.Switch) == true;
        bool hasSource = given.ContainsKey(SourceListName), hasTarget = given.ContainsKey(TargetListName);
        if (isShared) hasSource = hasTarget = hasSource || hasTarget;
        return
        [
            .. hasSource ? (string[])[SourceSizeName] : [], .. hasTarget ? (string[])[TargetSizeName] : [],
            .. hasSource && hasTarget ? (string[])[CountName] : [],
        ];
    }

    private static string? Place(ParseResult parsed, FileOption option, string? was) => was is null ? null : parsed.GetValue(option) ?? was;
}
