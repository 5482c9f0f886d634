using System.Runtime.Intrinsics.X86;

namespace TinySD.Tools.Machines;

/// <summary>Name and caches as an x64 processor itself tells them, on any system.</summary>
/// <remarks>
/// Leaves 4 and 0x80000002 to 0x80000004: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2A, CPUID. Leaves
/// 0x80000005, 0x80000006 and 0x8000001D: AMD64 Architecture Programmer's Manual, volume 3, appendix E.
/// </remarks>
/// <param name="cpuid">The instruction: EAX, EBX, ECX and EDX of a leaf and its part.</param>
internal sealed class CpuidFacts(Func<uint, uint, (uint Eax, uint Ebx, uint Ecx, uint Edx)> cpuid)
{
    private const uint Extended = 0x8000_0000, MostCaches = 16;

    /// <summary>This processor's; <see langword="null"/> where it is no x64.</summary>
    public static CpuidFacts? Here { get; } = X86Base.IsSupported ? new CpuidFacts(Ask) : null;

    /// <summary>The processor's name for people, or <see langword="null"/>.</summary>
    public string? Name()
    {
        if (!Has(Extended + 4)) return null;
        var name = new StringBuilder();
        for (uint leaf = Extended + 2; leaf <= Extended + 4; leaf++)
        {
            (uint a, uint b, uint c, uint d) = cpuid(leaf, 0);
            foreach (uint word in (ReadOnlySpan<uint>)[a, b, c, d])
            {
                for (int shift = 0; shift < 32; shift += 8)
                {
                    if ((char)((word >> shift) & 0xFF) is >= ' ' and <= '~' and char letter) name.Append(letter);
                }
            }
        }

        string text = string.Join(' ', name.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return text.Length > 0 ? text : null;
    }

    /// <summary>The caches; <see langword="null"/> where the processor tells of none, as some virtual ones do.</summary>
    public CacheFacts? Caches() => CacheFacts.From(IsAmd() ? OfAmd() : OfLeaf(4), "the processor (CPUID)");

    private static (uint Eax, uint Ebx, uint Ecx, uint Edx) Ask(uint leaf, uint part)
    {
        (int a, int b, int c, int d) = X86Base.CpuId((int)leaf, (int)part);
        return ((uint)a, (uint)b, (uint)c, (uint)d);
    }

    private bool Has(uint leaf) => cpuid(leaf & Extended, 0).Eax is uint last && last >= leaf && last < (leaf & Extended) + 0x1000;

    // "AuthenticAMD" and "HygonGenuine", by the first four letters.
    private bool IsAmd() => cpuid(0, 0).Ebx is 0x6874_7541 or 0x6F67_7948;

    private List<(int Level, long Bytes, int Sharers)> OfAmd()
    {
        const uint topologyExtensions = 1 << 22;
        bool hasTopology = Has(Extended + 0x1D) && (cpuid(Extended + 1, 0).Ecx & topologyExtensions) != 0;
        if (hasTopology && OfLeaf(Extended + 0x1D) is { Count: > 0 } caches) return caches;

        // The older leaves. What they have of the third level is that of all complexes together, and a core has only its own: no use here.
        return Has(Extended + 6)
            ? [(1, (long)(cpuid(Extended + 5, 0).Ecx >> 24) << 10, 1), (2, (long)(cpuid(Extended + 6, 0).Ecx >> 16) << 10, 1)]
            : [];
    }

    private List<(int Level, long Bytes, int Sharers)> OfLeaf(uint leaf)
    {
        const uint data = 1, unified = 3;
        var caches = new List<(int Level, long Bytes, int Sharers)>();
        for (uint part = 0; part < MostCaches && Has(leaf); part++)
        {
            (uint a, uint b, uint c, _) = cpuid(leaf, part);
            uint type = a & 31;
            if (type == 0) break;
            if (type is not (data or unified)) continue;
            long ways = (b >> 22) + 1, partitions = ((b >> 12) & 0x3FF) + 1, line = (b & 0xFFF) + 1;
            caches.Add(((int)(a >> 5) & 7, ways * partitions * line * (c + 1L), (int)((a >> 14) & 0xFFF) + 1));
        }

        return caches;
    }
}
