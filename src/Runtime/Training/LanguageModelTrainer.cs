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
/// <param name="GradientNorm">L2 norm of the gradient before clipping; the loss it belongs to is the sum over T of the mean over B.</param>
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
    private readonly int _rows;
    private readonly float _gradientScale;

    /// <summary>Plans and allocates gradients, optimizer state and scratch for a recipe's window and dropout.</summary>
    /// <param name="model">The parameters to train; the caller initialises or loads them.</param>
    /// <param name="recipe">Batch, window, dropout, optimizer, clipping and seed are used; the learning rate is a property.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="masks">Gives the masks instead of the recipe's seed, at the places and in the sizes of <see cref="LanguageModelConfig.MaskSites"/>;
    /// <see langword="null"/> to draw them.</param>
    /// <exception cref="ArgumentException">The recipe is out of range or does not fit the model, the profile does not run here, or there are masks and the
    /// recipe's dropout is not structured.</exception>
    public LanguageModelTrainer(
        LanguageModel model, LanguageModelRecipe recipe, IParallelRunner? runner = null, HardwareProfile? hardware = null, IMaskSource? masks = null)
        : this(model, recipe, runner ?? SingleThread.Instance, KernelChoice.For(hardware), masks)
    {
    }

    internal LanguageModelTrainer(
        LanguageModel model, LanguageModelRecipe recipe, IParallelRunner runner, KernelSet kernels, IMaskSource? masks = null)
    {
        recipe.Validate();
        if (masks is not null && !recipe.Dropout.IsStructured) Throw.Argument("masks drawn beforehand need structured dropout in the recipe");
        if (recipe.ToConfig(model.Config.VocabularySize) != model.Config) Throw.Argument("the recipe's shape is not the model's");
        _model = model;
        _rows = recipe.Bptt * recipe.BatchSize;
        _gradientScale = 1f / recipe.BatchSize;
        LearningRate = recipe.LearningRate;
        var shape = new WindowShape(recipe.BatchSize, recipe.Bptt, Training: true);
        _network = new LanguageModelNetwork(model, shape, recipe.Dropout, recipe.Seed, runner, kernels, masks);
        _gradients = new ParameterBlock(model.Layout);
        _blocks = new GradientBlocks(model.Layout, model.Embedding, _rows);
        _optimizer = new Optimizer(recipe.Optimizer, recipe.ClipNorm, model.Layout, _blocks, _network.Vectors);
    }

    /// <summary>The step size of the next update.</summary>
    public float LearningRate { get; set; }

    /// <summary>The last step's gradient, before clipping, laid out as the parameters are.</summary>
    public ParameterBlock Gradients => _gradients;

    /// <summary>Where the time of all steps since its last reset went; always on.</summary>
    public PassTimes Times => _network.Times;

    /// <summary>The optimizer's state, each block laid out as the parameters are: Adam's first and second moments; none for plain descent.</summary>
    /// <remarks>
    /// With the parameters, <see cref="UpdateCount"/> and the carried state this is all that the next step depends on, apart from its arguments: a trainer
    /// that is given all four goes on to the same bits.
    /// </remarks>
    public IReadOnlyList<ParameterBlock> Moments => _optimizer.Moments;

    /// <summary>Updates that the optimizer has made; Adam's bias correction depends on it. Set it to go on where another trainer was.</summary>
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
    /// <param name="inputs">Tokens [T][B].</param>
    /// <param name="targets">The tokens that follow, [T][B].</param>
    /// <param name="epoch">Epoch from 0: with the step it decides the masks.</param>
    /// <param name="step">Update within the epoch, from 0.</param>
    /// <exception cref="ArgumentException">A length is not T * B, or a token is not in the vocabulary.</exception>
    /// <exception cref="NotFiniteException">Loss or gradient is infinite or not a number; the parameters are as they were.</exception>
    public StepResult Step(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int epoch, int step)
    {
        StepResult result = ComputeGradient(inputs, targets, epoch, step);
        if (!double.IsFinite(result.Loss) || !double.IsFinite(result.GradientNorm)) Throw.NotFinite(epoch, step, result.Loss, result.GradientNorm);
        _optimizer.Update(_model.Parameters, _gradients, result.GradientNorm, LearningRate);
        Times.Lap(Pass.Update);
        _network.Carry();
        return result;
    }

    /// <summary>A step without its update and without carrying the state.</summary>
    internal StepResult ComputeGradient(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int epoch, int step)
    {
        TokenChecks.Window(inputs, _rows, _model.Config.VocabularySize, nameof(inputs));
        TokenChecks.Window(targets, _rows, _model.Config.VocabularySize, nameof(targets));
        Times.Start();
        _network.Update();
        _network.Forward(inputs, epoch, step);
        double loss = _network.Loss(targets, _gradientScale) / _rows;
        _network.Backward(inputs, _gradients);
        _blocks.Touch(_network.TouchedTokens);
        double norm = _optimizer.Norm(_gradients);
        Times.Lap(Pass.GradientNorm);
        return new StepResult(loss, norm);
    }

    private void CheckCarried(ParameterBlock block)
    {
        if (block.Layout != CarriedLayout) Throw.Argument("the block is not laid out as this trainer's carried state");
    }
}
