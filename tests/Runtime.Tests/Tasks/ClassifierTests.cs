using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>Classification of sequences of tokens and of numbers.</summary>
public sealed class ClassifierTests
{
    private static readonly ClassifierRecipe _recipe = new()
    {
        Name = "test",
        HiddenSize = 12,
        EmbeddingSize = 8,
        BatchSize = 8,
        Epochs = 6,
        Optimizer = OptimizerKind.Adam,
        LearningRate = 0.01f,
        LearningRateSchedule = LearningRateSchedule.Constant,
        LossReduction = LossReduction.Mean,
    };

    private static readonly ClassifierForm _form = new() { Labels = ["first", "second", "third"] };

    public static IEnumerable<Func<ClassifierRecipe>> Kinds() =>
        from read in new[] { ReadOut.Last, ReadOut.Mean, ReadOut.Maximum }
        from direction in new[] { RecurrentDirection.Forward, RecurrentDirection.Bidirectional }
        select (Func<ClassifierRecipe>)(() => _recipe with { ReadOut = read, Direction = direction });

    [Test]
    [MethodDataSource(nameof(Kinds))]
    public async Task A_session_gives_the_bits_of_an_evaluation_in_batches(ClassifierRecipe recipe)
    {
        LabelledSequences train = Words(90, 1), test = Words(33, 2);
        var task = new ClassifierTask(recipe, _form, 5, train, test);
        new TrainingRun<SequenceBatch>(task).TrainEpoch();
        double[] all = new ClassifierEvaluator(task.Classifier, 40, 32).Predict(test);
        var session = new ClassifierSession(task.Classifier, 40);
        for (int i = 0; i < test.Count; i++)
        {
            double[] expected = all[(i * 3)..((i * 3) + 3)], found = session.Classify(test.TokensOf(i)).ToArray();
            await Assert.That(expected.Sum()).IsEqualTo(1).Within(1e-12);
            await Assert.That(string.Join(' ', found)).IsEqualTo(string.Join(' ', expected)).Because($"sequence {i}");
            if (recipe.Direction != RecurrentDirection.Forward)
            {
                await Assert.That(() => session.Step(0).Length).Throws<InvalidOperationException>();
                continue;
            }

            session.Reset();
            foreach (int token in test.TokensOf(i).ToArray()) found = session.Step(token).ToArray();
            await Assert.That(string.Join(' ', found)).IsEqualTo(string.Join(' ', expected)).Because($"sequence {i}, step by step");
        }
    }

    [Test]
    [MethodDataSource(nameof(Kinds))]
    public async Task It_learns_which_word_is_most_frequent_with_the_same_bits_for_any_number_of_threads(ClassifierRecipe recipe)
    {
        string[] bits = new string[2];
        ClassificationResult? result = null;
        for (int threads = 1; threads <= 2; threads++)
        {
            using var pool = new WorkerPool(threads);
            var task = new ClassifierTask(
                recipe with { Epochs = 25, Dropout = new() { Kind = Masks.DropoutKind.Structured, Output = 0.2f } }, _form, 5,
                Words(300, 1), Words(100, 2), pool);
            var run = new TrainingRun<SequenceBatch>(task);
            while (!run.IsAtEnd) run.TrainEpoch();
            bits[threads - 1] = string.Join(' ', task.Classifier.Model.Parameters.Values.ToArray());
            result = task.Evaluate(task.Classifier.Model.Parameters, Words(200, 3));
        }

        await Assert.That(bits[0]).IsEqualTo(bits[1]);
        await Assert.That(result!.Accuracy).IsGreaterThan(0.85);
    }

