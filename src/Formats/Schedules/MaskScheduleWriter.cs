namespace TinySD.Formats.Schedules;

/// <summary>Draws a mask schedule and writes it, update by update. The bytes go to a file of the target's name and <c>.partial</c> that
/// stays when the writing is interrupted, so that it can be taken up again; the finished file is flushed and takes the target's
/// place.</summary>
/// <remarks>Equal schedules give equal bytes, however often the writing was interrupted. Not thread-safe.</remarks>
public sealed class MaskScheduleWriter : IDisposable
{
    private const string PartialSuffix = ".partial";

    // Blocks gathered before they go to the file.
    private const int FlushBytes = 1 << 20;

    private readonly string _path, _target;
    private readonly MaskSampler _sampler;
    private readonly byte[] _buffer;
    private readonly int[] _keep;
    private MaskScheduleInfo _info;
    private SafeFileHandle? _handle;
    private long _fileBytes;
    private int _buffered;

    private MaskScheduleWriter(string path, string target, string partial, MaskScheduleInfo info)
    {
        _path = path;
        _target = target;
        Partial = partial;
        _info = info;
        _sampler = new MaskSampler(info.Seed, info.Dropout);
        _buffer = new byte[FlushBytes + MaskScheduleFile.BlockHeadBytes + info.PayloadBound() + MaskScheduleFile.BlockTailBytes];
        _keep = new int[info.Places.Max(place => place.Units)];
    }

    /// <summary>Updates written so far, those of an earlier attempt included.</summary>
    public int Written { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public long Bytes => _fileBytes + _buffered;

    /// <summary>The unfinished file.</summary>
    public string Partial { get; }

    /// <summary>Where the unfinished file of a target lies.</summary>
    /// <param name="path">The target. A symbolic link is followed.</param>
    public static string PartialOf(string path) => SideName.Of(FileIdentity.Of(path).Path, PartialSuffix);

    /// <summary>A file that holds nothing to go on with, so that the schedule was begun anew: it is empty, or has no readable header. Null
    /// if there was none.</summary>
    public string? Headless { get; private set; }

    /// <summary>Whether the target was there already, whole and as long as wanted, so that there is nothing to do.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Begins a file, or takes up an unfinished or a shorter one.</summary>
    /// <param name="path">The target.</param>
    /// <param name="info">What to draw.</param>
    /// <param name="resume">Whether to go on with the unfinished file, or else with a finished one at the target, if there is either. It
    /// keeps its version.</param>
    /// <exception cref="FileProblemException">It cannot be written; or what is there is of another schedule or no schedule.</exception>
    /// <exception cref="ArgumentException">The schedule is impossible.</exception>
    public static MaskScheduleWriter Start(string path, MaskScheduleInfo info, bool resume)
    {
        if (info.FindFault() is { } fault) Throw.Argument($"a mask schedule cannot have {fault}");
        string target = AtomicFile.FindTarget(path), partial = SideName.Of(target, PartialSuffix);
        OwnFile.RefuseOther(partial);
        bool wasThere = File.Exists(partial);
        var writer = new MaskScheduleWriter(path, target, partial, info);
        try
        {
            if (resume && wasThere) writer.TakeUpPartial();
            if (resume && writer._fileBytes == 0 && File.Exists(target)) writer.TakeUpTarget();
            if (!writer.IsComplete) writer.Begin();
            return writer;
        }
        catch (Exception exception)
        {
            // What cannot be gone on with stays as it was, and of what cannot be begun nothing stays.
            if (!wasThere && writer._handle is not null) TemporaryFile.TryDelete(partial);
            writer._handle?.Dispose();
            if (SystemErrors.IsFromSystem(exception)) Throw.Problem(SystemErrors.WhileWriting(partial, exception), exception);
            throw;
        }
    }

    /// <summary>Draws and writes the next update's masks.</summary>
    /// <exception cref="FileProblemException">They cannot be written.</exception>
    public void WriteNext()
    {
        Span<byte> block = _buffer.AsSpan(_buffered);
        int at = MaskScheduleFile.BlockHeadBytes;
        foreach (MaskPlace place in _info.Places)
        {
            for (int t = 0; t < _info.MasksPerPlace; t++)
            {
                int kept = _sampler.Keep(place, new Draw(Written), t, _keep);
                at += MaskList.Write(ToGroups(_keep.AsSpan(0, kept)), _info.GroupsOf(place), block[at..]);
            }
        }

        BinaryPrimitives.WriteInt32LittleEndian(block, Written);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], at - MaskScheduleFile.BlockHeadBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(block[at..], Crc32.HashToUInt32(block[..at]));
        _buffered += at + MaskScheduleFile.BlockTailBytes;
        Written++;
        if (_buffered >= FlushBytes) Flush();
    }

    /// <summary>Puts the file in the target's place.</summary>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    public void Finish()
    {
        if (Written != _info.Updates) throw new InvalidOperationException($"{Written} of {_info.Updates} updates are written");
        if (IsComplete)
        {
            // Whoever put it there may have been killed before its name was on the disk.
            AtomicFile.FlushFolder(_path, _target);
            return;
        }

        Flush();
        SystemErrors.Writing(_path, () =>
        {
            RandomAccess.FlushToDisk(_handle!);
            _handle!.Dispose();
            AtomicFile.Replace(Partial, _path, _target);
        });
    }

    /// <summary>Closes the unfinished file, with all that was written.</summary>
    public void Dispose()
    {
        if (_handle is null or { IsClosed: true }) return;
        try
        {
            Flush();
        }
        catch (FileProblemException)
        {
            // The file ends where it ends; whoever takes it up finds the last whole update.
        }

        _handle.Dispose();
    }

