using TinySD.Formats.Exchange.Onnx.Messages;

namespace TinySD.Formats.Exchange.Onnx.Operators;

/// <summary>Operators that make one number out of all along some axes.</summary>
internal static class OnnxReducing
{
    /// <summary>By name.</summary>
    public static IEnumerable<KeyValuePair<string, OnnxOperator>> All { get; } =
    [
        new("ReduceSum", call => Reduced(call, 13, row => Sum(row, x => x), row => Fold(row, 0, (a, b) => a + b))),
        new("ReduceMean", call => Reduced(call, 18, row => Sum(row, x => x) / row.Length, MeanOfIntegers)),
        new("ReduceProd", call => Reduced(call, 18, row => Fold(row, 1.0, (a, b) => a * b), row => Fold(row, 1L, (a, b) => a * b))),
        new("ReduceMax", call => Reduced(call, 18, Largest, row => Fold(row, long.MinValue, Math.Max), isEmptyRefused: true)),
        new("ReduceMin", call => Reduced(call, 18, Smallest, row => Fold(row, long.MaxValue, Math.Min), isEmptyRefused: true)),
        new("ReduceL1", call => Reduced(call, 18, row => Sum(row, Math.Abs), row => Fold(row, 0L, (a, b) => a + Math.Abs(b)))),
        new("ReduceL2", call => Reduced(call, 18, row => Math.Sqrt(Sum(row, x => x * x)), row => (long)Math.Sqrt(Squares(row)))),
        new("ReduceSumSquare", call => Reduced(call, 18, row => Sum(row, x => x * x), Squares)),
        new("ReduceLogSumExp", call => Reduced(call, 18, LogSumExp, null)),
        new("ReduceLogSum", call => Reduced(call, 18, row => Math.Log(Sum(row, x => x)), null)),
    ];

    public static OnnxArray[] Extreme(OnnxCall call, bool isLargest)
    {
        call.Check("axis", "keepdims", "select_last_index");
        OnnxArray input = call.Required(0);
        int axis = call.Axis(call.Whole("axis", 0), input.Rank), extent = input.Shape[axis];
        bool isLast = call.Flag("select_last_index", false), isKept = call.Flag("keepdims", true);
        if (extent == 0) call.DoesNotFit($"axis {axis} has no elements");
        int inner = (int)OnnxArray.CountOf(input.Shape.AsSpan()[(axis + 1)..]);
        call.Charge(input.Length);
        int[] shape = [.. isKept ? input.Shape.SetItem(axis, 1) : input.Shape.RemoveAt(axis)];
        OnnxArray result = call.Made(OnnxDataType.Integer64, shape);
        for (int i = 0; i < result.Length; i++)
        {
            int start = (i / inner * extent * inner) + (i % inner), best = 0;
            for (int at = 1; at < extent; at++)
            {
                int order = Compare(start + (at * inner), start + (best * inner));
                if ((isLargest ? order > 0 : order < 0) || (order == 0 && isLast)) best = at;
            }

            result.Integers![i] = best;
        }

        return [result];

        int Compare(int a, int b) => input.Numbers switch
        {
            float[] f => f[a] > f[b] ? 1 : f[a] < f[b] ? -1 : 0,
            double[] d => d[a] > d[b] ? 1 : d[a] < d[b] ? -1 : 0,
            _ => input.Integers![a].CompareTo(input.Integers![b]),
        };
    }

    public static OnnxArray[] CumulativeSum(OnnxCall call)
    {
        call.Check("exclusive", "reverse");
        OnnxArray input = call.Required(0);
        long[] given = call.Integers(1);
        if (given.Length != 1) call.DoesNotFit("its axis must be one number");
        int axis = call.Axis(given[0], input.Rank), extent = input.Shape[axis];
        bool isExclusive = call.Flag("exclusive", false), isBackward = call.Flag("reverse", false);
        OnnxArray result = call.Made(input.Type, input.Shape.AsSpan());
        if (result.Length == 0) return [result];
        int inner = (int)OnnxArray.CountOf(input.Shape.AsSpan()[(axis + 1)..]);
        for (int row = 0; row < result.Length / extent; row++)
        {
            int start = (row / inner * extent * inner) + (row % inner);
            double sum = 0;
            long whole = 0;
            for (int step = 0; step < extent; step++)
            {
                int at = start + ((isBackward ? extent - 1 - step : step) * inner);
                if (isExclusive) Put(at);
                if (input.Integers is { } integers) whole += integers[at];
                else sum += input.At(at);
                if (!isExclusive) Put(at);
            }

            void Put(int at)
            {
                if (result.Integers is { } integers) integers[at] = OnnxDataType.Wrapped(input.Type, whole);
                else result.Put(at, sum);
            }
        }

        return [result];
    }

