using TinySD.Formats.Exchange.Onnx.Messages;

namespace TinySD.Formats.Exchange.Onnx.Operators;

/// <summary>A node that is run: its inputs and attributes, and how it is refused.</summary>
internal sealed class OnnxCall(OnnxRunContext run, OnnxNode node, OnnxArray?[] inputs)
{
    public OnnxRunContext Run => run;

    public OnnxNode Node => node;

    public long Opset => node.Opset;

    public ImmutableArray<OnnxArray?> Inputs { get; } = [.. inputs];

    /// <summary>Refuses what a node asks for.</summary>
    [DoesNotReturn]
    public void Unsupported(string what) =>
        Throw.Problem(OnnxProblem.Unsupported(run.Path, node.Offset, node.Label, $"{node.Label}: {what} is not supported"));

    /// <summary>Refuses a node that contradicts itself.</summary>
    [DoesNotReturn]
    public void Invalid(string what) => Throw.Problem(OnnxProblem.Invalid(run.Path, node.Offset, node.Label, $"{node.Label}: {what}"));

    /// <summary>Refuses inputs that do not fit their node or each other: the caller's fault where one of those meant (none for all) was
    /// chosen by him, else the file's.</summary>
    [DoesNotReturn]
    public void DoesNotFit(string what, params ReadOnlySpan<int> meant)
    {
        bool isChosen = false;
        for (int i = 0; i < Inputs.Length; i++) isChosen |= (meant.IsEmpty || meant.Contains(i)) && Inputs[i] is { IsChosen: true };
        if (run.IsLook && Inputs.Any(input => input is { IsTagged: true, IsFloating: false }))
            Unsupported("what depends on integers that are given, in a stack,");
        if (run.IsLook || !isChosen) Invalid(what);
        Throw.Problem(OnnxProblem.DoesNotFit(run.Path, run.Source, node.Offset, node.Label, $"{node.Label}: {what}"));
    }

    /// <summary>Refuses a weight or a state.</summary>
    [DoesNotReturn]
    public void NotFinite(string what) =>
        Throw.Problem(new(FileProblemKind.NotFinite, run.Path, $"{run.Path} cannot be used: {node.Label}: {what}")
        { Offset = node.Offset, Part = node.Label });

    /// <summary>An input, or null where it is left out.</summary>
    public OnnxArray? Optional(int index) => index < Inputs.Length ? Inputs[index] : null;

    /// <summary>An input that must be there.</summary>
    public OnnxArray Required(int index)
    {
        OnnxArray? input = Optional(index);
        if (input is null) Invalid($"input {index} is missing");
        return input;
    }

    /// <summary>An input of floats that must be there.</summary>
    public OnnxArray Floating(int index)
    {
        OnnxArray input = Required(index);
        if (!input.IsFloating) Invalid($"input {index} is of {OnnxDataType.NameOf(input.Type)}; floats were expected");
        return input;
    }

    /// <summary>An input of numbers, not truth values, that must be there.</summary>
    public OnnxArray Numeric(int index)
    {
        OnnxArray input = Required(index);
        if (input.Type == OnnxDataType.Boolean) Invalid($"input {index} is of bool; numbers were expected");
        return input;
    }

    /// <summary>Refuses inputs of two types.</summary>
    public void CheckAlike(OnnxArray first, OnnxArray second)
    {
        if (first.Type != second.Type)
            Invalid($"its inputs are of {OnnxDataType.NameOf(first.Type)} and of {OnnxDataType.NameOf(second.Type)}; one type was " +
                "expected");
    }

    /// <summary>An input of integers that must be there.</summary>
    public long[] Integers(int index)
    {
        OnnxArray input = Required(index);
        if (input.Integers is null || input.Type == OnnxDataType.Boolean)
            Invalid($"input {index} is of {OnnxDataType.NameOf(input.Type)}; integers were expected");
        return input.Integers;
    }

    /// <summary>Refuses attributes that a node does not have.</summary>
    public void Check(params ReadOnlySpan<string> known)
    {
        foreach (OnnxAttribute attribute in node.Attributes.Values)
        {
            if (!known.Contains(attribute.Name)) Unsupported($"its attribute '{Words.Shown(attribute.Name)}'");
        }
    }

