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

/// <summary>Tagging of sentences: some to train on, others to measure F1 of entities on, or accuracy where tags are of no
/// scheme.</summary>
public sealed class TaggerTask : TrainingTask<TaggerBatch>
{
    // Sentences up to so many tokens are measured in batches.
    private const int UsualLength = 128;

    private readonly TaggerRecipe _recipe;
    private readonly TaggedSentences? _valid;
    private readonly TaggerModel? _start;
    private readonly EvaluatorOf<TaggerEvaluator> _evaluators;
    private readonly int _longest;
    private TaggerBatch? _batch;

    /// <summary>Plans all of training and takes the memory for it, in one block: <see cref="TrainingTask{TBatch}.MemoryNeed"/>.</summary>
    /// <param name="recipe">What decides the run.</param>
    /// <param name="form">The tags.</param>
    /// <param name="vocabularySize">Words V.</param>
    /// <param name="alphabetSize">Characters C; not used where they are not read.</param>
    /// <param name="train">The training sentences.</param>
    /// <param name="valid">The validation sentences; <see langword="null"/> where nothing is to be measured.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="masks">Masks drawn beforehand; <see langword="null"/> to draw them.</param>
    /// <param name="memory">Gives the host's memory for all of training and is asked once, here, for how many floats;
    /// <see langword="null"/> to allocate. What it gives must outlive the task and be nobody else's; it may hold anything and start
    /// anywhere, best on a multiple of <see cref="AlignedBuffer.AlignmentBytes"/>.</param>
    /// <param name="start">A model whose parameters training begins with, which itself stays as it is; <see langword="null"/> to draw
    /// them.</param>
    /// <exception cref="ArgumentException">A figure is out of range, a training sentence has a tag that the form does not have, there is no
    /// token to train on, the model that training begins with is of another shape, or the host gives too little memory.</exception>
    public TaggerTask(
        TaggerRecipe recipe, TaggerForm form, int vocabularySize, int alphabetSize, TaggedSentences train, TaggedSentences? valid,
        IParallelRunner? runner = null, HardwareProfile? hardware = null, IMaskSource? masks = null,
        Func<int, Memory<float>>? memory = null, TaggerModel? start = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentNullException.ThrowIfNull(form);
        ArgumentNullException.ThrowIfNull(train);
        recipe.Validate();
        form.Validate();
        RequireTags(form, train);
        if (valid is { HasGold: false }) Throw.Argument("the validation sentences have no tags to compare with");
        TaggerConfig config = recipe.ToConfig(vocabularySize, alphabetSize, form.Tags.Length);
        if (start is not null && start.Config != config)
            Throw.Argument("the recipe's shape is not that of the model training begins with; WithShapeOf makes it so");
        _recipe = recipe;
        _valid = valid;
        _start = start;
        var model = TaggerModel.WithoutNumbers(config);
        Tagger = new Tagger(model, form);
        _longest = LongestOf(recipe, train);
        Batches = new TaggerBatches(recipe, config, new TaggedPieces(train, recipe.MaxLength));
        Metric = MetricFor(form);
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        (Network, _batch) = Declare(model, recipe, _longest, plan, masks);
        Take(memory);
        _evaluators = new EvaluatorOf<TaggerEvaluator>(parameters => new TaggerEvaluator(
            new Tagger(ModelOf(parameters), form), Math.Min(UsualLength, _longest), recipe.BatchSize, isConstrained: true, runner, hardware,
            plan.Scratch.Memory));
    }

    /// <summary>The tagger in training.</summary>
    public Tagger Tagger { get; }

    /// <inheritdoc/>
    public override TrainingRecipe Recipe => _recipe;

    /// <inheritdoc/>
    public override Metric Metric { get; }

    /// <inheritdoc/>
    public override Network<TaggerBatch> Network { get; }

    /// <inheritdoc/>
    public override IBatches<TaggerBatch> Batches { get; }

    /// <summary>What a tagger of some tags is measured by: F1 or accuracy, in percent, as papers and conlleval have them.</summary>
    public static Metric MetricFor(TaggerForm form) => new(form.Scheme == TagScheme.None ? "accuracy" : "F1", HigherIsBetter: true);

