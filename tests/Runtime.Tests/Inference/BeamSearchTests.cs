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

    // Five ways on from each step's first, of which one goes on: as a beam does whose translations have all but their ends in common.
    [Test]
    public async Task Paths_that_nothing_follows_are_forgotten_and_the_others_stay_as_they_are()
    {
        var paths = new BeamPaths();
        int[] ends = new int[2];
        int path = BeamPaths.None, most = 0, early = BeamPaths.None;
        for (int step = 0; step < 2000; step++)
        {
            int[] ways = [.. Enumerable.Range(0, 5).Select(way => paths.Add(path, (10 * step) + way, [step, way, 0.5f]))];
            path = ways[step % 5];
            if (step == 900) early = ways[1];
            most = Math.Max(most, paths.Count);
            if (!paths.HasGrown) continue;
            ends = paths.Keep(early == BeamPaths.None ? [path, BeamPaths.None] : [path, early]).ToArray();
            path = ends[path];
            if (early != BeamPaths.None) early = ends[early];
        }

        await Assert.That(most).IsLessThan((2 * 2001) + 256 + 6);
        await Check(path, 1999, 1999 % 5);
        await Check(early, 900, 1);

        async Task Check(int end, int last, int lastWay)
        {
            int[] ways = [.. Enumerable.Range(0, last + 1).Select(step => step == last ? lastWay : step % 5)];
            await Assert.That(paths.UnitsOf(end).SequenceEqual(ways.Select((way, step) => (10 * step) + way))).IsTrue();
            float[][] weights = paths.WeightsOf(end, 3);
            await Assert.That(weights.Length).IsEqualTo(last + 1);
            for (int step = 0; step <= last; step++) await Assert.That(weights[step].SequenceEqual([step, ways[step], 0.5f])).IsTrue();
        }
    }

    // Long enough for paths to be forgotten many times over, each sentence's own among the others'.
    [Test]
    public async Task Long_sentences_in_a_batch_have_the_translations_that_they_have_alone()
    {
        Translator translator = NewTranslator(3, longer: true);
        translator.Model.Parameters[translator.Model.ClassifierBias][TranslatorConfig.End] = -4f;
        int[][] sources =
        [
            .. Enumerable.Range(0, 4).Select(i => Enumerable.Range(0, 60 + (40 * i)).Select(at => 3 + (((at * at) + i) % 3)).ToArray()),
        ];
        var options = new DecodingOptions { Beam = 3, NBest = 3, CoveragePenalty = 0.1 };
        var found = new IReadOnlyList<Translation>[sources.Length];
        new TranslatorSession(translator, options, batchSize: 4, longest: 200).Translate(
            new SentencePairs(sources), (number, translations) => found[number] = translations, withAttention: true);
        var reference = new ReferenceTranslator(translator.Model);
        for (int i = 0; i < sources.Length; i++)
        {
            var session = new TranslatorSession(translator, options, longest: 200);
            IReadOnlyList<Translation> alone = session.Translate(sources[i], withAttention: true);
            await Assert.That(found[i].Max(one => one.Units.Length)).IsGreaterThan(100);
            for (int n = 0; n < 3; n++)
            {
                await Assert.That(found[i][n].Units.SequenceEqual(alone[n].Units)).IsTrue();
                await Assert.That(found[i][n].Attention.Length).IsEqualTo(alone[n].Attention.Length);
                for (int at = 0; at < alone[n].Attention.Length; at++)
                    await Assert.That(found[i][n].Attention[at].SequenceEqual(alone[n].Attention[at])).IsTrue();
            }

            // A translation's probability is that of its units, one after the other.
            Translation best = found[i][0];
            double log = reference.LogsOf(sources[i], best.Units).Take(best.Units.Length + (best.IsWhole ? 1 : 0)).Sum();
            await Assert.That(best.LogProbability).IsEqualTo(log).Within(1e-2);
        }
    }

    [Test]
    public async Task A_score_that_is_not_a_number_is_the_lowest_wherever_it_stands()
    {
        int[] units = new int[3];
        await Assert.That(BestUnits.Find([float.NaN, 1f, float.NaN, 3f, float.NegativeInfinity, 2f], -1, units)).IsEqualTo(3);
        await Assert.That(string.Join(' ', units)).IsEqualTo("3 5 1");
        units = new int[5];
        BestUnits.Find([float.NaN, 1f, float.NaN, 3f, float.NegativeInfinity], -1, units);
        await Assert.That(string.Join(' ', units)).IsEqualTo("3 1 4 0 2");
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
