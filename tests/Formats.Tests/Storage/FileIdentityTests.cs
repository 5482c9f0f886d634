using TinySD.Formats.Storage;

namespace TinySD.Formats.Tests;

/// <summary>Which file a path leads to. The oracle is the system: what is written under one name is read under the other.</summary>
public sealed class FileIdentityTests
{
    public static IEnumerable<string> Ways() => Links.Ways;

    [Test]
    [MethodDataSource(nameof(Ways))]
    public async Task A_file_is_the_same_under_another_name(string way)
    {
        using var folder = new TestFolder();
        string file = folder.Put("a.txt", [1]), other = Links.Make(way, file, "b");
        await Assert.That(FileIdentity.Of(other)).IsEqualTo(FileIdentity.Of(file));
        await Assert.That(FileIdentity.Of(other).GetHashCode()).IsEqualTo(FileIdentity.Of(file).GetHashCode());
        await Assert.That(FileIdentity.Of(file).Names).IsEqualTo(way == "hard" && OperatingSystem.IsLinux() ? 2 : 1);
    }

    [Test]
    [MethodDataSource(nameof(Ways))]
    public async Task So_is_one_that_is_not_there_yet(string way)
    {
        if (way == "hard") return;
        using var folder = new TestFolder();
        string file = folder["a.txt"], other = Links.Make(way, file, "b");
        await Assert.That(FileIdentity.Of(other)).IsEqualTo(FileIdentity.Of(file));
        await Assert.That(FileIdentity.Of(other).Path).EndsWith("a.txt");
        await Assert.That(File.Exists(file)).IsFalse();

        // Where it would be written is where it is then read.
        AtomicFile.Write(other, new byte[] { 7 });
        await Assert.That(File.ReadAllBytes(file)).IsEquivalentTo(new byte[] { 7 });
        await Assert.That(FileIdentity.Of(other)).IsEqualTo(FileIdentity.Of(file));
    }

    [Test]
    [MethodDataSource(nameof(Ways))]
    public async Task A_system_that_numbers_no_files_sees_through_symbolic_links_all_the_same(string way)
    {
        if (way == "hard") return;
        using var folder = new TestFolder();
        foreach (bool isThere in new[] { false, true })
        {
            string file = folder[$"{isThere}.txt"], other = Links.Make(way, file, $"other{isThere}");
            if (isThere) folder.Put("True.txt", [1]);
            await Assert.That(FileIdentity.Of(other, asksNumbers: false)).IsEqualTo(FileIdentity.Of(file, asksNumbers: false));
            await Assert.That(FileIdentity.Of(other, asksNumbers: false))
                .IsNotEqualTo(FileIdentity.Of(folder["no.txt"], asksNumbers: false));
            await Assert.That(FileIdentity.Of(other, asksNumbers: false).IsInside(FileIdentity.Of(folder.Path), out _)).IsTrue();
        }
    }

    [Test]
    public async Task Spellings_of_one_path_are_one_file_and_copies_are_two()
    {
        using var folder = new TestFolder();
        string file = folder.Put("a", [1]), copy = folder.Put("b", [1]);
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, file);
        foreach (string spelled in new[] { relative, folder["./a"], folder["x/../a"], folder.Path + "//a" })
            await Assert.That(FileIdentity.Of(spelled)).IsEqualTo(FileIdentity.Of(file)).Because(spelled);
        await Assert.That(FileIdentity.Of(copy)).IsNotEqualTo(FileIdentity.Of(file));
        await Assert.That(FileIdentity.Of(folder["no/a"])).IsNotEqualTo(FileIdentity.Of(folder["no/b"]));
        await Assert.That(FileIdentity.Of(folder["no/a"])).IsNotEqualTo(FileIdentity.Of(folder["a"]));
        await Assert.That(FileIdentity.Of(folder["no"])).IsNotEqualTo(FileIdentity.Of(folder.Path));
        await Assert.That(FileIdentity.Of(folder["no/x/a"])).IsEqualTo(FileIdentity.Of(folder["./no//x/a"]));
    }

    [Test]
    public async Task Links_are_followed_as_the_system_does_it_up_from_where_they_lead()
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["deep/er"]);
        Directory.CreateSymbolicLink(folder["short"], folder["deep/er"]);
        File.CreateSymbolicLink(folder["link"], "short/../a");
        File.CreateSymbolicLink(folder["again"], "link");

        // The link's text reads as the a beside it; it leads to the one in deep.
        folder.Put("a", [1]);
        await Assert.That(FileIdentity.Of(folder["again"])).IsEqualTo(FileIdentity.Of(folder["deep/a"]));
        AtomicFile.Write(folder["again"], new byte[] { 2 });
        await Assert.That(File.ReadAllBytes(folder["a"])).IsEquivalentTo(new byte[] { 1 });
        await Assert.That(File.ReadAllBytes(folder["deep/a"])).IsEquivalentTo(new byte[] { 2 });
        await Assert.That(File.ReadAllBytes(folder["again"])).IsEquivalentTo(new byte[] { 2 });
        await Assert.That(FileIdentity.Of(folder["again"])).IsEqualTo(FileIdentity.Of(folder["deep/a"]));
        await Assert.That(FileIdentity.Of(folder["again"]).Links.Select(link => link.Target)).Contains("short/../a");
    }

    [Test]
    public async Task A_circle_of_links_ends()
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        File.CreateSymbolicLink(folder["a"], "b");
        File.CreateSymbolicLink(folder["b"], "a");
        await Assert.That(FileIdentity.Of(folder["a"])).IsEqualTo(FileIdentity.Of(folder["./a"]));
        await Assert.That(FileIdentity.Of(folder["a/x"])).IsNotEqualTo(FileIdentity.Of(folder["x"]));
    }

    [Test]
    public async Task What_lies_in_a_folder_lies_in_it_through_links_too()
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["d/e"]);
        Directory.CreateSymbolicLink(folder["to-e"], folder["d/e"]);
        Directory.CreateSymbolicLink(folder["to-d"], "d");
        File.CreateSymbolicLink(folder["file"], folder["to-e/x"]);
        foreach (string path in new[] { folder["d/e/x"], folder["to-e/x"], folder["to-d/e/x"], folder["file"] })
        {
            await Assert.That(FileIdentity.Of(path).IsInside(FileIdentity.Of(folder["to-d"]), out string relative)).IsTrue().Because(path);
            await Assert.That(relative).IsEqualTo(Path.Combine("e", "x"));
        }

        await Assert.That(FileIdentity.Of(folder["d"]).IsInside(FileIdentity.Of(folder["d"]), out _)).IsFalse();
        await Assert.That(FileIdentity.Of(folder["d.x"]).IsInside(FileIdentity.Of(folder["d"]), out _)).IsFalse();
        await Assert.That(FileIdentity.Of(folder["new/er/x"]).IsInside(FileIdentity.Of(folder["new"]), out string below)).IsTrue();
        await Assert.That(below).IsEqualTo(Path.Combine("er", "x"));
    }
}
