using System.Numerics;

namespace TinySD.Tools.Machines;

/// <summary>Caches as Linux lists them for its first processor: Documentation/ABI/testing/sysfs-devices-system-cpu.</summary>
internal static class LinuxCaches
{
    public const string Folder = "/sys/devices/system/cpu/cpu0/cache";

    private const int MostCaches = 16;

    /// <summary>Reads a folder of <c>index0</c>, <c>index1</c>, ...; <see langword="null"/> where there is none that can be read.</summary>
    public static CacheFacts? Read(string folder)
    {
        var caches = new List<(int Level, long Bytes, int Sharers)>();
        for (int i = 0; i < MostCaches; i++)
        {
            string cache = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"index{i}"));
            if (Line(cache, "type") is not ("Data" or "Unified")) continue;
            if (TryParse(Line(cache, "level"), out int level))
                caches.Add((level, Bytes(Line(cache, "size")), Processors(Line(cache, "shared_cpu_list"))));
        }

        return CacheFacts.From(caches, "the system");
    }

    // 32K, 1M, or a plain number; 0 for anything else.
    private static long Bytes(string text)
    {
        long unit = text is [.., 'K'] ? 1L << 10 : text is [.., 'M'] ? 1L << 20 : text is [.., 'G'] ? 1L << 30 : 1;
        return TryParse(unit == 1 ? text : text[..^1], out long count) && count <= (1L << 40) / unit ? count * unit : 0;
    }

    // 0-3,8 has five; what cannot be read has one.
    private static int Processors(string list)
    {
        int count = 0;
        foreach (string part in list.Split(','))
        {
            string[] ends = part.Split('-');
            if (!TryParse(ends[0], out int first) || !TryParse(ends[^1], out int last) || last < first || last > 1 << 20) return 1;
            count += last - first + 1;
        }

        return count;
    }

    private static bool TryParse<T>(string digits, out T number)
        where T : struct, INumberBase<T> => T.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static string Line(string folder, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, name)).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
