namespace TinySD.Benchmarks.Inference;

/// <summary>How long a file becomes.</summary>
internal static class FileSize
{
    /// <summary>Writes it where it is no trouble, and removes it.</summary>
    /// <returns>Null where no file holds what there is to write.</returns>
    public static long? Of(Action<string> write)
    {
        string folder = Directory.CreateTempSubdirectory("tinysd-").FullName, file = Path.Combine(folder, "model.tsd");
        try
        {
            write(file);
            return new FileInfo(file).Length;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
