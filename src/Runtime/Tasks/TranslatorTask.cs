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

/// <summary>Translation of sentences: some pairs to train on, others to measure perplexity and BLEU on.</summary>
public sealed class TranslatorTask : TrainingTask<TranslatorBatch>
{
    // Sentences up to so many units are measured in batches.
    private const int UsualLength = 64;

    private readonly TranslatorRecipe _recipe;
    private readonly SentencePairs? _valid;
    private readonly TranslatorModel? _start;
    private readonly TranslatorBatches _batches;
    private readonly EvaluatorOf<TranslatorEvaluator> _evaluators;
    private readonly (int Source, int Target) _longest;
    private TranslatorBatch? _batch;

    /// <summary>Plans all of training and takes the memory for it, in one block: <see cref="TrainingTask{TBatch}.MemoryNeed"/>.</summary>
    /// <param name="recipe">What decides the run.</param>
    /// <param name="form">The target's units.</param>
    /// <param name="sourceVocabularySize">Units of sources, marks included.</param>
    /// <param name="train">The training pairs; those with an empty side, or one that is longer than the recipe says, are left out.</param>
    /// <param name="valid">The validation pairs, with references; <see langword="null"/> where nothing is to be measured.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="masks">Masks drawn beforehand; <see langword="null"/> to draw them.</param>
    /// <param name="memory">Gives the host's memory for all of training and is asked once, here, for how many floats;
    /// <see langword="null"/> to allocate. What it gives must outlive the task and be nobody else's; it may hold anything and start
    /// anywhere, best on a multiple of <see cref="AlignedBuffer.AlignmentBytes"/>.</param>
    /// <param name="start">A model whose parameters training begins with, which itself stays as it is; <see langword="null"/> to draw
    /// them.</param>
    /// <exception cref="ArgumentException">A figure is out of range, there is no pair to train on, the validation pairs lack something, the
    /// model that training begins with is of another shape, or the host gives too little memory.</exception>
    public TranslatorTask(
        TranslatorRecipe recipe, TranslatorForm form, int sourceVocabularySize, SentencePairs train, SentencePairs? valid,
        IParallelRunner? runner = null, HardwareProfile? hardware = null, IMaskSource? masks = null,
        Func<int, Memory<float>>? memory = null, TranslatorModel? start = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(form);
        ArgumentNullException.ThrowIfNull(train);
        recipe.Validate();
        form.Validate();
        if (!train.HasTargets) Throw.Argument("the training sentences have no translations");
        if (valid is not null && (!valid.HasTargets || !valid.HasReferences))
            Throw.Argument("the validation sentences have no translations, or no words to compare with");
        TranslatorConfig config = recipe.ToConfig(sourceVocabularySize, form.TargetUnits.Length);
        if (start is not null && start.Config != config)
            Throw.Argument("the recipe's shape is not that of the model training begins with; WithShapeOf makes it so");
        _recipe = recipe;
        _valid = valid;
        _start = start;
        _batches = new TranslatorBatches(recipe, train);
        if (_batches.Count == 0)
            Throw.Argument($"there is no pair to train on whose sides have 1 to {Throw.Counted(recipe.MaxLength, "unit")}");
        var model = TranslatorModel.WithoutNumbers(config);
        Translator = new Translator(model, form);
        _longest = LongestOf(recipe, train);
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        (Network, _batch) = Declare(model, recipe, _longest, plan, masks);
        Take(memory);
        int usual = Math.Min(UsualLength, Math.Max(_longest.Source, _longest.Target));
        _evaluators = new EvaluatorOf<TranslatorEvaluator>(parameters => new TranslatorEvaluator(
            new Translator(ModelOf(parameters), form), beams: 1, usual, recipe.BatchSize, runner, hardware, plan.Scratch.Memory));
    }

    /// <summary>The translator in training.</summary>
    public Translator Translator { get; }

    /// <summary>Pairs that are trained on.</summary>
    public int PairCount => _batches.Count;

    /// <inheritdoc/>
    public override TrainingRecipe Recipe => _recipe;

    /// <inheritdoc/>
    public override Metric Metric => MetricFor(_recipe);

    /// <inheritdoc/>
    public override Network<TranslatorBatch> Network { get; }

    /// <inheritdoc/>
    public override IBatches<TranslatorBatch> Batches => _batches;

