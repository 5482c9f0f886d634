namespace TinySD.Runtime.Tests;

/// <summary>Lines that fit beside one another on a screen: at most as long as .editorconfig says, comments too.</summary>
public sealed class LineLengthTests
{
    private const int Longest = 140;

    // A folder joins when its last long line is gone; then nobody has to look at it again.
    [Test]
    [Arguments("src/Formats")]
    [Arguments("src/Runtime")]
    [Arguments("src/Tools/Bench")]
    [Arguments("src/Tools/Demo")]
    [Arguments("src/Tools/Display")]
    [Arguments("src/Tools/Errors")]
    [Arguments("src/Tools/Files")]
    [Arguments("src/Tools/Json")]
    [Arguments("src/Tools/Machines")]
    [Arguments("src/Tools/Options")]
    [Arguments("src/Tools/Reproduce")]
    [Arguments("src/Tools/Systolic")]
    [Arguments("src/Tools/Training")]
    [Arguments("tests/Benchmarks")]
    [Arguments("tests/Formats.Tests")]
    [Arguments("tests/Runtime.Tests")]
    [Arguments("tests/Shared")]
    [Arguments("tests/Tools.Tests/Architecture")]
    [Arguments("tests/Tools.Tests/Support")]
    public async Task No_line_is_longer_than_the_house_has_it(string folder)
    {
        (string Path, string[] Lines)[] files = [.. Repository.Files(folder)];
        string[] wrong = [.. files.SelectMany(file => file.Lines.Index()
            .Where(line => line.Item.Length > Longest)
            .Select(line => $"{folder}/{file.Path}:{line.Index + 1} has {line.Item.Length} characters"))];
        await Assert.That(files).IsNotEmpty();
        await Assert.That(wrong).IsEmpty();
    }

    [Test]
    public async Task The_editor_s_limit_is_the_test_s()
    {
        string[] settings = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, ".editorconfig"));
        await Assert.That(settings).Contains($"max_line_length = {Longest}");
    }
}
