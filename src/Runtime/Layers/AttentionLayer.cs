using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>Global attention: for each query the weighted mean of all positions of a memory, whose weights are the softmax of how well they
/// fit the query. Luong, Pham and Manning 2015, section 3.1; Bahdanau, Cho and Bengio 2015.</summary>
/// <remarks>Memory m [S][M][B'] and queries q [H][B] are as <see cref="StepRows"/> says; the two batches need not stand in one order, nor
/// be of one size. Positions that a sequence does not have are never looked at. A window is: <see cref="Remember"/>, a <see cref="Step"/>
/// for each of its steps; then, for a gradient, <see cref="StartBackward"/>, the steps backward in any order, and <see
/// cref="AddGradients"/>.</remarks>
public sealed partial class AttentionLayer
{
    private readonly AttentionSlots _slots;
    private readonly UnitDropout _dropout;
    private readonly Products _products;
    private readonly VectorOps _ops;
    private readonly PassTimes _times;
    private readonly WeightRows? _keyRows, _queryRows;
    private readonly WindowShape _source, _target;
    private readonly int _keyStride, _valueStride, _stride;
    private readonly Workspace.Slice _keys, _values, _numbers, _starts, _queries, _weights, _scores, _contexts, _nothing, _masked, _vector;
    private readonly Workspace.Slice _spare, _dQueries, _dVectors, _dScales, _dKeys, _dValues, _passed;
    private readonly int[] _sequences;
    private readonly bool[] _isTaken;
    private StepRows _memory, _rows;
    private float _scale = 1f;
    private int _last;

    /// <summary>Declares the layer.</summary>
    /// <param name="slots">Its tensors.</param>
    /// <param name="source">The memory's window.</param>
    /// <param name="target">The queries' window; a gradient is made where it is one for training.</param>
    /// <param name="dropout">Of the memory's units, which this layer applies; its masks are drawn by who owns it.</param>
    /// <param name="plan">The network's.</param>
    /// <exception cref="ArgumentException">Tensors or dropout are not of the widths that the slots say.</exception>
    public AttentionLayer(AttentionSlots slots, WindowShape source, WindowShape target, UnitDropout dropout, NetworkPlan plan)
    {
        ArgumentNullException.ThrowIfNull(slots);
        ArgumentNullException.ThrowIfNull(dropout);
        ArgumentNullException.ThrowIfNull(plan);
        slots.Validate();
        if (dropout.Place.Units != slots.MemoryUnits)
            Throw.Argument($"dropout of {dropout.Place.Units} units for a memory of {slots.MemoryUnits}");
        (_slots, _source, _target, _dropout) = (slots, source, target, dropout);
        (_products, _ops, _times) = (plan.Products, plan.Vectors, plan.Times);
        _keyStride = Products.RowStride(slots.QueryUnits);
        _valueStride = Products.RowStride(slots.MemoryUnits);
        _stride = AlignedBuffer.RoundUp(source.TimeSteps);
        _sequences = new int[target.Batch];
        _isTaken = new bool[target.Training ? source.Batch : 0];
        Workspace workspace = plan.Scratch;
        long positions = (long)source.TimeSteps * source.Batch, queries = (long)(target.Training ? target.TimeSteps : 1) * target.Batch;
        if (slots.Key is { } key)
        {
            _keyRows = new WeightRows(key, _products, workspace, plan.SharesCopies);
            plan.Product(key, source, dropout.Place, isStepped: false, source.TimeSteps);
            _keys = workspace.Reserve(positions * _keyStride);
        }

        if (slots.Query is { } query)
        {
            _queryRows = new WeightRows(query, _products, workspace, plan.SharesCopies);
            plan.Product(query, target, place: null, isStepped: true, target.Training ? target.TimeSteps : 1);
            _vector = workspace.Reserve(_keyStride);
        }

        _nothing = workspace.Reserve(_keyStride);
        _values = workspace.Reserve(positions * _valueStride);
        if (dropout.IsActive && dropout.IsStructured) _masked = workspace.Reserve(positions * slots.MemoryUnits);
        _numbers = workspace.Reserve(positions);
        _starts = workspace.Reserve(source.Batch + 1L);
        _queries = workspace.Reserve(queries * _keyStride);
        _weights = workspace.Reserve(queries * _stride);
        _contexts = workspace.Reserve((long)target.Batch * _valueStride);
        if (!target.Training) return;
        if (slots.Scale is not null) _scores = workspace.Reserve(queries * _stride);
        if (slots.Scale is not null) _dScales = workspace.Reserve(target.Batch);
        if (slots.Vector is not null) _dVectors = workspace.Reserve((long)target.Batch * _keyStride);
        _spare = workspace.Reserve((long)target.Batch * _stride);
        _dQueries = workspace.Reserve(queries * _keyStride);
        _dValues = workspace.Reserve(positions * _valueStride);
        if (slots.Key is not null) _dKeys = workspace.Reserve(positions * _keyStride);
        _passed = workspace.Reserve(Math.Max(positions * slots.MemoryUnits, (long)target.Batch * slots.QueryUnits));
    }

