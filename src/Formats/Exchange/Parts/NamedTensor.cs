using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using TinySD.Formats.Exchange.Safetensors;

namespace TinySD.Formats.Exchange.Parts;

/// <summary>Numbers with a name and a shape, of no model: what goes into a network and comes out of it.</summary>
/// <remarks>Either floats or integers; the other array is null.</remarks>
public sealed class NamedTensor
{
    /// <summary>Floats.</summary>
    /// <param name="name">Any text.</param>
    /// <param name="shape">Row-major extents, each at least 0.</param>
    /// <param name="values">As many as the extents' product; kept, not copied.</param>
    /// <exception cref="ArgumentException">The shape does not make so many numbers.</exception>
    public NamedTensor(string name, IEnumerable<int> shape, float[] values)
        : this(name, shape, values.Length) => Floats = values;

    /// <summary>Integers.</summary>
    /// <param name="name">Any text.</param>
    /// <param name="shape">Row-major extents, each at least 0.</param>
    /// <param name="values">As many as the extents' product; kept, not copied.</param>
    /// <exception cref="ArgumentException">The shape does not make so many numbers.</exception>
    public NamedTensor(string name, IEnumerable<int> shape, long[] values)
        : this(name, shape, values.Length) => Integers = values;

    private NamedTensor(string name, IEnumerable<int> shape, int length)
    {
        Name = name;
        Shape = [.. shape];

        // One extent of 0 makes nothing of all the others, whose product may be more than 64 bits hold.
        long count = Shape.Contains(0) ? 0 : 1;
        foreach (int extent in Shape) count = extent < 0 || count < 0 ? -1 : count > length ? count : count * extent;
        if (count != length) Throw.Argument($"tensor '{name}' has {Words.Counted(length, "number")}, and its shape [{string.Join(", ", Shape)}] makes another count");
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>Row-major extents.</summary>
    public ImmutableArray<int> Shape { get; }

    /// <summary>The numbers, or null where they are integers.</summary>
    public float[]? Floats { get; }

    /// <summary>The numbers, or null where they are floats.</summary>
    public long[]? Integers { get; }

    /// <summary>Whether the integers are truth values, 0 and 1.</summary>
    public bool IsBoolean { get; init; }

    /// <summary>Reads a tensor of a safetensors file: <c>F32</c>, <c>F16</c>, <c>BF16</c> and <c>F64</c> as floats, integers of up to 64 bits with a sign
    /// and of up to 32 without, and <c>BOOL</c>, as integers.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="source">One of its tensors.</param>
    /// <param name="tensor">The numbers; at most eight times as many bytes as the file has for them.</param>
    /// <param name="problem">Why it could not be read.</param>
    public static bool TryRead(
        SafetensorsFile file, SafetensorsTensor source, [NotNullWhen(true)] out NamedTensor? tensor, [NotNullWhen(false)] out FileProblem? problem)
    {
        tensor = null;
        if (source.Count > Array.MaxLength || source.Shape.Any(extent => extent > int.MaxValue))
        {
            problem = new(FileProblemKind.TensorUnsupported, file.Path,
                $"{file.Path}: tensor '{Words.Shown(source.Name)}' has the shape [{string.Join(", ", source.Shape)}], and this build's limit is 2^31 numbers")
            { Offset = source.Offset, Part = source.Name };
            return false;
        }

        IEnumerable<int> shape = source.Shape.Select(extent => (int)extent);
        if (SafetensorsDtypes.IsInteger(source.Dtype))
        {
            long[] integers = new long[source.Count];
            if (file.TryReadIntegers(source, integers, out problem)) tensor = new NamedTensor(source.Name, shape, integers) { IsBoolean = source.Dtype == SafetensorsDtypes.Boolean };
        }
        else
        {
            // A dtype that is not read is refused before memory is taken for it.
            float[] floats = SafetensorsFile.IsFloat(source) ? new float[source.Count] : [];
            if (file.TryReadFloats(source, floats, out problem)) tensor = new NamedTensor(source.Name, shape, floats);
        }

        return tensor is not null && problem is null;
    }
}
