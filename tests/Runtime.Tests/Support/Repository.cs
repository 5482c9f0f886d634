namespace TinySD.Runtime.Tests;

/// <summary>The checkout this build came from, found by walking up from the test assembly.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

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

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "TinySD.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException("no TinySD.sln above the test assembly: run the tests from a checkout");
    }
}
