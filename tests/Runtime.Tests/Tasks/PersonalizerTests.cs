using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>Models that go on learning where they are used, within a budget of memory.</summary>
public sealed class PersonalizerTests
{
    private const int Vocabulary = 13;

    private static readonly LanguageModelRecipe _words =
        Cases.Recipe(Cases.Config(Vocabulary, embedding: 6, hidden: 9, layers: 2), batch: 2, timeSteps: 5) with
        {
            Optimizer = OptimizerKind.Adam,
            LearningRate = 0.01f,
            Dropout = new() { Kind = DropoutKind.Structured, Layer = 0.3f },
            LearningRateSchedule = LearningRateSchedule.Constant,
            Epochs = 40,
        };

    private static readonly RegressorRecipe _rows = new()
    {
        Name = "rows", HiddenSize = 8, BatchSize = 3, Bptt = 6, Horizon = 2, Optimizer = OptimizerKind.Adam, LearningRate = 0.01f,
        LearningRateSchedule = LearningRateSchedule.Constant, Epochs = 40,
    };

    private static readonly ClassifierRecipe _labels = new()
    {
        Name = "labels", HiddenSize = 8, EmbeddingSize = 5, BatchSize = 4, MaxLength = 9, Optimizer = OptimizerKind.Adagrad,
        LearningRate = 0.05f, LearningRateSchedule = LearningRateSchedule.Constant, Epochs = 40,
    };

    private static readonly TokenMemory _text = new((int[])[.. Enumerable.Range(0, 240).Select(i => i * i % Vocabulary)]);
    private static readonly SeriesTable _table = new(["a", "b"], [
        [.. Enumerable.Range(0, 90).Select(i => i % 11 == 4 ? double.NaN : 20 + (5 * Math.Sin(i * 0.6)))],
        [.. Enumerable.Range(0, 90).Select(i => Math.Cos(i * 0.23))]]);

    private static readonly SeriesForm _form = SeriesForm.Learn(_rows.ToForm(["a", "b"], ["a"]), SeriesPart.All(_table));
    private static readonly ClassifierForm _two = new() { Labels = ["one", "other"] };
    private static readonly LabelledSequences _sequences = LabelledSequences.OfTokens(
        [.. Enumerable.Range(0, 30).Select(i => Enumerable.Range(0, 2 + (i % 9)).Select(t => (i * (t + 1)) % 7).ToArray())],
        [.. Enumerable.Range(0, 30).Select(i => (int[])[i % 2])]);

    [Test]
    public async Task Steps_are_those_of_a_run_that_begins_with_the_model_which_stays_as_it_was()
    {
        LanguageModel model = Cases.Model(_words.ToConfig(Vocabulary));
        float[] before = model.Parameters.Values.ToArray();
        var words = new LanguageModelPersonalizer(model, _words);
        words.Use(_text);
        await SameAs(
            new TrainingRun<TokenWindow>(new LanguageModelTask(_words, Vocabulary, _text, null, start: model)), words,
            words.Model.Parameters);
        await Assert.That(Arrays.FirstDifference(model.Parameters.Values, before)).IsNull();

        Regressor regressor = NewRegressor(_rows);
        before = regressor.Model.Parameters.Values.ToArray();
        var rows = new RegressorPersonalizer(regressor, _rows);
        rows.Use(SeriesPart.All(_table));
        await SameAs(
            new TrainingRun<SequenceBatch>(new RegressorTask(_rows, _form, SeriesPart.All(_table), null, start: regressor.Model)), rows,
            rows.Regressor.Model.Parameters);
        await Assert.That(Arrays.FirstDifference(regressor.Model.Parameters.Values, before)).IsNull();

        Classifier classifier = NewClassifier();
        before = classifier.Model.Parameters.Values.ToArray();
        var labels = new ClassifierPersonalizer(classifier, _labels);
        labels.Use(_sequences);
        await SameAs(
            new TrainingRun<SequenceBatch>(new ClassifierTask(_labels, _two, 7, _sequences, null, start: classifier.Model)), labels,
            labels.Classifier.Model.Parameters);
        await Assert.That(Arrays.FirstDifference(classifier.Model.Parameters.Values, before)).IsNull();

        static async Task SameAs<TBatch>(TrainingRun<TBatch> run, Personalizer<TBatch> personal, Memory.ParameterBlock parameters)
            where TBatch : class
        {
            double first = 0, last = 0;
            for (int epoch = 0; epoch < 30; epoch++)
            {
                if (epoch > 0) run.GoTo(epoch);
                last = 0;
                while (run.TryStep(out StepResult expected))
                {
                    StepResult found = personal.Step();
                    await Assert.That(found).IsEqualTo(expected);
                    last += found.Loss;
                }

                if (epoch == 0) first = last;
            }

            await Assert.That(Arrays.FirstDifference(parameters.Values, run.Trainer.ParametersToKeep.Values)).IsNull();
            await Assert.That(personal.Updates).IsEqualTo(run.Updates);
            await Assert.That(last).IsLessThan(0.8 * first);
            await Assert.That(() => run.Measure()).Throws<InvalidOperationException>();
        }
    }

