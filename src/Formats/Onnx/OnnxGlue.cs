using System.Collections.Immutable;

namespace TinySD.Formats;

/// <summary>The operators that exporters put around recurrent nodes: they move and cut, and compute nothing but shapes.</summary>
/// <remarks>
/// A fault is a <see cref="FileProblemException"/> that names the node. What a node can make out of nothing (ConstantOfShape, Expand) is capped, everything else
/// is no larger than what it is made of.
/// </remarks>
internal sealed class OnnxGlue(string file, long opset)
{
    /// <summary>Numbers that a node may make from a shape alone.</summary>
    public const int MaxMade = 1 << 20;

    private const int MaxRank = OnnxTensor.MaxRank;

    /// <summary>How messages list what there is.</summary>
    public const string Operators = "Transpose, Squeeze, Unsqueeze, Reshape, Concat, Slice, Split, Gather, Shape, Cast, Constant, ConstantOfShape, Expand, Identity and Dropout";

    /// <summary>Runs a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="inputs">Its inputs, null where one is left out.</param>
    /// <returns>Its outputs, or null where the operator is none of these.</returns>
    public NamedTensor[]? Run(OnnxNode node, NamedTensor?[] inputs) => node.Operator switch
    {
        "Identity" => Only(node, [], Required(node, inputs, 0)),
        "Dropout" => Dropout(node, inputs),
        "Constant" => [Constant(node)],
        "Cast" => [Cast(node, Required(node, inputs, 0))],
        "Shape" => [Shape(node, Required(node, inputs, 0))],
        "Transpose" => [Transpose(node, Required(node, inputs, 0))],
        "Squeeze" => [Squeeze(node, inputs)],
        "Unsqueeze" => [Unsqueeze(node, inputs)],
        "Reshape" => [Reshape(node, inputs)],
        "Concat" => [Concat(node, inputs)],
        "Slice" => [Slice(node, inputs)],
        "Split" => Split(node, inputs),
        "Gather" => [Gather(node, inputs)],
        "ConstantOfShape" => [ConstantOfShape(node, Required(node, inputs, 0))],
        "Expand" => [Expand(node, Required(node, inputs, 0), Integers(node, inputs, 1))],
        _ => null,
    };

    /// <summary>The numbers of a tensor of the file.</summary>
    public NamedTensor Read(OnnxTensor tensor)
    {
        int[] shape = [.. tensor.Shape.Select(extent => (int)Math.Min(extent, int.MaxValue))];
        FileProblem? problem;
        if (tensor.IsFloat)
        {
            if (tensor.TryReadFloats(file, out float[]? floats, out problem)) return new NamedTensor(tensor.Name, shape, floats);
        }
        else if (tensor.TryReadIntegers(file, out long[]? integers, out problem))
        {
            return new NamedTensor(tensor.Name, shape, integers);
        }

        Throw.Problem(problem);
        return null;
    }

    /// <summary>Refuses attributes that a node does not have.</summary>
    public void CheckAttributes(OnnxNode node, params ReadOnlySpan<string> known)
    {
        foreach (OnnxAttribute attribute in node.Attributes.Values)
        {
            if (!known.Contains(attribute.Name)) Unsupported(node, $"its attribute '{Words.Shown(attribute.Name)}'");
        }
    }

    /// <summary>An attribute of a node, or null where it has none of that name; refused where it is of another type than the operator's.</summary>
    /// <param name="node">The node.</param>
    /// <param name="name">The attribute's name.</param>
    /// <param name="type">One of <see cref="OnnxAttributeType"/>.</param>
    public OnnxAttribute? Attribute(OnnxNode node, string name, int type)
    {
        if (!node.Attributes.TryGetValue(name, out OnnxAttribute? found)) return null;
        if (found.Type != type) Invalid(node, $"its attribute '{name}' is {OnnxAttributeType.NameOf(found.Type)}; {OnnxAttributeType.NameOf(type)} was expected");
        return found;
    }

    /// <summary>Refuses what a node asks for.</summary>
    public void Unsupported(OnnxNode node, string what) =>
        Throw.Problem(OnnxProblem.Unsupported(file, node.Offset, node.Label, $"{node.Label}: {what} is not supported"));

