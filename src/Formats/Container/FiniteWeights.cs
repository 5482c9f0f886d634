namespace TinySD.Formats.Container;

/// <summary>The policy on weights that are infinite or not a number: they are never written, and refused unless a reader asks for
/// them.</summary>
internal static class FiniteWeights
{
    /// <summary>The first weight of a block that is not finite, as a problem; null where all are.</summary>
    /// <param name="path">The file they are from, or go to.</param>
    /// <param name="parameters">The weights.</param>
    /// <param name="file">Where they were read, or null where they are to be written.</param>
    /// <param name="prefix">What the file has before the names of the tensors.</param>
    public static FileProblem? FindFault(string path, ParameterBlock parameters, TsdFile? file, string prefix = "") =>
        FloatsOf(parameters).Select(slot => FindFault(path, parameters, slot, file, prefix))
            .FirstOrDefault(problem => problem is not null);

    /// <summary>The same for one tensor.</summary>
    public static FileProblem? FindFault(string path, ParameterBlock parameters, TensorSlot slot, TsdFile? file, string prefix = "")
    {
        ReadOnlySpan<float> values = parameters[slot];
        for (int index = 0; index < values.Length; index++)
        {
            if (float.IsFinite(values[index])) continue;
            string name = prefix + slot.Name, what = float.IsNaN(values[index]) ? "not a number" : "infinite";
            string action = file is null ? "written" : "loaded";
            TsdTensor? tensor = file?.FindTensor(name);
            return new(FileProblemKind.NotFinite, path,
                $"{path} was not {action}: weight {index} of tensor '{name}' is {what}. Train again with a lower learning rate.")
            { Part = name, Offset = tensor?.Offset + ((long)index * NumberFormat.BytesOf(tensor?.Storage ?? TensorStorage.F32)) };
        }

        return null;
    }

    /// <summary>The first weight that cannot be written in a number format, as a problem: one that is not finite, or would not be after
    /// rounding.</summary>
    public static FileProblem? FindUnstorable(string path, ParameterBlock parameters, TensorStorage storage) => FloatsOf(parameters)
        .Select(slot => FindFault(path, parameters, slot, null) ?? FindTooLarge(path, parameters, slot, storage))
        .FirstOrDefault(problem => problem is not null);

    // Weights of fewer bits were finite when they were rounded.
    private static IEnumerable<TensorSlot> FloatsOf(ParameterBlock parameters) =>
        parameters.Layout.Tensors.Where(slot => slot.Format == WeightFormat.Single);

    private static FileProblem? FindTooLarge(string path, ParameterBlock parameters, TensorSlot slot, TensorStorage storage)
    {
        ReadOnlySpan<float> values = parameters[slot];
        int index = NumberFormat.FindTooLarge(values, storage);
        return index < 0 ? null : new(FileProblemKind.NumberTooLarge, path, string.Create(CultureInfo.InvariantCulture,
            $"{path} was not written: weight {index} of tensor '{slot.Name}' is {values[index]}, too large for " +
            $"{StorageSpelling.Storages.NameOf(storage)}. Use f32."))
        { Part = slot.Name };
    }
}
