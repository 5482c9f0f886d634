namespace TinySD.Tools.Machines;

/// <summary>What the system says of its machine without anything being measured.</summary>
/// <param name="Cores">Cores that this process may use, at least 1.</param>
/// <param name="Caches">The caches of one core.</param>
/// <param name="Processor">The processor's name, or <see langword="null"/>.</param>
internal sealed record MachineFacts(int Cores, CacheFacts Caches, string? Processor)
{
    private static readonly Lazy<MachineFacts> s_here = new(() => new(
        Environment.ProcessorCount, LinuxCaches.Read(LinuxCaches.Folder) ?? CpuidFacts.Here?.Caches() ?? CacheFacts.None,
        CpuidFacts.Here?.Name()));

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
    public static CacheFacts None { get; } = new(null, null, null, false, null);

    /// <summary>Those that are known, by their names.</summary>
    public IEnumerable<KnownCache> Known
    {
        get
        {
            if (L1Bytes is { } l1) yield return new("L1", l1);
            if (L2Bytes is { } l2) yield return new("L2", l2);
            if (L3Bytes is { } l3) yield return new("L3", l3);
        }
    }

    /// <summary>Picks the data and unified caches out of a system's list.</summary>
    /// <param name="caches">Level, bytes, and processors that share it.</param>
    /// <param name="source">Who gave the list.</param>
    /// <returns><see langword="null"/> for a list that names no sound cache.</returns>
    public static CacheFacts? From(IReadOnlyCollection<(int Level, long Bytes, int Sharers)> caches, string source)
    {
        // A virtual machine may hide a cache that is there: one that is not named is unknown, not absent.
        (long? l1, int sharers1) = Of(1);
        (long? l2, int sharers2) = Of(2);
        (long? l3, _) = Of(3);

        // Threads of one core share its first level too; whoever shares more is another core.
        return l1 is null && l2 is null && l3 is null ? null : new CacheFacts(l1, l2, l3, l1 is not null && sharers2 > sharers1, source);

        (long? Bytes, int Sharers) Of(int level)
        {
            foreach ((int Level, long Bytes, int Sharers) cache in caches)
            {
                if (cache.Level == level && cache.Bytes > 0) return (cache.Bytes, cache.Sharers);
            }

            return default;
        }
    }
}

/// <summary>A cache whose size is known.</summary>
internal sealed record KnownCache(string Name, long Bytes);
