using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Training;

/// <summary>All that training asks a task for: its settings, its network, its batches, and how to measure. The rest is the same
/// for every task.</summary>
/// <typeparam name="TBatch">What its network is fed.</typeparam>
public abstract class TrainingTask<TBatch>
    where TBatch : class
{
    /// <summary>What decides the run, apart from its data.</summary>
    public abstract TrainingRecipe Recipe { get; }

    /// <summary>What it is measured by.</summary>
    public abstract Metric Metric { get; }

    /// <summary>What is trained, its plan's memory taken.</summary>
    public abstract Network<TBatch> Network { get; }

    /// <summary>The training data.</summary>
    public abstract IBatches<TBatch> Batches { get; }

    /// <summary>Room for one batch.</summary>
    public abstract TBatch NewBatch();

    /// <summary>Writes the parameters that a run begins with, a pure function of the recipe.</summary>
    public abstract void Initialize();

    /// <summary>The metric of the training data while training; not a number where it cannot be told.</summary>
    /// <param name="loss">The mean loss there.</param>
    /// <param name="score">The mean of what the network itself counts of the metric; not a number where it does not.</param>
    public virtual double MetricOf(double loss, double score) => double.NaN;

    /// <summary>Measures parameters on the validation data.</summary>
    /// <param name="parameters">Those in training, or their average.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public abstract Measurement Measure(
        ParameterBlock parameters, Action<double>? progress = null, CancellationToken cancellation = default);
}
