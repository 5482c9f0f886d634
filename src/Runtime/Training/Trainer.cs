using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Training;

/// <summary>What one training step measured.</summary>
/// <param name="Loss">Mean loss of the batch over its terms; of a language model cross-entropy, nats per token.</param>
/// <param name="GradientNorm">L2 norm of the gradient before clipping and weight decay, of the loss as the recipe reduces it and with its
/// penalties.</param>
/// <param name="Terms">Terms in the loss: predictions, tokens of a language model.</param>
public readonly record struct StepResult(double Loss, double GradientNorm, long Terms);

/// <summary>A part of what a run depends on, by its name.</summary>
/// <param name="Name">For example <c>adam.first</c>.</param>
/// <param name="Block">The numbers.</param>
/// <param name="AreWeights">Whether they are a model's, so that none but finite ones are good.</param>
public sealed record NamedBlock(string Name, ParameterBlock Block, bool AreWeights = false);

/// <summary>What a trainer counts.</summary>
/// <param name="Updates">Updates made; Adam's bias correction and the warm-up depend on it.</param>
/// <param name="AveragedUpdates">Updates that the average is the mean of; -1 before averaging has begun.</param>
public readonly record struct TrainerCounts(long Updates, long AveragedUpdates = -1);

/// <summary>Adds the gradients of other machines to a trainer's own, between its backward pass and its norm.</summary>
public interface IGradientReducer
{
    /// <summary>Makes the gradient what it is over all machines. Called on the trainer's thread; should not allocate.</summary>
    /// <param name="gradients">This machine's gradient, of its batch's loss as the recipe reduces it: written in place. Rows of a sparse
    /// table that only others used must be told by <see cref="GradientBlock.Note"/>.</param>
    /// <param name="lossSum">The sum of this machine's loss over its terms.</param>
    /// <param name="terms">Its terms.</param>
    /// <returns>Both over all machines.</returns>
    (double LossSum, long Terms) Reduce(GradientBlock gradients, double lossSum, long terms);
}

