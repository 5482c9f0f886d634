using System.Runtime.InteropServices;
using System.Security;

namespace TinySD.Tools.Tests;

/// <summary>A program of somebody else's, published natively, gives the bits that the JIT gives, or says that it does not.</summary>
[NotInParallel("native build")]
public sealed class NativeHostTests
{
    [Test]
    public async Task A_host_with_a_project_reference_gives_the_bits_of_the_JIT()
    {
        SkipUnlessHostsCanBePublished();
        string runtime = SecurityElement.Escape(Path.Combine(Checkout.Root, "src/Runtime"));
        using var host = new PublishedHost($"""
            <ItemGroup><ProjectReference Include="{runtime}/TinySD.Runtime.csproj" /></ItemGroup>
            <Import Project="{runtime}/buildTransitive/TinySD.Runtime.targets" />
            """);
        await IsTheJits(await host.PublishAndRunAsync());
    }

    [Test]
    public async Task A_host_with_a_package_reference_gives_the_bits_of_the_JIT()
    {
        SkipUnlessHostsCanBePublished();

        // A version that was never there, since packages are cached by their version.
        string feed = Directory.CreateTempSubdirectory("tinysd-feed-").FullName, version = $"0.0.1-test{DateTime.UtcNow.Ticks}";
        string cached = "";
        try
        {
            await PublishedHost.DotnetAsync(
                "pack", Path.Combine(Checkout.Root, "src/Runtime"), "-c", "Release", "-o", feed, $"-p:PackageVersion={version}");
            cached = await CachedPackage(version);
            using var host = new PublishedHost($"""
                <PropertyGroup><RestoreAdditionalProjectSources>{feed}</RestoreAdditionalProjectSources></PropertyGroup>
                <ItemGroup><PackageReference Include="TinySD.Runtime" Version="{version}" /></ItemGroup>
                """);
            await IsTheJits(await host.PublishAndRunAsync());
        }
        finally
        {
            Directory.Delete(feed, recursive: true);
            if (Directory.Exists(cached)) Directory.Delete(cached, recursive: true);
        }
    }

    [Test]
    public async Task A_host_that_chose_lesser_instructions_keeps_them_and_is_told_that_its_bits_differ()
    {
        SkipUnlessHostsCanBePublished();
        string runtime = SecurityElement.Escape(Path.Combine(Checkout.Root, "src/Runtime"));
        using var host = new PublishedHost($"""
            <PropertyGroup><IlcInstructionSet>x86-64-v2</IlcInstructionSet></PropertyGroup>
            <ItemGroup><ProjectReference Include="{runtime}/TinySD.Runtime.csproj" /></ItemGroup>
            <Import Project="{runtime}/buildTransitive/TinySD.Runtime.targets" />
            """);
        Dictionary<string, string> native = await host.PublishAndRunAsync(), jit = await PublishedHost.RunWithTheJitAsync();
        await Assert.That(native["instructions"]).IsEqualTo("SSE");
        await Assert.That(native["gives the same bits"]).IsEqualTo("False");
        if (jit["gives the same bits"] == "True") await Assert.That(native["trained"]).IsNotEqualTo(jit["trained"]);
    }

    private static async Task IsTheJits(Dictionary<string, string> native)
    {
        Dictionary<string, string> jit = await PublishedHost.RunWithTheJitAsync();
        await Assert.That(native.Count).IsGreaterThan(8).And.IsEqualTo(jit.Count);
        foreach (string what in jit.Keys.Where(name => name != "instructions"))
            await Assert.That(native[what]).IsEqualTo(jit[what]).Because(what);
    }

    private static async Task<string> CachedPackage(string version)
    {
        string[] words = (await PublishedHost.DotnetAsync("nuget", "locals", "global-packages", "--list")).Split(": ");
        return Path.Combine(words[1].Trim(), "tinysd.runtime", version);
    }

    private static void SkipUnlessHostsCanBePublished()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64)
            Skip.Test("this publishes for Linux on x64");
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, "clang")) || File.Exists(Path.Combine(folder, "gcc"))))
            Skip.Test("a native program is linked by clang or gcc, and neither is here");
    }
}
