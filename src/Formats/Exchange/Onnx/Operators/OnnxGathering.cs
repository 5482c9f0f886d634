namespace TinySD.Formats.Exchange.Onnx.Operators;

/// <summary>Operators that take elements by their indices.</summary>
internal static class OnnxGathering
{
    public static OnnxArray[] Gather(OnnxCall call)
    {
        call.Check("axis");
        OnnxArray input = call.Required(0), indices = call.Required(1);
        int axis = call.Axis(call.Whole("axis", 0), input.Rank);
        int[] rows = Indices(call, 1, input.Shape[axis]);
        OnnxArray result = call.Made(input.Type, [.. input.Shape[..axis], .. indices.Shape, .. input.Shape[(axis + 1)..]]);
        if (result.Length == 0) return [result];
        int inner = (int)OnnxArray.CountOf(input.Shape.AsSpan()[(axis + 1)..]), outer = result.Length / (rows.Length * inner), at = 0;
        for (int o = 0; o < outer; o++)
        {
            foreach (int row in rows)
            {
                Array.Copy(input.Numbers, ((o * input.Shape[axis]) + row) * inner, result.Numbers, at, inner);
                at += inner;
            }
        }

        return [result];
    }

    public static OnnxArray[] GatherElements(OnnxCall call)
    {
        call.Check("axis");
        OnnxArray input = call.Required(0), indices = call.Required(1);
        int axis = call.Axis(call.Whole("axis", 0), input.Rank);
        bool fits = indices.Rank == input.Rank && !indices.Shape.Where((extent, at) => at != axis && extent > input.Shape[at]).Any();
        if (!fits) call.DoesNotFit($"indices {OnnxCall.Shown(indices)} do not fit {OnnxCall.Shown(input)}");
        int[] rows = Indices(call, 1, input.Shape[axis]), strides = input.Strides();
        OnnxArray result = call.Made(input.Type, indices.Shape.AsSpan());
        Span<int> index = stackalloc int[input.Rank];
        index.Clear();
        for (int i = 0; i < rows.Length; i++)
        {
            int from = 0;
            for (int at = 0; at < index.Length; at++) from += (at == axis ? rows[i] : index[at]) * strides[at];
            Array.Copy(input.Numbers, from, result.Numbers, i, 1);
            for (int at = index.Length - 1; at >= 0 && ++index[at] == indices.Shape[at]; at--) index[at] = 0;
        }

        return [result];
    }

    public static OnnxArray[] GatherNd(OnnxCall call)
    {
        call.Check("batch_dims");
        OnnxArray input = call.Required(0), indices = call.Required(1);
        long[] numbers = call.Integers(1);
        long batches = call.Whole("batch_dims", 0);
        if (batches < 0 || batches >= Math.Min(input.Rank, indices.Rank))
            call.DoesNotFit($"batch_dims is {batches}, the inputs have {input.Rank} and {indices.Rank} axes");
        int batchAxes = (int)batches, depth = indices.Shape[^1], kept = batchAxes + depth;
        if (depth < 1 || kept > input.Rank || !input.Shape.Take(batchAxes).SequenceEqual(indices.Shape.Take(batchAxes)))
            call.DoesNotFit($"indices {OnnxCall.Shown(indices)} do not fit {OnnxCall.Shown(input)} with batch_dims {batches}");
        int[] strides = input.Strides();
        OnnxArray result = call.Made(input.Type, [.. indices.Shape[..^1], .. input.Shape[kept..]]);
        if (result.Length == 0) return [result];
        int inner = (int)OnnxArray.CountOf(input.Shape.AsSpan()[kept..]), places = numbers.Length / depth;
        int batchCount = (int)OnnxArray.CountOf(input.Shape.AsSpan()[..batchAxes]), batchSize = input.Length / batchCount;
        for (int place = 0; place < places; place++)
        {
            int from = place / (places / batchCount) * batchSize;
            for (int at = 0; at < depth; at++)
                from += Index(call, numbers[(place * depth) + at], input.Shape[batchAxes + at]) * strides[batchAxes + at];
            Array.Copy(input.Numbers, from, result.Numbers, place * inner, inner);
        }

        return [result];
    }

