namespace TinySD.Formats.Container;

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
        TsdFile file, FileProblemKind kind, string section, string source, IReadOnlyList<(string Name, TensorSlot Slot)> expected)
    {
        int count = file.Tensors.Length;
        if (count != expected.Count)
            return SectionReader.Invalid(file, kind, section,
                $"it has {Words.Counted(count, "tensor")}, its {source} makes {expected.Count}");
        foreach ((TsdTensor found, (string name, TensorSlot slot)) in file.Tensors.Zip(expected))
        {
            string shown = Shown(found.Name, found.Shape), wanted = Shown(name, slot.Shape.Select(extent => (long)extent));
            if (shown != wanted)
                return SectionReader.Invalid(file, kind, found.Name, $"it has the tensor {shown}, where its {source} makes {wanted}");
        }

        return null;

        static string Shown(string name, IEnumerable<long> shape) => $"'{name}' [{string.Join(", ", shape)}]";
    }
}
