using TinySD.Formats.Exchange.Onnx.Messages;

namespace TinySD.Formats.Exchange.Onnx.Operators;

/// <summary>Operators that move and cut: nothing that they make is larger than what it is made of.</summary>
internal static class OnnxMoving
{
    public static OnnxArray[] Identity(OnnxCall call)
    {
        call.Check();
        return [call.Required(0)];
    }

    public static OnnxArray[] Dropout(OnnxCall call)
    {
        call.Check("ratio", "seed", "is_test");
        OnnxArray input = call.Required(0);
        if (call.Opset >= 12 && call.Optional(2) is { } training && training.Integers is not [0])
            call.Unsupported("a training_mode that is true: dropping units at random");
        if (call.Node.OutputAt(1).Length == 0) return [input];
        if (call.Opset < 12) call.Unsupported("its second output, the mask,");
        OnnxArray mask = call.Made(OnnxDataType.Boolean, input.Shape.AsSpan());
        Array.Fill(mask.Integers!, 1);
        return [input, mask];
    }

    public static OnnxArray[] Transpose(OnnxCall call)
    {
        call.Check("perm");
        OnnxArray input = call.Required(0);
        long[] order = call.List("perm") ?? [.. Enumerable.Range(0, input.Rank).Reverse().Select(axis => (long)axis)];
        if (!order.Order().SequenceEqual(Enumerable.Range(0, input.Rank).Select(axis => (long)axis)))
            call.DoesNotFit($"perm [{OnnxCall.Shown(order)}] does not permute {Words.Counted(input.Rank, "axis")}");
        return [call.Permuted(input, [.. Array.ConvertAll(order, axis => (int)axis)])];
    }

    public static OnnxArray[] Squeeze(OnnxCall call)
    {
        call.Check("axes");
        OnnxArray input = call.Required(0);
        long[]? axes = call.Argument(1, "axes", 13);
        if (axes?.Length > input.Rank) call.DoesNotFit($"it squeezes out {Words.Counted(axes.Length, "axis")} of {input.Rank}");
        HashSet<int>? chosen = axes is null ? null : [.. Array.ConvertAll(axes, axis => call.Axis(axis, input.Rank))];
        foreach (int axis in chosen ?? [])
        {
            if (input.Shape[axis] != 1)
                call.DoesNotFit($"axis {axis} is to be squeezed out and has {Words.Counted(input.Shape[axis], "element")}");
        }

        return [input.Reshaped([.. input.Shape.Where((extent, axis) => chosen is null ? extent != 1 : !chosen.Contains(axis))])];
    }

    public static OnnxArray[] Unsqueeze(OnnxCall call)
    {
        call.Check("axes");
        OnnxArray input = call.Required(0);
        long[] axes = call.Argument(1, "axes", 13) ?? [];
        int rank = input.Rank + axes.Length;
        if (rank > OnnxTensor.MaxRank) call.Unsupported($"a tensor of {rank} axes, of at most {OnnxTensor.MaxRank},");
        HashSet<int> chosen = [.. Array.ConvertAll(axes, axis => call.Axis(axis, rank))];
        if (chosen.Count != axes.Length) call.Invalid("an axis comes twice");
        var rest = new Queue<int>(input.Shape);
        return [input.Reshaped([.. Enumerable.Range(0, rank).Select(axis => chosen.Contains(axis) ? 1 : rest.Dequeue())])];
    }

    public static OnnxArray[] Reshape(OnnxCall call)
    {
        call.Check("allowzero");
        OnnxArray input = call.Required(0);
        long[] target = call.Integers(1);
        bool zeroCopies = !call.Flag("allowzero", false);
        if (target.Length > OnnxTensor.MaxRank) call.Unsupported($"a tensor of {target.Length} axes, of at most {OnnxTensor.MaxRank},");
        long total = input.Length, known = 1;
        int open = -1;
        int[] shape = new int[target.Length];
        for (int axis = 0; axis < shape.Length; axis++)
        {
            long extent = target[axis] == 0 && zeroCopies && axis < input.Rank ? input.Shape[axis] : target[axis];
            if (extent == -1 && open < 0)
            {
                open = axis;
                continue;
            }

            if (extent is < 0 or > int.MaxValue) call.DoesNotFit($"the shape [{OnnxCall.Shown(target)}] is impossible");
            shape[axis] = (int)extent;
            known = extent == 0 ? 0 : known > total ? known : known * extent;
        }

        if (open >= 0 && known > 0 && total % known == 0) shape[open] = (int)(total / known);
        if (OnnxArray.CountOf(shape) != total) call.DoesNotFit($"{OnnxCall.Shown(input)} cannot be reshaped to [{OnnxCall.Shown(target)}]");
        return [input.Reshaped(shape)];
    }

    public static OnnxArray[] Flatten(OnnxCall call)
    {
        call.Check("axis");
        OnnxArray input = call.Required(0);
        long given = call.Whole("axis", 1);
        int axis = given == input.Rank ? input.Rank : call.Axis(given, input.Rank);
        long outer = OnnxArray.CountOf(input.Shape.AsSpan()[..axis]), inner = OnnxArray.CountOf(input.Shape.AsSpan()[axis..]);
        return [input.Reshaped(call.Extents([outer, inner]))];
    }