    /// <summary>Refuses a node that contradicts itself or its inputs.</summary>
    public void Invalid(OnnxNode node, string what) =>
        Throw.Problem(OnnxProblem.Invalid(file, node.Offset, node.Label, $"{node.Label}: {what}"));

    /// <summary>Where the caller's tensors are from while the graph runs on them; null while it is only looked into.</summary>
    public string? Source { get; set; }

    /// <summary>The values that the caller chose, or that are made from such: tensors whose shape or numbers the graph leaves open.</summary>
    public HashSet<string> Chosen { get; set; } = [];

    /// <summary>Refuses inputs that do not fit their node or each other: the caller's fault where one of them was chosen by him, else the file's.</summary>
    /// <param name="node">The node.</param>
    /// <param name="what">What does not fit.</param>
    /// <param name="inputs">Which of its inputs are meant; none for all.</param>
    public void DoesNotFit(OnnxNode node, string what, params ReadOnlySpan<int> inputs)
    {
        bool isChosen = false;
        for (int i = 0; i < node.Inputs.Length; i++) isChosen |= (inputs.IsEmpty || inputs.Contains(i)) && Chosen.Contains(node.Inputs[i]);
        if (Source is null || !isChosen) Invalid(node, what);
        else Throw.Problem(OnnxProblem.DoesNotFit(file, Source, node.Offset, node.Label, $"{node.Label}: {what}"));
    }

    /// <summary>Refuses a weight or a state.</summary>
    public void NotFinite(OnnxNode node, string what) =>
        Throw.Problem(new(FileProblemKind.NotFinite, file, $"{file} cannot be used: {node.Label}: {what}") { Offset = node.Offset, Part = node.Label });

    private NamedTensor Required(OnnxNode node, NamedTensor?[] inputs, int index)
    {
        NamedTensor? input = index < inputs.Length ? inputs[index] : null;
        if (input is null) Invalid(node, $"input {index} is missing");
        return input!;
    }

    private long[] Integers(OnnxNode node, NamedTensor?[] inputs, int index)
    {
        long[]? integers = Required(node, inputs, index).Integers;
        if (integers is null) DoesNotFit(node, $"input {index} must be integers", index);
        return integers!;
    }

    // An argument that became an input with an operator set; null where it is not given.
    private long[]? Argument(OnnxNode node, NamedTensor?[] inputs, int index, string attribute, int sinceOpset)
    {
        if (opset >= sinceOpset) return index < inputs.Length && inputs[index] is not null ? Integers(node, inputs, index) : null;
        return Attribute(node, attribute, OnnxAttributeType.Integers) is { } given ? [.. given.Integers] : null;
    }

    private NamedTensor[] Only(OnnxNode node, ReadOnlySpan<string> attributes, NamedTensor input)
    {
        CheckAttributes(node, attributes);
        return [input];
    }

    private NamedTensor[] Dropout(OnnxNode node, NamedTensor?[] inputs)
    {
        CheckAttributes(node, "ratio", "seed");
        if (node.OutputAt(1).Length > 0) Unsupported(node, "its second output, the mask,");
        if (inputs.Length > 2 && inputs[2] is not null) Unsupported(node, "training_mode");
        return [Required(node, inputs, 0)];
    }

    private NamedTensor Constant(OnnxNode node)
    {
        CheckAttributes(node, "value", "value_int", "value_ints", "value_float", "value_floats");
        if (node.Attributes.Count != 1) Invalid(node, "exactly one value was expected");
        if (Attribute(node, "value_int", OnnxAttributeType.Integer) is { } integer) return new NamedTensor("", [], [integer.Integer]);
        if (Attribute(node, "value_ints", OnnxAttributeType.Integers) is { } integers) return new NamedTensor("", [integers.Integers.Length], [.. integers.Integers]);
        if (Attribute(node, "value_float", OnnxAttributeType.Float) is { } number) return new NamedTensor("", [], [number.Float]);
        if (Attribute(node, "value_floats", OnnxAttributeType.Floats) is { } numbers) return new NamedTensor("", [numbers.Floats.Length], [.. numbers.Floats]);
        OnnxTensor? value = Attribute(node, "value", OnnxAttributeType.Tensor)?.Tensor;
        if (value is null) Invalid(node, "its value is no tensor");
        return Read(value!);
    }

