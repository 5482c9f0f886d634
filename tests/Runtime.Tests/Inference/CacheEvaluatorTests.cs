using TinySD.Runtime.Inference;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>The continuous cache against its formula, computed pair by pair in double precision from the twin's hidden states.</summary>
public sealed class CacheEvaluatorTests
{
    private const int Vocabulary = 7, Length = 90;

    private static readonly int[] _text = Arrays.Tokens(4, Length, Vocabulary);

    [Test]
    [MatrixDataSource]
    public async Task Perplexity_is_that_of_the_formula(
        [Matrix(1, 8, 89, 500)] int size, [Matrix(0f, 0.5f, 3f)] float theta, [Matrix(0f, 0.2f, 0.75f)] float lambda,
        [Matrix(1, 7, 32)] int timeSteps)
    {
        LanguageModel model = NewModel(hidden: 17);
        double expected = Direct(model, size, theta, lambda);
        EvaluationResult result = new CacheEvaluator(model, size, timeSteps: timeSteps).Evaluate(new TokenMemory(_text), theta, lambda);
        await Assert.That(result.Tokens).IsEqualTo(Length - 1);
        await Assert.That(result.NegativeLogLikelihood).IsEqualTo(expected).Within(3e-6 * expected);
    }

    [Test]
    [Arguments(5)]
    [Arguments(40)]
    public async Task The_states_are_the_last_layers_whatever_its_size(int lastHidden)
    {
        LanguageModel model = Cases.Model(
            Cases.Config(Vocabulary, embedding: 5, hidden: 17, layers: 2) with { LastHiddenSize = lastHidden }, range: 0.8f);
        double expected = Direct(model, 20, 0.5, 0.2);
        double found = new CacheEvaluator(model, 20, timeSteps: 7).Evaluate(new TokenMemory(_text), 0.5f, 0.2f).NegativeLogLikelihood;
        await Assert.That(found).IsEqualTo(expected).Within(3e-6 * expected);
    }

    [Test]
    public async Task Without_a_part_for_the_cache_it_is_the_static_evaluation()
    {
        LanguageModel model = NewModel(hidden: 17);
        double expected = new LanguageModelEvaluator(model).Evaluate(_text).NegativeLogLikelihood;
        double found = new CacheEvaluator(model, 20).Evaluate(new TokenMemory(_text), 1f, 0f).NegativeLogLikelihood;

        // Summed token by token and not window by window.
        await Assert.That(found).IsEqualTo(expected).Within(1e-13 * expected);
    }

    [Test]
    public async Task A_word_that_comes_again_and_again_becomes_likelier()
    {
        LanguageModel model = NewModel(hidden: 17);
        var text = new TokenMemory(Enumerable.Repeat(3, 50).ToArray());
        var evaluator = new CacheEvaluator(model, 10);
        double alone = evaluator.Evaluate(text, 1f, 0f).Perplexity;
        await Assert.That(evaluator.Evaluate(text, 1f, 0.5f).Perplexity).IsLessThan(Math.Min(2.2, alone / 2));
    }

    [Test]
    public async Task Tuning_finds_the_best_of_the_grid_and_repeats()
    {
        LanguageModel model = NewModel(hidden: 9);
        var text = new TokenMemory(_text);
        float[] thetas = [0f, 0.3f, 1f], lambdas = [0f, 0.05f, 0.3f];
        var evaluator = new CacheEvaluator(model, 30);
        CacheResult best = evaluator.Tune(text, thetas, lambdas);
        double least = double.PositiveInfinity;
        foreach (float theta in thetas)
        {
            foreach (float lambda in lambdas)
            {
                EvaluationResult single = evaluator.Evaluate(text, theta, lambda);
                least = Math.Min(least, single.NegativeLogLikelihood);
                if ((theta, lambda) == (best.Theta, best.Lambda)) await Assert.That(single).IsEqualTo(best.Result);
            }
        }

        await Assert.That(best.Result.NegativeLogLikelihood).IsEqualTo(least);
    }