    /// <summary>Takes notice of new parameters; needed before the first window and after every change of them.</summary>
    public void Update(ParameterBlock parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        _keyRows?.Update(parameters);
        _queryRows?.Update(parameters);
        if (_slots.Vector is { } vector) parameters[vector].CopyTo(_vector.Span);
        _scale = _slots.Scale is { } scale ? parameters[scale][0] : 1f;
    }

    /// <summary>Begins a window: makes keys and values of a memory.</summary>
    /// <param name="parameters">The model's.</param>
    /// <param name="memory">[S][M][B'].</param>
    /// <param name="rows">How its sequences lie; each that is looked at has a position at least.</param>
    /// <exception cref="ArgumentException">It is not what the layer was declared for.</exception>
    public void Remember(ParameterBlock parameters, ReadOnlySpan<float> memory, StepRows rows)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (rows.Steps > _source.TimeSteps || rows.Batch > _source.Batch)
            Throw.Argument($"a memory of {rows}; the layer was declared for {_source.Batch} and at most {_source.TimeSteps} steps");
        int units = _slots.MemoryUnits;
        Throw.IfShorter(memory.Length, rows.Total * units, nameof(memory));
        _dropout.CheckDrawn(rows);

        // Queries of the window before may have looked at sequences that are there no more.
        (_memory, _rows) = (rows, default);
        Number();
        ReadOnlySpan<float> kept = _dropout.ApplyWindow(memory), values = kept;
        if (_masked.Length > 0)
        {
            Span<float> masked = _masked.Span[..(rows.Total * units)];
            masked.Clear();
            _ops.ScatterAdd(kept, _dropout.Keep(_products), rows, units, 1f, masked);
            values = masked;
        }