    private NamedTensor Cast(OnnxNode node, NamedTensor input)
    {
        CheckAttributes(node, "to", "saturate", "round_mode");
        long to = Attribute(node, "to", OnnxAttributeType.Integer)?.Integer ?? 0;
        bool isFloat = to == OnnxDataType.Binary32, isInteger = to is OnnxDataType.Integer32 or OnnxDataType.Integer64;
        bool fits = input.Integers is null ? isFloat : isInteger && (to == OnnxDataType.Integer64 || input.Integers.All(i => i == (int)i));
        if (!fits) Unsupported(node, $"casting {(input.Integers is null ? "floats" : "integers")} to {OnnxDataType.NameOf(to)}");

        // A copy where all numbers were looked at, so that the node costs what it took.
        return to == OnnxDataType.Integer32 ? new NamedTensor("", input.Shape, [.. input.Integers!]) : input;
    }

    private NamedTensor Shape(OnnxNode node, NamedTensor input)
    {
        CheckAttributes(node, "start", "end");
        long rank = input.Shape.Length;
        long start = Attribute(node, "start", OnnxAttributeType.Integer)?.Integer ?? 0;
        long end = Attribute(node, "end", OnnxAttributeType.Integer)?.Integer ?? rank;
        start = Math.Clamp(start < 0 ? start + rank : start, 0, rank);
        end = Math.Clamp(end < 0 ? end + rank : end, start, rank);
        long[] extents = [.. input.Shape.Skip((int)start).Take((int)(end - start)).Select(extent => (long)extent)];
        return new NamedTensor("", [extents.Length], extents);
    }

    private NamedTensor Transpose(OnnxNode node, NamedTensor input)
    {
        CheckAttributes(node, "perm");
        int rank = input.Shape.Length;
        ImmutableArray<long> order = Attribute(node, "perm", OnnxAttributeType.Integers)?.Integers
            ?? [.. Enumerable.Range(0, rank).Reverse().Select(i => (long)i)];
        if (!order.Order().SequenceEqual(Enumerable.Range(0, rank).Select(i => (long)i)))
            DoesNotFit(node, $"perm [{string.Join(", ", order)}] does not permute {rank} axes");
        return Permute(input, [.. order.Select(axis => (int)axis)]);
    }

    /// <summary>The axes in another order.</summary>
    public static NamedTensor Permute(NamedTensor input, params ReadOnlySpan<int> order)
    {
        int[] strides = Strides(input.Shape), shape = new int[order.Length], jumps = new int[order.Length];
        for (int axis = 0; axis < order.Length; axis++) (shape[axis], jumps[axis]) = (input.Shape[order[axis]], strides[order[axis]]);
        return Move(input, shape, jumps, 0);
    }

    private NamedTensor Squeeze(OnnxNode node, NamedTensor?[] inputs)
    {
        CheckAttributes(node, "axes");
        NamedTensor input = Required(node, inputs, 0);
        long[]? axes = Argument(node, inputs, 1, "axes", 13);
        if (axes?.Length > input.Shape.Length) DoesNotFit(node, $"it squeezes out {axes.Length} axes of {input.Shape.Length}");
        HashSet<int>? chosen = axes is null ? null : [.. axes.Select(axis => Axis(node, axis, input.Shape.Length))];
        foreach (int axis in chosen ?? [])
        {
            if (input.Shape[axis] != 1) DoesNotFit(node, $"axis {axis} is to be squeezed out and has {input.Shape[axis]} elements");
        }

        return Reshaped(input, [.. input.Shape.Where((extent, axis) => chosen is null ? extent != 1 : !chosen.Contains(axis))]);
    }

    private NamedTensor Unsqueeze(OnnxNode node, NamedTensor?[] inputs)
    {
        CheckAttributes(node, "axes");
        NamedTensor input = Required(node, inputs, 0);
        long[] axes = Argument(node, inputs, 1, "axes", 13) ?? [];
        int rank = input.Shape.Length + axes.Length;
        if (rank > MaxRank) Invalid(node, $"it makes {rank} axes; {MaxRank} are allowed");
        HashSet<int> chosen = [.. axes.Select(axis => Axis(node, axis, rank))];
        if (chosen.Count != axes.Length) Invalid(node, "an axis comes twice");
        var rest = new Queue<int>(input.Shape);
        return Reshaped(input, [.. Enumerable.Range(0, rank).Select(axis => chosen.Contains(axis) ? 1 : rest.Dequeue())]);
    }

