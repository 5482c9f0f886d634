namespace TinySD.Formats.Exchange.Onnx.Operators;

/// <summary>Operators that make more out of less, which their run caps.</summary>
internal static class OnnxRepeating
{
    public static OnnxArray[] Expand(OnnxCall call)
    {
        call.Check();
        OnnxArray input = call.Required(0);
        int[] target = call.Extents(call.Integers(1));
        return [Broadcast(call, input, Together(call, input.Shape.AsSpan(), target))];
    }

    /// <summary>The shape that two shapes have together, as numpy has it: axes are counted from the last, and an extent of 1 is
    /// repeated.</summary>
    public static int[] Together(OnnxCall call, ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        int[] shape = new int[Math.Max(first.Length, second.Length)];
        for (int back = 1; back <= shape.Length; back++)
        {
            int a = back <= first.Length ? first[^back] : 1, b = back <= second.Length ? second[^back] : 1;
            if (a != b && a != 1 && b != 1)
                call.DoesNotFit($"[{string.Join(", ", first.ToArray())}] and [{string.Join(", ", second.ToArray())}] do not fit " +
                $"together: {a} and {b} elements along one axis");
            shape[^back] = a == 1 ? b : a;
        }

        return shape;
    }

    /// <summary>An array repeated to a shape that it fits; the array itself where it has the shape.</summary>
    public static OnnxArray Broadcast(OnnxCall call, OnnxArray input, int[] shape)
    {
        if (input.Shape.AsSpan().SequenceEqual(shape)) return input;
        int[] jumps = new int[shape.Length], strides = input.Strides();
        for (int back = 1; back <= input.Rank; back++) jumps[^back] = input.Shape[^back] == 1 ? 0 : strides[^back];
        return call.Moved(input, shape, jumps, 0);
    }

    public static OnnxArray[] Tile(OnnxCall call)
    {
        call.Check();
        OnnxArray input = call.Required(0);
        long[] repeats = call.Integers(1);
        if (repeats.Length != input.Rank || Array.Exists(repeats, repeat => repeat < 0))
            call.DoesNotFit($"[{OnnxCall.Shown(repeats)}] does not repeat {input.Rank} axes");
        int[] shape = call.Extents([.. input.Shape.Select((extent, axis) => extent * Math.Min(repeats[axis], int.MaxValue))]);
        return [Mapped(call, input, shape, (axis, at) => at % input.Shape[axis], null)];
    }

    public static OnnxArray[] Pad(OnnxCall call)
    {
        call.Check("mode", "pads", "value");
        OnnxArray input = call.Required(0);
        string mode = call.Text("mode", "constant");
        if (mode is not ("constant" or "edge" or "reflect" or "wrap")) call.Unsupported($"the mode '{Words.Shown(mode)}'");
        long[]? pads = call.Argument(1, "pads", 11);
        if (pads is null) call.Invalid("it does not say how far to pad");
        int[] axes = call.Opset >= 18 && call.Optional(3) is not null
            ? Array.ConvertAll(call.Integers(3), axis => call.Axis(axis, input.Rank))
            : [.. Enumerable.Range(0, input.Rank)];
        if (pads.Length != 2 * axes.Length || axes.Distinct().Count() != axes.Length)
            call.DoesNotFit($"[{OnnxCall.Shown(pads)}] does not pad {axes.Length} axes at both ends");
        OnnxArray? value = call.Opset >= 11 ? call.Optional(2)
            : input.Floats is not null ? new OnnxArray(input.Type, [], new[] { call.Number("value", 0f) })
            : null;
        if (value is not null && (value.Length != 1 || value.Type != input.Type))
            call.DoesNotFit("its value must be one number of the input's type");
        long[] begins = new long[input.Rank], extents = [.. ImmutableArray.CreateRange(input.Shape, extent => (long)extent)];
        for (int i = 0; i < axes.Length; i++)
        {
            if (Math.Abs((double)pads[i]) > int.MaxValue || Math.Abs((double)pads[i + axes.Length]) > int.MaxValue)
                call.DoesNotFit($"pads [{OnnxCall.Shown(pads)}] are impossible");
            begins[axes[i]] = pads[i];
            extents[axes[i]] += pads[i] + pads[i + axes.Length];
        }

        int[] shape = call.Extents(extents);
        if (mode != "constant" && input.Length == 0 && OnnxArray.CountOf(shape) > 0) call.DoesNotFit("there is nothing to pad with");
        return [Mapped(call, input, shape, Source, value)];

        int Source(int axis, int at)
        {
            long from = at - begins[axis], extent = input.Shape[axis];
            if (from >= 0 && from < extent) return (int)from;
            if (mode == "constant") return -1;
            if (mode == "edge") return from < 0 ? 0 : (int)extent - 1;
            if (mode == "wrap") return (int)(((from % extent) + extent) % extent);
            if (extent == 1) return 0;
            long period = 2 * (extent - 1), within = ((from % period) + period) % period;
            return (int)(within < extent ? within : period - within);
        }
    }

    // result[i, j, ...] is the input at [source(0, i), source(1, j), ...], or the fill, 0 where there is none, where one of them is -1.
    private static OnnxArray Mapped(OnnxCall call, OnnxArray input, int[] shape, Func<int, int, int> source, OnnxArray? fill)
    {
        OnnxArray result = call.Made(input.Type, shape);
        if (result.Length == 0) return result;
        int[] strides = input.Strides();
        int[][] maps = [.. shape.Select((extent, axis) => Enumerable.Range(0, extent)
            .Select(at => source(axis, at) is >= 0 and int from ? from * strides[axis] : -1).ToArray())];
        Span<int> index = stackalloc int[maps.Length];
        index.Clear();
        for (int i = 0; i < result.Length; i++)
        {
            int at = 0;
            for (int axis = 0; axis < maps.Length && at >= 0; axis++) at = maps[axis][index[axis]] is >= 0 and int step ? at + step : -1;
            if (at >= 0) Array.Copy(input.Numbers, at, result.Numbers, i, 1);
            else if (fill is not null) Array.Copy(fill.Numbers, 0, result.Numbers, i, 1);
            for (int axis = maps.Length - 1; axis >= 0 && ++index[axis] == maps[axis].Length; axis--) index[axis] = 0;
        }

        return result;
    }
}
