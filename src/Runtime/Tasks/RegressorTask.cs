using System.Collections.Immutable;
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

/// <summary>Regression of series: rows to train on, others to measure the mean squared error on.</summary>
public sealed class RegressorTask : TrainingTask<SequenceBatch>
{
    private readonly RegressorRecipe _recipe;
    private readonly SeriesPart? _valid;
    private readonly SequenceModel? _start;
    private readonly PreparedSeries? _series;
    private readonly float[] _weights;
    private readonly EvaluatorOf<RegressorEvaluator> _evaluators;
    private SequenceBatch? _batch;

    /// <summary>Learns the scales from the training rows, plans all of training and takes the memory for it, in one block:
    /// <see cref="TrainingTask{TBatch}.MemoryNeed"/>.</summary>
    /// <param name="recipe">What decides the run.</param>
    /// <param name="inputs">The columns that are fed.</param>
    /// <param name="targets">The columns that are predicted.</param>
    /// <param name="train">The training rows; no row after them is looked at.</param>
    /// <param name="valid">The validation rows; <see langword="null"/> where nothing is to be measured.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="masks">Masks drawn beforehand; <see langword="null"/> to draw them.</param>
    /// <param name="memory">Gives the host's memory for all of training and is asked once, here, for how many floats;
    /// <see langword="null"/> to allocate. What it gives must outlive the task and be nobody else's; it may hold anything and start
    /// anywhere, best on a multiple of <see cref="AlignedBuffer.AlignmentBytes"/>.</param>
    /// <exception cref="ArgumentException">A figure is out of range, a column is not there or cannot be learnt from, there are too few rows
    /// for one window of the batch, or the host gives too little memory.</exception>
    public RegressorTask(
        RegressorRecipe recipe, IReadOnlyList<string> inputs, IReadOnlyList<string> targets, SeriesPart train, SeriesPart? valid,
        IParallelRunner? runner = null, HardwareProfile? hardware = null, IMaskSource? masks = null,
        Func<int, Memory<float>>? memory = null)
        : this(
            recipe, SeriesForm.Learn(Throw.IfNull(recipe).ToForm(Throw.IfNull(inputs), Throw.IfNull(targets)), train), train, valid, runner,
            hardware, masks, memory)
    {
    }

    /// <summary>The same with columns and scales that are known: those of a model whose training goes on.</summary>
    /// <param name="recipe">What decides the run.</param>
    /// <param name="form">Columns and scales.</param>
    /// <param name="train">The training rows; no row after them is looked at.</param>
    /// <param name="valid">The validation rows; <see langword="null"/> where nothing is to be measured.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="masks">Masks drawn beforehand; <see langword="null"/> to draw them.</param>
    /// <param name="memory">Gives the host's memory for all of training and is asked once, here, for how many floats;
    /// <see langword="null"/> to allocate. What it gives must outlive the task and be nobody else's; it may hold anything and start
    /// anywhere, best on a multiple of <see cref="AlignedBuffer.AlignmentBytes"/>.</param>
    /// <param name="start">A model whose parameters training begins with, which itself stays as it is; <see langword="null"/> to draw
    /// them.</param>
    /// <exception cref="ArgumentException">A figure is out of range, a column is not there, there are too few rows, recipe, form and the
    /// model that training begins with do not fit each other, or the host gives too little memory.</exception>
    public RegressorTask(
        RegressorRecipe recipe, SeriesForm form, SeriesPart train, SeriesPart? valid, IParallelRunner? runner = null,
        HardwareProfile? hardware = null, IMaskSource? masks = null, Func<int, Memory<float>>? memory = null, SequenceModel? start = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(form);
        ArgumentNullException.ThrowIfNull(train);
        recipe.Validate();
        if (start is not null) recipe.RequireShapeOf(new Regressor(start, form));
        _recipe = recipe;
        _valid = valid;
        _start = start;
        var model = SequenceModel.WithoutNumbers(recipe.ToConfig(form.Inputs.Length, form.Targets.Length));
        Regressor = new Regressor(model, form);
        Batches = new SeriesBatches(recipe, new PreparedSeries(form, train), form.OutputCount);
        if (valid is not null) _series = new PreparedSeries(form, valid);
        _weights = Weights(recipe, form);
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        (Network, _batch) = Declare(model, recipe, plan, masks, _weights, Squares(form));
        Take(memory);
        _evaluators = new EvaluatorOf<RegressorEvaluator>(parameters => new RegressorEvaluator(
            new Regressor(ModelOf(parameters), form), runner, hardware, plan.Scratch.Memory));
        if (valid is not null) _ = _evaluators[model.Parameters];
    }

    /// <summary>The regressor in training.</summary>
    public Regressor Regressor { get; }

    /// <inheritdoc/>
    public override TrainingRecipe Recipe => _recipe;

    /// <inheritdoc/>
    public override Metric Metric { get; } = new("mse");

    /// <inheritdoc/>
    public override Network<SequenceBatch> Network { get; }

