using TinySD.Formats.Container;
using TinySD.Formats.Tables;

namespace TinySD.Formats.Models;

/// <summary>A table, or some rows of one, as a training record names it.</summary>
/// <param name="Name">The file's name. Folders are left out, since a model should not tell whose machine it was trained on.</param>
/// <param name="Rows">Rows that were used.</param>
public sealed record RowsRecord(string Name, long Rows)
{
    /// <summary>The file's name without its folders.</summary>
    public string Name { get; init; } = Path.GetFileName(Name);
}

/// <summary>What a regressor was trained, validated and tested on. Names of members here are the file's.</summary>
public sealed record SeriesRecord
{
    /// <summary>The rows it was trained on.</summary>
    public required RowsRecord Train { get; init; }

    /// <summary>The rows it was validated on.</summary>
    public required RowsRecord Valid { get; init; }

    /// <summary>The rows it was tested on, if it was.</summary>
    public RowsRecord? Test { get; init; }

    /// <summary>All columns of the training table in their order, those too that are neither input nor target: where rows have no header,
    /// columns are found by their place.</summary>
    public required IReadOnlyList<string> Table { get; init; }

    /// <summary>The decimal mark of its numbers.</summary>
    public required DecimalMark DecimalMark { get; init; }

    /// <summary>Of each target the standard deviation of the errors on the validation rows, one row ahead or in the same row, in its own
    /// units.</summary>
    public required IReadOnlyList<double> Spreads { get; init; }

    internal string? FindFault() =>
        Array.Exists(new[] { Train, Valid, Test }, rows => rows?.Rows < 0) ? "there are fewer than 0 rows"
        : Table.Contains(null!) ? "a column of the table is null"
        : Spreads.Any(spread => !(spread >= 0 && double.IsFinite(spread))) ? "a spread is no number of at least 0" : null;
}

/// <summary>Everything a regressor's file holds but its numbers.</summary>
/// <param name="Form">Columns, horizon, scales.</param>
/// <param name="Training">How it was trained.</param>
public sealed record RegressorDescription(SeriesForm Form, TrainingRecord<RegressorRecipe, SeriesRecord> Training);

/// <summary>A regressor as read from a file.</summary>
/// <param name="Regressor">Its parameters, checked against their checksums, and its form.</param>
/// <param name="Training">How it was trained.</param>
public sealed record LoadedRegressor(Regressor Regressor, TrainingRecord<RegressorRecipe, SeriesRecord> Training);

/// <summary>Regressors in <c>.tsd</c> files, kind <c>regressor</c>.</summary>
public static class RegressorFile
{
    /// <summary>The kind as the header names it.</summary>
    public const string Kind = "regressor";

    // Before the format, which takes it when it is made.

    /// <summary>What they are measured by: the mean squared error of normalised values.</summary>
    public static Metric Metric { get; } = new("mse");

    /// <summary>How they are written and read.</summary>
    public static ModelFormat<RegressorDescription, Regressor> Format { get; } = new RegressorFormat();

    /// <summary>Writes a regressor whole or not at all; equal input gives equal bytes.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="regressor">The regressor.</param>
    /// <param name="training">How it was trained; <see cref="TrainingRecord{TRecipe, TData}.Parameters"/> is filled in.</param>
    /// <param name="storage">The weights' number format in the file.</param>
    /// <exception cref="FileProblemException">The target cannot be written, or a number is not finite or too large for
    /// <paramref name="storage"/>.</exception>
    /// <exception cref="ArgumentException">Recipe and regressor do not belong together.</exception>
    public static void Save(
        string path, Regressor regressor, TrainingRecord<RegressorRecipe, SeriesRecord> training, TensorStorage storage = TensorStorage.F32)
    {
        training = training with { Parameters = regressor.Model.Layout.ParameterCount };
        SeriesForm form = regressor.Form;
        if (training.Recipe.ToConfig(form.Inputs.Length, form.Targets.Length) != regressor.Model.Config)
            Throw.Argument("the recipe does not make the regressor's model");
        Format.Save(path, new(regressor.Form, training), regressor.Model.Parameters, storage);
    }

    /// <summary>Reads a regressor.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileProblemException">The file cannot be read, is damaged, or holds something else.</exception>
    public static LoadedRegressor Load(string path) =>
        TryLoad(path, out LoadedRegressor? loaded, out FileProblem? problem) ? loaded : throw new FileProblemException(problem);

