namespace TinySD.Runtime.Tasks;

/// <summary>Rows that come in no order, such as texts or sequences, in two parts: some to train on, and some that are held out. Not for
/// rows of one series, which are split by time.</summary>
/// <remarks>The rows of each class are shuffled, and the classes laid one behind the other; then every so-manyth row is held out. So each
/// class has its share in both parts, to within one row. A pure function of its arguments.</remarks>
/// <param name="Training">Rows to train on, ascending.</param>
/// <param name="HeldOut">Rows held out, ascending.</param>
public sealed record RowSplit(int[] Training, int[] HeldOut)
{
    /// <summary>Holds out a share of the rows, to the nearest whole row and at least one. Of each class at least one row stays to train
    /// on.</summary>
    /// <param name="classes">The class of each row; all 0 where there are none.</param>
    /// <param name="share">The share, above 0 and below 1.</param>
    /// <param name="seed">Another seed holds out others.</param>
    /// <exception cref="ArgumentException">The share is out of range, or no class has 2 rows.</exception>
    public static RowSplit Share(ReadOnlySpan<int> classes, double share, ulong seed)
    {
        if (!(share > 0 && share < 1)) Throw.OutOfRange(nameof(share), share, "above 0 and below 1");
        int[] own = classes.ToArray();
        HashSet<int> single = [.. own.GroupBy(label => label).Where(rows => rows.Count() == 1).Select(rows => rows.Key)];

        // Those of classes with one row come first and stay.
        int[] dealt = [.. Deal(classes, seed).OrderBy(row => !single.Contains(own[row]))];
        int from = single.Count, dealtOut = dealt.Length - from;
        if (dealtOut == 0) Throw.Argument("no class has 2 rows, of which one could be held out");
        bool[] isHeld = new bool[dealt.Length];
        int held = 0, wanted = Math.Clamp((int)Math.Floor((share * dealt.Length) + 0.5), 1, dealtOut - 1);
        for (int i = 0; i < dealtOut; i++)
        {
            // Evenly over all: as many are held out of the first i + 1 as their share is, rounded.
            bool isNext = ((2 * (i + 1L) * wanted) + dealtOut) / (2L * dealtOut) > held;
            if (!isNext) continue;
            isHeld[from + i] = true;
            held++;
        }

        for (int first = from, end; first < dealt.Length; first = end)
        {
            end = first;
            while (end < dealt.Length && classes[dealt[end]] == classes[dealt[first]]) end++;
            if (!isHeld.AsSpan(first, end - first).Contains(false)) isHeld[first] = false;
        }

        return Of(dealt, i => isHeld[i]);
    }

    /// <summary>One of several folds: each row is held out by exactly one of them.</summary>
    /// <param name="classes">The class of each row; all 0 where there are none.</param>
    /// <param name="folds">How many, at least 2 and at most as many as rows.</param>
    /// <param name="fold">Which of them is held out, counted from 0.</param>
    /// <param name="seed">Another seed makes other folds.</param>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public static RowSplit Fold(ReadOnlySpan<int> classes, int folds, int fold, ulong seed)
    {
        if (folds < 2 || folds > classes.Length) Throw.OutOfRange(nameof(folds), folds, $"2 to {classes.Length}, the number of rows");
        if (fold < 0 || fold >= folds) Throw.OutOfRange(nameof(fold), fold, $"0 to {folds - 1}");
        return Of(Deal(classes, seed), i => i % folds == fold);
    }

    private static int[] Deal(ReadOnlySpan<int> classes, ulong seed)
    {
        int[] order = new int[classes.Length];
        var random = new PhiloxStream(seed, RandomPurpose.Split, 0);
        Orders.Shuffle(order, ref random);
        int[] own = classes.ToArray();
        return [.. order.OrderBy(row => own[row])];
    }

    private static RowSplit Of(int[] dealt, Func<int, bool> isHeldOut)
    {
        var parts = Enumerable.Range(0, dealt.Length).ToLookup(isHeldOut, i => dealt[i]);
        return new([.. parts[false].Order()], [.. parts[true].Order()]);
    }
}
