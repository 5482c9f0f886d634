using TinySD.Tools.Json;
using TinySD.Tools.Machines;
using TinySD.Tools.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>A task with its data, as a grid trains, times and reports it.</summary>
internal abstract class GridTask(GridKind kind, GridPlan plan) : IDisposable
{
    /// <summary>What the grid's folder knows of it.</summary>
    public GridKind Kind => kind;

    public GridPlan Plan => plan;

    /// <summary>What all cells share, its epochs compressed already.</summary>
    public abstract TrainingRecipe Recipe { get; }

    /// <summary>What there is to warn of before training.</summary>
    public virtual IEnumerable<string> Warnings => [];

    /// <summary>What a manifest says of the data; nothing of data that nobody can change.</summary>
    public virtual Dictionary<string, JsonElement> Data => [];

    /// <summary>How validation and test are made of the runs in a report, as a clause; empty where it goes without saying.</summary>
    public virtual string MeasuredHow(GridReport report) => "";

    /// <summary>The data, for a report.</summary>
    public abstract IEnumerable<(string Name, string Value)> Facts { get; }

    /// <summary>The options that all runs share, with their values.</summary>
    public abstract IEnumerable<(string Option, string Value)> Rows();

    /// <summary>A cell's recipe where the seed does not matter.</summary>
    public abstract TrainingRecipe RecipeOf(GridCell cell);

    /// <summary>The rate of DropConnect in a cell; null in a task that has none.</summary>
    public virtual float? WeightDropOf(GridCell cell) => null;

    public abstract NetworkPlan NetworkOf(GridCell cell);

    /// <summary>A model of a cell in training, to be timed.</summary>
    public abstract ITimedRun Timed(GridCell cell, IParallelRunner runner, HardwareProfile? hardware);

    /// <summary>Refuses other data than those of the grid, as its manifest has them.</summary>
    /// <exception cref="FailureException">They are others.</exception>
    public virtual void Check(Dictionary<string, JsonElement> begun, string folder)
    {
    }

    /// <summary>Writes what only the task knows into the JSON of a report: its data and its recipe.</summary>
    public virtual void WriteMembers(JsonMembers json)
    {
    }

    /// <summary>Writes what goes to the end of that.</summary>
    public virtual void WriteLast(JsonMembers json)
    {
    }

    /// <summary>Trains a run from where it was, and ends it.</summary>
    /// <returns>How long it took in all.</returns>
    public abstract double Train(GridRun run, GridTraining grid, IProgressDisplay progress, CancellationToken stop);

    public virtual void Dispose()
    {
    }
}

/// <summary>A grid of a task whose recipes, files and batches are of these types.</summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <typeparam name="TData">What only the task has in its checkpoints.</typeparam>
/// <typeparam name="TBatch">What its network is fed.</typeparam>
internal abstract class GridTask<TRecipe, TData, TBatch>(
    GridKind kind, GridPlan<TRecipe> plan, FieldTable<TRecipe> table, CheckpointFormat<TRecipe, TData> format) : GridTask(kind, plan)
    where TRecipe : TrainingRecipe
    where TData : class
    where TBatch : class
{
    // The first two differ from cell to cell, or from seed to seed.
    private const string CaseOption = "--dropout", SeedOption = "--seed";

    // Each is of the size of the model, its state and the best model; a damaged newest one is passed over for the other.
    private const int CheckpointsToKeep = 2;

    public override TRecipe Recipe => plan.Recipe;

    public override IEnumerable<(string Option, string Value)> Rows()
    {
        foreach ((string option, string value) in table.Rows(Recipe))
        {
            if (option is not (CaseOption or SeedOption)) yield return (option, value);
        }
    }

    public override TRecipe RecipeOf(GridCell cell) => plan.Settle(cell, Recipe.Seed);

    public override NetworkPlan NetworkOf(GridCell cell) => TaskOf(cell, SingleThread.Instance, null).Network.Plan;

    public override ITimedRun Timed(GridCell cell, IParallelRunner runner, HardwareProfile? hardware) =>
        new TimedRun<TBatch>(TaskOf(cell, runner, hardware));

    public override void WriteMembers(JsonMembers json) => json.Add(WriteRecipe, "recipe");

    public override double Train(GridRun run, GridTraining grid, IProgressDisplay progress, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        GridFolder folder = grid.Folder;
        TRecipe recipe = plan.Settle(run.Cell, run.Seed);
        string at = folder.Of(run), output = folder.ModelOf(run), anew = "and the run begins anew.";
        AtomicFile.CheckOwn(output);
        TData data = DataOf(recipe);
        string? begun = Directory.Exists(at) && CheckpointFolder.List(at).Count > 0 ? at : null;
        var request = new CheckpointRequest(at, begun, null, CheckpointsToKeep);
        using CheckpointKeeper keeper = CheckpointKeeper.Hold(request, Kind.Command, resume: grid.Command);
        using CheckpointFile<TRecipe, TData>? from = begun is null
            ? null
            : CheckpointKeeper.OpenNewest<CheckpointFile<TRecipe, TData>>(at, format.TryOpen, grid.Warn, keeper, $"Remove {at}, {anew}");
        if (from is not null && (from.Content.Recipe != recipe || !AreSame(from.Content.Data, data)))
            throw new FailureException($"the checkpoints in {at} are of another run than this grid's; remove that folder, {anew}");
        if (from is not null) keeper.Prune();
        folder.RemoveLeftovers(run);
        RunCheckpoints checkpoints = RunCheckpoints.Of(
            keeper, format, recipe, data, keeper.SettingsFor(output, TensorStorage.F32), from, isSaved: from is not null);
        double before = from?.Content.State.TotalSeconds ?? 0;
        TrainedTask<TBatch> training = NewRun(recipe, new(output, TensorStorage.F32, grid.Runner, grid.Hardware));
        var driver = new TrainingDriver<TBatch>(training, maxSteps: null, grid.Runner.ThreadCount, checkpoints);
        TrainingOutcome outcome = driver.Run(progress, stop);
        double seconds = before + Stopwatch.GetElapsedTime(start).TotalSeconds;
        folder.Finish(run, ResultOf(run, outcome), new GridRunTimes(seconds, grid.Runner.ThreadCount, BuildFacts.Name));
        return seconds;
    }

    /// <summary>What every checkpoint says of a run's data.</summary>
    /// <param name="recipe">The run's: its seed may decide which they are.</param>
    protected abstract TData DataOf(TRecipe recipe);

    /// <summary>Whether a checkpoint is of the data that its run has here.</summary>
    protected virtual bool AreSame(TData begun, TData data) => true;

    /// <summary>Writes the recipe's members into the JSON of a report.</summary>
    protected virtual void WriteRecipe(JsonMembers json) => json.AddAll(writer => table.WriteResult(writer, Recipe));

    /// <summary>A run to be trained. It has test data.</summary>
    protected abstract TrainedTask<TBatch> NewRun(TRecipe recipe, RunSetup setup);

    // Nothing is written.
    private TrainingTask<TBatch> TaskOf(GridCell cell, IParallelRunner runner, HardwareProfile? hardware) =>
        NewRun(RecipeOf(cell), new("", TensorStorage.F32, runner, hardware)).Task;

    protected virtual GridRunResult ResultOf(GridRun run, TrainingOutcome outcome) => GridRunResult.From(run, outcome);
}