    /// <summary>Reads a regressor from a file that is open, which stays so.</summary>
    /// <param name="file">The file, or the bytes of one in memory.</param>
    /// <exception cref="FileProblemException">It is damaged, or holds something else.</exception>
    public static LoadedRegressor Load(TsdFile file) =>
        Format.Load(file, (described, regressor) => new LoadedRegressor(regressor, described.Training));

    /// <summary>Reads a regressor from its file's bytes, such as a resource of the program; they are checked as a file is.</summary>
    /// <param name="bytes">The whole file. Not needed any more afterwards.</param>
    /// <param name="name">What to call them in messages.</param>
    /// <exception cref="FileProblemException">They are damaged, or hold something else.</exception>
    public static LoadedRegressor Load(ReadOnlyMemory<byte> bytes, string name = "the regressor in memory")
    {
        using TsdFile file = TsdFile.Open(bytes, name);
        return Load(file);
    }

    /// <summary>Reads a regressor.</summary>
    /// <param name="path">The file.</param>
    /// <param name="loaded">The regressor; all its weights are finite.</param>
    /// <param name="problem">Why it could not be read.</param>
    public static bool TryLoad(
        string path, [NotNullWhen(true)] out LoadedRegressor? loaded, [NotNullWhen(false)] out FileProblem? problem)
    {
        loaded = Format.TryLoad(path, out RegressorDescription? described, out Regressor? regressor, out problem)
            ? new LoadedRegressor(regressor, described.Training)
            : null;
        return loaded is not null && problem is null;
    }

    private sealed class RegressorFormat() : ModelFormat<RegressorDescription, Regressor>(
        RegressorFile.Kind, ColumnsName, TrainingRecord.Section)
    {
        private const string ColumnsName = "columns";

        // Of an input or an output: each has weights of its own, and a few values in JSON.
        private const int ValuesOfColumn = 8;

        private readonly TrainingFormat<RegressorRecipe, SeriesRecord> _training =
            new(RegressorFile.Metric, RegressorFields.Table, SeriesFields.Table, series => series.FindFault());

        internal override void Write(Utf8JsonWriter json, RegressorDescription content, string path)
        {
            content.Form.Validate();
            if (FindFault(content) is { } fault) Throw.Argument(fault);
            json.WritePropertyName(ColumnsName);
            FormSection.Table.Write(json, FormSection.From(content.Form));
            _training.Write(json, content.Training, path);
        }

        internal override RegressorDescription Read(SectionReader reader)
        {
            // The recipe first: it says how much the columns mean.
            TrainingRecord<RegressorRecipe, SeriesRecord> training = _training.Read(reader);
            FormSection columns = reader.Read(
                ColumnsName, FormSection.Table, (ValuesOfColumn * FloatsOf(reader.File)) + SectionReader.MostValues);
            var content = new RegressorDescription(columns.ToForm(training.Recipe), training);
            if (FindFault(content) is { } fault) Throw.Argument(fault);
            return content;
        }

        internal override Regressor LayOut(RegressorDescription content, Memory<float> memory, WeightFormat weights)
        {
            SequenceModelConfig config = content.Training.Recipe.ToConfig(content.Form.Inputs.Length, content.Form.Targets.Length);
            return new Regressor(new SequenceModel(config, memory, weights), content.Form);
        }

        public override Regressor Convert(Regressor model, WeightFormat weights) =>
            new(model.Model.ConvertTo(weights), model.Form);

        internal override ParameterBlock ParametersOf(Regressor model) => model.Model.Parameters;

        private static string? FindFault(RegressorDescription content)
        {
            (SeriesForm form, TrainingRecord<RegressorRecipe, SeriesRecord> training) = content;
            if (training.Data.Spreads.Count != form.Targets.Length)
                return $"there are {Words.Counted(form.Targets.Length, "target")} and {training.Data.Spreads.Count} spreads";
            SeriesForm own = training.Recipe.ToForm(form.Inputs, form.Targets);
            SeriesForm bare = form with { Inputs = own.Inputs, Targets = own.Targets };
            bare = bare with { InputScales = own.InputScales, TargetScales = own.TargetScales, OutputScales = own.OutputScales };
            return bare == own ? null : "the recipe is not that of the regressor";
        }
    }
}
