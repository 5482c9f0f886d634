using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tasks;

/// <summary>A regressor that learns from rows of its user's.</summary>
public sealed class RegressorPersonalizer : Personalizer<SequenceBatch>
{
    private readonly RegressorRecipe _recipe;

    /// <summary>Takes the memory, and a copy of the regressor's parameters into it. Its scales stay.</summary>
    /// <param name="regressor">The regressor to begin with, which stays as it is.</param>
    /// <param name="recipe">Of the regressor's shape: see <see cref="RegressorRecipe.WithShapeOf"/>.</param>
    /// <param name="budgetBytes">The most memory that it may take.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="memory">Gives the host's memory and is asked once, here, for how many floats; <see langword="null"/> to allocate. What
    /// it gives must outlive this and be nobody else's; it may hold anything and start anywhere.</param>
    /// <exception cref="ArgumentException">It would take more than the budget, and nothing was taken: the message says how much, and which
    /// batch fits. Or the recipe is out of range or not of the regressor's shape, or the host gives too little memory.</exception>
    public RegressorPersonalizer(
        Regressor regressor, RegressorRecipe recipe, long budgetBytes = long.MaxValue, IParallelRunner? runner = null,
        HardwareProfile? hardware = null, Func<int, Memory<float>>? memory = null)
        : this(regressor, Declare(regressor, recipe, budgetBytes, runner, hardware), recipe, memory)
    {
    }

    private RegressorPersonalizer(
        Regressor start, (SequenceModel Model, SequenceNetwork Network, SequenceBatch Batch) own, RegressorRecipe recipe,
        Func<int, Memory<float>>? memory)
        : base("regressor-personalizer", (own.Network, own.Batch), recipe, start.Model.Parameters, memory)
    {
        Regressor = new Regressor(own.Model, start.Form);
        _recipe = recipe;
    }

    /// <summary>The regressor as it has been learnt so far: write it to a file at any time, and make a new session of it after
    /// steps.</summary>
    public Regressor Regressor { get; }

    /// <summary>Learns from rows from the next step on. They are prepared beside the budget: some 20 bytes a number.</summary>
    /// <param name="rows">Rows with the regressor's columns, in order of time; those before the part are its history.</param>
    /// <exception cref="ArgumentException">A column is not there, or there are too few rows for one batch.</exception>
    public void Use(SeriesPart rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        Use(new SeriesBatches(_recipe, new PreparedSeries(Regressor.Form, rows), Regressor.Form.OutputCount));
    }

    private static (SequenceModel Model, SequenceNetwork Network, SequenceBatch Batch) Declare(
        Regressor regressor, RegressorRecipe recipe, long budgetBytes, IParallelRunner? runner, HardwareProfile? hardware)
    {
        ArgumentNullException.ThrowIfNull(regressor);
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Validate();
        recipe.RequireShapeOf(regressor);
        SeriesForm form = regressor.Form;
        MemoryBudget.Require(budgetBytes, recipe.BatchSize, recipe.TimeSteps, hasFixedSteps: recipe.Window > 0, (batch, steps) =>
            RegressorTask.MemoryNeedOf(
                recipe with { BatchSize = batch, Bptt = steps }, form.Inputs.Length, form.Targets.Length, runner, hardware));
        var own = SequenceModel.WithoutNumbers(regressor.Model.Config);
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        (SequenceNetwork network, SequenceBatch batch) = RegressorTask.Declare(
            own, recipe, plan, weights: RegressorTask.Weights(recipe, form), squares: RegressorTask.Squares(form));
        return (own, network, batch);
    }
}
