using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Tasks;

/// <summary>A language model that learns from a text of its user's.</summary>
public sealed class LanguageModelPersonalizer : Personalizer<TokenWindow>
{
    private readonly LanguageModelRecipe _recipe;

    /// <summary>Takes the memory, and a copy of the model's parameters into it.</summary>
    /// <param name="model">The model to begin with, which stays as it is.</param>
    /// <param name="recipe">Of the model's shape: see <see cref="LanguageModelRecipe.WithShapeOf"/>.</param>
    /// <param name="budgetBytes">The most memory that it may take.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="memory">Gives the host's memory and is asked once, here, for how many floats; <see langword="null"/> to allocate. What
    /// it gives must outlive this and be nobody else's; it may hold anything and start anywhere.</param>
    /// <exception cref="ArgumentException">It would take more than the budget, and nothing was taken: the message says how much, and which
    /// batch fits. Or the recipe is out of range or not of the model's shape, or the host gives too little memory.</exception>
    public LanguageModelPersonalizer(
        LanguageModel model, LanguageModelRecipe recipe, long budgetBytes = long.MaxValue, IParallelRunner? runner = null,
        HardwareProfile? hardware = null, Func<int, Memory<float>>? memory = null)
        : this(model, Declare(model, recipe, budgetBytes, runner, hardware), recipe, memory)
    {
    }

    private LanguageModelPersonalizer(
        LanguageModel start, (LanguageModel Model, LanguageModelNetwork Network, TokenWindow Window) own, LanguageModelRecipe recipe,
        Func<int, Memory<float>>? memory)
        : base("language-model-personalizer", (own.Network, own.Window), recipe, start.Parameters, memory)
    {
        Model = own.Model;
        _recipe = recipe;
    }

    /// <summary>The model as it has been learnt so far: write it to a file at any time, and make a new session of it after steps.</summary>
    public LanguageModel Model { get; }

    /// <summary>Learns from a text from the next step on, from its start.</summary>
    /// <param name="tokens">The text, in the model's vocabulary: at least B (T + 1) tokens.</param>
    /// <exception cref="ArgumentException">It is too short.</exception>
    public void Use(ITokenSource tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        Use(new WindowBatches(new TokenWindows(tokens, _recipe.BatchSize, _recipe.Bptt), _recipe));
    }

    private static (LanguageModel Model, LanguageModelNetwork Network, TokenWindow Window) Declare(
        LanguageModel model, LanguageModelRecipe recipe, long budgetBytes, IParallelRunner? runner, HardwareProfile? hardware)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(recipe);
        recipe.Validate();
        recipe.RequireShapeOf(model.Config);
        MemoryBudget.Require(budgetBytes, recipe.BatchSize, recipe.Bptt, hasFixedSteps: recipe.VariableBptt, (batch, steps) =>
            LanguageModelTrainer.MemoryNeedOf(
                recipe with { BatchSize = batch, Bptt = steps }, model.Config.VocabularySize, runner, hardware));
        var own = LanguageModel.WithoutNumbers(model.Config);
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware));
        (LanguageModelNetwork network, TokenWindow window) = LanguageModelTrainer.Declare(own, recipe, plan, masks: null);
        return (own, network, window);
    }
}
