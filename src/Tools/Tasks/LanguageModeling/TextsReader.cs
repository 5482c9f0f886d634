using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>Reads the texts of a run. Where no model brings its vocabulary, that is the training text's.</summary>
/// <param name="request">Which, and how.</param>
/// <param name="progress">Shown how far in its texts it is.</param>
/// <param name="stop">Ends it.</param>
internal sealed class TextsReader(TextsRequest request, IProgressDisplay progress, CancellationToken stop)
{
    // Rare words are unknown, and with them a text has examples of what that means.
    private const int RaisedMinimum = 2;

    private readonly List<string> _remarks = [];

    /// <summary>The vocabulary alone.</summary>
    /// <exception cref="FailureException">A text is too short.</exception>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public Vocabulary ReadVocabulary()
    {
        // That of bytes is known without a look at the text.
        bool isKnown = request.Known is not null || request.Rules.Level == TextLevel.Byte;
        return Choose(isKnown ? null : FindCut()).Vocabulary;
    }

    /// <summary>The texts.</summary>
    /// <param name="recipe">Its windows must fit into the training text.</param>
    /// <exception cref="FailureException">A text is too short, or has a token that the vocabulary lacks.</exception>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public LanguageModelData Read(LanguageModelRecipe recipe)
    {
        TextCut? cut = FindCut();
        (Vocabulary vocabulary, VocabularyLimits limits) = Choose(cut);
        (EncodedText train, EncodedText? valid) = ReadTraining(vocabulary, cut);
        CheckLength(train, recipe);
        if (vocabulary.Count < 2)
        {
            throw new FailureException(
                $"{request.Train} has one distinct token, '{vocabulary[0]}'; a language model needs at least 2. Give a real text.");
        }

        VocabularyLimitOptions.RequireRoom(request.Train, recipe.Epochs, VocabularyLimitOptions.MaximumSizeName, vocabulary);

        valid ??= Checked(vocabulary, () => EncodedText.Read(request.Valid!, vocabulary, progress, stop));
        EncodedText? test =
            request.Test is { } path ? Checked(vocabulary, () => EncodedText.Read(path, vocabulary, progress, stop)) : null;
        return new LanguageModelData(vocabulary, limits, train, valid, test)
        {
            Cut = cut is { } at ? (at, request.ValidFraction!.Value) : null,
            Remarks = _remarks,
            HasWordsOfModel = request.Known is not null,
        };
    }

    private (EncodedText Train, EncodedText? Valid) ReadTraining(Vocabulary vocabulary, TextCut? cut) => Checked(
        vocabulary,
        () => cut is { } at
            ? EncodedText.ReadParts(request.Train, vocabulary, at, progress, stop)
            : (EncodedText.ToTrain(request.Train, vocabulary, progress, stop), (EncodedText?)null));

    // Words that are missing are so in the training text at hand, or in the model that it begins with.
    private T Checked<T>(Vocabulary vocabulary, Func<T> read) => request.Known is null
        ? UnknownToken.ReadInTraining(vocabulary, read)
        : UnknownToken.ReadWithStart(vocabulary, read);

    private TextCut? FindCut()
    {
        if (request.ValidFraction is not { } share) return null;
        string path = request.Train;

        // As it is written: 0.05, and not the number of single precision that is nearest to it.
        double exact = double.Parse(Figures.Setting(share), CultureInfo.InvariantCulture);
        TextCut cut = TextCut.Find(path, request.Rules, exact, ShareOf($"looking for the end of {path}"), stop);
        string part = Figures.Percent(share);
        long validated = cut.Total - cut.Tokens;
        if (validated < 2 || cut.Tokens < 2)
        {
            throw new FailureException(
                $"{path} has {Figures.Count(cut.Total, "token")}, too few to validate on a part of them: the last {part} are " +
                $"{Figures.Count(validated)}, and both parts need at least 2.")
            { Advice = $"Give a longer text, another {HeldOutShare.OptionName}, or a validation text of its own by --valid." };
        }

        string from = cut.Line > 0 ? $" from line {Figures.Count(cut.Line)} on" : "";
        _remarks.Add(
            $"{path}: the last {part}, {Figures.Count(validated, "token")}{from}, is the validation text; --valid FILE takes another");
        return cut;
    }

    private (Vocabulary Vocabulary, VocabularyLimits Limits) Choose(TextCut? cut)
    {
        VocabularyLimits limits = request.Limits;
        if (request.Known is { } known) return (known, limits);
        if (request.Rules.Level == TextLevel.Byte) return (Vocabulary.Bytes, limits);
        string train = request.Train;
        TokenCounts counts = Corpus.Count(train, request.Rules, cut, ShareOf($"counting the tokens of {train}"), stop);
        if (counts.Total == 0) throw new FailureException($"{train} has white space only, and not one word. Give a real text.");
        if (limits.MaximumSize is null && counts.Distinct > Vocabulary.MaxCount && limits.MinimumCount == 1)
        {
            throw new FailureException(
                $"{train} has {Figures.Count(counts.Distinct)} distinct tokens, and a vocabulary has at most " +
                $"{Figures.Count(Vocabulary.MaxCount)}. Give {VocabularyLimitOptions.MaximumSizeName} or " +
                $"{VocabularyLimitOptions.MinimumCountName}.");
        }

        ShareOf($"sorting the tokens of {train}")?.Invoke(0);
        Vocabulary vocabulary = Built();
        if (!limits.MayRise || vocabulary.UnknownId is not null || !IsMissing(vocabulary, cut)) return (vocabulary, limits);
        limits = new(RaisedMinimum, limits.MaximumSize);
        return (Built(), limits);

        Vocabulary Built() => Vocabulary.Build(counts, limits.MinimumCount, maximumSize: limits.MaximumSize ?? Vocabulary.MaxCount);
    }

    // Whether a text that is to be predicted has what the training text lacks; then it says so.
    private bool IsMissing(Vocabulary vocabulary, TextCut? cut)
    {
        var names = new List<string>();
        long count = 0, total = 0;
        string? first = null;
        Look(request.Valid ?? request.Train, cut, cut is null ? "" : "the end of ");
        if (request.Test is { } test) Look(test, null, "");
        if (first is null) return false;
        string one = vocabulary.Level == TextLevel.Word ? "word" : "character";
        _remarks.Add(
            $"{string.Join(" and ", names)} {(names.Count == 1 ? "has" : "have")} {Figures.Count(count, one)} " +
            $"({Figures.Fixed(100.0 * count / total, 1)} %) that the training text lacks, such as '{Show(first)}': " +
            $"{VocabularyLimitOptions.MinimumCountName} {RaisedMinimum} is taken, so these are {Vocabulary.Unknown}, and every {one} " +
            "that the training text has once");
        return true;

        void Look(string path, TextCut? from, string part)
        {
            MissingTokens missing = Corpus.FindMissing(path, vocabulary, from, ShareOf($"looking for unknown words in {path}"), stop);
            if (missing.First is null) return;
            names.Add(part + path);
            (count, total, first) = (count + missing.Count, total + missing.Total, first ?? missing.First);
        }

        static string Show(string token) => JsonEncodedText.Encode(token, Json.CliJson.Encoder).ToString();
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

    private Action<double>? ShareOf(string label) => ProgressDisplay.ShareOf(progress, label);
}