/// <summary>Beginnings of networks of one's own.</summary>
public static class Trainer
{
    /// <summary>An empty plan, on which a network's layers are declared.</summary>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <exception cref="ArgumentException">The profile does not run here.</exception>
    public static NetworkPlan NewPlan(IParallelRunner? runner = null, HardwareProfile? hardware = null) =>
        new(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
}

/// <summary>Trains any network, step by step: gradient, norm, clipping, update, and the state that the optimizer keeps.</summary>
/// <typeparam name="TBatch">What the network is fed.</typeparam>
/// <remarks>Everything is allocated in the constructor; <see cref="Step"/> allocates nothing. The same seed, data and recipe give the same
/// bits whatever the threads. Not thread-safe.</remarks>
public sealed class Trainer<TBatch>
    where TBatch : class
{
    private readonly Network<TBatch> _network;
    private readonly TrainingRecipe _recipe;
    private readonly Optimizer _optimizer;
    private readonly IGradientReducer? _reducer;

    /// <summary>Allocates gradients and optimizer state.</summary>
    /// <param name="network">What to train; its plan's memory is taken.</param>
    /// <param name="recipe">Optimizer, clipping, decay, warm-up and loss reduction are used; the learning rate is given
    /// with every step.</param>
    /// <param name="reducer">Adds the gradients of other machines; <see langword="null"/> where there is one.</param>
    /// <param name="memory">Gives the host's memory and is asked once, here, for how many floats; <see langword="null"/> to
    /// allocate.</param>
    /// <exception cref="ArgumentException">The recipe is out of range, or the host gives too little memory.</exception>
    public Trainer(
        Network<TBatch> network, TrainingRecipe recipe, IGradientReducer? reducer = null, Func<int, Memory<float>>? memory = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Validate();
        _network = network;
        _recipe = recipe;
        _reducer = reducer;
        network.Parameters.ClearPadding();
        ParameterLayout layout = network.Parameters.Layout;
        IReadOnlyList<SparseTable> tables = network.SparseTables;

        // Other machines may use any row.
        if (reducer is not null) tables = Array.ConvertAll([.. tables], table => table with { MaxRows = table.Table.Shape[0] });
        long blocks = 1 + Optimizer.StateNames(recipe).Length;
        var arena = new Arena((blocks * layout.LengthFloats) + ListFloats(layout, tables), memory);
        Gradients = new GradientBlock(layout, tables, arena.Take);
        _optimizer = new Optimizer(recipe, Gradients, network.Plan.Vectors, arena.Take);
    }

    /// <summary>The last step's gradient, before clipping.</summary>
    public GradientBlock Gradients { get; }

    /// <summary>Where the time of all steps since its last reset went; always on.</summary>
    public PassTimes Times => _network.Plan.Times;

    /// <summary>What the optimizer keeps, each block laid out as the parameters are: <c>sgd.momentum</c>; <c>adam.first</c> and
    /// <c>adam.second</c>, of AdamW too; <c>adagrad.squares</c>; <c>asgd.average</c> once averaging has begun; nothing for
    /// plain descent.</summary>
    /// <remarks>With the parameters, <see cref="Counts"/> and the network's carried state this is all that the next step depends on, apart
    /// from its arguments: a trainer that is given all of it goes on to the same bits.</remarks>
    public IReadOnlyList<NamedBlock> State => _optimizer.State;

    /// <summary>What it counts. Set it to go on where another trainer was, before <see cref="State"/> is filled.</summary>
    /// <exception cref="ArgumentException">A count is out of range, or there is an average and the recipe makes none.</exception>
    public TrainerCounts Counts
    {
        get => new(_optimizer.Updates, _optimizer.AveragedUpdates);
        set
        {
            if (value.Updates < 0) Throw.OutOfRange(nameof(value.Updates), value.Updates, "0 or above");
            if (value.AveragedUpdates < -1) Throw.OutOfRange(nameof(value.AveragedUpdates), value.AveragedUpdates, "-1 or above");
            if (value.AveragedUpdates >= 0) RequireAverage();
            (_optimizer.Updates, _optimizer.AveragedUpdates) = value;
        }
    }

    /// <summary>The mean of the parameters after each of the last averaged updates, kept up to date by every step; <see langword="null"/>
    /// unless the recipe averages. Meaningless until <see cref="IsAveraging"/>.</summary>
    public ParameterBlock? Average => _optimizer.Average;

    /// <summary>Whether averaging has begun.</summary>
    public bool IsAveraging => _optimizer.AveragedUpdates >= 0;

    /// <summary>The parameters to measure and to keep: the mean where averaging has begun, else those in training.</summary>
    public ParameterBlock ParametersToKeep => IsAveraging ? Average! : _network.Parameters;

    /// <summary>Begins to average. The trained parameters go on as they were.</summary>
    /// <exception cref="ArgumentException">The recipe does not average, or averaging has begun.</exception>
    public void BeginAveraging()
    {
        RequireAverage();
        if (IsAveraging) Throw.Argument("averaging has begun already");
        _optimizer.BeginAveraging(_network.Parameters);
    }

    /// <summary>A batch forward, backward and one update.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="draw">Decides the masks: the run's updates before this one.</param>
    /// <param name="rate">The learning rate, 0 or above; during the warm-up an update has its share of it.</param>
    /// <exception cref="ArgumentException">The batch is none of the network's, or a number is out of range.</exception>
    /// <exception cref="NotFiniteException">Loss, gradient or rate is infinite or not a number; the parameters are
    /// as they were.</exception>
    public StepResult Step(TBatch batch, Draw draw, float rate)
    {
        StepResult result = ComputeGradient(batch, draw);
        if (_optimizer.Updates < _recipe.WarmUpUpdates) rate *= (float)((_optimizer.Updates + 1.0) / _recipe.WarmUpUpdates);
        if (!double.IsFinite(result.Loss) || !double.IsFinite(result.GradientNorm) || !float.IsFinite(rate))
            Throw.NotFinite(draw.Update, result.Loss, result.GradientNorm);
        _optimizer.Update(_network.Parameters, result.GradientNorm, rate);
        Times.Lap(Pass.Update);
        _network.Carry();
        return result;
    }

    /// <summary>A step without its update and without carrying the state.</summary>
    internal StepResult ComputeGradient(TBatch batch, Draw draw)
    {
        draw.Check();
        BatchSize size = _network.SizeOf(batch);
        Times.Start();
        _network.Begin(draw);
        Gradients.Begin();
        float scale = 1f / (_recipe.LossReduction == LossReduction.Mean ? size.Terms : size.Sequences);
        double sum = _network.Learn(batch, scale, Gradients);
        Gradients.End();
        long terms = size.Terms;
        if (_reducer is not null)
        {
            (sum, terms) = _reducer.Reduce(Gradients, sum, terms);
            Gradients.End();
        }

        double norm = _optimizer.Norm();
        Times.Lap(Pass.GradientNorm);
        return new StepResult(sum / terms, norm, terms);
    }

    /// <summary>What it takes beside gradients and optimizer state: lists of the gradient's blocks, and their sums of squares.</summary>
    internal static long ListFloats(ParameterLayout layout, IReadOnlyList<SparseTable> tables) =>
        GradientBlock.ListFloats(layout, tables) + AlignedBuffer.RoundUp((long)GradientBlock.CapacityOf(layout, tables));

    private void RequireAverage()
    {
        if (Average is null) Throw.Argument($"the recipe's optimizer, {_recipe.Optimizer}, does not average");
    }
}
