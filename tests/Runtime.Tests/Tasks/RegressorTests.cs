using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>Regression of series, from columns to predictions in their own units.</summary>
public sealed class RegressorTests
{
    private static readonly RegressorRecipe _recipe = new()
    {
        Name = "test",
        HiddenSize = 12,
        Bptt = 16,
        BatchSize = 8,
        Epochs = 3,
        Optimizer = OptimizerKind.Adam,
        LearningRate = 0.01f,
        LearningRateSchedule = LearningRateSchedule.Constant,
        LossReduction = LossReduction.Mean,
    };

    public static IEnumerable<Func<RegressorRecipe>> Kinds() =>
    [
        () => _recipe with { Horizon = 3 },
        () => _recipe with { Horizon = 0 },
        () => _recipe with { Horizon = 2, Window = 7, Direction = RecurrentDirection.Bidirectional, LayerCount = 2 },
        () => _recipe with { Horizon = 1, PredictsChange = false, Cell = CellKind.Gru },
        () => _recipe with { Horizon = 2, FeedsChange = true, LinearRows = 5 },
        () => _recipe with { Horizon = 1, FeedsChange = true, LinearRows = 9, Window = 4 },
    ];

    [Test]
    public async Task Scales_are_mean_and_deviation_of_the_training_rows_alone()
    {
        // The rows after the training part would change every scale.
        SeriesTable table = Table(("a", [1, 3, 1, 3, 900, 900]), ("b", [5, 5, 5, double.NaN, 7, 8]));
        SeriesForm form = SeriesForm.Learn(_recipe.ToForm(["a", "b"], ["a"]), new SeriesPart(table, 0, 4));
        await Assert.That(form.InputScales[0]).IsEqualTo(new ColumnScale(2, 1));
        await Assert.That(form.InputScales[1]).IsEqualTo(new ColumnScale(5, 1));

        // Changes of +2, -2, +2, of which the last is one row ahead of row 2; in units of the scale 1.
        await Assert.That(form.PredictsChange).IsTrue();
        await Assert.That(form.OutputScales[0].Offset).IsEqualTo(2.0 / 3).Within(1e-12);
        await Assert.That(form.OutputScales[0].Scale).IsEqualTo(Math.Sqrt(4 - (4.0 / 9))).Within(1e-12);
    }

    [Test]
    public async Task A_row_predicts_all_rows_ahead_in_order_of_step_and_then_target()
    {
        SeriesTable table = Table(("a", [0, 10, 20, 30, 40, 50]), ("b", [0, -1, -2, -3, -4, -5]));
        SeriesForm form = Plain(_recipe with { Horizon = 2, PredictsChange = false }, ["a"], ["a", "b"]);
        var series = new PreparedSeries(form, new SeriesPart(table, 2, 4));

        // Row 1 is the last before the part, and predicts rows 2 and 3 of it; row 3 predicts rows 4 and 5.
        await Assert.That((series.FirstRow, series.RowCount)).IsEqualTo((1, 3));
        foreach ((int row, string expected) in new[] { (1, "20 -2 30 -3"), (3, "40 -4 50 -5") })
        {
            string found = string.Join(' ', Enumerable.Range(0, 4).Select(output => series.OutputTarget(row, output)));
            await Assert.That(found).IsEqualTo(expected);
        }

        // A window of three needs rows 0 and 1 before the first that predicts.
        series = new PreparedSeries(form with { Window = 3 }, new SeriesPart(table, 0, 6));
        await Assert.That((series.FirstRow, series.RowCount)).IsEqualTo((2, 2));

        // In the same row, the part's own rows and no other.
        form = Plain(_recipe with { Horizon = 0 }, ["a"], ["b"]);
        series = new PreparedSeries(form, new SeriesPart(table, 2, 4));
        await Assert.That((series.FirstRow, series.RowCount, series.OutputTarget(2, 0))).IsEqualTo((2, 4, -2.0));
    }