    /// <summary>An attribute of the node, or null where it has none of that name; refused where it is of another
    /// <see cref="OnnxAttributeType"/> than the operator's.</summary>
    public OnnxAttribute? Attribute(string name, int type)
    {
        if (!node.Attributes.TryGetValue(name, out OnnxAttribute? found)) return null;
        if (found.Type != type)
            Invalid($"its attribute '{name}' is {OnnxAttributeType.NameOf(found.Type)}; {OnnxAttributeType.NameOf(type)} was expected");
        return found;
    }

    public long Whole(string name, long missing) => Attribute(name, OnnxAttributeType.Integer)?.Integer ?? missing;

    public bool Flag(string name, bool missing) => Whole(name, missing ? 1 : 0) != 0;

    public float Number(string name, float missing) => Attribute(name, OnnxAttributeType.Float)?.Float ?? missing;

    public string Text(string name, string missing) => Attribute(name, OnnxAttributeType.Text)?.Text ?? missing;

    public long[]? List(string name) => Attribute(name, OnnxAttributeType.Integers) is { } given ? [.. given.Integers] : null;

    /// <summary>An argument that became an input with an operator set; null where it is not given.</summary>
    public long[]? Argument(int index, string attribute, int sinceOpset)
    {
        if (Opset >= sinceOpset) return Optional(index) is null ? null : Integers(index);
        return List(attribute);
    }

    /// <summary>An axis counted from the end where it is negative.</summary>
    public int Axis(long axis, int rank)
    {
        if (axis < -rank || axis >= rank) DoesNotFit($"there is no axis {axis} of {rank}");
        return (int)(axis < 0 ? axis + rank : axis);
    }

    /// <summary>Checks a shape that is about to be made, and takes what it costs.</summary>
    public void Charge(ReadOnlySpan<int> shape)
    {
        if (shape.Length > OnnxTensor.MaxRank) Unsupported($"a tensor of {shape.Length} axes, of at most {OnnxTensor.MaxRank},");
        long count = OnnxArray.CountOf(shape);
        if (count > Array.MaxLength)
            Unsupported($"a tensor of {Words.Count(count)} numbers or more, of at most {Words.Count(Array.MaxLength)},");
        Charge(count);
    }

    /// <summary>Takes what looking at so many numbers costs.</summary>
    public void Charge(long numbers) => run.Charge(this, numbers);

    /// <summary>The axes in another order.</summary>
    public OnnxArray Permuted(OnnxArray input, params ReadOnlySpan<int> order)
    {
        Charge(input.Length);
        return input.Permuted(order);
    }

    /// <summary>A part of an array, or its numbers in another order; see <see cref="OnnxArray.Moved"/>.</summary>
    public OnnxArray Moved(OnnxArray input, int[] shape, int[] jumps, int offset)
    {
        Charge(shape);
        return input.Moved(shape, jumps, offset);
    }

    /// <summary>Room for the result of a node.</summary>
    public OnnxArray Made(long type, ReadOnlySpan<int> shape)
    {
        Charge(shape);
        long count = OnnxArray.CountOf(shape);
        Array numbers = !OnnxDataType.IsFloating(type) ? new long[count]
            : type == OnnxDataType.Binary64 ? new double[count]
            : new float[count];
        return new OnnxArray(type, shape, numbers);
    }

    /// <summary>Extents out of numbers of the graph.</summary>
    public int[] Extents(ReadOnlySpan<long> extents)
    {
        if (extents.Length > OnnxTensor.MaxRank) Unsupported($"a tensor of {extents.Length} axes, of at most {OnnxTensor.MaxRank},");
        foreach (long extent in extents)
        {
            if (extent is < 0 or > int.MaxValue) DoesNotFit($"the shape [{Shown(extents)}] is impossible");
        }

        int[] shape = new int[extents.Length];
        for (int axis = 0; axis < shape.Length; axis++) shape[axis] = (int)extents[axis];
        return shape;
    }

    public static string Shown(ReadOnlySpan<long> numbers) =>
        numbers.Length > 16 ? $"{string.Join(", ", numbers[..16].ToArray())}, ..." : string.Join(", ", numbers.ToArray());

    public static string Shown(OnnxArray array) => $"[{string.Join(", ", array.Shape)}]";
}
