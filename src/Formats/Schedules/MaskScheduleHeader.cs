using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;
using TinySD.Formats.Storage;
using TinySD.Runtime.Masks;

namespace TinySD.Formats.Schedules;

/// <summary>The start of a mask schedule file: 64 bytes, 32 for each site, and their checksum; <c>FORMAT.md</c>, "Mask schedules".</summary>
internal static class MaskScheduleHeader
{
    public const int FixedBytes = 64, SiteBytes = 32, ChecksumBytes = 4, CurrentVersion = 1;

    private const int VersionAt = 8, LengthAt = 12, SeedAt = 16, UpdatesAt = 24, TimeStepsAt = 28, SitesAt = 32, PayloadAt = 36, MultipleAt = 40,
        GroupAt = 44, KindAt = 48, DrawAt = 49;

    // Within a site.
    private const int LayerAt = 4, UnitsAt = 8, GroupsAt = 12, KeptAt = 16, RateAt = 20, ScaleAt = 24;

    // The cases of the method's table.
    private const byte Structured = 3, StructuredLocked = 4;

    /// <summary>Bytes of a header of so many sites.</summary>
    public static int Bytes(int sites) => FixedBytes + (sites * SiteBytes) + ChecksumBytes;

    /// <summary>The header of a schedule.</summary>
    public static byte[] Write(MaskScheduleInfo info)
    {
        byte[] header = new byte[Bytes(info.Places.Length)];
        Span<byte> to = header;
        DropoutSpec dropout = info.Dropout;
        Magic.MaskSchedule.CopyTo(to);
        Put(to, VersionAt, CurrentVersion);
        Put(to, LengthAt, header.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(to[SeedAt..], info.Seed);
        Put(to, UpdatesAt, info.Updates);
        Put(to, TimeStepsAt, info.TimeSteps);
        Put(to, SitesAt, info.Places.Length);
        Put(to, PayloadAt, (int)info.PayloadBound());
        Put(to, MultipleAt, dropout.KeepMultiple);
        Put(to, GroupAt, dropout.GroupSize);
        to[KindAt] = dropout.IsLocked ? StructuredLocked : Structured;
        to[DrawAt] = (byte)dropout.Draw;
        var sampler = new MaskSampler(info.Seed, dropout);
        for (int i = 0; i < info.Places.Length; i++)
        {
            MaskPlace place = info.Places[i];
            Span<byte> entry = to.Slice(FixedBytes + (i * SiteBytes), SiteBytes);
            Put(entry, 0, place.Number / MaskPlace.MaxLayers);
            Put(entry, LayerAt, place.Number % MaskPlace.MaxLayers);
            Put(entry, UnitsAt, place.Units);
            Put(entry, GroupsAt, info.GroupsOf(place));
            Put(entry, KeptAt, info.KeptGroupsOf(place));
            BinaryPrimitives.WriteSingleLittleEndian(entry[RateAt..], place.Rate);
            BinaryPrimitives.WriteSingleLittleEndian(entry[ScaleAt..], sampler.Scale(place));
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
    public static bool TryReadLength(string file, ReadOnlySpan<byte> first, long fileBytes, out int length, [NotNullWhen(false)] out FileProblem? problem)
    {
        length = 0;
        if (first.IsEmpty)
        {
            problem = new(FileProblemKind.Empty, file, $"{file} is empty; a mask schedule was expected") { Offset = 0 };
        }
        else if (!first.StartsWith(Magic.MaskSchedule))
        {
            string guess = ForeignFile.Guess(first, file);
            problem = new(FileProblemKind.Foreign, file, $"{file} is not a mask schedule: it begins with {Words.Hex(first[..Math.Min(8, first.Length)])} ({guess})")
            {
                Offset = 0,
            };
        }
        else if (first.Length < FixedBytes)
        {
            problem = Truncated(file, fileBytes, FixedBytes);
        }
        else if (Get(first, VersionAt) > CurrentVersion)
        {
            problem = new(FileProblemKind.NewerVersion, file,
                $"{file} is a mask schedule of version {Get(first, VersionAt)}, this build reads up to {CurrentVersion}. Update TinySD, or copy the file again.")
            {
                Offset = VersionAt,
            };
        }
        else
        {
            uint bytes = Get(first, LengthAt), sites = Get(first, SitesAt);
            problem = sites > MaskScheduleInfo.MaxPlaces || bytes != Bytes((int)sites)
                ? Damaged(file, LengthAt, $"a header of {Words.Counted(bytes, "byte")} and {Words.Counted(sites, "site")}")
                : bytes > fileBytes ? Truncated(file, fileBytes, bytes) : null;
            length = (int)bytes;
        }

        return problem is null;
    }

    /// <summary>Reads a whole header.</summary>
    public static bool TryRead(string file, ReadOnlySpan<byte> header, [NotNullWhen(true)] out MaskScheduleInfo? info, [NotNullWhen(false)] out FileProblem? problem)
    {
        info = null;
        problem = null;
        uint stored = Get(header, header.Length - ChecksumBytes), computed = Crc32.HashToUInt32(header[..^ChecksumBytes]);
        if (stored != computed)
        {
            problem = Damaged(file, 0, $"checksum {computed:x8} where {stored:x8} was written");
            return false;
        }

        var places = ImmutableArray.CreateBuilder<MaskPlace>();
        float[] rates = new float[4];
        for (int at = FixedBytes; at < header.Length - ChecksumBytes; at += SiteBytes)
        {
            ReadOnlySpan<byte> entry = header.Slice(at, SiteBytes);
            uint site = Get(entry, 0);
            if (site >= rates.Length)
            {
                problem = Invalid(file, at, $"a site of the kind {site}; 0 to {rates.Length - 1} are known");
                return false;
            }

            int layer = Number(entry, LayerAt), units = Number(entry, UnitsAt);
            float rate = BinaryPrimitives.ReadSingleLittleEndian(entry[RateAt..]);
            if ((uint)layer >= MaskPlace.MaxLayers || units is < 1 or > MaskScheduleInfo.MaxUnits || !(rate > 0f && rate < 1f))
            {
                problem = Invalid(file, at, $"a site of layer {layer}, {Words.Counted(units, "unit")} and the drop rate {rate}; expected a layer below " +
                    $"{MaskPlace.MaxLayers}, 1 to {MaskScheduleInfo.MaxUnits} units and a rate between 0 and 1");
                return false;
            }

            rates[site] = rate;
            places.Add(MaskPlace.OfStack((DropoutSite)site, layer, units, rate));
        }

        byte kind = header[KindAt], draw = header[DrawAt];
        info = new MaskScheduleInfo
        {
            Seed = BinaryPrimitives.ReadUInt64LittleEndian(header[SeedAt..]),
            Updates = Number(header, UpdatesAt),
            TimeSteps = Number(header, TimeStepsAt),
            Places = places.ToImmutable(),
            Dropout = new DropoutSpec
            {
                Kind = kind == Structured ? DropoutKind.Structured : kind == StructuredLocked ? DropoutKind.StructuredLocked : DropoutKind.None,
                Draw = draw == (byte)MaskDraw.Bernoulli ? MaskDraw.Bernoulli : MaskDraw.ExactCount,
                KeepMultiple = Number(header, MultipleAt),
                GroupSize = Number(header, GroupAt),
                Embedding = rates[0],
                Layer = rates[1],
                Recurrent = rates[2],
                Output = rates[3],
            },
        };

        // What is said twice must agree, and nothing may be said that is not known: the header must be the one that its own content makes.
        string? fault = info.FindFault();
        if (fault is null && !header.SequenceEqual(Write(info))) fault = "its parts contradict each other, or reserved bytes are not zero";
        problem = fault is null ? null : Invalid(file, 0, fault);
        if (problem is not null) info = null;
        return problem is null;
    }

    public static FileProblem Truncated(string file, long found, long expected) => new(FileProblemKind.Truncated, file,
        $"{file} is cut short: at least {expected} bytes expected, {found} found. Copy it again, or finish it with tinysd schedule --resume.")
    {
        Offset = found,
    };

    private static FileProblem Damaged(string file, int offset, string found) => new(FileProblemKind.HeaderDamaged, file,
        $"{file} is damaged in its header: {found}. Copy it again.")
    {
        Offset = offset,
        Part = "header",
    };

    private static FileProblem Invalid(string file, int offset, string fault) =>
        new(FileProblemKind.ScheduleInvalid, file, $"{file} is no mask schedule that can be used: {fault}") { Offset = offset, Part = "header" };

    private static void Put(Span<byte> to, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(to[at..], value);

    private static uint Get(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt32LittleEndian(from[at..]);

    // Too large for an int is too large for any rule here, and below all of them.
    private static int Number(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadInt32LittleEndian(from[at..]);
}
