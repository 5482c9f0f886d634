using TinySD.Runtime.Hardware;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Runs a bare recurrent stack on a batch of sequences; the state survives from call to call, so a long or endless input can be
/// fed in pieces.</summary>
/// <remarks>A number of the input that is infinite or not a number goes into the state and stays there, and in everything computed from it,
/// until <see cref="Reset"/> or <see cref="SetState"/>; <see cref="NonFinite"/> refuses it instead. Allocates in the constructor only. Same
/// bits for every number of threads, every register width, and every way to cut an input into pieces, as far as the stack is
/// one-directional; a sequence has the bits that it has alone. Not thread-safe; any number of sessions may share a stack.</remarks>
public sealed class RecurrentSession
{
    private readonly RecurrentStack _stack;
    private readonly RecurrentLayer[] _layers;
    private readonly SequencePacking _packing;
    private readonly int _batch, _maxTimeSteps;
    private readonly Workspace.Slice _input, _even, _odd, _moved;

    /// <summary>Prepares the stack's weights.</summary>
    /// <param name="stack">The stack; make a new session when its parameters have changed.</param>
    /// <param name="batch">Sequences B, at least 1.</param>
    /// <param name="maxTimeSteps">The most steps T of a call, at least 1.</param>
    /// <param name="runner">Threads; <see langword="null"/> for the caller's alone.</param>
    /// <param name="hardware">The machine; <see langword="null"/> for the widest registers there are. No effect on the result.</param>
    /// <param name="memory">Gives the host's memory for the session's floats and is asked once, here, for how many; <see langword="null"/>
    /// to allocate. What it gives must outlive the session and be nobody else's; it may hold anything and start anywhere, best on a
    /// multiple of <see cref="AlignedBuffer.AlignmentBytes"/>.</param>
    /// <exception cref="ArgumentException">A size is out of range, all together pass 2^31 floats, the profile does not run here, or the
    /// host gives too little memory.</exception>
    public RecurrentSession(
        RecurrentStack stack, int batch, int maxTimeSteps, IParallelRunner? runner = null, HardwareProfile? hardware = null,
        Func<int, Memory<float>>? memory = null)
    {
        if (batch < 1) Throw.OutOfRange(nameof(batch), batch, "at least 1");
        if (maxTimeSteps < 1) Throw.OutOfRange(nameof(maxTimeSteps), maxTimeSteps, "at least 1");
        _stack = stack;
        _batch = batch;
        _maxTimeSteps = maxTimeSteps;
        RecurrentStackConfig config = stack.Config;
        runner ??= SingleThread.Instance;
        var plan = new NetworkPlan(runner, KernelChoice.For(hardware));
        var shape = new WindowShape(batch, maxTimeSteps, Training: false, IsUneven: batch > 1);
        int directions = config.DirectionCount, hidden = config.HiddenSize;
        _packing = new SequencePacking(batch, maxTimeSteps);
        _layers = new RecurrentLayer[config.LayerCount * directions];
        for (int i = 0; i < _layers.Length; i++)
        {
            int direction = i % directions;
            _layers[i] = RecurrentLayer.Create(stack.Slots(i / directions, direction), shape, plan, new RecurrentTraits
            {
                IsReverse = direction == 1 || config.Direction == RecurrentDirection.Reverse,

                // Unit-major, the two directions of a step lie one after the other: no pass joins them.
                Part = new OutputPart(direction * hidden, config.OutputSize),
                Variant = config.IsPlain
                    ? null
                    : new VariantOps(runner, config.FunctionsOf(direction).AsSpan(), config.Clip, config.CoupledGates, hidden),
            });
        }

        long rows = (long)maxTimeSteps * batch;
        _input = plan.Scratch.Reserve(rows * config.InputSize);
        _even = plan.Scratch.Reserve(rows * config.OutputSize);
        if (config.LayerCount > 1) _odd = plan.Scratch.Reserve(rows * config.OutputSize);
        _moved = plan.Scratch.Reserve(batch);
        plan.Take(memory);
        foreach (RecurrentLayer layer in _layers) layer.Update(stack.Parameters);
    }

    /// <summary>What becomes of a number of an input or a state that is infinite or not a number. By default it is computed with, as
    /// IEEE 754 says.</summary>
    public NonFiniteInput NonFinite { get; init; }

