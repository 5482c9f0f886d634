namespace TinySD.Formats.Schedules;

/// <summary>The start of a mask schedule file: 64 bytes, 32 for each place, their names, a checksum; <c>FORMAT.md</c>, "Mask
/// schedules".</summary>
internal static class MaskScheduleHeader
{
    public const int FixedBytes = 64, PlaceBytes = 32, ChecksumBytes = 4, CurrentVersion = 2;

    // A name's zero byte is counted with it.
    private const int MostNameBytes = MaskPlace.MaxNameBytes + 1;

    private const int VersionAt = 8, LengthAt = 12, SeedAt = 16, UpdatesAt = 24, TimeStepsAt = 28, PlacesAt = 32, PayloadAt = 36,
        MultipleAt = 40, GroupAt = 44, KindAt = 48, DrawAt = 49, FixedBytesAt = 50, PlaceBytesAt = 52,
        ShareCountAt = 54, LeastShareAt = 56, WholeRateAt = 60;

    // Within a place. Version 1 has site and layer where later ones have number and name, and no name.
    private const int LayerAt = 4, NameAt = 4, UnitsAt = 8, GroupsAt = 12, KeptAt = 16, RateAt = 20, ScaleAt = 24, NameBytesAt = 28;

    // Two are the cases of the method's table.
    private const byte Structured = 3, StructuredLocked = 4, Nested = 5, NestedLocked = 6;

    /// <summary>The header of a schedule.</summary>
    public static byte[] Write(MaskScheduleInfo info)
    {
        bool isNamed = info.Version > 1;
        byte[][] names = [.. ImmutableArray.CreateRange(info.Places, place => isNamed ? Encoding.UTF8.GetBytes(place.Name) : [])];
        int nameAt = FixedBytes + (names.Length * PlaceBytes), end = isNamed ? nameAt + names.Sum(name => name.Length + 1) : nameAt;
        byte[] header = new byte[((end + 3) / 4 * 4) + ChecksumBytes];
        Span<byte> to = header;
        DropoutSpec dropout = info.Dropout;
        Magic.MaskSchedule.CopyTo(to);
        Put(to, VersionAt, info.Version);
        Put(to, LengthAt, header.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(to[SeedAt..], info.Seed);
        Put(to, UpdatesAt, info.Updates);
        Put(to, TimeStepsAt, info.TimeSteps);
        Put(to, PlacesAt, names.Length);
        Put(to, PayloadAt, (int)info.PayloadBound());
        Put(to, MultipleAt, dropout.KeepMultiple);
        Put(to, GroupAt, dropout.GroupSize);
        to[KindAt] = dropout.IsNested
            ? dropout.IsLocked ? NestedLocked : Nested
            : dropout.IsLocked ? StructuredLocked : Structured;
        to[DrawAt] = (byte)dropout.Draw;
        if (isNamed) (to[FixedBytesAt], to[PlaceBytesAt]) = (FixedBytes, PlaceBytes);
        if (dropout.IsNested)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(to[ShareCountAt..], (ushort)dropout.ShareCount);
            BinaryPrimitives.WriteSingleLittleEndian(to[LeastShareAt..], dropout.LeastShare);
            BinaryPrimitives.WriteSingleLittleEndian(to[WholeRateAt..], dropout.WholeRate);
        }

        var sampler = new MaskSampler(info.Seed, dropout);
        for (int i = 0; i < names.Length; i++)
        {
            MaskPlace place = info.Places[i];
            Span<byte> entry = to.Slice(FixedBytes + (i * PlaceBytes), PlaceBytes);
            Put(entry, 0, isNamed ? place.Number : place.Number / MaskPlace.MaxLayers);
            Put(entry, NameAt, isNamed ? nameAt : place.Number % MaskPlace.MaxLayers);
            Put(entry, UnitsAt, place.Units);
            Put(entry, GroupsAt, info.GroupsOf(place));
            Put(entry, KeptAt, info.KeptGroupsOf(place));
            BinaryPrimitives.WriteSingleLittleEndian(entry[RateAt..], place.Rate);
            BinaryPrimitives.WriteSingleLittleEndian(entry[ScaleAt..], sampler.Scale(place));
            if (!isNamed) continue;
            Put(entry, NameBytesAt, names[i].Length);
            names[i].CopyTo(to[nameAt..]);
            nameAt += names[i].Length + 1;
        }

        Put(to, header.Length - ChecksumBytes, (int)Crc32.HashToUInt32(to[..^ChecksumBytes]));
        return header;
    }

