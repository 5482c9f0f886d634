namespace TinySD.Runtime.Memory;

/// <summary>A fixed run of zeroed 32-bit floats that starts on a 64-byte boundary and never moves. Everything in the runtime that lives
/// longer than a call lives in one of these.</summary>
/// <remarks>The memory is a pinned array: its address is as fixed as native memory's, kernels may keep pointers into it across threads, and
/// yet it cannot be used after it is freed, because the collector frees it when nobody holds it any more.</remarks>
public sealed class AlignedBuffer
{
    /// <summary>Every buffer, and every tensor inside one, starts on a multiple of so many bytes: a cache line, the
    /// widest register.</summary>
    public const int AlignmentBytes = 64;

    /// <summary><see cref="AlignmentBytes"/> counted in floats.</summary>
    public const int AlignmentFloats = AlignmentBytes / sizeof(float);

    /// <summary>Allocates <paramref name="lengthFloats"/> zeroed floats.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative or above 2^31 - 64.</exception>
    /// <exception cref="OutOfMemoryException">The system has no such amount of memory.</exception>
    public unsafe AlignedBuffer(int lengthFloats)
    {
        if (lengthFloats is < 0 or > int.MaxValue - 64) Throw.OutOfRange(nameof(lengthFloats), lengthFloats, "0 to 2^31 - 64 floats");
        float[] array = Allocate(lengthFloats);
        HugePages.Ask(array);
        array.AsSpan().Clear();
        nuint address = (nuint)Unsafe.AsPointer(ref array[0]);
        int skip = (int)((AlignmentBytes - (address % AlignmentBytes)) % AlignmentBytes) / sizeof(float);
        Memory = array.AsMemory(skip, lengthFloats);
    }

    /// <summary>The floats.</summary>
    public Memory<float> Memory { get; }

    /// <summary>The floats. No allocation.</summary>
    public Span<float> Span => Memory.Span;

    private static float[] Allocate(int lengthFloats)
    {
        try
        {
            return GC.AllocateUninitializedArray<float>(lengthFloats + AlignmentFloats, pinned: true);
        }
        catch (OutOfMemoryException exception)
        {
            Throw.NoMemory($"{Throw.Counted(lengthFloats, "float")}, {(long)lengthFloats * sizeof(float) >> 20} MiB", exception);
            return [];
        }
    }

    /// <summary><paramref name="floats"/> rounded up to a whole number of aligned units.</summary>
    internal static int RoundUp(int floats) => checked(floats + AlignmentFloats - 1) / AlignmentFloats * AlignmentFloats;

    /// <summary>The length of rows of so many columns: whole aligned units, and never a multiple of 4 KiB, at which rows would share a
    /// cache set.</summary>
    internal static int RowStride(int columns)
    {
        int padded = RoundUp(columns);
        return padded % 1024 == 0 ? padded + AlignmentFloats : padded;
    }

    /// <inheritdoc cref="RoundUp(int)"/>
    internal static long RoundUp(long floats) => (floats + AlignmentFloats - 1) / AlignmentFloats * AlignmentFloats;
}