    /// <inheritdoc/>
    public override TaggerBatch NewBatch() =>
        Interlocked.Exchange(ref _batch, null) ?? new(Tagger.Model.Config, _recipe.BatchSize, _longest);

    /// <inheritdoc/>
    public override void Initialize()
    {
        if (_start is null) Tagger.Model.Initialize(_recipe.Seed, _recipe.InitRange, _recipe.ForgetBias, _recipe.InitScheme);
        else _start.Parameters.Values.CopyTo(Tagger.Model.Parameters.Values);
    }

    /// <summary>The memory that training by a recipe takes, model included; none of it is taken here.</summary>
    /// <param name="recipe">Shape, batch, dropout and optimizer are used.</param>
    /// <param name="vocabularySize">Words V.</param>
    /// <param name="alphabetSize">Characters C.</param>
    /// <param name="tags">Tags K.</param>
    /// <param name="longest">Tokens of the longest sentence, see <see cref="LongestOf"/>.</param>
    /// <param name="runner">Threads, which need scratch each; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are.</param>
    /// <exception cref="ArgumentException">A figure is out of range.</exception>
    public static MemoryNeed MemoryNeedOf(
        TaggerRecipe recipe, int vocabularySize, int alphabetSize, int tags, int longest, IParallelRunner? runner = null,
        HardwareProfile? hardware = null)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Validate();
        var model = TaggerModel.WithoutNumbers(recipe.ToConfig(vocabularySize, alphabetSize, tags));
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        return MemoryNeed.Of(Declare(model, recipe, longest, plan).Network, recipe);
    }

    /// <summary>Tokens for which memory is taken: those of the longest training sentence, cut as the recipe says.</summary>
    public static int LongestOf(TaggerRecipe recipe, TaggedSentences train) => Math.Clamp(train.Longest, 1, recipe.MaxLength);

    /// <inheritdoc/>
    public override Measurement Measure(
        ParameterBlock parameters, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        if (_valid is null) throw NothingToMeasure("sentences");
        TaggingResult result = Evaluate(parameters, _valid, progress: progress, cancellation: cancellation);
        return new Measurement(result.Loss, 100 * result.Score);
    }

    /// <summary>Measures parameters on any sentences.</summary>
    /// <param name="parameters">Those in training, or their average.</param>
    /// <param name="sentences">The sentences, which are not cut.</param>
    /// <param name="rule">Which entities there are.</param>
    /// <param name="progress">Called now and then with the share that is done, 0 to 1.</param>
    /// <param name="cancellation">Looked at now and then.</param>
    public TaggingResult Evaluate(
        ParameterBlock parameters, TaggedSentences sentences, EntityRule rule = EntityRule.Conlleval, Action<double>? progress = null,
        CancellationToken cancellation = default) =>
        InScratch(() => _evaluators[parameters].Evaluate(sentences, rule, progress, cancellation));

    /// <summary>The model of some parameters of its shape, which may be those of the run's average.</summary>
    public TaggerModel ModelOf(ParameterBlock parameters) =>
        parameters == Tagger.Model.Parameters ? Tagger.Model : new TaggerModel(Tagger.Model.Config, parameters.Memory);

    /// <summary>A recipe's network and room for a batch of it, on a plan whose memory is not taken.</summary>
    internal static (TaggerNetwork Network, TaggerBatch Batch) Declare(
        TaggerModel model, TaggerRecipe recipe, int longest, NetworkPlan plan, IMaskSource? masks = null) =>
        TaggerNetwork.Declare(
            model, new(recipe.BatchSize, longest, Training: true), plan, new MaskOrigin(recipe.Dropout, recipe.Seed, masks)).Declared;

    // Every training token needs a tag to be learnt.
    private static void RequireTags(TaggerForm form, TaggedSentences train)
    {
        if (train.Tokens == 0) Throw.Argument("there is no token to train on");
        if (!train.HasTags) Throw.Argument("the training sentences have no tags");
        for (int i = 0; i < train.Count; i++)
        {
            foreach (int tag in train.TagsOf(i))
            {
                if ((uint)tag >= (uint)form.Tags.Length)
                    Throw.Argument($"training sentence {i} has a tag that is none of the {form.Tags.Length} of the form");
            }
        }
    }
}
