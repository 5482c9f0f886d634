namespace TinySD.Tools.Display;

/// <summary>How this program is called, so that a command which is shown works as it is typed.</summary>
internal static class OwnCommand
{
    /// <summary>What it is called where it is found by its name.</summary>
    public const string Name = "tinysd";

    /// <summary>Of this process, seen from the folder it was started in.</summary>
    public static string OfThisProcess() => Of(
        Environment.ProcessPath, Environment.GetCommandLineArgs()[0], Environment.CurrentDirectory,
        Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator) ?? []);

    /// <summary>The name alone where the system finds this program by it, else its path; both ready to be typed into a shell.</summary>
    /// <param name="process">The file that runs: the program, or <c>dotnet</c>; null where it is not known.</param>
    /// <param name="program">The program, where <c>dotnet</c> runs it.</param>
    /// <param name="folder">The current folder.</param>
    /// <param name="searched">The folders in which the system looks for programs, in order.</param>
    public static string Of(string? process, string program, string folder, IReadOnlyList<string> searched)
    {
        if (IsNamed(process, "dotnet") && IsNamed(program, Name)) return $"dotnet {CommandLine.Quoted(Shortest(program, folder))}";
        if (process is null || !IsNamed(process, Name)) return Name;
        string? found = searched.Where(Path.IsPathFullyQualified).Select(at => Path.Combine(at, Path.GetFileName(process)))
            .FirstOrDefault(File.Exists);
        if (found is not null && Resolved(found) == Resolved(process)) return Name;
        string path = Shortest(process, folder);

        // A shell looks for a bare name elsewhere.
        return CommandLine.Quoted(Path.GetFileName(path) == path ? Path.Combine(".", path) : path);
    }

    private static bool IsNamed(string? path, string name) => Path.GetFileNameWithoutExtension(path) == name;

    private static string Shortest(string path, string folder)
    {
        string full = Path.GetFullPath(path, folder), relative = Path.GetRelativePath(folder, full);
        return relative.Length < full.Length ? relative : full;
    }

    private static string Resolved(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
}
