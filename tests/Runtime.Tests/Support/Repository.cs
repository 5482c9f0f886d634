using TinySD.Tests.Shared;

namespace TinySD.Runtime.Tests;

/// <summary>The sources of the checkout this build came from.</summary>
internal static class Repository
{
    public static string Root => Checkout.Root;

    /// <summary>Source files below a folder of the checkout, by their paths from there, and their text without comments.</summary>
    public static IEnumerable<(string Path, string Code)> Sources(string folder)
    {
        string root = Path.Combine(Root, folder);
        foreach (string file in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string path = Path.GetRelativePath(root, file).Replace('\\', '/');
            if (path.StartsWith("bin/", StringComparison.Ordinal) || path.StartsWith("obj/", StringComparison.Ordinal)) continue;
            IEnumerable<string> lines = File.ReadLines(file).Select(line => line.TrimStart()).Where(line => !line.StartsWith("//", StringComparison.Ordinal));
            yield return (path, string.Join('\n', lines));
        }
    }
}
