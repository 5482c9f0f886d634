using System.Collections.Immutable;

namespace TinySD.Runtime.Models;

/// <summary>What a column is made small by: normalised = (value - offset) / scale.</summary>
/// <param name="Offset">Its mean.</param>
/// <param name="Scale">Its standard deviation; 1 of a column that does not move.</param>
public readonly record struct ColumnScale(double Offset, double Scale)
{
    /// <summary>From own units.</summary>
    public double Normalise(double value) => (value - Offset) / Scale;

    /// <summary>Back to own units.</summary>
    public double Restore(double normalised) => (normalised * Scale) + Offset;

    /// <summary>Refuses numbers that are none.</summary>
    internal void Check(string what)
    {
        if (double.IsFinite(Offset) && Scale > 0 && double.IsFinite(Scale)) return;
        Throw.Argument($"an offset of {Offset} and a scale of {Scale} of a {what} are none; expected finite ones, the scale above 0");
    }

    /// <summary>Mean and standard deviation of those of some numbers that are there; a scale of 0 becomes 1.</summary>
    internal static ColumnScale Of(ReadOnlySpan<double> values, out int known)
    {
        known = 0;
        double mean = 0, squares = 0;
        foreach (double value in values)
        {
            if (double.IsNaN(value)) continue;
            known++;
            double before = value - mean;
            mean += before / known;
            squares += before * (value - mean);
        }

        double scale = known > 0 ? Math.Sqrt(squares / known) : 0;

        // A column of one number, and what rounding makes of its spread.
        return new ColumnScale(mean, scale > 1e-12 * Math.Abs(mean) && double.IsFinite(scale) && scale > 0 ? scale : 1);
    }
}

/// <summary>What a regressor is fed and what it predicts: columns, how far ahead, and the numbers they are normalised by, which are
/// learnt from the training rows alone.</summary>
/// <remarks>Outputs are ordered by step and then target: all targets one row ahead, all two rows ahead, and so on. A missing input repeats
/// the column's last value, and is the column's mean before there is one; a missing target is not counted.</remarks>
public sealed record SeriesForm
{
    /// <summary>The columns that are fed.</summary>
    public required ImmutableArray<string> Inputs { get; init; }

    /// <summary>The columns that are predicted.</summary>
    public required ImmutableArray<string> Targets { get; init; }

    /// <summary>Rows ahead, all of 1 to this one; 0 for the targets' values in the same row.</summary>
    public int Horizon { get; init; } = 1;

    /// <summary>Rows that a prediction looks at, itself included; 0 for a state that is carried from row to row without end.</summary>
    public int Window { get; init; }

    /// <summary>Rows of a season, whose value of one ago is a rival to compare with; 0 for none.</summary>
    public int Season { get; init; }

    /// <summary>Whether the network predicts how far a target moves from its last value, instead of the value.</summary>
    public bool PredictsChange { get; init; }

    /// <summary>Whether the network is fed how far inputs have moved since the row before, instead of their values: what it has learnt then
    /// holds at any level.</summary>
    public bool FeedsChange { get; init; }

    /// <summary>Rows, the newest included, that a linear map beside the recurrent layers sees; 0 for none.</summary>
    public int LinearRows { get; init; }

    /// <summary>Of each input.</summary>
    public ImmutableArray<ColumnScale> InputScales { get; init; }

    /// <summary>Of each target.</summary>
    public ImmutableArray<ColumnScale> TargetScales { get; init; }

    /// <summary>Of each output, in normalised units of its target: the network's own outputs have a spread of about 1.</summary>
    public ImmutableArray<ColumnScale> OutputScales { get; init; }

    /// <summary>Steps S predicted at once.</summary>
    public int StepCount => Math.Max(1, Horizon);

    /// <summary>Outputs, S times the targets.</summary>
    public int OutputCount => checked(StepCount * Targets.Length);

    /// <summary>The input that is each target, -1 where none is.</summary>
    public ImmutableArray<int> InputsOfTargets => ImmutableArray.CreateRange(Targets, target => Inputs.IndexOf(target));

    /// <summary>Rows from the one that is fed to the one that a step predicts.</summary>
    public int Ahead(int step) => Horizon == 0 ? 0 : step + 1;

    /// <summary>A prediction, in the target's normalised units.</summary>
    /// <param name="output">Which output.</param>
    /// <param name="value">What the network gave.</param>
    /// <param name="last">The target's last value, normalised; not used where the value itself is predicted.</param>
    public double Predict(int output, float value, double last) =>
        OutputScales[output].Restore(value) + (PredictsChange ? last : 0);

    /// <summary>Such a regressor, for a message, where it does not go forward from step to step; else null.</summary>
    internal string? WithoutSteps => Window > 0 ? "a regressor that reads a window anew at every step" : null;

    /// <summary>What stands before an input's first row.</summary>
    internal LastValue Before(int input) => new(FeedsChange ? double.NaN : InputScales[input].Offset);

    /// <summary>What the network is fed for an input's next value.</summary>
    internal float Feed(int input, ref LastValue last, double value)
    {
        double fed = FeedsChange ? last.Change(value) : last.Next(value);
        return double.IsNaN(fed) ? 0f : (float)InputScales[input].Normalise(fed);
    }

    /// <summary>A table's first rows as the network is fed them: normalised, and what is missing filled in.</summary>
    /// <param name="table">Columns in their own units.</param>
    /// <param name="rows">How many rows N of it.</param>
    /// <returns>[N][I].</returns>
    /// <exception cref="ArgumentException">A column is not there.</exception>
    public float[] InputsOf(SeriesTable table, int rows)
    {
        ArgumentNullException.ThrowIfNull(table);
        float[] inputs = new float[checked(rows * Inputs.Length)];
        for (int i = 0; i < Inputs.Length; i++)
        {
            ReadOnlySpan<double> column = table[Inputs[i]];
            LastValue filler = Before(i);
            for (int row = 0; row < rows; row++) inputs[(row * Inputs.Length) + i] = Feed(i, ref filler, column[row]);
        }

        return inputs;
    }