    // In place: the first units of kept groups, as groups.
    private Span<int> ToGroups(Span<int> units)
    {
        int size = _info.Dropout.GroupSize, count = 0;
        if (size == 1) return units;
        foreach (int unit in units)
        {
            if (unit % size == 0) units[count++] = unit / size;
        }

        return units[..count];
    }

    private void Flush()
    {
        SystemErrors.Writing(Partial, () => RandomAccess.Write(_handle!, _buffer.AsSpan(0, _buffered), _fileBytes));
        _fileBytes += _buffered;
        _buffered = 0;
    }

    private static SafeFileHandle Open(string partial) => OwnFile.OpenOrCreate(partial, isAlone: true);

    private void TakeUpPartial()
    {
        _handle = Open(Partial);
        if (!TryFindEnd(Partial, _handle, mayBeDamaged: true, out _)) Headless = Partial;
    }

    // A finished file that is long enough is left alone: a copy would need its room once more. What is to become longer stays as it is
    // until that is finished.
    private void TakeUpTarget()
    {
        using SafeFileHandle finished = File.OpenHandle(_target, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        if (!TryFindEnd(_path, finished, mayBeDamaged: false, out int updates))
        {
            Headless ??= _path;
            return;
        }

        if (Written == _info.Updates && Written == updates && RandomAccess.GetLength(finished) == _fileBytes)
        {
            IsComplete = true;
            if (_handle is null) return;
            TemporaryFile.TryDelete(Partial);
            _handle.Dispose();
            return;
        }

        _handle ??= Open(Partial);
        for (long at = 0; at < _fileBytes;)
        {
            Span<byte> part = _buffer.AsSpan(0, (int)Math.Min(FlushBytes, _fileBytes - at));
            if (FileBytes.ReadAt(finished, part, at) < part.Length)
                Throw.Problem(MaskScheduleHeader.Truncated(_path, at, _fileBytes));
            RandomAccess.Write(_handle, part, at);
            at += part.Length;
        }
    }

    // The header first, and nothing behind it that is not of this schedule.
    private void Begin()
    {
        _handle ??= Open(Partial);
        byte[] header = MaskScheduleHeader.Write(_info);
        if (_fileBytes == 0) RandomAccess.SetLength(_handle, 0);
        RandomAccess.Write(_handle, header, 0);
        _fileBytes = Math.Max(_fileBytes, header.Length);
        RandomAccess.SetLength(_handle, _fileBytes);
    }

    // Walks over whole updates to the first that is not; also says how many there should be. False where there is not even a header, so
    // that nothing is lost by beginning anew.
    private bool TryFindEnd(string file, SafeFileHandle handle, bool mayBeDamaged, out int updates)
    {
        updates = 0;
        if (!MaskScheduleFile.TryReadHeader(
            file, handle, RandomAccess.GetLength(handle), out MaskScheduleInfo? found, out int headerBytes, out FileProblem? problem))
        {
            bool isHeadless = problem.Kind switch
            {
                FileProblemKind.Empty or FileProblemKind.Truncated => true,
                FileProblemKind.HeaderDamaged => mayBeDamaged,
                FileProblemKind.Foreign => IsUnwritten(handle),
                _ => false,
            };
            if (isHeadless) return false;
            Throw.Problem(problem);
        }

        // A file keeps the version that it was begun in.
        MaskScheduleInfo wanted = _info with { Version = found.Version };
        if (found with { Updates = wanted.Updates, Places = wanted.Places } != wanted || !found.Places.SequenceEqual(wanted.Places))
        {
            Throw.Problem(new(FileProblemKind.DoesNotFit, file,
                $"{file} is of another schedule, with the seed {found.Seed}, {Words.Counted(found.TimeSteps, "time step")} and " +
                $"{Words.Counted(found.Places.Length, "place")}; give its options to go on with it, " +
                "or leave --resume out to write it anew"));
        }

        (_info, updates) = (wanted, found.Updates);
        if (found.Updates > _info.Updates)
        {
            Throw.Problem(new(FileProblemKind.DoesNotFit, file,
                $"{file} is of {Words.Counted(found.Updates, "update")}, and {_info.Updates} would cut it short; " +
                "give as many or more to go on with it, or leave --resume out to write it anew"));
        }

        _fileBytes = headerBytes;
        int least = MaskScheduleFile.BlockHeadBytes + MaskScheduleFile.BlockTailBytes;
        while (Written < _info.Updates)
        {
            int count = FileBytes.ReadAt(handle, _buffer.AsSpan(0, least), _fileBytes);
            if (count < least || BinaryPrimitives.ReadInt32LittleEndian(_buffer) != Written) break;
            uint payload = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(4));
            if (payload > _info.PayloadBound()) break;
            Span<byte> block = _buffer.AsSpan(0, least + (int)payload);
            if (FileBytes.ReadAt(handle, block, _fileBytes) < block.Length) break;
            Span<byte> sealedBytes = block[..^MaskScheduleFile.BlockTailBytes];
            if (Crc32.HashToUInt32(sealedBytes) != BinaryPrimitives.ReadUInt32LittleEndian(block[sealedBytes.Length..])) break;
            _fileBytes += block.Length;
            Written++;
        }

        return true;
    }

    // What a disk holds that took the file's length and not its bytes, or only the first few of them.
    private static bool IsUnwritten(SafeFileHandle handle)
    {
        Span<byte> first = stackalloc byte[MaskScheduleHeader.FixedBytes];
        first = first[..FileBytes.ReadAt(handle, first, 0)];
        return !first.ContainsAnyExcept((byte)0) || Magic.MaskSchedule.StartsWith(first);
    }
}
