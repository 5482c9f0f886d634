namespace TinySD.Formats.Storage;

/// <summary>Names of files and folders that stand beside another, as <c>model.tsd.checkpoints</c> beside <c>model.tsd</c>.</summary>
public static class SideName
{
    // What a name may have on almost every file system.
    private const int MaxBytes = 255;

    /// <summary>The name beside a file: the file's own and an addition. The file's own is cut where both are more than a file system takes,
    /// at a character's end.</summary>
    /// <param name="path">The file, with or without its folder.</param>
    /// <param name="addition">What follows its name, at most 200 bytes of UTF-8.</param>
    public static string Of(string path, string addition)
    {
        string name = Path.GetFileName(path);
        int room = MaxBytes - Encoding.UTF8.GetByteCount(addition), length = name.Length;
        while (Encoding.UTF8.GetByteCount(name.AsSpan(0, length)) > room)
            length -= length > 1 && char.IsLowSurrogate(name[length - 1]) ? 2 : 1;
        return string.Concat(path.AsSpan(0, path.Length - name.Length), name.AsSpan(0, length), addition);
    }
}
