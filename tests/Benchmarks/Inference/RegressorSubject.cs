using TinySD.Formats.Models;
using TinySD.Formats.Tables;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;

namespace TinySD.Benchmarks.Inference;

/// <summary>A regressor and the rows that it is measured on, those before them being their history.</summary>
internal sealed class RegressorSubject : ISubject
{
    // As many rows before a part as RegressorEvaluator warms a state up on.
    private const int WarmUpRows = 4096;

    private readonly LoadedRegressor _loaded;
    private readonly PreparedSeries _series;
    private readonly double[][] _rows;

    /// <param name="path">The model.</param>
    /// <param name="table">The table, whose columns are found by their names.</param>
    /// <param name="rows">First row and count; null for all.</param>
    /// <exception cref="BenchmarkException">There are too few rows.</exception>
    public RegressorSubject(string path, string table, (int First, int Count)? rows)
    {
        Name = System.IO.Path.GetFileName(path);
        _loaded = RegressorFile.Load(path);
        SeriesForm form = _loaded.Regressor.Form;
        var read = NumberTable.Read(table, new TableOptions { DecimalMark = _loaded.Training.Data.DecimalMark });
        SeriesTable series = read.Series([.. form.Inputs.Union(form.Targets)], _loaded.Training.Data.Table);
        (int first, int count) = rows ?? (0, series.RowCount);
        if ((long)first + count > series.RowCount)
            throw new BenchmarkException($"{table} has {series.RowCount} rows, and --rows {first},{count} asks for more.");
        _series = new PreparedSeries(form, new SeriesPart(series, first, count));
        if (_series.RowCount == 0) throw new BenchmarkException($"{table}: there are {count} rows, too few to predict one from.");
        _rows = [.. Enumerable.Range(0, first + count).Select(row => form.Inputs.Select(name => series[name][row]).ToArray())];
        RecurrentStackConfig body = _loaded.Regressor.Model.Config.Body;
        Description = $"regressor, {body.LayerCount} x {body.HiddenSize} units, {form.Inputs.Length} columns to {form.OutputCount} outputs";
    }

    public string Name { get; }

    public string Description { get; }

    public string Metric => "mse";

    public IReadOnlyList<ModelPath> Paths(IReadOnlyList<ModelPath> all) =>
        [.. all.Where(path => path.IsFor(_loaded.Training.Recipe.Dropout, _loaded.Regressor.Form.Window > 0))];

    public IPathRun Open(ModelPath path)
    {
        Regressor regressor = path.ConvertRegressor(_loaded.Regressor);
        long? fileBytes = FileSize.Of(file => RegressorFile.Save(
            file, path.HasFileOfItsOwn ? regressor : _loaded.Regressor, _loaded.Training, path.Storage));
        return new Run(path, regressor, fileBytes, _series, _rows);
    }

    private sealed class Run : IPathRun
    {
        private readonly ModelPath _path;
        private readonly Regressor _regressor;
        private readonly RegressorSession _session;
        private readonly PreparedSeries _series;
        private readonly double[][] _rows;

        public Run(ModelPath path, Regressor regressor, long? fileBytes, PreparedSeries series, double[][] rows)
        {
            (_path, _regressor, FileBytes, _series, _rows) = (path, regressor, fileBytes, series, rows);
            var memory = new SessionMemory();
            _session = path.OpenRegressor(regressor, 1, memory);
            SessionBytes = memory.Floats * sizeof(float);
            WeightBytes = ((long)regressor.Model.Layout.LengthFloats + regressor.Model.PreparedFloats) * sizeof(float);
        }

        public string Path => _path.Name;

        public long? FileBytes { get; }

        public long WeightBytes { get; }

        public long SessionBytes { get; }

        public void Step(int number) => _session.Step(_rows[number % _rows.Length]);

        // In the targets' normalised units, of all that RegressorEvaluator counts.
        public double Metric(long most)
        {
            SeriesForm form = _regressor.Form;
            RegressorSession session = _path.OpenRegressor(_regressor, 1, new SessionMemory());
            int targets = form.Targets.Length, first = _series.FirstRow, end = first + (int)Math.Min(most, _series.RowCount);
            int from = Math.Max(0, form.Window > 0 ? first - form.Window + 1 : first - WarmUpRows);
            double squares = 0;
            long count = 0;
            for (int row = from; row < end; row++)
            {
                ReadOnlySpan<double> predicted = session.Step(_rows[row]);
                for (int output = 0; row >= first && output < predicted.Length; output++)
                {
                    (int step, int target) = int.DivRem(output, targets);
                    double value = _series.Target(row + form.Ahead(step), target);
                    double last = _series.Last(form.Horizon > 0 ? row : row - 1, target);
                    if (double.IsNaN(value) || double.IsNaN(last)) continue;
                    double error = form.TargetScales[target].Normalise(predicted[output]) - value;
                    squares += error * error;
                    count++;
                }
            }

            if (count == 0) throw new BenchmarkException("no prediction of these rows can be judged.");
            return squares / count;
        }
    }
}