    /// <summary>What a translator is measured by: BLEU; a recipe may judge epochs by their loss all the same.</summary>
    public static Metric MetricFor(TranslatorRecipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        return new Metric("BLEU", HigherIsBetter: true) { IsJudgedByLoss = recipe.SelectsByLoss };
    }

    /// <inheritdoc/>
    public override TranslatorBatch NewBatch() =>
        Interlocked.Exchange(ref _batch, null) ?? new(_recipe.BatchSize, _longest.Source, _longest.Target);

    /// <inheritdoc/>
    public override void Initialize()
    {
        if (_start is null) Translator.Model.Initialize(_recipe.Seed, _recipe.InitRange, _recipe.ForgetBias, _recipe.InitScheme);
        else _start.Parameters.Values.CopyTo(Translator.Model.Parameters.Values);
    }

    /// <summary>The memory that training by a recipe takes, model included; none of it is taken here.</summary>
    /// <param name="recipe">Shape, batch, dropout and optimizer are used.</param>
    /// <param name="sourceVocabularySize">Units of sources, marks included.</param>
    /// <param name="targetVocabularySize">Units of targets, marks included.</param>
    /// <param name="longest">Units of the longest sides, see <see cref="LongestOf"/>.</param>
    /// <param name="runner">Threads, which need scratch each; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are.</param>
    /// <exception cref="ArgumentException">A figure is out of range.</exception>
    public static MemoryNeed MemoryNeedOf(
        TranslatorRecipe recipe, int sourceVocabularySize, int targetVocabularySize, (int Source, int Target) longest,
        IParallelRunner? runner = null, HardwareProfile? hardware = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Validate();
        var model = TranslatorModel.WithoutNumbers(recipe.ToConfig(sourceVocabularySize, targetVocabularySize));
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        return MemoryNeed.Of(Declare(model, recipe, longest, plan).Network, recipe);
    }

    /// <summary>Units for which memory is taken: those of the longest sides of the pairs that are trained on.</summary>
    public static (int Source, int Target) LongestOf(TranslatorRecipe recipe, SentencePairs train)
    {
        (int source, int target) = (1, 1);
        foreach (int pair in TranslatorBatches.TrainedOf(recipe, train))
            (source, target) = (Math.Max(source, train.SourceOf(pair).Length), Math.Max(target, train.TargetOf(pair).Length));
        return (source, target);
    }

    /// <inheritdoc/>
    public override Measurement Measure(
        ParameterBlock parameters, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        if (_valid is null) throw NothingToMeasure("sentences");
        TranslationResult result = Evaluate(parameters, _valid, progress: progress, cancellation: cancellation);
        return new Measurement(result.Loss, result.Bleu.Bleu);
    }

    /// <summary>Measures parameters on any pairs.</summary>
    /// <param name="parameters">Those in training, or their average.</param>
    /// <param name="pairs">The pairs, which are not cut.</param>
    /// <param name="options">How translations are looked for, by one beam; <see langword="null"/> for the likeliest unit at every
    /// step.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    public TranslationResult Evaluate(
        ParameterBlock parameters, SentencePairs pairs, DecodingOptions? options = null, Action<double>? progress = null,
        CancellationToken cancellation = default) =>
        InScratch(() => _evaluators[parameters].Evaluate(pairs, options, bleu: null, progress, cancellation));

    /// <summary>The model of some parameters of its shape, which may be those of the run's average.</summary>
    public TranslatorModel ModelOf(ParameterBlock parameters) =>
        parameters == Translator.Model.Parameters ? Translator.Model : new TranslatorModel(Translator.Model.Config, parameters.Memory);

    /// <summary>A recipe's network and room for a batch of it, on a plan whose memory is not taken.</summary>
    internal static (TranslatorNetwork Network, TranslatorBatch Batch) Declare(
        TranslatorModel model, TranslatorRecipe recipe, (int Source, int Target) longest, NetworkPlan plan, IMaskSource? masks = null) =>
        TranslatorNetwork.Declare(
            model, new TranslatorShape(recipe.BatchSize, longest.Source, longest.Target, Training: true), plan,
            new MaskOrigin(recipe.Dropout, recipe.Seed, masks), new AttentionRates(recipe.ContextRate, recipe.AttentionRate),
            recipe.LabelSmoothing).Declared;
}
