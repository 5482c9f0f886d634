using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Monte Carlo dropout against an average written out over passes of the twin, in double precision.</summary>
public sealed class MonteCarloEvaluatorTests
{
    private const int Vocabulary = 13, Length = 23, TimeSteps = 5, Samples = 3;
    private const ulong Seed = 11;

    private static readonly int[] _text = Arrays.Tokens(4, Length, Vocabulary);

    public static IEnumerable<Func<DropoutSpec>> Dropouts() => Cases.Dropouts.Select<DropoutSpec, Func<DropoutSpec>>(
        dropout => () => dropout with { Embedding = 0.25f, Layer = 0.5f, Recurrent = 0.375f, Output = 0.5f });

    [Test]
    [MethodDataSource(nameof(Dropouts))]
    public Task The_twins_probabilities_are_averaged_before_the_logarithm(DropoutSpec dropout) =>
        IsTheTwinsAverage(NewModel(), dropout, 0f, 0f);

    // The masks of training, of AWD-LSTM's and of Gal's kind; the weights' too are new for every window and sample.
    [Test]
    [MethodDataSource(nameof(Dropouts))]
    public async Task Words_and_recurrent_weights_are_dropped_as_in_training(DropoutSpec dropout)
    {
        LanguageModelConfig config = Cases.Config(
            Vocabulary, embedding: 6, hidden: 9, layers: 2) with
        { LastHiddenSize = 6, TieWeights = true };
        foreach ((float words, float weights) in new[] { (0.4f, 0f), (0f, 0.5f), (0.25f, 0.375f) })
        {
            await IsTheTwinsAverage(Cases.Model(config, range: 0.8f), dropout, words, weights);
            await IsTheTwinsAverage(Cases.Model(config with { Cell = CellKind.Gru }, range: 0.8f), dropout, words, weights);
        }
    }

    private static async Task IsTheTwinsAverage(LanguageModel model, DropoutSpec dropout, float words, float weights)
    {
        double[][] probabilities =
            [.. Enumerable.Range(0, Samples).Select(sample => TwinProbabilities(model, dropout, sample, words, weights))];
        double expected = Enumerable.Range(0, Length - 1).Sum(i => -Math.Log(probabilities.Average(p => p[i])));
        var evaluator = new MonteCarloEvaluator(model, dropout, Samples, Seed, timeSteps: TimeSteps, wordDrop: words, weightDrop: weights);
        EvaluationResult result = evaluator.Evaluate(new TokenMemory(_text));
        await Assert.That(result.Tokens).IsEqualTo(Length - 1);
        await Assert.That(result.NegativeLogLikelihood).IsEqualTo(expected).Within(2e-6 * expected);

        // The mean of the logarithms, which is what it is easily mistaken for, is another number.
        double wrong = probabilities.Average(p => p.Sum(x => -Math.Log(x)));
        if (dropout.Kind != DropoutKind.None || words + weights > 0f)
            await Assert.That(result.NegativeLogLikelihood).IsLessThan(wrong * (1 - 1e-4));

        // Again: states and masks begin anew.
        await Assert.That(evaluator.Evaluate(new TokenMemory(_text))).IsEqualTo(result);
    }

    [Test]
    [MatrixDataSource]
    public async Task Without_a_rate_it_is_the_static_evaluation_bit_for_bit([Matrix(1, 2, 5)] int samples, [Matrix(1, 3)] int streams)
    {
        LanguageModel model = NewModel();
        int[] text = Arrays.Tokens(9, 300, Vocabulary);
        EvaluationResult expected = new LanguageModelEvaluator(model, null, streams, timeSteps: 7).Evaluate(text);
        var evaluator = new MonteCarloEvaluator(model, new() { Kind = DropoutKind.Structured }, samples, Seed, null, streams, timeSteps: 7);
        await Assert.That(evaluator.Evaluate(new TokenMemory(text)).NegativeLogLikelihood).IsEqualTo(expected.NegativeLogLikelihood).Within(
            samples is 1 or 2 ? 0 : 1e-12 * expected.NegativeLogLikelihood);
    }

