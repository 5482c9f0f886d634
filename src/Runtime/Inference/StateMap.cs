using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>One step of a sequence model's whole stack as a map of its state, for many states at once, and the product of vectors with its
/// Jacobian from the left: what the study of a trained network's dynamics asks for. Nothing is dropped.</summary>
/// <remarks>
/// <para>A state holds S numbers: h of every layer, [L][H], and then, of an LSTM, c of every layer, [L][H]. A step takes the layers in
/// turn, so that the new h of one is what the next one sees.</para>
/// <para>Of two directions the forward one is meant, and only of a single layer: above it a layer sees both directions at every step, and
/// so the end of the sequence too, which is in no state. The states of a reverse stack walk from a sequence's last step to its
/// first.</para>
/// <para>Allocates in the constructor only. Same bits for every number of threads and every register width, and for a state those that it
/// has alone. Not thread-safe; any number of maps may share a model.</para>
/// </remarks>
public sealed class StateMap
{
    private readonly SequenceModel _model;
    private readonly RecurrentLayer[] _layers;
    private readonly Workspace.Slice _input, _dHidden, _dCell, _dLower;
    private readonly int _hidden;
    private int _stepped;

    /// <summary>Prepares the model's weights.</summary>
    /// <param name="model">The model; make a new map when its parameters have changed.</param>
    /// <param name="capacity">The most states of a call, at least 1.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <exception cref="ArgumentException">The stack has two directions and more than one layer; a size is out of range, or all together
    /// pass 2^31 floats; or the profile does not run here.</exception>
    public StateMap(SequenceModel model, int capacity, IParallelRunner? runner = null, HardwareProfile? hardware = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (capacity < 1) Throw.OutOfRange(nameof(capacity), capacity, "at least 1");
        RecurrentStackConfig body = model.Config.Body;
        if (!IsMap(body))
        {
            Throw.Argument(
                $"a bidirectional stack of {body.LayerCount} layers is no map of its state: above the first layer every step sees both " +
                "directions, and so the sequence's end; expected one layer or one direction");
        }

        _model = model;
        _hidden = body.HiddenSize;
        Capacity = capacity;
        var plan = new NetworkPlan(runner ?? SingleThread.Instance, KernelChoice.For(hardware)) { SharesCopies = true };
        var shape = new WindowShape(capacity, 1, Training: true);
        _layers = new RecurrentLayer[body.LayerCount];
        for (int i = 0; i < _layers.Length; i++)
        {
            RecurrentSlots slots = model.Layers[i * body.DirectionCount];
            _layers[i] = RecurrentLayer.Create(slots, shape, plan, new RecurrentTraits { HasStateGradient = true });
        }

        HasCells = _layers[0].CellFloats > 0;
        Size = checked(_layers.Length * _hidden * (HasCells ? 2 : 1));
        _input = plan.Scratch.Reserve((long)body.InputSize * capacity);
        _dHidden = plan.Scratch.Reserve((long)_hidden * capacity);
        _dLower = plan.Scratch.Reserve((long)_hidden * capacity);
        _dCell = plan.Scratch.Reserve(_layers[0].CellFloats);
        plan.Take();
        foreach (RecurrentLayer layer in _layers) layer.Update(model.Parameters);
    }

    /// <summary>Numbers S of a state.</summary>
    public int Size { get; }

    /// <summary>The most states of a call.</summary>
    public int Capacity { get; }

    /// <summary>Whether a state has cells c behind h.</summary>
    public bool HasCells { get; }

    /// <summary>Where the top layer's h, which the head sees, begins in a state.</summary>
    public int TopHidden => (_layers.Length - 1) * _hidden;

    /// <summary>Whether a stack's step is a map of its state: it has one direction, or one layer.</summary>
    public static bool IsMap(RecurrentStackConfig body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return body.DirectionCount == 1 || body.LayerCount == 1;
    }

