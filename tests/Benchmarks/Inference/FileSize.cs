namespace TinySD.Benchmarks.Inference;

/// <summary>How long a file becomes.</summary>
internal static class FileSize
{
    /// <summary>Writes it where it is no trouble, and removes it.</summary>
    public static long Of(Action<string> write)
    {
        string folder = Directory.CreateTempSubdirectory("tinysd-").FullName, file = Path.Combine(folder, "model.tsd");
        try
        {
            write(file);
            return new FileInfo(file).Length;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
