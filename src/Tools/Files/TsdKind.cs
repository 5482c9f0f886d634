using TinySD.Tools.Machines;
using TinySD.Tools.Training;

namespace TinySD.Tools.Files;

/// <summary>A kind of <c>.tsd</c> file, named as its header says it.</summary>
internal class TsdKind(string name) : FileKind(FileFormat.Tsd, name)
{
    public virtual bool IsOf(TsdFile file) => file.Kind == Name;

    public sealed override void Inspect(string path, Action<InspectReport> show)
    {
        using TsdFile file = TsdFile.Open(path);
        var tensors = new TensorList<TsdTensor>(file.Tensors, t => new(t.Name, t.Dtype, t.Shape, t.Offset, t.Bytes, t.Checksum));
        InspectReport report = Describe(
            file, new(Name, file.Path, file.Length, tensors) { Count = file.NumberCount, HasChecksums = true });
        if (file.HasWholeNumbers()) report = report with { Facts = [.. report.Facts, WholeWeights.Fact] };
        show(report);
    }

    public sealed override Verification Verify(string path)
    {
        using TsdFile file = TsdFile.Open(path);
        return new(file.Length, Figures.Count(file.Tensors.Length, "tensor"), file.Verify());
    }

    /// <summary>Adds what the header says to a report that has the tensors.</summary>
    /// <exception cref="FileProblemException">It contradicts itself.</exception>
    protected virtual InspectReport Describe(TsdFile file, InspectReport plain) => plain;

    public sealed override PlanReport Plan(string path, PlanRequest request)
    {
        using TsdFile file = TsdFile.Open(path);
        return Plan(file, request);
    }

    /// <inheritdoc cref="Plan(string, PlanRequest)"/>
    protected virtual PlanReport Plan(TsdFile file, PlanRequest request) => base.Plan(file.Path, request);

    protected static (string Name, Action<Utf8JsonWriter> Write) Section(TsdFile file, string name) => (name, writer =>
    {
        using JsonDocument document = JsonDocument.Parse(file.Sections[name]);
        document.RootElement.WriteTo(writer);
    }
    );
}

/// <summary>Models of a task: what all training records say, and what the task adds.</summary>
internal class ModelKind<TContent, TModel>(ModelFormat<TContent, TModel> format, Func<TContent, IEnumerable<(string, string)>> facts)
    : TsdKind(format.Kind)
    where TContent : class
    where TModel : class
{
    protected override InspectReport Describe(TsdFile file, InspectReport plain)
    {
        TContent content = format.Describe(file);
        return plain with
        {
            Facts = [.. facts(content)],
            Before = [.. Shown(content, file)],
            Step = StepWeights.Of(file.Tensors, SharesOf(content)),
        };
    }

    protected sealed override PlanReport Plan(TsdFile file, PlanRequest request)
    {
        TContent content = format.Describe(file);
        PlanReport plan = Sizes.Checked(() => Plan(content, request)) ?? base.Plan(file, request);
        WholeWeights.RefuseToTrain(file);
        return plan;
    }

    public sealed override ComparedModel Compare(string path)
    {
        using TsdFile file = TsdFile.Open(path);
        TContent content = format.Describe(file);
        ComparedRun run = RunOf(content) ?? throw NotTrained(path);
        var told = new List<(string, string)>();
        foreach ((string name, string value) in facts(content))
        {
            if (name != TrainingFacts.EpochsName && name != run.Words.Name) told.Add((name, value));
        }

        return new(path, run, told)
        {
            Numbers = file.NumberCount,
            Dtypes = string.Join(", ", file.Tensors.Select(tensor => tensor.Dtype).Distinct()),
            Bytes = file.Length,
        };
    }

    /// <summary>How a model was trained; null of models that are not.</summary>
    protected virtual ComparedRun? RunOf(TContent content) => null;

    /// <summary>The shares of its units that a model was trained to run with, in increasing order, the last of which is 1; none where it
    /// was not.</summary>
    protected virtual IReadOnlyList<double> SharesOf(TContent content) => [];

    /// <summary>The memory that training a model takes; null of models that are not trained.</summary>
    protected virtual PlanReport? Plan(TContent content, PlanRequest request) => null;

    /// <summary>Sections that JSON has.</summary>
    protected virtual IEnumerable<(string Name, Action<Utf8JsonWriter> Write)> Shown(TContent content, TsdFile file) =>
        format.Sections.Select(name => Section(file, name));
}

