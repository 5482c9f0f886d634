using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Measures a regressor on rows of a series, beside repeating the last value and that of a season ago. Predictions are the bits of
/// a <see cref="RegressorSession"/> that was fed the same rows.</summary>
/// <remarks>A carried state is warmed up on the rows before the part, a window reaches back into them. Counted is what has a value, and a
/// last value before it, so that model and rival are judged on the same rows.</remarks>
public sealed class RegressorEvaluator
{
    // Rows before a part that warm a carried state up.
    private const int WarmUpRows = 4096;

    private const int PieceSteps = 64, WindowBatch = 64;

    private readonly SeriesForm _form;
    private readonly SequenceNetwork _network;
    private readonly SequenceBatch _batch;
    private readonly int[] _lengths;

    /// <summary>Plans and allocates.</summary>
    /// <param name="regressor">The regressor; its model may be trained further between evaluations.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="delta">Thresholds as of a <see cref="RegressorSession"/>; by default there are none.</param>
    /// <exception cref="ArgumentException">The profile does not run here, or there are thresholds that are none, or any and the regressor
    /// looks at a window.</exception>
    public RegressorEvaluator(
        Regressor regressor, IParallelRunner? runner = null, HardwareProfile? hardware = null, DeltaThresholds delta = default)
        : this(Throw.IfNull(regressor), runner, hardware, default, delta)
    {
    }

    /// <summary>One that works in memory of the caller's, on fewer rows at a time where it is little; where it is too little, or none, in
    /// its own.</summary>
    internal RegressorEvaluator(
        Regressor regressor, IParallelRunner? runner, HardwareProfile? hardware, Memory<float> room, DeltaThresholds delta = default)
    {
        _form = regressor.Form;
        delta.Check(_form.WithoutSteps);
        bool isWindowed = _form.Window > 0;
        (_network, _batch) = NetworkPlan.Within(room, isWindowed ? WindowBatch : PieceSteps, count => SequenceNetwork.Declare(
            regressor.Model, isWindowed ? new(count, _form.Window, Training: false) : new(1, count, Training: false),
            new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware)) { Delta = delta }));
        _lengths = new int[_batch.BatchSize];
    }

    /// <summary>What each product did in the last evaluation; empty without thresholds.</summary>
    internal DeltaCount[] CountDelta() => _network.Plan.CountDelta();

    /// <summary>What is told a prediction.</summary>
    /// <param name="row">The row of the table that it was made from.</param>
    /// <param name="predictions">[S][targets] in the targets' own units.</param>
    public delegate void Told(int row, ReadOnlySpan<double> predictions);

    /// <summary>Predicts from every row from which all that is predicted lies in the part.</summary>
    /// <param name="part">The rows.</param>
    /// <param name="told">Told each prediction, in order of rows; or null.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    /// <exception cref="ArgumentException">A column is not there, or not one prediction can be judged.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public RegressionResult Evaluate(
        SeriesPart part, Told? told = null, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(part);
        var series = new PreparedSeries(_form, part);
        if (series.RowCount == 0)
        {
            string made = _form.Window > 0 ? $"a window of {_form.Window} and {_form.Horizon} ahead need" : $"{_form.Horizon} ahead needs";
            Throw.Argument($"there are {Throw.Counted(part.Count, "row")}; {made} at least {_form.RowsNeeded}");
        }

        var sums = new ErrorSums[_form.OutputCount];
        double[] own = new double[_form.OutputCount];
        _network.Begin(default);
        _network.ResetState();
        _network.Plan.ClearDeltaCounts();
        int first = _form.Window > 0 ? series.FirstRow : Math.Max(0, series.FirstRow - WarmUpRows), end = series.FirstRow + series.RowCount;
        for (int row = first; row < end;)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(end - row, _form.Window > 0 ? _lengths.Length : _batch.Longest);
            Run(series, row, count);
            for (int i = 0; i < count; i++)
            {
                if (row + i < series.FirstRow) continue;
                Judge(series, row + i, _network.OutputsOf(_form.Window > 0 ? _batch.OutputRowOf(i) : _batch.OutputRowOf(0, i)), sums, own);
                told?.Invoke(row + i, own);
            }

            row += count;
            progress?.Invoke((double)(row - first) / (end - first));
        }

        int targets = _form.Targets.Length;
        RegressionFigures all = ErrorSums.Figures(sums, targets);
        if (all.Count == 0) Throw.Argument("no target of these rows can be judged: all are missing, or nothing stands before them");
        var perTarget = new RegressionFigures[targets];
        var perStep = new RegressionFigures[sums.Length / targets];
        double[] spreads = new double[targets];
        var ofTarget = new ErrorSums[perStep.Length];
        for (int target = 0; target < targets; target++)
        {
            for (int step = 0; step < perStep.Length; step++) ofTarget[step] = sums[(step * targets) + target];
            perTarget[target] = ErrorSums.Figures(ofTarget, 1);
            spreads[target] = sums[target].Spread * _form.TargetScales[target].Scale;
        }

        for (int step = 0; step < perStep.Length; step++)
            perStep[step] = ErrorSums.Figures(sums.AsSpan(step * targets, targets), targets);
        return new RegressionResult(all, perTarget, perStep, spreads);
    }

    private void Run(PreparedSeries series, int row, int count)
    {
        if (_form.Window == 0)
        {
            _lengths[0] = count;
            _batch.Begin(_lengths);
            for (int t = 0; t < count; t++) series.SetStep(row + t, 0, t, _batch);
        }
        else
        {
            _lengths.AsSpan(0, count).Fill(_form.Window);
            _batch.Begin(_lengths.AsSpan(0, count));
            for (int i = 0; i < count; i++) series.SetWindow(row + i, i, _batch);
        }

        _network.SizeOf(_batch);
        _network.Run(_batch);
        if (_form.Window == 0) _network.Carry();
    }

    private void Judge(PreparedSeries series, int row, ReadOnlySpan<float> outputs, ErrorSums[] sums, double[] own)
    {
        int targets = _form.Targets.Length;
        for (int output = 0; output < outputs.Length; output++)
        {
            (int step, int target) = int.DivRem(output, targets);
            int predicted = row + _form.Ahead(step), season = predicted - _form.Season;
            double normalised = _form.Predict(output, outputs[output], series.Last(row, target));
            double value = series.Target(predicted, target), persistence = series.Last(_form.Horizon > 0 ? row : row - 1, target);
            own[output] = _form.TargetScales[target].Restore(normalised);
            if (double.IsNaN(value) || double.IsNaN(persistence)) continue;

            // A season that ends after the last value known is repeated.
            while (_form.Season > 0 && season > row) season -= _form.Season;
            double before = _form.Season > 0 && season >= 0 && season < predicted ? series.Target(season, target) : double.NaN;
            sums[output].Add(normalised, value, persistence, before);
        }
    }
}
