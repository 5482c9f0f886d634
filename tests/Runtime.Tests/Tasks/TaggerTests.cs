using TinySD.Runtime.Inference;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>Taggers: what they learn, what sessions and evaluators make of them, and what batches forget.</summary>
public sealed class TaggerTests
{
    private static readonly TaggerForm _form = new()
    {
        Tags = ["O", "S-X", "B-X", "I-X", "E-X"], Scheme = TagScheme.Bioes, DataScheme = TagScheme.Iob2,
    };

    private static readonly TaggerRecipe _recipe = new()
    {
        Name = "test", HiddenSize = 12, EmbeddingSize = 8, CharacterEmbeddingSize = 5, CharacterUnits = 8, BatchSize = 4, Epochs = 12,
        Direction = RecurrentDirection.Bidirectional, LearningRate = 0.2f, InitScheme = InitScheme.Scaled, InitRange = 0.2f,
        LossReduction = LossReduction.Mean, LearningRateSchedule = LearningRateSchedule.Constant,
        Dropout = new() { Kind = DropoutKind.Structured, Embedding = 0.2f, Output = 0.2f },
    };

    [Test]
    [Arguments(CharacterReading.Convolution, true)]
    [Arguments(CharacterReading.Recurrent, true)]
    [Arguments(CharacterReading.Convolution, false)]
    public async Task Entities_of_words_never_seen_are_found_by_their_characters(CharacterReading reading, bool hasCrf)
    {
        // Words that hold character 1 are entities, and neighbours are one; those of the validation are words that are not known.
        TaggedSentences train = Sentences(1, 200, isKnown: true), valid = Sentences(2, 60, isKnown: false);
        TaggerRecipe recipe = _recipe with { Characters = reading, HasCrf = hasCrf, RareCount = 1000 };
        var task = new TaggerTask(recipe, _form, 40, 6, train, valid);
        var run = new TrainingRun<TaggerBatch>(task);
        while (!run.IsAtEnd) run.TrainEpoch();
        await Assert.That(task.Metric.Name).IsEqualTo("F1");
        await Assert.That(run.Best!.Valid.Metric).IsGreaterThan(95);
    }

    [Test]
    public async Task Characters_are_what_finds_them()
    {
        TaggedSentences train = Sentences(1, 200, isKnown: true), valid = Sentences(2, 60, isKnown: false);
        TaggerRecipe recipe = _recipe with { Characters = null, RareCount = 1000 };
        var run = new TrainingRun<TaggerBatch>(new TaggerTask(recipe, _form, 40, 6, train, valid));
        while (!run.IsAtEnd) run.TrainEpoch();
        await Assert.That(run.Best!.Valid.Metric).IsLessThan(60);
    }

    [Test]
    [Arguments(true)]
    [Arguments(false)]
    public async Task A_session_gives_what_an_evaluator_gives_and_allocates_nothing(bool hasCrf)
    {
        Tagger tagger = Random(_recipe with { HasCrf = hasCrf });
        TaggedSentences sentences = Sentences(3, 40, isKnown: true);
        var session = new TaggerSession(tagger, 30);
        using var pool = new WorkerPool(3);
        var found = new (int[] Tags, double[] Probabilities)[sentences.Count];
        new TaggerEvaluator(tagger, 5, 7, runner: pool).Predict(
            sentences, (sentence, tags, probabilities) => found[sentence] = (tags.ToArray(), probabilities.ToArray()),
            withProbabilities: true);
        for (int i = 0; i < sentences.Count; i++)
        {
            int[] words = sentences.WordsOf(i).ToArray();
            int[][] characters = CharactersOf(sentences, i);
            int[] tags = session.Tag(words, characters).ToArray();
            await Assert.That(string.Join(' ', tags)).IsEqualTo(string.Join(' ', found[i].Tags));
            await Assert.That(session.Probabilities().SequenceEqual(found[i].Probabilities)).IsTrue();
            for (int t = 0; t < tags.Length; t++)
                await Assert.That(found[i].Probabilities[(t * 5)..((t + 1) * 5)].Sum()).IsEqualTo(1).Within(1e-12);
            await Assert.That(Allocations.LeastOnThisThread(() =>
            {
                session.Tag(words, characters);
                session.Probabilities();
            })).IsEqualTo(0);
        }
    }

