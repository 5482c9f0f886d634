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
    private readonly LabelledSequences? _valid;
    private readonly SequenceModel? _start;
    private readonly Func<ParameterBlock, int, ClassifierEvaluator> _newEvaluator;
    private readonly EvaluatorOf<ClassifierEvaluator> _evaluators;
    private readonly int _longest;
    private SequenceBatch? _batch;

    /// <summary>Plans all of training and takes the memory for it, in one block: <see cref="TrainingTask{TBatch}.MemoryNeed"/>.</summary>
    /// <param name="recipe">What decides the run.</param>
    /// <param name="form">Labels and columns; the columns' scales are learnt from the training sequences unless they are there.</param>
    /// <param name="vocabularySize">Tokens V, or 0 for rows of numbers.</param>
    /// <param name="train">The training sequences.</param>
    /// <param name="valid">The validation sequences; <see langword="null"/> where nothing is to be measured.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="masks">Masks drawn beforehand; <see langword="null"/> to draw them.</param>
    /// <param name="memory">Gives the host's memory for all of training and is asked once, here, for how many floats;
    /// <see langword="null"/> to allocate. What it gives must outlive the task and be nobody else's; it may hold anything and start
    /// anywhere, best on a multiple of <see cref="AlignedBuffer.AlignmentBytes"/>.</param>
    /// <param name="start">A model whose parameters training begins with, which itself stays as it is; <see langword="null"/> to draw
    /// them. Then all sequences may have one label.</param>
    /// <exception cref="ArgumentException">A figure is out of range, the data are not of the form, all have one label, the model that
    /// training begins with is of another shape, or the host gives too little memory.</exception>
    public ClassifierTask(
        ClassifierRecipe recipe, ClassifierForm form, int vocabularySize, LabelledSequences train, LabelledSequences? valid,
        IParallelRunner? runner = null, HardwareProfile? hardware = null, IMaskSource? masks = null,
        Func<int, Memory<float>>? memory = null, SequenceModel? start = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(form);
        ArgumentNullException.ThrowIfNull(train);
        recipe.Validate();
        if (form.IsMultiLabel != recipe.IsMultiLabel)
            Throw.Argument("recipe and form differ in whether a sequence has several labels at once");
        RequireOf(form, vocabularySize, train);
        if (valid is not null) RequireOf(form, vocabularySize, valid);
        long[] counts = train.CountLabels(form.Labels.Length);
        valid?.CountLabels(form.Labels.Length);
        if (start is not null)
        {
            if (train.Count == 0) Throw.Argument("there is no training sequence");
            recipe.RequireShapeOf(new Classifier(start, form));
        }
        else if (!form.IsMultiLabel && counts.Count(count => count > 0) < 2)
        {
            int only = Array.FindIndex(counts, count => count > 0);
            string found = only < 0 ? "there is no training sequence" : $"all training sequences are '{form.Labels[only]}'";
            Throw.Argument($"{found}: there is nothing to tell apart");
        }

        if (form.InputScales.Length == 0) form = form.Learn(train);
        _recipe = recipe;
        _valid = valid;
        _start = start;
        var model = SequenceModel.WithoutNumbers(recipe.ToConfig(vocabularySize, form.Inputs.Length, form.Labels.Length));
        Classifier = new Classifier(model, form);

        // Memory for what there is, and not for the longest that could be.
        _longest = LongestOf(recipe, train, valid);
        Batches = new LabelledBatches(recipe, form, train, counts);
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        (Network, _batch) = Declare(model, recipe, _longest, plan, masks);
        Take(memory);
        _newEvaluator = (parameters, longest) => new ClassifierEvaluator(
            new Classifier(ModelOf(parameters), form), Math.Clamp(longest, 1, recipe.MaxLength), recipe.BatchSize, runner, hardware,
            plan.Scratch.Memory);
        _evaluators = new EvaluatorOf<ClassifierEvaluator>(parameters => _newEvaluator(parameters, _longest));
        if (valid is not null) _ = _evaluators[model.Parameters];
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
    public override SequenceBatch NewBatch() =>
        Interlocked.Exchange(ref _batch, null) ?? new(Classifier.Model.Config, _recipe.BatchSize, _longest);

    /// <inheritdoc/>
    public override void Initialize()
    {
        if (_start is null) Classifier.Model.Initialize(_recipe.Seed, _recipe.InitRange, _recipe.ForgetBias, _recipe.InitScheme);
        else _start.Parameters.Values.CopyTo(Classifier.Model.Parameters.Values);
    }

    /// <summary>The memory that training by a recipe takes, model included; none of it is taken here.</summary>
    /// <param name="recipe">Shape, batch, dropout and optimizer are used.</param>
    /// <param name="vocabularySize">Tokens V, or 0 for rows of numbers.</param>
    /// <param name="columns">Columns I of rows of numbers.</param>
    /// <param name="labels">Labels.</param>
    /// <param name="longest">Steps of the longest sequence, see <see cref="LongestOf"/>.</param>
    /// <param name="runner">Threads, which need scratch each; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are.</param>
    /// <exception cref="ArgumentException">The recipe is out of range, or a part of the memory would pass 2^31 floats.</exception>
    public static MemoryNeed MemoryNeedOf(
        ClassifierRecipe recipe, int vocabularySize, int columns, int labels, int longest, IParallelRunner? runner = null,
        HardwareProfile? hardware = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Validate();
        var model = SequenceModel.WithoutNumbers(recipe.ToConfig(vocabularySize, columns, labels));
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        return MemoryNeed.Of(Declare(model, recipe, longest, plan).Network, recipe);
    }

    /// <summary>Steps for which memory is taken: those of the longest sequence, cut as the recipe says.</summary>
    /// <param name="recipe">Says where sequences are cut.</param>
    /// <param name="train">The training sequences.</param>
    /// <param name="valid">The validation sequences, or <see langword="null"/>.</param>
    public static int LongestOf(ClassifierRecipe recipe, LabelledSequences train, LabelledSequences? valid = null) =>
        Math.Clamp(Math.Max(train.Longest, valid?.Longest ?? 0), 1, recipe.MaxLength);

    /// <inheritdoc/>
    public override double MetricOf(double loss, double score) => score;

    /// <inheritdoc/>
    public override Measurement Measure(
        ParameterBlock parameters, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        if (_valid is null) throw NothingToMeasure("sequences");
        ClassificationResult result = Evaluate(parameters, _valid, progress, cancellation);
        return new Measurement(result.Loss, result.Accuracy);
    }

    /// <summary>Measures parameters on any sequences.</summary>
    /// <param name="parameters">Those in training, or their average.</param>
    /// <param name="sequences">The sequences; they are cut only where the recipe says so.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    public ClassificationResult Evaluate(
        ParameterBlock parameters, LabelledSequences sequences, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        return InScratch(() =>
        {
            ClassifierEvaluator evaluator =
                sequences.Longest <= _longest ? _evaluators[parameters] : _newEvaluator(parameters, sequences.Longest);
            return evaluator.Evaluate(sequences, progress, cancellation);
        });
    }

    /// <summary>Refuses sequences of other things than a form's.</summary>
    internal static void RequireOf(ClassifierForm form, int vocabularySize, LabelledSequences sequences)
    {
        if (sequences.HasTokens != (vocabularySize > 0) || sequences.Width != form.Inputs.Length)
            Throw.Argument("the sequences are not of what the form says: tokens, or rows of its columns");
    }

    /// <summary>A recipe's network and room for a batch of it, on a plan whose memory is not taken.</summary>
    internal static (SequenceNetwork Network, SequenceBatch Batch) Declare(
        SequenceModel model, ClassifierRecipe recipe, int longest, NetworkPlan plan, IMaskSource? masks = null)
    {
        var shape = new WindowShape(recipe.BatchSize, longest, Training: true);
        SequenceLoss loss = recipe.IsMultiLabel ? SequenceLoss.Logistic : SequenceLoss.CrossEntropy;
        return SequenceNetwork.Declare(model, shape, plan, new MaskOrigin(recipe.Dropout, recipe.Seed, masks), loss).Declared;
    }

    /// <summary>The model of some parameters of its shape, which may be those of the run's average.</summary>
    public SequenceModel ModelOf(ParameterBlock parameters) =>
        parameters == Classifier.Model.Parameters ? Classifier.Model : new SequenceModel(Classifier.Model.Config, parameters.Memory);
}