    [Test]
    public async Task Numbers_are_normalised_and_read_step_by_step_with_the_same_bits()
    {
        (LabelledSequences train, LabelledSequences test) = (Numbers(150, 1), Numbers(21, 2));
        ClassifierForm form = _form with { Inputs = ["a", "b"] };
        var task = new ClassifierTask(_recipe with { Epochs = 20 }, form, 0, train, test);
        var run = new TrainingRun<SequenceBatch>(task);
        while (!run.IsAtEnd) run.TrainEpoch();
        await Assert.That(run.Best!.Valid.Metric).IsGreaterThan(0.9);
        double[] all = new ClassifierEvaluator(task.Classifier, 40, 8).Predict(test);
        var session = new ClassifierSession(task.Classifier, 40);
        for (int i = 0; i < test.Count; i++)
        {
            session.Reset();
            double[] found = [];
            for (int t = 0; t < test.LengthOf(i); t++) found = session.Step(test.RowsOf(i).Slice(2 * t, 2)).ToArray();
            await Assert.That(string.Join(' ', found)).IsEqualTo(string.Join(' ', all[(3 * i)..((3 * i) + 3)]));
            await Assert.That(string.Join(' ', session.Classify(test.RowsOf(i)).ToArray())).IsEqualTo(string.Join(' ', found));
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) session.Step((ReadOnlySpan<double>)[i, double.NaN]);
        await Assert.That(GC.GetAllocatedBytesForCurrentThread() - before).IsEqualTo(0);
    }

    [Test]
    public async Task Rows_are_fed_in_units_of_their_columns_and_what_is_missing_repeats_the_last()
    {
        var form = new ClassifierForm { Labels = ["a", "b"], Inputs = ["x", "y"], InputScales = [new(6, 2), new(0, 10)] };
        float[] found = form.InputsOf([double.NaN, 10, 8, double.NaN, double.NaN, -20]);
        await Assert.That(string.Join(' ', found)).IsEqualTo("0 1 1 1 1 -2");
        await Assert.That(form.InputsOf([]).Length).IsEqualTo(0);
    }

    [Test]
    public async Task Several_labels_at_once_are_learnt_each_by_itself()
    {
        // A label for each of the first two words, if it occurs at all.
        static LabelledSequences Several(int count, int seed)
        {
            LabelledSequences words = Words(count, seed);
            int[][] tokens = [.. Enumerable.Range(0, count).Select(i => words.TokensOf(i).ToArray())];
            return LabelledSequences.OfTokens(tokens, [.. tokens.Select(text => (int[])[.. new[] { 0, 1 }.Where(text.Contains)])]);
        }

        var form = new ClassifierForm { Labels = ["has 0", "has 1"], IsMultiLabel = true };
        var task = new ClassifierTask(
            _recipe with { Epochs = 25, IsMultiLabel = true, ReadOut = ReadOut.Maximum }, form, 5, Several(300, 1), Several(100, 2));
        var run = new TrainingRun<SequenceBatch>(task);
        while (!run.IsAtEnd) run.TrainEpoch();
        ClassificationResult result = task.Evaluate(task.Classifier.Model.Parameters, Several(200, 3));
        await Assert.That(result.Accuracy).IsGreaterThan(0.9);
        await Assert.That(result.PerLabel.Min(label => label.F1)).IsGreaterThan(0.9);
        await Assert.That(result.Confusion.Count).IsEqualTo(0);
    }

    [Test]
    public async Task Accuracy_while_training_is_that_of_an_evaluation_where_nothing_is_learnt_and_survives_a_stop()
    {
        LabelledSequences train = Words(90, 1);
        ClassifierTask still = NewTask(1e-20f);
        EpochOutcome epoch = new TrainingRun<SequenceBatch>(still).TrainEpoch();
        double expected = still.Evaluate(still.Classifier.Model.Parameters, train).Accuracy;
        await Assert.That(epoch.Train.Metric).IsEqualTo(expected).Within(1e-12);

        TrainingRun<SequenceBatch> whole = new(NewTask(0.01f)), stopped = new(NewTask(0.01f)), resumed = new(NewTask(0.01f));
        for (int i = 0; i < 5; i++) stopped.TryStep(out _);
        resumed.Restore(stopped.ToState(0), blocks =>
        {
            foreach (NamedBlock block in blocks)
                stopped.ToBlocks().First(own => own.Name == block.Name && own.Block.Layout.LengthFloats == block.Block.Layout.LengthFloats)
                    .Block.Values.CopyTo(block.Block.Values);
        });
        await Assert.That(resumed.TrainEpoch().Train).IsEqualTo(whole.TrainEpoch().Train);

        ClassifierTask NewTask(float rate) => new(_recipe with { LearningRate = rate }, _form, 5, train, Words(30, 2));
    }