    /// <summary>Forgets everything fed so far: h and c become 0.</summary>
    public void Reset()
    {
        foreach (RecurrentLayer layer in _layers) layer.Reset();
    }

    /// <summary>Sets the state that the next call starts from.</summary>
    /// <param name="h">[L D, B, H], for each layer its directions one after the other.</param>
    /// <param name="c">The same for the cells of an LSTM; empty for 0, and for other cells.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <exception cref="NotFiniteNumberException">A number is not finite, and is to be refused; the state is as it was.</exception>
    public void SetState(ReadOnlySpan<float> h, ReadOnlySpan<float> c = default)
    {
        CheckStates(h.Length, c.Length);
        int hidden = _stack.Config.HiddenSize, part = _batch * hidden;
        if (NonFinite == NonFiniteInput.Refuse)
        {
            CheckFinite(h, "h");
            CheckFinite(c, "c");
        }

        for (int i = 0; i < _layers.Length; i++)
        {
            RecurrentLayer layer = _layers[i];
            Turn(h.Slice(i * part, part), _batch, hidden, layer.CarriedHidden);
            layer.CarriedCell.Clear();
            for (int b = 0; b < _batch && !c.IsEmpty; b++)
                c.Slice((i * part) + (b * hidden), hidden).CopyTo(layer.CarriedCell[(b * layer.CellStride)..]);
        }
    }

    /// <summary>Copies out the state after the last call.</summary>
    /// <param name="h">Receives [L D, B, H].</param>
    /// <param name="c">Receives the same for the cells of an LSTM; empty if they are not wanted, and for other cells.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public void CopyState(Span<float> h, Span<float> c = default)
    {
        CheckStates(h.Length, c.Length);
        int hidden = _stack.Config.HiddenSize, part = _batch * hidden;
        for (int i = 0; i < _layers.Length; i++)
        {
            RecurrentLayer layer = _layers[i];
            Turn(layer.CarriedHidden, hidden, _batch, h.Slice(i * part, part));
            for (int b = 0; b < _batch && !c.IsEmpty; b++)
                layer.CarriedCell.Slice(b * layer.CellStride, hidden).CopyTo(c[((i * part) + (b * hidden))..]);
        }
    }

    /// <summary>Feeds T steps of every sequence.</summary>
    /// <param name="input">[T, B, I]; its length gives T.</param>
    /// <param name="output">Receives [T, B, D H]: the top layer's h at every step, 0 past a sequence's end.</param>
    /// <param name="lengths">Steps of each sequence, 0 to T; empty where all have T.</param>
    /// <exception cref="ArgumentException">A length is wrong or out of range.</exception>
    /// <exception cref="NotFiniteNumberException">A number of a step within a sequence's length is not finite, and is to be refused; state
    /// and output are as they were, and the message names step, sequence and feature.</exception>
    public void Run(ReadOnlySpan<float> input, Span<float> output, ReadOnlySpan<int> lengths = default)
    {
        RecurrentStackConfig config = _stack.Config;
        int step = _batch * config.InputSize, timeSteps = input.Length / step, directions = config.DirectionCount;
        if (input.Length % step != 0 || timeSteps > _maxTimeSteps)
        {
            string found = Throw.Counted(input.Length, "float");
            Throw.Argument($"the input holds {found}; a multiple of {step} and at most {(long)step * _maxTimeSteps} were expected");
        }

        int row = config.OutputSize * _batch;
        if (output.Length != timeSteps * row)
            Throw.Argument($"the output holds {Throw.Counted(output.Length, "float")}; {timeSteps * row} were expected");
        StepRows rows = _packing.Pack(lengths, timeSteps);
        if (NonFinite == NonFiniteInput.Refuse) CheckFinite(input, lengths);
        if (!_packing.IsInOrder) MoveStates(toPlaces: true);
        for (int t = 0; t < rows.Steps; t++)
            Pack(input.Slice(t * step, step), rows.At(t), _input.Span[(rows.Before(t) * config.InputSize)..]);
        ReadOnlySpan<float> x = _input.Span;
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            Span<float> y = (layer % 2 == 0 ? _even : _odd).Span[..output.Length];
            for (int direction = 0; direction < directions; direction++)
            {
                RecurrentLayer half = _layers[(layer * directions) + direction];
                half.Forward(_stack.Parameters, x, rows, y);
                half.Carry();
            }

            x = y;
        }