    [Test]
    public async Task Missing_inputs_repeat_the_last_value_and_missing_targets_are_not_counted()
    {
        SeriesTable table = Table(("a", [double.NaN, 4, double.NaN, 8]), ("y", [1, double.NaN, 3, 4]));
        SeriesForm form = Plain(_recipe with { Horizon = 0 }, ["a"], ["y"]) with { InputScales = [new(6, 2)] };
        var series = new PreparedSeries(form, SeriesPart.All(table));
        await Assert.That(string.Join(' ', Enumerable.Range(0, 4).Select(row => series.Inputs(row)[0]))).IsEqualTo("0 -1 -1 1");
        await Assert.That(double.IsNaN(series.OutputTarget(1, 0))).IsTrue();
        await Assert.That(series.Last(1, 0)).IsEqualTo(1);
        await Assert.That(string.Join(' ', form.InputsOf(table, 3))).IsEqualTo("0 -1 -1");
    }

    [Test]
    [MethodDataSource(nameof(Kinds))]
    public async Task A_session_gives_the_bits_of_an_evaluation_row_by_row(RegressorRecipe recipe)
    {
        SeriesTable table = Waves(300, missing: true);
        string[] inputs = recipe.Horizon == 0 ? ["a", "b"] : ["a", "b", "y"];
        var task = new RegressorTask(recipe, inputs, ["y"], new(table, 0, 200), new(table, 200, 100));
        var run = new TrainingRun<SequenceBatch>(task);
        run.TrainEpoch();
        Dictionary<int, double[]> told = [];
        new RegressorEvaluator(task.Regressor).Evaluate(SeriesPart.All(table), (row, found) => told.Add(row, found.ToArray()));
        var session = new RegressorSession(task.Regressor);
        for (int round = 0; round < 2; round++)
        {
            for (int row = 0; row < table.RowCount; row++)
            {
                double[] found = session.Step([.. inputs.Select(name => table[name][row])]).ToArray();
                if (row < Math.Max(1, recipe.Window) - 1) await Assert.That(found.All(double.IsNaN)).IsTrue();
                if (told.TryGetValue(row, out double[]? expected))
                    await Assert.That(string.Join(' ', found)).IsEqualTo(string.Join(' ', expected)).Because($"row {row}");
            }

            session.Reset();
        }

        await Assert.That(told.Count).IsEqualTo(300 - recipe.Horizon - Math.Max(1, recipe.Window) + 1);
    }

    [Test]
    public async Task Errors_and_rivals_are_those_of_sums_by_hand()
    {
        // A network of zeros that predicts the value says the mean of the training rows, 5, which is 0 when normalised by 5 and 2.
        SeriesTable table = Table(("y", [3, 7, 5, 9, 1, 5]));
        SeriesForm form = Plain(_recipe with { Horizon = 2, PredictsChange = false, Season = 3 }, ["y"], ["y"]) with
        {
            InputScales = [new(5, 2)],
            TargetScales = [new(5, 2)],
        };
        var model = new SequenceModel((_recipe with { Horizon = 2 }).ToConfig(1, 1));
        RegressionResult result = new RegressorEvaluator(new Regressor(model, form)).Evaluate(new SeriesPart(table, 3, 3));

        // From rows 2 and 3: one ahead 9 and 1, two ahead 1 and 5, normalised 2, -2, -2, 0. Last values 5 and 9 are 0 and 2.
        await Assert.That(result.All.Count).IsEqualTo(4);
        await Assert.That(result.All.Model.Mse).IsEqualTo((4 + 4 + 4 + 0) / 4.0).Within(1e-12);
        await Assert.That(result.All.Model.Mae).IsEqualTo((2 + 2 + 2 + 0) / 4.0).Within(1e-12);
        await Assert.That(result.PerStep[0].Persistence.Mse).IsEqualTo((4 + 16) / 2.0).Within(1e-12);
        await Assert.That(result.PerStep[1].Persistence.Mae).IsEqualTo((2 + 2) / 2.0).Within(1e-12);

        // About the mean -0.5: 12 - 4 * 0.25.
        await Assert.That(result.All.R2).IsEqualTo(1 - (12 / 11.0)).Within(1e-12);

        // Its last values are off by -2 and 2 from row 2, by 4 and 2 from row 3.
        await Assert.That(result.All.Persistence.R2).IsEqualTo(1 - (28 / 11.0)).Within(1e-12);

        // A season ago: row 3 by row 0, row 4 by row 1, row 4 by row 1, row 5 by row 2: 9 by 3, 1 by 7, 1 by 7, 5 by 5.
        await Assert.That(result.All.Season!.Value.Mse).IsEqualTo((9 + 9 + 9 + 0) / 4.0).Within(1e-12);
    }

