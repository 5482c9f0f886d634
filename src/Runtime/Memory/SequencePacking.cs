namespace TinySD.Runtime.Memory;

/// <summary>Packs sequences of unequal length into a window that has no padding: orders them, longest first, and says where each
/// step's rows lie.</summary>
/// <remarks>Whoever makes a batch owns one. Allocates in the constructor only.</remarks>
/// <param name="batch">Sequences B.</param>
/// <param name="timeSteps">The most steps T.</param>
public sealed class SequencePacking(int batch, int timeSteps)
{
    private readonly long[] _keys = new long[batch];
    private readonly int[] _order = [.. Enumerable.Range(0, batch)], _starts = new int[timeSteps + 1];

    /// <summary>The sequence that stands at each place, [B]; those of one length in the order in which they were given.</summary>
    public ReadOnlySpan<int> Order => _order;

    /// <summary>Whether every sequence stands where it was given.</summary>
    public bool IsInOrder { get; private set; } = true;

    /// <summary>Packs a batch.</summary>
    /// <param name="lengths">Steps of each sequence, 0 to <paramref name="steps"/>; empty where all have so many.</param>
    /// <param name="steps">At most T.</param>
    /// <exception cref="ArgumentException">A length is out of range, or there are too few.</exception>
    public StepRows Pack(ReadOnlySpan<int> lengths, int steps)
    {
        if (!lengths.IsEmpty && lengths.Length != batch)
            Throw.Argument($"there are {Throw.Counted(lengths.Length, "length")} for {Throw.Counted(batch, "sequence")}");
        if (lengths.IsEmpty && IsInOrder) return StepRows.Even(steps, batch);
        bool isEven = true;
        for (int b = 0; b < batch; b++)
        {
            int length = lengths.IsEmpty ? steps : lengths[b];
            if ((uint)length > (uint)steps) Throw.OutOfRange("a sequence's length", length, $"0 to {steps}");
            _keys[b] = ((long)(steps - length) << 32) | (uint)b;
            isEven &= _keys[b] >> 32 == _keys[0] >> 32;
        }

        // Without a comparison of ours, native code makes a delegate for every sort.
        if (!isEven) _keys.AsSpan().Sort(static (a, b) => a.CompareTo(b));
        IsInOrder = true;
        for (int place = 0; place < batch; place++)
        {
            _order[place] = (int)_keys[place];
            IsInOrder &= _order[place] == place;
        }

        int longest = steps - (int)(_keys[0] >> 32), count = batch;
        if (isEven) return StepRows.Even(longest, batch);
        for (int t = 0; t < longest; t++)
        {
            while (steps - (int)(_keys[count - 1] >> 32) <= t) count--;
            _starts[t + 1] = _starts[t] + count;
        }

        return new StepRows(_starts, 0, longest, batch);
    }
}
