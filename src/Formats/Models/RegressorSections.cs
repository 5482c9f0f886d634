namespace TinySD.Formats.Models;

// The JSON of a regressor's header, spelled out apart from the runtime's records: a name changed there must not change the format.

/// <summary>The section <c>columns</c> of a regressor: what it is fed and what it predicts, and the numbers that make them small. The rest
/// of its form is in the recipe.</summary>
internal sealed record FormSection(ColumnEntry[] Inputs, ColumnEntry[] Targets, ScaleEntry[] Outputs)
{
    public static FormSection From(SeriesForm form) => new(
        [.. form.Inputs.Zip(form.InputScales, ColumnEntry.From)], [.. form.Targets.Zip(form.TargetScales, ColumnEntry.From)],
        [.. form.OutputScales.Select(scale => new ScaleEntry(scale.Offset, scale.Scale))]);

    /// <summary>The form.</summary>
    /// <exception cref="ArgumentException">It is impossible.</exception>
    public SeriesForm ToForm(RegressorRecipe recipe)
    {
        if (Inputs.Contains(null) || Targets.Contains(null) || Outputs.Contains(null)) Throw.Argument("a column or a scale is null");
        SeriesForm form = recipe.ToForm(Inputs.Select(entry => entry.Name), Targets.Select(entry => entry.Name)) with
        {
            InputScales = [.. Inputs.Select(entry => new ColumnScale(entry.Offset, entry.Scale))],
            TargetScales = [.. Targets.Select(entry => new ColumnScale(entry.Offset, entry.Scale))],
            OutputScales = [.. Outputs.Select(entry => new ColumnScale(entry.Offset, entry.Scale))],
        };
        form.Validate();
        return form;
    }
}

/// <summary>The scale of an output.</summary>
internal sealed record ScaleEntry(double Offset, double Scale);