    [Test]
    public async Task The_metric_while_training_is_that_of_an_evaluation_where_nothing_is_learnt()
    {
        SeriesTable table = Waves(300, missing: false);
        foreach (RegressorRecipe kind in Kinds().Select(kind => kind()).Where(kind => kind.Horizon > 0))
        {
            foreach (SequenceLoss loss in new[] { SequenceLoss.Squared, SequenceLoss.Absolute, SequenceLoss.Huber })
            {
                SeriesPart train = new(table, 0, 200);
                RegressorRecipe recipe = kind with { Loss = loss, LearningRate = 1e-20f, BatchSize = 1 };
                var task = new RegressorTask(recipe, ["a", "b", "y"], ["y"], train, new(table, 200, 100));
                EpochOutcome epoch = new TrainingRun<SequenceBatch>(task).TrainEpoch();
                double expected = task.Evaluate(task.Regressor.Model.Parameters, train).All.Model.Mse;
                await Assert.That(epoch.Train.Metric / expected).IsEqualTo(1).Within(1e-5);

                // Measured on the same rows the loss is the same, in the same units.
                var same = new RegressorTask(recipe, ["a", "b", "y"], ["y"], train, train);
                EpochOutcome both = new TrainingRun<SequenceBatch>(same).TrainEpoch();
                await Assert.That(both.Valid.Loss / both.Train.Loss).IsEqualTo(1).Within(1e-5);
            }
        }
    }

    [Test]
    public async Task A_ramp_goes_on_by_one()
    {
        SeriesTable table = Table(("x", [.. Enumerable.Range(0, 100).Select(row => (double)row)]));
        var task = new RegressorTask(
            _recipe with { Epochs = 20, Horizon = 2 }, ["x"], ["x"], new(table, 0, 80), new(table, 80, 20));
        var run = new TrainingRun<SequenceBatch>(task);
        while (!run.IsAtEnd) run.TrainEpoch();
        var session = new RegressorSession(task.Regressor);
        double[] last = [];
        foreach (double value in table["x"].ToArray()) last = session.Step([value]).ToArray();
        await Assert.That(last[0]).IsEqualTo(100).Within(0.2);
        await Assert.That(last[1]).IsEqualTo(101).Within(0.4);
    }

    [Test]
    public async Task No_training_window_touches_what_is_held_out()
    {
        foreach (RegressorRecipe recipe in Kinds().Select(kind => kind()))
        {
            string[] inputs = recipe.Horizon == 0 ? ["a", "b"] : ["a", "b", "y"];
            SeriesTable table = Waves(300, missing: false), other = new(table.Names, [.. table.Names.Select(name => Turned(table[name]))]);
            string[] found = [.. new[] { table, other }.Select(each => Trained(recipe, inputs, each))];
            await Assert.That(found[0]).IsEqualTo(found[1]);
        }

        static double[] Turned(ReadOnlySpan<double> column) =>
            [.. column.ToArray().Select((value, row) => row < 200 ? value : -value)];

        static string Trained(RegressorRecipe recipe, string[] inputs, SeriesTable table)
        {
            var task = new RegressorTask(recipe, inputs, ["y"], new(table, 0, 200), new(table, 200, 100));
            var run = new TrainingRun<SequenceBatch>(task);
            for (int epoch = 0; epoch < 2; epoch++)
                while (run.TryStep(out _)) if (run.Steps == run.BatchCount) break;
            return string.Join(' ', task.Regressor.Model.Parameters.Values.ToArray());
        }
    }

