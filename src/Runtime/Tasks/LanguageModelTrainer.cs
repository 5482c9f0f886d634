using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <summary>Trains a language model by truncated back-propagation through time, window by window, carrying state from
/// one to the next.</summary>
/// <remarks>Everything is allocated in the constructor; a step allocates nothing. The same seed, data and recipe give the same bits
/// whatever the threads. Not thread-safe.</remarks>
public sealed class LanguageModelTrainer
{
    private readonly LanguageModel _model;
    private readonly LanguageModelNetwork _network;
    private readonly Trainer<TokenWindow> _trainer;
    private readonly TokenWindow _window;
    private readonly LanguageModelRecipe _recipe;
    private readonly bool _hasMasks;

    /// <summary>Plans and allocates gradients, optimizer state and scratch for a recipe's window and dropout.</summary>
    /// <param name="model">The parameters to train; the caller initialises or loads them.</param>
    /// <param name="recipe">Batch, window, dropout, optimizer, clipping and seed are used; the learning rate is a property.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="masks">Gives the masks instead of the recipe's seed, at the places of <see cref="LanguageModelConfig.MaskPlaces"/>;
    /// <see langword="null"/> to draw them.</param>
    /// <param name="memory">Gives the host's memory for the trainer's floats and is asked once, here, for how many: all that
    /// <see cref="MemoryNeedOf"/> tells but the parameters; <see langword="null"/> to allocate. What it gives must outlive the trainer and
    /// be nobody else's; it may hold anything and start anywhere, best on a multiple of <see cref="AlignedBuffer.AlignmentBytes"/>.</param>
    /// <exception cref="ArgumentException">The recipe is out of range or does not fit the model, the profile does not run here, there are
    /// masks and the recipe's dropout is not structured, or the host gives too little memory.</exception>
    public LanguageModelTrainer(
        LanguageModel model, LanguageModelRecipe recipe, IParallelRunner? runner = null, HardwareProfile? hardware = null,
        IMaskSource? masks = null, Func<int, Memory<float>>? memory = null)
        : this(model, recipe, runner ?? SingleThread.Instance, KernelChoice.For(hardware), masks, memory)
    {
    }

    internal LanguageModelTrainer(
        LanguageModel model, LanguageModelRecipe recipe, IParallelRunner runner, KernelSet kernels, IMaskSource? masks = null,
        Func<int, Memory<float>>? memory = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Validate();
        if (masks is not null && !recipe.Dropout.IsStructured)
            Throw.Argument("masks drawn beforehand need structured dropout in the recipe");
        recipe.RequireShapeOf(model.Config);
        _model = model;
        _recipe = recipe;
        _hasMasks = masks is not null;
        LearningRate = recipe.LearningRate;
        (_network, _window) = Declare(model, recipe, new NetworkPlan(runner, kernels), masks);

        // As much as a task takes, though nobody validates here.
        MemoryNeed need = MemoryNeed.Of(_network, recipe);
        var arena = new Arena((need.TotalBytes - need.ParametersBytes) / sizeof(float), memory);
        _network.Plan.Take(arena.Take);
        _trainer = new Trainer<TokenWindow>(_network, recipe, memory: arena.Take);
        if (_trainer.Average is { } average) AveragedModel = new LanguageModel(model.Config, average.Memory);
    }

    /// <summary>What a recipe's steps are made of, without memory for them: mask places, products, scratch.</summary>
    /// <param name="recipe">Batch, window, dropout and shape are used.</param>
    /// <param name="vocabularySize">Tokens V.</param>
    /// <param name="runner">Threads, which need scratch each; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are.</param>
    /// <exception cref="ArgumentException">The recipe is out of range, or the scratch would pass 2^31 floats.</exception>
    public static NetworkPlan PlanOf(
        LanguageModelRecipe recipe, int vocabularySize, IParallelRunner? runner = null, HardwareProfile? hardware = null) =>
        Planned(recipe, vocabularySize, runner, hardware).Plan;

