using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Models;

/// <summary>How much a batch counts.</summary>
/// <param name="Terms">Predictions in its loss.</param>
/// <param name="Sequences">Sequences in it.</param>
public readonly record struct BatchSize(int Terms, int Sequences);

/// <summary>What can be trained: layers wired on a plan, from a batch to a loss and back to every parameter's gradient. A model of
/// any task is one.</summary>
/// <typeparam name="TBatch">A class that owns its arrays, so that a step allocates nothing.</typeparam>
/// <remarks>A step is <see cref="Begin"/>, <see cref="Forward"/>, <see cref="Backward"/> and, if its update is made, <see cref="Carry"/>.
/// What happens in between, and in which order, is the network's own.</remarks>
public abstract class Network<TBatch>
    where TBatch : class
{
    /// <summary>A network on a plan, of some parameters.</summary>
    protected Network(NetworkPlan plan, ParameterBlock parameters)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(parameters);
        Plan = plan;
        Parameters = parameters;
    }

    /// <summary>What its layers were declared on.</summary>
    public NetworkPlan Plan { get; }

    /// <summary>The numbers that are trained.</summary>
    public ParameterBlock Parameters { get; }

    /// <summary>The state that is carried from one batch to the next; its order within a tensor is the layers' own. Empty where
    /// there is none.</summary>
    public virtual ParameterLayout Carried { get; } = new();

    /// <summary>The parameters of which a step uses some rows only.</summary>
    public virtual IReadOnlyList<SparseTable> SparseTables => [];

    /// <summary>The task's metric on the batch that <see cref="Forward"/> ran last, times the batch's terms; not a number where it is not
    /// counted.</summary>
    public virtual double Score => double.NaN;

    /// <summary>Begins a step: takes notice of changed parameters, and draws what masks do not depend on the batch.</summary>
    public abstract void Begin(Draw draw);

    /// <summary>How much a batch counts. Checks the batch, which kernels trust.</summary>
    /// <exception cref="ArgumentException">It is none of this network's.</exception>
    public abstract BatchSize SizeOf(TBatch batch);

    /// <summary>Runs a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="gradientScale">What the loss is multiplied by whose gradient <see cref="Backward"/> makes; 0 where no
    /// backward pass follows.</param>
    /// <returns>The sum of the loss over the batch's terms, not multiplied.</returns>
    public abstract double Forward(TBatch batch, float gradientScale);

    /// <summary>Adds the gradient of the batch that <see cref="Forward"/> ran.</summary>
    public abstract void Backward(TBatch batch, GradientBlock gradients);

    /// <summary>Runs a batch forward and backward: <see cref="Forward"/> and <see cref="Backward"/>, unless a network has reasons to make
    /// some of the gradient on the way.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="gradientScale">What the loss is multiplied by whose gradient is made.</param>
    /// <param name="gradients">To which it is added.</param>
    /// <returns>What <see cref="Forward"/> returns.</returns>
    public virtual double Learn(TBatch batch, float gradientScale, GradientBlock gradients)
    {
        double loss = Forward(batch, gradientScale);
        Backward(batch, gradients);
        return loss;
    }

    /// <summary>Carries the state into the next batch.</summary>
    public virtual void Carry()
    {
    }

    /// <summary>Zeroes the carried state.</summary>
    public virtual void ResetState()
    {
    }

    /// <summary>Copies the carried state out to a block of <see cref="Carried"/>.</summary>
    public virtual void SaveCarried(ParameterBlock state)
    {
    }

    /// <summary>Copies it back in.</summary>
    public virtual void LoadCarried(ParameterBlock state)
    {
    }
}