    private NamedTensor Reshape(OnnxNode node, NamedTensor?[] inputs)
    {
        CheckAttributes(node, "allowzero");
        NamedTensor input = Required(node, inputs, 0);
        long[] target = Integers(node, inputs, 1);
        bool zeroCopies = (Attribute(node, "allowzero", OnnxAttributeType.Integer)?.Integer ?? 0) == 0;
        if (target.Length > MaxRank) Invalid(node, $"it makes {target.Length} axes; {MaxRank} are allowed");
        long total = Count(input.Shape), known = 1;
        int open = -1;
        int[] shape = new int[target.Length];
        for (int axis = 0; axis < shape.Length; axis++)
        {
            long extent = target[axis] == 0 && zeroCopies && axis < input.Shape.Length ? input.Shape[axis] : target[axis];
            if (extent == -1 && open < 0)
            {
                open = axis;
                continue;
            }

            if (extent is < 0 or > int.MaxValue) DoesNotFit(node, $"the shape [{string.Join(", ", target)}] is impossible");
            shape[axis] = (int)extent;
            known = extent == 0 ? 0 : known > total ? known : known * extent;
        }

        if (open >= 0 && known > 0 && total % known == 0) shape[open] = (int)(total / known);
        if (Count(shape) != total)
            DoesNotFit(node, $"[{string.Join(", ", input.Shape)}] cannot be reshaped to [{string.Join(", ", target)}]");
        return Reshaped(input, shape);
    }

    private NamedTensor Concat(OnnxNode node, NamedTensor?[] inputs)
    {
        CheckAttributes(node, "axis");
        NamedTensor first = Required(node, inputs, 0);
        int rank = first.Shape.Length;
        OnnxAttribute? attribute = Attribute(node, "axis", OnnxAttributeType.Integer);
        if (attribute is null) Invalid(node, "it has no axis");
        int axis = Axis(node, attribute!.Integer, rank);
        long joined = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            NamedTensor input = Required(node, inputs, i);
            bool fits = input.Shape.Length == rank && input.Integers is null == first.Integers is null
                && !input.Shape.Where((extent, at) => at != axis && extent != first.Shape[at]).Any();
            if (!fits) DoesNotFit(node, $"input {i} [{string.Join(", ", input.Shape)}] does not fit input 0 [{string.Join(", ", first.Shape)}] along axis {axis}");
            joined += input.Shape[axis];
        }

        int[] shape = [.. first.Shape.Select((extent, at) => at == axis ? (int)Math.Min(joined, int.MaxValue) : extent)];
        NamedTensor result = Made(node, shape, isInteger: first.Integers is not null, most: inputs.Sum(i => Count(i!.Shape)));
        // Those without numbers are passed over, and so is everything where none has any: without numbers the other extents have no bound.
        NamedTensor[] parts = [.. inputs.Select(input => input!).Where(input => Count(input.Shape) > 0)];
        if (parts.Length == 0) return result;
        int outer = (int)Count(shape.AsSpan(0, axis)), at = 0;
        for (int o = 0; o < outer; o++)
        {
            foreach (NamedTensor part in parts)
            {
                int length = (int)(Count(part.Shape) / outer);
                if (part.Integers is { } integers) integers.AsSpan(o * length, length).CopyTo(result.Integers.AsSpan(at));
                else part.Floats.AsSpan(o * length, length).CopyTo(result.Floats.AsSpan(at));
                at += length;
            }
        }