/// <summary>Checkpoints of a task, and what is said of their data and of their recipe: options and values.</summary>
internal sealed class CheckpointKind<TRecipe, TData>(
    CheckpointFormat<TRecipe, TData> format, Func<TData, IEnumerable<(string, string)>> data,
    Func<Checkpoint<TRecipe, TData>, IEnumerable<(string, string)>> recipe) : TsdKind(CheckpointFile.Kind)
    where TRecipe : TrainingRecipe
    where TData : class
{
    public override bool IsOf(TsdFile file) => base.IsOf(file) && CheckpointFile.TaskOf(file) == format.Task;

    protected override InspectReport Describe(TsdFile file, InspectReport plain) =>
        format.TryDescribe(file, out Checkpoint<TRecipe, TData>? run, out FileProblem? problem)
        ? plain with { Numbers = "numbers", Facts = [.. Facts(run)], After = [Section(file, "progress"), Section(file, "run")] }
        : throw new FileProblemException(problem);

    private IEnumerable<(string, string)> Facts(Checkpoint<TRecipe, TData> run)
    {
        RunState state = run.State;
        yield return ("task", format.Task);
        yield return ("written by", run.WrittenBy);
        yield return ("updates", Figures.Count(state.Updates));
        yield return ("stands", state.Epoch < run.Recipe.Epochs
            ? $"in epoch {state.Epoch + 1} of {run.Recipe.Epochs}, after {Figures.Count(state.Step, "step")} of it"
            : $"at its end, after {Figures.Count(run.Recipe.Epochs, "epoch")}");
        if (state.Counts.AveragedUpdates is >= 0 and var averaged)
            yield return ("average", $"of the parameters after each of the last {Figures.Count(averaged, "update")}");
        if (state.BestEpoch is { } best)
        {
            string reached = TrainingFacts.Text(format.Metric, state.Epochs[best - 1].Valid);
            yield return ("best so far", $"epoch {best}, validation {format.Metric.Name} {reached}");
        }

        foreach ((string, string) fact in data(run.Data)) yield return fact;
        if (run.Settings.Schedule is { } schedule) yield return ("masks of", schedule.Path);
        yield return ("--out", run.Settings.Output);
        foreach ((string, string) row in recipe(run)) yield return row;
    }
}

/// <summary>What is said of a training record of any task.</summary>
internal static class TrainingFacts
{
    /// <summary>What the count of epochs is called.</summary>
    public const string EpochsName = "epochs";

    public static string Text(Metric metric, Measurement measured) =>
        metric.IsOfLoss ? Figures.Perplexity(measured.Metric) : measured.Metric.ToString("0.####", CultureInfo.InvariantCulture);

    public static IEnumerable<(string, string)> Origin<TRecipe, TData>(TrainingRecord<TRecipe, TData> record)
        where TRecipe : TrainingRecipe
        where TData : class
    {
        yield return ("written by", record.WrittenBy);
        if (record.ImportedFrom is { } source) yield return ("imported from", source);
        if (record.Recipe.Dropout is { IsNested: true } nested) yield return ("runs at", $"--share {Shares(nested)}");
    }

    /// <summary>The shares of units that nested masks keep.</summary>
    public static string Shares(DropoutSpec nested)
    {
        const int few = 8;
        return nested.ShareCount > few
            ? $"{Figures.Setting(nested.LeastShare)} to 1 ({nested.ShareCount} of them)"
            : string.Join(", ", Enumerable.Range(0, nested.ShareCount).Select(index => Figures.Setting(nested.ShareAt(index))));
    }

    /// <summary>The shares of its units that a model was trained to run with by such dropout, in increasing order, the last of which is 1;
    /// none where it was not.</summary>
    public static IReadOnlyList<double> SharesOf(DropoutSpec dropout)
    {
        double[] shares = new double[dropout.IsNested ? dropout.ShareCount : 0];
        for (int i = 0; i < shares.Length; i++) shares[i] = Math.Round(dropout.ShareAt(i), 6);
        return shares;
    }

    /// <summary>What its epochs brought.</summary>
    public static IEnumerable<(string, string)> Results<TRecipe, TData>(TrainingRecord<TRecipe, TData> record, Metric metric)
        where TRecipe : TrainingRecipe
        where TData : class
    {
        yield return (EpochsName, $"{record.Epochs.Count} finished of {record.Recipe.Epochs}");
        if (record.Epochs is not [.., { } last]) yield break;
        string train = double.IsNaN(last.Train.Metric) ? "" : $"train {Text(metric, last.Train)}, ";
        string tested = record.Test is { } test ? $", test {Text(metric, test)}" : "";
        yield return (metric.Name, $"{train}valid {Text(metric, last.Valid)}{tested}");
    }
}