    [Test]
    public async Task No_tag_follows_one_that_the_scheme_forbids_it_to_follow_unless_that_is_asked_for()
    {
        TaggedSentences sentences = Sentences(3, 40, isKnown: true);
        int forbidden = 0;
        for (ulong seed = 1; seed < 8; seed++)
        {
            Tagger tagger = Random(_recipe with { Seed = seed }, range: 3f);
            new TaggerEvaluator(tagger).Predict(sentences, (_, tags, _) => Check(tags, throws: true));
            new TaggerEvaluator(tagger, isConstrained: false).Predict(sentences, (_, tags, _) => Check(tags, throws: false));
        }

        await Assert.That(forbidden).IsGreaterThan(0);

        void Check(ReadOnlySpan<int> tags, bool throws)
        {
            string before = "O";
            foreach (int tag in tags)
            {
                if (!TagSchemes.IsAllowed(before, _form.Tags[tag], TagScheme.Bioes))
                {
                    if (throws) throw new InvalidOperationException($"{_form.Tags[tag]} after {before}");
                    forbidden++;
                }

                before = _form.Tags[tag];
            }

            if (throws && !TagSchemes.CanEnd(before, TagScheme.Bioes)) throw new InvalidOperationException($"{before} at an end");
        }
    }

    [Test]
    public async Task A_tag_that_the_tagger_does_not_have_counts_as_missed()
    {
        Tagger tagger = Random(_recipe);
        string[][] gold = [["B-X"], ["B-NEW"]];
        var sentences = new TaggedSentences([[1], [2]], [[0], [0]], [[1]], [[1], [-1]], gold, TagScheme.Iob2);
        TaggingResult result = new TaggerEvaluator(tagger).Evaluate(sentences);
        await Assert.That(result.Entities.Count).IsEqualTo(2);
        await Assert.That(result.PerType.Single(type => type.Type == "NEW").Figures.Recall).IsEqualTo(0);

        // The loss is that of the other sentence.
        var known = new TaggedSentences([[1]], [[0]], [[1]], [[1]], [gold[0]], TagScheme.Iob2);
        await Assert.That(result.Loss).IsEqualTo(new TaggerEvaluator(tagger).Evaluate(known).Loss);
    }

    [Test]
    public async Task A_sentence_of_ten_thousand_words_is_tagged_beside_short_ones_and_cut_in_training()
    {
        var random = new Random(5);
        int[] words = [.. Enumerable.Range(0, 10_000).Select(_ => random.Next(40))], forms = [.. words.Select(_ => random.Next(3))];
        int[] tags = [.. words.Select(_ => 0)];
        string[] gold = [.. words.Select(_ => "O")];
        int[][] characters = [[1, 2], [3], []];
        var sentences = new TaggedSentences([[1, 2], words, []], [[0, 1], forms, []], characters, [[0, 0], tags, []],
            [["O", "O"], gold, []], TagScheme.Iob2);
        Tagger tagger = Random(_recipe with { Characters = CharacterReading.Recurrent });
        var evaluator = new TaggerEvaluator(tagger, 16, 4);
        int[] found = [];
        evaluator.Predict(sentences, (sentence, all, _) => found = sentence == 1 ? all.ToArray() : found);
        var session = new TaggerSession(tagger, 10_000);
        int[][] own = [.. forms.Select(form => characters[form])];
        await Assert.That(session.Tag(words, own).SequenceEqual(found)).IsTrue();
        await Assert.That(evaluator.Evaluate(sentences).Tokens).IsEqualTo(10_002);

        var task = new TaggerTask(_recipe with { MaxLength = 100, Epochs = 1 }, _form, 40, 6, sentences, sentences);
        var batch = task.NewBatch();
        int batches = task.Batches.Begin(0, 0), tokens = 0;
        for (int i = 0; i < batches; i++)
        {
            task.Batches.Fill(i, batch);
            tokens += batch.Words.Length;
        }

        await Assert.That(batch.Longest).IsEqualTo(100);
        await Assert.That(tokens).IsEqualTo(10_002);
        await Assert.That(new TrainingRun<TaggerBatch>(task).TrainEpoch().Valid.Loss).IsGreaterThan(0);
    }

