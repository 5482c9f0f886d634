using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>Translators: what they learn, what sessions and evaluators make of them, and what they refuse.</summary>
public sealed class TranslatorTests
{
    [Test]
    [Arguments(DropoutKind.Structured)]
    [Arguments(DropoutKind.Random)]
    [Arguments(DropoutKind.None)]
    public async Task Sentences_read_backwards_are_learnt(DropoutKind kind)
    {
        SentencePairs train = Translators.Reversals(1, 1500), valid = Translators.Reversals(2, 100);
        TranslatorRecipe recipe = Translators.Recipe with
        {
            HiddenSize = 48,
            EmbeddingSize = 24,
            BatchSize = 16,
            Epochs = 12,
            LearningRateSchedule = LearningRateSchedule.Linear,
            Dropout = Translators.Recipe.Dropout with { Kind = kind },
        };
        using var pool = new WorkerPool(2);
        var task = new TranslatorTask(recipe, Translators.Form, Translators.Vocabulary, train, valid, pool);
        var run = new TrainingRun<TranslatorBatch>(task) { KeepsBest = true };
        while (!run.IsAtEnd) run.TrainEpoch();
        await Assert.That(task.Metric.Name).IsEqualTo("BLEU");
        await Assert.That(run.Best!.Valid.Metric).IsGreaterThan(95);

        // The session writes what the evaluator has judged, and a beam is no worse.
        var translator = new Translator(task.ModelOf(run.BestParameters!), Translators.Form);
        TranslationResult greedy = new TranslatorEvaluator(translator).Evaluate(valid);
        await Assert.That(greedy.Bleu.Bleu).IsEqualTo(run.Best.Valid.Metric);
        await Assert.That(greedy.Loss).IsEqualTo(run.Best.Valid.Loss);
        var session = new TranslatorSession(translator);
        for (int i = 0; i < 10; i++)
        {
            string[] words = session.WordsOf(session.Translate(valid.SourceOf(i))[0]);
            await Assert.That(string.Join(' ', words)).IsEqualTo(string.Join(' ', greedy.Hypotheses[i]));
        }

        TranslationResult beam = new TranslatorEvaluator(translator, beams: 4).Evaluate(valid, new DecodingOptions { Beam = 4 });
        await Assert.That(beam.Bleu.Bleu).IsGreaterThanOrEqualTo(greedy.Bleu.Bleu - 1);
    }

    // BLEU is 0 of any of them.
    [Test]
    public async Task Of_sentences_of_fewer_than_four_words_the_epoch_of_least_loss_is_kept()
    {
        SentencePairs all = Translators.Reversals(1, 400);
        int[] shorter = [.. Enumerable.Range(0, all.Count).Where(pair => all.SourceOf(pair).Length < 4)];
        var pairs = new SentencePairs(
            Array.ConvertAll(shorter, pair => all.SourceOf(pair).ToArray()),
            Array.ConvertAll(shorter, pair => all.TargetOf(pair).ToArray()),
            Array.ConvertAll(shorter, all.ReferenceOf));
        var task = new TranslatorTask(
            Translators.Recipe with { Epochs = 8, Patience = 2 }, Translators.Form, Translators.Vocabulary, pairs, pairs);
        var run = new TrainingRun<TranslatorBatch>(task) { KeepsBest = true };
        while (!run.IsAtEnd) run.TrainEpoch();
        await Assert.That(run.Epochs.All(epoch => epoch.Valid.Metric == 0)).IsTrue();
        await Assert.That(run.Epochs.Count).IsGreaterThan(3);
        await Assert.That(run.Best!.Valid.Loss).IsEqualTo(run.Epochs.Min(epoch => epoch.Valid.Loss));
        var kept = new TranslatorEvaluator(new Translator(task.ModelOf(run.BestParameters!), Translators.Form));
        await Assert.That(kept.Evaluate(pairs).Loss).IsEqualTo(run.Best.Valid.Loss);
    }

