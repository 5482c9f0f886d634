using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <summary>What regressors and classifiers share of what decides a run, apart from its data: the stack's shape.</summary>
public abstract record SequenceRecipe : TrainingRecipe
{
    /// <summary>Hidden size H of every layer and direction.</summary>
    public int HiddenSize { get; init; } = 64;

    /// <summary>Number of recurrent layers.</summary>
    public int LayerCount { get; init; } = 1;

    /// <summary>The cell of every layer.</summary>
    public CellKind Cell { get; init; }

    /// <summary>Whether the LSTM cells have peepholes; other cells may not.</summary>
    public bool Peepholes { get; init; }

    /// <summary>Which way sequences are read.</summary>
    public RecurrentDirection Direction { get; init; }

    /// <inheritdoc/>
    public override string? WithoutNested => Direction == RecurrentDirection.Bidirectional ? "a bidirectional stack" : null;

    /// <summary>The stack for inputs of that width.</summary>
    internal RecurrentStackConfig ToBody(int inputs) => new()
    {
        Cell = Cell,
        InputSize = inputs,
        HiddenSize = HiddenSize,
        LayerCount = LayerCount,
        Direction = Direction,
        Peepholes = Peepholes,
    };

    /// <summary>Refuses a model of another shape.</summary>
    private protected static void RequireShape(SequenceModelConfig own, SequenceModelConfig model)
    {
        if (own != model) Throw.Argument("the recipe's shape is not the model's; WithShapeOf makes it so");
    }

    /// <inheritdoc/>
    public override void Validate()
    {
        ToBody(1).Validate();
        base.Validate();
    }
}
