using System.Diagnostics;

namespace TinySD.Tools.Tests;

/// <summary>A program of this solution beside the tests, as it was built with them.</summary>
internal static class BuiltProgram
{
    /// <summary>Where a project is built to.</summary>
    /// <param name="folder">The project's folder in the checkout.</param>
    public static string FolderOf(string folder)
    {
        string own = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar), framework = Path.GetFileName(own);
        string configuration = Path.GetFileName(Path.GetDirectoryName(own)!);
        return Path.Combine(Checkout.Root, folder, "bin", configuration, framework);
    }

    /// <summary>Runs it to its end.</summary>
    /// <param name="folder">Its project's folder in the checkout.</param>
    /// <param name="name">Its assembly.</param>
    /// <param name="input">What standard input brings.</param>
    /// <param name="args">Its arguments.</param>
    public static Task<CliResult> RunAsync(string folder, string name, string? input, params string[] args) =>
        RunAsync(folder, name, Environment.CurrentDirectory, input, args);

    /// <summary>Runs it where it finds files by their names alone.</summary>
    /// <param name="place">The folder.</param>
    /// <param name="folder">Its project's folder in the checkout.</param>
    /// <param name="name">Its assembly.</param>
    public static Task<CliResult> RunInAsync(string place, string folder, string name) => RunAsync(folder, name, place, null, []);

    private static async Task<CliResult> RunAsync(string folder, string name, string place, string? input, string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(FolderOf(folder), $"{name}.dll"), .. args])
        {
            WorkingDirectory = place,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(5));
        return new CliResult(process.ExitCode, await output, await errors);
    }
}