        return result;
    }

    private NamedTensor Slice(OnnxNode node, NamedTensor?[] inputs)
    {
        CheckAttributes(node, "starts", "ends", "axes");
        NamedTensor input = Required(node, inputs, 0);
        int rank = input.Shape.Length;
        long[] starts = Argument(node, inputs, 1, "starts", 10) ?? [], ends = Argument(node, inputs, 2, "ends", 10) ?? [];
        long[] axes = Argument(node, inputs, 3, "axes", 10) ?? [.. Enumerable.Range(0, starts.Length).Select(i => (long)i)];
        long[] steps = opset >= 10 && inputs.Length > 4 && inputs[4] is not null ? Integers(node, inputs, 4) : [.. starts.Select(_ => 1L)];
        if (ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length)
            Invalid(node, "starts, ends, axes and steps are not of one length");
        int[] shape = [.. input.Shape], strides = Strides(input.Shape), jumps = Strides(input.Shape);
        int offset = 0;
        var chosen = new HashSet<int>();
        for (int i = 0; i < starts.Length; i++)
        {
            if (steps[i] is not (1 or -1)) Unsupported(node, $"a step of {steps[i]}");
            int axis = Axis(node, axes[i], rank);
            if (!chosen.Add(axis)) Invalid(node, "an axis comes twice");
            long extent = input.Shape[axis];
            long start = Clamp(starts[i], extent, steps[i] < 0), end = Clamp(ends[i], extent, steps[i] < 0);
            shape[axis] = (int)Math.Max(0, (end - start) * steps[i]);
            if (shape[axis] > 0) offset += (int)start * strides[axis];
            jumps[axis] = strides[axis] * (int)steps[i];
        }

        return Move(input, shape, jumps, offset);

        // A negative step starts at the last element at most and ends before the first.
        static long Clamp(long at, long extent, bool isBackward)
        {
            long index = at < 0 ? Math.Max(at, -extent - 1) + extent : at;
            return isBackward ? Math.Clamp(index, -1, extent - 1) : Math.Clamp(index, 0, extent);
        }
    }

    private NamedTensor[] Split(OnnxNode node, NamedTensor?[] inputs)
    {
        CheckAttributes(node, "axis", "split", "num_outputs");
        NamedTensor input = Required(node, inputs, 0);
        int axis = Axis(node, Attribute(node, "axis", OnnxAttributeType.Integer)?.Integer ?? 0, input.Shape.Length);
        int extent = input.Shape[axis], count = node.Outputs.Length;
        if (count == 0) Invalid(node, "it has no outputs");

        // Equal parts, the last one smaller where they do not come out even.
        long each = ((long)extent + count - 1) / count;
        long[] sizes = Argument(node, inputs, 1, "split", 13) ?? [.. Enumerable.Range(0, count).Select(i => Math.Clamp(extent - (i * each), 0, each))];
        if (sizes.Length != count || sizes.Any(size => size < 0 || size > extent) || sizes.Sum() != extent)
            DoesNotFit(node, $"[{string.Join(", ", sizes)}] does not split {extent} elements into {count}");
        int[] strides = Strides(input.Shape);
        var parts = new NamedTensor[count];
        for (int i = 0, at = 0; i < count; at += (int)sizes[i], i++)
            parts[i] = Move(input, [.. input.Shape.Select((e, a) => a == axis ? (int)sizes[i] : e)], strides, sizes[i] == 0 ? 0 : at * strides[axis]);
        return parts;
    }

    private NamedTensor Gather(OnnxNode node, NamedTensor?[] inputs)
    {
        CheckAttributes(node, "axis");
        NamedTensor input = Required(node, inputs, 0), at = Required(node, inputs, 1);
        long[] indices = Integers(node, inputs, 1);
        if (at.Shape.Length > 1 || indices.Length != 1) Unsupported(node, "gathering more than one element");
        int axis = Axis(node, Attribute(node, "axis", OnnxAttributeType.Integer)?.Integer ?? 0, input.Shape.Length);
        int extent = input.Shape[axis];
        long index = indices[0] < 0 ? indices[0] + extent : indices[0];
        if (index < 0 || index >= extent) DoesNotFit(node, $"element {indices[0]} of {extent} is to be gathered");
        int[] strides = Strides(input.Shape);
        NamedTensor one = Move(input, [.. input.Shape.Select((e, a) => a == axis ? 1 : e)], strides, (int)index * strides[axis]);
        return at.Shape.Length == 1 ? one : Reshaped(one, [.. input.Shape.Where((_, a) => a != axis)]);
    }

    private NamedTensor ConstantOfShape(OnnxNode node, NamedTensor shape)
    {
        CheckAttributes(node, "value");
        if (shape.Integers is null) DoesNotFit(node, "its input must be integers");
        NamedTensor? value = Attribute(node, "value", OnnxAttributeType.Tensor)?.Tensor is { } tensor ? Read(tensor) : null;
        if (value is not null && Count(value.Shape) != 1) Invalid(node, "its value must be one number");
        long[] extents = shape.Integers!;
        if (extents.Length > MaxRank || extents.Any(e => e is < 0 or > int.MaxValue)) DoesNotFit(node, $"the shape [{string.Join(", ", extents.Take(MaxRank))}] is impossible");
        NamedTensor result = Made(node, [.. extents.Select(e => (int)e)], value?.Integers is not null, MaxMade);
        if (value?.Integers is { } integers) Array.Fill(result.Integers!, integers[0]);
        else Array.Fill(result.Floats!, value?.Floats![0] ?? 0f);
        return result;
    }

    private NamedTensor Expand(OnnxNode node, NamedTensor input, long[] target)
    {
        CheckAttributes(node);
        int rank = Math.Max(input.Shape.Length, target.Length);
        if (rank > MaxRank) Invalid(node, $"it makes {rank} axes; {MaxRank} are allowed");
        int[] shape = new int[rank], jumps = new int[rank], strides = Strides(input.Shape);
        for (int axis = 0; axis < rank; axis++)
        {
            int from = axis - (rank - input.Shape.Length), to = axis - (rank - target.Length);
            long old = from < 0 ? 1 : input.Shape[from], wanted = to < 0 ? 1 : target[to];
            if (wanted is < 0 or > int.MaxValue || (old != wanted && old != 1 && wanted != 1))
                DoesNotFit(node, $"[{string.Join(", ", input.Shape)}] cannot be expanded to [{string.Join(", ", target)}]");
            shape[axis] = (int)(old == 1 ? wanted : old);
            jumps[axis] = old == 1 ? 0 : strides[from];
        }

        CheckSize(node, shape, Math.Max(MaxMade, Count(input.Shape)));
        return Move(input, shape, jumps, 0);
    }

    private int Axis(OnnxNode node, long axis, int rank)
    {
        if (axis < -rank || axis >= rank) DoesNotFit(node, $"there is no axis {axis} of {rank}");
        return (int)(axis < 0 ? axis + rank : axis);
    }

    private void CheckSize(OnnxNode node, ReadOnlySpan<int> shape, long most)
    {
        long count = Count(shape);
        if (count > most) Unsupported(node, $"making {Words.Count(count)} numbers, of at most {Words.Count(most)},");
    }

    private NamedTensor Made(OnnxNode node, int[] shape, bool isInteger, long most)
    {
        CheckSize(node, shape, most);
        long count = Count(shape);
        return isInteger ? new NamedTensor("", shape, new long[count]) : new NamedTensor("", shape, new float[count]);
    }

    // The product, or more than any array holds: never an overflow.
    private static long Count(ReadOnlySpan<int> shape)
    {
        long count = 1;
        foreach (int extent in shape) count = extent == 0 ? 0 : count > int.MaxValue ? count : count * extent;
        return shape.Contains(0) ? 0 : count;
    }

    private static long Count(ImmutableArray<int> shape) => Count(shape.AsSpan());

    private static int[] Strides(ImmutableArray<int> shape)
    {
        int[] strides = new int[shape.Length];
        int stride = 1;
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= Math.Max(1, shape[axis]);
        }

        return strides;
    }

    private static NamedTensor Reshaped(NamedTensor input, int[] shape) =>
        input.Integers is { } integers ? new NamedTensor("", shape, integers) : new NamedTensor("", shape, input.Floats!);

    // result[i, j, ...] = input at offset + i * jumps[0] + j * jumps[1] + ...
    private static NamedTensor Move(NamedTensor input, int[] shape, int[] jumps, int offset) => input.Integers is { } integers
        ? new NamedTensor("", shape, Moved(integers, shape, jumps, offset))
        : new NamedTensor("", shape, Moved(input.Floats!, shape, jumps, offset));

    private static T[] Moved<T>(T[] from, int[] shape, int[] jumps, int offset)
    {
        var result = new T[Count(shape)];
        Span<int> index = stackalloc int[shape.Length];
        index.Clear();
        int at = offset;
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = from[at];
            for (int axis = shape.Length - 1; axis >= 0; axis--)
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
