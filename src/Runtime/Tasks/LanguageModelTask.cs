using TinySD.Runtime.Hardware;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <summary>Language modelling: a text to train on, another to measure perplexity on.</summary>
public sealed class LanguageModelTask : TrainingTask<TokenWindow>
{
    private readonly LanguageModelRecipe _recipe;
    private readonly ITokenSource? _valid;
    private readonly LanguageModel? _start;
    private readonly EvaluatorOf<LanguageModelEvaluator> _evaluators;
    private TokenWindow? _window;

    /// <summary>Plans all of training and takes the memory for it, in one block: <see cref="TrainingTask{TBatch}.MemoryNeed"/>.</summary>
    /// <param name="recipe">What decides the run.</param>
    /// <param name="vocabularySize">Tokens V.</param>
    /// <param name="train">The training text.</param>
    /// <param name="valid">The validation text, at least 2 tokens; <see langword="null"/> where nothing is to be measured.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="masks">Masks drawn beforehand; <see langword="null"/> to draw them.</param>
    /// <param name="streams">Streams of an evaluation; <see langword="null"/> for as many as the batch has.</param>
    /// <param name="memory">Gives the host's memory for all of training and is asked once, here, for how many floats;
    /// <see langword="null"/> to allocate. What it gives must outlive the task and be nobody else's; it may hold anything and start
    /// anywhere, best on a multiple of <see cref="AlignedBuffer.AlignmentBytes"/>.</param>
    /// <param name="start">A model whose parameters training begins with, which itself stays as it is; <see langword="null"/> to draw
    /// them.</param>
    /// <exception cref="ArgumentException">A figure is out of range, the text is too short for one window, the model that training begins
    /// with is of another shape, or the host gives too little memory.</exception>
    public LanguageModelTask(
        LanguageModelRecipe recipe, int vocabularySize, ITokenSource train, ITokenSource? valid, IParallelRunner? runner = null,
        HardwareProfile? hardware = null, IMaskSource? masks = null, int? streams = null, Func<int, Memory<float>>? memory = null,
        LanguageModel? start = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(train);
        recipe.Validate();
        if (start is not null) recipe.RequireShapeOf(start.Config);
        _recipe = recipe;
        _valid = valid;
        _start = start;
        Windows = new TokenWindows(train, recipe.BatchSize, recipe.Bptt);
        Batches = new WindowBatches(Windows, recipe);
        Model = LanguageModel.WithoutNumbers(recipe.ToConfig(vocabularySize));
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        (Network, _window) = LanguageModelTrainer.Declare(Model, recipe, plan, masks, streams);
        Take(memory);
        _evaluators = new EvaluatorOf<LanguageModelEvaluator>(parameters => new LanguageModelEvaluator(
            ModelOf(parameters), runner, streams ?? recipe.BatchSize, timeSteps: 32, hardware, plan.Scratch.Memory));
        if (valid is not null) _ = _evaluators[Model.Parameters];
    }

    /// <summary>The model in training.</summary>
    public LanguageModel Model { get; }

    /// <summary>The training text, cut.</summary>
    public TokenWindows Windows { get; }

    /// <inheritdoc/>
    public override TrainingRecipe Recipe => _recipe;

    /// <inheritdoc/>
    public override Metric Metric { get; } = new("perplexity", IsOfLoss: true);

    /// <inheritdoc/>
    public override Network<TokenWindow> Network { get; }

    /// <inheritdoc/>
    public override IBatches<TokenWindow> Batches { get; }

    /// <inheritdoc/>
    public override TokenWindow NewBatch() => Interlocked.Exchange(ref _window, null) ?? new(_recipe.BatchSize, _recipe.LongestWindow);

    /// <inheritdoc/>
    public override void Initialize()
    {
        if (_start is null) Model.Initialize(_recipe.Seed, _recipe.InitRange, _recipe.ForgetBias, _recipe.InitScheme);
        else _start.Parameters.Values.CopyTo(Model.Parameters.Values);
    }

    /// <inheritdoc/>
    public override double MetricOf(double loss, double score) => EvaluationResult.PerplexityOf(loss);

    /// <summary>The model of some parameters of its shape, which may be those of the run's average.</summary>
    public LanguageModel ModelOf(ParameterBlock parameters) =>
        parameters == Model.Parameters ? Model : new LanguageModel(Model.Config, parameters.Memory);

    /// <inheritdoc/>
    public override Measurement Measure(
        ParameterBlock parameters, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        if (_valid is null) throw NothingToMeasure("text");
        EvaluationResult result = Evaluate(parameters, _valid, progress, cancellation);
        return new Measurement(result.Loss, result.Perplexity);
    }

    /// <summary>Measures parameters on any text.</summary>
    /// <inheritdoc cref="LanguageModelEvaluator.Evaluate(ITokenSource, Action{double}?, CancellationToken)"/>
    public EvaluationResult Evaluate(
        ParameterBlock parameters, ITokenSource tokens, Action<double>? progress = null, CancellationToken cancellation = default) =>
        InScratch(() => _evaluators[parameters].Evaluate(tokens, progress, cancellation));
}
