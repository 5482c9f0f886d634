namespace TinySD.Tools.Files;

/// <summary>What <c>inspect --plan</c> is asked for.</summary>
/// <param name="Batch">Sequences of a batch, or null for as many as in the model's training.</param>
/// <param name="Steps">Time steps, or null for as many.</param>
/// <param name="Optimizer">The update rule, or null for the same.</param>
/// <param name="Runner">Threads.</param>
/// <param name="Hardware">The machine.</param>
/// <param name="Warnings">Told of options that have no effect.</param>
internal sealed record PlanRequest(
    int? Batch, int? Steps, OptimizerKind? Optimizer, IParallelRunner Runner, HardwareProfile? Hardware, Warnings Warnings)
{
    /// <summary>The option that asks for time steps.</summary>
    public const string StepsName = "--bptt";

    /// <summary>A model's recipe with what is asked for, but for the steps.</summary>
    public TRecipe Settle<TRecipe>(TRecipe recipe)
        where TRecipe : TrainingRecipe
    {
        recipe = recipe with { BatchSize = Batch ?? recipe.BatchSize };
        if (Optimizer is not { } optimizer || optimizer == recipe.Optimizer) return recipe;
        return recipe with { Optimizer = optimizer, Momentum = 0f, Nesterov = false, WeightDecay = 0f, DecoupledDecay = false };
    }
}
