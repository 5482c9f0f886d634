using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tasks;

/// <summary>An order of sequences for each epoch: random, and yet batches are of like lengths.</summary>
/// <param name="seed">The run's.</param>
/// <param name="count">Sequences.</param>
/// <param name="batchSize">Sequences in a batch.</param>
/// <param name="lengthOf">A sequence's place among others of other lengths: its steps, for example.</param>
internal sealed class LengthOrder(ulong seed, int count, int batchSize, Func<int, long> lengthOf)
{
    // Batches whose sequences are sorted by length together: enough for few steps that only one sequence has, few enough to stay random.
    private const int SortedTogether = 16;

    private readonly int[] _order = new int[count], _batches = new int[(count + batchSize - 1) / batchSize];

    /// <summary>Batches of every epoch.</summary>
    public int BatchCount => _batches.Length;

    /// <summary>Lays an epoch out, and says how many batches it has.</summary>
    public int Begin(int epoch)
    {
        var random = new PhiloxStream(seed, RandomPurpose.Order, (uint)epoch);
        Orders.Shuffle(_order, ref random);
        int together = SortedTogether * batchSize;
        for (int first = 0; first < _order.Length; first += together)
        {
            Span<int> part = _order.AsSpan(first, Math.Min(together, _order.Length - first));
            LongestFirst.Sort(part, lengthOf);
        }

        Orders.Shuffle(_batches, ref random);
        return BatchCount;
    }

    /// <summary>The sequences of a batch of the epoch begun last.</summary>
    public ReadOnlySpan<int> this[int batch]
    {
        get
        {
            int first = _batches[batch] * batchSize;
            return _order.AsSpan(first, Math.Min(batchSize, _order.Length - first));
        }
    }

    /// <summary>Sequences in the batches before one.</summary>
    public long Before(int batch)
    {
        long sequences = 0;
        for (int i = 0; i < batch; i++) sequences += this[i].Length;
        return sequences;
    }
}
