using TinySD.Formats.Schedules;
using TinySD.Runtime.Masks;

namespace TinySD.Formats.Tests;

/// <summary>Mask schedules: files by hand are read, what is written says what is drawn, and damage is found.</summary>
public sealed class MaskScheduleFileTests
{
    [Test]
    public async Task A_file_made_by_hand_is_read()
    {
        using var folder = new TestFolder();
        using MaskScheduleFile file = MaskScheduleFile.Open(folder.Put("m.tss", ScheduleBytes.Example()));
        await Assert.That(file.Info.Places.SequenceEqual(ScheduleBytes.First.Places)).IsTrue();
        await Assert.That(file.Info with { Places = ScheduleBytes.First.Places }).IsEqualTo(ScheduleBytes.First);
        file.Begin(1);
        await Assert.That(Keep(file, DropoutSite.Layer, 1, 0, 20)).IsEqualTo("0 2 4 6 8 10 12 14 16 18");
        await Assert.That(Keep(file, DropoutSite.Layer, 1, 2, 20)).IsEqualTo("10 11 12 13 14 15 16 17 18 19");
        await Assert.That(Keep(file, DropoutSite.Output, 2, 0, 40)).IsEqualTo("0 8");
        await Assert.That(Keep(file, DropoutSite.Output, 2, 1, 40)).IsEqualTo("3 4");
        await Assert.That(Keep(file, DropoutSite.Output, 2, 2, 40)).IsEqualTo("38 39");
        await Assert.That(() => file.Keep(Place(DropoutSite.Output, 1, 40), 0, new int[40])).Throws<ArgumentException>();
        await Assert.That(() => file.Keep(Place(DropoutSite.Output, 2, 39), 0, new int[40])).Throws<ArgumentException>();
        await Assert.That(() => file.Keep(Place(DropoutSite.Output, 2, 40), 3, new int[40])).Throws<ArgumentException>();
        await Assert.That(() => file.Keep(Place(DropoutSite.Output, 2, 40), 0, new int[39])).Throws<ArgumentException>();
        await Assert.That(Refused.By(() => file.Begin(2)).Kind).IsEqualTo(FileProblemKind.DoesNotFit);
        await Assert.That(file.Verify()).IsEmpty();
    }

    public static IEnumerable<Func<DropoutSpec>> Dropouts()
    {
        foreach (MaskDraw draw in Enum.GetValues<MaskDraw>())
        {
            foreach (DropoutKind kind in new[] { DropoutKind.Structured, DropoutKind.StructuredLocked })
            {
                foreach (int group in new[] { 1, 3 })
                    yield return () => new DropoutSpec
                    {
                        Kind = kind, Draw = draw, GroupSize = group, Embedding = 0.97f, Recurrent = 0.5f,
                        Output = 0.1f
                    };
            }
        }

        yield return () => new DropoutSpec { Kind = DropoutKind.Nested };
        yield return () => new DropoutSpec
        {
            Kind = DropoutKind.NestedLocked, LeastShare = 0.125f, ShareCount = 5, WholeRate = 0.25f, KeepMultiple = 4,
        };
    }

    [Test]
    public async Task A_nested_schedule_says_its_shares_and_is_refused_where_they_are_none()
    {
        using var folder = new TestFolder();
        DropoutSpec dropout = new() { Kind = DropoutKind.NestedLocked, LeastShare = 0.125f, ShareCount = 5, WholeRate = 0.25f };
        Write(folder["m.tss"], InfoOf(dropout, 2));
        byte[] bytes = File.ReadAllBytes(folder["m.tss"]);

        // From FORMAT.md: the kind, and three figures where others have zeros; at a place no kept count, what is dropped on average, and
        // nothing that is scaled.
        (byte, byte, ushort, float, float) header = (
            bytes[48], bytes[49], BitConverter.ToUInt16(bytes, 54), BitConverter.ToSingle(bytes, 56), BitConverter.ToSingle(bytes, 60));
        await Assert.That(header).IsEqualTo(((byte)6, (byte)0, (ushort)5, 0.125f, 0.25f));
        (int, float, float) place = (BitConverter.ToInt32(bytes, 80), BitConverter.ToSingle(bytes, 84), BitConverter.ToSingle(bytes, 88));
        await Assert.That(place).IsEqualTo((0, 0.328125f, 1f));
        foreach ((int at, byte value) in ((int, byte)[])[(54, 1), (59, 0x40), (63, 0), (48, 4), (87, 0x3F)])
        {
            byte[] other = [.. bytes];
            other[at] = value;
            File.WriteAllBytes(folder["other.tss"], ScheduleBytes.Seal(other));
            await Assert.That(Refused.By(() => MaskScheduleFile.Open(folder["other.tss"])).Kind)
                .IsEqualTo(FileProblemKind.ScheduleInvalid).Because($"byte {at}");
        }
    }