    [Test]
    [MethodDataSource(nameof(Kinds))]
    public async Task An_epoch_has_every_row_once_and_terms_are_counted_as_they_come(RegressorRecipe recipe)
    {
        SeriesTable table = Waves(205, missing: true);
        SeriesForm form = SeriesForm.Learn(recipe.ToForm(recipe.Horizon == 0 ? ["a"] : ["a", "y"], ["y"]), SeriesPart.All(table));
        var series = new PreparedSeries(form, SeriesPart.All(table));
        var batches = new SeriesBatches(recipe, series, form.OutputCount);
        var batch = new SequenceBatch(recipe.ToConfig(form.Inputs.Length, 1), recipe.BatchSize, recipe.TimeSteps);
        string expected = string.Join(' ', Rows().Order());
        foreach (int epoch in new[] { 0, 1 })
        {
            int count = batches.Begin(epoch, 0);
            List<string> seen = [];
            long terms = 0;
            for (int index = 0; index < count; index++)
            {
                await Assert.That(batches.TermsBefore(index)).IsEqualTo(terms);
                batches.Fill(index, batch);
                for (int sequence = 0; sequence < batch.Count; sequence++)
                    for (int t = 0; t < (recipe.Window > 0 ? 1 : LengthOf(sequence)); t++)
                        seen.Add(string.Join(',', batch.TargetsOf(sequence, t).ToArray()));
                foreach (float target in batch.Targets) terms += float.IsNaN(target) ? 0 : 1;
            }

            await Assert.That(string.Join(' ', seen.Order())).IsEqualTo(expected).Because($"epoch {epoch}");
        }

        IEnumerable<string> Rows()
        {
            float[] targets = new float[form.OutputCount];
            for (int row = series.FirstRow; row < series.FirstRow + series.RowCount; row++)
            {
                series.OutputTargets(row, targets);
                yield return string.Join(',', targets);
            }
        }

        int LengthOf(int sequence)
        {
            int t = 0;
            while (t < batch.Rows.Steps && batch.Rows.At(t) > sequence) t++;
            return t;
        }
    }

    [Test]
    public async Task Training_gives_the_same_bits_for_any_number_of_threads_and_learns()
    {
        SeriesTable table = Waves(600, missing: false);
        string[] bits = new string[2];
        RegressionResult? result = null;
        for (int threads = 1; threads <= 2; threads++)
        {
            using var pool = new WorkerPool(threads);
            var recipe = _recipe with
            {
                Epochs = 12,
                Horizon = 2,
                Dropout = new() { Kind = DropoutKind.Structured, Recurrent = 0.25f, Output = 0.25f },
            };
            var task = new RegressorTask(recipe, ["a", "b", "y"], ["y"], new(table, 0, 400), new(table, 400, 200), pool);
            var run = new TrainingRun<SequenceBatch>(task);
            while (!run.IsAtEnd) run.TrainEpoch();
            bits[threads - 1] = string.Join(' ', task.Regressor.Model.Parameters.Values.ToArray());
            result = task.Evaluate(task.Regressor.Model.Parameters, new(table, 400, 200));
        }

        await Assert.That(bits[0]).IsEqualTo(bits[1]);
        await Assert.That(result!.All.Model.Mse / result.All.Persistence.Mse).IsLessThan(0.5);
    }

