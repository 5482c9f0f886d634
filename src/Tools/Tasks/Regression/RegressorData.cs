using TinySD.Tools.Reproduce;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Regression;

/// <summary>The rows of a training run, what is fed and predicted of them, and the recipe as they settle it.</summary>
internal sealed class RegressorData
{
    private readonly SeriesRequest _request;
    private readonly NumberTable _table;
    private readonly SeriesTable? _validTable, _testTable;

    private RegressorData(
        SeriesRequest request, RegressorRecipe recipe, NumberTable table, SeriesForm form, SeriesPart train, SeriesPart valid,
        SeriesPart? test)
    {
        (_request, Recipe, _table, Form, Train, Valid, Test) = (request, recipe, table, form, train, valid, test);
        _validTable = valid.Table == train.Table ? null : valid.Table;
        _testTable = test is null || test.Table == train.Table ? null : test.Table;
    }

    public RegressorRecipe Recipe { get; }

    /// <summary>Columns, and scales that are learnt from the training rows.</summary>
    public SeriesForm Form { get; }

    public SeriesPart Train { get; }

    public SeriesPart Valid { get; }

    public SeriesPart? Test { get; }

    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>The training table's name.</summary>
    public string Name => _table.Name;

    /// <summary>Reads the tables.</summary>
    /// <param name="request">What the command line asks for.</param>
    /// <param name="recipes">The recipe, but for what the data settle: of a forecast, and of a value in the same row.</param>
    /// <param name="progress">Shown how far it is.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FileProblemException">A table cannot be read, or lacks a column.</exception>
    /// <exception cref="FailureException">There is nothing to learn from, or too little of it.</exception>
    public static RegressorData Read(
        SeriesRequest request, (RegressorRecipe Forecast, RegressorRecipe SameRow) recipes, IProgressDisplay progress,
        CancellationToken stop)
    {
        NumberTable table = ReadTable(request.Train, request.Options, progress, stop);
        (IReadOnlyList<string> inputs, IReadOnlyList<string> targets, int horizon) = Columns(request, recipes.Forecast, table);
        string[] used = [.. inputs.Union(targets)];
        var warnings = new List<string>(SeriesRemarks.Of(table, used));
        SeriesTable series = table.Series(used);
        string[] known = [.. table.Columns.Select(column => column.Name)];
        SeriesTable? valid = Other(request.Valid), test = Other(request.Test);
        (int trained, int validated, int tested) = Parts(request, series.RowCount, table.Name, valid is not null);
        RegressorRecipe recipe = Settle(request, (horizon > 0 ? recipes.Forecast : recipes.SameRow) with { Horizon = horizon }, trained);
        var train = new SeriesPart(series, 0, trained);
        SeriesForm form = request.Form ?? Learn(recipe.ToForm(inputs, targets), train, table.Name);
        foreach (string name in inputs)
        {
            if (IsConstant(series[name][..trained]))
                warnings.Add($"{table.Name}, column '{name}': it is the same in every training row, so nothing can be learnt from it");
        }

        SeriesPart toValidate = valid is null ? new(series, trained, validated) : SeriesPart.All(valid);
        SeriesPart? toTest = test is not null ? SeriesPart.All(test) : tested > 0 ? new(series, trained + validated, tested) : null;
        Check(form, toValidate, request.Valid ?? request.Train, "validation");
        if (toTest is not null) Check(form, toTest, request.Test ?? request.Train, "test");
        return new RegressorData(request, recipe, table, form, train, toValidate, toTest) { Warnings = warnings };

        SeriesTable? Other(string? path)
        {
            if (path is null) return null;
            NumberTable other = ReadTable(path, request.Options, progress, stop);
            warnings.AddRange(SeriesRemarks.Of(other, used));
            return other.Series(used, known);
        }
    }

    /// <summary>Reads a table from a file.</summary>
    /// <exception cref="FileProblemException">It cannot be read.</exception>
    public static NumberTable ReadTable(string path, TableOptions options, IProgressDisplay progress, CancellationToken stop) =>
        NumberTable.Read(path, options, ProgressDisplay.ShareOf(progress, $"reading {path}"), stop);