    /// <summary>The axes in the order that puts some last, and the number of elements along those.</summary>
    public static (int[] Order, int Count) Last(OnnxArray input, ReadOnlySpan<int> axes)
    {
        int[] last = axes.ToArray();
        Array.Sort(last);
        int count = (int)OnnxArray.CountOf([.. Array.ConvertAll(last, axis => input.Shape[axis])]);
        return ([.. Enumerable.Range(0, input.Rank).Except(last), .. last], count);
    }

    private static OnnxArray[] Reduced(
        OnnxCall call, int axesAreInputSince, Func<ReadOnlyMemory<double>, double> floats, Func<ReadOnlyMemory<long>, long>? integers,
            bool isEmptyRefused = false)
    {
        call.Check("axes", "keepdims", "noop_with_empty_axes");
        OnnxArray input = call.Required(0);
        if (input.Type == OnnxDataType.Boolean && !isEmptyRefused) call.Invalid("its input is of bool; numbers were expected");
        long[] given = call.Argument(1, "axes", axesAreInputSince) ?? [];
        if (given.Length == 0 && call.Flag("noop_with_empty_axes", false)) return [input];
        if (given.Length > input.Rank) call.DoesNotFit($"it reduces {Words.Counted(given.Length, "axis")} of {input.Rank}");
        int[] axes = given.Length == 0
            ? [.. Enumerable.Range(0, input.Rank)]
            : Array.ConvertAll(given, axis => call.Axis(axis, input.Rank));
        if (axes.Distinct().Count() != axes.Length) call.Invalid("an axis comes twice");
        bool isKept = call.Flag("keepdims", true);
        (int[] order, int count) = Last(input, axes);
        if (count == 0 && isEmptyRefused) call.DoesNotFit("there is nothing to take the largest or smallest of");
        OnnxArray rows = call.Permuted(input, order);
        int[] shape = [.. input.Shape.Select((extent, axis) => axes.Contains(axis) ? 1 : extent)
            .Where((_, axis) => isKept || !axes.Contains(axis))];
        OnnxArray result = call.Made(input.Type, shape);
        double[] row = new double[input.IsFloating ? count : 0];
        for (int i = 0; i < result.Length; i++)
        {
            if (rows.Integers is { } whole)
            {
                if (integers is null) call.Unsupported("integers");
                result.Integers![i] = OnnxDataType.Wrapped(input.Type, integers(whole.AsMemory(i * count, count)));
                continue;
            }

            for (int at = 0; at < count; at++) row[at] = rows.At((i * count) + at);
            result.Put(i, floats(row));
        }

        return [result];
    }

    private static double Sum(ReadOnlyMemory<double> row, Func<double, double> of)
    {
        double sum = 0;
        foreach (double value in row.Span) sum += of(value);
        return sum;
    }

    private static T Fold<T>(ReadOnlyMemory<T> row, T start, Func<T, T, T> of)
    {
        foreach (T value in row.Span) start = of(start, value);
        return start;
    }

    private static double Largest(ReadOnlyMemory<double> row) => Fold(row, double.NegativeInfinity, Math.Max);

    private static double Smallest(ReadOnlyMemory<double> row) => Fold(row, double.PositiveInfinity, Math.Min);

    private static long Squares(ReadOnlyMemory<long> row) => Fold(row, 0L, (a, b) => a + (b * b));

    private static long MeanOfIntegers(ReadOnlyMemory<long> row) => row.Length == 0 ? 0 : Fold(row, 0L, (a, b) => a + b) / row.Length;

    private static double LogSumExp(ReadOnlyMemory<double> row)
    {
        double most = Largest(row);
        return double.IsInfinity(most) ? most : most + Math.Log(Sum(row, x => Math.Exp(x - most)));
    }
}
