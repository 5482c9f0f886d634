namespace TinySD.Tools.Machines;

/// <summary>What the system says of its machine without anything being measured.</summary>
/// <param name="Cores">Cores that this process may use, at least 1.</param>
/// <param name="Caches">The caches of one core.</param>
/// <param name="Processor">The processor's name, or <see langword="null"/>.</param>
internal sealed record MachineFacts(int Cores, CacheFacts Caches, string? Processor)
{
    private static readonly Lazy<MachineFacts> s_here = new(() => new MachineFacts(
        Environment.ProcessorCount, LinuxCaches.Read(LinuxCaches.Folder) ?? CpuidFacts.Here?.Caches() ?? CacheFacts.None, CpuidFacts.Here?.Name()));

    /// <summary>This machine's; read once, in less than a millisecond.</summary>
    public static MachineFacts Here => s_here.Value;
}

/// <summary>The caches of one core as far as they are known.</summary>
/// <param name="L1Bytes">First-level data cache, or <see langword="null"/>.</param>
/// <param name="L2Bytes">Second-level cache, or <see langword="null"/>.</param>
/// <param name="L3Bytes">Last cache, shared, or <see langword="null"/>.</param>
/// <param name="L2IsShared">Whether cores share the second level.</param>
/// <param name="Source">Who says so, in words that go on after "from"; <see langword="null"/> where nobody does.</param>
internal sealed record CacheFacts(long? L1Bytes, long? L2Bytes, long? L3Bytes, bool L2IsShared, string? Source)
{
    /// <summary>Nothing is known.</summary>
    public static CacheFacts None { get; } = new(null, null, null, false, null);

    /// <summary>Picks the data and unified caches out of a system's list.</summary>
    /// <param name="caches">Level, bytes, and processors that share it.</param>
    /// <param name="source">Who gave the list.</param>
    /// <returns><see langword="null"/> for a list that names no sound cache.</returns>
    public static CacheFacts? From(IReadOnlyCollection<(int Level, long Bytes, int Sharers)> caches, string source)
    {
        (int _, long bytes1, int sharers1) = Of(1);
        (int _, long bytes2, int sharers2) = Of(2);
        (int _, long bytes3, int _) = Of(3);
        if (bytes1 == 0 && bytes2 == 0 && bytes3 == 0) return null;

        // Threads of one core share its first level too; whoever shares more is another core.
        return new CacheFacts(Known(bytes1), Known(bytes2), Known(bytes3), bytes1 > 0 && sharers2 > sharers1, source);

        (int Level, long Bytes, int Sharers) Of(int level) => caches.FirstOrDefault(cache => cache.Level == level && cache.Bytes > 0);
    }

    // A virtual machine may hide a cache that is there: one that is not named is unknown, not absent.
    private static long? Known(long bytes) => bytes > 0 ? bytes : null;
}