    /// <summary>The length that a header gives itself, checked against the file.</summary>
    /// <param name="file">Named in the problem.</param>
    /// <param name="first">The file's first 64 bytes, or all of it if it is shorter.</param>
    /// <param name="fileBytes">Its length.</param>
    /// <param name="length">The header's length.</param>
    /// <param name="problem">Why it is refused.</param>
    public static bool TryReadLength(
        string file, ReadOnlySpan<byte> first, long fileBytes, out int length, [NotNullWhen(false)] out FileProblem? problem)
    {
        length = 0;
        problem = first.IsEmpty ? Problem(FileProblemKind.Empty, 0, "is empty; a mask schedule was expected")
            : !first.StartsWith(Magic.MaskSchedule) ? Problem(FileProblemKind.Foreign, 0, "is not a mask schedule: it begins with " +
                $"{Words.Hex(first[..Math.Min(8, first.Length)])} ({ForeignFile.Guess(first, file)})")
            : first.Length < FixedBytes ? Truncated(file, fileBytes, FixedBytes)
            : Get(first, VersionAt) > CurrentVersion ? Problem(FileProblemKind.NewerVersion, VersionAt,
                $"is a mask schedule of version {Get(first, VersionAt)}, this build reads up to {CurrentVersion}. " +
                "Update TinySD, or copy the file again.")
            : null;
        if (problem is not null) return false;
        uint bytes = Get(first, LengthAt), places = Get(first, PlacesAt);
        long least = FixedBytes + ((long)places * PlaceBytes) + ChecksumBytes, most = least;
        if (Get(first, VersionAt) > 1) most += ((long)places * MostNameBytes) + 3;
        problem = places > MaskScheduleInfo.MaxPlaces || bytes < least || bytes > most
            ? Damaged(file, LengthAt, $"a header of {Words.Counted(bytes, "byte")} and {Words.Counted(places, "place")}")
            : bytes > fileBytes ? Truncated(file, fileBytes, bytes) : null;
        length = (int)bytes;
        return problem is null;

        FileProblem Problem(FileProblemKind kind, int offset, string what) => new(kind, file, $"{file} {what}") { Offset = offset };
    }

