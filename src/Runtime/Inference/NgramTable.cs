using System.Runtime.InteropServices;

namespace TinySD.Runtime.Inference;

/// <summary>The n-grams of one sequence, 1 to some order, each with a number, and how often others have them.</summary>
internal sealed class NgramTable
{
    private readonly int _order;

    // An n-gram by the number of its first n - 1 symbols, -1 for none, and its last.
    private readonly Dictionary<long, int> _ids;
    private readonly List<int> _orders = [], _counts = [];

    /// <summary>Counts a sequence's n-grams.</summary>
    /// <param name="symbols">Its symbols, each by any number.</param>
    /// <param name="order">The longest.</param>
    public NgramTable(ReadOnlySpan<int> symbols, int order)
    {
        _order = order;
        _ids = new(symbols.Length * order);
        for (int start = 0; start < symbols.Length; start++)
        {
            int id = -1;
            for (int n = 0; n < order && start + n < symbols.Length; n++)
            {
                ref int slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_ids, Key(id, symbols[start + n]), out bool isKnown);
                if (!isKnown)
                {
                    slot = _orders.Count;
                    _orders.Add(n);
                    _counts.Add(0);
                }

                id = slot;
                _counts[id]++;
            }
        }
    }

    /// <summary>Different n-grams.</summary>
    public int Count => _orders.Count;

    /// <summary>How often another sequence has each n-gram of this one; what it has besides is not counted.</summary>
    /// <param name="symbols">The other's symbols.</param>
    /// <param name="counts">Of each n-gram, [<see cref="Count"/>]; added to.</param>
    public void CountIn(ReadOnlySpan<int> symbols, Span<int> counts)
    {
        for (int start = 0; start < symbols.Length; start++)
        {
            int id = -1;
            for (int n = 0; n < _order && start + n < symbols.Length; n++)
            {
                if (!_ids.TryGetValue(Key(id, symbols[start + n]), out id)) break;
                counts[id]++;
            }
        }
    }

    /// <summary>Adds up n-grams that this has and another has too, each at most as often as the other has it.</summary>
    /// <param name="counts">The other's, [<see cref="Count"/>].</param>
    /// <param name="matches">Of each order, the shortest first; added to.</param>
    public void AddMatches(ReadOnlySpan<int> counts, Span<long> matches)
    {
        for (int id = 0; id < _orders.Count; id++) matches[_orders[id]] += Math.Min(_counts[id], counts[id]);
    }

    private static long Key(int prefix, int last) => ((long)prefix << 32) | (uint)last;
}
