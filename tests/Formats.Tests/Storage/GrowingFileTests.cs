using System.Text;
using TinySD.Formats.Storage;

namespace TinySD.Formats.Tests;

/// <summary>Files that grow line by line.</summary>
public sealed class GrowingFileTests
{
    [Test]
    public async Task Each_line_is_there_as_soon_as_it_is_written_and_others_may_read()
    {
        using var folder = new TestFolder();
        folder.Put("log", "old"u8);
        using (var file = GrowingFile.Create(folder["log"]))
        {
            await Assert.That(file.IsEmpty).IsTrue();
            file.Add("one\n"u8);
            await Assert.That(ReadShared(folder["log"])).IsEqualTo("one\n");
            file.Add("two\n"u8);
            await Assert.That(ReadShared(folder["log"])).IsEqualTo("one\ntwo\n");
        }

        await Assert.That(folder.Names()).IsEquivalentTo(["log"]);
    }

    [Test]
    [Arguments("one\ntwo\nthree\n", "one\n")]
    [Arguments("one\nthr", "one\n")]
    [Arguments("one\none\n", "one\none\n")]
    [Arguments("two\none\n", "")]
    [Arguments("torn", "")]
    [Arguments("", "")]
    [Arguments(null, "")]
    public async Task It_goes_on_after_the_first_lines_that_are_kept(string? content, string kept)
    {
        using var folder = new TestFolder();
        if (content is not null) folder.Put("log", Encoding.UTF8.GetBytes(content));
        var numbers = new List<long>();
        using (GrowingFile file = GrowingFile.Continue(folder["log"], Keeps))
        {
            await Assert.That(file.IsEmpty).IsEqualTo(kept.Length == 0);
            file.Add("new\n"u8);
        }

        await Assert.That(await File.ReadAllTextAsync(folder["log"])).IsEqualTo($"{kept}new\n");
        await Assert.That(numbers.SequenceEqual(Enumerable.Range(1, numbers.Count).Select(number => (long)number))).IsTrue();

        bool Keeps(ReadOnlySpan<byte> line, long number)
        {
            numbers.Add(number);
            return line.SequenceEqual("one"u8);
        }
    }

    [Test]
    public async Task What_the_test_of_a_line_throws_leaves_the_file_as_it_was()
    {
        using var folder = new TestFolder();
        folder.Put("log", "one\ntwo\n"u8);
        await Assert.That(() => GrowingFile.Continue(folder["log"], (_, _) => throw new InvalidOperationException()))
            .Throws<InvalidOperationException>();
        await Assert.That(await File.ReadAllTextAsync(folder["log"])).IsEqualTo("one\ntwo\n");
        await Assert.That(() => GrowingFile.Create(folder.Path)).Throws<FileProblemException>();
    }

    [Test]
    public async Task A_line_that_finds_no_room_is_taken_out_again()
    {
        using var folder = new TestFolder();
        using SmallDisk disk = SmallDisk.Mount(folder["disk"], 8);
        using (var file = GrowingFile.Create(folder["disk/log"]))
        {
            file.Add("one\n"u8);
            FileProblem? problem = null;
            try
            {
                file.Add(new byte[1 << 16]);
            }
            catch (FileProblemException exception)
            {
                problem = exception.Problem;
            }

            await Assert.That(problem!.Kind).IsEqualTo(FileProblemKind.NoSpace);
            await Assert.That(ReadShared(folder["disk/log"])).IsEqualTo("one\n");
        }
    }

    private static string ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