    public static OnnxArray[] Concat(OnnxCall call)
    {
        call.Check("axis");
        OnnxArray first = call.Required(0);
        OnnxAttribute? attribute = call.Attribute("axis", OnnxAttributeType.Integer);
        if (attribute is null) call.Invalid("it has no axis");
        int axis = call.Axis(attribute.Integer, first.Rank);
        long joined = 0;
        for (int i = 0; i < call.Inputs.Length; i++)
        {
            OnnxArray input = call.Required(i);
            bool fits = input.Rank == first.Rank && input.Type == first.Type
                && !input.Shape.Where((extent, at) => at != axis && extent != first.Shape[at]).Any();
            if (!fits) call.DoesNotFit($"input {i} {OnnxCall.Shown(input)} does not fit input 0 {OnnxCall.Shown(first)} along axis {axis}");
            joined += input.Shape[axis];
        }

        OnnxArray result = call.Made(first.Type, call.Extents([.. first.Shape.Select((extent, at) => at == axis ? joined : extent)]));

        // Those without numbers are passed over, and so is everything where none has any: without numbers the other extents have no bound.
        OnnxArray[] parts = [.. call.Inputs.Select(input => input!).Where(input => input.Length > 0)];
        if (parts.Length == 0) return [result];
        int outer = (int)OnnxArray.CountOf(first.Shape.AsSpan()[..axis]), at = 0;
        for (int o = 0; o < outer; o++)
        {
            foreach (OnnxArray part in parts)
            {
                int length = part.Length / outer;
                Array.Copy(part.Numbers, o * length, result.Numbers, at, length);
                at += length;
            }
        }

        return [result];
    }

    public static OnnxArray[] Slice(OnnxCall call)
    {
        call.Check("starts", "ends", "axes");
        OnnxArray input = call.Required(0);
        long[] starts = call.Argument(1, "starts", 10) ?? [], ends = call.Argument(2, "ends", 10) ?? [];
        long[] axes = call.Argument(3, "axes", 10) ?? [.. Enumerable.Range(0, starts.Length).Select(axis => (long)axis)];
        long[] steps = call.Opset >= 10 && call.Optional(4) is not null ? call.Integers(4) : Array.ConvertAll(starts, _ => 1L);
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length)
            call.DoesNotFit("starts, ends, axes and steps are not of one length");
        if (starts.Length > input.Rank) call.DoesNotFit($"it cuts {Words.Counted(starts.Length, "axis")} of {input.Rank}");
        int[] shape = [.. input.Shape], strides = input.Strides(), jumps = input.Strides();
        int offset = 0;
        var chosen = new HashSet<int>();
        for (int i = 0; i < starts.Length; i++)
        {
            int axis = call.Axis(axes[i], input.Rank);
            if (!chosen.Add(axis)) call.Invalid("an axis comes twice");
            if (steps[i] == 0) call.DoesNotFit("a step is 0");
            long extent = input.Shape[axis], step = Math.Clamp(steps[i], -int.MaxValue, int.MaxValue);
            long start = Clamp(starts[i], extent, step < 0), end = Clamp(ends[i], extent, step < 0);
            shape[axis] = (int)Math.Max(0, step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -step);
            if (shape[axis] > 0) offset += (int)start * strides[axis];

            // With one element there is no next one, and no jump to it that could overflow.
            jumps[axis] = shape[axis] > 1 ? strides[axis] * (int)step : strides[axis];
        }

        return [call.Moved(input, shape, jumps, offset)];

        // A negative step starts at the last element at most and ends before the first.
        static long Clamp(long at, long extent, bool isBackward)
        {
            long index = at < 0 ? Math.Max(at, -extent - 1) + extent : at;
            return isBackward ? Math.Clamp(index, -1, extent - 1) : Math.Clamp(index, 0, extent);
        }
    }

    public static OnnxArray[] Split(OnnxCall call)
    {
        call.Check("axis", "split", "num_outputs");
        OnnxArray input = call.Required(0);
        int axis = call.Axis(call.Whole("axis", 0), input.Rank);
        int extent = input.Shape[axis], count = call.Node.Outputs.Length;
        if (count == 0) call.Invalid("it has no outputs");

        // Equal parts, the last one smaller where they do not come out even.
        long each = ((long)extent + count - 1) / count;
        long[] sizes = call.Argument(1, "split", 13)
            ?? [.. Enumerable.Range(0, count).Select(i => Math.Clamp(extent - (i * each), 0, each))];
        if (sizes.Length != count || Array.Exists(sizes, size => size < 0 || size > extent) || sizes.Sum() != extent)
            call.DoesNotFit($"[{OnnxCall.Shown(sizes)}] does not split {Words.Counted(extent, "element")} into {count}");
        int[] strides = input.Strides();
        var parts = new OnnxArray[count];
        for (int i = 0, at = 0; i < count; at += (int)sizes[i], i++)
            parts[i] = call.Moved(input, [.. input.Shape.SetItem(axis, (int)sizes[i])], strides, sizes[i] == 0 ? 0 : at * strides[axis]);
        return parts;
    }
}
