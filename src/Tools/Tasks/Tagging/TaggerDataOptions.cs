using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Tagging;

/// <summary>The options that say how a tagger's data are read and divided.</summary>
internal sealed class TaggerDataOptions
{
    public const string ValidFractionName = HeldOutShare.OptionName, VectorsName = "--vectors", DataSchemeName = "--data-scheme";

    private const string LowerName = "--lower", NoLowerName = "--no-lower", ZeroDigitsName = "--zero-digits",
        NoZeroDigitsName = "--no-zero-digits", MarksName = "--document-marks", VectorWordsName = "--vector-words",
        SplitSeedName = "--split-seed";

    private static readonly Spelling<int> s_leastCount = Spelling.Whole(1), s_mostWords = Spelling.Whole(2);

    private static readonly Choice<DocumentMarks> s_marks =
        new("document marks", (DocumentMarks.Drop, "drop"), (DocumentMarks.Keep, "keep"));

    private static readonly Choice<VectorWords> s_vectorWords =
        new("vector words", (VectorWords.Train, "train"), (VectorWords.All, "all"));

    private static readonly OptionWords s_words = new(new()
    {
        [ColumnOptions.WordName] = new(ColumnOptions.Current, "1"),
        [ColumnOptions.TagName] = new(ColumnOptions.Current, "-1"),
        [DataSchemeName] = new(TaggingSpelling.Schemes.Current, null),
        [LowerName] = new(Spelling.Switch.Current, Spelling.Switch.NameOf(true)),
        [ZeroDigitsName] = new(Spelling.Switch.Current, Spelling.Switch.NameOf(true)),
        [MarksName] = new(s_marks.Current, s_marks.NameOf(DocumentMarks.Drop)),
        [VectorWordsName] = new(s_vectorWords.Current, s_vectorWords.NameOf(VectorWords.Train)),
        [VocabularyLimitOptions.MinimumCountName] = new(s_leastCount.Current, s_leastCount.NameOf(1)),
        [VocabularyLimitOptions.MaximumSizeName] = new(s_mostWords.Current, null),
        [ValidFractionName] = new(OptionWords.Share.Current, null),
        [SplitSeedName] = new(Spelling.Seed.Current, Spelling.Seed.NameOf(1)),
    });

    private readonly ColumnOptions _columns = new();

    private readonly Option<TagScheme?> _dataScheme = Ranged.Value(DataSchemeName, TaggingSpelling.Schemes,
        "The scheme of the tags in the files; none for tags that make no entities, such as parts of speech. [default: found out]");

    private readonly Option<bool> _lower = new(LowerName)
    {
        Description = "Look words up in lower case; their characters are read as they are. The model remembers it. [default: true]",
    };

    private readonly Option<bool> _noLower = new(NoLowerName) { Description = $"The same as {LowerName} false." };

    private readonly Option<bool> _zeroDigits = new(ZeroDigitsName)
    {
        Description = "Make every digit 0, of characters too. The model remembers it. [default: true]",
    };

    private readonly Option<bool> _noZeroDigits = new(NoZeroDigitsName) { Description = $"The same as {ZeroDigitsName} false." };

    private readonly Option<DocumentMarks?> _marks = Ranged.Value(MarksName, s_marks,
        $"Whether lines that begin with {ConllFile.DocumentMark} are sentences of a word to train on. Nothing is measured on them. " +
        "[default: drop]");

    private readonly VocabularyLimitOptions _limits = new(
        $"Words rarer than this in the training file become {Vocabulary.Unknown}, as all do that it does not have.", Vocabulary.Unknown);

    private readonly FileOption _vectors = FileOption.Input(VectorsName,
        "Begin with the word vectors of this file, as GloVe and word2vec write them in text; --embedding is theirs then. Words without " +
        "one begin at random.");

    private readonly Option<VectorWords?> _vectorWords = Ranged.Value(VectorWordsName, s_vectorWords,
        $"With {VectorsName}: which words with a vector have a place in the model: those of --train, or all of the files given, as in " +
        "published figures. [default: train]");

    private readonly Option<float?> _validFraction = Ranged.Value(ValidFractionName, OptionWords.Share,
        "Validate on this share of the sentences of --train, and train on the rest. " +
        HeldOutShare.UsualHelp);

    private readonly Option<ulong?> _splitSeed = Ranged.Value(SplitSeedName, Spelling.Seed,
        $"Another seed has {ValidFractionName} hold out others; --seed does not. [default: 1]");

    /// <summary>The one that names a file of vectors.</summary>
    public FileOption Vectors => _vectors;

    public IEnumerable<Option> All =>
    [
        .. HelpGroup.Data.MainOf(_columns.All),
        .. HelpGroup.Data.Of<Option>(_dataScheme, _lower, _noLower, _zeroDigits, _noZeroDigits, _marks), .. _limits.All,
        .. HelpGroup.Model.MainOf<Option>(_vectors), .. HelpGroup.Model.Of<Option>(_vectorWords),
        .. HelpGroup.Data.MainOf<Option>(_validFraction), .. HelpGroup.Data.Of<Option>(_splitSeed),
    ];

