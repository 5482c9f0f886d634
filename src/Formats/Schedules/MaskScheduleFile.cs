using TinySD.Formats.Container;

namespace TinySD.Formats.Schedules;

/// <summary>An open mask schedule (<c>.tss</c>): structured masks of a run's updates, drawn beforehand, for a trainer to replay.</summary>
/// <remarks>The format is in <c>FORMAT.md</c>. Opening reads the header and finds the updates; the masks of one are read and checked when
/// they are asked for. No allocation is larger than the file, and none happens after opening. Not thread-safe.</remarks>
public sealed class MaskScheduleFile : IMaskSource, IDisposable
{
    /// <summary>Before an update's masks: its number, and how many bytes follow.</summary>
    internal const int BlockHeadBytes = 8;

    /// <summary>After them.</summary>
    internal const int BlockTailBytes = 4;

    private readonly SafeFileHandle _handle;
    private readonly long[] _blockAt;
    private readonly byte[] _block;
    private readonly int[] _listAt;

    // Where a place is in the file, by its number; -1 for none.
    private readonly int[] _indexOf = new int[MaskPlace.MaxNumbers];

    // Whether what lies in the two arrays above was checked: not before the first update, nor after one that was refused.
    private bool _isChecked;

    private MaskScheduleFile(string path, SafeFileHandle handle, long length, MaskScheduleInfo info, long[] blockAt)
    {
        (Path, Length, Info, _handle, _blockAt) = (path, length, info, handle, blockAt);
        long longest = 0;
        for (int i = 0; i < info.Updates; i++) longest = Math.Max(longest, blockAt[i + 1] - blockAt[i]);
        _block = new byte[longest];
        _listAt = new int[info.Places.Length * info.MasksPerPlace];
        _indexOf.AsSpan().Fill(-1);
        for (int i = 0; i < info.Places.Length; i++) _indexOf[info.Places[i].Number] = i;
    }

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>Bytes in the file.</summary>
    public long Length { get; }

    /// <summary>What the masks are of.</summary>
    public MaskScheduleInfo Info { get; }

    /// <summary>Opens a schedule.</summary>
    /// <exception cref="FileProblemException">It cannot be read, is no schedule, is damaged, cut short, or of a newer version.</exception>
    public static MaskScheduleFile Open(string path) =>
        TryOpen(path, out MaskScheduleFile? file, out FileProblem? problem) ? file : throw new FileProblemException(problem);

    /// <summary>As <see cref="Open"/>, without exceptions.</summary>
    /// <param name="path">The file.</param>
    /// <param name="file">The open file, to be disposed.</param>
    /// <param name="problem">Why there is none.</param>
    public static bool TryOpen(string path, [NotNullWhen(true)] out MaskScheduleFile? file, [NotNullWhen(false)] out FileProblem? problem)
    {
        return SystemErrors.TryOpen(path, Read, out file, out problem);

        MaskScheduleFile? Read(SafeFileHandle handle, long length, out FileProblem? problem) =>
            TryReadHeader(path, handle, length, out MaskScheduleInfo? info, out int headerBytes, out problem)
                && TryFindBlocks(path, handle, length, info, headerBytes, out long[] blockAt, out problem)
                ? new MaskScheduleFile(path, handle, length, info, blockAt) : null;
    }

    /// <summary>Reads and checks the masks of an update; where that fails, there are none until it succeeds.</summary>
    /// <param name="update">Below <see cref="MaskScheduleInfo.Updates"/>.</param>
    /// <exception cref="FileProblemException">They are damaged or cannot be read; or there is no such update.</exception>
    public void Begin(int update)
    {
        if (!TryBegin(update, out FileProblem? problem)) Throw.Problem(problem);
    }

