using TinySD.Tools.Options;
using TinySD.Tools.Training;

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

    /// <summary>Whether it is no file of its own, but the end of one.</summary>
    public bool IsEnd { get; private init; }

    /// <summary>What messages call it.</summary>
    public string Told => ToldAs(Name);

    /// <summary>The same where its file is called otherwise.</summary>
    public string ToldAs(string file) => IsEnd ? $"the end of {file}" : file;

    /// <summary>Reads a file that a finished model is to predict.</summary>
    /// <exception cref="FailureException">It is too short, or has a token that the vocabulary lacks.</exception>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public static EncodedText ToPredict(string path, Vocabulary vocabulary, IProgressDisplay progress, CancellationToken stop) =>
        UnknownToken.ReadWithModel(vocabulary, () => Read(path, vocabulary, progress, stop));

    /// <summary>Reads a file to train on.</summary>
    /// <exception cref="FileProblemException">A token is not in the vocabulary.</exception>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public static EncodedText ToTrain(string path, Vocabulary vocabulary, IProgressDisplay progress, CancellationToken stop) =>
        new(path, Corpus.Store(path, vocabulary, progress: ShareOf(path, progress), stop: stop));

    /// <summary>Reads a file to train on, and to predict what is behind a cut.</summary>
    /// <exception cref="FileProblemException">A token is not in the vocabulary.</exception>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public static (EncodedText Train, EncodedText Valid) ReadParts(
        string path, Vocabulary vocabulary, TextCut cut, IProgressDisplay progress, CancellationToken stop)
    {
        (TokenStore before, TokenStore after) =
            Corpus.StoreParts(path, vocabulary, cut, progress: ShareOf(path, progress), stop: stop);
        return (new(path, before), OfPrediction(path, after, vocabulary) with { IsEnd = true });
    }

    /// <summary>Gives the tokens' memory, or their temporary file, back.</summary>
    public void Dispose() => Tokens.Dispose();

    /// <summary>Reads a file that is to be predicted.</summary>
    /// <exception cref="FailureException">It is too short.</exception>
    /// <exception cref="FileProblemException">A token is not in the vocabulary.</exception>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public static EncodedText Read(string path, Vocabulary vocabulary, IProgressDisplay progress, CancellationToken stop)
    {
        TokenStore tokens = Corpus.Store(path, vocabulary, progress: ShareOf(path, progress), stop: stop);
        if (tokens.Length < 2)
        {
            throw new FailureException(
                $"{path} has {tokens.Length} token; a prediction needs at least 2, one to start from and one to predict. " +
                "Give a longer text.");
        }

        return OfPrediction(path, tokens, vocabulary);
    }

    private static EncodedText OfPrediction(string path, TokenStore tokens, Vocabulary vocabulary)
    {
        Span<int> first = stackalloc int[1];
        tokens.Read(0, first);
        return new EncodedText(path, tokens) { UnknownToPredict = tokens.UnknownCount - (first[0] == vocabulary.UnknownId ? 1 : 0) };
    }

    private static Action<double>? ShareOf(string path, IProgressDisplay progress) =>
        ProgressDisplay.ShareOf(progress, $"reading {path}");
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
    /// <summary>Where the training file was cut, and which share of it was to be behind that; null where the validation text is a file of
    /// its own.</summary>
    public (TextCut At, float Share)? Cut { get; init; }

    /// <summary>Whether the vocabulary is that of a model that training begins with.</summary>
    public bool HasWordsOfModel { get; init; }

    /// <summary>What was decided of itself, each in a line.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>What of the training text no epoch of a recipe uses.</summary>
    public LeftOut LeftOutOf(LanguageModelRecipe recipe) => LeftOut.From(Train.Tokens.Length, recipe);

    /// <summary>All of them.</summary>
    public IEnumerable<EncodedText> Texts => new[] { Train, Valid, Test }.OfType<EncodedText>();

    /// <summary>The texts and their vocabulary, for a report.</summary>
    public IEnumerable<(string Name, string Value)> Facts =>
    [
        .. TaskWords.Roles.Zip(Texts).Select(part => (part.First,
            $"{part.Second.ToldAs(Path.GetFileName(part.Second.Name))}, {Figures.Count(part.Second.Tokens.Length, "token")}")),
        ("vocabulary", Figures.Count(Vocabulary.Count)),
    ];

    /// <summary>What somebody who brings texts of his own should know of them, each in a line.</summary>
    public IEnumerable<string> Warnings(LanguageModelRecipe recipe)
    {
        foreach (string warning in Texts.SelectMany(text => TextWarnings.Of(text, Vocabulary))) yield return warning;

        foreach (EncodedText text in Texts)
        {
            long unknown = text == Train ? text.Tokens.UnknownCount : text.UnknownToPredict;
            double share = (double)unknown / (text == Train ? text.Tokens.Length : text.Tokens.Length - 1);
            if (UnknownToken.WarningOf(text.Told, share, Vocabulary, HasWordsOfModel) is { } warning) yield return warning;
        }

        if (LeftOutOf(recipe) is { IsMuch: true } left) yield return left.Told(Train.Name);
    }

    /// <summary>What every checkpoint of a run says of this data.</summary>
    /// <param name="streams">Streams of validation and test, where they are recorded.</param>
    public RunTexts ToRunTexts(int? streams) => new()
    {
        Level = Vocabulary.Level,
        LineMarks = Vocabulary.LineMarks,
        LowerCase = Vocabulary.Rules.IsLowerCase,
        Tokenize = Vocabulary.Rules.Split,
        MinimumCount = Limits.MinimumCount,
        MaximumVocabulary = Limits.MaximumSize,
        Vocabulary = new VocabularyFingerprint(Vocabulary.Count, Fingerprint.Of(Vocabulary)),
        Train = Train.ToFingerprint(),
        Valid = Valid.ToFingerprint(),
        ValidFraction = Cut?.Share,
        Test = Test?.ToFingerprint(),
        Streams = streams,
    };

    /// <summary>Gives memory and temporary files back.</summary>
    public void Dispose()
    {
        foreach (EncodedText text in Texts) text.Dispose();
    }
}
