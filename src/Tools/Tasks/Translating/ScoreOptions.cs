using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.Translating;

/// <summary>How words are made of lines to compare them.</summary>
internal enum ScoreTokens
{
    /// <summary>At blanks, as multi-bleu.perl does.</summary>
    None,

    /// <summary>As mteval-v13a and sacreBLEU do.</summary>
    Mteval13a,
}

/// <summary>How translations are compared with others of the same sentences.</summary>
/// <param name="Tokens">How words are made.</param>
/// <param name="IgnoresCase">Whether both are made lower case first.</param>
/// <param name="Bleu">How BLEU is counted.</param>
/// <param name="Chrf">How chrF is, or null where it was not asked for.</param>
/// <param name="HasSignature">Whether anything of BLEU is other than multi-bleu.perl has it, so that its line alone would not say what was
/// counted.</param>
internal sealed record ScoreChoice(ScoreTokens Tokens, bool IgnoresCase, BleuOptions Bleu, ChrfOptions? Chrf, bool HasSignature)
{
    /// <summary>As sacreBLEU calls them.</summary>
    public static Choice<ScoreTokens> TokenNames { get; } =
        new("tokenization", (ScoreTokens.None, "none"), (ScoreTokens.Mteval13a, "13a"));

    /// <summary>What multi-bleu.perl does.</summary>
    public static ScoreChoice MultiBleu { get; } = new(ScoreTokens.None, false, new(), null, false);
}

/// <summary>The options that say so.</summary>
/// <param name="of">What the help begins with, where they are not for everything that the command takes.</param>
internal sealed class ScoreOptions(string of = "")
{
    private static readonly Choice<BleuSmoothing> s_smoothings = new("smoothing",
        (BleuSmoothing.None, "none"), (BleuSmoothing.Exponential, "exp"), (BleuSmoothing.Floor, "floor"), (BleuSmoothing.AddK, "add-k"));

    private readonly Option<ScoreTokens?> _tokens = Ranged.Value("--tokenize", ScoreChoice.TokenNames,
        $"{of}How words are made of lines for BLEU: none, at blanks, as multi-bleu.perl does; 13a, as sacreBLEU does. [default: none]");

    private readonly Option<BleuSmoothing?> _smoothing = Ranged.Value("--smooth", s_smoothings,
        $"{of}What BLEU makes of n-grams of which none matches, as sacreBLEU calls it. [default: none]");

    private readonly Option<float?> _value = Ranged.Number("--smooth-value", value => value is >= 0 and <= 1e6f, "a number of 0 to 1000000",
        $"{of}The number that --smooth floor or add-k takes. [default: 0.1 or 1]");

    private readonly Option<bool> _effective = new("--effective-order")
    {
        Description = $"{of}Leave n-grams out that are longer than any translation: for sentences of fewer than four words.",
    };

    private readonly Option<bool> _ignoreCase = new("--ignore-case") { Description = $"{of}Make both sides lower case first." };

    private readonly Option<bool> _chrf = new("--chrf") { Description = $"{of}Add chrF2, as sacreBLEU has it." };

    private readonly Option<int?> _words = Ranged.Whole("--chrf-word-order", 0, 64,
        $"{of}With --chrf: words of its longest n-grams of words; 2 for chrF2++. [default: 0]");

    public IEnumerable<Option> All => [_tokens, _smoothing, _value, _effective, _ignoreCase, _chrf, _words];

    /// <summary>What they say.</summary>
    /// <exception cref="UsageException">The smoothing takes no number.</exception>
    public ScoreChoice Read(ParseResult parsed, Warnings warnings)
    {
        BleuSmoothing smoothing = parsed.GetValue(_smoothing) ?? BleuSmoothing.None;
        bool takesValue = smoothing is BleuSmoothing.Floor or BleuSmoothing.AddK, hasChrf = parsed.GetValue(_chrf);
        if (!takesValue) warnings.NoEffect(Ranged.Given(parsed, _value), " without --smooth floor or add-k");
        if (!hasChrf) warnings.NoEffect(Ranged.Given(parsed, _words), " without --chrf");
        var bleu = new BleuOptions
        {
            Smoothing = smoothing,

            // As it was written.
            SmoothingValue = takesValue && parsed.GetValue(_value) is { } value ? (double)(decimal)value : null,
            HasEffectiveOrder = parsed.GetValue(_effective),
        };
        ChrfOptions? chrf = hasChrf ? new() { WordOrder = parsed.GetValue(_words) ?? 0 } : null;
        bool isOther = Ranged.Given(parsed, _tokens, _smoothing, _effective, _ignoreCase).Count > 0;
        return new(parsed.GetValue(_tokens) ?? ScoreTokens.None, parsed.GetValue(_ignoreCase), bleu, chrf, isOther);
    }
}