    [Test]
    [MethodDataSource(nameof(Dropouts))]
    public async Task What_is_written_is_what_the_schedule_draws(DropoutSpec dropout)
    {
        using var folder = new TestFolder();
        MaskScheduleInfo info = InfoOf(dropout, 5);
        Write(folder["m.tss"], info);
        using MaskScheduleFile file = MaskScheduleFile.Open(folder["m.tss"]);
        await Assert.That(folder.Names()).IsEquivalentTo(["m.tss"]);
        await Assert.That(file.Info with { Places = info.Places }).IsEqualTo(info);
        var sampler = new MaskSampler(info.Seed, dropout);
        int[] keep = new int[300];
        for (int update = 4; update >= 0; update--)
        {
            file.Begin(update);
            foreach (MaskPlace place in info.Places)
            {
                for (int t = 0; t < info.MasksPerPlace; t++)
                {
                    int kept = sampler.Keep(place, new(update), t, keep);
                    await Assert.That(Keep(file, place, t)).IsEqualTo(string.Join(' ', keep[..kept]));
                }
            }
        }
    }

    /// <summary>300 units take 38 bytes as a bitmap; 9 kept ones a count and 9 gaps, of one byte or two.</summary>
    [Test]
    public async Task The_shorter_way_to_write_a_mask_is_taken()
    {
        using var folder = new TestFolder();
        Write(folder["few.tss"], InfoOf(new() { Kind = DropoutKind.Structured, Embedding = 0.97f }, 10));
        Write(folder["half.tss"], InfoOf(new() { Kind = DropoutKind.Structured, Embedding = 0.5f }, 10));
        const int header = 64 + 32 + 16 + 4, update = 12, masks = 4; // 16 for layer.0.input and its zero bytes
        await Assert.That(new FileInfo(folder["few.tss"]).Length)
            .IsBetween(header + (10 * (update + (masks * 11))), header + (10 * (update + (masks * 14))));
        await Assert.That(new FileInfo(folder["half.tss"]).Length).IsEqualTo(header + (10 * (update + (masks * 39))));
    }

    [Test]
    [Arguments(0)]
    [Arguments(99)] // within the header
    [Arguments(150)]
    [Arguments(1000)]
    [Arguments(int.MaxValue)]
    public async Task Interrupted_anywhere_it_goes_on_to_the_same_bytes(int left)
    {
        using var folder = new TestFolder();
        MaskScheduleInfo info = InfoOf(new() { Kind = DropoutKind.Structured, Recurrent = 0.5f }, 30);
        Write(folder["whole.tss"], info);
        byte[] whole = await File.ReadAllBytesAsync(folder["whole.tss"]);
        using (MaskScheduleWriter writer = MaskScheduleWriter.Start(folder["m.tss"], info, resume: false))
        {
            for (int i = 0; i < 20; i++) writer.WriteNext();
        }

        await Assert.That(File.Exists(folder["m.tss"])).IsFalse();
        byte[] partial = await File.ReadAllBytesAsync(folder["m.tss.partial"]);
        await File.WriteAllBytesAsync(folder["m.tss.partial"], partial[..Math.Min(left, partial.Length)]);
        using (MaskScheduleWriter writer = MaskScheduleWriter.Start(folder["m.tss"], info, resume: true))
        {
            // Not even a header: there is nothing to go on with, and it says so.
            await Assert.That(writer.Headless).IsEqualTo(left < 118 ? folder["m.tss.partial"] : null);
        }

        Write(folder["m.tss"], info, resume: true);
        await Assert.That(await File.ReadAllBytesAsync(folder["m.tss"])).IsEquivalentTo(whole, CollectionOrdering.Matching);
        await Assert.That(folder.Names()).IsEquivalentTo(["m.tss", "whole.tss"]);
    }

