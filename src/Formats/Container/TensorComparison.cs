namespace TinySD.Formats.Container;

/// <summary>A tensor that a file should have.</summary>
/// <param name="Name">In the file.</param>
/// <param name="Shape">Its extents.</param>
/// <param name="IsWhole">Whether it is of whole numbers, dtype <c>i8</c>; else it is of floats.</param>
internal readonly record struct ExpectedTensor(string Name, ImmutableArray<int> Shape, bool IsWhole = false)
{
    /// <summary>A tensor of floats.</summary>
    public static ExpectedTensor Of(string name, TensorSlot slot) => new(name, slot.Shape);
}

/// <summary>Compares a file's tensors with those that a layout has.</summary>
internal static class TensorComparison
{
    /// <summary>The first tensor that is not as expected, as a problem; null where the file has these, in this order, and no
    /// others.</summary>
    /// <param name="file">The file.</param>
    /// <param name="kind">What it is refused as.</param>
    /// <param name="section">The section that decides which tensors there are.</param>
    /// <param name="source">What is in it that does.</param>
    /// <param name="expected">Names and shapes.</param>
    public static FileProblem? FindFault(
        TsdFile file, FileProblemKind kind, string section, string source, IReadOnlyList<ExpectedTensor> expected)
    {
        int count = file.Tensors.Length;
        if (count != expected.Count)
            return Invalid(section, $"it has {Words.Counted(count, "tensor")}, its {source} makes {expected.Count}");
        foreach ((TsdTensor found, ExpectedTensor tensor) in file.Tensors.Zip(expected))
        {
            string shown = Shown(found.Name, found.Shape), wanted = Shown(tensor.Name, tensor.Shape.Select(extent => (long)extent));
            if (shown != wanted) return Invalid(found.Name, $"it has the tensor {shown}, where its {source} makes {wanted}");
            if (found.Storage == TensorStorage.I8 == tensor.IsWhole) continue;
            return Invalid(found.Name, tensor.IsWhole
                ? $"its tensor '{found.Name}' is of dtype {found.Dtype}, and others are of i8; where one matrix is, all are"
                : $"its tensor '{found.Name}' is of dtype i8, in which matrices of weights are stored and no others");
        }

        return null;

        FileProblem Invalid(string part, string message) => SectionReader.Invalid(file, kind, part, message);
        static string Shown(string name, IEnumerable<long> shape) => $"'{name}' [{string.Join(", ", shape)}]";
    }
}
