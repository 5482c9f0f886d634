using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Classification;

/// <summary>The options that say how a classifier's data are read and divided.</summary>
/// <param name="usualFold">What the help says of the fold where none is given.</param>
internal sealed class ClassifierDataOptions(string usualFold = "1")
{
    public const string ValidFractionName = HeldOutShare.OptionName, FoldsName = "--folds";

    private const string LabelName = "--label", LevelName = "--level", LowerName = "--lower", FoldName = "--fold",
        SplitSeedName = "--split-seed", SequencesName = "--sequences", IdName = "--id", TextName = "--text", InputsName = "--inputs",
        SeparatorName = "--separator", HeaderName = "--header", DecimalName = "--decimal";

    private static readonly Spelling<int> s_folds = Spelling.Whole(2), s_fold = Spelling.Whole(1), s_leastCount = Spelling.Whole(1),
        s_mostTokens = Spelling.Whole(2);

    private static readonly OptionWords s_words = new(new()
    {
        [LevelName] = new(TextSpelling.DecodedLevels.Current, TextSpelling.DecodedLevels.NameOf(TextLevel.Word)),
        [LowerName] = new(Spelling.Switch.Current, Spelling.Switch.NameOf(false)),
        [VocabularyLimitOptions.MinimumCountName] = new(s_leastCount.Current, s_leastCount.NameOf(1)),
        [VocabularyLimitOptions.MaximumSizeName] = new(s_mostTokens.Current, null),
        [ValidFractionName] = new(OptionWords.Share.Current, null),
        [FoldsName] = new(s_folds.Current, null),
        [FoldName] = new(s_fold.Current, null),
        [SplitSeedName] = new(Spelling.Seed.Current, Spelling.Seed.NameOf(1)),
        [SequencesName] = new(Spelling.Switch.Current, Spelling.Switch.NameOf(false)),
        [InputsName] = new(word => string.Join(',', Names(word)), null),
        [SeparatorName] = new(TableSpelling.Separators.Current, null),
        [DecimalName] = new(TableSpelling.Decimals.Current, TableSpelling.Decimals.NameOf(DecimalMark.Point)),
    });

    private readonly Option<bool> _sequences = new(SequencesName)
    {
        Description = "The files are tables of numbers in CSV: the rows of one identifier are a sequence, and have one label.",
    };

    private readonly Option<string?> _label = Column(LabelName, "first|last|COLUMN",
        "Where in a line the label stands, with a tab between it and the text, or a blank; of a table its column. [default: found out]");

    private readonly Option<string?> _text = Column(TextName, "COLUMN",
        "Of texts in a table (.csv): the column that has them. [default: found out]");

    private readonly Option<string?> _id = Column(IdName, "COLUMN",
        $"With {SequencesName}: the column of identifiers. [default: one that is called so, or the first column]");

    private readonly Option<string?> _inputs = Column(InputsName, "A,B",
        $"With {SequencesName}: the columns of numbers to read. [default: all others]");

    private readonly CsvOptions _csv = new();

    private readonly Option<TextLevel?> _level = Ranged.Value(LevelName, TextSpelling.DecodedLevels,
        "What a token is: a word between white space, or a Unicode character. [default: word]");

    private readonly Option<bool> _lower = new(LowerName) { Description = "Make upper case lower case first; the model remembers it." };
    private readonly VocabularyLimitOptions _limits = new(
        $"Tokens rarer than this in the training texts become {Vocabulary.Unknown}, as all do that they do not have.", Vocabulary.Unknown);

    private readonly Option<float?> _validFraction = Ranged.Value(ValidFractionName, OptionWords.Share,
        "Validate on this share of --train, of every class as nearly as can be, and train on the rest. " +
        HeldOutShare.UsualHelp);

    private readonly Option<int?> _folds = Ranged.Value(FoldsName, s_folds,
        "Cut --train into so many folds, of every class as nearly as can be, and test on one of them: for data without a test set.");

