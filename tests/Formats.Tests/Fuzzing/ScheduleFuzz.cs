using System.Buffers.Binary;
using System.IO.Hashing;
using TinySD.Formats.Schedules;
using TinySD.Runtime.Masks;

namespace TinySD.Formats.Tests;

/// <summary>Mask schedules: bitmaps and gaps, exact and by chance, locked and not, with groups.</summary>
internal sealed class ScheduleFuzz : FuzzFormat
{
    private const int FixedBytes = 64, PlaceBytes = 32;

    public override string Name => "tss";

    public override bool IsChecksummed => true;

    public override IReadOnlyList<FileProblemKind> Expected =>
    [
        FileProblemKind.HeaderDamaged, FileProblemKind.ScheduleDamaged, FileProblemKind.ScheduleInvalid, FileProblemKind.Truncated,
        FileProblemKind.TrailingBytes,
        FileProblemKind.NewerVersion, FileProblemKind.Foreign, FileProblemKind.Empty,
    ];

    public override IReadOnlyList<byte[]> MakeSeeds()
    {
        DropoutSpec[] dropouts =
        [
            new() { Kind = DropoutKind.Structured, Embedding = 0.97f, Output = 0.5f },
            new() { Kind = DropoutKind.StructuredLocked, Recurrent = 0.5f, KeepMultiple = 8, GroupSize = 4 },
            new() { Kind = DropoutKind.Structured, Draw = MaskDraw.Bernoulli, Layer = 0.9f, GroupSize = 3 },
        ];
        return [ScheduleBytes.Example(), ScheduleBytes.Example(2), .. dropouts.Select(dropout => Make(dropout, 1)),
            .. dropouts.Select(dropout => Make(dropout, 2))];
    }

    public override FileProblem? ReadAll(string path)
    {
        if (!MaskScheduleFile.TryOpen(path, out MaskScheduleFile? file, out FileProblem? problem)) return problem;
        using (file)
        {
            if (file.Verify() is [{ } first, ..]) return first;
            int[] keep = new int[file.Info.Places.Max(place => place.Units)];
            for (int update = 0; update < file.Info.Updates; update++)
            {
                file.Begin(update);
                foreach (MaskPlace place in file.Info.Places)
                {
                    for (int t = 0; t < file.Info.MasksPerPlace; t++) Check(keep.AsSpan(0, file.Keep(place, t, keep)), place.Units);
                }
            }
        }

        return null;
    }

    public override byte[] MutateInside(byte[] seed, byte[] other, Mutator mutator)
    {
        byte[] file = mutator.Mutate(seed, other);
        if (file.Length < FixedBytes) return file;
        int headerBytes = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(12));
        if (headerBytes < FixedBytes + 4 || headerBytes > file.Length) headerBytes = FixedBytes + (file[32] * PlaceBytes) + 4;
        if (headerBytes > file.Length) return file;
        Seal(file.AsSpan(0, headerBytes));
        for (int at = headerBytes; at + 12 <= file.Length;)
        {
            long length = 8L + BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 4)) + 4;
            if (length > file.Length - at) break;
            Seal(file.AsSpan(at, (int)length));
            at += (int)length;
        }

        return file;
    }

    private static void Seal(Span<byte> part) => BinaryPrimitives.WriteUInt32LittleEndian(part[^4..], Crc32.HashToUInt32(part[..^4]));

    // What a trainer relies on: kept units in increasing order, each one there is.
    private static void Check(ReadOnlySpan<int> keep, int units)
    {
        int last = -1;
        foreach (int unit in keep)
        {
            if (unit <= last || unit >= units)
                throw new InvalidOperationException($"unit {unit} after {last}, of {units}, from a mask that was accepted");
            last = unit;
        }
    }

    private static byte[] Make(DropoutSpec dropout, int version)
    {
        using var folder = new TestFolder();
        MaskPlace[] places =
        [
            MaskPlace.OfStack(DropoutSite.Embedding, 0, 300, dropout.Embedding),
            MaskPlace.OfStack(DropoutSite.Recurrent, 0, 67, dropout.Recurrent),
            MaskPlace.OfStack(DropoutSite.Layer, 1, 67, dropout.Layer), MaskPlace.OfStack(DropoutSite.Output, 1, 67, dropout.Output),
        ];
        if (version > 1)
            places = [.. places.Select((place, i) => new MaskPlace($"part {i}: {new string('µ', i)}", 1000 * i, place.Units, place.Rate))];
        var info = new MaskScheduleInfo
        {
            Version = version,
            Seed = 7,
            Dropout = dropout,
            TimeSteps = 2,
            Updates = 3,
            Places = MaskScheduleInfo.WithMasks(places),
        };
        using (MaskScheduleWriter writer = MaskScheduleWriter.Start(folder["s.tss"], info, resume: false))
        {
            while (writer.Written < info.Updates) writer.WriteNext();
            writer.Finish();
        }

        return File.ReadAllBytes(folder["s.tss"]);
    }
}
