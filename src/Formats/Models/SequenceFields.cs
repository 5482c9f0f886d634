using TinySD.Formats.Fields;

namespace TinySD.Formats.Models;

/// <summary>The figures that the recipes of regressors, classifiers and taggers share: what every task's has, and the stack's
/// shape.</summary>
/// <typeparam name="TRecipe">The task's recipe.</typeparam>
/// <param name="input">What the first layer is fed, for the help.</param>
/// <param name="head">What stands on the last, for the help.</param>
public sealed class SequenceFields<TRecipe>(string input = "what the first layer is fed", string head = "the linear head")
    where TRecipe : SequenceRecipe
{
    private const int Most = 65536;

    /// <summary>What every task's recipe has.</summary>
    public TrainingFields<TRecipe> Training { get; } = new(r => r.Cell, input, head);

    /// <summary>Width and depth.</summary>
    public IReadOnlyList<Field<TRecipe>> Size { get; } =
    [
        new Field<TRecipe, int>("hiddenSize", "--hidden", "Hidden size H of every layer and direction.",
            Spelling.Whole(1, Most), r => r.HiddenSize, (r, v) => r with { HiddenSize = v }) { IsMain = true },
        new Field<TRecipe, int>("layerCount", "--layers", "Recurrent layers.",
            Spelling.Whole(1, 64), r => r.LayerCount, (r, v) => r with { LayerCount = v }) { IsMain = true },
    ];

    /// <summary>What a layer is.</summary>
    public IReadOnlyList<Field<TRecipe>> Kind { get; } =
    [
        new Field<TRecipe, CellKind>(
            "cell", "--cell", "The recurrent cell.", ModelSpelling.Cells, r => r.Cell, (r, v) => r with { Cell = v })
        { Usual = CellKind.Lstm },
        new Field<TRecipe, bool>("peepholes", "--peepholes", "Let the gates of LSTM cells see the cell state.",
            Spelling.Switch, r => r.Peepholes, (r, v) => r with { Peepholes = v })
        { Usual = false, Idle = r => TrainingFields<TRecipe>.OtherThanLstm(r.Cell, "peepholes") },
        new Field<TRecipe, RecurrentDirection>("direction", "--direction",
            "Which way sequences are read: forward, reverse, or bidirectional with H units each way.",
            ModelSpelling.Directions, r => r.Direction, (r, v) => r with { Direction = v })
        { Usual = RecurrentDirection.Forward },
    ];

    /// <summary>The stack: size and kind.</summary>
    public IReadOnlyList<Field<TRecipe>> Body => [.. Size, .. Kind];
}
