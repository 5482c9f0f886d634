using TinySD.Formats.Tables;

namespace TinySD.Formats.Models;

// The JSON of a classifier's header, spelled out apart from the runtime's records: a name changed there must not change the format.

/// <summary>The section <c>classifier</c>: labels, and what sequences are of. Members that say nothing are left out.</summary>
internal sealed record ClassifierSection(
    string[] Labels, bool? LowerCase = null, string? Id = null, string? Label = null, ColumnEntry[]? Columns = null,
    string? DecimalMark = null)
{
    public static ClassifierSection From(ClassifierDescription content) => new(
        [.. content.Form.Labels], content.Texts is { IsLowerCase: true } ? true : null, content.Table?.Id, content.Table?.Label,
        content.Form.Inputs.IsEmpty
            ? null
            : [.. content.Form.Inputs.Zip(content.Form.InputScales, ColumnEntry.From)],
        content.Table is { DecimalMark: Tables.DecimalMark.Comma } table ? TableSpelling.Decimals.NameOf(table.DecimalMark) : null);

    /// <summary>The columns beside those of numbers; null unless both are there.</summary>
    [JsonIgnore]
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
            Inputs = [.. (Columns ?? []).Select(column => column.Name)],
            InputScales = [.. (Columns ?? []).Select(column => new ColumnScale(column.Offset, column.Scale))],
        };
        form.Validate();
        return form;
    }
}

/// <summary>A column, and what it is made small by.</summary>
internal sealed record ColumnEntry(string Name, double Offset, double Scale)
{
    public static ColumnEntry From(string name, ColumnScale scale) => new(name, scale.Offset, scale.Scale);
}
