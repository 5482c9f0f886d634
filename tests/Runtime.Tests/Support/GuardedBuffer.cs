using System.Buffers;
using System.Runtime.InteropServices;

namespace TinySD.Runtime.Tests;

/// <summary>Floats that end at a page nobody may touch, with a canary before them: a read or a write behind the end stops the process, a
/// write before the start is seen, and a read there brings not-a-number into the result. Where the system cannot guard pages there is a
/// canary on both sides.</summary>
/// <remarks>The start lies wherever the length puts it, so lengths of all kinds mean starts of all alignments.</remarks>
internal sealed class GuardedBuffer : IDisposable
{
    private const int CanaryFloats = 67; // odd, so that nothing starts aligned by chance

    private static readonly float _canary = BitConverter.UInt32BitsToSingle(0x7FC0DEAD);

    private readonly GuardedPages? _pages;
    private readonly Memory<float> _all;
    private readonly string _name;
    private readonly int _length;

    public GuardedBuffer(string name, int length, float fill = 0f)
    {
        _name = name;
        _length = length;
        _pages = GuardedPages.TryCreate(length + CanaryFloats);
        _all = _pages?.Memory ?? new float[length + (2 * CanaryFloats)];
        _all.Span.Fill(_canary);
        Span.Fill(fill);
    }

    public GuardedBuffer(string name, ReadOnlySpan<float> values)
        : this(name, values.Length) => values.CopyTo(Span);

    public Span<float> Span => _all.Span.Slice(CanaryFloats, _length);

    public Memory<float> Memory => _all.Slice(CanaryFloats, _length);

    /// <summary>What was written outside, or null.</summary>
    public string? Damage()
    {
        ReadOnlySpan<float> all = _all.Span;
        for (int i = 0; i < all.Length; i++)
        {
            bool outside = i < CanaryFloats || i >= CanaryFloats + _length;
            if (outside && BitConverter.SingleToUInt32Bits(all[i]) != BitConverter.SingleToUInt32Bits(_canary))
                return $"{_name}[{i - CanaryFloats}] was written, its length is {_length}";
        }

        return null;
    }

    /// <summary>Gives the pages back, which otherwise stay until the process ends; the floats must not be used any more.</summary>
    public void Dispose() => ((IDisposable?)_pages)?.Dispose();
}

/// <summary>Memory from the system whose last float is followed by a page without access. Without a finalizer, since a span would not
/// keep it alive.</summary>
internal sealed unsafe partial class GuardedPages : MemoryManager<float>
{
    // The same numbers on every Linux that .NET runs on.
    private const int NoAccess = 0, ReadWrite = 3, PrivateAnonymous = 0x22;

    private readonly nuint _mappedBytes;
    private readonly int _length;
    private byte* _mapping;

    private GuardedPages(byte* mapping, nuint mappedBytes, int length)
    {
        _mapping = mapping;
        _mappedBytes = mappedBytes;
        _length = length;
    }

    /// <summary><paramref name="length"/> floats, or null where pages cannot be guarded.</summary>
    public static GuardedPages? TryCreate(int length)
    {
        if (!OperatingSystem.IsLinux()) return null;
        nuint page = (nuint)Environment.SystemPageSize, bytes = (((nuint)length * sizeof(float)) + page - 1) / page * page;
        byte* mapping = Map(null, bytes + page, ReadWrite, PrivateAnonymous, -1, 0);
        if (mapping == (byte*)-1) return null;
        if (Protect(mapping + bytes, page, NoAccess) == 0) return new GuardedPages(mapping, bytes + page, length);
        _ = Unmap(mapping, bytes + page);
        return null;
    }

    public override Span<float> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_mapping == null, this);
        byte* end = _mapping + _mappedBytes - (nuint)Environment.SystemPageSize;
        return new Span<float>(end - ((nuint)_length * sizeof(float)), _length);
    }

    public override MemoryHandle Pin(int elementIndex = 0) =>
        new((float*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref GetSpan()[elementIndex]));

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (_mapping != null) _ = Unmap(_mapping, _mappedBytes);
        _mapping = null;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);
}
