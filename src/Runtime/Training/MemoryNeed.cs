using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Training;

/// <summary>What training takes in memory, known to the byte before any is taken: the one block that a task asks for.</summary>
/// <remarks>Beside it stand the data, as the caller holds them and as a task has prepared them, and small objects, some tens of kilobytes:
/// their number is that of layers, and their lists have a number for a unit, a sequence or a step. Validation takes nothing of its own: it
/// is done in the workspace, between updates.</remarks>
/// <param name="ParametersBytes">The model.</param>
/// <param name="GradientsBytes">Its gradient.</param>
/// <param name="OptimizerBytes">What the optimizer keeps, and the parameters of epochs that are averaged.</param>
/// <param name="WorkspaceBytes">All else: the scratch of all layers, a batch, a copy of the carried state, and lists of where the gradient
/// is not zero.</param>
public readonly record struct MemoryNeed(long ParametersBytes, long GradientsBytes, long OptimizerBytes, long WorkspaceBytes)
{
    /// <summary>All together.</summary>
    public long TotalBytes => ParametersBytes + GradientsBytes + OptimizerBytes + WorkspaceBytes;

    /// <summary>What training a network by a recipe takes, whether or not its memory is taken already.</summary>
    internal static MemoryNeed Of<TBatch>(Network<TBatch> network, TrainingRecipe recipe)
        where TBatch : class
    {
        ParameterLayout layout = network.Parameters.Layout;
        long parameters = layout.LengthFloats * (long)sizeof(float);
        long beside = network.Plan.ScratchFloats + network.Carried.LengthFloats + Trainer<TBatch>.ListFloats(layout, network.SparseTables);
        long averages = recipe.AverageLast > 1 ? recipe.AverageLast * parameters : 0;
        return new(parameters, parameters, (Optimizer.StateNames(recipe).Length * parameters) + averages, beside * sizeof(float));
    }

    /// <summary>Takes all of it as one block, and gives the network its part.</summary>
    /// <param name="network">Declared, its parameters and its plan without memory.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="host">Gives the host's memory, or null to allocate.</param>
    /// <returns>What is left, for a trainer; and room for a copy of the carried state.</returns>
    /// <exception cref="ArgumentException">The host gives too little.</exception>
    internal static (Func<int, Memory<float>> Left, ParameterBlock Carried) Take<TBatch>(
        Network<TBatch> network, TrainingRecipe recipe, Func<int, Memory<float>>? host)
        where TBatch : class
    {
        var arena = new Arena(Of(network, recipe).TotalBytes / sizeof(float), host);
        network.Parameters.Give(arena.Take(network.Parameters.Layout.LengthFloats));
        var carried = new ParameterBlock(network.Carried, arena.Take(network.Carried.LengthFloats));
        network.Plan.Take(arena.Take);
        return (arena.Take, carried);
    }
}
