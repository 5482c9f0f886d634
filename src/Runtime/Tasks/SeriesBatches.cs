using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <summary>The batches of a series' training rows. With windows each is of rows drawn without repetition, anew for every epoch. Without,
/// the rows are cut into B streams that run side by side, their state carried; an epoch's first batch is of a length of its own, so that
/// back-propagation is not cut at the same rows in every epoch.</summary>
internal sealed class SeriesBatches : IBatches<SequenceBatch>
{
    private readonly RegressorRecipe _recipe;
    private readonly PreparedSeries _series;
    private readonly int[] _lengths, _order;
    private readonly float[] _targets;
    private int _firstSteps;

    public SeriesBatches(RegressorRecipe recipe, PreparedSeries series, int outputs)
    {
        _recipe = recipe;
        _series = series;
        _lengths = new int[recipe.BatchSize];
        _order = new int[recipe.Window > 0 ? series.RowCount : 0];
        _targets = new float[outputs];
        int needed = recipe.Window > 0 ? 1 : recipe.BatchSize;
        if (series.RowCount >= needed) return;
        string rows = Throw.Counted(series.Part.Count, "training row"), ahead = $"{recipe.Horizon} ahead";
        Throw.Argument(recipe.Window > 0
            ? $"there are {rows}; a window of {recipe.Window} and {ahead} need at least {recipe.Window + recipe.Horizon}"
            : $"there are {rows}, and so {Throw.Counted(series.RowCount, "prediction")}; {needed} streams need as many at least");
    }

    // Where windows are drawn.
    private int Batches => (_order.Length + _recipe.BatchSize - 1) / _recipe.BatchSize;

    private int Steps => (_series.RowCount + _recipe.BatchSize - 1) / _recipe.BatchSize;

    public int? CountOfEach => _recipe.Window == 0 ? null : Batches;

    public int Begin(int epoch, long firstUpdate)
    {
        var random = new PhiloxStream(_recipe.Seed, RandomPurpose.Order, (uint)epoch);
        if (_recipe.Window == 0)
        {
            _firstSteps = Math.Min(Steps, 1 + (int)(((ulong)random.Next() * (uint)_recipe.Bptt) >> 32));
            return 1 + ((Steps - _firstSteps + _recipe.Bptt - 1) / _recipe.Bptt);
        }

        Orders.Shuffle(_order, ref random);
        return Batches;
    }

    public void Fill(int index, SequenceBatch into)
    {
        if (_recipe.Window > 0) FillWindows(index * _recipe.BatchSize, into);
        else FillStreams(index, into);
    }

    public bool Continues(int index) => _recipe.Window == 0 && index > 0;

    public long TermsBefore(int index)
    {
        long terms = 0;
        for (int i = 0; i < index; i++)
        {
            if (_recipe.Window > 0)
            {
                int first = i * _recipe.BatchSize, end = Math.Min(_order.Length, first + _recipe.BatchSize);
                for (int at = first; at < end; at++) terms += TermsOf(_series.FirstRow + _order[at]);
                continue;
            }

            (int start, int steps) = StepsOf(i);
            for (int b = 0; b < _recipe.BatchSize; b++)
            {
                for (int t = start; t < Math.Min(start + steps, LengthOf(b)); t++) terms += TermsOf(RowOf(b) + t);
            }
        }

        return terms;
    }

    private int TermsOf(int row)
    {
        _series.OutputTargets(row, _targets);
        return _targets.Length - _targets.Count(float.IsNaN);
    }

    private void FillWindows(int first, SequenceBatch into)
    {
        int count = Math.Min(_recipe.BatchSize, _order.Length - first);
        Span<int> lengths = _lengths.AsSpan(0, count);
        lengths.Fill(_recipe.Window);
        into.Begin(lengths);
        for (int b = 0; b < count; b++)
        {
            int row = _series.FirstRow + _order[first + b];
            _series.SetWindow(row, b, into);
            _series.OutputTargets(row, into.TargetsOf(b));
        }
    }

    private void FillStreams(int index, SequenceBatch into)
    {
        (int start, int steps) = StepsOf(index);
        for (int b = 0; b < _lengths.Length; b++) _lengths[b] = Math.Clamp(LengthOf(b) - start, 0, steps);
        into.Begin(_lengths);
        for (int b = 0; b < _lengths.Length; b++)
        {
            for (int t = 0; t < _lengths[b]; t++)
            {
                int row = RowOf(b) + start + t;
                _series.SetStep(row, b, t, into);
                _series.OutputTargets(row, into.TargetsOf(b, t));
            }
        }
    }

    private (int Start, int Steps) StepsOf(int index)
    {
        if (index == 0) return (0, _firstSteps);
        int start = _firstSteps + ((index - 1) * _recipe.Bptt);
        return (start, Math.Min(_recipe.Bptt, Steps - start));
    }

    // The first streams have a row more where rows do not divide, so that they stand in order in every batch.
    private int LengthOf(int stream) => (_series.RowCount / _recipe.BatchSize) + (stream < _series.RowCount % _recipe.BatchSize ? 1 : 0);

    private int RowOf(int stream) => _series.FirstRow + (stream * (_series.RowCount / _recipe.BatchSize)) +
        Math.Min(stream, _series.RowCount % _recipe.BatchSize);
}
