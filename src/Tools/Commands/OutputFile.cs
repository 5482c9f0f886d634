using TinySD.Formats;
using TinySD.Tools.Errors;

namespace TinySD.Tools.Commands;

/// <summary>Checks of a file to be written, made before hours of work depend on it.</summary>
internal static class OutputFile
{
    /// <summary>Finds out whether a file can be written there.</summary>
    /// <exception cref="FileProblemException">It cannot.</exception>
    public static void CheckWritable(string path)
    {
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

    /// <summary>Refuses to write over a file that is read.</summary>
    /// <exception cref="UsageException">The output is one of the inputs.</exception>
    public static void CheckIsNone(string output, string option, params ReadOnlySpan<(string? Path, string Option)> inputs)
    {
        foreach ((string? input, string inputOption) in inputs)
        {
            if (!string.IsNullOrEmpty(input) && output.Length > 0 && Path.GetFullPath(input) == Path.GetFullPath(output))
            {
                string what = option == "--report" ? "the report" : "what is written";
                throw new UsageException($"{option} and {inputOption} are the same file, {output}; {what} would replace the other.");
            }
        }
    }

    private sealed class GiveUpException : Exception;
}
