using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>What all sessions have in common: B sequences whose state goes on from call to call, can be copied out and in, whole or one
/// sequence at a time, and belongs to one thread at a time.</summary>
/// <remarks>
/// <para>A state is 16 bytes of what it is, then sequence by sequence what it holds: of each layer h [H] and then, of an LSTM, c [H], in
/// single precision; then what else the kind of session carries, and with <see cref="DeltaThresholds"/> its sums. So the state of one
/// sequence, 16 bytes and its own, is that of a session of a batch of one.</para>
/// <para>Two threads in one session at once are an error that is told: <see cref="InvalidOperationException"/>. Any number of sessions,
/// each on a thread of its own, may share a model.</para>
/// </remarks>
public abstract partial class StreamingSession : IStreamingState
{
    private RecurrentLayer[] _layers = [];
    private StateHead _head;
    private int _layerFloats, _sequenceBytes;
    private OneThread _thread;

    private protected StreamingSession(ParameterBlock parameters, int batch)
    {
        if (batch < 1) Throw.OutOfRange(nameof(batch), batch, "at least 1");
        Batch = batch;
        Parameters = parameters;
    }

    /// <inheritdoc/>
    public string Kind => StateHead.NameOf(_head.Kind);

    /// <summary>Sequences B that every call runs at once.</summary>
    public int Batch { get; }

    /// <inheritdoc/>
    public int StateBytes { get; private set; }

    /// <summary>Bytes of the state of one sequence, as a session of a batch of one has them.</summary>
    public int SequenceStateBytes => StateHead.Bytes + _sequenceBytes;

    /// <summary>Whether nothing was fed or set since the session was made or all of it reset.</summary>
    public bool IsFresh { get; private set; } = true;

    /// <summary>The numbers of the model that it runs.</summary>
    public ParameterBlock Parameters { get; }

    ParameterBlock? IStreamingState.Parameters => Parameters;

    /// <summary>Whether a state may hold what is infinite or not a number.</summary>
    private protected virtual bool TakesNonFinite => false;

    /// <summary>Forgets everything fed so far, of every sequence.</summary>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public void Reset()
    {
        using OneThread.Use use = Look();
        IsFresh = true;
        foreach (RecurrentLayer layer in _layers) layer.Reset();
        for (int sequence = 0; sequence < Batch; sequence++) ResetBeside(sequence);
    }