    [Test]
    public async Task Masks_given_are_those_drawn()
    {
        foreach (DropoutKind kind in new[] { DropoutKind.Structured, DropoutKind.StructuredLocked })
        {
            TranslatorRecipe recipe = Translators.Recipe with
            {
                LayerCount = 2,
                ContextRate = 0.3f,
                AttentionRate = 0.4f,
                Dropout = new() { Kind = kind, Embedding = 0.3f, Layer = 0.4f, Recurrent = 0.25f, Output = 0.5f },
            };
            float[] drawn = Trained(null), given = Trained(new Replay(new MaskSampler(recipe.Seed, recipe.Dropout)));
            await Assert.That(Arrays.FirstDifference(given, drawn)).IsNull();
            float[] others = Trained(new Replay(new MaskSampler(recipe.Seed + 1, recipe.Dropout)));
            await Assert.That(Arrays.FirstDifference(others, drawn)).IsNotNull();

            float[] Trained(IMaskSource? masks)
            {
                var task = new TranslatorTask(
                    recipe, Translators.Form, Translators.Vocabulary, Translators.Reversals(1, 40), null, masks: masks);
                var run = new TrainingRun<TranslatorBatch>(task);
                for (int i = 0; i < 5; i++) run.TryStep(out _);
                return task.Network.Parameters.Values.ToArray();
            }
        }
    }

    [Test]
    public async Task A_source_of_five_thousand_units_and_an_empty_one_are_translated_and_scored_beside_short_ones()
    {
        Translator translator = Translators.Random(Translators.Recipe with { LayerCount = 2 });
        int[] units = Arrays.Tokens(3, 5000, Translators.Vocabulary - 3);
        for (int i = 0; i < units.Length; i++) units[i] += 3;
        int[][] sources = [[3, 4], units, [], [5]], targets = [[4, 3], units[..700], [], [5]];
        string[][] words = [.. targets.Select(target => translator.Form.ToWords(target))];
        var pairs = new SentencePairs(sources, targets, words);
        var options = new DecodingOptions { MaxLength = 40, Beam = 2, NBest = 2, CoveragePenalty = 0.1 };
        using var pool = new WorkerPool(2);
        TranslationResult result = new TranslatorEvaluator(translator, 2, longest: 8, batchSize: 3, pool).Evaluate(pairs, options);
        await Assert.That(result.Units).IsEqualTo(2 + 700 + 0 + 1 + 4);
        await Assert.That(double.IsFinite(result.Loss)).IsTrue();
        await Assert.That(result.Hypotheses[2]).IsEmpty();
        double[] losses = new TranslatorEvaluator(translator, longest: 8, batchSize: 3).Losses(pairs);
        var session = new TranslatorSession(translator, options, longest: 8);
        for (int i = 0; i < sources.Length; i++)
        {
            var alone = new SentencePairs([sources[i]], [targets[i]]);
            await Assert.That(new TranslatorEvaluator(translator, longest: 1000).Losses(alone)[0]).IsEqualTo(losses[i]);
            IReadOnlyList<Translation> found = session.Translate(sources[i], withAttention: true);
            await Assert.That(string.Join(' ', session.WordsOf(found[0]))).IsEqualTo(string.Join(' ', result.Hypotheses[i]));
            if (sources[i].Length > 0) await Assert.That(found[0].Attention[0].Length).IsEqualTo(sources[i].Length + 1);
        }
    }

    [Test]
    public async Task Pairs_with_an_empty_side_or_one_that_is_too_long_are_left_out_of_training_only()
    {
        int[][] sources = [[3], [], [4, 5, 6, 7], [3, 4], [5]], targets = [[3], [4], [3], [3, 4, 5, 6], []];
        var pairs = new SentencePairs(sources, targets, [.. targets.Select(target => Translators.Form.ToWords(target))]);
        TranslatorRecipe recipe = Translators.Recipe with { MaxLength = 3, BatchSize = 2, Epochs = 1 };
        var task = new TranslatorTask(recipe, Translators.Form, Translators.Vocabulary, pairs, pairs);
        await Assert.That(task.PairCount).IsEqualTo(1);
        await Assert.That(TranslatorTask.LongestOf(recipe, pairs)).IsEqualTo((1, 1));
        EpochOutcome epoch = new TrainingRun<TranslatorBatch>(task).TrainEpoch();
        await Assert.That(epoch.Steps).IsEqualTo(1);
        await Assert.That(task.Evaluate(task.Network.Parameters, pairs).Units).IsEqualTo(1 + 1 + 1 + 4 + 0 + 5);
    }

