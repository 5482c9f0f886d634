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
    private readonly SeriesPart _valid;
    private readonly PreparedSeries _series;
    private readonly float[] _weights;
    private readonly Func<SequenceModel, RegressorEvaluator> _newEvaluator;
    private SequenceModel _measured;
    private RegressorEvaluator _evaluator;

    /// <summary>Learns the scales from the training rows, plans the network and takes its memory.</summary>
    /// <param name="recipe">What decides the run.</param>
    /// <param name="inputs">The columns that are fed.</param>
    /// <param name="targets">The columns that are predicted.</param>
    /// <param name="train">The training rows; no row after them is looked at.</param>
    /// <param name="valid">The validation rows.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="masks">Masks drawn beforehand; <see langword="null"/> to draw them.</param>
    /// <param name="memory">Gives the host's memory for the network's scratch, or <see langword="null"/> to allocate.</param>
    /// <exception cref="ArgumentException">A figure is out of range, a column is not there or cannot be learnt from, there are too few rows
    /// for one window of the batch, or the host gives too little memory.</exception>
    public RegressorTask(
        RegressorRecipe recipe, IReadOnlyList<string> inputs, IReadOnlyList<string> targets, SeriesPart train, SeriesPart valid,
        IParallelRunner? runner = null, HardwareProfile? hardware = null, IMaskSource? masks = null,
        Func<int, Memory<float>>? memory = null)
        : this(recipe, SeriesForm.Learn(recipe.ToForm(inputs, targets), train), train, valid, runner, hardware, masks, memory)
    {
    }

    /// <summary>The same with columns and scales that are known: those of a model whose training goes on.</summary>
    /// <param name="recipe">What decides the run.</param>
    /// <param name="form">Columns and scales.</param>
    /// <param name="train">The training rows; no row after them is looked at.</param>
    /// <param name="valid">The validation rows.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="masks">Masks drawn beforehand; <see langword="null"/> to draw them.</param>
    /// <param name="memory">Gives the host's memory for the network's scratch, or <see langword="null"/> to allocate.</param>
    /// <exception cref="ArgumentException">A figure is out of range, a column is not there, there are too few rows, or the host gives too
    /// little memory.</exception>
    public RegressorTask(
        RegressorRecipe recipe, SeriesForm form, SeriesPart train, SeriesPart valid, IParallelRunner? runner = null,
        HardwareProfile? hardware = null, IMaskSource? masks = null, Func<int, Memory<float>>? memory = null)
    {
        recipe.Validate();
        _recipe = recipe;
        _valid = valid;
        SequenceModel model = new(recipe.ToConfig(form.Inputs.Length, form.Targets.Length));
        Regressor = new Regressor(model, form);
        _measured = model;
        Batches = new SeriesBatches(recipe, new PreparedSeries(form, train), form.OutputCount);
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        var shape = new WindowShape(recipe.BatchSize, recipe.TimeSteps, Training: true);
        _series = new PreparedSeries(form, valid);
        _weights = Weights(recipe, form);
        float[] squares = [.. form.OutputScales.Select(scale => (float)(scale.Scale * scale.Scale))];
        Network = SequenceNetwork.OnItsOwn(
            model, shape, plan, new MaskOrigin(recipe.Dropout, recipe.Seed, masks), recipe.Loss, recipe.HuberDelta, _weights, squares,
            memory);
        _newEvaluator = measured => new RegressorEvaluator(new Regressor(measured, form), runner, hardware);
        _evaluator = _newEvaluator(model);
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
    public override SequenceBatch NewBatch() => new(Regressor.Model.Config, _recipe.BatchSize, _recipe.TimeSteps);

    /// <inheritdoc/>
    public override void Initialize() =>
        Regressor.Model.Initialize(_recipe.Seed, _recipe.InitRange, _recipe.ForgetBias, _recipe.InitScheme);

    /// <inheritdoc/>
    public override double MetricOf(double loss, double score) => score;

    /// <inheritdoc/>
    public override Measurement Measure(
        ParameterBlock parameters, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        // The loss is in the units of training: what the network ought to give, by what it gave.
        SeriesForm form = Regressor.Form;
        double loss = 0;
        long terms = 0;
        RegressionResult result = EvaluatorOf(parameters).Evaluate(_valid, AddLoss, progress, cancellation);
        return new Measurement(loss / terms, result.All.Model.Mse);

        void AddLoss(int row, ReadOnlySpan<double> predictions)
        {
            for (int output = 0; output < predictions.Length; output++)
            {
                int target = output % form.Targets.Length;
                double given = form.TargetScales[target].Normalise(predictions[output]) - _series.Base(row, target);
                double wanted = form.OutputScales[output].Normalise(_series.OutputTarget(row, output));
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
        return EvaluatorOf(parameters).Evaluate(part, null, progress, cancellation);
    }

    /// <summary>The model of some parameters of its shape, which may be those of the run's average.</summary>
    public SequenceModel ModelOf(ParameterBlock parameters) =>
        parameters == Regressor.Model.Parameters ? Regressor.Model : new SequenceModel(Regressor.Model.Config, parameters.Memory);

    private RegressorEvaluator EvaluatorOf(ParameterBlock parameters)
    {
        // From when averaging begins, the average is measured for good.
        if (_measured.Parameters.Values.Overlaps(parameters.Values)) return _evaluator;
        _measured = ModelOf(parameters);
        return _evaluator = _newEvaluator(_measured);
    }

    // Outputs are learnt in units of their own spread, and count as they do in the error of normalised values; 1 on the mean.
    private static float[] Weights(RegressorRecipe recipe, SeriesForm form)
    {
        double[] weights =
            [.. form.OutputScales.Select(scale => recipe.Loss == SequenceLoss.Squared ? scale.Scale * scale.Scale : scale.Scale)];
        double mean = weights.Average();
        return [.. weights.Select(weight => (float)(weight / mean))];
    }
}
