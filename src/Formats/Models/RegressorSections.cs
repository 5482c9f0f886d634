using TinySD.Formats.Fields;
using TinySD.Formats.Tables;

namespace TinySD.Formats.Models;

// The JSON of a regressor's header, spelled out apart from the runtime's records: a name changed there must not change the format.

/// <summary>The section <c>columns</c> of a regressor: what it is fed and what it predicts, and the numbers that make them small. The rest
/// of its form is in the recipe.</summary>
internal sealed record FormSection(ColumnEntry?[] Inputs, ColumnEntry?[] Targets, ScaleEntry?[] Outputs)
{
    /// <summary>Its members.</summary>
    public static FieldTable<FormSection> Table { get; } = new("the columns", new([], [], []),
    [
        new Field<FormSection, ColumnEntry?[]>("inputs", ColumnEntry.List, s => s.Inputs, (s, v) => s with { Inputs = v }),
        new Field<FormSection, ColumnEntry?[]>("targets", ColumnEntry.List, s => s.Targets, (s, v) => s with { Targets = v }),
        new Field<FormSection, ScaleEntry?[]>("outputs", ScaleEntry.List, s => s.Outputs, (s, v) => s with { Outputs = v }),
    ]);

    public static FormSection From(SeriesForm form) => new(
        [.. form.Inputs.Zip(form.InputScales, ColumnEntry.From)], [.. form.Targets.Zip(form.TargetScales, ColumnEntry.From)],
        [.. ImmutableArray.CreateRange(form.OutputScales, scale => new ScaleEntry(scale.Offset, scale.Scale))]);

    /// <summary>The form.</summary>
    /// <exception cref="ArgumentException">It is impossible.</exception>
    public SeriesForm ToForm(RegressorRecipe recipe)
    {
        if (Inputs.Contains(null) || Targets.Contains(null) || Outputs.Contains(null)) Throw.Argument("a column or a scale is null");
        SeriesForm form = recipe.ToForm(Inputs.Select(entry => entry!.Name), Targets.Select(entry => entry!.Name)) with
        {
            InputScales = [.. Array.ConvertAll(Inputs, entry => new ColumnScale(entry!.Offset, entry.Scale))],
            TargetScales = [.. Array.ConvertAll(Targets, entry => new ColumnScale(entry!.Offset, entry.Scale))],
            OutputScales = [.. Array.ConvertAll(Outputs, entry => new ColumnScale(entry!.Offset, entry.Scale))],
        };
        form.Validate();
        return form;
    }
}

/// <summary>The scale of an output.</summary>
internal sealed record ScaleEntry(double Offset, double Scale)
{
    /// <summary>How they are spelled.</summary>
    public static Spelling<ScaleEntry?[]> List { get; } = new Items<ScaleEntry?>(new Nested<ScaleEntry>(new("a scale", new(0, 0),
    [
        new Field<ScaleEntry, double>("offset", Spelling.Double, s => s.Offset, (s, v) => s with { Offset = v }),
        new Field<ScaleEntry, double>("scale", Spelling.Double, s => s.Scale, (s, v) => s with { Scale = v }),
    ])));
}

/// <summary>The members of a <see cref="SeriesRecord"/>.</summary>
internal static class SeriesFields
{
    private static readonly Spelling<RowsRecord?> s_rows = new Nested<RowsRecord>(new("rows", new("", 0),
    [
        new Field<RowsRecord, string>("name", Spelling.Text, r => r.Name, (r, v) => new(v, r.Rows)),
        new Field<RowsRecord, long>("rows", Spelling.Whole<long>(), r => r.Rows, (r, v) => r with { Rows = v }),
    ]));

    public static FieldTable<SeriesRecord> Table { get; } = new(
        "a training record", new() { Train = null!, Valid = null!, Table = [], DecimalMark = default, Spreads = [] },
    [
        new Field<SeriesRecord, RowsRecord?>("train", s_rows, r => r.Train, (r, v) => r with { Train = v! }),
        new Field<SeriesRecord, RowsRecord?>("valid", s_rows, r => r.Valid, (r, v) => r with { Valid = v! }),
        new Field<SeriesRecord, RowsRecord?>("test", s_rows, r => r.Test, (r, v) => r with { Test = v }) { Usual = null },
        new Field<SeriesRecord, string[]>("table", new Items<string>(Spelling.Text), r => [.. r.Table], (r, v) => r with { Table = v }),
        new Field<SeriesRecord, string>("decimalMark", Spelling.Text, r => TableSpelling.Decimals.NameOf(r.DecimalMark),
            (r, v) => r with { DecimalMark = TableSpelling.Decimals.ValueOf(v) }),
        new Field<SeriesRecord, double[]>(
            "spreads", new Items<double>(Spelling.Double), r => [.. r.Spreads], (r, v) => r with { Spreads = v }),
    ]);
}