        _ops.ToRows(values, rows, units, _values.Span, _valueStride);
        _times.Lap(Pass.CellForward);
        if (_keyRows is null) return;
        ReadOnlySpan<float> bias = _slots.KeyBias is { } slot ? parameters.Padded(slot) : _nothing.Span;
        _products.ForwardWindow(_keyRows.Of(parameters), kept, rows, _dropout.Keep(_products), bias, _keys.Span);
        _times.Lap(Pass.InputForward);
    }

    /// <summary>Says how the queries of the window's steps lie, and which sequence of the memory each looks at.</summary>
    /// <param name="rows">How the queries lie.</param>
    /// <param name="sequences">The place of its sequence in the memory, for each query of a whole step; no two have one where a gradient is
    /// made.</param>
    /// <exception cref="ArgumentException">It is not what the layer was declared for, a sequence has no position, or two queries look at
    /// one.</exception>
    public void Follow(StepRows rows, ReadOnlySpan<int> sequences)
    {
        if (rows.Steps > _target.TimeSteps || rows.Batch > _target.Batch)
            Throw.Argument($"queries of {rows}; the layer was declared for {_target.Batch} and at most {_target.TimeSteps} steps");
        int count = rows.Steps == 0 ? 0 : rows.At(0);
        Throw.IfShorter(sequences.Length, count, nameof(sequences));
        _isTaken.AsSpan().Clear();
        foreach (int sequence in sequences[..count])
        {
            if ((uint)sequence >= (uint)_memory.Batch || Starts[sequence] == Starts[sequence + 1])
                Throw.Argument($"a query looks at sequence {sequence}, of which the memory has no position");
            if (!_target.Training) continue;
            if (_isTaken[sequence]) Throw.Argument($"two queries look at sequence {sequence}, and would write one gradient");
            _isTaken[sequence] = true;
        }

        sequences[..count].CopyTo(_sequences);
        (_rows, _last) = (rows, -1);
    }

    /// <summary>Looks at the memory.</summary>
    /// <param name="parameters">The model's.</param>
    /// <param name="t">The step.</param>
    /// <param name="query">[H][B(t)].</param>
    /// <param name="context">Receives the weighted means, [M][B(t)].</param>
    /// <exception cref="ArgumentException">The window has no such step, there is too little of a query, or too little room.</exception>
    public void Step(ParameterBlock parameters, int t, ReadOnlySpan<float> query, Span<float> context)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        SlotChecks.Step(t, _rows);
        int count = _rows.At(t);
        Throw.IfShorter(query.Length, count * _slots.QueryUnits, nameof(query));
        Throw.IfShorter(context.Length, count * _slots.MemoryUnits, nameof(context));
        StepRows one = StepRows.Even(1, count);
        _last = t;
        Span<float> queries = QueriesOf(t);
        if (_queryRows is null)
        {
            _ops.ToRows(query, one, _slots.QueryUnits, queries, _keyStride);
        }
        else
        {
            KeepTable all = _products.All(_slots.QueryUnits);
            _products.ForwardWindow(_queryRows.Of(parameters), query, one, all, _nothing.Span, queries);
            _times.Lap(Pass.RecurrentForward);
        }

        _ops.Attend(Memory, StepOf(t), Vector, _scale, _contexts.Span);
        _ops.ToUnits(_contexts.Span, _valueStride, one, _slots.MemoryUnits, context);
        _times.Lap(Pass.CellForward);
    }

    /// <summary>The weights of a query: one for each position of its sequence.</summary>
    /// <param name="t">A step of the window that has been run; where no gradient is made, the one that was run last.</param>
    /// <param name="query">The query.</param>
    /// <exception cref="ArgumentException">The window has no such query, or its weights are not kept.</exception>
    public ReadOnlySpan<float> WeightsOf(int t, int query)
    {
        SlotChecks.Step(t, _rows);
        if (!_target.Training && t != _last) Throw.Argument($"the weights of step {t} are not kept; step {_last} was run last");
        if ((uint)query >= (uint)_rows.At(t)) Throw.OutOfRange(nameof(query), query, $"0 to {_rows.At(t) - 1}");
        return _weights.Part((_target.Training ? _rows.Before(t) : 0) + query, _stride)[..LengthOf(_sequences[query])];
    }

    /// <summary>Numbers of the memory that is remembered.</summary>
    internal int MemoryFloats => _memory.Total * _slots.MemoryUnits;

    private AttentionMemory Memory => new(
        _keyRows is null ? _values.Span : _keys.Span, _keyStride, _values.Span, _valueStride, _numbers.Integers[.._memory.Total], Starts);

    private ReadOnlySpan<int> Starts => _starts.Integers[..(_memory.Batch + 1)];

    private ReadOnlySpan<float> Vector => _vector.Length > 0 ? _vector.Span : default;

    private int LengthOf(int sequence) => Starts[sequence + 1] - Starts[sequence];

    private Span<float> QueriesOf(int t) => Rows(_queries, t);

    // The rows of a step in memory that is kept for all steps in training, and else for one.
    private Span<float> Rows(Workspace.Slice rows, int t) =>
        rows.Span.Slice((_target.Training ? _rows.Before(t) : 0) * _keyStride, _rows.At(t) * _keyStride);

    private AttentionStep StepOf(int t)
    {
        int first = _target.Training ? _rows.Before(t) : 0, count = _rows.At(t);
        Span<float> scores = _scores.Length > 0 ? _scores.Span.Slice(first * _stride, count * _stride) : default;
        return new AttentionStep(
            QueriesOf(t), _sequences.AsSpan(0, count), scores, _weights.Span.Slice(first * _stride, count * _stride), _stride);
    }

    // The rows of each sequence: those of a step stand side by side.
    private void Number()
    {
        Span<int> numbers = _numbers.Integers, starts = _starts.Integers;
        int next = 0;
        for (int sequence = 0; sequence < _memory.Batch; sequence++)
        {
            starts[sequence] = next;
            for (int s = 0; s < _memory.Steps && sequence < _memory.At(s); s++) numbers[next++] = _memory.Before(s) + sequence;
        }

        starts[_memory.Batch] = next;
    }
}