    [Test]
    public async Task Steps_of_training_and_of_sessions_allocate_nothing()
    {
        foreach (RegressorRecipe recipe in Kinds().Select(kind => kind()))
        {
            string[] inputs = recipe.Horizon == 0 ? ["a", "b"] : ["a", "b", "y"];
            SeriesTable table = Waves(300, missing: true);
            var task = new RegressorTask(recipe, inputs, ["y"], new(table, 0, 200), new(table, 200, 100));
            var run = new TrainingRun<SequenceBatch>(task);
            var session = new RegressorSession(task.Regressor);
            double[] row = new double[inputs.Length];
            run.TryStep(out _);
            session.Step(row);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10 && run.TryStep(out _); i++) session.Step(row);
            await Assert.That(GC.GetAllocatedBytesForCurrentThread() - before).IsEqualTo(0);
        }
    }

    [Test]
    public async Task What_cannot_be_learnt_or_fed_is_refused_by_name()
    {
        SeriesTable table = Waves(50, missing: false);
        await Fails(() => Task("a", "none", 40), "there is no column 'none'; there are a, b, y, flat, empty");
        await Fails(() => Task("a", "flat", 40), "the target 'flat' is 3 in every training row: there is nothing to learn");
        await Fails(() => Task("empty", "y", 40), "column 'empty' has no number in the training rows");
        await Fails(() => Task("a", "y", 8, window: 10), "there are 8 training rows; a window of 10 and 1 ahead need at least 11");
        var task = Task("flat", "y", 40);
        var session = new RegressorSession(task.Regressor);
        await Assert.That(session.Step([3]).ToArray().All(double.IsFinite)).IsTrue();
        await Assert.That(session.Step([1e9]).ToArray().All(double.IsFinite)).IsTrue();
        await Assert.That(() => session.Step([double.PositiveInfinity]).Length).Throws<NotFiniteNumberException>();
        await Fails(() => session.Step([1, 2]), "the row holds 2 numbers; 1 were expected");
        await Assert.That(() => (_recipe with { Direction = RecurrentDirection.Reverse }).Validate()).Throws<ArgumentException>();

        RegressorTask Task(string input, string target, int rows, int window = 0) => new(
            _recipe with { Window = window, PredictsChange = false }, [input], [target], new(table, 0, rows), new(table, rows, 50 - rows));

        static async Task Fails(Action action, string message) =>
            await Assert.That(action).Throws<ArgumentException>().WithMessage(message);
    }

    private static SeriesTable Table(params (string Name, double[] Column)[] columns) =>
        new([.. columns.Select(column => column.Name)], [.. columns.Select(column => column.Column)]);

    // y follows a and b, with a wave of its own; some cells are missing.
    private static SeriesTable Waves(int rows, bool missing)
    {
        double[] a = new double[rows], b = new double[rows], y = new double[rows], flat = new double[rows], empty = new double[rows];
        for (int row = 0; row < rows; row++)
        {
            a[row] = 100 + (10 * Math.Sin(row * 0.7));
            b[row] = Math.Cos(row * 0.31);
            y[row] = (0.1 * a[row]) + (3 * b[row]) + Math.Sin(row * 0.05);
            (flat[row], empty[row]) = (3, double.NaN);
            if (missing && row % 17 == 3) a[row] = double.NaN;
            if (missing && row % 29 == 11) y[row] = double.NaN;
        }

        return Table(("a", a), ("b", b), ("y", y), ("flat", flat), ("empty", empty));
    }

    // Without scales: numbers stay what they are.
    private static SeriesForm Plain(RegressorRecipe recipe, string[] inputs, string[] targets)
    {
        SeriesForm form = recipe.ToForm(inputs, targets);
        return form with
        {
            InputScales = [.. inputs.Select(_ => new ColumnScale(0, 1))],
            TargetScales = [.. targets.Select(_ => new ColumnScale(0, 1))],
            OutputScales = [.. Enumerable.Repeat(new ColumnScale(0, 1), form.OutputCount)],
        };
    }
}