    [Test]
    public async Task Words_seen_once_are_forgotten_half_of_the_time_and_others_never()
    {
        // Word 1 is everywhere; words from 10 on are there once each.
        const int Count = 2000;
        int[][] words = [.. Enumerable.Range(0, Count).Select(i => (int[])[1, 10 + i, 1])], tags = [.. words.Select(_ => new int[3])];
        int[][] forms = [.. words.Select(_ => new int[3])];
        var sentences = new TaggedSentences(words, forms, [[1]], tags);
        int[] seen = Words(0), again = Words(0), later = Words(1);
        await Assert.That(seen.SequenceEqual(again)).IsTrue();
        await Assert.That(seen.Order().SequenceEqual(later.Order())).IsFalse();
        await Assert.That(seen.Count(word => word == 1)).IsEqualTo(2 * Count);
        await Assert.That(seen.Count(word => word == 0)).IsEqualTo(Count / 2).Within(5 * (int)Math.Sqrt(Count) / 2);
        await Assert.That(Words(0, 0f).Count(word => word == 0)).IsEqualTo(0);
        await Assert.That(Words(0, 1f).Count(word => word == 0)).IsEqualTo(Count);

        int[] Words(int epoch, float rate = 0.5f)
        {
            var task = new TaggerTask(_recipe with { UnknownRate = rate, Characters = null }, _form, 10 + Count, 6, sentences, null);
            TaggerBatch batch = task.NewBatch();
            var all = new List<int>();
            int batches = task.Batches.Begin(epoch, 0);
            for (int i = 0; i < batches; i++)
            {
                task.Batches.Fill(i, batch);
                all.AddRange(batch.Words);
            }

            return [.. all];
        }
    }

    [Test]
    public async Task Tags_of_no_scheme_are_measured_by_accuracy()
    {
        TaggerForm form = new() { Tags = ["NN", "VB", "DT", "IN", "JJ"], Scheme = TagScheme.None, DataScheme = TagScheme.None };
        int[][] words = [[1, 2, 3]];
        var sentences = new TaggedSentences(words, [[0, 0, 0]], [[1]], [[0, 1, 2]], [["NN", "VB", "DT"]]);
        var task = new TaggerTask(_recipe with { Scheme = TagScheme.None }, form, 40, 6, sentences, sentences);
        var run = new TrainingRun<TaggerBatch>(task);
        while (!run.IsAtEnd) run.TrainEpoch();
        await Assert.That(task.Metric.Name).IsEqualTo("accuracy");
        await Assert.That(run.Best!.Valid.Metric).IsEqualTo(100);
    }

    // Lample et al. 2016, sections 4 and 5; Ma and Hovy 2016, table 1.
    [Test]
    [Arguments("lample", CharacterReading.Recurrent, 100, 25, 25, 1, 0.01f, 0f, 0.5f, 0f, 0.5f)]
    [Arguments("ma-hovy", CharacterReading.Convolution, 200, 30, 30, 10, 0.015f, 0.9f, 0.5f, 0.5f, 0f)]
    public async Task Presets_are_the_published_figures(
        string name, CharacterReading reading, int hidden, int characterUnits, int characterSize, int batch, float rate, float momentum,
        float dropIn, float dropOut, float unknown)
    {
        TaggerRecipe recipe = TaggerRecipe.FindPreset(name)!;
        recipe.Validate();
        await Assert.That((recipe.Characters, recipe.HiddenSize, recipe.CharacterUnits, recipe.CharacterEmbeddingSize))
            .IsEqualTo(((CharacterReading?)reading, hidden, characterUnits, characterSize));
        await Assert.That((recipe.EmbeddingSize, recipe.BatchSize, recipe.LearningRate, recipe.Momentum, recipe.ClipNorm))
            .IsEqualTo((100, batch, rate, momentum, 5f));
        await Assert.That((recipe.Dropout.Embedding, recipe.Dropout.Output, recipe.Dropout.Recurrent, recipe.UnknownRate))
            .IsEqualTo((dropIn, dropOut, 0f, unknown));
        await Assert.That((recipe.Dropout.Kind, recipe.Scheme, recipe.Direction, recipe.HasCrf))
            .IsEqualTo((DropoutKind.Random, TagScheme.Bioes, RecurrentDirection.Bidirectional, true));
        if (name == "ma-hovy") await Assert.That((double)recipe.LearningRateAt(10)).IsEqualTo(0.01).Within(1e-8);
    }

