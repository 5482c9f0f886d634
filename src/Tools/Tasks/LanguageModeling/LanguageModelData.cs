using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>A text as token ids.</summary>
/// <param name="Name">Its file as the user named it.</param>
/// <param name="Tokens">The ids.</param>
internal sealed record EncodedText(string Name, TokenStore Tokens) : IDisposable
{
    /// <summary>Of a text to predict, how many of the tokens after the first are the unknown one.</summary>
    public long UnknownToPredict { get; private init; }

    /// <summary>What a model file says about it.</summary>
    public TextRecord ToRecord() => new(Name, Tokens.Length);

    public TextFingerprint ToFingerprint() => new(Name, Tokens.Length, Fingerprint.Of(Tokens));

    /// <summary>Reads a file that a finished model is to predict.</summary>
    /// <exception cref="FailureException">It is too short, or has a token that the vocabulary lacks.</exception>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public static EncodedText ToPredict(string path, Vocabulary vocabulary, IProgressDisplay progress, CancellationToken stop) =>
        UnknownToken.ReadWithModel(vocabulary, () => Read(path, vocabulary, progress, stop));

    /// <summary>Reads a file that a model in training is to predict.</summary>
    /// <exception cref="FailureException">It is too short, or has a token that the vocabulary lacks.</exception>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public static EncodedText ToPredictInTraining(string path, Vocabulary vocabulary, IProgressDisplay progress, CancellationToken stop) =>
        UnknownToken.ReadInTraining(vocabulary, () => Read(path, vocabulary, progress, stop));

    /// <summary>Reads a file to train on.</summary>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public static EncodedText ToTrain(string path, Vocabulary vocabulary, IProgressDisplay progress, CancellationToken stop) =>
        new(path, Store(path, vocabulary, progress, stop));

    /// <summary>Gives the tokens' memory, or their temporary file, back.</summary>
    public void Dispose() => Tokens.Dispose();

    private static TokenStore Store(string path, Vocabulary vocabulary, IProgressDisplay progress, CancellationToken stop) =>
        Corpus.Store(path, vocabulary, progress: ProgressDisplay.ShareOf(progress, $"reading {path}"), stop: stop);

    private static EncodedText Read(string path, Vocabulary vocabulary, IProgressDisplay progress, CancellationToken stop)
    {
        TokenStore tokens = Store(path, vocabulary, progress, stop);
        if (tokens.Length < 2)
        {
            throw new FailureException(
                $"{path} has {tokens.Length} token; a prediction needs at least 2, one to start from and one to predict. " +
                "Give a longer text.");
        }

        Span<int> first = stackalloc int[1];
        tokens.Read(0, first);
        return new EncodedText(path, tokens) { UnknownToPredict = tokens.UnknownCount - (first[0] == vocabulary.UnknownId ? 1 : 0) };
    }
}

internal static class KnownText
{
    /// <summary>In what a text is another than the one that was known; null where it is the same.</summary>
    public static string? DifferenceFrom(this TextFingerprint found, TextFingerprint known) =>
        found.Tokens != known.Tokens ? $"{Figures.Count(known.Tokens, "token")} expected, {Figures.Count(found.Tokens)} found"
        : found.Checksum != known.Checksum ? "it has as many tokens, but not the same ones" : null;
}

