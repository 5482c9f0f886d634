namespace TinySD.Tests.Shared;

/// <summary>Test vectors made by others, in the folder <c>fixtures</c> beside the one that <c>TINYSD_DATA</c> names. Without it a test is
/// skipped; with it a missing file is a failure.</summary>
internal static class Fixtures
{
    /// <summary>The folder of one set of vectors, or null where <c>TINYSD_DATA</c> is not set: for tests that list what is in it.</summary>
    public static string? Folder(string name)
    {
        string? data = Environment.GetEnvironmentVariable("TINYSD_DATA");
        return string.IsNullOrEmpty(data)
            ? null
            : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(data).TrimEnd('/'))!, "fixtures", name);
    }

    /// <summary>A file of a set.</summary>
    public static string Find(string set, string relativePath)
    {
        string? folder = Folder(set);
        if (folder is null) Skip.Test($"TINYSD_DATA is not set; the test vectors {set} should lie in the folder fixtures beside it");
        string path = Path.Combine(folder!, relativePath);
        return File.Exists(path) ? path : throw new FileNotFoundException($"TINYSD_DATA is set, and {folder} has no {relativePath}");
    }
}