        for (int t = 0; t < timeSteps; t++)
        {
            (int before, int count) = t < rows.Steps ? (rows.Before(t), rows.At(t)) : default;
            Unpack(x[(before * config.OutputSize)..], count, output.Slice(t * row, row));
        }

        if (!_packing.IsInOrder) MoveStates(toPlaces: false);
    }

    // A step's sequences, [B][I], to their places among those that have the step, [I][count].
    private void Pack(ReadOnlySpan<float> step, int count, Span<float> packed)
    {
        int features = step.Length / _batch;
        for (int place = 0; place < count; place++)
        {
            ReadOnlySpan<float> sequence = step.Slice(_packing.Order[place] * features, features);
            for (int i = 0; i < features; i++) packed[(i * count) + place] = sequence[i];
        }
    }

    // And back, [D H][count] to [B][D H]: the others have no output.
    private void Unpack(ReadOnlySpan<float> packed, int count, Span<float> step)
    {
        int units = step.Length / _batch;
        for (int place = 0; place < _batch; place++)
        {
            Span<float> sequence = step.Slice(_packing.Order[place] * units, units);
            if (place >= count) sequence.Clear();
            else for (int j = 0; j < units; j++) sequence[j] = packed[(j * count) + place];
        }
    }

    // States stand as sequences were given, and while a window runs in its order.
    private void MoveStates(bool toPlaces)
    {
        foreach (RecurrentLayer layer in _layers)
        {
            for (int j = 0; j < _stack.Config.HiddenSize; j++)
            {
                Move(layer.CarriedHidden[(j * _batch)..], 1, toPlaces);
                if (!layer.CarriedCell.IsEmpty) Move(layer.CarriedCell[j..], layer.CellStride, toPlaces);
            }
        }
    }

    private void Move(Span<float> unit, int stride, bool toPlaces)
    {
        Span<float> moved = _moved.Span;
        for (int place = 0; place < _batch; place++)
        {
            int sequence = _packing.Order[place];
            (int to, int from) = toPlaces ? (place, sequence) : (sequence, place);
            moved[to] = unit[from * stride];
        }

        for (int b = 0; b < _batch; b++) unit[b * stride] = moved[b];
    }

    private void CheckFinite(ReadOnlySpan<float> input, ReadOnlySpan<int> lengths)
    {
        // One pass over all of it for what is the rule; past a sequence's end there may be anything.
        if (!input.ContainsAnyExceptInRange(float.MinValue, float.MaxValue)) return;
        int features = _stack.Config.InputSize;
        for (int row = 0; row * features < input.Length; row++)
        {
            (int t, int sequence) = int.DivRem(row, _batch);
            if (!lengths.IsEmpty && t >= lengths[sequence]) continue;
            int wrong = input.Slice(row * features, features).IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
            if (wrong >= 0) Refuse($"feature {wrong} of sequence {sequence} at step {t}", input[(row * features) + wrong]);
        }
    }

    // [L D, B, H].
    private void CheckFinite(ReadOnlySpan<float> state, string name)
    {
        int wrong = state.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue), hidden = _stack.Config.HiddenSize;
        if (wrong < 0) return;
        (int layer, int sequence) = int.DivRem(wrong / hidden, _batch);
        Refuse($"unit {wrong % hidden} of {name} of layer {layer}, sequence {sequence},", state[wrong]);
    }

    private static void Refuse(string what, float found) =>
        Throw.NotANumber(found, $"{what} is {found}; a finite number was expected. The state is as it was");

    private void CheckStates(int hidden, int cell)
    {
        int expected = _layers.Length * _batch * _stack.Config.HiddenSize;
        if (hidden != expected) Throw.Argument($"h holds {Throw.Counted(hidden, "float")}; {expected} were expected");
        if (cell == 0) return;
        if (_stack.Config.Cell != CellKind.Lstm) Throw.Argument("only an LSTM has cells c");
        if (cell != expected) Throw.Argument($"c holds {Throw.Counted(cell, "float")}; {expected} were expected");
    }

    // to [columns][rows] = from [rows][columns] turned.
    private static void Turn(ReadOnlySpan<float> from, int rows, int columns, Span<float> to)
    {
        if (rows == 1 || columns == 1)
        {
            from.CopyTo(to);
            return;
        }

        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++) to[(column * rows) + row] = from[(row * columns) + column];
        }
    }
}