    /// <inheritdoc/>
    /// <exception cref="FileProblemException">It has none, or of other units, another rate, another case, or fewer time steps.</exception>
    public void Check(MaskPlace place, DropoutSpec dropout, int timeSteps)
    {
        int index = _indexOf[place.Number];
        MaskPlace? found = index < 0 ? null : Info.Places[index];
        string? fault = found != place
            ? $"needs {Text(place)}, and the file has {(found is null ? "none of that number" : Text(found))}"
            : (Info with { Dropout = dropout }).Dropout is var asked && asked != Info.Dropout
            ? $"draws {Draws(asked)}, and the file has {Draws(Info.Dropout)}"
            : !dropout.IsLocked && timeSteps > Info.TimeSteps
            ? $"has windows of up to {timeSteps} time steps, and the file is for {Info.TimeSteps}"
            : null;
        if (fault is null) return;
        Throw.Problem(new(FileProblemKind.DoesNotFit, Path,
            $"{Path} holds the masks of another network: this one {fault}. Give the schedule that was drawn for it."));

        static string Text(MaskPlace place) => string.Create(CultureInfo.InvariantCulture,
            $"'{place.Name}', number {place.Number}, {Words.Counted(place.Units, "unit")}, drop rate {place.Rate}");
        static string Draws(DropoutSpec spec) => string.Create(CultureInfo.InvariantCulture,
            $"{spec.Kind} masks, {spec.Draw}, kept counts a multiple of {spec.KeepMultiple}, groups of {spec.GroupSize}") +
            (spec.IsNested ? string.Create(CultureInfo.InvariantCulture,
                $", {spec.ShareCount} shares from {spec.LeastShare}, whole at a rate of {spec.WholeRate} beside") : "");
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The file has no such place or time step, or <paramref name="keep"/> is too short.</exception>
    /// <exception cref="InvalidOperationException">No update was begun, or the last one was refused.</exception>
    public int Keep(MaskPlace place, int t, Span<int> keep)
    {
        if (!_isChecked) Throw.NoMasks(Path);
        int index = _indexOf[place.Number];
        MaskPlace? found = index < 0 ? null : Info.Places[index];
        if (found is null || found.Name != place.Name || found.Units != place.Units)
            Throw.Argument($"{Path} has no masks for {Words.Counted(place.Units, "unit")} at place {place.Number} '{place.Name}'");
        if ((uint)t >= (uint)Info.MasksPerPlace) Throw.OutOfRange(nameof(t), t, $"0 to {Info.MasksPerPlace - 1}, the masks of {Path}");
        if (keep.Length < found.Units)
            Throw.Argument($"{Path} has masks of {Words.Counted(found.Units, "unit")} at {found.Name}; there is room for {keep.Length}");
        return MaskList.Read(_block.AsSpan(_listAt[(index * Info.MasksPerPlace) + t]), found.Units, Info.Dropout.GroupSize, keep);
    }

    /// <summary>Checks every update; the one that was begun has to be begun again.</summary>
    /// <returns>One problem for each that is damaged.</returns>
    public IReadOnlyList<FileProblem> Verify()
    {
        var problems = new List<FileProblem>();
        for (int update = 0; update < Info.Updates; update++)
        {
            if (!TryBegin(update, out FileProblem? problem)) problems.Add(problem);
        }

        _isChecked = false;
        return problems;
    }

    /// <summary>A short name for the masks of the first updates: XXH3-128 of their checksums as they stand in the file, 32 hexadecimal
    /// digits. A schedule that was lengthened keeps it, and so does one that is written in another version.</summary>
    /// <param name="updates">1 to <see cref="MaskScheduleInfo.Updates"/>.</param>
    /// <exception cref="FileProblemException">The file cannot be read.</exception>
    public string FingerprintOf(int updates)
    {
        if (updates < 1 || updates > Info.Updates) Throw.OutOfRange(nameof(updates), updates, $"1 to {Info.Updates}");
        var hash = new XxHash128();
        byte[] checksum = new byte[BlockTailBytes];
        for (int update = 0; update < updates; update++)
        {
            long at = _blockAt[update + 1] - BlockTailBytes;
            _ = SystemErrors.Reading(Path, () => FileBytes.ReadAt(_handle, checksum, at));
            hash.Append(checksum);
        }

        return Checksum.Text(hash);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    /// <summary>Reads and checks the header at the start of a file.</summary>
    internal static bool TryReadHeader(
        string path, SafeFileHandle handle, long length, [NotNullWhen(true)] out MaskScheduleInfo? info, out int headerBytes,
        [NotNullWhen(false)] out FileProblem? problem)
    {
        info = null;
        byte[] first = new byte[MaskScheduleHeader.FixedBytes];
        int count = FileBytes.ReadAt(handle, first, 0);
        if (!MaskScheduleHeader.TryReadLength(path, first.AsSpan(0, count), length, out headerBytes, out problem)) return false;
        byte[] header = new byte[headerBytes];
        return FileBytes.ReadAt(handle, header, 0) == headerBytes
            ? MaskScheduleHeader.TryRead(path, header, out info, out problem)
            : MaskScheduleHeader.Truncated(path, length, headerBytes).Refuse(out problem);
    }

    // Where each update begins, and where the last one ends: the file's end.
    private static bool TryFindBlocks(
        string path, SafeFileHandle handle, long length, MaskScheduleInfo info, int headerBytes, out long[] blockAt,
        [NotNullWhen(false)] out FileProblem? problem)
    {
        // Every mask has two bytes at least.
        blockAt = [];
        long least = BlockHeadBytes + BlockTailBytes + (2L * info.Places.Length * info.MasksPerPlace), bound = info.PayloadBound();
        problem = (length - headerBytes) / least < info.Updates
            ? MaskScheduleHeader.Truncated(path, length, headerBytes + (least * info.Updates))
            : null;
        if (problem is not null) return false;
        blockAt = new long[info.Updates + 1];
        long at = headerBytes;
        Span<byte> head = stackalloc byte[BlockHeadBytes];
        for (int update = 0; update < info.Updates; update++)
        {
            blockAt[update] = at;
            if (FileBytes.ReadAt(handle, head, at) < head.Length)
                return MaskScheduleHeader.Truncated(path, length, at + least).Refuse(out problem);
            uint number = BinaryPrimitives.ReadUInt32LittleEndian(head), bytes = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
            if (number != update || bytes > bound)
                problem = Damaged(path, update, at, $"it calls itself update {number}, of {Words.Counted(bytes, "byte")}");
            at += BlockHeadBytes + bytes + BlockTailBytes;
            if (problem is null && at > length) problem = MaskScheduleHeader.Truncated(path, length, at);
            if (problem is not null) return false;
        }

        blockAt[info.Updates] = at;
        problem = at == length ? null : new(FileProblemKind.TrailingBytes, path,
            $"{path} goes on after its end: {at} bytes expected, {length} found. Copy it again.")
        { Offset = at };
        return problem is null;
    }

    private static FileProblem Damaged(string path, int update, long offset, string found) => new(FileProblemKind.ScheduleDamaged, path,
        $"{path} is damaged in update {update}, at byte {offset}: {found}. Copy it again, or write it anew.")
    {
        Offset = offset,
        Part = $"update {update}",
    };

    private bool TryBegin(int update, [NotNullWhen(false)] out FileProblem? problem)
    {
        _isChecked = false;
        if ((uint)update >= (uint)Info.Updates)
        {
            return new FileProblem(FileProblemKind.DoesNotFit, Path,
                $"{Path} holds the masks of {Words.Counted(Info.Updates, "update")}, and update {update} was asked for; write a longer one")
                .Refuse(out problem);
        }

        long at = _blockAt[update];
        Span<byte> block = _block.AsSpan(0, (int)(_blockAt[update + 1] - at));
        try
        {
            problem = FileBytes.ReadAt(_handle, block, at) < block.Length
                ? MaskScheduleHeader.Truncated(Path, at, at + block.Length)
                : Check(update, block, at);
        }
        catch (Exception exception) when (SystemErrors.IsFromSystem(exception))
        {
            problem = SystemErrors.WhileReading(Path, exception);
        }

        _isChecked = problem is null;
        return problem is null;
    }

    // The checksum, then every mask; notes where each begins.
    private FileProblem? Check(int update, ReadOnlySpan<byte> block, long at)
    {
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(block[^BlockTailBytes..]);
        uint computed = Crc32.HashToUInt32(block[..^BlockTailBytes]);
        if (stored != computed) return Damaged(Path, update, at, $"checksum {computed:x8} where {stored:x8} was written");
        int place = BlockHeadBytes, list = 0;
        ReadOnlySpan<byte> masks = block[..^BlockTailBytes];
        foreach (MaskPlace found in Info.Places)
        {
            int groups = Info.GroupsOf(found), kept = Info.KeptGroupsOf(found);
            for (int t = 0; t < Info.MasksPerPlace; t++)
            {
                int length = MaskList.Check(masks[place..], groups, kept, out string? fault);
                if (fault is not null) return Damaged(Path, update, at + place, $"the mask of {found.Name}, time step {t} {fault}");
                _listAt[list++] = place;
                place += length;
            }
        }

        return place == masks.Length ? null : Damaged(Path, update, at + place, "bytes behind its last mask");
    }
}
