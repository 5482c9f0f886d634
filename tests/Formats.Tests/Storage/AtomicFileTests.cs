using System.Text;
using TinySD.Formats.Storage;

namespace TinySD.Formats.Tests;

public sealed class AtomicFileTests
{
    private static readonly byte[] s_old = "old"u8.ToArray(), s_new = "new content"u8.ToArray();

    [Test]
    public async Task Writes_a_new_file_and_replaces_an_old_one_and_leaves_nothing_else_behind()
    {
        using var folder = new TestFolder();
        AtomicFile.Write(folder["a"], s_old);
        await Assert.That(File.ReadAllBytes(folder["a"])).IsEquivalentTo(s_old, CollectionOrdering.Matching);
        AtomicFile.Write(folder["a"], stream =>
        {
            foreach (byte value in s_new) stream.WriteByte(value);
        });
        await Assert.That(File.ReadAllBytes(folder["a"])).IsEquivalentTo(s_new, CollectionOrdering.Matching);
        await Assert.That(folder.Names()).IsEquivalentTo(["a"]);
    }

    [Test]
    public async Task A_path_without_a_folder_is_in_the_current_one()
    {
        string name = $"tinysd-atomic-{Guid.NewGuid():N}";
        try
        {
            AtomicFile.Write(name, s_new);
            await Assert.That(File.Exists(Path.Combine(Environment.CurrentDirectory, name))).IsTrue();
        }
        finally
        {
            File.Delete(name);
        }
    }

