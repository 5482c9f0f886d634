using TinySD.Tools.Options;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>A Monte Carlo evaluation as asked for.</summary>
/// <param name="Samples">Passes N.</param>
/// <param name="Seed">Of the masks.</param>
/// <param name="Recipe">What is dropped; the rest of it is without effect.</param>
internal sealed record MonteCarloSettings(int Samples, ulong Seed, LanguageModelRecipe Recipe);

/// <summary>A cache as asked for; the two numbers are tuned on a text, if there is one.</summary>
internal sealed record CacheSettings(int Size, float Theta, float Lambda, string? TuneOn);

/// <summary>How <c>eval</c> measures a language model, beside the static evaluation that it always makes.</summary>
internal sealed class EvaluationOptions
{
    private const ulong DefaultSeed = 1;

    private readonly Option<int?> _streams = StreamsOption(
        "Streams that the text is cut into and that run side by side: faster, and all but the first start from 64 tokens of warm-up. " +
        "Published figures are mostly of one. [default: as in the model's validation and test; 1 with --cache, and for older models]");

    private readonly Option<int?> _samples = Ranged.Whole("--mc-samples", 1, 65536,
        "Evaluate with Monte Carlo dropout too (Gal and Ghahramani 2016): this many passes with dropout on, their probabilities averaged.");

    private readonly Option<ulong?> _seed = Ranged.Seed($"Seed of those passes' masks. [default: {DefaultSeed}]");
    private readonly DropoutOptions<LanguageModelRecipe> _dropout = new(LanguageModelFields.Shared);
    private readonly FieldOptions<LanguageModelRecipe> _drops = new(LanguageModelFields.WordsAndWeights);

    private readonly Option<int?> _cache = Ranged.Whole("--cache", 1, 1 << 24,
        $"Evaluate with a continuous cache of so many positions too (Grave et al. 2017); {CacheEvaluator.DefaultSize} is usual for the " +
        "Penn Treebank.");

    private readonly Option<float?> _theta = Ranged.Number("--cache-theta", v => v >= 0, "a number of at least 0",
        $"How much more a position counts whose state is similar. [default: {CacheEvaluator.DefaultTheta}]");

    private readonly Option<float?> _lambda = Ranged.Number("--cache-lambda", v => v is >= 0 and < 1, "a number of at least 0 and below 1",
        $"The cache's part of the prediction. [default: {CacheEvaluator.DefaultLambda}]");

    private readonly FileOption _tune = FileOption.Input("--cache-tune",
        "Take theta and lambda from a grid, the pair that does best on this validation text.");

    /// <summary>The option that says how many streams a text is cut into.</summary>
    public static Option<int?> StreamsOption(string help) => Ranged.Whole("--streams", 1, LanguageModelFile.MaxStreams, help);

    /// <summary>The same in training, where it is of the texts to predict.</summary>
    public static Option<int?> StreamsInTraining() => HelpGroup.Training.Of(StreamsOption(
        "Streams that validation and test text are cut into; the model's record has it, and eval takes it from there. Fewer are slower. " +
        "[default: --batch]"))[0];

    public IEnumerable<Option> All =>
        [_streams, _samples, _seed, .. HelpGroup.AsOther(_dropout.All), .. _drops.All, _cache, _theta, _lambda, _tune];

    /// <summary>Those of the static evaluation.</summary>
    public IEnumerable<Option> Plain => [_streams];

    /// <summary>Streams side by side. A cache runs in one, and what it is compared with does too.</summary>
    public int Streams(ParseResult parsed, TrainingRecord<LanguageModelRecipe, TextsRecord> training) =>
        parsed.GetValue(_streams) ?? (parsed.GetValue(_cache) is null ? EvaluationStreams.DefaultOf(training.Data) : 1);

    /// <summary>The Monte Carlo evaluation, or null.</summary>
    /// <exception cref="UsageException">There is no dropout.</exception>
    public MonteCarloSettings? MonteCarlo(ParseResult parsed, TrainingRecord<LanguageModelRecipe, TextsRecord> training, Warnings warnings)
    {
        if (parsed.GetValue(_samples) is not { } samples)
        {
            warnings.NoEffect(
                [.. Ranged.Given(parsed, _seed), .. _dropout.Given(parsed), .. _drops.Given(parsed)],
                $" without {_samples.Name}, which evaluates with dropout");
            return null;
        }

        DropoutSpec dropout = _dropout.Read(parsed, training.Recipe.Dropout, "the model's recipe", warnings);
        LanguageModelRecipe recipe = _drops.Apply(parsed, training.Recipe with { Dropout = dropout }, warnings);
        if (DropsNothing(recipe))
        {
            const string Example = "--dropout and --rate, for example --dropout random --rate 0.2";
            string? given = _dropout.Given(parsed).Concat(_drops.Given(parsed)).FirstOrDefault();
            throw new UsageException(DropsNothing(training.Recipe)
                ? $"{_samples.Name} needs dropout, and the model was trained without; add {Example}."
                : $"{_samples.Name} needs dropout, and {given} leaves none of the model's; leave it out, or give {Example}.");
        }

        return new MonteCarloSettings(samples, parsed.GetValue(_seed) ?? DefaultSeed, recipe);
    }

    private static bool DropsNothing(LanguageModelRecipe recipe) =>
        recipe is { Dropout.Kind: DropoutKind.None, WordDrop: 0f, WeightDrop: 0f };

    /// <summary>The cache, or null.</summary>
    /// <exception cref="UsageException">Two options contradict each other.</exception>
    public CacheSettings? Cache(ParseResult parsed, Warnings warnings)
    {
        float? theta = parsed.GetValue(_theta), lambda = parsed.GetValue(_lambda);
        string? tune = parsed.GetValue(_tune);
        if (parsed.GetValue(_cache) is not { } size)
        {
            warnings.NoEffect(Ranged.Given(parsed, _theta, _lambda, _tune), $" without {_cache.Name}");
            return null;
        }

        if (tune is not null) warnings.NoEffect(Ranged.Given(parsed, _theta, _lambda), $": {_tune.Name} finds both numbers");
        if (parsed.GetValue(_streams) > 1)
            throw new UsageException($"{_cache.Name} needs the whole text in one stream; leave {_streams.Name} out.");
        return new CacheSettings(size, theta ?? CacheEvaluator.DefaultTheta, lambda ?? CacheEvaluator.DefaultLambda, tune);
    }
}
