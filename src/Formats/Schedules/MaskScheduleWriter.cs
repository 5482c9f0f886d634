using System.Buffers.Binary;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;
using TinySD.Runtime.Masks;

namespace TinySD.Formats;

/// <summary>
/// Draws a mask schedule and writes it, update by update. The bytes go to a file of the target's name and <c>.partial</c> that stays when the writing is
/// interrupted, so that it can be taken up again; the finished file is flushed and takes the target's place.
/// </summary>
/// <remarks>Equal schedules give equal bytes, however often the writing was interrupted. Not thread-safe.</remarks>
public sealed class MaskScheduleWriter : IDisposable
{
    private const string PartialSuffix = ".partial";

    // Blocks gathered before they go to the file.
    private const int FlushBytes = 1 << 20;

    private readonly string _path, _target;
    private readonly MaskScheduleInfo _info;
    private readonly MaskSchedule _schedule;
    private readonly SafeFileHandle _handle;
    private readonly byte[] _buffer;
    private readonly int[] _keep;
    private long _fileBytes;
    private int _buffered;

    private MaskScheduleWriter(string path, string target, string partial, MaskScheduleInfo info, SafeFileHandle handle)
    {
        _path = path;
        _target = target;
        Partial = partial;
        _info = info;
        _handle = handle;
        _schedule = new MaskSchedule(info.Seed, info.Dropout);
        _buffer = new byte[FlushBytes + MaskScheduleFile.BlockHeadBytes + info.PayloadBound() + MaskScheduleFile.BlockTailBytes];
        _keep = new int[info.Sites.Max(site => site.Units)];
    }

    /// <summary>Updates written so far, those of an earlier attempt included.</summary>
    public int Written { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public long Bytes => _fileBytes + _buffered;

    /// <summary>The unfinished file.</summary>
    public string Partial { get; }

    /// <summary>Where the unfinished file of a target lies.</summary>
    /// <param name="path">The target. A symbolic link is followed.</param>
    public static string PartialOf(string path) => FileIdentity.Of(path).Path + PartialSuffix;

    /// <summary>Begins a file, or takes up an unfinished or a shorter one.</summary>
    /// <param name="path">The target.</param>
    /// <param name="info">What to draw.</param>
    /// <param name="resume">Whether to go on with the unfinished file, or else with a finished one at the target, if there is either.</param>
    /// <exception cref="FileProblemException">It cannot be written; or what is there is of another schedule or no schedule.</exception>
    /// <exception cref="ArgumentException">The schedule is impossible.</exception>
    public static MaskScheduleWriter Start(string path, MaskScheduleInfo info, bool resume)
    {
        if (info.FindFault() is { } fault) Throw.Argument($"a mask schedule cannot have {fault}");
        string target = AtomicFile.FindTarget(path), partial = target + PartialSuffix;
        OwnFile.RefuseOther(partial);
        bool goesOn = resume && (File.Exists(partial) || File.Exists(target)), isCopy = goesOn && !File.Exists(partial);
        SafeFileHandle? handle = null;
        try
        {
            if (isCopy) File.Copy(target, partial);
            handle = OwnFile.OpenOrCreate(partial, isAlone: true);

            // First of all, or else updates of another schedule could stand behind this one's header.
            if (!goesOn) RandomAccess.SetLength(handle, 0);
            var writer = new MaskScheduleWriter(path, target, partial, info, handle);
            if (goesOn) writer.FindEnd(isCopy ? path : partial);
            byte[] header = MaskScheduleHeader.Write(info);
            RandomAccess.Write(handle, header, 0);
            if (!goesOn) writer._fileBytes = header.Length;
            RandomAccess.SetLength(handle, writer._fileBytes);
            return writer;
        }
        catch (Exception exception)
        {
            handle?.Dispose();

            // What cannot be gone on with stays as it was.
            if (isCopy) File.Delete(partial);
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
        foreach (MaskSite site in _info.Sites)
        {
            for (int t = 0; t < _info.MasksPerSite; t++)
            {
                int kept = _schedule.Keep(site.Site, site.Layer, epoch: 0, Written, t, site.Units, _keep);
                at += MaskList.Write(ToGroups(_keep.AsSpan(0, kept)), _info.GroupsOf(site), block[at..]);
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
        Flush();
        try
        {
            RandomAccess.FlushToDisk(_handle);
            _handle.Dispose();
            AtomicFile.Replace(Partial, _path, _target);
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            Throw.Problem(SystemErrors.WhileWriting(_path, exception), exception);
        }
    }

    /// <summary>Closes the unfinished file, with all that was written.</summary>
    public void Dispose()
    {
        if (_handle.IsClosed) return;
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
        try
        {
            RandomAccess.Write(_handle, _buffer.AsSpan(0, _buffered), _fileBytes);
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            Throw.Problem(SystemErrors.WhileWriting(Partial, exception), exception);
        }

        _fileBytes += _buffered;
        _buffered = 0;
    }

    // Walks over whole updates to the first that is not.
    private void FindEnd(string file)
    {
        long length = RandomAccess.GetLength(_handle);
        if (!MaskScheduleFile.TryReadHeader(file, _handle, length, out MaskScheduleInfo? found, out int headerBytes, out FileProblem? problem))
            Throw.Problem(problem);
        if (!MaskScheduleHeader.Write(found with { Updates = _info.Updates }).AsSpan().SequenceEqual(MaskScheduleHeader.Write(_info)))
        {
            Throw.Problem(new(FileProblemKind.DoesNotFit, file,
                $"{file} is of another schedule, with the seed {found.Seed}, {found.TimeSteps} time steps and {found.Sites.Length} sites; " +
                "give its options to go on with it, or leave --resume out to write it anew"));
        }

        if (found.Updates > _info.Updates)
        {
            Throw.Problem(new(FileProblemKind.DoesNotFit, file,
                $"{file} is of {found.Updates} updates, and {_info.Updates} would cut it short; give as many or more to go on with it, or leave --resume out to write it anew"));
        }

        _fileBytes = headerBytes;
        int least = MaskScheduleFile.BlockHeadBytes + MaskScheduleFile.BlockTailBytes;
        while (Written < _info.Updates)
        {
            int count = MaskScheduleFile.ReadAt(_handle, _buffer.AsSpan(0, least), _fileBytes);
            if (count < least || BinaryPrimitives.ReadInt32LittleEndian(_buffer) != Written) return;
            uint payload = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(4));
            if (payload > _info.PayloadBound()) return;
            Span<byte> block = _buffer.AsSpan(0, least + (int)payload);
            if (MaskScheduleFile.ReadAt(_handle, block, _fileBytes) < block.Length) return;
            Span<byte> sealedBytes = block[..^MaskScheduleFile.BlockTailBytes];
            if (Crc32.HashToUInt32(sealedBytes) != BinaryPrimitives.ReadUInt32LittleEndian(block[sealedBytes.Length..])) return;
            _fileBytes += block.Length;
            Written++;
        }
    }
}
