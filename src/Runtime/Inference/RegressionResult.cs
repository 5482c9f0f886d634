namespace TinySD.Runtime.Inference;

/// <summary>How far some predictions were off, of normalised values.</summary>
/// <param name="Mse">Mean squared error.</param>
/// <param name="Mae">Mean absolute error.</param>
/// <param name="R2">1 - SSE / SST, the share of the spread of the values, about the mean of those predicted here, that is predicted; not a
/// number where they do not move.</param>
public readonly record struct MeanErrors(double Mse, double Mae, double R2);

/// <summary>How well some predictions were, and their rivals on the same rows.</summary>
/// <param name="Count">Predictions.</param>
/// <param name="Model">The model's errors.</param>
/// <param name="Persistence">The errors of repeating the last value.</param>
/// <param name="Season">Those of repeating the value of a season ago, where there is one for each prediction; else null.</param>
public sealed record RegressionFigures(long Count, MeanErrors Model, MeanErrors Persistence, MeanErrors? Season)
{
    /// <summary>The model's R2.</summary>
    public double R2 => Model.R2;
}

/// <summary>What an evaluation of a regressor measured. All is of normalised values, by the training rows' mean and standard deviation of
/// each target: multiply a mean absolute error by the target's scale for its own units.</summary>
/// <param name="All">Over all targets and steps.</param>
/// <param name="PerTarget">For each target, over all steps.</param>
/// <param name="PerStep">For each step ahead, over all targets.</param>
/// <param name="Spreads">The standard deviation of the errors one row ahead, or in the same row, of each target, in its own
/// units.</param>
public sealed record RegressionResult(
    RegressionFigures All, IReadOnlyList<RegressionFigures> PerTarget, IReadOnlyList<RegressionFigures> PerStep,
    IReadOnlyList<double> Spreads);

/// <summary>Sums of errors of one target at one step.</summary>
internal struct ErrorSums
{
    private long _count, _seasons;
    private double _squares, _sizes, _errors, _values, _valueSquares, _persistenceSquares, _persistenceSizes, _seasonSquares, _seasonSizes;

    /// <summary>Adds a prediction and its rivals; the season's may be no number.</summary>
    public void Add(double predicted, double value, double persistence, double season)
    {
        _count++;
        Sum(predicted - value, ref _squares, ref _sizes);
        _errors += predicted - value;
        _values += value;
        _valueSquares += value * value;
        Sum(persistence - value, ref _persistenceSquares, ref _persistenceSizes);
        if (double.IsNaN(season)) return;
        _seasons++;
        Sum(season - value, ref _seasonSquares, ref _seasonSizes);
    }

    /// <summary>The spread of the errors about their mean.</summary>
    public readonly double Spread => Math.Sqrt(Math.Max(0, (_squares / _count) - (_errors / _count * (_errors / _count))));

    /// <summary>Figures of sums over so many targets, which are those of the targets in turn.</summary>
    public static RegressionFigures Figures(ReadOnlySpan<ErrorSums> cells, int targets)
    {
        var all = default(ErrorSums);
        double spread = 0;
        for (int target = 0; target < targets; target++)
        {
            var own = default(ErrorSums);
            for (int cell = target; cell < cells.Length; cell += targets) own.Add(cells[cell]);
            if (own._count > 0) spread += own._valueSquares - (own._values / own._count * own._values);
            all.Add(own);
        }

        return new RegressionFigures(
            all._count, Of(all._squares, all._sizes), Of(all._persistenceSquares, all._persistenceSizes),
            all._seasons == all._count && all._count > 0 ? Of(all._seasonSquares, all._seasonSizes) : null);

        MeanErrors Of(double squares, double sizes) =>
            new(squares / all._count, sizes / all._count, spread > 0 ? 1 - (squares / spread) : double.NaN);
    }

    private void Add(ErrorSums other)
    {
        _count += other._count;
        _seasons += other._seasons;
        _squares += other._squares;
        _sizes += other._sizes;
        _errors += other._errors;
        _values += other._values;
        _valueSquares += other._valueSquares;
        _persistenceSquares += other._persistenceSquares;
        _persistenceSizes += other._persistenceSizes;
        _seasonSquares += other._seasonSquares;
        _seasonSizes += other._seasonSizes;
    }

    private static void Sum(double error, ref double squares, ref double sizes)
    {
        squares += error * error;
        sizes += Math.Abs(error);
    }
}
