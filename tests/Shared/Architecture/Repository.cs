namespace TinySD.Tests.Shared;

/// <summary>The sources of the checkout this build came from.</summary>
internal static class Repository
{
    public static string Root => Checkout.Root;

    /// <summary>Source files below a folder of the checkout, by their paths from there, and their lines.</summary>
    public static IEnumerable<(string Path, string[] Lines)> Files(string folder)
    {
        string root = Path.Combine(Root, folder);
        foreach (string file in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string path = Path.GetRelativePath(root, file).Replace('\\', '/');
            if (path.Split('/').Any(part => part is "bin" or "obj")) continue;
            yield return (path, File.ReadAllLines(file));
        }
    }

    /// <summary>The same files, and their text without the lines that are comments.</summary>
    public static IEnumerable<(string Path, string Code)> Sources(string folder) => Files(folder).Select(file =>
        (file.Path, string.Join('\n', file.Lines.Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)))));
}