    /// <summary>Whether options say that the validation set is a part of the training file.</summary>
    public static bool HoldsOutValid(IReadOnlyDictionary<string, string> given) => given.ContainsKey(ValidFractionName);

    /// <summary>Options but for those that name a file, whose place may be another when a run goes on.</summary>
    public static IReadOnlyDictionary<string, string> WithoutFiles(IReadOnlyDictionary<string, string> given)
    {
        var others = new Dictionary<string, string>(given);
        others.Remove(VectorsName);
        return others;
    }

    /// <inheritdoc cref="OptionWords.ValueOf(string, string?)"/>
    public static string? ValueOf(string option, string? word) => s_words.ValueOf(option, word);

    /// <summary>Those of them that a command line gives, with their values, as a checkpoint keeps them.</summary>
    /// <exception cref="UsageException">Two contradict each other.</exception>
    public IReadOnlyDictionary<string, string> Given(ParseResult parsed)
    {
        Dictionary<string, string> given = OptionWords.Given(parsed, All);
        Turn(NoLowerName, LowerName);
        Turn(NoZeroDigitsName, ZeroDigitsName);
        return given;

        // One option is kept of the two that say the same.
        void Turn(string no, string name)
        {
            if (!given.Remove(no, out string? word)) return;
            string said = Spelling.Switch.NameOf(word == Spelling.Switch.NameOf(false));
            if (given.TryGetValue(name, out string? other) && ValueOf(name, other) != said)
                throw new UsageException($"{name} and {no} contradict each other; leave one of them out.");
            given[name] = said;
        }
    }

    /// <summary>Options with what goes without saying where a run begins with a model: how it sees words.</summary>
    /// <exception cref="UsageException">One says other than the model.</exception>
    public static IReadOnlyDictionary<string, string> Of(
        StartModel<TaggerRecipe> start, WordReading model, IReadOnlyDictionary<string, string> given, Warnings warnings)
    {
        var all = new Dictionary<string, string>(given);
        Add(LowerName, Spelling.Switch.NameOf(model.IsLowerCase));
        Add(ZeroDigitsName, Spelling.Switch.NameOf(model.ZeroesDigits));
        string[] own = [VocabularyLimitOptions.MinimumCountName, VocabularyLimitOptions.MaximumSizeName, VectorsName, VectorWordsName];
        warnings.NoEffect([.. own.Where(given.ContainsKey)], $" with {StartOption.Name}: words and their vectors are those of the model");
        foreach (string option in own) all.Remove(option);
        return all;

        void Add(string option, string own)
        {
            if (given.TryGetValue(option, out string? word) && ValueOf(option, word) != own)
                throw start.Contradiction(option, ValueOf(option, word)!, own);
            all[option] = own;
        }
    }

    /// <summary>How words are seen, as reports show it.</summary>
    public static IReadOnlyList<(string Option, string Value)> Rows(WordReading words) =>
    [
        (LowerName, Spelling.Switch.NameOf(words.IsLowerCase)), (ZeroDigitsName, Spelling.Switch.NameOf(words.ZeroesDigits)),
    ];

    /// <summary>What they say.</summary>
    /// <param name="given">Options and values.</param>
    /// <param name="hasValid">Whether there is a validation file.</param>
    /// <param name="warnings">Told of options that have no effect.</param>
    /// <exception cref="UsageException">Two contradict each other.</exception>
    public static TaggerReading Read(IReadOnlyDictionary<string, string> given, bool hasValid, Warnings warnings)
    {
        float? share = ValueOf(ValidFractionName, OptionWords.Share);
        if (share is not null && hasValid)
            throw HeldOutShare.Contradiction("--valid");
        warnings.NoEffect(share is null && given.ContainsKey(SplitSeedName), SplitSeedName, $" without {ValidFractionName}");
        string? vectors = given.GetValueOrDefault(VectorsName);
        warnings.NoEffect(vectors is null && given.ContainsKey(VectorWordsName), VectorWordsName, $" without {VectorsName}");
        return new TaggerReading
        {
            Columns = ColumnOptions.Read(given),
            DataScheme = ValueOf(DataSchemeName, TaggingSpelling.Schemes),
            Words = new()
            {
                IsLowerCase = ValueOf(LowerName, Spelling.Switch) ?? true,
                ZeroesDigits = ValueOf(ZeroDigitsName, Spelling.Switch) ?? true,
            },
            Marks = ValueOf(MarksName, s_marks) ?? DocumentMarks.Drop,
            Limits = new(
                ValueOf(VocabularyLimitOptions.MinimumCountName, s_leastCount) ?? 1,
                ValueOf(VocabularyLimitOptions.MaximumSizeName, s_mostWords)),
            Vectors = vectors,
            VectorWords = ValueOf(VectorWordsName, s_vectorWords) ?? VectorWords.Train,
            ValidFraction = share,
            SplitSeed = ValueOf(SplitSeedName, Spelling.Seed) ?? 1,
        };

        T? ValueOf<T>(string name, Spelling<T> spelling)
            where T : struct => OptionWords.ValueOf(given, name, spelling);
    }
}
