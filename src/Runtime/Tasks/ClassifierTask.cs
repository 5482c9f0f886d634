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

/// <summary>Classification of sequences: some to train on, others to measure accuracy on.</summary>
public sealed class ClassifierTask : TrainingTask<SequenceBatch>
{
    private readonly ClassifierRecipe _recipe;
    private readonly LabelledSequences _valid;
    private readonly Func<SequenceModel, int, ClassifierEvaluator> _newEvaluator;
    private readonly int _longest;
    private SequenceModel _measured;
    private ClassifierEvaluator _evaluator;

    /// <summary>Plans the network and takes its memory.</summary>
    /// <param name="recipe">What decides the run.</param>
    /// <param name="form">Labels and columns; the columns' scales are learnt from the training sequences unless they are there.</param>
    /// <param name="vocabularySize">Tokens V, or 0 for rows of numbers.</param>
    /// <param name="train">The training sequences.</param>
    /// <param name="valid">The validation sequences.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="masks">Masks drawn beforehand; <see langword="null"/> to draw them.</param>
    /// <param name="memory">Gives the host's memory for the network's scratch, or <see langword="null"/> to allocate.</param>
    /// <exception cref="ArgumentException">A figure is out of range, the data are not of the form, all have one label, or the host gives
    /// too little memory.</exception>
    public ClassifierTask(
        ClassifierRecipe recipe, ClassifierForm form, int vocabularySize, LabelledSequences train, LabelledSequences valid,
        IParallelRunner? runner = null, HardwareProfile? hardware = null, IMaskSource? masks = null,
        Func<int, Memory<float>>? memory = null)
    {
        recipe.Validate();
        if (form.IsMultiLabel != recipe.IsMultiLabel)
            Throw.Argument("recipe and form differ in whether a sequence has several labels at once");
        if (train.HasTokens != (vocabularySize > 0) || valid.HasTokens != train.HasTokens || train.Width != form.Inputs.Length)
            Throw.Argument("the sequences are not of what the form says: tokens, or rows of its columns");
        long[] counts = train.CountLabels(form.Labels.Length);
        valid.CountLabels(form.Labels.Length);
        if (!form.IsMultiLabel && counts.Count(count => count > 0) < 2)
        {
            int only = Array.FindIndex(counts, count => count > 0);
            string found = only < 0 ? "there is no training sequence" : $"all training sequences are '{form.Labels[only]}'";
            Throw.Argument($"{found}: there is nothing to tell apart");
        }

        if (form.InputScales.Length == 0) form = form.Learn(train);
        _recipe = recipe;
        _valid = valid;
        var model = new SequenceModel(recipe.ToConfig(vocabularySize, form.Inputs.Length, form.Labels.Length));
        Classifier = new Classifier(model, form);
        _measured = model;

        // Memory for what there is, and not for the longest that could be.
        _longest = Math.Clamp(train.Longest, 1, recipe.MaxLength);
        Batches = new LabelledBatches(recipe, form, train, counts);
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        var shape = new WindowShape(recipe.BatchSize, _longest, Training: true);
        SequenceLoss loss = form.IsMultiLabel ? SequenceLoss.Logistic : SequenceLoss.CrossEntropy;
        Network = SequenceNetwork.OnItsOwn(
            model, shape, plan, new MaskOrigin(recipe.Dropout, recipe.Seed, masks), loss, memory: memory);
        _newEvaluator = (measured, longest) => new ClassifierEvaluator(
            new Classifier(measured, form), Math.Clamp(longest, 1, recipe.MaxLength), recipe.BatchSize, runner, hardware);
        _evaluator = _newEvaluator(model, valid.Longest);
    }

    /// <summary>The classifier in training.</summary>
    public Classifier Classifier { get; }

    /// <inheritdoc/>
    public override TrainingRecipe Recipe => _recipe;

    /// <inheritdoc/>
    public override Metric Metric { get; } = new("accuracy", HigherIsBetter: true);

    /// <inheritdoc/>
    public override Network<SequenceBatch> Network { get; }

    /// <inheritdoc/>
    public override IBatches<SequenceBatch> Batches { get; }

    /// <inheritdoc/>
    public override SequenceBatch NewBatch() => new(Classifier.Model.Config, _recipe.BatchSize, _longest);

    /// <inheritdoc/>
    public override void Initialize() =>
        Classifier.Model.Initialize(_recipe.Seed, _recipe.InitRange, _recipe.ForgetBias, _recipe.InitScheme);

    /// <inheritdoc/>
    public override double MetricOf(double loss, double score) => score;

    /// <inheritdoc/>
    public override Measurement Measure(
        ParameterBlock parameters, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ClassificationResult result = Evaluate(parameters, _valid, progress, cancellation);
        return new Measurement(result.Loss, result.Accuracy);
    }

    /// <summary>Measures parameters on any sequences.</summary>
    /// <param name="parameters">Those in training, or their average.</param>
    /// <param name="sequences">The sequences; longer ones than the validation's longest are cut there only if the recipe says so.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    public ClassificationResult Evaluate(
        ParameterBlock parameters, LabelledSequences sequences, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        // From when averaging begins, the average is measured for good.
        if (!_measured.Parameters.Values.Overlaps(parameters.Values))
        {
            _measured = ModelOf(parameters);
            _evaluator = _newEvaluator(_measured, _valid.Longest);
        }

        ClassifierEvaluator evaluator = sequences.Longest <= _valid.Longest ? _evaluator : _newEvaluator(_measured, sequences.Longest);
        return evaluator.Evaluate(sequences, progress, cancellation);
    }

    /// <summary>The model of some parameters of its shape, which may be those of the run's average.</summary>
    public SequenceModel ModelOf(ParameterBlock parameters) =>
        parameters == Classifier.Model.Parameters ? Classifier.Model : new SequenceModel(Classifier.Model.Config, parameters.Memory);
}