    [Test]
    public async Task Figures_are_those_of_counts_by_hand()
    {
        // Ten of class 0 of which eight are found, five of class 1 of which one is found, none of class 2, which is said twice.
        LabelFigures[] labels = [new(10, 11, 8), new(5, 2, 1), new(0, 2, 0), new(0, 0, 0)];
        var result = new ClassificationResult(15, 0, 9.0 / 15, labels, []);
        await Assert.That(labels[0].Precision).IsEqualTo(8.0 / 11);
        await Assert.That(labels[0].Recall).IsEqualTo(0.8);
        await Assert.That(labels[1].F1).IsEqualTo(2.0 / 7).Within(1e-15);
        await Assert.That(labels[2].F1).IsEqualTo(0);
        await Assert.That(result.MacroF1).IsEqualTo(((16.0 / 21) + (2.0 / 7) + 0) / 3).Within(1e-15);
        await Assert.That(result.MajorityAccuracy).IsEqualTo(10.0 / 15);
    }

    [Test]
    public async Task An_untrained_head_gives_the_confusion_of_its_bias()
    {
        LabelledSequences test = Words(50, 4);
        var model = new SequenceModel(_recipe.ToConfig(5, 0, 3));
        model.Parameters[model.HeadBias][1] = 1f;
        ClassificationResult result = new ClassifierEvaluator(new Classifier(model, _form), 40).Evaluate(test);
        long[] counts = test.CountLabels(3);
        await Assert.That(string.Join(' ', result.Confusion)).IsEqualTo($"0 {counts[0]} 0 0 {counts[1]} 0 0 {counts[2]} 0");
        await Assert.That(result.Accuracy).IsEqualTo(counts[1] / 50.0);
        double sum = Math.E + 2, expected = Math.Log(sum) - (counts[1] / 50.0);
        await Assert.That(result.Loss).IsEqualTo(expected).Within(1e-6);
    }

    [Test]
    public async Task An_epoch_has_every_sequence_once_in_batches_of_like_lengths()
    {
        LabelledSequences train = Words(333, 1);
        var batches = new LabelledBatches(_recipe, _form, train, train.CountLabels(3));
        var batch = new SequenceBatch(_recipe.ToConfig(5, 0, 3), 8, 40);
        string[] orders = new string[2];
        string expected = string.Join(' ', Enumerable.Range(0, train.Count).Select(i => Sum(train.TokensOf(i))).Order());
        for (int epoch = 0; epoch < 2; epoch++)
        {
            int count = batches.Begin(epoch, 0);
            List<string> seen = [];
            long sequences = 0, padding = 0;
            for (int index = 0; index < count; index++)
            {
                await Assert.That(batches.TermsBefore(index)).IsEqualTo(sequences);
                batches.Fill(index, batch);
                sequences += batch.Count;
                padding += (batch.Rows.Steps * batch.Count) - batch.Rows.Total;
                for (int place = 0; place < batch.Count; place++)
                {
                    var tokens = new List<int>();
                    for (int t = 0; t < batch.Rows.Steps && place < batch.Rows.At(t); t++)
                        tokens.Add(batch.Tokens[batch.Rows.Before(t) + place]);
                    seen.Add(Sum(tokens.ToArray()));
                }
            }

            orders[epoch] = string.Join(' ', seen);
            await Assert.That(string.Join(' ', seen.Order())).IsEqualTo(expected);
            await Assert.That((double)padding / Enumerable.Range(0, train.Count).Sum(train.LengthOf))
                .IsLessThan(0.25).Because("in random batches it is above 1");
        }

        await Assert.That(orders[0]).IsNotEqualTo(orders[1]);

        static string Sum(ReadOnlySpan<int> tokens) => string.Join('.', tokens.ToArray());
    }

