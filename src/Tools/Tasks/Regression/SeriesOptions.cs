using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Regression;

/// <summary>The options that say what a regressor is trained on, and by which recipe.</summary>
internal sealed class SeriesOptions
{
    private const double DefaultFraction = 0.2;

    private static readonly string s_forecast = RegressorRecipe.Presets[0].Name,
        s_sameRow = RegressorRecipe.Presets.First(preset => preset.Horizon == 0).Name;

    private readonly FileOption _train = FileOption.Input("--train",
        "The training table: CSV, plain or gzip, one row for each moment in order of time.");

    private readonly FileOption _valid = FileOption.Input("--valid",
        "A validation table of the same columns: the model that does best on it is kept.");

    private readonly FileOption _test = FileOption.Input("--test", "A test table, measured once, on the model that is kept.");

    private readonly Option<float?> _fraction = Ranged.Number("--valid-fraction", v => v is > 0 and < 1, "a number between 0 and 1",
        "The share at the training table's end to validate on, where there is no --valid. [default: 0.2]");

    private readonly Option<string?> _split = new("--split")
    {
        HelpName = "TRAIN,VALID[,TEST]",
        Description = "Rows of the training table to train on, then to validate on, then to test on, in its order.",
    };

    private readonly Option<string?> _targets = new("--targets")
    {
        HelpName = "A,B", Description = "The columns to predict; without a header their numbers.",
    };

    private readonly Option<string?> _inputs = new("--inputs")
    {
        HelpName = "A,B",
        Description = "The columns to predict from. [default: all columns of numbers, the targets too where later rows are predicted]",
    };

    private readonly CsvOptions _csv = new();

    /// <summary>The recipe's options.</summary>
    public RecipeOptions<RegressorRecipe> Recipe { get; } =
        new(RegressorFields.Table, RegressorFields.Shared.Training, RegressorRecipe.Presets);

    public FileOption Train => _train;

    public FileOption Valid => _valid;

    public FileOption Test => _test;

    public Option Targets => _targets;

    /// <summary>Those that a new run needs.</summary>
    public IReadOnlyList<Option> Required => [_train, _targets];

    /// <summary>The tables, how they are parted, and the columns.</summary>
    public IEnumerable<Option> Data =>
    [
        .. HelpGroup.Data.MainOf<Option>(_train, _valid), .. HelpGroup.Data.Of<Option>(_fraction),
        .. HelpGroup.Data.MainOf<Option>(_split, _test, _targets, _inputs),
    ];

    /// <summary>How the tables are written.</summary>
    public IEnumerable<Option> Csv => _csv.All;

    /// <summary>The recipe of a forecast and that of a value in the same row: which it is, only the columns may tell.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="read">The recipe, of a usual preset where none is named; tells what has no effect.</param>
    /// <param name="warnings">Told of the options of the recipe that is likely.</param>
    /// <exception cref="UsageException">Options contradict each other.</exception>
    public (RegressorRecipe Forecast, RegressorRecipe SameRow) Recipes(
        ParseResult parsed, Func<string, Warnings, RegressorRecipe> read, Warnings warnings)
    {
        var silent = new Warnings(TextWriter.Null, "");
        bool isOfSameRow = IsGiven(parsed, RegressorFields.Horizon) && read(s_forecast, silent).Horizon == 0;
        RegressorRecipe recipe = read(isOfSameRow ? s_sameRow : s_forecast, warnings);
        if (recipe is { Window: 0, Direction: not RecurrentDirection.Forward })
        {
            throw new UsageException(
                "--direction other than forward needs a --window: a state that is carried through a series is read forward.");
        }

        return (recipe, isOfSameRow ? recipe : read(s_sameRow, silent));
    }

