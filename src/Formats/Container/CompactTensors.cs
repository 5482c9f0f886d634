namespace TinySD.Formats.Container;

/// <summary>Matrices and tables of models that are held in fewer bytes than single precision takes, in files: <c>FORMAT.md</c>, "Weights of
/// 8 bits".</summary>
internal static class CompactTensors
{
    /// <summary>How a model holds the weights of a file.</summary>
    public static WeightFormat FormatOf(TsdFile file) =>
        file.Tensors.Any(tensor => tensor.Storage == TensorStorage.I8) ? WeightFormat.Int8 : WeightFormat.Single;

    /// <summary>The first tensor of a file that is not as a model's layout has it, as a problem, or null.</summary>
    /// <inheritdoc cref="TensorComparison.FindFault"/>
    public static FileProblem? FindFault(TsdFile file, FileProblemKind kind, string section, ParameterLayout layout)
    {
        // The count of tensors would be wrong too, and would say less.
        foreach (TensorSlot slot in layout.Tensors)
        {
            if (slot.Format != WeightFormat.Int8 || file.FindTensor(slot.Name) is not { Storage: TensorStorage.I8 }) continue;
            string scale = slot.Name + TsdTensor.ScaleEnd;
            if (file.FindTensor(scale) is not { } found)
            {
                return SectionReader.Invalid(file, kind, slot.Name,
                    $"its tensor '{slot.Name}' is of dtype i8 and has no scales: '{scale}' [{ScalesOf(slot)}] was expected after it");
            }

            if (found.Storage != TensorStorage.F32)
                return SectionReader.Invalid(file, kind, scale, $"its tensor '{scale}' is of dtype {found.Dtype}; f32 was expected");
        }

        return TensorComparison.FindFault(file, kind, section, section, [.. layout.Tensors.SelectMany(Expected)]);
    }

    /// <summary>What is written of a tensor: itself, and scales.</summary>
    /// <param name="parameters">The numbers.</param>
    /// <param name="slot">The tensor.</param>
    /// <param name="storage">The format in the file of what is in single precision.</param>
    public static IEnumerable<TensorToWrite> ToWrite(ParameterBlock parameters, TensorSlot slot, TensorStorage storage)
    {
        string scale = slot.Name + TsdTensor.ScaleEnd;
        return slot.Format switch
        {
            WeightFormat.Int8 =>
            [
                new BytesToWrite(slot.Name, slot.Shape, TensorStorage.I8, () => BytesOf(parameters, slot)),
                new BytesToWrite(scale, [ScalesOf(slot)], TensorStorage.F32, () => ScaleBytesOf(parameters, slot)),
            ],
            WeightFormat.BFloat16 => [new BytesToWrite(slot.Name, slot.Shape, TensorStorage.BF16, () => HalvesOf(parameters, slot))],
            _ => [new FloatsToWrite(slot.Name, parameters, slot, storage)],
        };
    }

    /// <summary>Reads a tensor of whole numbers and its scales, and checks both.</summary>
    public static FileProblem? Fill(TsdFile file, ParameterBlock parameters, TensorSlot slot)
    {
        (sbyte[] values, float[] scales) = (new sbyte[slot.Length], new float[ScalesOf(slot)]);
        string scale = slot.Name + TsdTensor.ScaleEnd;
        if (!file.TryReadTensor(slot.Name, values, out FileProblem? problem)) return problem;
        int wrong = values.AsSpan().IndexOf(sbyte.MinValue);
        if (wrong >= 0) return Invalid(slot.Name, wrong, $"weight {wrong} of tensor '{slot.Name}' is -128; -127 to 127 was expected");
        if (!file.TryReadTensor(scale, scales, out problem)) return problem;
        wrong = Array.FindIndex(scales, number => !IsScale(number));
        if (wrong >= 0)
        {
            string found = scales[wrong].ToString(CultureInfo.InvariantCulture);
            return Invalid(scale, wrong,
                $"number {wrong} of tensor '{scale}' is {found}; a number above 0 was expected, and {CompactTensor.MaxInt8} times it to " +
                "be finite");
        }

        parameters.CompactOf(slot).Fill(values, scales);
        return null;

        FileProblem Invalid(string name, int index, string message)
        {
            TsdTensor tensor = file.FindTensor(name)!;
            return Blame.Writer(FileProblemKind.ModelInvalid, file.Path, message) with
            { Part = name, Offset = tensor.Offset + ((long)index * NumberFormat.BytesOf(tensor.Storage)) };
        }
    }

    /// <summary>The first tensor whose weights are so large that what is stored would stand for infinite ones, as a problem, or
    /// null.</summary>
    public static FileProblem? FindTooLarge(string path, ParameterBlock parameters)
    {
        foreach (TensorSlot slot in parameters.Layout.Tensors.Where(slot => slot.Format == WeightFormat.Int8))
        {
            foreach (float scale in ScalesOf(parameters, slot))
            {
                if (IsScale(scale)) continue;
                return new(FileProblemKind.NumberTooLarge, path,
                    $"{path} was not written: tensor '{slot.Name}' has a weight too large for i8. Use f32.")
                { Part = slot.Name };
            }
        }

        return null;
    }

    private static bool IsScale(float number) => number > 0f && float.IsFinite(CompactTensor.MaxInt8 * number);

    private static IEnumerable<ExpectedTensor> Expected(TensorSlot slot) => slot.Format == WeightFormat.Int8
        ? [new(slot.Name, slot.Shape, IsWhole: true), new(slot.Name + TsdTensor.ScaleEnd, [ScalesOf(slot)])]
        : [ExpectedTensor.Of(slot.Name, slot)];

    private static int ScalesOf(TensorSlot slot) => slot.IsTable ? slot.Shape[0] : slot.Shape[1];

    private static float[] ScalesOf(ParameterBlock parameters, TensorSlot slot)
    {
        float[] scales = new float[ScalesOf(slot)];
        parameters.CompactOf(slot).CopyFactorsTo(scales);
        return scales;
    }

    private static byte[] ScaleBytesOf(ParameterBlock parameters, TensorSlot slot) =>
        MemoryMarshal.AsBytes(ScalesOf(parameters, slot).AsSpan()).ToArray();

    private static byte[] BytesOf(ParameterBlock parameters, TensorSlot slot)
    {
        byte[] values = new byte[slot.Length];
        parameters.CompactOf(slot).CopyTo(MemoryMarshal.Cast<byte, sbyte>(values.AsSpan()));
        return values;
    }

    private static byte[] HalvesOf(ParameterBlock parameters, TensorSlot slot)
    {
        byte[] halves = new byte[checked(slot.Length * sizeof(ushort))];
        parameters.CompactOf(slot).CopyTo(MemoryMarshal.Cast<byte, ushort>(halves.AsSpan()));
        return halves;
    }
}

/// <summary>Memory that is not there: a model is laid out in it to see how much it would take.</summary>
internal sealed class PromisedFloats : MemoryManager<float>
{
    private PromisedFloats()
    {
    }

    /// <summary>As much as a model can take.</summary>
    public static Memory<float> Most { get; } = new PromisedFloats().CreateMemory(int.MaxValue);

    public override Span<float> GetSpan() => throw new InvalidOperationException("a layout's memory was used before there was any");

    public override MemoryHandle Pin(int elementIndex = 0) => throw new InvalidOperationException("there is no memory to pin");

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
