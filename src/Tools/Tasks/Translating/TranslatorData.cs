using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Translating;

/// <summary>The data of a translator's run.</summary>
internal sealed record TranslatorData
{
    /// <summary>How sentences of both sides become numbers.</summary>
    public required TranslationUnits Units { get; init; }

    public required TranslatorPart Train { get; init; }

    public required TranslatorPart Valid { get; init; }

    public TranslatorPart? Test { get; init; }

    /// <summary>What somebody who brings data of their own should know of them, each in a line.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    public IEnumerable<TranslatorPart> Parts => new[] { Train, Valid, Test }.OfType<TranslatorPart>();

    /// <summary>Reads files of sentences and their translations, and divides them as the options say.</summary>
    /// <param name="train">The training files.</param>
    /// <param name="valid">The validation files; null where a part of the training pairs is it, or all of them where nothing is to be
    /// validated.</param>
    /// <param name="test">The test files, or null.</param>
    /// <param name="reading">How they are read.</param>
    /// <param name="recipe">The run's.</param>
    /// <param name="progress">Told when codes are learnt.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FileProblemException">A file cannot be read, or is not fit.</exception>
    /// <exception cref="FailureException">There is no pair to train on, or too few.</exception>
    /// <exception cref="UsageException">The recipe has one embedding for two vocabularies.</exception>
    public static TranslatorData Read(
        PairFiles train, PairFiles? valid, PairFiles? test, TranslatorReading reading, TranslatorRecipe recipe, IProgressDisplay progress,
        CancellationToken stop)
    {
        ParallelTexts own = Open(train), all = own.WithoutEmpty();
        if (all.Count == 0)
            throw new FailureException($"{train}: no line has words on both sides; there is nothing to train on.");
        (ParallelTexts trained, ParallelTexts validated) = reading.ValidFraction is { } share
            ? Divide(train, all, share, reading.SplitSeed)
            : (all, valid is null ? all : Open(valid));
        ParallelTexts? tested = test is null ? null : Open(test);
        TranslationUnits units = UnitsOf(train, trained, reading, progress, stop);
        Vocabulary[] vocabularies = units.IsShared ? [units.Source.Vocabulary] : [units.Source.Vocabulary, units.Target.Vocabulary];
        VocabularyLimitOptions.RequireRoom(
            $"{train.Source} with {train.Target}", recipe.Epochs, TranslatorDataOptions.SizeNames, vocabularies);
        TranslatorPart[] parts =
        [
            TranslatorPart.Of(train, trained, units), TranslatorPart.Of(valid ?? train, validated, units),
            .. tested is null ? (TranslatorPart[])[] : [TranslatorPart.Of(test!, tested, units)],
        ];
        return new()
        {
            Units = units,
            Train = parts[0],
            Valid = parts[1],
            Test = parts.Length > 2 ? parts[2] : null,
            Warnings = [.. parts.SelectMany(part => part.Remarks).Distinct(), .. RemarksOf(parts[0], own.EmptyCount, recipe)],
        };
    }

    /// <summary>Both vocabularies, and the codes if there are any, in words.</summary>
    public static string InWords(TranslationUnits units)
    {
        string codes = units.Source.Codes is { } own ? $", byte-pair codes of {Figures.Count(own.Merges.Length, "merge")}" : "";
        int source = units.Source.Vocabulary.Count, target = units.Target.Vocabulary.Count;
        return units.IsShared
            ? $"one vocabulary of {Figures.Count(source, "unit")} for both sides{codes}"
            : $"vocabularies of {Figures.Count(source)} and {Figures.Count(target, "unit")}{codes}";
    }

    /// <summary>What the model's file says of this data; nothing of a test that is still to be made.</summary>
    public PairsRecord ToRecord() => new() { Train = Train.ToRecord(), Valid = Valid.ToRecord() };

    /// <summary>What every checkpoint of a run says of this data.</summary>
    /// <param name="options">The options that say how they are read.</param>
    public RunPairs ToRunPairs(IReadOnlyDictionary<string, string> options) => new()
    {
        SourceVocabulary = PrintOf(Units.Source),
        TargetVocabulary = PrintOf(Units.Target),
        Codes = Units.Source.Codes is { } codes ? Fingerprint.Of(codes) : null,
        Reading = options,
        Train = Train.ToFingerprint(),
        Valid = Valid.ToFingerprint(),
        Test = Test?.ToFingerprint(),
    };