    [Test]
    [Arguments(new[] { 3e38f, 1f })]
    [Arguments(new[] { 1f, 3e38f })]
    public async Task A_theta_that_overflows_counts_the_most_similar_states_alone(float[] thetas)
    {
        LanguageModel model = NewModel(hidden: 9);
        var text = new TokenMemory(_text);
        var evaluator = new CacheEvaluator(model, 30);
        CacheResult best = evaluator.Tune(text, thetas, [0.2f]);
        await Assert.That(best.Theta).IsEqualTo(1f);
        double expected = Direct(model, 30, 1, 0.2f);
        await Assert.That(best.Result.NegativeLogLikelihood).IsEqualTo(expected).Within(3e-6 * expected);
        CacheResult largest = evaluator.Tune(text, [3e38f, 2e38f], [0.2f]);
        await Assert.That(largest.Theta).IsEqualTo(3e38f);
        double hardest = Direct(model, 30, 1e9, 0.2f);
        await Assert.That(largest.Result.NegativeLogLikelihood).IsEqualTo(hardest).Within(3e-5 * hardest);
    }

    [Test]
    [NotInParallel]
    public async Task Threads_change_nothing()
    {
        LanguageModel model = NewModel(hidden: 300);
        using var pool = new WorkerPool(3);
        double alone = new CacheEvaluator(model, 60).Evaluate(new TokenMemory(_text)).NegativeLogLikelihood;
        await Assert.That(new CacheEvaluator(model, 60, pool).Evaluate(new TokenMemory(_text)).NegativeLogLikelihood).IsEqualTo(alone);
    }

    [Test]
    public async Task Numbers_out_of_range_are_refused()
    {
        LanguageModel model = NewModel(hidden: 9);
        var text = new TokenMemory(_text);
        await Assert.That(Messages.Of<ArgumentException>(() => new CacheEvaluator(model, 0))).Contains("size must be at least 1");
        await Assert.That(Messages.Of<ArgumentException>(() => new CacheEvaluator(model, int.MaxValue))).Contains("passes 2^31 floats");
        var evaluator = new CacheEvaluator(model, 5);
        await Assert.That(Messages.Of<ArgumentException>(() => evaluator.Evaluate(text, -1f))).Contains("theta must be 0 or above");
        await Assert.That(Messages.Of<ArgumentException>(() => evaluator.Evaluate(text, float.NaN))).Contains("theta must be 0 or above");
        await Assert.That(Messages.Of<ArgumentException>(() => evaluator.Evaluate(text, 1f, 1f)))
            .Contains("lambda must be at least 0 and below 1");
        await Assert.That(Messages.Of<ArgumentException>(() => evaluator.Tune(text, [], [0.1f]))).Contains("no candidate");
    }

    private static LanguageModel NewModel(int hidden) =>
        Cases.Model(Cases.Config(Vocabulary, embedding: 5, hidden, layers: 2), range: 0.8f);

    // The sum over the last positions i, of which each knows the token that followed it, for every prediction from scratch.
    private static double Direct(LanguageModel model, int size, double theta, double lambda)
    {
        var twin = new ReferenceLanguageModel(model);
        ReferenceMasks ones = ReferenceMasks.From(DropoutSpec.None, 0, model.Config, Length - 1, 1, default);
        ReferenceWindow window = twin.Forward(_text[..^1], _text[1..], ones, twin.NewState(1));
        double[][,] h = [.. window.Steps[^1].Select(step => step.H)];
        double sum = 0;
        for (int t = 0; t < Length - 1; t++)
        {
            double p = Math.Exp(-window.TokenLosses[t]), wanted = 0, all = 0;
            double[] dots =
                [.. Enumerable.Range(0, t).Select(i => Enumerable.Range(0, h[t].GetLength(0)).Sum(unit => h[t][unit, 0] * h[i][unit, 0]))];
            int first = Math.Max(0, t - size);
            for (int i = first; i < t; i++)
            {
                double weight = Math.Exp(theta * (dots[i] - dots[first..].Max()));
                all += weight;
                if (_text[i + 1] == _text[t + 1]) wanted += weight;
            }

            sum -= Math.Log(t == 0 ? p : ((1 - lambda) * p) + (lambda * wanted / all));
        }

        return sum;
    }
}
