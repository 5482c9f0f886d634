namespace TinySD.Tools.Commands;

/// <summary>Checks of a file to be written, made before hours of work depend on it.</summary>
internal static class OutputFile
{
    /// <summary>Finds out whether a file can be written there; through a link whose name the user did not give nothing is.</summary>
    /// <exception cref="FileProblemException">It cannot.</exception>
    public static void CheckWritable(string path, bool isNamed = true)
    {
        if (!isNamed) AtomicFile.CheckOwn(path);
        try
        {
            // Goes all the way to an open temporary file beside the target and then gives up, which leaves everything as it was.
            AtomicFile.Write(path, _ => throw new GiveUpException());
        }
        catch (GiveUpException)
        {
            // It can be written.
        }
    }

    private sealed class GiveUpException : Exception;
}