    /// <summary>The memory that training by a recipe takes, model included, by this trainer or by a <see cref="LanguageModelTask"/>; none
    /// of it is taken here.</summary>
    /// <param name="recipe">Batch, window, dropout, optimizer and shape are used.</param>
    /// <param name="vocabularySize">Tokens V.</param>
    /// <param name="runner">Threads, which need scratch each; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are.</param>
    /// <param name="streams">Streams of a task's validation, which count only where they are many more than the batch;
    /// <see langword="null"/> for as many.</param>
    /// <exception cref="ArgumentException">The recipe is out of range, or a part of the memory would pass 2^31 floats.</exception>
    public static MemoryNeed MemoryNeedOf(
        LanguageModelRecipe recipe, int vocabularySize, IParallelRunner? runner = null, HardwareProfile? hardware = null,
        int? streams = null) => MemoryNeed.Of(Planned(recipe, vocabularySize, runner, hardware, streams), recipe);

    /// <summary>The step size of the next update of a window of the base length. With variable lengths a window of t steps has t / T of it,
    /// and during the warm-up an update has its share.</summary>
    /// <exception cref="ArgumentException">It is set to what is below 0, infinite or not a number.</exception>
    public float LearningRate
    {
        get;
        set
        {
            Throw.IfNegative(value, nameof(LearningRate));
            field = value;
        }
    }

    /// <summary>The last step's gradient, before clipping, laid out as the parameters are.</summary>
    public ParameterBlock Gradients => _trainer.Gradients.Values;

    /// <summary>Where the time of all steps since its last reset went; always on.</summary>
    public PassTimes Times => _trainer.Times;

    /// <inheritdoc cref="Trainer{TBatch}.Average"/>
    public LanguageModel? AveragedModel { get; }

    /// <inheritdoc cref="Trainer{TBatch}.IsAveraging"/>
    public bool IsAveraging => _trainer.IsAveraging;

    /// <inheritdoc cref="Trainer{TBatch}.Counts"/>
    public TrainerCounts Counts
    {
        get => _trainer.Counts;
        set => _trainer.Counts = value;
    }

    /// <summary>The model to measure and to keep: the mean where averaging has begun, else the one in training.</summary>
    public LanguageModel ModelToKeep => IsAveraging ? AveragedModel! : _model;

    /// <inheritdoc cref="Trainer{TBatch}.BeginAveraging"/>
    public void BeginAveraging() => _trainer.BeginAveraging();

    /// <inheritdoc cref="Trainer{TBatch}.State"/>
    public IReadOnlyList<NamedBlock> State => _trainer.State;

    /// <summary>The state that is carried from window to window, layer by layer from the lowest: <c>carried.N.hidden</c> and, in layers
    /// that have one, <c>carried.N.cell</c>. Its size depends on model and batch, its order within a tensor is the layer's own.</summary>
    public ParameterLayout CarriedLayout => _network.Carried;

    /// <summary>Copies the carried state. No allocation.</summary>
    /// <param name="to">A block of <see cref="CarriedLayout"/>.</param>
    /// <exception cref="ArgumentException">The block has another layout.</exception>
    public void SaveCarried(ParameterBlock to)
    {
        CheckCarried(to);
        _network.SaveCarried(to);
    }

    /// <summary>Takes a carried state over for the next step. No allocation.</summary>
    /// <param name="from">A block of <see cref="CarriedLayout"/>, filled by <see cref="SaveCarried"/> of a trainer of
    /// the same recipe.</param>
    /// <exception cref="ArgumentException">The block has another layout.</exception>
    public void LoadCarried(ParameterBlock from)
    {
        CheckCarried(from);
        _network.LoadCarried(from);
    }

    /// <summary>Zeroes the carried state: the start of a text.</summary>
    public void ResetState() => _network.ResetState();

