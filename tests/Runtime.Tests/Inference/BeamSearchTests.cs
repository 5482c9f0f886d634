using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tests;

/// <summary>Beam search on tiny models: against all translations there are, against the greedy choice, and at its limits.</summary>
public sealed class BeamSearchTests
{
    private const int Vocabulary = 6;

    private static readonly int[] _source = [3, 5, 4];

    [Test]
    [Arguments(0.0)]
    [Arguments(0.8)]
    [Arguments(2.0)]
    public async Task A_beam_that_is_wide_enough_finds_the_best_of_all_translations(double lengthPenalty)
    {
        for (ulong seed = 1; seed <= 5; seed++)
        {
            Translator translator = NewTranslator(seed);

            // Of up to three units out of the three that there are, and the unknown one: 1 + 4 + 16 + 64 ways to end by then.
            const int limit = 4;
            var options = new DecodingOptions { Beam = 400, NBest = 10, MaxLength = limit, LengthPenalty = lengthPenalty };
            IReadOnlyList<Translation> found = new TranslatorSession(translator, options).Translate(_source);
            (int[] Units, double Log, double Score)[] all =
            [
                .. AllUpTo(limit - 1).Select(units => (units, LogOf(translator, units))).Select(way => (
                    way.units, way.Item2, way.Item2 / Math.Pow((5 + way.units.Length + 1) / 6.0, lengthPenalty)))
                    .OrderByDescending(way => way.Item3),
            ];
            for (int i = 0; i < options.NBest; i++)
            {
                await Assert.That(string.Join(' ', found[i].Units)).IsEqualTo(string.Join(' ', all[i].Units)).Because($"seed {seed}, {i}");
                await Assert.That(found[i].LogProbability).IsEqualTo(all[i].Log).Within(1e-4);
                await Assert.That(found[i].Score).IsEqualTo(all[i].Score).Within(1e-4);
                await Assert.That(found[i].IsWhole).IsTrue();
            }
        }
    }

    [Test]
    public async Task One_beam_is_the_greedy_choice()
    {
        for (ulong seed = 1; seed <= 10; seed++)
        {
            Translator translator = NewTranslator(seed);
            Translation found = new TranslatorSession(translator).Translate(_source)[0];
            int[] greedy = new ReferenceTranslator(translator.Model).Greedy(_source, limit: 16);
            await Assert.That(string.Join(' ', found.Units)).IsEqualTo(string.Join(' ', greedy)).Because($"seed {seed}");
            await Assert.That(found.IsWhole).IsEqualTo(greedy.Length < 16);
        }
    }

    [Test]
    public async Task A_model_that_never_ends_stops_at_the_limit_and_gives_its_best()
    {
        Translator translator = NewTranslator(1);
        translator.Model.Parameters[translator.Model.ClassifierBias][TranslatorConfig.End] = -1000f;
        var options = new DecodingOptions { Beam = 3, NBest = 3 };
        IReadOnlyList<Translation> found = new TranslatorSession(translator, options).Translate(_source);
        await Assert.That(found.Count).IsEqualTo(3);
        await Assert.That(found.Select(one => string.Join(' ', one.Units)).Distinct().Count()).IsEqualTo(3);
        foreach (Translation one in found)
        {
            await Assert.That(one.Units.Length).IsEqualTo((2 * _source.Length) + 10);
            await Assert.That(one.IsWhole).IsFalse();
        }

        await Assert.That(found[0].Score).IsGreaterThanOrEqualTo(found[1].Score);
    }

    [Test]
    public async Task Sentences_in_a_batch_have_the_translations_that_they_have_alone_whatever_the_threads()
    {
        Translator translator = NewTranslator(3, longer: true);
        int[][] sources = [[3], [], [4, 5, 3, 3, 5, 4, 4], [5, 4], [3, 3, 3, 4, 5], [0, 4]];
        var options = new DecodingOptions { Beam = 4, NBest = 3, LengthPenalty = 1, CoveragePenalty = 0.3 };
        using var pool = new WorkerPool(3);

        // The third is longer than what is done in batches.
        var together = new TranslatorSession(translator, options, batchSize: 3, longest: 5, pool);
        var found = new IReadOnlyList<Translation>[sources.Length];
        together.Translate(new SentencePairs(sources), (number, translations) => found[number] = translations, withAttention: true);
        for (int i = 0; i < sources.Length; i++)
        {
            IReadOnlyList<Translation> alone = new TranslatorSession(translator, options).Translate(sources[i], withAttention: true);
            await Assert.That(TextOf(found[i])).IsEqualTo(TextOf(alone)).Because($"sentence {i}");
        }

        await Assert.That(found[1].Single().Units).IsEmpty();

        static string TextOf(IReadOnlyList<Translation> all) => string.Join('|', all.Select(one =>
            $"{string.Join(' ', one.Units)} {one.Score:R} {string.Join(';', one.Attention.Select(row => string.Join(' ', row)))}"));
    }

