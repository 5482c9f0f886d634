using System.Buffers.Binary;
using System.Runtime.InteropServices;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tasks;

/// <summary>Trains a finished model further where it is used, on data that come in there, within a budget of memory: update by update, with
/// no validation and no end of its own.</summary>
/// <remarks>
/// <para>All memory is taken once, when it is made: <see cref="MemoryNeed"/>, the copy of the model's parameters included. A step allocates
/// nothing. The model it began with stays as it is.</para>
/// <para>Of the recipe its batch, steps, dropout, optimizer, learning rate, warm-up, clipping and seed are used. Epochs, patience and the
/// schedule of learning rates are not: every update has <see cref="TrainingRecipe.LearningRate"/>.</para>
/// <para>The same model, data, recipe and calls give the same bits, whatever the threads. Not thread-safe.</para>
/// </remarks>
/// <typeparam name="TBatch">What the model's network is fed.</typeparam>
public abstract class Personalizer<TBatch> : IStreamingState
    where TBatch : class
{
    private const uint Tag = 0x50445354; // TSDP
    private const int HeaderBytes = 64;

    private readonly Network<TBatch> _network;
    private readonly Trainer<TBatch> _trainer;
    private readonly TrainingRecipe _recipe;
    private readonly TBatch _batch;
    private readonly ParameterBlock _carried, _start;
    private IBatches<TBatch>? _batches;
    private long _firstUpdate;
    private int _epoch = -1, _step, _count;

    /// <summary>Takes the memory of a network that is declared, and begins with parameters.</summary>
    private protected Personalizer(
        string kind, (Network<TBatch> Network, TBatch Batch) declared, TrainingRecipe recipe, ParameterBlock start,
        Func<int, Memory<float>>? memory)
    {
        Kind = kind;
        (_network, _batch) = declared;
        _recipe = recipe;
        _start = start;
        MemoryNeed = MemoryNeed.Of(_network, recipe);
        (Func<int, Memory<float>> rest, _carried) = MemoryNeed.Take(_network, recipe, memory);
        start.Values.CopyTo(_network.Parameters.Values);
        _trainer = new Trainer<TBatch>(_network, recipe, memory: rest);
    }

    /// <summary>What its state is called in files: <c>language-model-personalizer</c>, <c>regressor-personalizer</c> or
    /// <c>classifier-personalizer</c>.</summary>
    public string Kind { get; }

    /// <summary>Sequences B of a batch.</summary>
    public int Batch => _recipe.BatchSize;

    /// <summary>None: those that it trains are in its state.</summary>
    ParameterBlock? IStreamingState.Parameters => null;

    /// <summary>What it takes, in one block.</summary>
    public MemoryNeed MemoryNeed { get; }

    /// <summary>Updates made.</summary>
    public long Updates => _trainer.Counts.Updates;

    /// <summary>Makes one update, with the next batch of the data; when they are used up they are gone through again, in another
    /// order.</summary>
    /// <returns>What it measured, before the update.</returns>
    /// <exception cref="InvalidOperationException">There are no data yet, or no more updates can be counted.</exception>
    /// <exception cref="ArgumentException">The data are not what the model takes: a token outside of its vocabulary.</exception>
    /// <exception cref="NotFiniteException">Loss or gradient is infinite or not a number. The parameters are as they were, and the next
    /// call goes on with the next batch.</exception>
    public StepResult Step()
    {
        if (_batches is null) Throw.Invalid("there is nothing to learn from yet; give it data by Use");
        if (Updates >= int.MaxValue) Throw.Invalid($"{Updates} updates were made, and no more can be counted");
        if (_step == _count) BeginEpoch(_epoch + 1);
        int index = _step++;
        if (!_batches.Continues(index)) _network.ResetState();
        _batches.Fill(index, _batch);
        return _trainer.Step(_batch, new Draw((int)Updates), _recipe.LearningRate * _batches.RateFactor(index));
    }

    /// <summary>Bytes of the state, see <see cref="CopyState"/>.</summary>
    public int StateBytes
    {
        get
        {
            long floats = _network.Parameters.Layout.LengthFloats * (1L + _trainer.State.Count) + _carried.Layout.LengthFloats;
            return checked((int)(HeaderBytes + (floats * sizeof(float))));
        }
    }

    /// <summary>Copies all that the next step depends on, beside the data: parameters, what the optimizer keeps, the carried state, and
    /// where in the data it stands. Little-endian, the same on every machine. No allocation.</summary>
    /// <param name="state">Receives it: exactly <see cref="StateBytes"/>.</param>
    /// <exception cref="ArgumentException">The length is wrong.</exception>
    public void CopyState(Span<byte> state)
    {
        RequireLength(state.Length);
        state[..HeaderBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(state, Tag);
        BinaryPrimitives.WriteInt32LittleEndian(state[4..], StateBytes);
        BinaryPrimitives.WriteInt32LittleEndian(state[8..], _network.Parameters.Layout.LengthFloats);
        BinaryPrimitives.WriteInt32LittleEndian(state[12..], _trainer.State.Count);
        BinaryPrimitives.WriteInt64LittleEndian(state[16..], Updates);
        BinaryPrimitives.WriteInt64LittleEndian(state[24..], _firstUpdate);
        BinaryPrimitives.WriteInt32LittleEndian(state[32..], _epoch);
        BinaryPrimitives.WriteInt32LittleEndian(state[36..], _step);
        Span<byte> to = state[HeaderBytes..];
        _network.SaveCarried(_carried);
        Write(_network.Parameters, ref to);
        for (int i = 0; i < _trainer.State.Count; i++) Write(_trainer.State[i].Block, ref to);
        Write(_carried, ref to);

        static void Write(ParameterBlock block, ref Span<byte> to)
        {
            Span<byte> bytes = MemoryMarshal.AsBytes(block.Values);
            bytes.CopyTo(to);
            to = to[bytes.Length..];
        }
    }

    /// <summary>Goes on where another was, to the same bits: made of the same model's shape and recipe, and given the same data by Use
    /// before this call. Data that are given after it are begun anew. No allocation.</summary>
    /// <param name="state">What <see cref="CopyState"/> wrote.</param>
    /// <exception cref="ArgumentException">It is no such state, or one of another shape, optimizer or data; nothing is changed.</exception>
    public void SetState(ReadOnlySpan<byte> state)
    {
        RequireLength(state.Length);
        long updates = BinaryPrimitives.ReadInt64LittleEndian(state[16..]), first = BinaryPrimitives.ReadInt64LittleEndian(state[24..]);
        int epoch = BinaryPrimitives.ReadInt32LittleEndian(state[32..]), step = BinaryPrimitives.ReadInt32LittleEndian(state[36..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(state) != Tag || BinaryPrimitives.ReadInt32LittleEndian(state[4..]) != StateBytes
            || BinaryPrimitives.ReadInt32LittleEndian(state[8..]) != _network.Parameters.Layout.LengthFloats
            || BinaryPrimitives.ReadInt32LittleEndian(state[12..]) != _trainer.State.Count
            || updates is < 0 or > int.MaxValue || first < 0 || first > updates || epoch < -1 || step < 0)
            Throw.Argument("these bytes are no state of a model, a recipe and an optimizer like these");
        ReadOnlySpan<float> floats = MemoryMarshal.Cast<byte, float>(state[HeaderBytes..]);
        if (FiniteNumbers.IndexOfOther(floats) >= 0)
            Throw.Argument("the state holds a number that is infinite or none");
        if (_batches is not null && epoch >= 0)
        {
            int count = _batches.Begin(epoch, first);
            if (step > count)
            {
                _batches.Begin(Math.Max(0, _epoch), _firstUpdate);
                Throw.Argument($"the state is {Throw.Counted(step, "step")} into data that make {count}; they are others");
            }

            _count = count;
        }

        (_firstUpdate, _epoch, _step) = (first, epoch, step);
        if (_batches is null || epoch < 0) _step = _count = 0;
        _trainer.Counts = new TrainerCounts(updates);
        Read(_network.Parameters, ref floats);
        for (int i = 0; i < _trainer.State.Count; i++) Read(_trainer.State[i].Block, ref floats);
        Read(_carried, ref floats);
        _network.LoadCarried(_carried);

        static void Read(ParameterBlock block, ref ReadOnlySpan<float> from)
        {
            from[..block.Values.Length].CopyTo(block.Values);
            from = from[block.Values.Length..];
        }
    }

    /// <summary>Forgets all that was learnt: begins anew with the model, which it holds for that, and with the data given last.</summary>
    public void Reset()
    {
        _start.Values.CopyTo(_network.Parameters.Values);
        foreach (NamedBlock part in _trainer.State) part.Block.Values.Clear();
        _trainer.Counts = default(TrainerCounts) with { AveragedUpdates = -1 };
        _network.ResetState();
        if (_batches is not null) BeginEpoch(0);
        else (_firstUpdate, _epoch, _step, _count) = (0, -1, 0, 0);
    }

    /// <summary>Learns from other data from the next step on.</summary>
    private protected void Use(IBatches<TBatch> batches)
    {
        _batches = batches;
        BeginEpoch(_epoch + 1);
    }

    private void RequireLength(int bytes)
    {
        if (bytes != StateBytes) Throw.Argument($"the state has {StateBytes} bytes, and there are {bytes}");
    }

    private void BeginEpoch(int epoch)
    {
        _count = _batches!.Begin(epoch, Updates);
        (_epoch, _step, _firstUpdate) = (epoch, 0, Updates);
    }
}