    private readonly Option<int?> _fold = Ranged.Value(FoldName, s_fold, $"The fold to test on, from 1. [default: {usualFold}]");
    private readonly Option<ulong?> _splitSeed = Ranged.Value(SplitSeedName, Spelling.Seed,
        $"Another seed has {ValidFractionName} and {FoldsName} hold out others; --seed does not. [default: 1]");

    public IEnumerable<Option> All =>
    [
        .. HelpGroup.Data.MainOf<Option>(_label), .. HelpGroup.Data.Of<Option>(_level, _lower), .. _limits.All,
        .. HelpGroup.Data.MainOf<Option>(_validFraction), .. HelpGroup.Data.Of<Option>(_folds, _fold, _splitSeed, _text),
        .. HelpGroup.Data.MainOf<Option>(_sequences), .. HelpGroup.Data.Of<Option>(_id, _inputs), .. _csv.All,
    ];

    /// <summary>The preset of a command line that names none: rows of numbers are read as they come, texts from both ends.</summary>
    public string UsualPreset(ParseResult parsed) => parsed.GetValue(_sequences) ? "sequence" : "text";

    /// <summary>Whether options say that the validation set is a part of the training file.</summary>
    public static bool HoldsOutValid(IReadOnlyDictionary<string, string> given) => given.ContainsKey(ValidFractionName);

    /// <summary>Whether they say so of the test set.</summary>
    public static bool HoldsOutTest(IReadOnlyDictionary<string, string> given) => given.ContainsKey(FoldsName);

    /// <summary>Whether there are folds and none is named: of a grid each seed has its own then, and a single run the first.</summary>
    public static bool NamesNoFold(IReadOnlyDictionary<string, string> given) => HoldsOutTest(given) && !given.ContainsKey(FoldName);

    /// <summary>The same options, and a fold.</summary>
    public static IReadOnlyDictionary<string, string> WithFold(IReadOnlyDictionary<string, string> given, int fold) =>
        new Dictionary<string, string>(given) { [FoldName] = s_fold.NameOf(fold) };

    /// <inheritdoc cref="OptionWords.ValueOf(string, string?)"/>
    public static string? ValueOf(string option, string? word) => s_words.ValueOf(option, word);

    /// <summary>Those of them that a command line gives, with their values, as a checkpoint keeps them.</summary>
    public IReadOnlyDictionary<string, string> Given(ParseResult parsed) => OptionWords.Given(parsed, All);

    /// <summary>Options with what goes without saying where a run begins with a model: what its steps are.</summary>
    /// <exception cref="UsageException">One says other than the model.</exception>
    public static IReadOnlyDictionary<string, string> Of(
        StartModel<ClassifierRecipe> start, ClassifierDescription model, IReadOnlyDictionary<string, string> given, Warnings warnings)
    {
        var all = new Dictionary<string, string>(given);
        bool isOfNumbers = model.Vocabulary is null;
        Add(SequencesName, Spelling.Switch.NameOf(isOfNumbers));
        if (model.Texts is { } texts)
        {
            Add(LevelName, TextSpelling.DecodedLevels.NameOf(texts.Level));
            Add(LowerName, Spelling.Switch.NameOf(texts.IsLowerCase));
        }

        if (isOfNumbers && given.ContainsKey(InputsName)) Add(InputsName, string.Join(',', model.Form.Inputs));
        string[] limits = [VocabularyLimitOptions.MinimumCountName, VocabularyLimitOptions.MaximumSizeName];
        warnings.NoEffect(
            isOfNumbers ? [] : Array.FindAll(limits, given.ContainsKey), $" with {StartOption.Name}: the words are those of the model");
        return all;

        void Add(string option, string own)
        {
            if (given.TryGetValue(option, out string? word) && ValueOf(option, word) != own)
                throw start.Contradiction(option, ValueOf(option, word)!, own);
            if (ValueOf(option, null) != own) all[option] = own;
        }
    }

