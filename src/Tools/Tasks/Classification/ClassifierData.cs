using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Classification;

/// <summary>Sequences as a network is fed them.</summary>
/// <param name="Path">Their file as the user named it.</param>
/// <param name="Sequences">The sequences.</param>
/// <param name="Tokens">What there is to tell of them as tokens; null of rows of numbers.</param>
internal sealed record ClassifierPart(string Path, LabelledSequences Sequences, EncodedTexts? Tokens)
{
    public SequenceSetRecord ToRecord() => new(Path, Sequences.Count);

    public SequencesFingerprint ToFingerprint() => new(Path, Sequences.Count, Fingerprint.Of(Sequences));
}

/// <summary>Files of labelled sequences, read once, to be divided in one way or several.</summary>
/// <param name="Divide">The data of a run, divided as this says.</param>
/// <param name="Whole">The training file undivided, and the validation file if there is one.</param>
internal sealed record ClassifierSource(
    Func<ClassifierReading, ClassifierData> Divide, Func<(ClassifierPart Train, ClassifierPart? Valid)> Whole);

/// <summary>The data of a classifier's run.</summary>
internal sealed record ClassifierData
{
    /// <summary>Labels and columns; the columns' scales are learnt later.</summary>
    public required ClassifierForm Form { get; init; }

    /// <summary>Tokens; null of rows of numbers.</summary>
    public Vocabulary? Vocabulary { get; init; }

    /// <summary>How texts become tokens; null of rows of numbers.</summary>
    public TextReading? Texts { get; init; }

    /// <summary>The columns beside those of numbers; null of tokens.</summary>
    public SequenceColumns? Table { get; init; }

    public required ClassifierPart Train { get; init; }

    public required ClassifierPart Valid { get; init; }

    public ClassifierPart? Test { get; init; }

    /// <summary>What somebody who brings data of his own should know of them, each in a line.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Where the labels stand, as a clause, or nothing.</summary>
    public string LabelsFound { get; init; } = "";

    public IEnumerable<ClassifierPart> Parts => new[] { Train, Valid, Test }.OfType<ClassifierPart>();

    /// <summary>What a sequence is called.</summary>
    public string Noun => Vocabulary is null ? "sequence" : "text";

    /// <summary>What a step of one is called.</summary>
    public string Step => Vocabulary switch { null => "row", { Level: TextLevel.Word } => "word", _ => "character" };

    /// <summary>Reads texts or sequences of numbers, and divides them, as the options say.</summary>
    /// <inheritdoc cref="OpenTexts"/>
    public static ClassifierData Read(string train, string? valid, string? test, ClassifierReading reading, ClassifierRecipe recipe) =>
        Open(train, valid, test, reading, recipe).Divide(reading);

    /// <summary>Reads texts or sequences of numbers, as the options say.</summary>
    /// <inheritdoc cref="OpenTexts"/>
    public static ClassifierSource Open(string train, string? valid, string? test, ClassifierReading reading, ClassifierRecipe recipe) =>
        reading.IsOfNumbers
            ? OpenNumbers(train, valid, test, reading, recipe)
            : OpenTexts(train, valid, test, reading, recipe);

