namespace TinySD.Runtime.Tasks;

/// <summary>Random orders.</summary>
internal static class Orders
{
    /// <summary>Writes 0 to n - 1 in random order (Fisher and Yates).</summary>
    public static void Shuffle(Span<int> order, ref PhiloxStream random)
    {
        for (int i = 0; i < order.Length; i++)
        {
            int at = (int)(((ulong)random.Next() * (uint)(i + 1)) >> 32);
            order[i] = order[at];
            order[at] = i;
        }
    }
}
