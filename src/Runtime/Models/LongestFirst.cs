namespace TinySD.Runtime.Models;

/// <summary>The order in which sequences are batched: the longest first, those of one length in the order of their numbers.</summary>
internal static class LongestFirst
{
    /// <summary>The numbers of so many sequences in that order.</summary>
    public static int[] Order(int count, Func<int, long> lengthOf)
    {
        int[] order = new int[count];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        Sort(order, lengthOf);
        return order;
    }

    /// <summary>Puts numbers of sequences in that order.</summary>
    public static void Sort(Span<int> numbers, Func<int, long> lengthOf) => numbers.Sort((a, b) =>
    {
        int byLength = lengthOf(b).CompareTo(lengthOf(a));
        return byLength != 0 ? byLength : a.CompareTo(b);
    });
}
