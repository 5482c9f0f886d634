using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary>How the program names itself in commands that are to be typed.</summary>
public sealed class OwnCommandTests
{
    [Test]
    public async Task It_is_a_name_where_the_system_finds_this_program_by_it_and_else_a_path()
    {
        using var folder = new TestFolder();
        string bin = folder["bin"], other = folder["other"], program = Path.Combine(bin, "tinysd");
        Directory.CreateDirectory(bin);
        Directory.CreateDirectory(other);
        File.WriteAllText(program, "");
        await Assert.That(OwnCommand.Of(program, "", other, [folder["none"], bin])).IsEqualTo("tinysd");
        await Assert.That(OwnCommand.Of(program, "", folder.Path, [other])).IsEqualTo("bin/tinysd");
        await Assert.That(OwnCommand.Of(program, "", bin, [])).IsEqualTo("./tinysd");

        // Of another of that name it says nothing, and of a link to this one that it is this one.
        File.WriteAllText(Path.Combine(other, "tinysd"), "");
        await Assert.That(OwnCommand.Of(program, "", folder.Path, [other, bin])).IsEqualTo("bin/tinysd");
        File.Delete(Path.Combine(other, "tinysd"));
        File.CreateSymbolicLink(Path.Combine(other, "tinysd"), program);
        await Assert.That(OwnCommand.Of(program, "", folder.Path, [other])).IsEqualTo("tinysd");
    }

    [Test]
    [Arguments("/usr/bin/dotnet", "/src/out/tinysd.dll", "/src", "dotnet out/tinysd.dll")]
    [Arguments("/usr/bin/dotnet", "/a b/tinysd.dll", "/src", "dotnet '/a b/tinysd.dll'")]
    [Arguments("/usr/bin/dotnet", "/tests/All.Tests.dll", "/tests", "tinysd")]
    [Arguments("/tests/All.Tests", "/tests/All.Tests.dll", "/tests", "tinysd")]
    [Arguments("/opt/tinysd", "", "/home/somebody/far/away", "/opt/tinysd")]
    [Arguments("/opt/my tools/tinysd", "", "/opt", "'my tools/tinysd'")]
    [Arguments(null, "", "/", "tinysd")]
    public async Task It_is_what_a_shell_takes(string? process, string program, string folder, string expected) =>
        await Assert.That(OwnCommand.Of(process, program, folder, [])).IsEqualTo(expected);
}
