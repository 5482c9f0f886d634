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
    [JsonConverter(typeof(CellSeparatorConverter))]
    public CellSeparator? Separator { get; init; }

    /// <summary>Whether there is a header, where that was said.</summary>
    public bool? HasHeader { get; init; }

    /// <summary>The decimal mark.</summary>
    [JsonConverter(typeof(DecimalMarkConverter))]
    public required DecimalMark DecimalMark { get; init; }

    internal string? FindFault()
    {
        if (Inputs.Count == 0 || Targets.Count == 0 || Inputs.Contains(null!) || Targets.Contains(null!)) return "it lacks a column";
        if (Parts.Count != 3 || Parts.Any(rows => rows < 0)) return "its rows are not parted in three";
        return Fingerprint.FindFault(Train.Checksum, Valid?.Checksum, Test?.Checksum);
    }
}

/// <summary>Checkpoints of regressors in training.</summary>
public static class RegressorCheckpoint
{
    /// <summary>How they are written and read.</summary>
    public static CheckpointFormat<RegressorRecipe, RunSeries> Format { get; } = new(
        RegressorFile.Kind, RegressorFile.Metric, RegressorFields.Table, CheckpointJson.Default.RunSeries, series => series.FindFault());
}