    /// <summary>Reads texts.</summary>
    /// <param name="train">The training file.</param>
    /// <param name="valid">The validation file, or null where a part of the training file is it.</param>
    /// <param name="test">The test file, or null.</param>
    /// <param name="reading">How they are read.</param>
    /// <param name="recipe">The run's.</param>
    /// <exception cref="FileProblemException">A file cannot be read, or is not fit.</exception>
    /// <exception cref="FailureException">The training texts are empty, or too few.</exception>
    private static ClassifierSource OpenTexts(
        string train, string? valid, string? test, ClassifierReading reading, ClassifierRecipe recipe)
    {
        var remarks = new List<string>();
        ClassNames? known = reading.Start is { } model ? new ClassNames(model.Form.Labels) : null;
        LabelledTexts all = Read(train, known);
        ClassNames classes = known ?? ClassNames.Of(train, all.Rows);
        LabelledSet<string> own = SetOf(all);
        LabelledSet<string>? validOwn = valid is null ? null : SetOf(Read(valid, classes));
        LabelledSet<string>? testOwn = test is null ? null : SetOf(Read(test, classes));
        var texts = new TextReading { Level = reading.Level, IsLowerCase = reading.IsLowerCase, MaxLength = recipe.MaxLength };
        return new(Divide, Whole);

        ClassifierData Divide(ClassifierReading how)
        {
            List<string> warnings = [.. remarks];
            var sets = LabelledSets<string>.Divide(own, validOwn, testOwn, how, recipe.IsMultiLabel);
            TokenCounts counts = texts.Count(sets.Train.Items);
            if (counts.Distinct == 0) throw new FailureException($"{train}: no training text has a word. Give real texts.");
            Vocabulary vocabulary = reading.Start?.Vocabulary ?? Vocabulary.Build(
                counts, reading.Limits.MinimumCount, addUnknown: true, reading.Limits.MaximumSize ?? Vocabulary.MaxCount);
            VocabularyLimitOptions.RequireRoom(train, recipe.Epochs, VocabularyLimitOptions.MaximumSizeName, vocabulary);
            return new ClassifierData
            {
                Form = new() { Labels = classes.Names, IsMultiLabel = recipe.IsMultiLabel },
                Vocabulary = vocabulary,
                Texts = texts,
                Train = Told(sets.Train),
                Valid = Told(sets.Valid),
                Test = sets.Test is null ? null : Told(sets.Test),
                Warnings = [.. warnings, .. ClassWarnings(train, classes, sets.Train.Labels)],
                LabelsFound = $", the label {TextSpelling.LabelPlaces.NameOf(all.Place)}",
            };

            ClassifierPart Told(LabelledSet<string> set)
            {
                ClassifierPart part = PartOf(set, vocabulary);
                if (TextRemarks.OfCut(set.Path, part.Tokens!, texts) is { } remark) warnings.Add(remark);
                return part;
            }
        }

        // With a place for every word, or texts that differ in rare ones alone would be the same.
        (ClassifierPart, ClassifierPart?) Whole()
        {
            string[] both = [.. own.Items, .. validOwn?.Items ?? []];
            Vocabulary every = Vocabulary.Build(texts.Count(both), 1, addUnknown: true, Vocabulary.MaxCount);
            return (PartOf(own, every), validOwn is null ? null : PartOf(validOwn, every));
        }

        LabelledTexts Read(string path, ClassNames? known)
        {
            LabelledTexts read = TextFiles.Read(
                path, reading, new() { Place = reading.Place, IsMultiLabel = recipe.IsMultiLabel, Known = known?.Names });
            remarks.AddRange(read.Remarks);
            return read;
        }

        LabelledSet<string> SetOf(LabelledTexts read) =>
            new(read.Path, [.. read.Rows.Select(row => row.Text)], classes.IdsOf(read.Path, read.Rows));

        ClassifierPart PartOf(LabelledSet<string> set, Vocabulary vocabulary)
        {
            EncodedTexts encoded = texts.Encode(set.Items, vocabulary);
            return new ClassifierPart(set.Path, LabelledSequences.OfTokens(encoded.Sequences, set.Labels), encoded);
        }
    }