    /// <summary>One window forward, backward and one update, with the masks of as many updates as were made before it.</summary>
    /// <param name="inputs">Tokens [T][B]; with variable lengths of any T up to <see cref="LanguageModelRecipe.LongestWindow"/>.</param>
    /// <param name="targets">The tokens that follow, [T][B].</param>
    /// <exception cref="ArgumentException">A length is not T * B, the two differ, or a token is not in the vocabulary.</exception>
    /// <exception cref="NotFiniteException">Loss or gradient is infinite or not a number, or the learning rate of a longer window is
    /// infinite; the parameters are as they were.</exception>
    public StepResult Step(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets) =>
        Step(inputs, targets, new Draw(checked((int)Counts.Updates)));

    /// <summary>The same with other masks than those of the next update.</summary>
    /// <param name="inputs">Tokens [T][B].</param>
    /// <param name="targets">The tokens that follow, [T][B].</param>
    /// <param name="draw">Decides the masks, with the recipe's seed. Masks drawn beforehand have one sample, 0.</param>
    /// <inheritdoc cref="Step(ReadOnlySpan{int}, ReadOnlySpan{int})"/>
    public StepResult Step(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, Draw draw)
    {
        Take(inputs, targets, draw);
        float rate = LearningRate;
        if (_recipe.VariableBptt) rate *= (float)((double)_window.TimeSteps / _recipe.Bptt);
        return _trainer.Step(_window, draw, rate);
    }

    /// <summary>A step without its update and without carrying the state.</summary>
    internal StepResult ComputeGradient(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, Draw draw)
    {
        Take(inputs, targets, draw);
        return _trainer.ComputeGradient(_window, draw);
    }

    /// <summary>A recipe's network and room for a window of it, on a plan whose memory is not taken; and for a step of validation in so
    /// many streams.</summary>
    internal static (LanguageModelNetwork Network, TokenWindow Window) Declare(
        LanguageModel model, LanguageModelRecipe recipe, NetworkPlan plan, IMaskSource? masks, int? streams = null)
    {
        var shape = new WindowShape(recipe.BatchSize, recipe.LongestWindow, Training: true);
        var origin = new MaskOrigin(recipe.Dropout, recipe.Seed, masks);
        var network = new LanguageModelNetwork(model, shape, origin, plan, recipe.Regularizers);
        var window = new TokenWindow(recipe.BatchSize, recipe.LongestWindow, plan.Scratch);
        if (streams > recipe.BatchSize)
        {
            NetworkPlan validation = plan.Another();
            _ = new LanguageModelNetwork(model, new WindowShape(streams.Value, 1, Training: false), MaskOrigin.None, validation);
            plan.Scratch.Reserve(Math.Max(0, validation.ScratchFloats - plan.ScratchFloats));
        }

        return (network, window);
    }

    private static LanguageModelNetwork Planned(
        LanguageModelRecipe recipe, int vocabularySize, IParallelRunner? runner, HardwareProfile? hardware, int? streams = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Validate();
        LanguageModel model = LanguageModel.WithoutNumbers(recipe.ToConfig(vocabularySize));
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        return Declare(model, recipe, plan, masks: null, streams).Network;
    }

    private void Take(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, Draw draw)
    {
        if (_hasMasks && draw.Sample != 0) Throw.Argument($"sample {draw.Sample}; masks drawn beforehand have one for an update, 0");
        int longest = _recipe.LongestWindow, batch = _recipe.BatchSize;
        if (_recipe.VariableBptt && (inputs.IsEmpty || inputs.Length > longest * batch || inputs.Length % batch != 0))
        {
            string found = Throw.Counted(inputs.Length, "token");
            Throw.Argument($"a window of {found}; expected a multiple of the batch, {batch}, from 1 to {longest} times");
        }

        _window.TimeSteps = _recipe.VariableBptt ? inputs.Length / batch : longest;
        TokenChecks.Length(inputs, _window.Inputs.Length, nameof(inputs));
        TokenChecks.Length(targets, _window.Targets.Length, nameof(targets));
        inputs.CopyTo(_window.Inputs);
        targets.CopyTo(_window.Targets);
    }

    private void CheckCarried(ParameterBlock block)
    {
        if (block.Layout != CarriedLayout) Throw.Argument("the block is not laid out as this trainer's carried state");
    }
}