    /// <summary>The data of a new run, or of one that goes on.</summary>
    /// <exception cref="UsageException">Options contradict each other or the run.</exception>
    public SeriesRequest Request(
        ParseResult parsed, ResumedRun<RegressorRecipe, RunSeries>? resumed, StartModel<RegressorRecipe>? start = null,
        SeriesForm? form = null)
    {
        SeriesRequest request = resumed is null ? NewRequest(parsed) : RequestOf(parsed, resumed);
        if (start is null || form is null) return request;
        Require(_targets, form.Targets);
        Require(_inputs, form.Inputs);
        return request with
        {
            Form = form,
            Targets = ColumnList.Of(form.Targets),
            Inputs = ColumnList.Of(form.Inputs),
            HasHorizon = true,
            HasLinearRows = true,
        };

        void Require(Option<string?> option, IReadOnlyList<string> own)
        {
            string names = string.Join(',', own);
            if (parsed.GetValue(option) is { } asked && asked != names) throw start.Contradiction(option.Name, asked, names);
        }
    }

    private SeriesRequest NewRequest(ParseResult parsed)
    {
        string? valid = parsed.GetValue(_valid), split = parsed.GetValue(_split), targets = parsed.GetValue(_targets);
        float? fraction = parsed.GetValue(_fraction);
        string[] given = [.. Ranged.Given(parsed, _valid, _fraction, _split)];
        if (given.Length > 1) throw new UsageException($"{given[0]} and {given[1]} both say what to validate on; give one of them.");
        if (split is not null && parsed.GetValue(_test) is not null && Rows(split).Count > 2)
            throw new UsageException($"{_split.Name} {split} and {_test.Name} both say what to test on; give one of them.");
        SeriesSplit parts = valid is not null ? SeriesSplit.None
            : split is not null ? new(null, Rows(split)) : new(fraction ?? DefaultFraction, null);
        return new(
            parsed.GetValue(_train) ?? "", valid, parsed.GetValue(_test), parts, _csv.Read(parsed), new(targets ?? ""),
            parsed.GetValue(_inputs) is { } inputs ? new(inputs) : null)
        {
            HasHorizon = IsGiven(parsed, RegressorFields.Horizon) || Ranged.Given(parsed, Recipe.Preset).Count > 0,
            HasBatch = IsGiven(parsed, RegressorFields.Shared.Training.Batch),
            HasLinearRows = IsGiven(parsed, RegressorFields.LinearRows),
        };
    }

    private SeriesRequest RequestOf(ParseResult parsed, ResumedRun<RegressorRecipe, RunSeries> resumed)
    {
        RunSeries run = resumed.Data;
        resumed.Same(_targets.Name, parsed.GetValue(_targets), string.Join(',', run.Targets));
        resumed.Same(_inputs.Name, parsed.GetValue(_inputs), string.Join(',', run.Inputs));
        if (parsed.GetValue(_split) is { } split)
        {
            IEnumerable<int> was = run.Parts.Reverse().SkipWhile(rows => rows == 0).Reverse();
            resumed.Same(_split.Name, string.Join(',', Rows(split)), run.Valid is null ? string.Join(',', was) : null);
        }

        if (parsed.GetValue(_valid) is { } other && run.Valid is null)
            throw resumed.Contradiction(_valid.Name, other, $"the training table's last {Figures.Count(run.Parts[1], "row")}");
        var usual = new TableOptions { Separator = run.Separator, HasHeader = run.HasHeader, DecimalMark = run.DecimalMark };
        return new(
            parsed.GetValue(_train) ?? run.Train.Path, parsed.GetValue(_valid) ?? run.Valid?.Path,
            parsed.GetValue(_test) ?? run.Test?.Path, run.Valid is null ? new(null, run.Parts) : SeriesSplit.None,
            _csv.Read(parsed, usual), ColumnList.Of(run.Targets), ColumnList.Of(run.Inputs))
        { HasHorizon = true, HasBatch = true, HasLinearRows = true };
    }

    private bool IsGiven(ParseResult parsed, Field<RegressorRecipe> field) => Ranged.Given(parsed, Recipe[field.Option]).Count > 0;

    private List<int> Rows(string split)
    {
        var rows = new List<int>();
        foreach (string word in split.Split(','))
        {
            if (!int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count < 1) rows.Add(0);
            else rows.Add(count);
        }

        return rows.Count is 2 or 3 && !rows.Contains(0) ? rows
            : throw new UsageException($"{_split.Name} is '{split}'; expected two or three numbers of rows, for example 8640,2880,2880.");
    }
}
