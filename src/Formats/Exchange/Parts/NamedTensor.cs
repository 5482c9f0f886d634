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
        if (count != length)
            Throw.Argument($"tensor '{name}' has {Words.Counted(length, "number")}, and its shape [{string.Join(", ", Shape)}] makes " +
                "another count");
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
}