    /// <summary>Reads tables of sequences of numbers.</summary>
    /// <inheritdoc cref="OpenTexts"/>
    private static ClassifierSource OpenNumbers(
        string train, string? valid, string? test, ClassifierReading reading, ClassifierRecipe recipe)
    {
        var remarks = new List<string>();
        SequenceFile all = Read(train, reading);
        ClassNames classes = reading.Start is { } model ? new ClassNames(model.Form.Labels) : ClassNames.Of(train, all.Labels);

        // Columns have the same names in all files, which may have others beside them.
        ClassifierReading known = reading with { IdColumn = all.Table.Id, LabelColumn = all.Table.Label, Inputs = all.Columns };
        LabelledSet<double[]> own = SetOf(all);
        LabelledSet<double[]>? validOwn = valid is null ? null : SetOf(Read(valid, known));
        LabelledSet<double[]>? testOwn = test is null ? null : SetOf(Read(test, known));
        return new(Divide, () => (PartOf(own), validOwn is null ? null : PartOf(validOwn)));

        ClassifierData Divide(ClassifierReading how)
        {
            var sets = LabelledSets<double[]>.Divide(own, validOwn, testOwn, how, recipe.IsMultiLabel);
            return new ClassifierData
            {
                Form = reading.Start?.Form
                    ?? new() { Labels = classes.Names, IsMultiLabel = recipe.IsMultiLabel, Inputs = [.. all.Columns] },
                Table = all.Table,
                Train = PartOf(sets.Train),
                Valid = PartOf(sets.Valid),
                Test = sets.Test is null ? null : PartOf(sets.Test),
                Warnings =
                [
                    .. remarks, .. ClassWarnings(train, classes, sets.Train.Labels), .. ConstantColumns(train, all.Columns, sets.Train),
                ],
                LabelsFound = $", in the column '{all.Table.Label}'",
            };
        }

        SequenceFile Read(string path, ClassifierReading how)
        {
            var read = SequenceFile.Read(path, how, recipe.IsMultiLabel);
            remarks.AddRange(read.Remarks);
            if (read.RemarkOfCut(recipe.MaxLength) is { } cut) remarks.Add(cut);
            return read;
        }

        LabelledSet<double[]> SetOf(SequenceFile read) => new(read.Path, read.Rows, classes.IdsOf(read.Path, read.Labels));

        ClassifierPart PartOf(LabelledSet<double[]> set) =>
            new(set.Path, LabelledSequences.OfNumbers(all.Columns.Count, set.Items, set.Labels), null);
    }

    /// <summary>What every checkpoint of a run says of this data.</summary>
    /// <param name="reading">The options that say how they are read.</param>
    /// <param name="limits">Of the vocabulary.</param>
    public RunSequences ToRunSequences(IReadOnlyDictionary<string, string> reading, ClassifierReading limits) => new()
    {
        Level = Vocabulary?.Level,
        LowerCase = Texts is { IsLowerCase: true } ? true : null,
        MinimumCount = Vocabulary is null ? null : limits.Limits.MinimumCount,
        MaximumVocabulary = Vocabulary is null ? null : limits.Limits.MaximumSize,
        Vocabulary = Vocabulary is null ? null : new(Vocabulary.Count, Fingerprint.Of(Vocabulary)),
        Reading = reading,
        Labels = [.. Form.Labels],
        Train = Train.ToFingerprint(),
        Valid = Valid.ToFingerprint(),
        Test = Test?.ToFingerprint(),
    };

    private static IEnumerable<string> ConstantColumns(string path, IReadOnlyList<string> columns, LabelledSet<double[]> set)
    {
        for (int i = 0; i < columns.Count; i++)
        {
            double first = double.NaN;
            bool moves = false;
            foreach (double[] rows in set.Items)
            {
                for (int at = i; at < rows.Length && !moves; at += columns.Count)
                {
                    if (double.IsNaN(first)) first = rows[at];
                    moves = !double.IsNaN(rows[at]) && rows[at] != first;
                }
            }

            if (double.IsNaN(first))
                throw new FailureException($"{path}: the column '{columns[i]}' has no number to train on; leave it out by --inputs.");
            if (!moves) yield return $"{path}: the column '{columns[i]}' is {first.ToString(CultureInfo.InvariantCulture)} everywhere.";
        }
    }

    private static IEnumerable<string> ClassWarnings(string path, ClassNames classes, int[][] labels)
    {
        long[] counts = classes.Counts(labels);
        foreach (long few in (long[])[0, 1])
        {
            string[] names = [.. classes.Names.Where((_, id) => counts[id] == few).Select(name => $"'{name}'")];
            if (names.Length == 0) continue;
            const int shown = 5;
            string list = string.Join(", ", names.Take(shown)) + (names.Length > shown ? $" and {names.Length - shown} more" : "");
            yield return $"{path}: of {list} there is {(few == 0 ? "nothing" : "one example only")} to train on; it will hardly be told.";
        }
    }
}
