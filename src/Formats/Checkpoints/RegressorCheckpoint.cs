using TinySD.Formats.Fields;
using TinySD.Formats.Models;
using TinySD.Formats.Tables;

namespace TinySD.Formats.Checkpoints;

/// <summary>A table's columns of a run, so that they can be known again.</summary>
/// <param name="Path">The file as it was given.</param>
/// <param name="Rows">Rows of the table.</param>
/// <param name="Checksum">What <see cref="Fingerprint.Of(SeriesTable)"/> says of its columns.</param>
public sealed record TableFingerprint(string Path, long Rows, string Checksum);

/// <summary>What only a regressor's run has: its tables, columns, and how rows are parted. Names of members here are the file's.</summary>
public sealed record RunSeries
{
    /// <summary>The columns that are fed.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>The columns that are predicted.</summary>
    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>The training table.</summary>
    public required TableFingerprint Train { get; init; }

    /// <summary>The validation table; null where validation rows are those behind the training rows.</summary>
    public TableFingerprint? Valid { get; init; }

    /// <summary>The test table, if there is one of its own.</summary>
    public TableFingerprint? Test { get; init; }

    /// <summary>Rows of the training table that are trained on, validated on and tested on, in this order.</summary>
    public required IReadOnlyList<int> Parts { get; init; }

    /// <summary>What stands between cells, where that was said.</summary>
    public CellSeparator? Separator { get; init; }

    /// <summary>Whether there is a header, where that was said.</summary>
    public bool? HasHeader { get; init; }

    /// <summary>The decimal mark.</summary>
    public required DecimalMark DecimalMark { get; init; }

    internal string? FindFault()
    {
        if (Inputs.Count == 0 || Targets.Count == 0 || Inputs.Contains(null!) || Targets.Contains(null!)) return "it lacks a column";
        if (Parts.Count != 3 || Parts.Any(rows => rows < 0)) return "its rows are not parted in three";
        return Fingerprint.FindFault(Train.Checksum, Valid?.Checksum, Test?.Checksum);
    }
}

/// <summary>The members of <see cref="RunSeries"/>.</summary>
internal static class RunSeriesFields
{
    private static readonly Spelling<string[]> s_names = new Items<string>(Spelling.Text);

    private static readonly Spelling<TableFingerprint?> s_table = new Nested<TableFingerprint>(new("a table", new("", 0, ""),
    [
        new Field<TableFingerprint, string>("path", Spelling.Text, t => t.Path, (t, v) => t with { Path = v }),
        new Field<TableFingerprint, long>("rows", Spelling.Whole<long>(), t => t.Rows, (t, v) => t with { Rows = v }),
        new Field<TableFingerprint, string>("checksum", Spelling.Text, t => t.Checksum, (t, v) => t with { Checksum = v }),
    ]));

    public static FieldTable<RunSeries> Table { get; } = new(
        "a run", new() { Inputs = [], Targets = [], Train = null!, Parts = [], DecimalMark = default },
    [
        new Field<RunSeries, string[]>("inputs", s_names, r => [.. r.Inputs], (r, v) => r with { Inputs = v }),
        new Field<RunSeries, string[]>("targets", s_names, r => [.. r.Targets], (r, v) => r with { Targets = v }),
        new Field<RunSeries, TableFingerprint?>("train", s_table, r => r.Train, (r, v) => r with { Train = v! }),
        new Field<RunSeries, TableFingerprint?>("valid", s_table, r => r.Valid, (r, v) => r with { Valid = v }) { Usual = null },
        new Field<RunSeries, TableFingerprint?>("test", s_table, r => r.Test, (r, v) => r with { Test = v }) { Usual = null },
        new Field<RunSeries, int[]>(
            "parts", new Items<int>(Spelling.Whole<int>()), r => [.. r.Parts], (r, v) => r with { Parts = v }),
        new Field<RunSeries, string?>("separator", Spelling.Text!,
            r => r.Separator is { } separator ? TableSpelling.Separators.NameOf(separator) : null,
            (r, v) => r with { Separator = v is null ? null : TableSpelling.Separators.ValueOf(v) }) { Usual = null },
        new Field<RunSeries, bool?>(
            "hasHeader", Optional.Switch, r => r.HasHeader, (r, v) => r with { HasHeader = v }) { Usual = null },
        new Field<RunSeries, string>("decimalMark", Spelling.Text, r => TableSpelling.Decimals.NameOf(r.DecimalMark),
            (r, v) => r with { DecimalMark = TableSpelling.Decimals.ValueOf(v) }),
    ]);
}

/// <summary>Checkpoints of regressors in training.</summary>
public static class RegressorCheckpoint
{
    /// <summary>How they are written and read.</summary>
    public static CheckpointFormat<RegressorRecipe, RunSeries> Format { get; } = new(
        RegressorFile.Kind, RegressorFile.Metric, RegressorFields.Table, RunSeriesFields.Table, series => series.FindFault());
}
