using System.Diagnostics;

namespace TinySD.Tools.Tests;

/// <summary>A host of the runtime as somebody would write it outside this repository: the program <c>tests/Hosts/Bits</c> with a project
/// file of its own.</summary>
internal sealed class PublishedHost : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private readonly string _folder = Directory.CreateTempSubdirectory("tinysd-host-").FullName;
    private readonly string _project;

    /// <param name="body">What stands in its project file beside the usual.</param>
    public PublishedHost(string body)
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Checkout.Root, "tests/Hosts/Bits"), "*.cs"))
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        _project = Path.Combine(_folder, "Host.csproj");
        File.WriteAllText(_project, $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <PublishAot>true</PublishAot>
              </PropertyGroup>
              {body}
            </Project>
            """);
    }

    /// <summary>Makes the program as native code and runs it.</summary>
    /// <returns>What it prints, by what stands before the colon.</returns>
    public async Task<Dictionary<string, string>> PublishAndRunAsync()
    {
        string output = Path.Combine(_folder, "publish");
        await DotnetAsync("publish", _project, "-c", "Release", "-r", "linux-x64", "-o", output);
        return Read(await RunAsync(Path.Combine(output, "Host")));
    }

    /// <summary>Runs the program as the JIT compiles it.</summary>
    /// <returns>As <see cref="PublishAndRunAsync"/>.</returns>
    public static async Task<Dictionary<string, string>> RunWithTheJitAsync() =>
        Read(await DotnetAsync("run", "--project", Path.Combine(Checkout.Root, "tests/Hosts/Bits"), "-c", "Release"));

    /// <summary>Runs the SDK; what it prints is the failure's text where it fails.</summary>
    public static Task<string> DotnetAsync(params string[] args) => RunAsync("dotnet", args);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Dictionary<string, string> Read(string lines) =>
        lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(": "))
            .ToDictionary(parts => parts[0], parts => parts[1]);

    /// <summary>Runs a program; what it prints is the failure's text where it fails.</summary>
    public static async Task<string> RunAsync(string program, params string[] args)
    {
        var start = new ProcessStartInfo(program, args) { RedirectStandardOutput = true, RedirectStandardError = true };

        // What this process was started with is not the host's: its build would look for this one's.
        string[] own = [.. start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase))];
        foreach (string name in own) start.Environment.Remove(name);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(s_patience);
        string text = await output;
        return process.ExitCode == 0
            ? text
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', args)} ended with {process.ExitCode}:\n{text}\n{await errors}");
    }
}
