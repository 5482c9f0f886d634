using TinySD.Tools.Options;
using TinySD.Tools.Tasks.Regression;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd train regressor</c>: columns of numbers from columns of numbers.</summary>
internal sealed class TrainRegressorCommand : TrainCommand<RegressorRecipe, RunSeries, SequenceBatch>
{
    private const double DefaultFraction = 0.2;

    private readonly FileOption _train = FileOption.Input("--train",
        "The training table: CSV, plain or gzip, one row for each moment in order of time; - for standard input.");

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
    private readonly RecipeOptions<RegressorRecipe> _recipe =
        new(RegressorFields.Table, RegressorFields.Shared.Training, RegressorRecipe.Presets);

    public TrainRegressorCommand(CommonOptions common)
        : base(
            "regressor",
            "Train a regressor on a table of numbers, rows in order of time, and write the epoch that does best on its validation rows. " +
            "--train, --targets and --out are required, but for --resume.",
            RegressorFields.Table, RegressorCheckpoint.Format, common) =>
        AddAll(
            [
                _train, _valid, _fraction, _split, _test, _targets, _inputs, Out, .. _csv.All, .. _recipe.All, .. Ends, .. Machine, .. Rest,
            ]);

    protected override IReadOnlyList<Option> Required => [_train, _targets];

    protected override TrainingJob<RegressorRecipe, RunSeries, SequenceBatch> Read(
        ParseResult parsed, CliContext context, ResumedRun<RegressorRecipe, RunSeries>? resumed)
    {
        RegressorRecipe recipe = _recipe.Read(parsed, RegressorRecipe.Presets[0].Name, resumed, context.Warnings);
        bool hasHorizon = IsGiven(parsed, RegressorFields.Horizon), hasPreset = Ranged.Given(parsed, _recipe.Preset).Count > 0;

        // Whether rows ahead are predicted, only the columns may tell.
        bool isOfSameRow = hasHorizon && recipe.Horizon == 0;
        RegressorRecipe sameRow = resumed is not null || hasPreset ? recipe
            : _recipe.ReadBeside(parsed, RegressorRecipe.Presets.First(preset => preset.Horizon == 0), context.Warnings);
        if (isOfSameRow) recipe = sameRow;
        if (recipe is { Window: 0, Direction: not RecurrentDirection.Forward })
        {
            throw new UsageException(
                "--direction other than forward needs a --window: a state that is carried through a series is read forward.");
        }

        SeriesRequest request = resumed is null
            ? NewRequest(parsed) with { HasHorizon = hasHorizon || hasPreset }
            : Request(parsed, resumed);
        TrainingJob<RegressorRecipe, RunSeries, SequenceBatch> job = null!;
        job = new(recipe, ReadTables)
        {
            Files = [(_train, FileOf(request.Train)), (_valid, request.Valid), (_test, request.Test)],
        };
        return job;

        TrainingData<RunSeries, SequenceBatch> ReadTables(IProgressDisplay progress, CancellationToken stop)
        {
            var data = RegressorData.Read(request, (recipe, sameRow), context.Console.Input, progress, stop);
            job.Recipe = data.Recipe;
            return new(data.ToRunSeries(), setup => new RegressorTraining(data, setup))
            {
                Warnings = data.Warnings,
                Check = () => Check(resumed!, data),
            };
        }
    }

    private bool IsGiven(ParseResult parsed, Field<RegressorRecipe> field) => Ranged.Given(parsed, _recipe[field.Option]).Count > 0;

    // What stands for standard input is no file.
    private static string? FileOf(string train) => train == SeriesRequest.StandardInput ? null : train;

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
            HasBatch = IsGiven(parsed, RegressorFields.Shared.Training.Batch),
            HasLinearRows = IsGiven(parsed, RegressorFields.LinearRows),
        };
    }

    private SeriesRequest Request(ParseResult parsed, ResumedRun<RegressorRecipe, RunSeries> resumed)
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

    private void Check(ResumedRun<RegressorRecipe, RunSeries> resumed, RegressorData data)
    {
        RunSeries found = data.ToRunSeries();
        Check(_train, found.Train, resumed.Data.Train);
        if (resumed.Data.Valid is { } valid) Check(_valid, found.Valid!, valid);

        // A test table changes nothing in the run, so one may be added.
        if (found.Test is { } test && resumed.Data.Test is { } tested) Check(_test, test, tested);

        void Check(FileOption option, TableFingerprint table, TableFingerprint known)
        {
            const string what = "the table";
            string rows = $"{Figures.Count(known.Rows, "row")} expected, {Figures.Count(table.Rows)} found";
            if (table.Rows != known.Rows) throw resumed.Other(option.Name, table.Path, what, rows);
            if (table.Checksum != known.Checksum)
                throw resumed.Other(option.Name, table.Path, what, "it has as many rows, but not the same numbers");
            resumed.CheckName(option.Name, table.Path, known.Path, what);
        }
    }

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
