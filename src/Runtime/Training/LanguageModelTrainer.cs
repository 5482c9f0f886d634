using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Training;

/// <summary>What one training step measured.</summary>
/// <param name="Loss">Mean cross-entropy of the window, nats per token.</param>
/// <param name="GradientNorm">L2 norm of the gradient before clipping and weight decay, of the loss as the recipe reduces it and with its activation
/// penalties.</param>
public readonly record struct StepResult(double Loss, double GradientNorm);

/// <summary>Trains a language model by truncated back-propagation through time, window by window, carrying state from one to the next.</summary>
/// <remarks>
/// Everything is allocated in the constructor; <see cref="Step"/> allocates nothing. The same seed, data and recipe give the same bits whatever the
/// threads. Not thread-safe.
/// </remarks>
public sealed class LanguageModelTrainer
{
    private readonly LanguageModel _model;
    private readonly LanguageModelNetwork _network;
    private readonly ParameterBlock _gradients;
    private readonly GradientBlocks _blocks;
    private readonly Optimizer _optimizer;
    private readonly LanguageModelRecipe _recipe;
    private readonly int _maxRows;
    private readonly bool _hasMasks;

    /// <summary>Plans and allocates gradients, optimizer state and scratch for a recipe's window and dropout.</summary>
    /// <param name="model">The parameters to train; the caller initialises or loads them.</param>
    /// <param name="recipe">Batch, window, dropout, optimizer, clipping and seed are used; the learning rate is a property.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="masks">Gives the masks instead of the recipe's seed, at the places and in the sizes of <see cref="LanguageModelConfig.MaskSites"/>;
    /// <see langword="null"/> to draw them.</param>
    /// <param name="memory">
    /// Gives the host's memory for the trainer's floats and is asked here, for how many, once each for scratch, gradients and every block of the optimizer's
    /// state; <see langword="null"/> to allocate. What it gives must outlive the trainer and be nobody else's; it may hold anything and start anywhere, best on a
    /// multiple of <see cref="AlignedBuffer.AlignmentBytes"/>.
    /// </param>
    /// <exception cref="ArgumentException">The recipe is out of range or does not fit the model, the profile does not run here, there are masks and the
    /// recipe's dropout is not structured, or the host gives too little memory.</exception>
    public LanguageModelTrainer(
        LanguageModel model, LanguageModelRecipe recipe, IParallelRunner? runner = null, HardwareProfile? hardware = null, IMaskSource? masks = null,
        Func<int, Memory<float>>? memory = null)
        : this(model, recipe, runner ?? SingleThread.Instance, KernelChoice.For(hardware), masks, memory)
    {
    }

    internal LanguageModelTrainer(
        LanguageModel model, LanguageModelRecipe recipe, IParallelRunner runner, KernelSet kernels, IMaskSource? masks = null,
        Func<int, Memory<float>>? memory = null)
    {
        recipe.Validate();
        if (masks is not null && !recipe.Dropout.IsStructured) Throw.Argument("masks drawn beforehand need structured dropout in the recipe");
        LanguageModelConfig shape = model.Config;
        if (shape.LastHiddenSize == shape.HiddenSize) shape = shape with { LastHiddenSize = 0 };
        if (recipe.ToConfig(shape.VocabularySize) != shape) Throw.Argument("the recipe's shape is not the model's");
        _model = model;
        model.Parameters.ClearPadding();
        _recipe = recipe;
        _hasMasks = masks is not null;
        _maxRows = recipe.LongestWindow * recipe.BatchSize;
        LearningRate = recipe.LearningRate;
        var window = new WindowShape(recipe.BatchSize, recipe.LongestWindow, Training: true);
        _network = new LanguageModelNetwork(model, window, recipe.Dropout, recipe.Seed, runner, kernels, masks, recipe.Regularizers, memory);
        int length = model.Layout.LengthFloats;
        _gradients = new ParameterBlock(model.Layout, memory.Take(length));
        _blocks = new GradientBlocks(model.Layout, model.Embedding, _maxRows);
        if (recipe.Optimizer == OptimizerKind.NtAsgd) AveragedModel = new LanguageModel(model.Config, memory.Take(length));
        _optimizer = new Optimizer(recipe, model.Layout, _blocks, _network.Vectors, AveragedModel?.Parameters, memory);
    }