    [Test]
    public async Task A_state_that_was_saved_after_any_step_goes_on_to_the_same_bits()
    {
        LanguageModel model = Cases.Model(_words.ToConfig(Vocabulary));
        LanguageModelRecipe varied = _words with { VariableBptt = true, Momentum = 0.9f, Optimizer = OptimizerKind.Sgd };
        foreach (LanguageModelRecipe recipe in new[] { _words, varied })
        {
            await GoesOn<TokenWindow>(() =>
            {
                var personal = new LanguageModelPersonalizer(model, recipe);
                personal.Use(_text);
                return personal;
            });
        }

        foreach (RegressorRecipe recipe in new[] { _rows, _rows with { Window = 4, LinearRows = 3, Cell = CellKind.Gru } })
        {
            Regressor regressor = NewRegressor(recipe);
            await GoesOn<SequenceBatch>(() =>
            {
                var personal = new RegressorPersonalizer(regressor, recipe);
                personal.Use(SeriesPart.All(_table));
                return personal;
            });
        }

        Classifier classifier = NewClassifier();
        await GoesOn<SequenceBatch>(() =>
        {
            var personal = new ClassifierPersonalizer(classifier, _labels);
            personal.Use(_sequences);
            return personal;
        });

        static async Task GoesOn<TBatch>(Func<Personalizer<TBatch>> make)
            where TBatch : class
        {
            Personalizer<TBatch> whole = make(), other = make();
            byte[] state = new byte[whole.StateBytes], found = new byte[state.Length];
            for (int step = 0; step < 40; step++)
            {
                whole.CopyState(state);
                if (step % 3 == 0) other = make();
                other.SetState(state);
                StepResult expected = whole.Step();
                await Assert.That(other.Step()).IsEqualTo(expected);
                whole.CopyState(state);
                other.CopyState(found);
                await Assert.That(found.AsSpan().SequenceEqual(state)).IsTrue();
            }
        }
    }

    [Test]
    public async Task A_state_that_is_none_is_refused_and_nothing_is_changed()
    {
        var personal = new LanguageModelPersonalizer(Cases.Model(_words.ToConfig(Vocabulary)), _words);
        await Assert.That(Messages.Of<InvalidOperationException>(() => personal.Step())).StartsWith("there is nothing to learn from yet");
        personal.Use(_text);
        for (int i = 0; i < 5; i++) personal.Step();
        byte[] good = new byte[personal.StateBytes], again = new byte[good.Length];
        personal.CopyState(good);
        await Assert.That(Messages.Of<ArgumentException>(() => personal.CopyState(new byte[good.Length - 1])))
            .IsEqualTo($"the state has {good.Length} bytes, and there are {good.Length - 1}");
        await Refused(good[..^1], "the state has ");
        foreach (int at in new[] { 0, 4, 8, 12, 19, 27, 35, 39 })
        {
            byte[] bad = [.. good];
            bad[at] ^= 0x80;
            await Refused(bad, at == 39 ? "these bytes are no state of " : "these bytes ");
        }

        byte[] far = [.. good];
        far[37] = 1;
        await Refused(far, "the state is 261 steps into data that make ");
        byte[] infinite = [.. good];
        infinite.AsSpan(64, 4).Fill(0xFF);
        await Refused(infinite, "the state holds a number that is infinite or none");

        // A state is of one optimizer.
        var other = new LanguageModelPersonalizer(
            Cases.Model(_words.ToConfig(Vocabulary)), _words with { Optimizer = OptimizerKind.Sgd });
        await Assert.That(Messages.Of<ArgumentException>(() => other.SetState(good))).StartsWith("the state has ");

        async Task Refused(byte[] bytes, string why)
        {
            await Assert.That(Messages.Of<ArgumentException>(() => personal.SetState(bytes))).StartsWith(why);
            personal.CopyState(again);
            await Assert.That(again.AsSpan().SequenceEqual(good)).IsTrue();
        }
    }