    /// <summary>Refuses rows of which not one can be predicted.</summary>
    /// <exception cref="FailureException">There are too few.</exception>
    public static void Check(SeriesForm form, SeriesPart part, string path, string what)
    {
        // Rows before a part are its history; what is judged needs a value before it, too.
        int first = form.FirstRowOf(part);
        int needed = (form.Horizon == 0 ? Math.Max(1, first) : first) + 1 + form.Horizon - part.First;
        if (part.Count < needed)
        {
            string window = form.Window > 0 ? $" with a window of {form.Window}" : "";
            string rows = Figures.Count(part.Count, what.Length == 0 ? "row" : $"{what} row");
            throw new FailureException(
                $"{path}: there {(part.Count == 1 ? "is" : "are")} {rows}; {form.Horizon} ahead{window} needs at least " +
                $"{Figures.Count(needed)}.");
        }

        foreach (string target in form.Targets)
        {
            if (part.Table[target][part.First..part.End].IndexOfAnyExcept(double.NaN) >= 0) continue;
            throw new FailureException($"{path}: the target '{target}' is missing in every {(what.Length == 0 ? "" : $"{what} ")}row.");
        }
    }

    /// <summary>What a model file says of the data.</summary>
    /// <param name="spreads">Of the validation errors.</param>
    public SeriesRecord ToRecord(IEnumerable<double> spreads) => new()
    {
        Train = new(_request.Train, Train.Count),
        Valid = new(_request.Valid ?? _request.Train, Valid.Count),
        Table = [.. _table.Columns.Select(column => column.Name)],
        DecimalMark = _request.Options.DecimalMark,
        Spreads = [.. spreads.Select((spread, i) => double.IsFinite(spread) ? spread : Form.TargetScales[i].Scale)],
    };

    /// <summary>The data of a grid, which has test rows.</summary>
    public GridSets ToGridSets()
    {
        return new(
            "row", ("train", Of(_request.Train, Train)), ("valid", Of(_request.Valid ?? _request.Train, Valid)),
            ("test", Of(_request.Test ?? _request.Train, Test!)));

        static GridSet Of(string path, SeriesPart part) => new(path, part.Count, Fingerprint.Of(part.Table));
    }

    /// <summary>What it says of the test rows.</summary>
    public RowsRecord ToTestRecord() => new(_request.Test ?? _request.Train, Test!.Count);

    /// <summary>What every checkpoint says of the data.</summary>
    public RunSeries ToRunSeries() => new()
    {
        Inputs = Form.Inputs,
        Targets = Form.Targets,
        Train = ToFingerprint(_request.Train, Train.Table),
        Valid = _validTable is null ? null : ToFingerprint(_request.Valid!, _validTable),
        Test = _testTable is null ? null : ToFingerprint(_request.Test!, _testTable),
        Parts = [Train.Count, _validTable is null ? Valid.Count : 0, _testTable is null && Test is not null ? Test.Count : 0],
        Separator = _request.Options.Separator,
        HasHeader = _request.Options.HasHeader,
        DecimalMark = _request.Options.DecimalMark,
    };

    /// <summary>The data, for a report.</summary>
    public IEnumerable<(string Name, string Value)> Facts
    {
        get
        {
            yield return Fact(TaskWords.Roles[0], _request.Train, Train);
            yield return Fact(TaskWords.Roles[1], _request.Valid ?? _request.Train, Valid);
            if (Test is not null) yield return Fact(TaskWords.Roles[2], _request.Test ?? _request.Train, Test);
            yield return ("predicts", Predicted(Form));

            static (string, string) Fact(string name, string path, SeriesPart part) =>
                (name, $"{Path.GetFileName(path)}, {Figures.Count(part.Count, "row")}");
        }
    }