    /// <summary>
    /// The step size of the next update of a window of the base length. With variable lengths a window of t steps has t / T of it, and during the warm-up an
    /// update has its share.
    /// </summary>
    /// <exception cref="ArgumentException">It is set to what is below 0, infinite or not a number.</exception>
    public float LearningRate
    {
        get;
        set
        {
            if (!(value >= 0f && float.IsFinite(value))) Throw.OutOfRange(nameof(LearningRate), value, "0 or above, and finite");
            field = value;
        }
    }

    /// <summary>The last step's gradient, before clipping, laid out as the parameters are.</summary>
    public ParameterBlock Gradients => _gradients;

    /// <summary>Where the time of all steps since its last reset went; always on.</summary>
    public PassTimes Times => _network.Times;

    /// <summary>
    /// The mean of the parameters after each of the last <see cref="AveragedUpdates"/> updates, kept up to date by every step; <see langword="null"/> unless
    /// the recipe averages. Meaningless until <see cref="IsAveraging"/>.
    /// </summary>
    public LanguageModel? AveragedModel { get; }

    /// <summary>Whether averaging has begun.</summary>
    public bool IsAveraging => _optimizer.AveragedUpdates >= 0;

    /// <summary>
    /// Updates that <see cref="AveragedModel"/> is the mean of; -1 before averaging has begun. Set it, after filling that model's parameters, to go on where
    /// another trainer was.
    /// </summary>
    /// <exception cref="ArgumentException">It is set below -1, or to 0 or more where the recipe does not average.</exception>
    public long AveragedUpdates
    {
        get => _optimizer.AveragedUpdates;
        set
        {
            if (value < -1) Throw.OutOfRange(nameof(AveragedUpdates), value, "-1 or above");
            if (value >= 0) RequireAverage();
            _optimizer.AveragedUpdates = value;
        }
    }

    /// <summary>The model to measure and to keep: the mean where averaging has begun, else the one in training.</summary>
    public LanguageModel ModelToKeep => IsAveraging ? AveragedModel! : _model;

    /// <summary>Begins to average. The trained parameters go on as they were.</summary>
    /// <exception cref="ArgumentException">The recipe does not average, or averaging has begun.</exception>
    public void BeginAveraging()
    {
        RequireAverage();
        if (IsAveraging) Throw.Argument("averaging has begun already");
        _optimizer.BeginAveraging(_model.Parameters);
    }

    /// <summary>The optimizer's state, each block laid out as the parameters are: Adam's first and second moments; the parameters of
    /// <see cref="AveragedModel"/>; none for plain descent.</summary>
    /// <remarks>
    /// With the parameters, <see cref="UpdateCount"/>, <see cref="AveragedUpdates"/> and the carried state this is all that the next step depends on, apart
    /// from its arguments and the learning rate: a trainer that is given all of it goes on to the same bits.
    /// </remarks>
    public IReadOnlyList<ParameterBlock> Moments => _optimizer.Moments;

    /// <summary>Updates that the optimizer has made; Adam's bias correction and the warm-up depend on it. Set it to go on where another trainer was.</summary>
    public long UpdateCount
    {
        get => _optimizer.Updates;
        set
        {
            if (value < 0) Throw.OutOfRange(nameof(UpdateCount), value, "0 or above");
            _optimizer.Updates = value;
        }
    }

    /// <summary>The state that is carried from window to window, layer by layer from the lowest: <c>carried.N.hidden</c> and, in layers that have
    /// one, <c>carried.N.cell</c>. Its size depends on model and batch, its order within a tensor is the layer's own.</summary>
    public ParameterLayout CarriedLayout => _network.CarriedLayout;

    /// <summary>Copies the carried state. No allocation.</summary>
    /// <param name="to">A block of <see cref="CarriedLayout"/>.</param>
    /// <exception cref="ArgumentException">The block has another layout.</exception>
    public void SaveCarried(ParameterBlock to)
    {
        CheckCarried(to);
        _network.SaveCarried(to);
    }