    [Test]
    public async Task Balanced_labels_weigh_the_same()
    {
        LabelledSequences train = LabelledSequences.OfTokens([[0], [0], [0], [1]], [[0], [0], [0], [1]]);
        var form = new ClassifierForm { Labels = ["often", "rare", "never"] };
        var batches = new LabelledBatches(_recipe with { BalancesLabels = true, BatchSize = 4 }, form, train, train.CountLabels(3));
        var batch = new SequenceBatch(_recipe.ToConfig(5, 0, 3), 4, 1);
        batches.Begin(0, 0);
        batches.Fill(0, batch);
        for (int place = 0; place < 4; place++)
            await Assert.That(batch.Weights[place]).IsEqualTo(batch.Labels[place] == 0 ? (float)(4 / 6.0) : 2f);
    }

    [Test]
    public async Task What_cannot_be_told_apart_is_refused_by_name()
    {
        LabelledSequences one = LabelledSequences.OfTokens([[0], [1]], [[1], [1]]);
        await Assert.That(() => new ClassifierTask(_recipe, _form, 5, one, one)).Throws<ArgumentException>()
            .WithMessage("all training sequences are 'second': there is nothing to tell apart");
        LabelledSequences strange = LabelledSequences.OfTokens([[0], [1]], [[1], [3]]);
        await Assert.That(() => new ClassifierTask(_recipe, _form, 5, strange, one)).Throws<ArgumentException>()
            .WithMessage("label 3 of sequence 1; there are 3");
        await Assert.That(() => LabelledSequences.OfNumbers(2, [[1, 2, 3]], [[0]])).Throws<ArgumentException>();
        await Assert.That(() => (_form with { Labels = ["one"] }).Validate()).Throws<ArgumentException>();
        await Assert.That(() => (_form with { Labels = ["one", "one"] }).Validate()).Throws<ArgumentException>();
    }

    // Texts of five words, 0 to 40 long; the label is the most frequent of the first three, the first of equals.
    private static LabelledSequences Words(int count, int seed)
    {
        var random = new Random(seed);
        int[][] tokens = new int[count][], labels = new int[count][];
        for (int i = 0; i < count; i++)
        {
            tokens[i] = new int[i % 20 == 7 ? 0 : 1 + random.Next(i % 9 == 0 ? 40 : 12)];
            int favourite = random.Next(3);
            for (int t = 0; t < tokens[i].Length; t++) tokens[i][t] = random.Next(2) == 0 ? favourite : random.Next(5);
            int[] counts = [.. Enumerable.Range(0, 3).Select(word => tokens[i].Count(token => token == word))];
            labels[i] = [Array.IndexOf(counts, counts.Max())];
        }

        return LabelledSequences.OfTokens(tokens, labels);
    }

    // Waves of three lengths about a large mean; some numbers are missing.
    private static LabelledSequences Numbers(int count, int seed)
    {
        var random = new Random(seed);
        double[][] rows = new double[count][];
        int[][] labels = new int[count][];
        for (int i = 0; i < count; i++)
        {
            int length = 12 + random.Next(20), label = i % 3;
            double start = 6 * random.NextDouble();
            rows[i] = [.. Enumerable.Range(0, length).SelectMany(t => (double[])
            [
                t == 5 ? double.NaN : 1000 + (50 * Math.Sin(start + (t * (0.3 + (0.6 * label))))), random.NextDouble(),
            ])];
            labels[i] = [label];
        }

        return LabelledSequences.OfNumbers(2, rows, labels);
    }
}