    [Test]
    public async Task What_cannot_be_learnt_from_or_translated_is_refused_by_name()
    {
        SentencePairs good = Translators.Reversals(1, 3), none = new([], []), long1 = new([new int[200]], [[3]]);
        await Assert.That(() => New(none)).Throws<ArgumentException>()
            .WithMessage("there is no pair to train on whose sides have 1 to 100 units");
        await Assert.That(() => New(long1)).Throws<ArgumentException>().WithMessageContaining("no pair to train on");
        await Assert.That(() => New(new([[3]]))).Throws<ArgumentException>()
            .WithMessage("the training sentences have no translations");
        await Assert.That(() => New(good, new([[3]], [[3]]))).Throws<ArgumentException>().WithMessageContaining("no words to compare");
        await Assert.That(() => new SentencePairs([[3]], [[3], [4]])).Throws<ArgumentException>()
            .WithMessageContaining("1 source, but 2 targets");
        await Assert.That(() => New(good, start: Translators.Random(Translators.Recipe with { HiddenSize = 30 }).Model))
            .Throws<ArgumentException>().WithMessageContaining("WithShapeOf");

        Translator translator = Translators.Random(Translators.Recipe);
        var session = new TranslatorSession(translator, new() { Beam = 2 });
        var evaluator = new TranslatorEvaluator(translator);
        foreach (int bad in new[] { -1, Translators.Vocabulary, int.MaxValue })
        {
            await Assert.That(() => session.Translate([3, bad])).Throws<ArgumentException>().WithMessageContaining("sources");
            await Assert.That(() => evaluator.Losses(new([[3, bad]], [[3]]))).Throws<ArgumentException>().WithMessageContaining("sources");
            await Assert.That(() => evaluator.Losses(new([[3]], [[3, bad]]))).Throws<ArgumentException>().WithMessageContaining("target");
            var run = new TrainingRun<TranslatorBatch>(New(new([[3]], [[bad, 3]])));
            await Assert.That(() => run.TryStep(out _)).Throws<ArgumentException>().WithMessageContaining("target");
        }

        // A sentence that was refused has not spoilt the session.
        await Assert.That(session.Translate([3, 4])[0].Units.Length).IsGreaterThan(0);
        await Assert.That(() => session.Translate(new int[65536])).Throws<ArgumentException>().WithMessageContaining("65535");
        await Assert.That(() => evaluator.Evaluate(good, new() { Beam = 2 })).Throws<ArgumentException>()
            .WithMessage("2 beams are asked for; there is room for 1");
        await Assert.That(() => evaluator.Evaluate(none)).Throws<ArgumentException>().WithMessage("there is no sentence to judge by");
        await Assert.That(() => new TranslatorSession(translator, new() { Beam = 2, NBest = 3 })).Throws<ArgumentException>();

        TranslatorTask New(SentencePairs train, SentencePairs? valid = null, TranslatorModel? start = null) =>
            new(Translators.Recipe, Translators.Form, Translators.Vocabulary, train, valid, start: start);
    }

    [Test]
    public async Task Tying_what_does_not_fit_is_refused_by_name()
    {
        await Assert.That(() => (Translators.Recipe with { SharesEmbedding = true }).ToConfig(11, 12).Validate())
            .Throws<ArgumentException>().WithMessageContaining("needs one vocabulary; the source's has 11 units and the target's 12");
        await Assert.That(() => (Translators.Recipe with { TiesWeights = true, AttentionSize = 13 }).Validate())
            .Throws<ArgumentException>().WithMessageContaining("found 13 and 12");
        await Assert.That(() => (Translators.Recipe with { Attention = AttentionKind.Dot, EncoderHiddenSize = 7 }).Validate())
            .Throws<ArgumentException>().WithMessageContaining("dot attention");
        await Assert.That(() => (Translators.Recipe with { Bridge = BridgeKind.Copy, EncoderLayerCount = 2 }).Validate())
            .Throws<ArgumentException>().WithMessageContaining("dense bridge");
    }