    [Test]
    public async Task The_budget_is_kept_to_the_byte_and_a_refusal_names_what_fits()
    {
        LanguageModel model = Cases.Model(_words.ToConfig(Vocabulary));
        await Kept(
            LanguageModelTrainer.MemoryNeedOf(_words, Vocabulary),
            (budget, memory) => new LanguageModelPersonalizer(model, _words, budget, memory: memory).MemoryNeed);
        await Kept(
            RegressorTask.MemoryNeedOf(_rows, 2, 1),
            (budget, memory) => new RegressorPersonalizer(NewRegressor(_rows), _rows, budget, memory: memory).MemoryNeed);
        await Kept(
            ClassifierTask.MemoryNeedOf(_labels, 7, 0, 2, _labels.MaxLength),
            (budget, memory) => new ClassifierPersonalizer(NewClassifier(), _labels, budget, memory: memory).MemoryNeed);

        // The largest by hand, with as many sequences or as many steps.
        long Need(int batch, int steps) =>
            LanguageModelTrainer.MemoryNeedOf(_words with { BatchSize = batch, Bptt = steps }, Vocabulary).TotalBytes;
        long asked = Need(2, 5);
        string start = $"training with a batch of 2 sequences of 5 steps takes {asked} bytes, and the budget is ";
        string least = $"the least there is, 1 sequence of 1 step, takes {Need(1, 1)}";
        await Assert.That(Refusal(Need(2, 4))).IsEqualTo(
            $"{start}{Need(2, 4)}; the largest that fits is 2 sequences of 4 steps, which takes {Need(2, 4)}, and {least}");
        string two = Need(2, 1) <= Need(1, 2)
            ? $"2 sequences of 1 step, which takes {Need(2, 1)}"
            : $"1 sequence of 2 steps, which takes {Need(1, 2)}";
        await Assert.That(Refusal(Need(1, 2))).IsEqualTo($"{start}{Need(1, 2)}; the largest that fits is {two}, and {least}");
        await Assert.That(Refusal(Need(1, 1))).IsEqualTo($"{start}{Need(1, 1)}; {least}");
        await Assert.That(Refusal(1000)).IsEqualTo($"{start}1000; no batch fits, for {least}");

        // A window is run whole, and only the batch can be smaller.
        RegressorRecipe windowed = _rows with { Window = 7 };
        long One(int batch) => RegressorTask.MemoryNeedOf(windowed with { BatchSize = batch }, 2, 1).TotalBytes;
        await Assert.That(Messages.Of<ArgumentException>(() => new RegressorPersonalizer(NewRegressor(windowed), windowed, One(3) - 1)))
            .EndsWith($"the largest that fits is 2 sequences of 7 steps, which takes {One(2)}, and the least there is, 1 sequence of 7 " +
                $"steps, takes {One(1)}");

        string Refusal(long budget) => Messages.Of<ArgumentException>(() => new LanguageModelPersonalizer(
            model, _words, budget, memory: _ => throw new InvalidOperationException("nothing is to be asked for")));

        static async Task Kept(MemoryNeed need, Func<long, Func<int, Memory<float>>, MemoryNeed> make)
        {
            var asked = new List<int>();
            await Assert.That(make(need.TotalBytes, Give)).IsEqualTo(need);
            await Assert.That(asked.Count).IsEqualTo(1);
            await Assert.That(asked[0] * (long)sizeof(float)).IsEqualTo(need.TotalBytes);
            await Assert.That(() => make(need.TotalBytes - 1, Give)).Throws<ArgumentException>();
            await Assert.That(asked.Count).IsEqualTo(1);

            Memory<float> Give(int floats)
            {
                asked.Add(floats);
                return new float[floats];
            }
        }
    }

