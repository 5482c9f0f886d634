using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Training;

/// <summary>All that training asks a task for: its settings, its network, its batches, and how to measure. The rest is the same
/// for every task.</summary>
/// <typeparam name="TBatch">What its network is fed.</typeparam>
public abstract class TrainingTask<TBatch>
    where TBatch : class
{
    private const string Busy = "the run is making a step or being measured, in the same memory; wait for the end of that, and let a "
        + "progress callback only tell how far it is";

    private ParameterBlock? _carried;
    private OneThread _thread;

    /// <summary>What decides the run, apart from its data.</summary>
    public abstract TrainingRecipe Recipe { get; }

    /// <summary>What it is measured by.</summary>
    public abstract Metric Metric { get; }

    /// <summary>What is trained, its plan's memory taken.</summary>
    public abstract Network<TBatch> Network { get; }

    /// <summary>The training data.</summary>
    public abstract IBatches<TBatch> Batches { get; }

    /// <summary>The memory that training takes, in one block: this task's own, and what a run over it takes.</summary>
    public MemoryNeed MemoryNeed => MemoryNeed.Of(Network, Recipe);

    /// <summary>What is left for a run of the block that the task took; null where it took none.</summary>
    internal Func<int, Memory<float>>? Rest { get; private set; }

    /// <summary>Room for one batch.</summary>
    public abstract TBatch NewBatch();

    /// <summary>Writes the parameters that a run begins with, a pure function of the recipe.</summary>
    public abstract void Initialize();

    /// <summary>The metric of the training data while training; not a number where it cannot be told.</summary>
    /// <param name="loss">The mean loss there.</param>
    /// <param name="score">The mean of what the network itself counts of the metric; not a number where it does not.</param>
    public virtual double MetricOf(double loss, double score) => double.NaN;

    /// <summary>Measures parameters on the validation data. Takes no memory beside the workspace.</summary>
    /// <param name="parameters">Those in training, or their average.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    /// <exception cref="InvalidOperationException">There are no validation data, or the run is making a step or being
    /// measured.</exception>
    public abstract Measurement Measure(
        ParameterBlock parameters, Action<double>? progress = null, CancellationToken cancellation = default);

    /// <summary>The error of a measurement without anything to measure on.</summary>
    private protected static InvalidOperationException NothingToMeasure(string what) =>
        new($"the task was given no {what} to validate on, so there is nothing to measure; give it some, or make steps only");

    /// <summary>Takes the memory of all of training, in one block, and gives parameters and network their parts.</summary>
    /// <param name="memory">Gives the host's memory, or null to allocate.</param>
    /// <exception cref="ArgumentException">The host gives too little.</exception>
    internal void Take(Func<int, Memory<float>>? memory) => (Rest, _carried) = MemoryNeed.Take(Network, Recipe, memory);

    /// <summary>Keeps the memory of the layers' scratch for one use, a step or a measurement, until what it gives is disposed of.</summary>
    /// <exception cref="InvalidOperationException">It is in use: by another thread, or below this call, as where a progress callback makes
    /// a step.</exception>
    internal OneThread.Use Enter() => _thread.Enter(Busy);

    /// <summary>Does something, such as a validation, in the memory of the layers' scratch, which is all zeros then. The network is as it
    /// was before, except for what every step makes anew.</summary>
    internal TResult InScratch<TResult>(Func<TResult> work)
    {
        using OneThread.Use use = Enter();
        ParameterBlock carried = _carried ??= new ParameterBlock(Network.Carried);
        Span<float> scratch = Network.Plan.Scratch.Memory.Span;
        Network.SaveCarried(carried);
        scratch.Clear();
        try
        {
            return work();
        }
        finally
        {
            scratch = Network.Plan.Scratch.Memory.Span;
            scratch.Clear();
            Network.LoadCarried(carried);
        }
    }
}
