using System.Collections.Immutable;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;

namespace TinySD.Runtime.Models;

/// <summary>Which way a recurrent layer walks through time.</summary>
public enum RecurrentDirection
{
    /// <summary>From the first step to the last.</summary>
    Forward,

    /// <summary>From each sequence's last step to its first.</summary>
    Reverse,

    /// <summary>Both, side by side, the forward half of the output first.</summary>
    Bidirectional,
}

/// <summary>The shape of a bare stack of recurrent layers, all alike: what PyTorch's <c>nn.LSTM</c>, <c>nn.GRU</c> and <c>nn.RNN</c> are,
/// and chains of ONNX's operators.</summary>
public sealed record RecurrentStackConfig
{
    /// <summary>The cell.</summary>
    public required CellKind Cell { get; init; }

    /// <summary>Width I of the first layer's input, at least 1.</summary>
    public required int InputSize { get; init; }

    /// <summary>Hidden size H of every layer and direction, at least 1.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of layers L, 1 to 64.</summary>
    public int LayerCount { get; init; } = 1;

    /// <summary>Which way time goes.</summary>
    public RecurrentDirection Direction { get; init; }

    /// <summary>A GRU whose reset gate acts on h and not on the recurrent product: n = tanh(x W + (r h) U + b). ONNX's
    /// <c>linear_before_reset</c> 0; PyTorch has only the other.</summary>
    public bool ResetBeforeProduct { get; init; }

    /// <summary>An LSTM whose gates i and f also see p c, and o sees p c'.</summary>
    public bool Peepholes { get; init; }

    /// <summary>An LSTM whose forget gate is 1 - i.</summary>
    public bool CoupledGates { get; init; }

    /// <summary>Sums are kept within [-clip, clip] before a gate's or the candidate's function; 0 for no limit.</summary>
    public float Clip { get; init; }

    /// <summary>The functions of each direction, forward first: f of the gates, g of the candidate and h of the cell for an LSTM, f and g
    /// for a GRU, f for a simple cell. Empty for the cell's own.</summary>
    public ImmutableArray<Activation> Activations { get; init; } = [];

    /// <summary>Directions D, 1 or 2.</summary>
    public int DirectionCount => Direction == RecurrentDirection.Bidirectional ? 2 : 1;

    /// <summary>Width D H of the output.</summary>
    public int OutputSize => DirectionCount * HiddenSize;

    /// <summary>Whether the cell is one that also trains, peepholes or not, for which there are fused kernels.</summary>
    public bool IsPlain => !ResetBeforeProduct && !CoupledGates && Clip == 0f && Activations.IsEmpty;

    /// <summary>Functions of one direction: 3, 2 or 1.</summary>
    public static int FunctionCount(CellKind cell) => cell switch { CellKind.Lstm => 3, CellKind.Gru => 2, _ => 1 };

    /// <summary>A cell's own functions, in the order of <see cref="Activations"/>.</summary>
    public static ImmutableArray<Activation> PlainFunctions(CellKind cell) => cell switch
    {
        CellKind.Lstm => [Activation.Sigmoid, Activation.Tanh, Activation.Tanh],
        CellKind.Gru => [Activation.Sigmoid, Activation.Tanh],
        CellKind.RnnTanh => [Activation.Tanh],
        _ => [Activation.Relu],
    };

    /// <summary>The functions of a direction, 0 or 1.</summary>
    public ImmutableArray<Activation> FunctionsOf(int direction)
    {
        int count = FunctionCount(Cell);
        return Activations.IsEmpty ? PlainFunctions(Cell) : Activations.Slice(direction * count, count);
    }

    /// <summary>The shape of a model cut down to a share of its units in every layer and direction, by the rule of nested
    /// masks: see <see cref="MaskSampler.ShareOf"/>.</summary>
    /// <param name="share">Above 0 and at most 1.</param>
    /// <param name="keepMultiple">What counts of units are rounded to.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is out of range.</exception>
    public RecurrentStackConfig AtShare(float share, int keepMultiple = 1) =>
        this with { HiddenSize = MaskSampler.ShareOf(HiddenSize, share, keepMultiple) };

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentException">A value is out of range or two contradict each other.</exception>
    public void Validate()
    {
        if (!Enum.IsDefined(Cell)) Throw.OutOfRange(nameof(Cell), Cell, "one of the cells");
        if (!Enum.IsDefined(Direction)) Throw.OutOfRange(nameof(Direction), Direction, "one of the directions");
        if (InputSize < 1) Throw.OutOfRange(nameof(InputSize), InputSize, "at least 1");
        if (HiddenSize < 1) Throw.OutOfRange(nameof(HiddenSize), HiddenSize, "at least 1");
        if (LayerCount is < 1 or > 64) Throw.OutOfRange(nameof(LayerCount), LayerCount, "1 to 64");
        Throw.IfNegative(Clip);
        if (ResetBeforeProduct && Cell != CellKind.Gru) Throw.Argument("only a GRU has a reset gate");
        if ((Peepholes || CoupledGates) && Cell != CellKind.Lstm) Throw.Argument("only an LSTM has peepholes or coupled gates");
        if (Activations.IsDefault) Throw.Argument("the activations are not given; an empty list stands for the cell's own");
        int expected = DirectionCount * FunctionCount(Cell);
        if (!Activations.IsEmpty && Activations.Length != expected)
            Throw.Argument($"there are {Activations.Length} activations; expected {expected}, {FunctionCount(Cell)} for each direction");
        foreach (Activation f in Activations)
        {
            if (!Enum.IsDefined(f.Kind)) Throw.OutOfRange("an activation", f.Kind, "one of the functions");
            if (!float.IsFinite(f.Alpha) || !float.IsFinite(f.Beta)) Throw.Argument($"a constant of {f.Kind} is not finite");
        }
    }
}