    [Test]
    public async Task What_cannot_be_learnt_from_is_refused_by_name()
    {
        TaggedSentences good = Sentences(1, 3, isKnown: true);
        await Assert.That(() => New(new TaggedSentences([], [], [])))
            .Throws<ArgumentException>().WithMessage("there is no token to train on");
        await Assert.That(() => New(new TaggedSentences([[1]], [[0]], [[1]])))
            .Throws<ArgumentException>().WithMessage("the training sentences have no tags");
        await Assert.That(() => New(new TaggedSentences([[1]], [[0]], [[1]], [[-1]])))
            .Throws<ArgumentException>().WithMessageContaining("training sentence 0 has a tag");
        await Assert.That(() => new TaggedSentences([[1]], [[1]], [[1]])).Throws<ArgumentException>();
        await Assert.That(() => new TaggedSentences([[1]], [[0, 0]], [[1]])).Throws<ArgumentException>();
        var session = new TaggerSession(Random(_recipe), 3);
        await Assert.That(() => { session.Tag([1, 2, 3, 4], [[], [], [], []]); }).Throws<ArgumentException>()
            .WithMessage("the sentence has 4 words; the session was made for at most 3");
        await Assert.That(() => { session.Tag([1, 2], [[1]]); }).Throws<ArgumentException>();
        await Assert.That(() => { session.Tag([40], [[1]]); }).Throws<ArgumentException>();
        await Assert.That(session.Tag([], []).Length).IsEqualTo(0);

        TaggerTask New(TaggedSentences train) => new(_recipe, _form, 40, 6, train, good);
    }

    private static Tagger Random(TaggerRecipe recipe, float range = 0.8f)
    {
        var model = new TaggerModel(recipe.ToConfig(40, 6, _form.Tags.Length));
        Arrays.Uniform((int)recipe.Seed, model.Parameters.Values.Length, range).CopyTo(model.Parameters.Values);
        return new Tagger(model, _form);
    }

    private static int[][] CharactersOf(TaggedSentences sentences, int sentence)
    {
        int[] forms = sentences.FormsOf(sentence).ToArray();
        return [.. forms.Select(form => sentences.CharactersOf(form).ToArray())];
    }

    private static TaggedSentences Sentences(int seed, int count, bool isKnown)
    {
        // Forms 0 to 19 hold character 1, and the others do not.
        var random = new Random(7);
        int[][] characters = [.. Enumerable.Range(0, 40).Select(form => Enumerable.Range(0, 5)
            .Select(i => form < 20 && i == form % 5 ? 1 : random.Next(2, 6)).ToArray())];
        random = new Random(seed);
        int[][] forms =
            [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, random.Next(12)).Select(_ => random.Next(40)).ToArray())];
        int[][] words = [.. forms.Select(all => all.Select(form => isKnown ? form : 0).ToArray())];
        string[][] gold = [.. forms.Select(Tags)];
        int[][] ids = [.. gold.Select(all => TagSchemes.Convert(all, TagScheme.Bioes).Select(tag => _form.Tags.IndexOf(tag)).ToArray())];
        return new TaggedSentences(words, forms, characters, ids, gold, TagScheme.Iob2);

        static string[] Tags(int[] forms) => [.. forms.Select((form, t) => form >= 20 ? "O" : t > 0 && forms[t - 1] < 20 ? "I-X" : "B-X")];
    }
}