    /// <inheritdoc/>
    public override IBatches<SequenceBatch> Batches { get; }

    /// <inheritdoc/>
    public override SequenceBatch NewBatch() =>
        Interlocked.Exchange(ref _batch, null) ?? new(Regressor.Model.Config, _recipe.BatchSize, _recipe.TimeSteps);

    /// <inheritdoc/>
    public override void Initialize()
    {
        if (_start is null) Regressor.Model.Initialize(_recipe.Seed, _recipe.InitRange, _recipe.ForgetBias, _recipe.InitScheme);
        else _start.Parameters.Values.CopyTo(Regressor.Model.Parameters.Values);
    }

    /// <summary>The memory that training by a recipe takes, model included; none of it is taken here.</summary>
    /// <param name="recipe">Shape, batch, steps, dropout and optimizer are used.</param>
    /// <param name="inputs">Columns that are fed.</param>
    /// <param name="targets">Columns that are predicted.</param>
    /// <param name="runner">Threads, which need scratch each; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are.</param>
    /// <exception cref="ArgumentException">The recipe is out of range, or a part of the memory would pass 2^31 floats.</exception>
    public static MemoryNeed MemoryNeedOf(
        RegressorRecipe recipe, int inputs, int targets, IParallelRunner? runner = null, HardwareProfile? hardware = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Validate();
        var model = SequenceModel.WithoutNumbers(recipe.ToConfig(inputs, targets));
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        return MemoryNeed.Of(Declare(model, recipe, plan).Network, recipe);
    }

    /// <inheritdoc/>
    public override double MetricOf(double loss, double score) => score;

    /// <inheritdoc/>
    public override Measurement Measure(
        ParameterBlock parameters, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        if (_valid is null) throw NothingToMeasure("rows");

        // The loss is in the units of training: what the network ought to give, by what it gave.
        SeriesForm form = Regressor.Form;
        PreparedSeries series = _series!;
        double loss = 0;
        long terms = 0;
        RegressionResult result = InScratch(() => _evaluators[parameters].Evaluate(_valid, AddLoss, progress, cancellation));
        return new Measurement(loss / terms, result.All.Model.Mse);

        void AddLoss(int row, ReadOnlySpan<double> predictions)
        {
            for (int output = 0; output < predictions.Length; output++)
            {
                int target = output % form.Targets.Length;
                double given = form.TargetScales[target].Normalise(predictions[output]) - series.Base(row, target);
                double wanted = form.OutputScales[output].Normalise(series.OutputTarget(row, output));
                if (double.IsNaN(wanted)) continue;
                loss += _weights[output] * TargetLoss.Of(
                    _recipe.Loss, _recipe.HuberDelta, form.OutputScales[output].Normalise(given), wanted, out _);
                terms++;
            }
        }
    }

    /// <summary>Measures parameters on any rows.</summary>
    /// <param name="parameters">Those in training, or their average.</param>
    /// <param name="part">The rows.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    public RegressionResult Evaluate(
        ParameterBlock parameters, SeriesPart part, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        return InScratch(() => _evaluators[parameters].Evaluate(part, null, progress, cancellation));
    }

    /// <summary>The model of some parameters of its shape, which may be those of the run's average.</summary>
    public SequenceModel ModelOf(ParameterBlock parameters) =>
        parameters == Regressor.Model.Parameters ? Regressor.Model : new SequenceModel(Regressor.Model.Config, parameters.Memory);

    /// <summary>A recipe's network and room for a batch of it, on a plan whose memory is not taken.</summary>
    internal static (SequenceNetwork Network, SequenceBatch Batch) Declare(
        SequenceModel model, RegressorRecipe recipe, NetworkPlan plan, IMaskSource? masks = null, float[]? weights = null,
        float[]? squares = null)
    {
        var shape = new WindowShape(recipe.BatchSize, recipe.TimeSteps, Training: true);
        var origin = new MaskOrigin(recipe.Dropout, recipe.Seed, masks);
        return SequenceNetwork.Declare(model, shape, plan, origin, recipe.Loss, recipe.HuberDelta, weights, squares).Declared;
    }

    /// <summary>What the squared error of each output counts in that of normalised values.</summary>
    internal static float[] Squares(SeriesForm form) =>
        [.. ImmutableArray.CreateRange(form.OutputScales, scale => (float)(scale.Scale * scale.Scale))];

    /// <summary>What each output counts in the loss: outputs are learnt in units of their own spread, and count as they do in the error of
    /// normalised values; 1 on the mean.</summary>
    internal static float[] Weights(RegressorRecipe recipe, SeriesForm form)
    {
        double[] weights =
        [
            .. ImmutableArray.CreateRange(
                form.OutputScales, scale => recipe.Loss == SequenceLoss.Squared ? scale.Scale * scale.Scale : scale.Scale),
        ];
        double mean = weights.Average();
        return Array.ConvertAll(weights, weight => (float)(weight / mean));
    }
}
