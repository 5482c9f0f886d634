using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace TinySD.Tools.Tests;

/// <summary>The packages hold what they should, and a stranger's program of either framework computes the same bits with them.</summary>
[NotInParallel("native build")]
[ClassDataSource<PackageFeed>(Shared = SharedType.PerClass)]
public sealed partial class PackageTests(PackageFeed feed)
{
    private static readonly string[] s_frameworks = ["net10.0", "net8.0"];

    [Test]
    [Arguments("TinySD.Runtime", "")]
    [Arguments("TinySD.Formats", "TinySD.Runtime CommunityToolkit.HighPerformance Sep System.IO.Hashing")]
    public async Task A_package_says_what_it_is_and_needs(string library, string needed)
    {
        using ZipArchive package = Open(library, "nupkg");
        XElement said = XDocument.Parse(Text(package, $"{library}.nuspec")).Root!.Elements().Single();
        XElement Of(string name) => said.Elements().Single(element => element.Name.LocalName == name);
        await Assert.That(Of("id").Value).IsEqualTo(library);
        await Assert.That(Of("authors").Value).IsEqualTo("TinySD contributors");
        await Assert.That(Of("license").Value).IsEqualTo("MIT");
        await Assert.That(Of("license").Attribute("type")!.Value).IsEqualTo("expression");
        await Assert.That(Of("tags").Value.Split(' ')).Contains("recurrent");
        await Assert.That(Of("description").Value).IsNotEmpty();
        await Assert.That(Text(package, Of("readme").Value)).IsEqualTo(Page(library)).And.StartsWith($"# {library}\n");
        await Assert.That(Text(package, "LICENSE")).IsEqualTo(await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "LICENSE")));
        Dictionary<string, string[]> groups = Of("dependencies").Elements().ToDictionary(
            group => group.Attribute("targetFramework")!.Value,
            group => group.Elements().Select(dependency => dependency.Attribute("id")!.Value).ToArray());
        string[] all = needed.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        await Assert.That(groups.Keys).IsEquivalentTo(s_frameworks);
        foreach (string framework in s_frameworks) await Assert.That(groups[framework]).IsEquivalentTo(all);
    }

    [Test]
    [Arguments("TinySD.Runtime")]
    [Arguments("TinySD.Formats")]
    public async Task A_package_brings_the_library_for_both_frameworks_with_documentation_and_symbols(string library)
    {
        using ZipArchive package = Open(library, "nupkg"), symbols = Open(library, "snupkg");
        string[] files = [.. s_frameworks.SelectMany(
            framework => new[] { $"lib/{framework}/{library}.dll", $"lib/{framework}/{library}.xml" })];
        await Assert.That(package.Entries.Select(entry => entry.FullName).Where(name => name.StartsWith("lib/", StringComparison.Ordinal)))
            .IsEquivalentTo(files);
        foreach (string framework in s_frameworks)
        {
            XDocument documentation = XDocument.Parse(Text(package, $"lib/{framework}/{library}.xml"));
            await Assert.That(documentation.Descendants("member").Count()).IsGreaterThan(500);

            // The sources are inside, under no path of the machine that built them.
            using Stream packed = symbols.GetEntry($"lib/{framework}/{library}.pdb")!.Open();
            using var whole = new MemoryStream();
            await packed.CopyToAsync(whole);
            using var pdb = MetadataReaderProvider.FromPortablePdbImage([.. whole.ToArray()]);
            MetadataReader reader = pdb.GetMetadataReader();
            string[] paths = [.. reader.Documents.Select(document => reader.GetString(reader.GetDocument(document).Name))];
            await Assert.That(paths.Where(path => !path.StartsWith("/tinysd/", StringComparison.Ordinal))).IsEmpty();
            var embedded = new Guid("0E8A571B-6926-466E-B4AD-8AB04611F5FE");
            int sources = reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation)
                .Count(information => reader.GetGuid(information.Kind) == embedded);
            await Assert.That(sources).IsEqualTo(paths.Length);
        }
    }

    [Test]
    public async Task Packing_holds_both_frameworks_to_one_public_surface()
    {
        foreach (string library in PackageFeed.Libraries)
        {
            string project = Path.Combine(Checkout.Root, "src", library["TinySD.".Length..]);
            string validates = await PublishedHost.DotnetAsync("msbuild", project, "-getProperty:EnablePackageValidation");
            await Assert.That(validates.Trim()).IsEqualTo("true");
        }
    }

    [Test]
    public async Task A_program_of_either_framework_trains_and_infers_the_bits_of_this_build()
    {
        string host = Path.Combine(Checkout.Root, "tests/Hosts/Bits");
        string folder = await feed.BuildAsync(
            "TinySD.Runtime", [.. Directory.GetFiles(host, "*.cs").Select(file => (Path.GetFileName(file), File.ReadAllText(file)))]);
        string expected = await PublishedHost.DotnetAsync("run", "--project", host, "-c", "Release");
        await Assert.That(expected).Contains("trained: ").And.Contains("streamed: ");
        foreach (string framework in s_frameworks)
            await Assert.That(await PackageFeed.RunAsync(folder, framework)).IsEqualTo(expected).Because(framework);
    }

    [Test]
    public async Task What_the_packages_pages_show_runs_and_gives_the_same_on_either_framework()
    {
        foreach (string library in PackageFeed.Libraries)
        {
            string shown = string.Join("\n", CodeBlock().Matches(Page(library)).Select(match => match.Groups[1].Value));
            string folder = await feed.BuildAsync(library, ("Program.cs", shown));
            string[] printed = await Task.WhenAll(s_frameworks.Select(framework => PackageFeed.RunAsync(folder, framework)));
            await Assert.That(printed[0]).Contains("validation perplexity");
            await Assert.That(printed[1]).IsEqualTo(printed[0]);

            // Whoever asks for the formats gets the runtime's instruction set too.
            await Assert.That(await File.ReadAllTextAsync(Path.Combine(folder, "obj", "Host.csproj.nuget.g.targets")))
                .Contains("TinySD.Runtime.targets");
        }
    }

    [Test]
    public async Task The_command_line_is_one_tool_for_every_system_that_installs_and_runs()
    {
        using var folder = new TestFolder();
        string packages = folder["packages"], tools = folder["tools"];
        await PublishedHost.DotnetAsync("pack", Path.Combine(Checkout.Root, "src/Tools"), "-c", "Release", "-o", packages, "--no-build");
        string file = await Assert.That(Directory.GetFiles(packages)).HasSingleItem();
        using (ZipArchive package = ZipFile.OpenRead(file))
        {
            await Assert.That(package.GetEntry("tools/net10.0/any/tinysd.dll")).IsNotNull();
            string page = Text(package, "README.md");
            await Assert.That(page).IsEqualTo(await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "src/Tools/PACKAGE.md")));
        }

        await PublishedHost.DotnetAsync("tool", "install", "TinySD.Tool", "--tool-path", tools, "--source", packages);
        string tinysd = Path.Combine(tools, "tinysd");
        await Assert.That(await PublishedHost.RunAsync(tinysd, "--version")).StartsWith($"tinysd {feed.Version} ");
        await PublishedHost.RunAsync(tinysd, "demo", "--steps", "1", "--quiet", "--out", folder.Model);
        await Assert.That(Tinysd.Run("verify", folder.Model).Code).IsEqualTo(0);
    }

    private static string Page(string library) =>
        File.ReadAllText(Path.Combine(Checkout.Root, "src", library["TinySD.".Length..], "PACKAGE.md"));

    private static string Text(ZipArchive package, string entry)
    {
        using var reader = new StreamReader(package.GetEntry(entry)!.Open());
        return reader.ReadToEnd();
    }

    private ZipArchive Open(string library, string type) =>
        ZipFile.OpenRead(Path.Combine(feed.Packages, $"{library}.{feed.Version}.{type}"));

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
