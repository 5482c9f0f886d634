using System.Runtime.InteropServices;

namespace TinySD.Runtime.Memory;

/// <summary>Asks the system to back large buffers with pages of 2 MiB instead of 4 KiB, where it has them; nothing hangs on it.</summary>
/// <remarks>A pass over the weights of a layer touches thousands of small pages in an order no hardware foresees, and every change of page
/// is looked up anew. Linux gives large pages to memory that asks for them (madvise, MADV_HUGEPAGE) before it is first touched.</remarks>
internal static partial class HugePages
{
    private const int PageBytes = 2 << 20;
    private const int HugePageAdvice = 14;

    private static bool _mayWork = OperatingSystem.IsLinux();

    /// <summary>Asks for the whole large pages inside <paramref name="memory"/>.</summary>
    public static unsafe void Ask(Span<float> memory)
    {
        if (!_mayWork || memory.Length < PageBytes / sizeof(float)) return;
        nuint start = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory)), end = start + ((nuint)memory.Length * sizeof(float));
        nuint first = (start + PageBytes - 1) & ~(nuint)(PageBytes - 1), last = end & ~(nuint)(PageBytes - 1);
        if (first >= last) return;
        try
        {
            // A refusal, or an older kernel, leaves the pages as they are.
            _ = Advise(first, last - first, HugePageAdvice);
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            _mayWork = false;
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint address, nuint length, int advice);
}
