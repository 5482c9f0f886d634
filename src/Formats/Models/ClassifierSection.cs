using TinySD.Formats.Fields;
using TinySD.Formats.Tables;

namespace TinySD.Formats.Models;

// The JSON of a classifier's header, spelled out apart from the runtime's records: a name changed there must not change the format.

/// <summary>The section <c>classifier</c>: labels, and what sequences are of. Members that say nothing are left out.</summary>
internal sealed record ClassifierSection(
    string[] Labels, bool? LowerCase = null, string? Id = null, string? Label = null, ColumnEntry?[]? Columns = null,
    string? DecimalMark = null)
{
    /// <summary>Its members.</summary>
    public static FieldTable<ClassifierSection> Fields { get; } = new("a classifier", new([]),
    [
        new Field<ClassifierSection, string[]>("labels", new Items<string>(Spelling.Text), s => s.Labels, (s, v) => s with { Labels = v }),
        new Field<ClassifierSection, bool?>(
            "lowerCase", Optional.Switch, s => s.LowerCase, (s, v) => s with { LowerCase = v }) { Usual = null },
        new Field<ClassifierSection, string?>("id", Spelling.Text!, s => s.Id, (s, v) => s with { Id = v }) { Usual = null },
        new Field<ClassifierSection, string?>("label", Spelling.Text!, s => s.Label, (s, v) => s with { Label = v }) { Usual = null },
        new Field<ClassifierSection, ColumnEntry?[]?>("columns", ColumnEntry.List!, s => s.Columns, (s, v) => s with { Columns = v })
        { Usual = null },
        new Field<ClassifierSection, string?>("decimalMark", Spelling.Text!, s => s.DecimalMark, (s, v) => s with { DecimalMark = v })
        { Usual = null },
    ]);

    public static ClassifierSection From(ClassifierDescription content) => new(
        [.. content.Form.Labels], content.Texts is { IsLowerCase: true } ? true : null, content.Table?.Id, content.Table?.Label,
        content.Form.Inputs.IsEmpty
            ? null
            : [.. content.Form.Inputs.Zip(content.Form.InputScales, ColumnEntry.From)],
        content.Table is { DecimalMark: Tables.DecimalMark.Comma } table ? TableSpelling.Decimals.NameOf(table.DecimalMark) : null);

    /// <summary>The columns beside those of numbers; null unless both are there.</summary>
    public SequenceColumns? Table => Id is null || Label is null ? null
        : new(Id, Label, DecimalMark is null ? Tables.DecimalMark.Point : TableSpelling.Decimals.ValueOf(DecimalMark));

    /// <summary>The form.</summary>
    /// <exception cref="ArgumentException">A label or a column is null, or the form is none.</exception>
    public ClassifierForm ToForm(bool isMultiLabel)
    {
        if (Labels.Contains(null) || Columns?.Contains(null) == true) Throw.Argument("a label or a column is null");
        var form = new ClassifierForm
        {
            Labels = [.. Labels],
            IsMultiLabel = isMultiLabel,
            Inputs = [.. Array.ConvertAll(Columns ?? [], column => column!.Name)],
            InputScales = [.. Array.ConvertAll(Columns ?? [], column => new ColumnScale(column!.Offset, column.Scale))],
        };
        form.Validate();
        return form;
    }
}

/// <summary>A column, and what it is made small by.</summary>
internal sealed record ColumnEntry(string Name, double Offset, double Scale)
{
    /// <summary>How columns are spelled.</summary>
    public static Spelling<ColumnEntry?[]> List { get; } = new Items<ColumnEntry?>(new Nested<ColumnEntry>(new("a column", new("", 0, 0),
    [
        new Field<ColumnEntry, string>("name", Spelling.Text, c => c.Name, (c, v) => c with { Name = v }),
        new Field<ColumnEntry, double>("offset", Spelling.Double, c => c.Offset, (c, v) => c with { Offset = v }),
        new Field<ColumnEntry, double>("scale", Spelling.Double, c => c.Scale, (c, v) => c with { Scale = v }),
    ])));

    public static ColumnEntry From(string name, ColumnScale scale) => new(name, scale.Offset, scale.Scale);
}
