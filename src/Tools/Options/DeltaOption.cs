namespace TinySD.Tools.Options;

/// <summary><c>--delta</c>: how much a number must have changed to be taken again.</summary>
internal static class DeltaOption
{
    private const string Name = "--delta";

    /// <summary>The option.</summary>
    /// <param name="help">What a command does with it.</param>
    public static Option<DeltaThresholds?> New(string help) => Ranged.Value(
        Name, "X[,Y]", help + " Y is for hidden units, X for inputs; X alone is for both. 0 is exact. [default: 0]",
        "a number of at least 0, or two with a comma between them, of inputs and of hidden units", Read);

    /// <summary>The thresholds that are given, or none.</summary>
    public static DeltaThresholds Of(ParseResult parsed, Option<DeltaThresholds?> option) => parsed.GetValue(option) ?? default;

    /// <summary>Refuses thresholds of a model that does not go forward from step to step, or whose products leave nothing out.</summary>
    /// <param name="delta">The thresholds.</param>
    /// <param name="model">The model's file.</param>
    /// <param name="weights">How its weights are held.</param>
    /// <param name="without">What it does instead, as <c>reads a window of 12 rows anew at every step</c>; null where it does.</param>
    /// <exception cref="UsageException">There are thresholds, and it does not go forward.</exception>
    /// <exception cref="FailureException">There are thresholds, and its weights have 8 bits.</exception>
    public static void Check(DeltaThresholds delta, string model, WeightFormat weights, string? without)
    {
        if (delta.IsOff) return;
        RefuseToLeaveOut(weights, model, $"leave {Name} out");
        if (without is null) return;
        throw new UsageException($"{Name} leaves out what has hardly changed since the step before, and {model} {without}; leave it out.");
    }

    /// <summary>Refuses what leaves units out of products, where a model's weights have 8 bits.</summary>
    /// <param name="weights">How the model's weights are held.</param>
    /// <param name="path">Its file.</param>
    /// <param name="without">What to leave out instead, as <c>leave --delta out</c>.</param>
    /// <exception cref="FailureException">They have.</exception>
    public static void RefuseToLeaveOut(WeightFormat weights, string path, string without)
    {
        if (weights != WeightFormat.Int8) return;
        throw new FailureException($"{path} has weights of 8 bits, whose products leave no units out")
        { Advice = $"Give the model that quantize made it of, or {without}." };
    }

    /// <summary>What a regressor does that has no step before the next, or null.</summary>
    public static string? Without(SeriesForm form) =>
        form.Window == 0 ? null : $"reads a window of {Figures.Count(form.Window, "row")} anew at every step";

    private static DeltaThresholds? Read(string word)
    {
        string[] parts = word.Split(',');
        if (parts.Length > 2) return null;
        float? inputs = Number(parts[0]), hidden = Number(parts[^1]);
        return inputs is null || hidden is null ? null : new(inputs.Value, hidden.Value);

        static float? Number(string part) =>
            float.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && value >= 0f && float.IsFinite(value)
                ? value
                : null;
    }
}