    /// <summary>Forgets everything fed so far of one sequence; the others go on.</summary>
    /// <param name="sequence">0 to B - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sequence.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public void Reset(int sequence)
    {
        CheckSequence(sequence);
        using OneThread.Use use = Look();
        IsFresh |= Batch == 1;
        foreach (RecurrentLayer layer in _layers)
        {
            Span<float> hidden = layer.CarriedHidden, cell = layer.CarriedCell;
            for (int at = sequence; at < hidden.Length; at += Batch) hidden[at] = 0f;
            if (!cell.IsEmpty) cell.Slice(sequence * layer.CellStride, layer.CellStride).Clear();
        }

        ResetBeside(sequence);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public void CopyState(Span<byte> state)
    {
        StateHead.CheckLength(state.Length, StateBytes);
        using OneThread.Use use = Look();
        _head.Write(state);
        for (int sequence = 0; sequence < Batch; sequence++) Write(sequence, PartOf(state, sequence));
    }

    /// <summary>Copies the state of one sequence out.</summary>
    /// <param name="sequence">0 to B - 1.</param>
    /// <param name="state">Receives it: exactly <see cref="SequenceStateBytes"/>.</param>
    /// <exception cref="ArgumentException">There is no such sequence, or the length is wrong.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public void CopyState(int sequence, Span<byte> state)
    {
        CheckSequence(sequence);
        StateHead.CheckLength(state.Length, SequenceStateBytes);
        using OneThread.Use use = Look();
        _head.Write(state);
        Write(sequence, PartOf(state, 0));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public void SetState(ReadOnlySpan<byte> state)
    {
        _head.CheckLength(state, StateBytes);
        using OneThread.Use use = Enter();
        _head.Check(state);
        for (int sequence = 0; sequence < Batch; sequence++) Check(sequence, PartOf(state, sequence));
        for (int sequence = 0; sequence < Batch; sequence++) Read(sequence, PartOf(state, sequence));
    }

    /// <summary>Lets one sequence go on from a state that was copied out of any sequence of a session of the same shape; the others go on
    /// as they are.</summary>
    /// <param name="sequence">0 to B - 1.</param>
    /// <param name="state">Exactly <see cref="SequenceStateBytes"/>.</param>
    /// <exception cref="ArgumentException">There is no such sequence, the length is wrong, or these are no state of this kind and shape.
    /// What was there stays.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this session.</exception>
    public void SetState(int sequence, ReadOnlySpan<byte> state)
    {
        CheckSequence(sequence);
        _head.CheckLength(state, SequenceStateBytes);
        using OneThread.Use use = Enter();
        _head.Check(state);
        Check(sequence, PartOf(state, 0));
        Read(sequence, PartOf(state, 0));
    }

    /// <summary>Says what the state holds; the end of every constructor.</summary>
    /// <param name="kind">Whose it is.</param>
    /// <param name="layers">The layers whose h and c are carried.</param>
    /// <param name="ownBytes">Bytes that a sequence has beside these.</param>
    /// <param name="shape">What else makes states of one size different.</param>
    /// <param name="plan">That of the network.</param>
    private protected void Carry(
        StateKind kind, ReadOnlySpan<RecurrentLayer> layers, int ownBytes, ReadOnlySpan<int> shape, NetworkPlan plan)
    {
        _layers = layers.ToArray();
        (Delta, _products) = (plan.Delta, [.. plan.DeltaProducts]);
        ulong hash = StateHead.HashOf(shape);
        long floats = 0;
        foreach (RecurrentLayer layer in _layers)
        {
            int hidden = layer.HiddenFloats / Batch, cells = layer.CellFloats > 0 ? hidden : 0;
            floats += hidden + cells;
            hash = StateHead.HashOf([hidden, cells], hash);
        }

        long carried = 0;
        foreach (DeltaProduct product in _products)
        {
            carried += CarriedBytes(product);
            hash = StateHead.HashOf([product.LastOf(0).Length, product.SumsOf(0).Length], hash);
        }

        _head = new StateHead(_products.Length > 0 ? StateHead.DeltaOf(kind) : kind, hash);
        long sequence = (floats * sizeof(float)) + ownBytes + carried, all = StateHead.Bytes + (Batch * sequence);
        if (all > Array.MaxLength) Throw.Argument($"the state of {Throw.Counted(Batch, "sequence")} would pass 2^31 bytes");
        (_layerFloats, _sequenceBytes, StateBytes) = ((int)floats, (int)sequence, (int)all);
        for (int b = 0; b < Batch; b++) ResetBeside(b);
    }

    /// <summary>Refuses a second thread until what it gives is disposed of, which may change the state.</summary>
    private protected OneThread.Use Enter()
    {
        OneThread.Use use = _thread.Enter();
        IsFresh = false;
        return use;
    }

    /// <summary>The same for what does not, or makes it fresh.</summary>
    private protected OneThread.Use Look() => _thread.Enter();

    /// <summary>Forgets what a sequence has beside its layers.</summary>
    private protected virtual void ResetOwn(int sequence)
    {
    }

    /// <summary>Writes it.</summary>
    private protected virtual void WriteOwn(int sequence, ref StateWriter to)
    {
    }

    /// <summary>Reads it.</summary>
    private protected virtual void ReadOwn(int sequence, ref StateReader from)
    {
    }

    /// <summary>Why it is none, or null.</summary>
    private protected virtual string? FindFaultOfOwn(ref StateReader from) => null;

    /// <summary>Refuses a sequence that there is not.</summary>
    private protected void CheckSequence(int sequence)
    {
        if ((uint)sequence >= (uint)Batch) Throw.OutOfRange(nameof(sequence), sequence, $"0 to {Batch - 1}");
    }

    /// <summary>Steps of some numbers.</summary>
    /// <param name="given">What holds them, and what they are: "the row", "number".</param>
    /// <param name="found">How many there are.</param>
    /// <param name="width">How many a sequence's step has.</param>
    /// <param name="least">The fewest steps.</param>
    /// <param name="most">The most steps.</param>
    /// <exception cref="ArgumentException">They are no whole number of steps, or too few or too many.</exception>
    private protected int StepsOf((string Holder, string What) given, int found, int width, int least, int most = int.MaxValue)
    {
        int step = checked(Batch * width), steps = found / step;
        if (found == steps * step && steps >= least && steps <= most) return steps;
        string expected = most == 1 ? $"{step} were expected" : $"a multiple of {step} was expected";
        string some = most > 1 && least == 1 ? ", and not 0" : "", each = Batch == 1 ? "" : $": {width} for each of {Batch} sequences";
        Throw.Argument($"{given.Holder} holds {Throw.Counted(found, given.What)}; {expected}{some}{each}");
        return 0;
    }

    /// <summary>Refuses a place for answers that is too small or too large.</summary>
    private protected static void CheckRoom(string holder, string what, int found, long expected)
    {
        if (found != expected) Throw.Argument($"{holder} holds {Throw.Counted(found, what)}; {expected} were expected");
    }

    private Span<byte> PartOf(Span<byte> state, int index) => state.Slice(StateHead.Bytes + (index * _sequenceBytes), _sequenceBytes);

    private ReadOnlySpan<byte> PartOf(ReadOnlySpan<byte> state, int index) =>
        state.Slice(StateHead.Bytes + (index * _sequenceBytes), _sequenceBytes);

    private void Write(int sequence, Span<byte> state)
    {
        var writer = new StateWriter(state);
        foreach (RecurrentLayer layer in _layers)
        {
            ReadOnlySpan<float> hidden = layer.CarriedHidden, cell = layer.CarriedCell;
            for (int at = sequence; at < hidden.Length; at += Batch) writer.Write(hidden[at]);
            if (!cell.IsEmpty) writer.Write(cell.Slice(sequence * layer.CellStride, hidden.Length / Batch));
        }

        WriteOwn(sequence, ref writer);
        WriteCarried(sequence, ref writer);
    }

    private void Read(int sequence, ReadOnlySpan<byte> state)
    {
        var reader = new StateReader(state);
        foreach (RecurrentLayer layer in _layers)
        {
            Span<float> hidden = layer.CarriedHidden, cell = layer.CarriedCell;
            for (int at = sequence; at < hidden.Length; at += Batch) hidden[at] = reader.ReadSingle();
            if (!cell.IsEmpty) reader.Read(cell.Slice(sequence * layer.CellStride, hidden.Length / Batch));
        }

        ReadOwn(sequence, ref reader);
        ReadCarried(sequence, ref reader);
    }

    private void Check(int sequence, ReadOnlySpan<byte> state)
    {
        var reader = new StateReader(state);
        int wrong = reader.FindNotFinite(_layerFloats);
        string? fault = wrong >= 0 && !TakesNonFinite
            ? $"number {wrong} of sequence {sequence} is infinite or not a number"
            : FindFaultOfOwn(ref reader) ?? FindFaultOfCarried(ref reader);
        if (fault is not null) Throw.Argument($"these bytes are no state: {fault}. What was there stays");
    }
}
