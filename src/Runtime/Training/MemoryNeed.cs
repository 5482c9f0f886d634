namespace TinySD.Runtime.Training;

/// <summary>What training takes in memory, known before any is taken.</summary>
/// <param name="ParametersBytes">The model.</param>
/// <param name="GradientsBytes">Its gradient.</param>
/// <param name="OptimizerBytes">What the optimizer keeps.</param>
/// <param name="WorkspaceBytes">The scratch of all layers.</param>
public readonly record struct MemoryNeed(long ParametersBytes, long GradientsBytes, long OptimizerBytes, long WorkspaceBytes)
{
    /// <summary>All together.</summary>
    public long TotalBytes => ParametersBytes + GradientsBytes + OptimizerBytes + WorkspaceBytes;

    /// <summary>What a recipe's training takes, of so many floats of parameters and of scratch.</summary>
    internal static MemoryNeed Of(long parameters, TrainingRecipe recipe, long scratch) => new(
        parameters * sizeof(float), parameters * sizeof(float), Optimizer.StateNames(recipe).Length * parameters * sizeof(float),
        scratch * sizeof(float));
}