    [Test]
    [Arguments(0)]
    [Arguments(1)]
    [Arguments(65_536)]
    [Arguments(200_000)]
    [Arguments(299_999)]
    public async Task A_disk_that_fills_up_leaves_the_old_file_and_no_other(int room)
    {
        using var folder = new TestFolder();
        string path = folder.Put("a", s_old);
        FileProblem problem =
            Refused.By(() => AtomicFile.Write(path, stream => stream.Write(new byte[300_000]), file => new FullDisk(file, room)));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.NoSpace);
        await Assert.That(problem.Message).IsEqualTo(
            $"cannot write {path}: no space left on the disk; free some or choose another folder. What was there before is unchanged.");
        await Assert.That(File.ReadAllBytes(path)).IsEquivalentTo(s_old, CollectionOrdering.Matching);
        await Assert.That(folder.Names()).IsEquivalentTo(["a"]);
    }

    [Test]
    public async Task A_full_disk_that_holds_the_file_already_is_no_failure()
    {
        using var folder = new TestFolder();
        byte[] content = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i >> 9))];
        void Write(string path) => AtomicFile.Write(path, stream => stream.Write(content), file => new FullDisk(file, 5_000));
        string path = folder.Put("a", content);
        Write(path);
        await Assert.That(File.ReadAllBytes(path)).IsEquivalentTo(content, CollectionOrdering.Matching);
        byte[] changed = [.. content];
        changed[150_000]++;
        foreach (byte[] other in new byte[][] { [.. content, 0], content[..^1], changed, [] })
            await Assert.That(Refused.By(() => Write(folder.Put("b", other))).Kind).IsEqualTo(FileProblemKind.NoSpace);
        await Assert.That(Refused.By(() => Write(folder["c"])).Kind).IsEqualTo(FileProblemKind.NoSpace);
        await Assert.That(folder.Names()).IsEquivalentTo(["a", "b"]);
    }

    [Test]
    public async Task A_real_disk_that_fills_up_leaves_the_old_file_and_no_other()
    {
        using var folder = new TestFolder();
        using var disk = SmallDisk.Mount(folder["disk"]);
        string path = Path.Combine(folder["disk"], "a");
        File.WriteAllBytes(path, s_old);
        FileProblem problem = Refused.By(() => AtomicFile.Write(path, stream => stream.Write(new byte[1_000_000])));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.NoSpace);
        await Assert.That(File.ReadAllBytes(path)).IsEquivalentTo(s_old, CollectionOrdering.Matching);
        await Assert.That(Directory.GetFiles(folder["disk"])).IsEquivalentTo([path]);

        // And there is room again for what does fit: at once, or when a process that another test was just starting lets go of the file
        // that is gone.
        for (int wait = 0; ; wait++)
        {
            try
            {
                AtomicFile.Write(path, new byte[30_000]);
                break;
            }
            catch (FileProblemException) when (wait < 100)
            {
                await Task.Delay(20);
            }
        }

        await Assert.That(new FileInfo(path).Length).IsEqualTo(30_000);
    }

    [Test]
    public async Task A_read_only_disk_is_refused_and_leaves_the_old_file()
    {
        using var folder = new TestFolder();
        using var disk = SmallDisk.Mount(folder["disk"]);
        string path = Path.Combine(folder["disk"], "a");
        File.WriteAllBytes(path, s_old);
        disk.Protect();
        FileProblem problem = Refused.By(() => AtomicFile.Write(path, s_new));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.AccessDenied);
        await Assert.That(problem.Message)
            .IsEqualTo($"cannot write {path}: the disk is write-protected or mounted read-only; choose another folder");
        await Assert.That(File.ReadAllBytes(path)).IsEquivalentTo(s_old, CollectionOrdering.Matching);
    }

    [Test]
    [Arguments(-60)]
    [Arguments(0)]
    [Arguments(86_400)]
    public async Task What_a_killed_writer_left_is_removed_whatever_its_date_and_nothing_else(int secondsFromNow)
    {
        if (OperatingSystem.IsWindows()) Skip.Test("on Windows it takes some age");
        using var folder = new TestFolder();
        string[] others = ["a.abcdefgh.ijk.tmp.bak", "a.abcdefghijkl.tmp", "b.abcdefgh.ijk.tmp", "a.tmp", "ab.abcdefgh.ijk.tmp",
            "a.abcdefgh.ijk.tmp2"];
        foreach (string name in others.Append("a.abcdefgh.ijk.tmp").Append("a.bbcdefgh.ijk.tmp"))
            File.SetLastWriteTimeUtc(folder.Put(name, s_old), DateTime.UtcNow.AddSeconds(secondsFromNow));

        // One that is locked is a living writer's, however it holds it.
        foreach (FileShare share in new[] { FileShare.None, FileShare.Read })
        {
            using var living = new FileStream(folder["a.bbcdefgh.ijk.tmp"], FileMode.Open, FileAccess.ReadWrite, share);
            AtomicFile.Write(folder["a"], s_new);
            await Assert.That(folder.Names()).IsEquivalentTo([.. others, "a", "a.bbcdefgh.ijk.tmp"]);
        }

        AtomicFile.Write(folder["a"], s_new);
        await Assert.That(folder.Names()).IsEquivalentTo([.. others, "a"]);
    }

    [Test]
    public async Task A_file_that_is_being_written_can_be_told_from_a_leftover_until_it_has_its_place()
    {
        using var folder = new TestFolder();
        AtomicFile.Write(folder["a"], stream =>
        {
            stream.Write(s_new);
            AtomicFile.RemoveLeftovers(folder.Path, name => name == "a");
            stream.Write(s_old);
        });
        await Assert.That(File.ReadAllBytes(folder["a"])).IsEquivalentTo([.. s_new, .. s_old], CollectionOrdering.Matching);
    }

    [Test]
    public async Task A_file_can_be_read_at_the_moment_it_takes_its_place()
    {
        using var folder = new TestFolder();
        AtomicFile.Write(folder["a"], s_old);
        using var stop = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        Task reading = Task.Run(() =>
        {
            for (; !stop.IsCancellationRequested; begun.TrySetResult()) _ = File.ReadAllBytes(folder["a"]);
        });

        // A busy machine may take its time to begin; what fails before is thrown by the reading itself.
        await Task.WhenAny(begun.Task, reading);
        for (int i = 0; i < 300; i++) AtomicFile.Write(folder["a"], s_new);
        await stop.CancelAsync();
        await reading;
        await Assert.That(begun.Task.IsCompletedSuccessfully).IsTrue();
    }

    /// <summary>The writer's file is as old at its end as if flushing it had taken a minute.</summary>
    [Test]
    public async Task Looking_for_leftovers_disturbs_no_writer()
    {
        using var folder = new TestFolder();
        int written = 0;
        using var stop = new CancellationTokenSource();
        Task looking = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested) AtomicFile.RemoveLeftovers(folder.Path, name => name == "a");
        });
        try
        {
            for (; written < 300; written++)
            {
                AtomicFile.Write(folder["a"], stream =>
                {
                    stream.Write(s_new);
                    stream.Flush();
                    foreach (string name in folder.Names().Where(name => name != "a")) MakeOld(folder[name]);
                });
            }
        }
        finally
        {
            await stop.CancelAsync();
            await looking;
        }

        await Assert.That(folder.Names()).IsEquivalentTo(["a"]);

        // Beside the writer's own there may be one that was taken for a leftover before it was locked, and is gone at once.
        static void MakeOld(string path)
        {
            try
            {
                File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(-1));
            }
            catch (FileNotFoundException)
            {
            }
        }
    }

    [Test]
    public async Task Leftovers_of_other_targets_stay()
    {
        using var folder = new TestFolder();
        File.SetLastWriteTimeUtc(folder.Put("a.abcdefgh.ijk.tmp", s_old), DateTime.UtcNow.AddMinutes(-1));
        AtomicFile.RemoveLeftovers(folder.Path, name => name == "b");
        await Assert.That(folder.Names()).IsEquivalentTo(["a.abcdefgh.ijk.tmp"]);
        AtomicFile.RemoveLeftovers(folder.Path, name => name == "a");
        await Assert.That(folder.Names()).IsEmpty();
    }

    [Test]
    public async Task A_temporary_file_has_the_name_by_which_leftovers_are_found()
    {
        using var folder = new TestFolder();
        string? name = null;
        AtomicFile.Write(folder["a"], _ => name = folder.Names().Single());
        await Assert.That(name!).Matches(@"^a\.[a-z0-9]{8}\.[a-z0-9]{3}\.tmp$");
    }

    [Test]
    [Arguments(255, 'a')]
    [Arguments(127, 'é')]
    [Arguments(239, 'b')]
    public async Task A_name_as_long_as_the_system_takes_can_be_written(int length, char letter)
    {
        using var folder = new TestFolder();
        string name = new(letter, length);
        AtomicFile.Write(folder[name], s_old);
        AtomicFile.Write(folder[name], s_new);
        await Assert.That(folder.Names()).IsEquivalentTo([name]);
        await Assert.That(File.ReadAllBytes(folder[name])).IsEquivalentTo(s_new, CollectionOrdering.Matching);
    }

    [Test]
    public async Task A_name_that_is_too_long_is_refused_before_anything_is_written()
    {
        if (OperatingSystem.IsWindows()) Skip.Test("Windows counts characters");
        using var folder = new TestFolder();
        bool isAsked = false;
        FileProblem problem = Refused.By(() => AtomicFile.Write(folder[new string('a', 256)], _ => isAsked = true));
        await Assert.That(problem.Message).Contains("too long for the system, which takes 255 bytes");
        await Assert.That(isAsked).IsFalse();
        await Assert.That(folder.Names()).IsEmpty();
    }

    [Test]
    [Arguments(3, 'a', 3)]
    [Arguments(243, 'a', 243)]
    [Arguments(244, 'a', 243)]
    [Arguments(255, 'a', 243)]
    [Arguments(127, 'é', 121)]
    [Arguments(85, '世', 81)]
    public async Task A_name_beside_another_is_cut_to_what_the_system_takes(int length, char letter, int kept)
    {
        await Assert.That(SideName.Of($"/a.b/{new string(letter, length)}", ".checkpoints"))
            .IsEqualTo($"/a.b/{new string(letter, kept)}.checkpoints");
        await Assert.That(SideName.Of(new string(letter, length), ".checkpoints")).IsEqualTo($"{new string(letter, kept)}.checkpoints");
    }

    [Test]
    public async Task A_link_to_nothing_makes_its_target_and_a_link_to_no_folder_is_refused()
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        File.CreateSymbolicLink(folder["link"], "a");
        AtomicFile.Write(folder["link"], s_new);
        await Assert.That(new FileInfo(folder["link"]).LinkTarget).IsEqualTo("a");
        await Assert.That(File.ReadAllBytes(folder["a"])).IsEquivalentTo(s_new, CollectionOrdering.Matching);
        File.CreateSymbolicLink(folder["lost"], Path.Combine(folder["no"], "a"));
        FileProblem problem = Refused.By(() => AtomicFile.Write(folder["lost"], s_new));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.MissingFolder);
        await Assert.That(problem.Message)
            .IsEqualTo($"cannot write {folder["lost"]}: the folder {folder["no"]} does not exist; create it first");
        await Assert.That(folder.Names()).IsEquivalentTo(["a", "link", "lost"]);
    }

    [Test]
    public async Task A_link_to_a_folder_is_refused()
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["d"]);
        File.CreateSymbolicLink(folder["link"], folder["d"]);
        await Assert.That(Refused.By(() => AtomicFile.Write(folder["link"], s_new)).Kind).IsEqualTo(FileProblemKind.IsDirectory);
        await Assert.That(Directory.GetFileSystemEntries(folder["d"])).IsEmpty();
    }

    [Test]
    public async Task A_reader_that_has_the_old_file_open_goes_on_reading_it()
    {
        using var folder = new TestFolder();
        string path = folder.Put("a", s_old);
        using var reader = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        AtomicFile.Write(path, s_new);
        byte[] seen = new byte[s_old.Length];
        reader.ReadExactly(seen);
        await Assert.That(seen).IsEquivalentTo(s_old, CollectionOrdering.Matching);
    }

    [Test]
    public async Task What_the_caller_throws_comes_out_and_the_old_file_stays()
    {
        using var folder = new TestFolder();
        string path = folder.Put("a", s_old);
        await Assert.That(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[100_000]);
            throw new InvalidTimeZoneException("the caller's own");
        })).Throws<InvalidTimeZoneException>().WithMessage("the caller's own");
        await Assert.That(File.ReadAllBytes(path)).IsEquivalentTo(s_old, CollectionOrdering.Matching);
        await Assert.That(folder.Names()).IsEquivalentTo(["a"]);
    }

    [Test]
    public async Task The_old_file_is_whole_until_the_new_one_is()
    {
        using var folder = new TestFolder();
        string path = folder.Put("a", s_old);
        string? seen = null;
        AtomicFile.Write(path, stream =>
        {
            stream.Write(s_new);
            stream.Flush();
            seen = Encoding.UTF8.GetString(File.ReadAllBytes(path));
        });
        await Assert.That(seen).IsEqualTo("old");
    }

    [Test]
    public async Task A_folder_in_the_way_is_refused()
    {
        using var folder = new TestFolder();
        FileProblem problem = Refused.By(() => AtomicFile.Write(folder.Path, s_new));
        await Assert.That(problem.Message).IsEqualTo($"cannot write {folder.Path}: it is a folder; give a file name inside it");
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.IsDirectory);
    }

    [Test]
    public async Task A_missing_folder_is_refused()
    {
        using var folder = new TestFolder();
        string path = Path.Combine(folder["no"], "a");
        FileProblem problem = Refused.By(() => AtomicFile.Write(path, s_new));
        await Assert.That(problem.Message).IsEqualTo($"cannot write {path}: the folder {folder["no"]} does not exist; create it first");
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.MissingFolder);
    }

    [Test]
    public async Task A_file_where_a_folder_should_be_is_refused()
    {
        using var folder = new TestFolder();
        string path = Path.Combine(folder.Put("f", s_old), "b", "a");
        FileProblem problem = Refused.By(() => AtomicFile.Write(path, s_new));
        await Assert.That(problem.Message).IsEqualTo($"cannot write {path}: {folder["f"]} is a file, not a folder");
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.MissingFolder);
    }

    [Test]
    [Arguments("")]
    [Arguments("a\0b")]
    public async Task A_name_that_is_none_is_refused(string path)
    {
        FileProblem problem = Refused.By(() => AtomicFile.Write(path, s_new));
        await Assert.That(problem.Message)
            .IsEqualTo($"'{path.Replace("\0", "\\u0000", StringComparison.Ordinal)}' is not the name of a file");
    }

    [Test]
    public async Task A_read_only_file_is_refused()
    {
        using var folder = new TestFolder();
        string path = folder.Put("a", s_old);
        File.SetAttributes(path, FileAttributes.ReadOnly);
        FileProblem problem = Refused.By(() => AtomicFile.Write(path, s_new));
        File.SetAttributes(path, FileAttributes.Normal);
        await Assert.That(problem.Message)
            .IsEqualTo($"cannot write {path}: the file there is read-only; make it writable or choose another name");
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.AccessDenied);
    }

    // Root may write anywhere a permission forbids, but not where the kernel makes the files.
    [Test]
    [Arguments("/sys/tinysd", FileProblemKind.AccessDenied, "permission denied; choose a folder you may write to")]
    [Arguments("/proc/tinysd", FileProblemKind.WriteFailed, "the system does not let files be created there; choose another folder")]
    public async Task A_place_that_takes_no_files_is_refused(string path, FileProblemKind kind, string reason)
    {
        if (!OperatingSystem.IsLinux()) Skip.Test("needs Linux's /proc and /sys");
        FileProblem problem = Refused.By(() => AtomicFile.Write(path, s_new));
        await Assert.That(problem.Message).IsEqualTo($"cannot write {path}: {reason}");
        await Assert.That(problem.Kind).IsEqualTo(kind);
    }

    [Test]
    [Arguments("/dev/null")]
    [Arguments("/dev/full")]
    public async Task A_device_is_refused_and_not_replaced(string path)
    {
        if (!OperatingSystem.IsLinux()) Skip.Test("needs Linux's /dev");
        FileProblem problem = Refused.By(() => AtomicFile.Write(path, s_new));
        await Assert.That(problem.Message).IsEqualTo($"cannot write {path}: it is a pipe or a device, which a finished file would replace");
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.NotRegularFile);
        await Assert.That(Libc.KindOf(path)).IsEqualTo(PathKind.Special);
    }

    [Test]
    public async Task A_symbolic_link_stays_and_its_target_is_replaced()
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        folder.Put("a", s_old);
        File.CreateSymbolicLink(folder["link"], folder["a"]);
        AtomicFile.Write(folder["link"], s_new);
        await Assert.That(new FileInfo(folder["link"]).LinkTarget).IsEqualTo(folder["a"]);
        await Assert.That(File.ReadAllBytes(folder["a"])).IsEquivalentTo(s_new, CollectionOrdering.Matching);
        await Assert.That(folder.Names()).IsEquivalentTo(["a", "link"]);
    }

    [Test]
    public async Task A_circle_of_links_is_refused()
    {
        if (OperatingSystem.IsWindows()) Skip.Test("links need a privilege on Windows");
        using var folder = new TestFolder();
        File.CreateSymbolicLink(folder["a"], folder["b"]);
        File.CreateSymbolicLink(folder["b"], folder["a"]);
        FileProblem problem = Refused.By(() => AtomicFile.Write(folder["a"], s_new));
        await Assert.That(problem.Message).StartsWith($"cannot write {folder["a"]}: ");
        await Assert.That(folder.Names()).IsEquivalentTo(["a", "b"]);
    }

    [Test]
    public async Task The_mode_of_a_replaced_file_is_kept()
    {
        if (OperatingSystem.IsWindows())
        {
            Skip.Test("Windows has no Unix modes");
            return;
        }

        using var folder = new TestFolder();
        string path = folder.Put("a", s_old);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        AtomicFile.Write(path, s_new);
        await Assert.That(File.GetUnixFileMode(path)).IsEqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Test]
    public async Task Many_writers_of_one_file_leave_it_whole()
    {
        using var folder = new TestFolder();
        Parallel.For(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => AtomicFile.Write(folder["a"], stream =>
        {
            for (int n = 0; n < 5000; n++) stream.WriteByte((byte)i);
        }));
        byte[] content = File.ReadAllBytes(folder["a"]);
        await Assert.That(content.Length).IsEqualTo(5000);
        await Assert.That(content.Distinct().Count()).IsEqualTo(1);
        await Assert.That(folder.Names()).IsEquivalentTo(["a"]);
    }

    /// <summary>Takes so many bytes and then says what a full disk says.</summary>
    private sealed class FullDisk(Stream file, int room) : Stream
    {
        private int _room = room;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => file.Length;

        public override long Position
        {
            get => file.Position;
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            int fits = Math.Min(count, _room);
            file.Write(buffer, offset, fits);
            _room -= fits;
            if (fits < count)
                throw new IOException("No space left on device", OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28);
        }

        public override void Flush() => file.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