    /// <summary>Takes a carried state over for the next step. No allocation.</summary>
    /// <param name="from">A block of <see cref="CarriedLayout"/>, filled by <see cref="SaveCarried"/> of a trainer of the same recipe.</param>
    /// <exception cref="ArgumentException">The block has another layout.</exception>
    public void LoadCarried(ParameterBlock from)
    {
        CheckCarried(from);
        _network.LoadCarried(from);
    }

    /// <summary>Zeroes the carried state: the start of a text.</summary>
    public void ResetState() => _network.ResetState();

    /// <summary>One window forward, backward and one update.</summary>
    /// <param name="inputs">Tokens [T][B]; with variable lengths of any T up to <see cref="LanguageModelRecipe.LongestWindow"/>.</param>
    /// <param name="targets">The tokens that follow, [T][B].</param>
    /// <param name="epoch">Epoch from 0: with the step it decides the masks. With masks drawn beforehand always 0.</param>
    /// <param name="step">Update within the epoch, from 0. With masks drawn beforehand the run's updates before this one.</param>
    /// <exception cref="ArgumentException">A length is not T * B, the two differ, a token is not in the vocabulary, or the epoch is not 0 and there are masks
    /// drawn beforehand.</exception>
    /// <exception cref="NotFiniteException">Loss or gradient is infinite or not a number, or the learning rate of a longer window is infinite; the parameters
    /// are as they were.</exception>
    public StepResult Step(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int epoch, int step)
    {
        StepResult result = ComputeGradient(inputs, targets, epoch, step);
        float rate = RateOf(inputs.Length / _recipe.BatchSize);
        if (!double.IsFinite(result.Loss) || !double.IsFinite(result.GradientNorm) || !float.IsFinite(rate))
            Throw.NotFinite(epoch, step, result.Loss, result.GradientNorm);
        _optimizer.Update(_model.Parameters, _gradients, result.GradientNorm, rate);
        Times.Lap(Pass.Update);
        _network.Carry();
        return result;
    }

    /// <summary>A step without its update and without carrying the state.</summary>
    internal StepResult ComputeGradient(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int epoch, int step)
    {
        if (_hasMasks && epoch != 0) Throw.Argument($"epoch {epoch}; masks drawn beforehand count updates through all epochs, as steps of epoch 0");
        int rows = RowsOf(inputs.Length);
        TokenChecks.Window(inputs, rows, _model.Config.VocabularySize, nameof(inputs));
        TokenChecks.Window(targets, rows, _model.Config.VocabularySize, nameof(targets));
        Times.Start();
        _network.Update(epoch, step);
        _network.Forward(inputs, epoch, step);
        double loss = _network.Loss(targets, 1f / (_recipe.LossReduction == LossReduction.Mean ? rows : _recipe.BatchSize)) / rows;
        _network.Backward(inputs, _gradients);
        _blocks.Touch(_network.TouchedTokens);
        double norm = _optimizer.Norm(_gradients);
        Times.Lap(Pass.GradientNorm);
        return new StepResult(loss, norm);
    }

    private void RequireAverage()
    {
        if (AveragedModel is null) Throw.Argument($"the recipe's optimizer, {_recipe.Optimizer}, does not average");
    }

    private int RowsOf(int length)
    {
        if (!_recipe.VariableBptt) return _maxRows;
        if (length < 1 || length > _maxRows || length % _recipe.BatchSize != 0)
            Throw.Argument($"a window of {Throw.Counted(length, "token")}; expected a multiple of the batch, {_recipe.BatchSize}, from 1 to {_recipe.LongestWindow} times");
        return length;
    }

    private float RateOf(int steps)
    {
        float rate = LearningRate;
        if (_recipe.VariableBptt) rate *= (float)((double)steps / _recipe.Bptt);
        if (_optimizer.Updates < _recipe.WarmUpUpdates) rate *= (float)((_optimizer.Updates + 1.0) / _recipe.WarmUpUpdates);
        return rate;
    }

    private void CheckCarried(ParameterBlock block)
    {
        if (block.Layout != CarriedLayout) Throw.Argument("the block is not laid out as this trainer's carried state");
    }
}