    // Klein et al. 2017; Luong, Brevdo and Zhao 2017; Deng et al. 2018.
    [Test]
    [Arguments("opennmt-500", 2, 500, 2, 500, 64, 0.3f, OptimizerKind.Sgd, 1f, 5f)]
    [Arguments("luong-envi-512", 2, 256, 2, 512, 128, 0.2f, OptimizerKind.Sgd, 1f, 5f)]
    [Arguments("iwslt-deen", 2, 512, 2, 768, 64, 0.3f, OptimizerKind.Adam, 3e-4f, 5f)]
    [Arguments("multi30k-small", 1, 256, 1, 512, 64, 0.4f, OptimizerKind.Adam, 1e-3f, 1f)]
    public async Task Presets_are_the_figures_that_they_name(
        string name, int encoderLayers, int encoderHidden, int layers, int hidden, int batch, float rate, OptimizerKind optimizer,
        float learningRate, float clip)
    {
        TranslatorRecipe recipe = TranslatorRecipe.FindPreset(name)!;
        recipe.Validate();
        TranslatorConfig config = recipe.ToConfig(10_000, 10_000);
        config.Validate();
        await Assert.That((config.EncoderLayerCount, config.EncoderHiddenSize)).IsEqualTo((encoderLayers, encoderHidden));
        await Assert.That((config.LayerCount, config.HiddenSize, recipe.BatchSize)).IsEqualTo((layers, hidden, batch));
        await Assert.That((recipe.Dropout.Embedding, recipe.Dropout.Output)).IsEqualTo((rate, rate));
        await Assert.That((recipe.Optimizer, recipe.LearningRate, recipe.ClipNorm)).IsEqualTo((optimizer, learningRate, clip));
        await Assert.That((config.HasInputFeeding, config.Attention, config.Cell))
            .IsEqualTo((true, AttentionKind.General, CellKind.Lstm));
        await Assert.That(config.IsScaled).IsEqualTo(name == "luong-envi-512");
        await Assert.That(config.TiesWeights).IsEqualTo(name == "multi30k-small");
        await Assert.That(config.Direction)
            .IsEqualTo(name == "opennmt-500" ? RecurrentDirection.Forward : RecurrentDirection.Bidirectional);

        TranslatorConfig small = recipe.ToConfig(11, 11);
        var translator = new Translator(TranslatorModel.WithoutNumbers(small), Translators.Form);
        await Assert.That(Translators.Recipe.WithShapeOf(translator).ToConfig(11, 11)).IsEqualTo(small);
    }

    [Test]
    public async Task Pieces_are_joined_to_words_and_unknown_ones_replaced()
    {
        TranslatorForm form = new() { TargetUnits = ["<unk>", "<s>", "</s>", "foo@@", "bar", "tot@@"], JoinsPieces = true };
        await Assert.That(Words(form, [3, 4, 5])).IsEqualTo("foobar tot");
        await Assert.That(Words(form, [5, 3, 4, 4, 3])).IsEqualTo("totfoobar bar foo");
        await Assert.That(Words(form, [])).IsEqualTo("");
        await Assert.That(Words(form, [0, 4])).IsEqualTo("<unk> bar");
        await Assert.That(string.Join(' ', form.ToWords([4, 0, 4, 0], at => $"word{at}"))).IsEqualTo("bar word1 bar word3");
        await Assert.That(Words(form with { JoinsPieces = false }, [3, 4, 5])).IsEqualTo("foo@@ bar tot@@");
        await Assert.That(() => form.ToWords([6])).Throws<ArgumentException>();
        await Assert.That(() => form.ToWords([-1])).Throws<ArgumentException>();
        await Assert.That(() => (form with { TargetUnits = ["<unk>", "<s>"] }).Validate()).Throws<ArgumentException>();
        await Assert.That(() => (form with { TargetUnits = ["<unk>", "<s>", "</s>", "a", "a"] }).Validate()).Throws<ArgumentException>()
            .WithMessage("the target's unit 'a' is there twice");

        static string Words(TranslatorForm form, int[] units) => string.Join(' ', form.ToWords(units));
    }

    private sealed class Replay(MaskSampler sampler) : IMaskSource
    {
        private int _update;

        public void Begin(int update) => _update = update;

        public int Keep(MaskPlace place, int t, Span<int> keep) => sampler.Keep(place, new Draw(_update), t, keep);
    }
}
