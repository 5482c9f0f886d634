namespace TinySD.Formats.Storage;

/// <summary>Files that are written in place under a name that the program chose, and so could be guessed: made, or opened, without
/// following a link.</summary>
internal static class OwnFile
{
    // So often may another process make or remove the file in between.
    private const int MostTries = 20;

    /// <summary>Opens a file for reading and writing and holds it for this process alone; makes it where there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isAlone">Whether it may have no other name, because what is written would show under both.</param>
    /// <exception cref="FileProblemException">A link, a folder, a pipe or a device stands there, or the file has a second name.</exception>
    /// <exception cref="IOException">It cannot be opened or made, or another process holds it.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not.</exception>
    public static SafeFileHandle OpenOrCreate(string path, bool isAlone)
    {
        for (int tries = 1; ; tries++)
        {
            RefuseOther(path);
            bool isThere = File.Exists(path);
            SafeFileHandle file;
            try
            {
                // Making a file only where there is none follows no link.
                file = File.OpenHandle(path, isThere ? FileMode.Open : FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (tries < MostTries && isThere != Path.Exists(path))
            {
                continue;
            }

            // A link may have come after the first look, and a holder that lets go may have removed the file before it was held here.
            bool isSame = !Libc.TryStat(file, out FileStatus opened)
                || (Libc.TryStat(path, followLink: false, out FileStatus named) && named.Numbers == opened.Numbers);
            if (isSame && !(isAlone && opened.Names > 1)) return file;
            file.Dispose();
            if (isSame)
            {
                Throw.Problem(new(FileProblemKind.NotRegularFile, path,
                    $"cannot write {path}: the file has another name too, by a hard link, and would change under both; remove this one, " +
                    "or give another name"));
            }

            if (tries == MostTries) throw new IOException("another process makes and removes it all the time");
        }
    }

    /// <summary>Refuses to go on where something else than a file has the name.</summary>
    /// <exception cref="FileProblemException">It has.</exception>
    public static void RefuseOther(string path)
    {
        (FileProblemKind kind, string? what) = LinkWalk.TargetOf(path) is { } target
            ? (FileProblemKind.NotRegularFile, $"it is a symbolic link, to {target}, and files under names of TinySD's own " +
                "are never written through a link; remove the link,")
            : Libc.KindOf(path) switch
            {
                PathKind.Directory => (FileProblemKind.IsDirectory, "it is a folder; remove it,"),
                PathKind.Special => (FileProblemKind.NotRegularFile, "it is a pipe or a device; remove it,"),
                _ => default((FileProblemKind, string?)),
            };
        if (what is not null) Throw.Problem(new(kind, path, $"cannot write {path}: {what} or give another name"));
    }
}