    /// <summary>Reads a whole header.</summary>
    public static bool TryRead(
        string file, ReadOnlySpan<byte> header, [NotNullWhen(true)] out MaskScheduleInfo? info,
        [NotNullWhen(false)] out FileProblem? problem)
    {
        info = null;
        uint stored = Get(header, header.Length - ChecksumBytes), computed = Crc32.HashToUInt32(header[..^ChecksumBytes]);
        if (stored != computed)
            return Damaged(file, 0, $"checksum {computed:x8} where {stored:x8} was written").Refuse(out problem);
        var places = ImmutableArray.CreateBuilder<MaskPlace>();
        int version = Number(header, VersionAt), names = FixedBytes + (Number(header, PlacesAt) * PlaceBytes), nameAt = names;
        for (int at = FixedBytes; at < names; at += PlaceBytes)
        {
            if (ReadPlace(header, at, version > 1, ref nameAt, out string? wrong) is { } place) places.Add(place);
            else return Invalid(file, at, $"of its places, number {places.Count}, counted from 0: {wrong}").Refuse(out problem);
        }

        byte kind = header[KindAt], draw = header[DrawAt];
        var dropout = new DropoutSpec
        {
            Kind = kind switch
            {
                Structured => DropoutKind.Structured,
                StructuredLocked => DropoutKind.StructuredLocked,
                Nested => DropoutKind.Nested,
                NestedLocked => DropoutKind.NestedLocked,
                _ => DropoutKind.None,
            },
            Draw = draw == (byte)MaskDraw.Bernoulli ? MaskDraw.Bernoulli : MaskDraw.ExactCount,
            KeepMultiple = Number(header, MultipleAt),
            GroupSize = Number(header, GroupAt),
        };
        if (dropout.IsNested)
        {
            dropout = dropout with
            {
                ShareCount = BinaryPrimitives.ReadUInt16LittleEndian(header[ShareCountAt..]),
                LeastShare = BinaryPrimitives.ReadSingleLittleEndian(header[LeastShareAt..]),
                WholeRate = BinaryPrimitives.ReadSingleLittleEndian(header[WholeRateAt..]),
            };
        }

        info = new MaskScheduleInfo
        {
            Version = Math.Max(version, 1),
            Seed = BinaryPrimitives.ReadUInt64LittleEndian(header[SeedAt..]),
            Updates = Number(header, UpdatesAt),
            TimeSteps = Number(header, TimeStepsAt),
            Places = places.ToImmutable(),
            Dropout = dropout,
        };

        // What is said twice must agree, and nothing may be said that is not known: the header must be the one that its own content makes.
        string? fault = info.FindFault();
        if (fault is null && !header.SequenceEqual(Write(info))) fault = "its parts contradict each other, or reserved bytes are not zero";
        problem = fault is null ? null : Invalid(file, 0, fault);
        if (problem is not null) info = null;
        return problem is null;
    }

    public static FileProblem Truncated(string file, long found, long expected) => new(FileProblemKind.Truncated, file,
        $"{file} is cut short: at least {expected} bytes expected, {found} found. " +
        "Copy it again, or finish it with tinysd schedule --resume.")
    { Offset = found };

    // Of a header long enough for all places; the names behind them lie side by side, each with a zero byte behind it.
    private static MaskPlace? ReadPlace(ReadOnlySpan<byte> header, int at, bool isNamed, ref int nameAt, out string? fault)
    {
        ReadOnlySpan<byte> entry = header.Slice(at, PlaceBytes);
        int first = Number(entry, 0), units = Number(entry, UnitsAt);
        float rate = BinaryPrimitives.ReadSingleLittleEndian(entry[RateAt..]);
        fault = null;
        try
        {
            if (!isNamed) return MaskPlace.OfStack((DropoutSite)first, Number(entry, LayerAt), units, rate);
            uint from = Get(entry, NameAt), length = Get(entry, NameBytesAt);
            if (from != nameAt || length > MaskPlace.MaxNameBytes || from + length >= header.Length - ChecksumBytes)
            {
                fault = $"a name of {Words.Counted(length, "byte")} at {from}; expected one at {nameAt}, of at most " +
                    $"{MaskPlace.MaxNameBytes} bytes, before the checksum";
                return null;
            }

            nameAt += (int)length + 1;

            // What is no UTF-8 becomes a character that a name cannot have.
            return new MaskPlace(Encoding.UTF8.GetString(header.Slice((int)from, (int)length)), first, units, rate);
        }
        catch (ArgumentException exception)
        {
            fault = Words.OfArgument(exception);
            return null;
        }
    }

    private static FileProblem Damaged(string file, int offset, string found) => new(FileProblemKind.HeaderDamaged, file,
        $"{file} is damaged in its header: {found}. Copy it again.")
    { Offset = offset, Part = "header" };

    private static FileProblem Invalid(string file, int offset, string fault) =>
        new(FileProblemKind.ScheduleInvalid, file, $"{file} is no mask schedule that can be used: {fault}")
        { Offset = offset, Part = "header" };

    private static void Put(Span<byte> to, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(to[at..], value);

    private static uint Get(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt32LittleEndian(from[at..]);

    // Too large for an int is too large for any rule here, and below all of them.
    private static int Number(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadInt32LittleEndian(from[at..]);
}