    [Test]
    public async Task Attention_has_a_weight_for_every_source_unit_at_every_unit_and_they_add_up_to_1()
    {
        Translation one = new TranslatorSession(NewTranslator(2)).Translate(_source, withAttention: true)[0];
        await Assert.That(one.Attention.Length).IsEqualTo(one.Units.Length + (one.IsWhole ? 1 : 0));
        foreach (float[] weights in one.Attention)
        {
            await Assert.That(weights.Length).IsEqualTo(_source.Length + 1);
            await Assert.That(weights.Sum()).IsEqualTo(1f).Within(1e-5f);
        }
    }

    [Test]
    public async Task An_evaluation_measures_the_loss_of_given_translations_and_the_bleu_of_its_own()
    {
        Translator translator = NewTranslator(3);
        int[][] sources = [_source, [4], [5, 5]], targets = [[3, 4], [], [5, 5, 3, 4, 4]];
        var session = new TranslatorSession(translator);
        string[][] own = [.. sources.Select(source => session.WordsOf(session.Translate(source)[0]))];
        var evaluator = new TranslatorEvaluator(translator, batchSize: 2, longest: 3);
        TranslationResult result = evaluator.Evaluate(new SentencePairs(sources, targets, own));
        var reference = new ReferenceTranslator(translator.Model);
        double loss = -sources.Zip(targets, (source, target) => reference.LogsOf(source, target).Sum()).Sum();
        await Assert.That(result.Loss).IsEqualTo(loss / 10).Within(1e-5);
        await Assert.That(result.Units).IsEqualTo(10);
        await Assert.That(result.Bleu.BrevityPenalty).IsEqualTo(1);
        await Assert.That(result.Bleu.Precisions[0]).IsEqualTo(100);
        for (int i = 0; i < own.Length; i++) await Assert.That(string.Join(' ', result.Hypotheses[i])).IsEqualTo(string.Join(' ', own[i]));
    }

    [Test]
    public async Task Best_units_are_those_of_a_sort()
    {
        float[] scores = [.. Arrays.Uniform(7, 200).Select(score => MathF.Round(score * 10))];
        IEnumerable<int> others = Enumerable.Range(0, 200).Where(unit => unit != 17);
        int[] expected = [.. others.OrderByDescending(unit => scores[unit]).ThenBy(unit => unit)];
        foreach (int count in new[] { 1, 2, 10, 199 })
        {
            int[] units = new int[count];
            await Assert.That(BestUnits.Find(scores, 17, units)).IsEqualTo(count);
            await Assert.That(string.Join(' ', units)).IsEqualTo(string.Join(' ', expected.Take(count)));
        }

        await Assert.That(BestUnits.Find(scores.AsSpan(0, 3), 1, new int[5])).IsEqualTo(2);
    }

    private static IEnumerable<int[]> AllUpTo(int length)
    {
        yield return [];
        if (length == 0) yield break;
        foreach (int[] rest in AllUpTo(length - 1))
        {
            foreach (int unit in new[] { 0, 3, 4, 5 }) yield return [unit, .. rest];
        }
    }

    private static double LogOf(Translator translator, int[] units) =>
        new ReferenceTranslator(translator.Model).LogsOf(_source, units).Sum();

    private static Translator NewTranslator(ulong seed, bool longer = false)
    {
        var model = new TranslatorModel(new TranslatorConfig
        {
            SourceVocabularySize = Vocabulary, TargetVocabularySize = Vocabulary, EmbeddingSize = 5, EncoderHiddenSize = 4,
            Direction = RecurrentDirection.Bidirectional, HiddenSize = 8, AttentionSize = 6,
        });
        model.Initialize(seed, 1.2f);

        // A sentence that ends soon shows little.
        if (longer) model.Parameters[model.ClassifierBias][TranslatorConfig.End] = -2f;
        return new Translator(model, new TranslatorForm { TargetUnits = ["<unk>", "<s>", "</s>", "a", "b", "c"] });
    }
}