    /// <summary>What a regressor predicts, as a clause.</summary>
    public static string Predicted(SeriesForm form)
    {
        string targets = string.Join(", ", form.Targets), inputs = string.Join(", ", form.Inputs);
        string when = form.Horizon switch { 0 => "in the same row", 1 => "1 row ahead", var rows => $"1 to {rows} rows ahead" };
        string from = form.Window > 0 ? $"the last {Figures.Count(form.Window, "row")}" : "all rows so far";
        return $"{targets} {when}, from {from} of {inputs}";
    }

    private static TableFingerprint ToFingerprint(string path, SeriesTable table) => new(path, table.RowCount, Fingerprint.Of(table));

    // Forecasts are of what is fed as well, or has a time; else a target is told from the other columns of its row.
    private static (IReadOnlyList<string> Inputs, IReadOnlyList<string> Targets, int Horizon) Columns(
        SeriesRequest request, RegressorRecipe recipe, NumberTable table)
    {
        IReadOnlyList<string> targets = request.Targets.In(table);
        if (targets.Count == 0) throw new UsageException("--targets names no column.");
        foreach (string target in targets) table.Numbers(target);
        IReadOnlyList<string>? given = request.Inputs?.In(table);
        string[] numbers = given is null ? [.. table.NumberColumns().Select(column => column.Name)] : [];
        bool isForecast = request.HasHorizon ? recipe.Horizon > 0
            : table.Time is not null || (given ?? []).Any(targets.Contains)
                || (given is null && Array.TrueForAll(numbers, targets.Contains));
        IReadOnlyList<string> inputs = given ?? (isForecast ? numbers : [.. numbers.Except(targets)]);
        if (inputs.Count == 0)
        {
            throw new FailureException(
                $"{table.Name} has no column of numbers beside {string.Join(", ", targets)}, and --horizon 0 predicts from other columns " +
                "of the same row; leave it out to predict the next row.");
        }

        if (!isForecast && inputs.FirstOrDefault(targets.Contains) is { } both)
        {
            throw new UsageException(
                $"--horizon 0 predicts '{both}' in the same row, so it cannot be in --inputs; leave it out there, or give --horizon 1.");
        }

        return (inputs, targets, isForecast ? Math.Max(1, recipe.Horizon) : 0);
    }

    // What presets have is for thousands of rows.
    private static RegressorRecipe Settle(SeriesRequest request, RegressorRecipe recipe, int rows)
    {
        const int rowsOfLinear = 10;
        if (!request.HasBatch && recipe.Window == 0)
            recipe = recipe with { BatchSize = Math.Clamp(rows / (2 * recipe.Bptt), 1, recipe.BatchSize) };
        return request.HasLinearRows || recipe.LinearRows <= 1
            ? recipe
            : recipe with { LinearRows = Math.Clamp(rows / rowsOfLinear, 1, recipe.LinearRows) };
    }

    private static (int Train, int Valid, int Test) Parts(SeriesRequest request, int rows, string name, bool hasValid)
    {
        if (request.Split.Rows is { } parts)
        {
            long asked = parts.Sum(part => (long)part);
            if (asked <= rows) return (parts[0], parts[1], parts.ElementAtOrDefault(2));
            throw new FailureException(
                $"{name} has {Figures.Count(rows, "row")}, and --split {string.Join(',', parts)} asks for {Figures.Count(asked)}.");
        }

        if (hasValid) return (rows, 0, 0);
        int validated = Math.Max(1, (int)Math.Round(rows * request.Split.ValidFraction!.Value));
        return (Math.Max(0, rows - validated), validated, 0);
    }

    private static SeriesForm Learn(SeriesForm form, SeriesPart train, string name)
    {
        try
        {
            return SeriesForm.Learn(form, train);
        }
        catch (ArgumentException exception)
        {
            throw new FailureException($"{name}: {Failures.OneLine(exception)}.", exception);
        }
    }

    private static bool IsConstant(ReadOnlySpan<double> column)
    {
        double first = double.NaN;
        foreach (double value in column)
        {
            if (double.IsNaN(value)) continue;
            if (double.IsNaN(first)) first = value;
            if (value != first) return false;
        }

        return true;
    }
}