    /// <summary>The memory that training on them takes, and the units of the longest side.</summary>
    public (MemoryNeed Need, int Steps) Plan(TranslatorRecipe recipe, PlanSetup setup)
    {
        (int source, int target) = TranslatorTask.LongestOf(recipe, Train.Pairs);
        MemoryNeed need = TranslatorTask.MemoryNeedOf(
            recipe, Units.Source.Vocabulary.Count, Units.Target.Vocabulary.Count, (source, target), setup.Runner, setup.Hardware);
        return (need, Math.Max(source, target));
    }

    private static VocabularyFingerprint PrintOf(SentenceUnits units) =>
        new(units.Vocabulary.Count, Fingerprint.Of(units.Vocabulary));

    private static ParallelTexts Open(PairFiles files) => ParallelTexts.Read(files.Source, files.Target);

    private static TranslationUnits UnitsOf(
        PairFiles train, ParallelTexts trained, TranslatorReading reading, IProgressDisplay progress, CancellationToken stop)
    {
        BytePairCodes? codes = reading.Codes is { } file ? BytePairCodes.Read(file) : null;
        if (reading.Start is { } start)
        {
            BytePairCodes? its = start.Description.Units.Source.Codes;
            string? difference = codes is null ? null : its is null ? "the model has none" : its.FindDifference(codes);
            return difference is null ? start.Description.Units : throw new FailureException(
                $"{reading.Codes} does not have the codes of the model that training begins with ({StartOption.Name}): {difference}. " +
                $"Leave {TranslatorDataOptions.CodesName} out; the model has its own.");
        }

        if (reading.Merges > 0) progress.Note($"learning up to {Figures.Count(reading.Merges, "byte-pair merge")} of {train}");
        try
        {
            return TranslationUnits.Build(
                trained, new()
                {
                    Codes = codes,
                    Merges = reading.Merges,
                    IsShared = reading.SharesVocabulary,
                    IsLowerCase = reading.IsLowerCase,
                    SourceVocabulary = ListOf(reading.SourceVocabulary),
                    TargetVocabulary = ListOf(reading.TargetVocabulary),
                    MinimumCount = reading.MinimumCount,
                    MaximumSourceSize = reading.SourceSize ?? Vocabulary.MaxCount,
                    MaximumTargetSize = reading.TargetSize ?? Vocabulary.MaxCount,
                },
                stop);
        }
        catch (ArgumentException exception)
        {
            // Vocabularies that are given are what does not fit, each other or the codes.
            string lists = string.Join(", ", new[] { reading.SourceVocabulary, reading.TargetVocabulary }.OfType<string>());
            throw new FailureException($"{(lists.Length == 0 ? train : lists)}: {Failures.OneLine(exception)}.", exception);
        }

        static Vocabulary? ListOf(string? file) => file is null ? null : VocabularyFile.Read(file, TextLevel.Word);
    }

    private static (ParallelTexts Train, ParallelTexts Valid) Divide(PairFiles files, ParallelTexts all, double share, ulong seed)
    {
        RowSplit split = HeldOutShare.Divide(files.ToString(), all.Count, "pair", share, seed);
        return (Rows(split.Training), Rows(split.HeldOut));

        ParallelTexts Rows(int[] rows) =>
            new(Array.ConvertAll(rows, row => all.Sources[row]), Array.ConvertAll(rows, row => all.Targets[row]));
    }

    private static IEnumerable<string> RemarksOf(TranslatorPart train, int empty, TranslatorRecipe recipe)
    {
        if (empty > 0)
            yield return $"{train.Files}: {Figures.Count(empty, "pair")} with an empty side left out of training.";
        int longer = 0, count = train.Pairs.Count;
        for (int i = 0; i < count; i++)
            longer += Math.Max(train.Pairs.SourceOf(i).Length, train.Pairs.TargetOf(i).Length) > recipe.MaxLength ? 1 : 0;
        if (longer == 0) yield break;
        int longest = Math.Max(train.Pairs.LongestSource, train.Pairs.LongestTarget);
        string left = $"{Figures.Count(longer)} of {Figures.Count(count, "pair")} longer than {Figures.Count(recipe.MaxLength, "unit")}";
        if (longer == count)
        {
            throw new FailureException(
                $"{train.Files}: {left}, which is all; there is nothing to train on. The longest has {Figures.Count(longest)}: give more " +
                "by --max-length.");
        }

        yield return $"{train.Files}: {left} left out of training; the longest has {Figures.Count(longest)} (--max-length).";
    }
}
