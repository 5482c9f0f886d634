using System.Diagnostics;
using TinySD.Formats.Container;
using TinySD.Formats.Models;
using TinySD.Formats.Storage;
using TinySD.Formats.Text;

namespace TinySD.Formats.Tests;

/// <summary>What cannot be opened is refused in the same words, whether a model or a text was wanted.</summary>
public sealed class OpeningTests
{
    private const UnixFileMode All = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static readonly Action<string>[] s_readers =
        [path => TsdFile.Open(path).Dispose(), path => LanguageModelFile.Load(path), path => Corpus.Count(path, TextLevel.Word)];

    [Test]
    public async Task A_missing_file_is_refused()
    {
        using var folder = new TestFolder();
        foreach (string path in (string[])[folder["no"], Path.Combine(folder["no"], "a"), Path.Combine(folder.Put("f", []), "a")])
            await RefuseAll(path, FileProblemKind.NotFound, $"there is no file {path}; check the name");
    }

    [Test]
    public async Task A_folder_is_refused()
    {
        using var folder = new TestFolder();
        await RefuseAll(folder.Path, FileProblemKind.IsDirectory, $"{folder.Path} is a folder; a file was expected");
    }

    [Test]
    public async Task A_name_that_is_none_is_refused() => await RefuseAll("", FileProblemKind.NotFound, "'' is not the name of a file");

    [Test]
    public async Task A_pipe_or_a_device_is_refused_without_waiting_for_it()
    {
        if (!OperatingSystem.IsLinux()) Skip.Test("needs Linux");
        using var folder = new TestFolder();
        using (Process process = Process.Start("mkfifo", folder["pipe"])) process.WaitForExit();
        foreach (string path in (string[])[folder["pipe"], "/dev/zero"])
        {
            await RefuseAll(path, FileProblemKind.NotRegularFile,
                $"{path} is a pipe or a device; TinySD reads a file more than once, so save the data to a file first");
        }
    }

    [Test]
    public async Task A_file_without_permission_is_refused()
    {
        if (OperatingSystem.IsWindows() || !Nobody.CanBe)
        {
            Skip.Test("needs a Unix, and Linux for the superuser");
            return;
        }

        using var folder = new TestFolder();
        string path = folder.Put("a", "text"u8);
        File.SetUnixFileMode(path, UnixFileMode.None);
        File.SetUnixFileMode(folder.Path, All | UnixFileMode.OtherExecute);
        await RefuseAll(path, FileProblemKind.AccessDenied, $"cannot read {path}: permission denied; check the file's owner and mode",
            byNobody: true);
    }

    [Test]
    public async Task A_file_in_a_folder_that_may_not_be_searched_is_not_called_missing()
    {
        if (OperatingSystem.IsWindows() || !Nobody.CanBe)
        {
            Skip.Test("needs a Unix, and Linux for the superuser");
            return;
        }

        using var folder = new TestFolder();
        string path = folder.Put("a", "text"u8);
        File.SetUnixFileMode(folder.Path, UnixFileMode.None);
        try
        {
            await RefuseAll(path, FileProblemKind.AccessDenied, $"cannot read {path}: permission denied; check the file's owner and mode",
                byNobody: true);
        }
        finally
        {
            File.SetUnixFileMode(folder.Path, All);
        }
    }

    [Test]
    public async Task A_disk_that_fails_to_read_is_refused_in_the_systems_words()
    {
        FileProblem problem = SystemErrors.WhileReading("a", new IOException("Input/output error"));
        await Assert.That(problem.Message).IsEqualTo("cannot read a: Input/output error");
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.ReadFailed);
    }

    [Test]
    public async Task A_missing_part_of_the_program_is_not_taken_for_a_missing_file()
    {
        FileNotFoundException? part = Assert.Throws<FileNotFoundException>(() =>
            System.Reflection.Assembly.Load("TinySD.None, Version=1.2.3.4"));
        await Assert.That(SystemErrors.IsFromSystem(part)).IsFalse();
        using var folder = new TestFolder();
        FileNotFoundException? file = Assert.Throws<FileNotFoundException>(() =>
            File.OpenRead(Path.GetRelativePath(Environment.CurrentDirectory, folder["no"])));
        await Assert.That(SystemErrors.IsFromSystem(file)).IsTrue();
    }

    private static async Task RefuseAll(string path, FileProblemKind kind, string message, bool byNobody = false)
    {
        foreach (Action<string> read in s_readers)
        {
            FileProblem problem = byNobody ? Nobody.Do(() => Refused.By(() => read(path))) : Refused.By(() => read(path));
            await Assert.That(problem.Message).IsEqualTo(message);
            await Assert.That(problem.Kind).IsEqualTo(kind);
            await Assert.That(problem.File).IsEqualTo(path);
        }
    }
}
