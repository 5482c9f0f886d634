using TUnit.Core.Interfaces;

namespace TinySD.Tools.Tests;

/// <summary>The packages of both libraries in a folder of their own, as <c>dotnet pack</c> makes them, and programs that take them from
/// there: nothing is left among the packages of the machine.</summary>
public sealed class PackageFeed : IAsyncInitializer, IDisposable
{
    /// <summary>The libraries, the lower one first.</summary>
    public static readonly string[] Libraries = ["TinySD.Runtime", "TinySD.Formats"];

    private readonly string _folder = Directory.CreateTempSubdirectory("tinysd-feed-").FullName;

    /// <summary>Where the packages are.</summary>
    public string Packages => Path.Combine(_folder, "feed");

    /// <summary>The version of all of them.</summary>
    public string Version { get; private set; } = "";

    public async Task InitializeAsync()
    {
        foreach (string library in Libraries)
        {
            string project = Path.Combine(Checkout.Root, "src", library["TinySD.".Length..]);
            await PublishedHost.DotnetAsync("pack", project, "-c", "Release", "-o", Packages);
        }

        string runtime = Directory.GetFiles(Packages, $"{Libraries[0]}.*.nupkg").Single();
        Version = Path.GetFileNameWithoutExtension(runtime)[$"{Libraries[0]}.".Length..];

        // What the libraries need was fetched when they were built; what they are comes from the feed alone.
        string[] words = (await PublishedHost.DotnetAsync("nuget", "locals", "global-packages", "--list")).Split(": ");
        await File.WriteAllTextAsync(Path.Combine(_folder, "nuget.config"), $"""
            <configuration>
              <packageSources><clear /><add key="feed" value="feed" /></packageSources>
              <fallbackPackageFolders><add key="machine" value="{words[1].Trim()}" /></fallbackPackageFolders>
              <config><add key="globalPackagesFolder" value="packages" /></config>
            </configuration>
            """);
    }

    /// <summary>Builds a program for both frameworks.</summary>
    /// <param name="library">The package that it asks for.</param>
    /// <param name="files">Its files, by name, and their texts.</param>
    /// <returns>The folder of its project, <c>Host</c>.</returns>
    public async Task<string> BuildAsync(string library, params (string Name, string Text)[] files)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, Guid.NewGuid().ToString("N"))).FullName;
        foreach ((string name, string text) in files) await File.WriteAllTextAsync(Path.Combine(folder, name), text);
        string project = Path.Combine(folder, "Host.csproj");
        await File.WriteAllTextAsync(project, $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFrameworks>net10.0;net8.0</TargetFrameworks>
                <RollForward>Major</RollForward>
                <LangVersion>latest</LangVersion>
                <ImplicitUsings>enable</ImplicitUsings>
                <UseAppHost>false</UseAppHost>
              </PropertyGroup>
              <ItemGroup><PackageReference Include="{library}" Version="{Version}" /></ItemGroup>
            </Project>
            """);
        await PublishedHost.DotnetAsync("build", project, "-c", "Release");
        return folder;
    }

    /// <summary>Runs what was built for one framework: by it, or by a later one if it is not installed.</summary>
    /// <returns>What it prints.</returns>
    public static Task<string> RunAsync(string folder, string framework) =>
        PublishedHost.DotnetAsync(Path.Combine(folder, "bin", "Release", framework, "Host.dll"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