    /// <summary>The form of a part's columns, with scales learnt from its rows.</summary>
    /// <param name="form">Columns, horizon, window; without scales.</param>
    /// <param name="train">The training rows.</param>
    /// <exception cref="ArgumentException">A column is not there, has no number, or is a target that never moves; or there are too few
    /// rows.</exception>
    public static SeriesForm Learn(SeriesForm form, SeriesPart train)
    {
        ArgumentNullException.ThrowIfNull(form);
        ArgumentNullException.ThrowIfNull(train);
        int needed = form.RowsNeeded;
        if (train.Count < needed)
        {
            string made = form.Window > 0 ? $"a window of {form.Window} and {form.Horizon} ahead" : $"{form.Horizon} ahead";
            Throw.Argument($"there are {Throw.Counted(train.Count, "training row")}; {made} need at least {needed}");
        }

        form = form with
        {
            InputScales = ImmutableArray.CreateRange(form.Inputs, name => form.FeedsChange ? ScaleOfChanges(name) : ScaleOf(name)),
            TargetScales = ImmutableArray.CreateRange(form.Targets, name => ScaleOf(name)),
            OutputScales = [.. Enumerable.Repeat(new ColumnScale(0, 1), form.OutputCount)],
        };
        for (int target = 0; target < form.Targets.Length; target++)
        {
            ReadOnlySpan<double> all = train.Table[form.Targets[target]][train.First..train.End];
            double least = double.PositiveInfinity, most = double.NegativeInfinity;
            foreach (double value in all)
                if (!double.IsNaN(value)) (least, most) = (Math.Min(least, value), Math.Max(most, value));
            if (least != most) continue;
            Throw.Argument($"the target '{form.Targets[target]}' is {most} in every training row: there is nothing to learn");
        }

        var series = new PreparedSeries(form, train);
        var scales = new ColumnScale[form.OutputCount];
        double[] targets = new double[train.Count];
        for (int output = 0; output < scales.Length; output++)
        {
            for (int row = 0; row < train.Count; row++)
                targets[row] = train.First + row + form.Ahead(output / form.Targets.Length) < train.End
                    ? series.OutputTarget(train.First + row, output)
                    : double.NaN;
            scales[output] = ColumnScale.Of(targets, out int known);
            string name = form.Targets[output % form.Targets.Length];
            if (known == 0) Throw.Argument($"the target '{name}' is missing wherever it would be predicted in the training rows");
        }

        return form with { OutputScales = [.. scales] };

        ColumnScale ScaleOfChanges(string name)
        {
            ScaleOf(name);
            var filler = new LastValue(double.NaN);
            double[] values = train.Table[name][train.First..train.End].ToArray();
            return ColumnScale.Of(Array.ConvertAll(values, value => filler.Change(value)), out _);
        }

        ColumnScale ScaleOf(string name)
        {
            ColumnScale scale = ColumnScale.Of(train.Table[name][train.First..train.End], out int known);
            if (known == 0) Throw.Argument($"column '{name}' has no number in the training rows");
            return scale;
        }
    }

    /// <summary>The fewest rows of which one can be predicted from.</summary>
    public int RowsNeeded => checked(Math.Max(1, Window) + Horizon);

    /// <summary>The first row of a part's table from which a prediction of the part can be made.</summary>
    public int FirstRowOf(SeriesPart part)
    {
        ArgumentNullException.ThrowIfNull(part);
        return Math.Max(Math.Max(1, Window) - 1, part.First - (Horizon > 0 ? 1 : 0));
    }

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentException">A value is out of range or two contradict each other.</exception>
    public void Validate()
    {
        if (Inputs.IsDefaultOrEmpty) Throw.Argument("there is no input column");
        if (Targets.IsDefaultOrEmpty) Throw.Argument("there is no target column");
        foreach (ImmutableArray<string> names in (ImmutableArray<string>[])[Inputs, Targets])
        {
            for (int i = 0; i < names.Length; i++)
                if (names.IndexOf(names[i]) < i) Throw.Argument($"column '{names[i]}' stands twice");
        }

        if (Horizon is < 0 or > 65536) Throw.OutOfRange(nameof(Horizon), Horizon, "0 to 65536");
        if (Window is < 0 or > 65536) Throw.OutOfRange(nameof(Window), Window, "0 to 65536");
        if (Season is < 0 or > 1 << 24) Throw.OutOfRange(nameof(Season), Season, $"0 to {1 << 24}");
        if (PredictsChange && (Horizon == 0 || InputsOfTargets.Contains(-1)))
            Throw.Argument("a change is predicted of targets that are inputs too, and of rows ahead");
        if (Horizon == 0 && Targets.Any(Inputs.Contains))
            Throw.Argument("a target cannot be an input where its value in the same row is predicted");
        Check(InputScales, Inputs.Length, "input");
        Check(TargetScales, Targets.Length, "target");
        Check(OutputScales, OutputCount, "output");

        static void Check(ImmutableArray<ColumnScale> scales, int count, string what)
        {
            if (scales.IsDefault || scales.Length != count)
                Throw.Argument($"there are {(scales.IsDefault ? 0 : scales.Length)} scales for {Throw.Counted(count, what)}");
            foreach (ColumnScale scale in scales) scale.Check(what);
        }
    }
}