/// <summary>The texts of a training run and their vocabulary.</summary>
internal sealed record LanguageModelData(
    Vocabulary Vocabulary, VocabularyLimits Limits, EncodedText Train, EncodedText Valid, EncodedText? Test) : IDisposable
{
    /// <summary>Reads the files. The vocabulary is the training text's.</summary>
    /// <param name="train">The training text's path.</param>
    /// <param name="valid">The validation text's path.</param>
    /// <param name="test">The test text's path, if there is one.</param>
    /// <param name="level">What a token is.</param>
    /// <param name="marks">Which lines get a token for their end, at word level.</param>
    /// <param name="limits">Of the vocabulary.</param>
    /// <param name="recipe">Its windows must fit into the training text.</param>
    /// <param name="progress">Shown how far in its texts it is.</param>
    /// <param name="stop">Ends it.</param>
    /// <param name="known">The vocabulary of the model that training begins with; null for the training text's.</param>
    /// <exception cref="FailureException">A text is too short, or has a token that the vocabulary lacks.</exception>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public static LanguageModelData Read(
        string train, string valid, string? test, TextLevel level, LineMarks marks, VocabularyLimits limits, LanguageModelRecipe recipe,
        IProgressDisplay progress, CancellationToken stop, Vocabulary? known = null)
    {
        Vocabulary vocabulary = known ?? VocabularyOf(train, level, marks, limits, progress, stop);
        EncodedText text = UnknownToken.ReadWithModel(vocabulary, () => EncodedText.ToTrain(train, vocabulary, progress, stop));
        CheckLength(text, recipe);
        if (vocabulary.Count < 2)
        {
            throw new FailureException(
                $"{train} has one distinct token, '{vocabulary[0]}'; a language model needs at least 2. Give a real text.");
        }

        if (!LanguageModelFile.HasRoomFor(vocabulary, recipe.Epochs))
        {
            throw new FailureException(
                $"{train} has {Figures.Count(vocabulary.Count)} distinct tokens, longer in all than a model file has room for. " +
                "Give --max-vocabulary or --min-count.");
        }

        EncodedText toValidate = ToPredict(valid);
        EncodedText? toTest = test is null ? null : ToPredict(test);
        return new LanguageModelData(vocabulary, limits, text, toValidate, toTest);

        EncodedText ToPredict(string path) => known is null
            ? EncodedText.ToPredictInTraining(path, vocabulary, progress, stop)
            : EncodedText.ToPredict(path, vocabulary, progress, stop);
    }

    /// <summary>The vocabulary of a training text.</summary>
    /// <inheritdoc cref="Read"/>
    public static Vocabulary VocabularyOf(
        string train, TextLevel level, LineMarks marks, VocabularyLimits limits, IProgressDisplay progress, CancellationToken stop)
    {
        // That of bytes is known without a look at the text.
        return level == TextLevel.Byte ? Vocabulary.Bytes : BuildVocabulary(train, level, marks, limits, progress, stop);
    }

    /// <summary>What of the training text no epoch of a recipe uses.</summary>
    public LeftOut LeftOutOf(LanguageModelRecipe recipe) => LeftOut.From(Train.Tokens.Length, recipe);

    /// <summary>All of them.</summary>
    public IEnumerable<EncodedText> Texts => new[] { Train, Valid, Test }.OfType<EncodedText>();

    /// <summary>The texts and their vocabulary, for a report.</summary>
    public IEnumerable<(string Name, string Value)> Facts =>
    [
        .. Texts.Select(text => (Path.GetFileName(text.Name), Figures.Count(text.Tokens.Length, "token"))),
        ("vocabulary", Figures.Count(Vocabulary.Count)),
    ];

    /// <summary>What somebody who brings texts of his own should know of them, each in a line.</summary>
    public IEnumerable<string> Warnings(LanguageModelRecipe recipe)
    {
        foreach (string warning in Texts.SelectMany(text => TextWarnings.Of(text, Vocabulary))) yield return warning;

        if (LeftOutOf(recipe) is { IsMuch: true } left) yield return left.Told(Train.Name);
    }

    /// <summary>What every checkpoint of a run says of this data.</summary>
    /// <param name="streams">Streams of validation and test, where they are recorded.</param>
    public RunTexts ToRunTexts(int? streams) => new()
    {
        Level = Vocabulary.Level,
        LineMarks = Vocabulary.LineMarks,
        MinimumCount = Limits.MinimumCount,
        MaximumVocabulary = Limits.MaximumSize,
        Vocabulary = new VocabularyFingerprint(Vocabulary.Count, Fingerprint.Of(Vocabulary)),
        Train = Train.ToFingerprint(),
        Valid = Valid.ToFingerprint(),
        Test = Test?.ToFingerprint(),
        Streams = streams,
    };

    /// <summary>Gives memory and temporary files back.</summary>
    public void Dispose()
    {
        foreach (EncodedText text in Texts) text.Dispose();
    }

    private static Vocabulary BuildVocabulary(
        string train, TextLevel level, LineMarks marks, VocabularyLimits limits, IProgressDisplay progress, CancellationToken stop)
    {
        TokenCounts counts = Corpus.Count(train, level, marks, ProgressDisplay.ShareOf(progress, $"counting the tokens of {train}"), stop);
        if (counts.Total == 0) throw new FailureException($"{train} has white space only, and not one word. Give a real text.");
        if (limits.MaximumSize is null && counts.Distinct > Vocabulary.MaxCount && limits.MinimumCount == 1)
        {
            throw new FailureException(
                $"{train} has {Figures.Count(counts.Distinct)} distinct tokens, and a vocabulary has at most " +
                $"{Figures.Count(Vocabulary.MaxCount)}. Give --max-vocabulary or --min-count.");
        }

        ProgressDisplay.ShareOf(progress, $"sorting the tokens of {train}")?.Invoke(0);
        return Vocabulary.Build(counts, limits.MinimumCount, maximumSize: limits.MaximumSize ?? Vocabulary.MaxCount);
    }

    private static void CheckLength(EncodedText text, LanguageModelRecipe recipe)
    {
        long needed = (long)recipe.BatchSize * (recipe.Bptt + 1);
        if (text.Tokens.Length >= needed) return;
        string tokens = Figures.Count(text.Tokens.Length, "token");
        throw new FailureException(
            $"{text.Name} has {tokens}, too few to train on: --batch {Figures.Count(recipe.BatchSize, "sequence")} of " +
            $"--bptt {Figures.Count(recipe.Bptt, "step")} need at least {Figures.Count(needed)}.")
        {
            Advice = "Lower --batch or --bptt, or give a longer text.",
        };
    }
}
