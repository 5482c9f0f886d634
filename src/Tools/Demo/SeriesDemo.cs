using TinySD.Tools.Tasks.Regression;

namespace TinySD.Tools.Demo;

/// <summary>What a regressor made of the sensor's test part: one value for each of its rows.</summary>
/// <param name="Loaded">The regressor, as its file would hold it.</param>
/// <param name="Measured">What it reaches on the rows that it was validated on.</param>
/// <param name="Values">What the sensor gave.</param>
/// <param name="Predicted">What was predicted for it, a row before.</param>
/// <param name="Scores">How unusual the difference was, as a z-score.</param>
/// <param name="Alarms">Whether that raised an alarm.</param>
/// <param name="Seconds">The time for all of it.</param>
internal sealed record SeriesFindings(
    LoadedRegressor Loaded, RegressionResult Measured, double[] Values, double[] Predicted, double[] Scores, bool[] Alarms, double Seconds)
{
    /// <summary>Rows of the alarms that a fault explains.</summary>
    public IEnumerable<int> AlarmsOf(SensorFault fault) => AllAlarms.Where(fault.Explains);

    /// <summary>Rows of those that none explains.</summary>
    public IEnumerable<int> FalseAlarms => AllAlarms.Where(row => !SensorSeries.Faults.Any(fault => fault.Explains(row)));

    private IEnumerable<int> AllAlarms => Enumerable.Range(0, Alarms.Length).Where(row => Alarms[row]);
}

/// <summary>Trains a small regressor on the sensor of the demonstration, and lets it watch the sensor's test part.</summary>
internal static class SeriesDemo
{
    /// <summary>Trains it and looks.</summary>
    /// <exception cref="FailureException">The numbers stopped being finite.</exception>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public static SeriesFindings Run(
        ulong seed, IParallelRunner runner, HardwareProfile? hardware, IProgressDisplay progress, CancellationToken stop)
    {
        var elapsed = Stopwatch.StartNew();
        (SeriesPart train, SeriesPart valid, SeriesPart test) = SensorSeries.Make();
        RegressorRecipe recipe = Recipe with { Seed = seed };
        var task = new RegressorTask(recipe, SensorSeries.Inputs, [SensorSeries.Target], train, valid, runner, hardware);
        var run = new TrainingRun<SequenceBatch>(task) { KeepsBest = true };
        while (!run.IsAtEnd)
        {
            try
            {
                run.TrainEpoch(cancellation: stop);
            }
            catch (NotFiniteException exception)
            {
                throw new FailureException("the numbers of the regressor stopped being finite; try another --seed.", exception);
            }

            if (!progress.IsDue) continue;
            string error = RegressionWords.Number(run.Best!.Valid.Metric);
            progress.Show($"epoch {run.Epoch}/{recipe.Epochs} of the sensor", (double)run.Epoch / recipe.Epochs, $"valid mse {error}");
        }

        RegressionResult measured = task.Evaluate(run.BestParameters!, valid, cancellation: stop);
        var loaded = new LoadedRegressor(new Regressor(task.ModelOf(run.BestParameters!), task.Regressor.Form), new()
        {
            Recipe = recipe,
            Data = new()
            {
                Train = new(SensorSeries.Name, train.Count),
                Valid = new(SensorSeries.Name, valid.Count),
                Table = SensorSeries.Inputs,
                DecimalMark = DecimalMark.Point,
                Spreads = measured.Spreads,
            },
            Epochs = [.. run.Epochs],
        });
        return Watch(loaded, measured, valid, test) with { Seconds = elapsed.Elapsed.TotalSeconds };
    }

    private static RegressorRecipe Recipe => RegressorRecipe.Presets[0] with
    {
        HiddenSize = 32,
        LayerCount = 1,
        FeedsChange = false,
        LinearRows = 2,
        BatchSize = 4,
        Epochs = 30,
        LearningRate = 0.005f,
    };

    // As rows come: those that it was validated on, and then those of the test part.
    private static SeriesFindings Watch(LoadedRegressor loaded, RegressionResult measured, SeriesPart valid, SeriesPart test)
    {
        var predictor = new RowPredictor(loaded, RowPredictor.DefaultThreshold, hardware: null);
        var findings = new SeriesFindings(
            loaded, measured, new double[test.Count], new double[test.Count], new double[test.Count], new bool[test.Count], 0);
        double[] row = new double[predictor.Columns.Length], results = new double[predictor.Header.Length];
        for (int at = valid.First; at < test.End; at++)
        {
            double predicted = results[0];
            for (int i = 0; i < row.Length; i++) row[i] = valid.Table[predictor.Columns[i]][at];
            predictor.Step(row, results);
            int tested = at - test.First;
            if (tested < 0) continue;
            (findings.Values[tested], findings.Predicted[tested]) = (valid.Table[SensorSeries.Target][at], predicted);
            (findings.Scores[tested], findings.Alarms[tested]) = (results[1], results[2] > 0);
        }

        return findings;
    }
}
