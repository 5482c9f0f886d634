using TinySD.Runtime.Inference;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Evaluations and sessions against the twin and against each other.</summary>
public sealed class EvaluatorTests
{
    private const int Vocabulary = 19, Length = 120;

    // A text's loss adds up float losses of single tokens, each a few units (6e-8) off.
    private const double Tolerance = 1e-6;

    private static readonly int[] _text = Arrays.Tokens(4, Length, Vocabulary);

    public static IEnumerable<Func<LanguageModelConfig>> Configs() =>
    [
        () => Cases.Config(Vocabulary, embedding: 5, hidden: 17, layers: 2),
        () => Cases.Config(Vocabulary, embedding: 8, hidden: 8, layers: 1, tied: true),
    ];

    [Test]
    [MethodDataSource(nameof(Configs))]
    public async Task One_stream_gives_the_twins_loss_whatever_the_window(LanguageModelConfig config)
    {
        LanguageModel model = Cases.Model(config);
        double expected = TwinLosses(model).Sum();
        foreach (int timeSteps in new[] { 1, 7, 32, 200 })
        {
            EvaluationResult result = new LanguageModelEvaluator(model, timeSteps: timeSteps).Evaluate(_text);
            await Assert.That(result.Tokens).IsEqualTo(Length - 1);
            await Assert.That(result.NegativeLogLikelihood)
                .IsEqualTo(expected).Within(Tolerance * expected).Because($"windows of {timeSteps}");
            await Assert.That(result.Perplexity).IsEqualTo(Math.Exp(expected / (Length - 1))).Within(Tolerance * 100);
        }
    }

    [Test]
    [MethodDataSource(nameof(Configs))]
    public async Task Stepping_a_session_gives_the_twins_logits_and_the_evaluators_loss(LanguageModelConfig config)
    {
        LanguageModel model = Cases.Model(config);
        double[] expected = [.. TwinLosses(model)];
        var session = new LanguageModelSession(model);
        for (int round = 0; round < 2; round++)
        {
            double sum = 0;
            for (int i = 0; i + 1 < Length; i++)
            {
                double[] logits = session.Step(_text[i]).ToDoubles();
                double loss = Math.Log(logits.Sum(Math.Exp)) - logits[_text[i + 1]];
                await Assert.That(loss).IsEqualTo(expected[i]).Within(1e-5);
                sum += loss;
            }

            await Assert.That(sum)
                .IsEqualTo(new LanguageModelEvaluator(model).Evaluate(_text).NegativeLogLikelihood).Within(Tolerance * sum);
            session.Reset();
        }
    }

    [Test]
    [MatrixDataSource]
    public async Task Every_token_but_the_first_is_counted_once_by_any_number_of_streams(
        [Matrix(1, 2, 3, 7, 16, 119, 130)] int streams, [Matrix(1, 5, 32)] int timeSteps)
    {
        // Only the classifier's bias is not zero: a token's loss depends on nothing but the token, and no two tokens have the same.
        var model = new LanguageModel(Cases.Config(Length, embedding: 2, hidden: 3, layers: 1));
        Span<float> bias = model.Parameters[model.ClassifierBias];
        for (int v = 0; v < Length; v++) bias[v] = v / 16f;
        double normalizer = Math.Log(bias.ToArray().ToDoubles().Sum(Math.Exp));
        foreach (int length in new[] { 2, 3, 64, Length })
        {
            double expected = Enumerable.Range(1, length - 1).Sum(token => normalizer - (token / 16.0));
            EvaluationResult result =
                new LanguageModelEvaluator(model, null, streams, timeSteps).Evaluate([.. Enumerable.Range(0, length)]);
            await Assert.That(result.Tokens).IsEqualTo(length - 1);
            await Assert.That(result.NegativeLogLikelihood).IsEqualTo(expected).Within(Tolerance * expected).Because($"{length} tokens");
        }
    }

    [Test]
    [MatrixDataSource]
    public async Task A_text_behind_a_source_gives_the_bits_of_one_in_memory([Matrix(1, 3, 130)] int streams, [Matrix(1, 32)] int timeSteps)
    {
        var evaluator = new LanguageModelEvaluator(
            Cases.Model(Cases.Config(Vocabulary, embedding: 5, hidden: 17, layers: 2)), null, streams, timeSteps);
        await Assert.That(evaluator.Evaluate(new TokenMemory(_text))).IsEqualTo(evaluator.Evaluate(_text));
    }