    public static OnnxArray[] ReverseSequence(OnnxCall call)
    {
        call.Check("batch_axis", "time_axis");
        OnnxArray input = call.Required(0);
        long[] lengths = call.Integers(1);
        long batchAxis = call.Whole("batch_axis", 1), timeAxis = call.Whole("time_axis", 0);
        if (batchAxis is not (0 or 1) || timeAxis is not (0 or 1) || batchAxis == timeAxis || input.Rank < 2)
            call.Invalid($"batch_axis is {batchAxis}, time_axis {timeAxis} and the input has {input.Rank} axes; 0 and 1 of at least two " +
            $"were expected");
        int steps = input.Shape[(int)timeAxis], batch = input.Shape[(int)batchAxis];
        if (call.Required(1).Rank != 1 || lengths.Length != batch)
            call.DoesNotFit($"sequence_lens is {OnnxCall.Shown(call.Required(1))}; {batch} integers were expected, one for each sequence");
        foreach (long length in lengths)
        {
            if (length < 0 || length > steps)
                call.DoesNotFit($"a sequence has the length {length}; the input has {Words.Counted(steps, "step")}");
        }

        OnnxArray result = call.Made(input.Type, input.Shape.AsSpan());
        if (result.Length == 0) return [result];
        int inner = input.Length / (steps * batch);
        (int stepJump, int batchJump) = timeAxis == 0 ? (batch * inner, inner) : (inner, steps * inner);
        for (int b = 0; b < batch; b++)
        {
            for (int t = 0; t < steps; t++)
            {
                int from = t < lengths[b] ? (int)lengths[b] - 1 - t : t;
                Array.Copy(input.Numbers, (b * batchJump) + (from * stepJump), result.Numbers, (b * batchJump) + (t * stepJump), inner);
            }
        }

        return [result];
    }

    public static OnnxArray[] OneHot(OnnxCall call)
    {
        call.Check("axis");
        OnnxArray indices = call.Required(0), depth = call.Required(1), values = call.Required(2);
        if (indices.Integers is not { } numbers || depth.Length != 1 || values.Length != 2)
        {
            call.DoesNotFit("indices that are integers, one depth and two values were expected");
            return [];
        }

        long width = depth.Integers is { } whole ? whole[0] : (long)depth.ToFloats()[0];
        int axis = call.Axis(call.Whole("axis", -1), indices.Rank + 1);
        OnnxArray result = call.Made(values.Type, call.Extents(
            [.. ImmutableArray.CreateRange(indices.Shape.Insert(axis, -1), extent => extent < 0 ? width : (long)extent)]));
        int inner = (int)OnnxArray.CountOf(indices.Shape.AsSpan()[axis..]);
        for (int i = 0; i < result.Length; i++)
        {
            long at = i / inner % width, wanted = numbers[((int)(i / (width * inner)) * inner) + (i % inner)];
            Array.Copy(values.Numbers, at == (wanted < 0 ? wanted + width : wanted) ? 1 : 0, result.Numbers, i, 1);
        }

        return [result];
    }

    private static int[] Indices(OnnxCall call, int input, int extent)
    {
        long[] indices = call.Integers(input);
        call.Charge(indices.Length);
        int[] found = new int[indices.Length];
        for (int i = 0; i < found.Length; i++) found[i] = Index(call, indices[i], extent);
        return found;
    }

    private static int Index(OnnxCall call, long index, int extent)
    {
        if (index < -extent || index >= extent)
            call.DoesNotFit($"element {index} is to be taken of {extent}; " +
            $"{(extent == 0 ? "there is none" : $"{-extent} to {extent - 1} are there")}");
        return (int)(index < 0 ? index + extent : index);
    }
}