    /// <summary>Makes F(h, x) of some states.</summary>
    /// <param name="states">h, [count][S], at most <see cref="Capacity"/> of them.</param>
    /// <param name="inputs">x of each, [count][I]: a row of the embedding, or of numbers as the model sees them; empty for 0.</param>
    /// <param name="next">Receives F(h, x), [count][S]. May be <paramref name="states"/>.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public void Step(ReadOnlySpan<float> states, ReadOnlySpan<float> inputs, Span<float> next)
    {
        int count = states.Length / Size, width = _model.Config.Body.InputSize;
        if (states.Length % Size != 0 || count < 1 || count > Capacity)
        {
            string found = Throw.Counted(states.Length, "number");
            Throw.Argument($"the states hold {found}; a multiple of {Size} was expected, and at most {(long)Size * Capacity}");
        }

        if (!inputs.IsEmpty && inputs.Length != count * width)
            Throw.Argument($"the inputs hold {Throw.Counted(inputs.Length, "number")}; {count * width} were expected, or none");
        if (next.Length < states.Length)
            Throw.Argument($"there is room for {Throw.Counted(next.Length, "number")} of the next states; {states.Length} were expected");
        _stepped = 0;
        StepRows rows = StepRows.Even(1, count);
        Span<float> x = _input.Span[..(count * width)];
        if (inputs.IsEmpty) x.Clear();
        else Scatter(inputs, width, 0, width, x, count);
        for (int i = 0; i < _layers.Length; i++)
        {
            RecurrentLayer layer = _layers[i];
            Scatter(states, Size, i * _hidden, _hidden, layer.CarriedHidden, count);
            if (HasCells) CopyRows(states, Size, CellOf(i), layer.CarriedCell, layer.CellStride, 0, count);
            layer.Start(rows);
            layer.Step(_model.Parameters, 0, i == 0 ? x : _layers[i - 1].OutputOf(0));
        }

        for (int i = 0; i < _layers.Length; i++)
        {
            Gather(_layers[i].LastHidden, next, i * _hidden, count);
            if (HasCells) CopyRows(_layers[i].LastCell, _layers[i].CellStride, 0, next, Size, CellOf(i), count);
        }

        _stepped = count;
    }

    /// <summary>Multiplies by the Jacobian of F by h from the left, at each state of the last <see cref="Step"/>; once after each, since
    /// the backward pass spends what the step has kept.</summary>
    /// <param name="vectors">v, [count][S], as many as states.</param>
    /// <param name="gradients">Receives v J, the gradient of v F(h, x) by h, [count][S]. May be <paramref name="vectors"/>.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <exception cref="InvalidOperationException">There was no step, or this was called after it already; or the model's weights are not
    /// held in single precision.</exception>
    public void PullBack(ReadOnlySpan<float> vectors, Span<float> gradients)
    {
        if (_stepped == 0) Throw.Invalid("there is no step to go back through: Step comes before each PullBack");
        int count = _stepped;
        if (vectors.Length != count * Size)
            Throw.Argument($"there are {Throw.Counted(vectors.Length, "number")} of vectors; {count * Size} were expected");
        if (gradients.Length < vectors.Length)
            Throw.Argument($"there is room for {Throw.Counted(gradients.Length, "number")} of gradients; {vectors.Length} were expected");
        _stepped = 0;
        Span<float> dHidden = _dHidden.Span[..(_hidden * count)], dLower = _dLower.Span[..(_hidden * count)];
        dLower.Clear();
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            RecurrentLayer layer = _layers[i];
            Scatter(vectors, Size, i * _hidden, _hidden, dHidden, count);
            Span<float> dCell = _dCell.Span[..(count * (HasCells ? layer.CellStride : 0))];
            if (HasCells) CopyRows(vectors, Size, CellOf(i), dCell, layer.CellStride, 0, count);
            layer.StartBackward(dHidden, dCell);

            // What the layer above has left here is read before it is written anew.
            layer.StepBackward(_model.Parameters, 0, dLower, i == 0 ? default : dLower);
            Gather(layer.InitialHiddenGradient, gradients, i * _hidden, count);
            if (HasCells) CopyRows(layer.InitialCellGradient, layer.CellStride, 0, gradients, Size, CellOf(i), count);
        }
    }

    private int CellOf(int layer) => (_layers.Length + layer) * _hidden;

    // Some numbers of each row, [count][stride], to [width][count].
    private static void Scatter(ReadOnlySpan<float> rows, int stride, int first, int width, Span<float> columns, int count)
    {
        for (int n = 0; n < count; n++)
        {
            ReadOnlySpan<float> row = rows.Slice((n * stride) + first, width);
            for (int j = 0; j < width; j++) columns[(j * count) + n] = row[j];
        }
    }

    // And back.
    private void Gather(ReadOnlySpan<float> columns, Span<float> rows, int first, int count)
    {
        for (int n = 0; n < count; n++)
        {
            Span<float> row = rows.Slice((n * Size) + first, _hidden);
            for (int j = 0; j < row.Length; j++) row[j] = columns[(j * count) + n];
        }
    }

    private void CopyRows(
        ReadOnlySpan<float> rows, int stride, int first, Span<float> target, int targetStride, int targetFirst, int count)
    {
        for (int n = 0; n < count; n++) rows.Slice((n * stride) + first, _hidden).CopyTo(target[((n * targetStride) + targetFirst)..]);
    }
}