    [Test]
    [Arguments(2)]
    [Arguments(3)]
    public async Task Streams_that_warm_up_from_the_texts_start_give_the_loss_of_one(int streams)
    {
        // 120 tokens in 2 or 3 streams: the last starts at 60 or 80, up to 64 tokens of warm-up; of 90 tokens all start at the text's
        // first.
        LanguageModel model = Cases.Model(Cases.Config(Vocabulary, embedding: 5, hidden: 17, layers: 2));
        int[] text = _text[..90];
        double one = new LanguageModelEvaluator(model).Evaluate(text).NegativeLogLikelihood;
        await Assert.That(new LanguageModelEvaluator(model, null, streams).Evaluate(text).NegativeLogLikelihood)
            .IsEqualTo(one).Within(1e-9 * one);
    }

    [Test]
    public async Task An_evaluator_sees_a_model_that_was_trained_further()
    {
        LanguageModel model = Cases.Model(Cases.Config(Vocabulary, embedding: 5, hidden: 17, layers: 2));
        var evaluator = new LanguageModelEvaluator(model);
        evaluator.Evaluate(_text);
        Cases.Model(model.Config, seed: 77).Parameters.Values.CopyTo(model.Parameters.Values);
        double expected = TwinLosses(model).Sum();
        await Assert.That(evaluator.Evaluate(_text).NegativeLogLikelihood).IsEqualTo(expected).Within(Tolerance * expected);
    }

    [Test]
    public async Task Progress_rises_to_1_and_a_cancelled_evaluation_stops()
    {
        var evaluator = new LanguageModelEvaluator(Cases.Model(Cases.Config(Vocabulary, 2, 3, 1)), timeSteps: 10);
        var shares = new List<double>();
        evaluator.Evaluate(_text, shares.Add);
        await Assert.That(shares).IsInOrder();
        await Assert.That(shares[^1]).IsEqualTo(1.0);

        using var cancellation = new CancellationTokenSource();
        shares.Clear();
        Messages.Of<OperationCanceledException>(() => evaluator.Evaluate(
            _text,
            share =>
            {
                shares.Add(share);
                cancellation.Cancel();
            },
            cancellation.Token));
        await Assert.That(shares.Count).IsEqualTo(1);
    }

    [Test]
    public async Task Texts_and_tokens_that_do_not_fit_are_refused()
    {
        LanguageModel model = Cases.Model(Cases.Config(Vocabulary, 2, 3, 1));
        var evaluator = new LanguageModelEvaluator(model);
        await Assert.That(Messages.Of<ArgumentException>(() => evaluator.Evaluate([1])))
            .IsEqualTo("the text has 1 token; a prediction needs at least 2");
        await Assert.That(Messages.Of<ArgumentException>(() => evaluator.Evaluate([]))).Contains("the text has 0 tokens");
        await Assert.That(Messages.Of<ArgumentException>(() => evaluator.Evaluate([1, 2, 19])))
            .IsEqualTo("tokens[2] is 19, the vocabulary has 19 tokens");
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new LanguageModelEvaluator(model, null, streams: 0)))
            .Contains("at least 1");
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new LanguageModelEvaluator(model, null, timeSteps: 0)))
            .Contains("1 to 65536");
        var session = new LanguageModelSession(model);
        await Assert.That(Messages.Of<ArgumentException>(() => session.Step(19))).Contains("token must be 0 to 18");
        await Assert.That(Messages.Of<ArgumentException>(() => session.Step(-1))).Contains("token must be 0 to 18");
    }

    [Test]
    [NotInParallel]
    public async Task Threads_change_nothing()
    {
        LanguageModel model = Cases.Model(Cases.Config(Vocabulary, embedding: 33, hidden: 50, layers: 2));
        using var pool = new WorkerPool(2);
        double expected = new LanguageModelEvaluator(model, null, streams: 4).Evaluate(_text).NegativeLogLikelihood;
        await Assert.That(new LanguageModelEvaluator(model, pool, streams: 4).Evaluate(_text).NegativeLogLikelihood).IsEqualTo(expected);
        LanguageModelSession alone = new(model), shared = new(model, pool);
        foreach (int token in _text[..20]) await Assert.That(Arrays.FirstDifference(shared.Step(token), alone.Step(token))).IsNull();
    }

    private static List<double> TwinLosses(LanguageModel model)
    {
        var twin = new ReferenceLanguageModel(model);
        ReferenceMasks ones = ReferenceMasks.From(DropoutSpec.None, 0, model.Config, Length - 1, 1, default);
        return twin.Forward(_text[..^1], _text[1..], ones, twin.NewState(1)).TokenLosses;
    }
}
