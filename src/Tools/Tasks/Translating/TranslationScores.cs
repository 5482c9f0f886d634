using TinySD.Tools.Json;

namespace TinySD.Tools.Tasks.Translating;

/// <summary>Compares translations with others of the same sentences, a line each.</summary>
internal sealed class LineScorer(ScoreChoice choice)
{
    private static readonly char[] s_blanks = [' ', '\t', '\v', '\f', '\r'];

    private readonly BleuScorer _bleu = new(choice.Bleu);
    private readonly ChrfScorer? _chrf = choice.Chrf is { } options ? new(options) : null;

    /// <summary>Adds a sentence.</summary>
    /// <param name="translation">Its translation.</param>
    /// <param name="references">Translations by people.</param>
    public void Add(string translation, params ReadOnlySpan<string> references)
    {
        string[] others = new string[references.Length];
        for (int i = 0; i < others.Length; i++) others[i] = Cased(references[i]);
        string own = Cased(translation);
        _bleu.Add(WordsOf(own), Array.ConvertAll(others, WordsOf));
        _chrf?.Add(own, others);
    }

    public TranslationScores ToResult() => new(choice, _bleu.ToResult(), _chrf?.ToResult());

    private string Cased(string line) => choice.IgnoresCase ? line.ToLowerInvariant() : line;

    private string[] WordsOf(string line) => choice.Tokens == ScoreTokens.None
        ? line.Split(s_blanks, StringSplitOptions.RemoveEmptyEntries)
        : Tokenizer13a.Tokenize(line);
}

/// <summary>What came of it.</summary>
/// <param name="Choice">How it was counted.</param>
/// <param name="Bleu">BLEU.</param>
/// <param name="Chrf">chrF, where it was asked for.</param>
internal sealed record TranslationScores(ScoreChoice Choice, BleuResult Bleu, ChrfResult? Chrf)
{
    private static readonly string s_version = TrainingRecord.ThisBuild.Replace(' ', '-');

    private string Tokens => ScoreChoice.TokenNames.NameOf(Choice.Tokens);

    /// <summary>In lines for people: that of multi-bleu.perl, or where something is counted otherwise that of sacreBLEU, whose signature
    /// says what.</summary>
    public IEnumerable<string> Lines()
    {
        yield return Choice.HasSignature ? Bleu.ToSacreBleu(Tokens, s_version, Choice.IgnoresCase) : Bleu.ToMultiBleu();
        if (Chrf is not null) yield return Chrf.ToSacreBleu(s_version, Choice.IgnoresCase);
    }

    /// <summary>Writes it as members of an object.</summary>
    public void WriteMembers(JsonMembers json)
    {
        json.Add(Bleu.Bleu, "bleu").Add(Bleu.BrevityPenalty, "brevityPenalty").Add(Bleu.Precisions, "precisions")
            .Add(Bleu.LengthRatio, "lengthRatio").Add(Bleu.HypothesisLength, "hypothesisLength")
            .Add(Bleu.ReferenceLength, "referenceLength").Add(Bleu.Sentences, "sentences").Add(Bleu.Matches, "matches")
            .Add(Bleu.Totals, "totals").Add(Bleu.ToSignature(Tokens, s_version, Choice.IgnoresCase), "signature");
        if (Chrf is not null) json.Add(Chrf.Chrf, "chrf").Add(Chrf.ToSignature(s_version, Choice.IgnoresCase), "chrfSignature");
    }
}
