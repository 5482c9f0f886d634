namespace TinySD.Runtime.Tests;

/// <summary>Lines that fit beside one another on a screen: at most as long as .editorconfig says, comments too.</summary>
public sealed class LineLengthTests
{
    private const int Longest = 140;

    [Test]
    [Arguments("src")]
    [Arguments("tests")]
    public async Task No_line_is_longer_than_the_house_has_it(string folder)
    {
        (string Path, string[] Lines)[] files = [.. Repository.Files(folder)];
        string[] wrong = [.. files.SelectMany(file => file.Lines.Select((line, index) => (line.Length, Number: index + 1))
            .Where(line => line.Length > Longest)
            .Select(line => $"{folder}/{file.Path}:{line.Number} has {line.Length} characters"))];
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
