namespace TinySD.Tools.Tasks.Regression;

/// <summary>Predicts from rows as they come, and judges the errors of what was predicted before.</summary>
internal sealed class RowPredictor
{
    /// <summary>The z-score that is an alarm where none is given.</summary>
    public const float DefaultThreshold = 4f;

    // Of a target's own spread: below it an error is what rounding makes.
    private const double LeastSpread = 1e-6;

    private readonly SeriesForm _form;
    private readonly RegressorSession _session;
    private readonly ErrorWatch[]? _watches;
    private readonly int[] _placesOfTargets;
    private readonly double[] _next;

    /// <param name="loaded">The model.</param>
    /// <param name="threshold">The z-score that is an alarm; null to judge no errors.</param>
    /// <param name="hardware">The machine.</param>
    /// <param name="delta">How much a number must have changed to be taken again.</param>
    public RowPredictor(LoadedRegressor loaded, double? threshold, HardwareProfile? hardware, DeltaThresholds delta = default)
    {
        _form = loaded.Regressor.Form;
        _session = new RegressorSession(loaded.Regressor, hardware: hardware, delta: delta);
        string[] targets = [.. _form.Targets];
        Columns = [.. _form.Inputs, .. threshold is null ? [] : targets.Except(_form.Inputs)];
        _placesOfTargets = Array.ConvertAll(targets, target => Columns.IndexOf(target));
        _next = new double[targets.Length];
        _next.AsSpan().Fill(double.NaN);
        if (threshold is { } limit)
        {
            _watches = [.. targets.Select((_, i) =>
                new ErrorWatch(loaded.Training.Data.Spreads[i], LeastSpread * _form.TargetScales[i].Scale, limit))];
        }

        IEnumerable<string> predicted = Enumerable.Range(0, _form.StepCount)
            .SelectMany(step => targets.Select(target => _form.Horizon == 0 ? target : $"{target}+{_form.Ahead(step)}"));
        Header = [.. predicted, .. _watches is null ? [] : targets.SelectMany(target => (string[])[$"{target}_z", $"{target}_alarm"])];
    }

    /// <summary>The columns that a row must have, in the order of <see cref="Step"/>.</summary>
    public ImmutableArray<string> Columns { get; }

    /// <summary>The names of what <see cref="Step"/> gives.</summary>
    public ImmutableArray<string> Header { get; }

    /// <summary>Takes a row.</summary>
    /// <param name="row">The columns, NaN where one is missing.</param>
    /// <param name="results">Of <see cref="Header"/>: predictions in the targets' own units, z-scores and alarms (0 or 1); NaN where there
    /// is none.</param>
    /// <exception cref="NotFiniteNumberException">A number is too large to be fed.</exception>
    public void Step(ReadOnlySpan<double> row, Span<double> results)
    {
        ReadOnlySpan<double> predictions = _session.Step(row[.._form.Inputs.Length]);
        predictions.CopyTo(results);
        if (_watches is null) return;

        // In the same row there is nothing to wait for; of rows ahead the prediction was made from the row before.
        if (_form.Horizon == 0) predictions[.._next.Length].CopyTo(_next);
        Span<double> judged = results[predictions.Length..];
        for (int target = 0; target < _watches.Length; target++)
        {
            double error = row[_placesOfTargets[target]] - _next[target];
            (double z, bool isAlarm) = _watches[target].Judge(error);
            judged[2 * target] = z;
            judged[(2 * target) + 1] = double.IsNaN(z) ? double.NaN : isAlarm ? 1 : 0;
        }

        predictions[.._next.Length].CopyTo(_next);
    }
}