    [Test]
    public async Task A_finished_file_is_made_longer_and_another_schedules_is_left_alone()
    {
        using var folder = new TestFolder();
        MaskScheduleInfo info = InfoOf(new() { Kind = DropoutKind.Structured, Recurrent = 0.5f }, 30);
        Write(folder["whole.tss"], info);
        Write(folder["m.tss"], info with { Updates = 7 });
        Write(folder["m.tss"], info, resume: true);
        await Assert.That(await File.ReadAllBytesAsync(folder["m.tss"]))
            .IsEquivalentTo(await File.ReadAllBytesAsync(folder["whole.tss"]), CollectionOrdering.Matching);

        FileProblem problem = Refused.By(() => MaskScheduleWriter.Start(folder["m.tss"], info with { Seed = 8 }, resume: true).Dispose());
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.DoesNotFit);
        await Assert.That(problem.Message).Contains("is of another schedule, with the seed 7,");
        await Assert.That(await File.ReadAllBytesAsync(folder["m.tss"]))
            .IsEquivalentTo(await File.ReadAllBytesAsync(folder["whole.tss"]), CollectionOrdering.Matching);
    }

    [Test]
    [Arguments(1)]
    [Arguments(2)]
    public async Task Every_flipped_bit_and_every_cut_is_found(int version)
    {
        using var folder = new TestFolder();
        byte[] bytes = ScheduleBytes.Example(version);
        var wrong = new List<string>();
        for (int at = 0; at < bytes.Length; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] flipped = [.. bytes];
                flipped[at] ^= (byte)(1 << bit);
                if (IsWhole(folder, flipped)) wrong.Add($"byte {at} bit {bit}");
            }

            if (IsWhole(folder, bytes[..at])) wrong.Add($"cut to {at} bytes");
        }

        await Assert.That(wrong).IsEmpty();
        await Assert.That(IsWhole(folder, bytes)).IsTrue();
        await Assert.That(IsWhole(folder, [.. bytes, 0])).IsFalse();
    }

    public static IEnumerable<Func<(string Rule, byte[] File, FileProblemKind Kind)>> Malformed()
    {
        yield return () => ("empty", [], FileProblemKind.Empty);
        yield return () => ("a text", "not a schedule, but a text"u8.ToArray(), FileProblemKind.Foreign);
        yield return () => ("newer", Header(8, 3), FileProblemKind.NewerVersion);
        yield return () => ("version 0", Header(8, 0), FileProblemKind.ScheduleInvalid);
        yield return () => ("names that its version does not have", Header(8, 2), FileProblemKind.ScheduleInvalid);
        yield return () => ("header length", Header(12, 136), FileProblemKind.HeaderDamaged);
        yield return () => ("place count", Header(32, 1025), FileProblemKind.HeaderDamaged);
        yield return () => ("no update", Header(24, 0), FileProblemKind.ScheduleInvalid);
        yield return () => ("more updates than there are", Header(24, 3), FileProblemKind.Truncated);
        yield return () => ("updates beyond any file", Header(24, int.MaxValue), FileProblemKind.Truncated);
        yield return () => ("fewer updates than there are", Header(24, 1), FileProblemKind.TrailingBytes);
        yield return () => ("no time step", Header(28, 0), FileProblemKind.ScheduleInvalid);
        yield return () => ("too many time steps", Header(28, 65537), FileProblemKind.ScheduleInvalid);
        yield return () => ("another bound of payloads", Header(36, 31), FileProblemKind.ScheduleInvalid);
        yield return () => ("multiple of 0", Header(40, 0), FileProblemKind.ScheduleInvalid);
        yield return () => ("group of 0", Header(44, 0), FileProblemKind.ScheduleInvalid);
        yield return () => ("kind", Header(48, 2), FileProblemKind.ScheduleInvalid);
        yield return () => ("draw", Header(48, 3 | (2 << 8)), FileProblemKind.ScheduleInvalid);
        yield return () => ("reserved", Header(60, 1), FileProblemKind.ScheduleInvalid);
        yield return () => ("unknown site", Header(64, 4), FileProblemKind.ScheduleInvalid);
        yield return () => ("layer", Header(68, -1), FileProblemKind.ScheduleInvalid);
        yield return () => ("a layer beyond the last number", Header(68, 1024), FileProblemKind.ScheduleInvalid);
        yield return () => ("no units", Header(72, 0), FileProblemKind.ScheduleInvalid);
        yield return () => ("too many units", Header(72, (1 << 20) + 1), FileProblemKind.ScheduleInvalid);
        yield return () => ("groups", Header(76, 19), FileProblemKind.ScheduleInvalid);
        yield return () => ("kept groups", Header(80, 9), FileProblemKind.ScheduleInvalid);
        yield return () => ("rate that is no number", Header(84, BitConverter.SingleToInt32Bits(float.NaN)),
            FileProblemKind.ScheduleInvalid);
        yield return () => ("rate of 0", Header(84, 0), FileProblemKind.ScheduleInvalid);
        yield return () => ("scale", Header(88, 0), FileProblemKind.ScheduleInvalid);
        yield return () => ("reserved of a site", Header(92, 1), FileProblemKind.ScheduleInvalid);
        yield return () => ("the same site twice", Twice(), FileProblemKind.ScheduleInvalid);
        byte[] first = ScheduleBytes.Update(0, ScheduleBytes.Payload), second = ScheduleBytes.Update(1, ScheduleBytes.Payload);
        yield return () => ("updates out of order", ScheduleBytes.File(second, first), FileProblemKind.ScheduleDamaged);
        yield return () => ("payload beyond the bound",
            ScheduleBytes.File(ScheduleBytes.Update(0, [.. ScheduleBytes.Payload, 0, 0, 0, 0, 0])), FileProblemKind.ScheduleDamaged);
        yield return () => ("bytes behind the masks", ScheduleBytes.File(ScheduleBytes.Update(0, [.. ScheduleBytes.Payload, 0])),
            FileProblemKind.ScheduleDamaged);
        yield return () => ("a way to write that is unknown", Payload(0, 2), FileProblemKind.ScheduleDamaged);
        yield return () => ("one too many", Payload(1, 0x57), FileProblemKind.ScheduleDamaged);
        yield return () => ("a unit beyond the last in a bitmap", Payload(3, 0x11), FileProblemKind.ScheduleDamaged);
        yield return () => ("a unit beyond the last in gaps", Payload(15, 39), FileProblemKind.ScheduleDamaged);
        yield return () => ("more gaps than groups", Payload(13, 100), FileProblemKind.ScheduleDamaged);
        yield return () => ("a number of too many bytes",
            ScheduleBytes.File(ScheduleBytes.Update(0, [.. ScheduleBytes.Payload[..13], 0x82, 0x00, .. ScheduleBytes.Payload[14..]])),
                FileProblemKind.ScheduleDamaged);
        yield return () => ("masks cut short", ScheduleBytes.File(ScheduleBytes.Update(0, ScheduleBytes.Payload[..^1])),
            FileProblemKind.ScheduleDamaged);
    }

    [Test]
    [MethodDataSource(nameof(Malformed))]
    [MethodDataSource<NamedScheduleTests>(nameof(NamedScheduleTests.Malformed))]
    public async Task Every_rule_is_kept(string rule, byte[] bytes, FileProblemKind kind)
    {
        using var folder = new TestFolder();
        FileProblem problem = FindProblem(folder, bytes) ?? throw new InvalidOperationException($"{rule}: nothing was refused");
        await Assert.That(problem.Kind).IsEqualTo(kind).Because(problem.Message);
        await Assert.That(problem.Message).Contains(folder["m.tss"]);
    }

    /// <summary>Of the damaged update only the last mask's checksum is wrong: its others could be handed out, and are other
    /// masks.</summary>
    [Test]
    public async Task No_masks_are_handed_out_before_an_update_is_begun_nor_after_one_is_refused()
    {
        using var folder = new TestFolder();
        byte[] damaged = [.. ScheduleBytes.Payload];
        damaged.AsSpan(4, 4).CopyTo(damaged);
        byte[] bytes = ScheduleBytes.File(ScheduleBytes.Update(0, ScheduleBytes.Payload), ScheduleBytes.Update(1, damaged));
        bytes[^1] ^= 1;
        using MaskScheduleFile file = MaskScheduleFile.Open(folder.Put("m.tss", bytes));
        await Assert.That(() => Keep(file, DropoutSite.Layer, 1, 0, 20)).Throws<InvalidOperationException>();
        file.Begin(0);
        await Assert.That(Keep(file, DropoutSite.Layer, 1, 0, 20)).IsEqualTo("0 2 4 6 8 10 12 14 16 18");
        await Assert.That(Refused.By(() => file.Begin(1)).Kind).IsEqualTo(FileProblemKind.ScheduleDamaged);
        await Assert.That(() => Keep(file, DropoutSite.Layer, 1, 0, 20))
            .Throws<InvalidOperationException>().And.HasMessageContaining(folder["m.tss"]);
        file.Begin(0);
        await Assert.That(Refused.By(() => file.Begin(2)).Kind).IsEqualTo(FileProblemKind.DoesNotFit);
        await Assert.That(() => Keep(file, DropoutSite.Layer, 1, 0, 20)).Throws<InvalidOperationException>();
        file.Begin(0);
        await Assert.That(file.Verify().Count).IsEqualTo(1);
        await Assert.That(() => Keep(file, DropoutSite.Layer, 1, 0, 20)).Throws<InvalidOperationException>();
        file.Begin(0);
        await Assert.That(Keep(file, DropoutSite.Layer, 1, 0, 20)).IsEqualTo("0 2 4 6 8 10 12 14 16 18");
    }

    [Test]
    [Arguments(1)]
    [Arguments(2)]
    public async Task Nothing_is_allocated_by_reading_an_update(int version)
    {
        using var folder = new TestFolder();
        using MaskScheduleFile file = MaskScheduleFile.Open(folder.Put("m.tss", ScheduleBytes.Example(version)));
        int[] keep = new int[20];
        MaskPlace place = (version == 1 ? ScheduleBytes.First : ScheduleBytes.Second).Places[0];
        file.Begin(0);
        file.Keep(place, 0, keep);
        long before = GC.GetAllocatedBytesForCurrentThread();
        file.Begin(1);
        int kept = file.Keep(place, 2, keep);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        await Assert.That(kept).IsEqualTo(10);
        await Assert.That(allocated).IsEqualTo(0);
    }

    private static byte[] Header(int at, int value)
    {
        byte[] file = ScheduleBytes.Example();
        ScheduleBytes.Put(file, at, value);
        return ScheduleBytes.Seal(file);
    }

    private static byte[] Twice()
    {
        byte[] file = ScheduleBytes.Example();
        file.AsSpan(64, 32).CopyTo(file.AsSpan(96));
        ScheduleBytes.Put(file, 36, 2 * 3 * (1 + 3));
        return ScheduleBytes.Seal(file);
    }

    private static byte[] Payload(int at, byte value)
    {
        byte[] payload = [.. ScheduleBytes.Payload];
        payload[at] = value;
        return ScheduleBytes.File(ScheduleBytes.Update(0, payload));
    }

    private static bool IsWhole(TestFolder folder, byte[] bytes) => FindProblem(folder, bytes) is null;

    internal static FileProblem? FindProblem(TestFolder folder, byte[] bytes)
    {
        if (!MaskScheduleFile.TryOpen(folder.Put("m.tss", bytes), out MaskScheduleFile? file, out FileProblem? problem)) return problem;
        using (file) return file.Verify() is [{ } first, ..] ? first : null;
    }

    private static MaskScheduleInfo InfoOf(DropoutSpec dropout, int updates)
    {
        MaskPlace[] places =
        [
            MaskPlace.OfStack(DropoutSite.Embedding, 0, 300, dropout.RateOf(DropoutSite.Embedding)),
            MaskPlace.OfStack(DropoutSite.Recurrent, 0, 67, dropout.RateOf(DropoutSite.Recurrent)),
            MaskPlace.OfStack(DropoutSite.Output, 1, 67, dropout.RateOf(DropoutSite.Output)),
        ];
        return new()
        {
            Seed = 7,
            Dropout = dropout,
            TimeSteps = 4,
            Updates = updates,
            Places = MaskScheduleInfo.WithMasks(places),
        };
    }

    internal static void Write(string path, MaskScheduleInfo info, bool resume = false)
    {
        using MaskScheduleWriter writer = MaskScheduleWriter.Start(path, info, resume);
        while (writer.Written < info.Updates) writer.WriteNext();
        writer.Finish();
    }

    private static MaskPlace Place(DropoutSite site, int layer, int units) => MaskPlace.OfStack(site, layer, units, 0.5f);

    private static string Keep(MaskScheduleFile file, DropoutSite site, int layer, int t, int units) =>
        Keep(file, Place(site, layer, units), t);

    private static string Keep(MaskScheduleFile file, MaskPlace place, int t)
    {
        int[] keep = new int[place.Units];
        return string.Join(' ', keep[..file.Keep(place, t, keep)]);
    }
}