    [Test]
    [NotInParallel]
    [MethodDataSource(nameof(Dropouts))]
    public async Task Threads_change_nothing_and_seeds_do(DropoutSpec dropout)
    {
        LanguageModel model = Cases.Model(Cases.Config(Vocabulary, embedding: 33, hidden: 50, layers: 2));
        using var pool = new WorkerPool(2);
        double alone = Run(Seed, SingleThread.Instance);
        await Assert.That(Run(Seed, pool)).IsEqualTo(alone);
        if (dropout.Kind != DropoutKind.None) await Assert.That(Run(Seed + 1, SingleThread.Instance)).IsNotEqualTo(alone);

        double Run(ulong seed, IParallelRunner runner) =>
            new MonteCarloEvaluator(
                model, dropout, Samples, seed, runner, streams: 2, TimeSteps).Evaluate(new TokenMemory(_text)).NegativeLogLikelihood;
    }

    [Test]
    public async Task Probabilities_that_no_double_holds_count_like_any_other()
    {
        // The classifier's bias alone decides: e^-2000 is 0 as a double.
        var model = new LanguageModel(Cases.Config(2, embedding: 2, hidden: 3, layers: 1));
        model.Parameters[model.ClassifierBias][0] = 2000f;
        var evaluator = new MonteCarloEvaluator(model, new() { Kind = DropoutKind.Random, Output = 0.5f }, 4);
        await Assert.That(evaluator.Evaluate(new TokenMemory(new[] { 0, 1, 0 })).NegativeLogLikelihood).IsEqualTo(2000).Within(1e-9);
    }

    [Test]
    public async Task Numbers_out_of_range_are_refused()
    {
        LanguageModel model = NewModel();
        DropoutSpec dropout = new() { Kind = DropoutKind.Random, Output = 0.5f };
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new MonteCarloEvaluator(model, dropout, 0)))
            .Contains("samples must be 1 to 65536");
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new MonteCarloEvaluator(model, dropout with { Output = 1f }, 1)))
            .Contains("output drop rate");
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new MonteCarloEvaluator(model, dropout, 1, wordDrop: 1f)))
            .Contains("word drop rate");
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new MonteCarloEvaluator(model, dropout, 1, weightDrop: float.NaN)))
            .Contains("weight drop rate");
        var evaluator = new MonteCarloEvaluator(model, dropout, 2);
        await Assert.That(Messages.Of<ArgumentException>(() => evaluator.Evaluate(new TokenMemory(new[] { 1, 2, 99 }))))
            .IsEqualTo("token 2 of the text is 99, the vocabulary has 13 tokens");
        await Assert.That(Messages.Of<ArgumentException>(() => evaluator.Evaluate(new TokenMemory(new[] { 1 })))).Contains("has 1 token;");
    }

    private static LanguageModel NewModel() => Cases.Model(Cases.Config(Vocabulary, embedding: 6, hidden: 9, layers: 2), range: 0.8f);

    // Window by window, the last one cut to the text's end: its masks are the first of a whole window's.
    private static double[] TwinProbabilities(LanguageModel model, DropoutSpec dropout, int sample, float words, float weights)
    {
        var twin = new ReferenceLanguageModel(model);
        LanguageModelRecipe recipe = new() { Name = "masks", Seed = Seed, WordDrop = words, WeightDrop = weights };
        ReferenceState state = twin.NewState(1);
        var probabilities = new List<double>();
        for (int window = 0; window * TimeSteps < Length - 1; window++)
        {
            int from = window * TimeSteps, to = Math.Min(from + TimeSteps, Length - 1);
            ReferenceMasks masks = ReferenceMasks.From(dropout, Seed, model.Config, to - from, 1, new Draw(window, sample));
            twin.Regularizers = ReferenceRegularizers.Of(recipe, model.Config, new Draw(window, sample));
            ReferenceWindow result = twin.Forward(_text[from..to], _text[(from + 1)..(to + 1)], masks, state);
            probabilities.AddRange(result.TokenLosses.Select(loss => Math.Exp(-loss)));
            state = result.FinalState!;
        }

        return [.. probabilities];
    }
}
