using System.Diagnostics;
using TinySD.Formats.Exchange.Onnx.Messages;
using TinySD.Formats.Exchange.Parts;

namespace TinySD.Formats.Exchange.Onnx.Operators;

/// <summary>A tensor within a run of a graph.</summary>
/// <remarks>Numbers are floats for float, float16 and bfloat16 (rounded to what the type holds), doubles for double, and longs for integers
/// and for booleans, which are 0 and 1. Arrays are shared between values that differ in shape only, and never changed once they are
/// made.</remarks>
internal sealed class OnnxArray
{
    public OnnxArray(long type, ReadOnlySpan<int> shape, Array numbers)
    {
        Debug.Assert(CountOf(shape) == numbers.LongLength);
        Type = type;
        Shape = [.. shape];
        Numbers = numbers;
    }

    /// <summary>See <see cref="OnnxDataType"/>.</summary>
    public long Type { get; }

    /// <summary>Row-major extents.</summary>
    public ImmutableArray<int> Shape { get; }

    public Array Numbers { get; }

    public float[]? Floats => Numbers as float[];

    public double[]? Doubles => Numbers as double[];

    public long[]? Integers => Numbers as long[];

    public int Rank => Shape.Length;

    public int Length => Numbers.Length;

    public bool IsFloating => Numbers is not long[];

    /// <summary>Whether the caller chose it, or what it is made from: a tensor whose shape or numbers the graph leaves open.</summary>
    public bool IsChosen { get; init; }

    /// <summary>Whether numbers are those of the graph's inputs or of a recurrent node's outputs, moved or computed with.</summary>
    public bool IsTagged { get; init; }

    public double At(int index) => Numbers switch { float[] f => f[index], double[] d => d[index], _ => Integers![index] };

    /// <summary>Sets a number of an array that is being made, as its type holds it.</summary>
    public void Put(int index, double value)
    {
        if (Floats is { } floats) floats[index] = OnnxDataType.Rounded(Type, (float)value);
        else if (Doubles is { } doubles) doubles[index] = value;
        else Integers![index] = OnnxDataType.Wrapped(Type, (long)value);
    }

    /// <summary>The product of extents, or more than any array holds: never an overflow.</summary>
    public static long CountOf(ReadOnlySpan<int> shape)
    {
        long count = 1;
        foreach (int extent in shape) count = count > int.MaxValue ? count : count * extent;
        return shape.Contains(0) ? 0 : count;
    }

    /// <summary>What the caller gave, as the type that the graph says; 0 for float or int64.</summary>
    public static OnnxArray From(NamedTensor tensor, long type)
    {
        if (type == 0) type = tensor.Integers is null ? OnnxDataType.Binary32 : OnnxDataType.Integer64;
        Array numbers = tensor.Integers is { } integers ? integers
            : type == OnnxDataType.Binary64 ? Array.ConvertAll(tensor.Floats!, value => (double)value)
            : type == OnnxDataType.Binary32 ? tensor.Floats!
            : Array.ConvertAll(tensor.Floats!, value => OnnxDataType.Rounded(type, value));
        return new OnnxArray(type, tensor.Shape.AsSpan(), numbers);
    }

    /// <summary>Other facts about the same numbers.</summary>
    public OnnxArray As(long type, ReadOnlySpan<int> shape) => new(type, shape, Numbers) { IsChosen = IsChosen, IsTagged = IsTagged };

    /// <summary>The same, and its numbers are those that pass through the graph.</summary>
    public OnnxArray Tagged() => new(Type, Shape.AsSpan(), Numbers) { IsChosen = IsChosen, IsTagged = true };

    public OnnxArray Reshaped(params ReadOnlySpan<int> shape) => As(Type, shape);

    public float[] ToFloats() => Floats ?? Array.ConvertAll(Doubles!, value => (float)value);

    /// <summary>For the caller: doubles rounded to floats, booleans as 0 and 1.</summary>
    public NamedTensor Named(string name) => Integers is { } integers
        ? new NamedTensor(name, Shape, integers) { IsBoolean = Type == OnnxDataType.Boolean }
        : new NamedTensor(name, Shape, ToFloats());

    /// <summary>The axes in another order.</summary>
    public OnnxArray Permuted(params ReadOnlySpan<int> order)
    {
        if (order is [1, 0] && Floats is { } matrix)
            return new OnnxArray(Type, [Shape[1], Shape[0]], Turned(matrix, Shape[0], Shape[1]))
            { IsChosen = IsChosen, IsTagged = IsTagged };
        int[] strides = Strides(), shape = new int[order.Length], jumps = new int[order.Length];
        for (int axis = 0; axis < order.Length; axis++) (shape[axis], jumps[axis]) = (Shape[order[axis]], strides[order[axis]]);
        return Moved(shape, jumps, 0);
    }

    /// <summary>How far apart neighbours along each axis are.</summary>
    public int[] Strides()
    {
        int[] strides = new int[Rank];
        int stride = 1;
        for (int axis = Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= Math.Max(1, Shape[axis]);
        }

        return strides;
    }

    /// <summary>A new array: [i, j, ...] is this at offset + i * jumps[0] + j * jumps[1] + ...</summary>
    public OnnxArray Moved(int[] shape, int[] jumps, int offset)
    {
        Array moved = Numbers switch
        {
            float[] floats => Copied(floats, shape, jumps, offset),
            double[] doubles => Copied(doubles, shape, jumps, offset),
            _ => (Array)Copied(Integers!, shape, jumps, offset),
        };
        return new OnnxArray(Type, shape, moved) { IsChosen = IsChosen, IsTagged = IsTagged };
    }

    // Block by block, so that rows and columns both stay in the cache.
    private static float[] Turned(float[] matrix, int rows, int columns)
    {
        const int block = 32;
        float[] turned = new float[matrix.Length];
        if (turned.Length == 0) return turned;
        for (int top = 0; top < rows; top += block)
        {
            for (int left = 0; left < columns; left += block)
            {
                int right = Math.Min(columns, left + block), bottom = Math.Min(rows, top + block);
                for (int column = left; column < right; column++)
                {
                    for (int row = top; row < bottom; row++) turned[(column * rows) + row] = matrix[(row * columns) + column];
                }
            }
        }

        return turned;
    }

    private static T[] Copied<T>(T[] from, int[] shape, int[] jumps, int offset)
    {
        var result = new T[CountOf(shape)];
        if (result.Length == 0) return result;

        // Runs along the last axes, as long as they lie side by side.
        int run = 1, outer = shape.Length;
        while (outer > 0 && (jumps[outer - 1] == run || shape[outer - 1] == 1)) run *= shape[--outer];
        Span<int> index = stackalloc int[outer];
        index.Clear();
        int at = offset;
        for (int i = 0; i < result.Length; i += run)
        {
            if (run == 1) result[i] = from[at];
            else from.AsSpan(at, run).CopyTo(result.AsSpan(i));
            for (int axis = outer - 1; axis >= 0; axis--)
            {
                at += jumps[axis];
                if (++index[axis] < shape[axis]) break;
                at -= jumps[axis] * shape[axis];
                index[axis] = 0;
            }
        }

        return result;
    }
}
