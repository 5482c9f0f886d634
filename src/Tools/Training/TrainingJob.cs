using TinySD.Tools.Options;

namespace TinySD.Tools.Training;

/// <summary>A run as a command line asks for it, none of its data read: what only the task can say.</summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <typeparam name="TData">What only the task has in its checkpoints.</typeparam>
/// <typeparam name="TBatch">What its network is fed.</typeparam>
/// <param name="recipe">What decides the run, apart from its data.</param>
/// <param name="read">Reads the data; is shown how far it is, and stopped.</param>
internal sealed class TrainingJob<TRecipe, TData, TBatch>(
    TRecipe recipe, Func<IProgressDisplay, CancellationToken, TrainingData<TData, TBatch>> read) : IDisposable
    where TRecipe : TrainingRecipe
    where TData : class
    where TBatch : class
{
    /// <summary>What decides the run. Reading the data may settle what only they tell.</summary>
    public TRecipe Recipe { get; set; } = recipe;

    /// <summary>Settings beside the recipe, which reports show after its first figure: option and value.</summary>
    public IReadOnlyList<(string Option, string Value)> Beside { get; init; } = [];

    /// <summary>Writes the same as members of the recipe in results.</summary>
    public Action<Utf8JsonWriter> WriteBeside { get; init; } = _ => { };

    /// <summary>The files that it reads, those that a resumed run was begun with too: with the options that name them.</summary>
    public IReadOnlyList<(FileOption Option, string? Path)> Files { get; init; } = [];

    /// <summary>Adds to what every checkpoint says of the command.</summary>
    public Func<RunSettings, RunSettings> Settle { get; init; } = settings => settings;

    /// <summary>Tells the memory that training takes and the most steps of a batch; of the data it reads what sizes depend on, and nothing
    /// of them is kept.</summary>
    public required Func<PlanSetup, (MemoryNeed Need, int Steps)> Plan { get; init; }

    /// <summary>A file that is open as long as the run goes on, or null.</summary>
    public IDisposable? Owned { get; init; }

    /// <summary>Reads the data.</summary>
    /// <exception cref="FailureException">They are not fit to train on.</exception>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public TrainingData<TData, TBatch> Read(IProgressDisplay progress, CancellationToken stop) => read(progress, stop);

    public void Dispose() => Owned?.Dispose();
}

/// <summary>The data of a run, read.</summary>
/// <typeparam name="TData">What only the task has in its checkpoints.</typeparam>
/// <typeparam name="TBatch">What its network is fed.</typeparam>
/// <param name="recorded">What every checkpoint says of them, by which they are known again.</param>
/// <param name="begin">Makes the run, whose memory is taken at once.</param>
internal sealed class TrainingData<TData, TBatch>(TData recorded, Func<RunSetup, TrainedTask<TBatch>> begin) : IDisposable
    where TData : class
    where TBatch : class
{
    public TData Recorded => recorded;

    /// <summary>What whoever brings data of their own should know of them, each in a line.</summary>
    public IEnumerable<string> Warnings { get; init; } = [];

    /// <summary>What was decided of itself about them, each in a line.</summary>
    public IEnumerable<string> Notes { get; init; } = [];

    /// <summary>Refuses other data than those of the run that is resumed; not called for a new one.</summary>
    public Action Check { get; init; } = () => { };

    /// <summary>What gives memory and files back, or null.</summary>
    public IDisposable? Owned { get; init; }

    /// <exception cref="UsageException">The sizes are beyond what one block of memory can hold.</exception>
    public TrainedTask<TBatch> Begin(RunSetup setup) => begin(setup);

    public void Dispose() => Owned?.Dispose();
}

/// <summary>Where a run writes and what it computes with.</summary>
/// <param name="Output">The model file; written after every epoch that improves on all before it.</param>
/// <param name="Dtype">Number format of the weights in it.</param>
/// <param name="Runner">Threads.</param>
/// <param name="Hardware">The machine.</param>
internal sealed record RunSetup(string Output, TensorStorage Dtype, IParallelRunner Runner, HardwareProfile? Hardware);