    [Test]
    public async Task A_reset_forgets_all_that_was_learnt()
    {
        var personal = new LanguageModelPersonalizer(Cases.Model(_words.ToConfig(Vocabulary)), _words);
        personal.Use(_text);
        byte[] first = new byte[personal.StateBytes], now = new byte[first.Length];
        personal.CopyState(first);
        StepResult expected = personal.Step();
        for (int i = 0; i < 60; i++) personal.Step();
        personal.Reset();
        personal.CopyState(now);
        await Assert.That(now.AsSpan().SequenceEqual(first)).IsTrue();
        await Assert.That(personal.Step()).IsEqualTo(expected);
    }

    [Test]
    public async Task It_learns_from_whatever_it_is_given_last_and_a_session_hears_of_it()
    {
        // One label only: what a user shows of one gesture.
        Classifier classifier = NewClassifier();
        int[] tokens = [1, 2, 3];
        var personal = new ClassifierPersonalizer(classifier, _labels);
        double Of(Classifier some, int label) => new ClassifierSession(some, 9).Classify(tokens)[label];
        foreach (int label in new[] { 1, 0, 1 })
        {
            personal.Use(LabelledSequences.OfTokens([tokens], [[label]]));
            for (int i = 0; i < 60; i++) personal.Step();
            await Assert.That(Of(personal.Classifier, label)).IsGreaterThan(0.7);
        }

        await Assert.That(personal.Updates).IsEqualTo(180);
        await Assert.That(Messages.Of<ArgumentException>(() => personal.Use(LabelledSequences.OfTokens([], []))))
            .IsEqualTo("there is no sequence to learn from");
        await Assert.That(Messages.Of<ArgumentException>(() => personal.Use(LabelledSequences.OfNumbers(2, [[1, 2]], [[0]]))))
            .IsEqualTo("the sequences are not of what the form says: tokens, or rows of its columns");
        personal.Use(LabelledSequences.OfTokens([[7]], [[0]]));
        await Assert.That(() => personal.Step()).Throws<ArgumentException>();
    }

    [Test]
    public async Task A_recipe_of_another_shape_is_refused_and_can_be_made_to_fit()
    {
        LanguageModel model = Cases.Model(Cases.Config(Vocabulary, embedding: 6, hidden: 8, layers: 1) with { Cell = CellKind.Gru });
        await Assert.That(Messages.Of<ArgumentException>(() => new LanguageModelPersonalizer(model, _words)))
            .IsEqualTo("the recipe's shape is not the model's; WithShapeOf makes it so");
        _ = new LanguageModelPersonalizer(model, _words.WithShapeOf(model.Config));

        Regressor regressor = NewRegressor(_rows with { Window = 5, HiddenSize = 4, FeedsChange = true, LinearRows = 2 });
        foreach (RegressorRecipe wrong in new[] { _rows, _rows with { Window = 5, HiddenSize = 4, LinearRows = 2 } })
            await Assert.That(() => new RegressorPersonalizer(regressor, wrong)).Throws<ArgumentException>();
        _ = new RegressorPersonalizer(regressor, _rows.WithShapeOf(regressor));

        Classifier classifier = NewClassifier();
        ClassifierRecipe other = _labels with { ReadOut = ReadOut.Mean, Direction = RecurrentDirection.Bidirectional, EmbeddingSize = 3 };
        await Assert.That(() => new ClassifierPersonalizer(classifier, other)).Throws<ArgumentException>();
        await Assert.That(() => new ClassifierPersonalizer(classifier, _labels with { IsMultiLabel = true })).Throws<ArgumentException>();
        _ = new ClassifierPersonalizer(classifier, other.WithShapeOf(classifier));
    }

    private static Regressor NewRegressor(RegressorRecipe recipe)
    {
        SeriesForm form = SeriesForm.Learn(recipe.ToForm(["a", "b"], ["a"]), SeriesPart.All(_table));
        var model = new SequenceModel(recipe.ToConfig(2, 1));
        model.Initialize(5, 0.3f);
        return new Regressor(model, form);
    }

    private static Classifier NewClassifier()
    {
        var model = new SequenceModel(_labels.ToConfig(7, 0, 2));
        model.Initialize(6, 0.3f);
        return new Classifier(model, _two);
    }
}