    /// <summary>What they say.</summary>
    /// <param name="given">Options and values.</param>
    /// <param name="train">The training file.</param>
    /// <param name="hasTest">Whether there is a test file.</param>
    /// <param name="hasValid">Whether there is a validation file.</param>
    /// <param name="warnings">Told of options that have no effect.</param>
    /// <exception cref="UsageException">Two contradict each other.</exception>
    public static ClassifierReading Read(
        IReadOnlyDictionary<string, string> given, string train, bool hasValid, bool hasTest, Warnings warnings)
    {
        int? folds = ValueOf(FoldsName, s_folds), fold = ValueOf(FoldName, s_fold);
        if (folds is { } count && fold > count) throw new UsageException($"{FoldName} is {fold}; {FoldsName} {count} has 1 to {count}.");
        if (folds is not null && hasTest)
            throw new UsageException($"{FoldsName} tests on a part of --train; leave out --test, or {FoldsName}.");
        float? share = ValueOf(ValidFractionName, OptionWords.Share);
        if (share is not null && hasValid)
            throw HeldOutShare.Contradiction("--valid");
        warnings.NoEffect(folds is null && fold is not null, FoldName, $" without {FoldsName}");
        warnings.NoEffect(
            folds is null && share is null && given.ContainsKey(SplitSeedName), SplitSeedName,
            $" without {ValidFractionName} or {FoldsName}");
        bool isOfNumbers = ValueOf(SequencesName, Spelling.Switch) ?? false, isTable = isOfNumbers || LabelledTable.IsTable(train);
        warnings.NoEffect([.. NotFor(isOfNumbers, isTable).Where(given.ContainsKey)], isOfNumbers
            ? $" with {SequencesName}: rows of numbers have no words"
            : isTable ? $" without {SequencesName}" : $": {train} is no table (.csv)");
        string? label = given.GetValueOrDefault(LabelName);
        bool isPlace = !isOfNumbers && TextSpelling.LabelPlaces.TryParse(label ?? "", out _);
        LabelPlace? place = isPlace ? ValueOf(LabelName, TextSpelling.LabelPlaces) : null;
        if (label is not null && !isPlace && !isTable)
        {
            throw new UsageException(
                $"{LabelName} is '{label}'; expected {TextSpelling.LabelPlaces.Expected}, or a column of a table (.csv).");
        }

        return new ClassifierReading
        {
            IsOfNumbers = isOfNumbers,
            Table = new()
            {
                Separator = ValueOf(SeparatorName, TableSpelling.Separators),
                HasHeader = given.TryGetValue(HeaderName, out string? header) ? header == "yes" : null,
                DecimalMark = ValueOf(DecimalName, TableSpelling.Decimals) ?? DecimalMark.Point,
            },
            IdColumn = given.GetValueOrDefault(IdName),
            LabelColumn = place is null ? label : null,
            TextColumn = given.GetValueOrDefault(TextName),
            Inputs = given.TryGetValue(InputsName, out string? inputs) ? Names(inputs) : null,
            Level = ValueOf(LevelName, TextSpelling.DecodedLevels) ?? TextLevel.Word,
            IsLowerCase = ValueOf(LowerName, Spelling.Switch) ?? false,
            Limits = new(
                ValueOf(VocabularyLimitOptions.MinimumCountName, s_leastCount) ?? 1,
                ValueOf(VocabularyLimitOptions.MaximumSizeName, s_mostTokens)),
            Place = place,
            ValidFraction = share,
            Folds = folds is { } some ? (some, fold ?? 1) : null,
            SplitSeed = ValueOf(SplitSeedName, Spelling.Seed) ?? 1,
        };

        static IEnumerable<string> NotFor(bool isOfNumbers, bool isTable) => isOfNumbers
            ? [LevelName, LowerName, VocabularyLimitOptions.MinimumCountName, VocabularyLimitOptions.MaximumSizeName, TextName]
            : isTable ? [IdName, InputsName] : [IdName, InputsName, TextName, SeparatorName, HeaderName, DecimalName];

        T? ValueOf<T>(string name, Spelling<T> spelling)
            where T : struct => OptionWords.ValueOf(given, name, spelling);
    }

    private static string[] Names(string list) => list.Split(',', StringSplitOptions.TrimEntries);

    private static Option<string?> Column(string name, string form, string help) => new(name) { HelpName = form, Description = help };
}
