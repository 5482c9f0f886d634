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
    private readonly ITokenSource _valid;
    private readonly Func<LanguageModel, LanguageModelEvaluator> _newEvaluator;
    private LanguageModelEvaluator _evaluator;
    private LanguageModel _measured;

    /// <summary>Plans the network and takes its memory.</summary>
    /// <param name="recipe">What decides the run.</param>
    /// <param name="vocabularySize">Tokens V.</param>
    /// <param name="train">The training text.</param>
    /// <param name="valid">The validation text, at least 2 tokens.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="masks">Masks drawn beforehand; <see langword="null"/> to draw them.</param>
    /// <param name="streams">Streams of an evaluation; <see langword="null"/> for as many as the batch has.</param>
    /// <param name="memory">Gives the host's memory for the network's scratch, or <see langword="null"/> to allocate.</param>
    /// <exception cref="ArgumentException">A figure is out of range, the text is too short for one window, or the host gives too
    /// little memory.</exception>
    public LanguageModelTask(
        LanguageModelRecipe recipe, int vocabularySize, ITokenSource train, ITokenSource valid, IParallelRunner? runner = null,
        HardwareProfile? hardware = null, IMaskSource? masks = null, int? streams = null, Func<int, Memory<float>>? memory = null)
    {
        recipe.Validate();
        _recipe = recipe;
        _valid = valid;
        Windows = new TokenWindows(train, recipe.BatchSize, recipe.Bptt);
        Batches = new WindowBatches(Windows, recipe);
        Model = _measured = new LanguageModel(recipe.ToConfig(vocabularySize));
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        var shape = new WindowShape(recipe.BatchSize, recipe.LongestWindow, Training: true);
        var origin = new MaskOrigin(recipe.Dropout, recipe.Seed, masks);
        Network = LanguageModelNetwork.OnItsOwn(Model, shape, plan, origin, recipe.Regularizers, memory);
        _newEvaluator = model => new LanguageModelEvaluator(model, runner, streams ?? recipe.BatchSize, hardware: hardware);
        _evaluator = _newEvaluator(Model);
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
    public override TokenWindow NewBatch() => new(_recipe.BatchSize, _recipe.LongestWindow);

    /// <inheritdoc/>
    public override void Initialize() => Model.Initialize(_recipe.Seed, _recipe.InitRange, _recipe.ForgetBias, _recipe.InitScheme);

    /// <inheritdoc/>
    public override double MetricOf(double loss, double score) => EvaluationResult.PerplexityOf(loss);

    /// <summary>The model of some parameters of its shape, which may be those of the run's average.</summary>
    public LanguageModel ModelOf(ParameterBlock parameters) =>
        parameters == Model.Parameters ? Model : new LanguageModel(Model.Config, parameters.Memory);

    /// <inheritdoc/>
    public override Measurement Measure(
        ParameterBlock parameters, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        EvaluationResult result = Evaluate(parameters, _valid, progress, cancellation);
        return new Measurement(result.Loss, result.Perplexity);
    }

    /// <summary>Measures parameters on any text.</summary>
    /// <inheritdoc cref="LanguageModelEvaluator.Evaluate(ITokenSource, Action{double}?, CancellationToken)"/>
    public EvaluationResult Evaluate(
        ParameterBlock parameters, ITokenSource tokens, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        // From when averaging begins, the average is measured for good.
        if (!_measured.Parameters.Values.Overlaps(parameters.Values))
        {
            _measured = ModelOf(parameters);
            _evaluator = _newEvaluator(_measured);
        }

        return _evaluator.Evaluate(tokens, progress, cancellation);
    }

    /// <summary>The windows of a text.</summary>
    private sealed class WindowBatches(TokenWindows windows, LanguageModelRecipe recipe) : IBatches<TokenWindow>
    {
        private IReadOnlyList<long> _starts = [0];

        public int Begin(int epoch, long firstUpdate)
        {
            _starts = windows.StartsOf(recipe, firstUpdate);
            return _starts.Count - 1;
        }

        public void Fill(int index, TokenWindow into)
        {
            into.TimeSteps = Length(index);
            windows.Fill(_starts[index], into.TimeSteps, into.Inputs, into.Targets);
        }

        public bool Continues(int index) => index > 0;

        public float RateFactor(int index) => recipe.VariableBptt ? (float)((double)Length(index) / recipe.Bptt) : 1f;

        public long TermsBefore(int index) => recipe.BatchSize * _starts[index];

        private int Length(int index) => (int)(_starts[index + 1] - _starts[index]);
    }
}
