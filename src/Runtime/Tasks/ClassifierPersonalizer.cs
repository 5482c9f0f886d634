using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tasks;

/// <summary>A classifier that learns from sequences that its user has labelled.</summary>
public sealed class ClassifierPersonalizer : Personalizer<SequenceBatch>
{
    private readonly ClassifierRecipe _recipe;

    /// <summary>Takes the memory, and a copy of the classifier's parameters into it. Its scales stay.</summary>
    /// <param name="classifier">The classifier to begin with, which stays as it is.</param>
    /// <param name="recipe">Of the classifier's shape: see <see cref="ClassifierRecipe.WithShapeOf"/>. Memory is taken for sequences of
    /// <see cref="ClassifierRecipe.MaxLength"/> steps, after which they are cut.</param>
    /// <param name="budgetBytes">The most memory that it may take.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="memory">Gives the host's memory and is asked once, here, for how many floats; <see langword="null"/> to allocate. What
    /// it gives must outlive this and be nobody else's; it may hold anything and start anywhere.</param>
    /// <exception cref="ArgumentException">It would take more than the budget, and nothing was taken: the message says how much, and which
    /// batch fits. Or the recipe is out of range or not of the classifier's shape, or the host gives too little memory.</exception>
    public ClassifierPersonalizer(
        Classifier classifier, ClassifierRecipe recipe, long budgetBytes = long.MaxValue, IParallelRunner? runner = null,
        HardwareProfile? hardware = null, Func<int, Memory<float>>? memory = null)
        : this(classifier, Declare(classifier, recipe, budgetBytes, runner, hardware), recipe, memory)
    {
    }

    private ClassifierPersonalizer(
        Classifier start, (SequenceModel Model, SequenceNetwork Network, SequenceBatch Batch) own, ClassifierRecipe recipe,
        Func<int, Memory<float>>? memory)
        : base("classifier-personalizer", (own.Network, own.Batch), recipe, start.Model.Parameters, memory)
    {
        Classifier = new Classifier(own.Model, start.Form);
        _recipe = recipe;
    }

    /// <summary>The classifier as it has been learnt so far: write it to a file at any time, and make a new session of it after
    /// steps.</summary>
    public Classifier Classifier { get; }

    /// <summary>Learns from sequences from the next step on. All may have one label.</summary>
    /// <param name="sequences">Of the classifier's tokens or columns; at least one.</param>
    /// <exception cref="ArgumentException">There is none, they are of other things than the classifier's, or a label is none of
    /// its.</exception>
    public void Use(LabelledSequences sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ClassifierForm form = Classifier.Form;
        if (sequences.Count == 0) Throw.Argument("there is no sequence to learn from");
        ClassifierTask.RequireOf(form, Classifier.Model.Config.VocabularySize, sequences);
        Use(new LabelledBatches(_recipe, form, sequences, sequences.CountLabels(form.Labels.Length)));
    }

    private static (SequenceModel Model, SequenceNetwork Network, SequenceBatch Batch) Declare(
        Classifier classifier, ClassifierRecipe recipe, long budgetBytes, IParallelRunner? runner, HardwareProfile? hardware)
    {
        ArgumentNullException.ThrowIfNull(classifier);
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Validate();
        SequenceModelConfig config = classifier.Model.Config;
        recipe.RequireShapeOf(classifier);
        MemoryBudget.Require(budgetBytes, recipe.BatchSize, recipe.MaxLength, hasFixedSteps: false, (batch, steps) =>
            ClassifierTask.MemoryNeedOf(
                recipe with { BatchSize = batch }, config.VocabularySize, classifier.Form.Inputs.Length, config.OutputSize, steps, runner,
                hardware));
        var own = SequenceModel.WithoutNumbers(config);
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        (SequenceNetwork network, SequenceBatch batch) = ClassifierTask.Declare(own, recipe, recipe.MaxLength, plan);
        return (own, network, batch);
    }
}
