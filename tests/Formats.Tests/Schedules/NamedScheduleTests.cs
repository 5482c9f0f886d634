using System.Text;
using TinySD.Formats.Schedules;
using TinySD.Runtime.Masks;

namespace TinySD.Formats.Tests;

/// <summary>Mask schedules of any network: places by name and number, what is refused, and files of version 1 beside them.</summary>
public sealed class NamedScheduleTests
{
    private const int NameAt = 64 + 4, NameBytesAt = 64 + 28, Names = 128;

    private static readonly DropoutSpec s_structured = new() { Kind = DropoutKind.Structured };

    /// <summary>For every rule of version 2 that version 1 does not have, a file that breaks it alone.</summary>
    public static IEnumerable<Func<(string Rule, byte[] File, FileProblemKind Kind)>> Malformed()
    {
        (string Rule, byte[] File)[] invalid =
        [
            ("number beyond the last", Changed(64, 4096)),
            ("number below 0", Changed(64, -1)),
            ("the number of another", Changed(64, 4095)),
            ("no units", Changed(72, 0)),
            ("too many units", Changed(72, (1 << 20) + 1)),
            ("groups", Changed(76, 19)),
            ("kept groups", Changed(80, 9)),
            ("rate of 0", Changed(84, 0)),
            ("rate of 1", Changed(84, BitConverter.SingleToInt32Bits(1f))),
            ("scale", Changed(88, 0)),
            ("a name elsewhere", Changed(NameAt, Names + 1)),
            ("a name before the places", Changed(NameAt, -1)),
            ("a name beyond the header", Changed(NameBytesAt, 255)),
            ("a name beyond all memory", Changed(NameBytesAt, -1)),
            ("a shorter name, with bytes behind it", Changed(NameBytesAt, 14)),
            ("no name", Changed(NameBytesAt, 0)),
            ("a control character", Named("encoder\n1234567\0"u8)),
            ("a zero within a name", Named("encoder\01234567\0"u8)),
            ("half a character", Named([.. "encoder1234567"u8, 0xC3])),
            ("an invisible character", Named("encoder12345\u200B\0"u8)),
            ("no zero behind a name", Named("encoder12345678x"u8)),
            ("bytes behind the names", Changed(149, 1)),
            ("a header longer than its names", Changed(12, 160)),
            ("where places begin", Changed(50, 65 | (32 << 16))),
            ("bytes of a place", Changed(50, 64 | (31 << 16))),
            ("reserved", Changed(54, 1)),
            ("reserved at the end", Changed(60, 1 << 24)),
        ];
        foreach ((string rule, byte[] file) in invalid) yield return () => (rule, file, FileProblemKind.ScheduleInvalid);
        yield return () => ("a header without names", Changed(12, 128), FileProblemKind.HeaderDamaged);
        yield return () => ("a header longer than names can make it", Changed(12, 136 + (2 * 256)), FileProblemKind.HeaderDamaged);
        yield return () => ("a header that is cut short", ScheduleBytes.NamedFile()[..140], FileProblemKind.Truncated);
        yield return () => ("more places than there may be", Changed(32, 1025), FileProblemKind.HeaderDamaged);
        yield return () => ("the same name twice", Twice(), FileProblemKind.ScheduleInvalid);
    }

    [Test]
    public async Task A_file_made_by_hand_is_read_with_the_names_of_its_places()
    {
        using var folder = new TestFolder();
        using MaskScheduleFile file = MaskScheduleFile.Open(folder.Put("m.tss", ScheduleBytes.Example(2)));
        await Assert.That(file.Info.Places.SequenceEqual(ScheduleBytes.Second.Places)).IsTrue();
        await Assert.That(file.Info with { Places = ScheduleBytes.Second.Places }).IsEqualTo(ScheduleBytes.Second);
        file.Begin(0);
        int[] keep = new int[40];
        await Assert.That(string.Join(' ', keep[..file.Keep(file.Info.Places[0], 1, keep)])).IsEqualTo("0 1 2 3 4 5 6 7 8 9");
        await Assert.That(string.Join(' ', keep[..file.Keep(file.Info.Places[1], 2, keep)])).IsEqualTo("38 39");
        await Assert.That(() => file.Keep(new MaskPlace("decoder", 5, 20, 0.5f), 1, keep)).Throws<ArgumentException>()
            .And.HasMessageContaining("no masks for 20 units at place 5 'decoder'");
    }

    [Test]
    [Arguments(1)]
    [Arguments(2)]
    public async Task The_bytes_made_by_hand_are_those_that_are_written(int version)
    {
        byte[] header = ScheduleBytes.Example(version)[..(version == 1 ? 132 : 156)];
        byte[] written = MaskScheduleHeader.Write(version == 1 ? ScheduleBytes.First : ScheduleBytes.Second);
        await Assert.That(written).IsEquivalentTo(header, CollectionOrdering.Matching);
    }

    [Test]
    public async Task A_place_of_any_number_name_and_rate_is_written_and_read_as_it_is_drawn()
    {
        using var folder = new TestFolder();
        MaskScheduleInfo info = InfoOf(
            new("x", 4095, 9, 0.25f), new(new string('n', MaskPlace.MaxNameBytes), 0, 33, 0.75f),
                new("编码器 1/2", 17, 1, float.BitDecrement(1f)));
        MaskScheduleFileTests.Write(folder["m.tss"], info);
        using MaskScheduleFile file = MaskScheduleFile.Open(folder["m.tss"]);
        await Assert.That(file.Info.Places.SequenceEqual(info.Places)).IsTrue();
        await Assert.That(file.Verify()).IsEmpty();
        var sampler = new MaskSampler(info.Seed, info.Dropout);
        int[] drawn = new int[33], read = new int[33];
        file.Begin(3);
        foreach (MaskPlace place in info.Places)
        {
            for (int t = 0; t < info.TimeSteps; t++)
            {
                int kept = sampler.Keep(place, new(3), t, drawn);
                await Assert.That(string.Join(' ', read.Take(file.Keep(place, t, read)))).IsEqualTo(string.Join(' ', drawn.Take(kept)));
            }
        }
    }

    [Test]
    public async Task A_network_whose_places_are_not_the_files_is_refused_before_it_asks_for_masks()
    {
        using var folder = new TestFolder();
        using MaskScheduleFile file = MaskScheduleFile.Open(folder.Put("m.tss", ScheduleBytes.Example(2)));
        MaskPlace head = file.Info.Places[1];
        file.Check(head, s_structured with { Output = 0.3f }, 3);
        file.Check(head, s_structured, 2);
        (string Expected, MaskPlace Place, DropoutSpec Dropout, int TimeSteps)[] cases =
        [
            ("needs 'head', number 4094, 40 units, drop rate 0.95, and the file has none of that number", new("head", 4094, 40, 0.95f),
                s_structured, 3),
            ("needs 'tail', number 4095, 40 units, drop rate 0.95, and the file has 'head', number 4095,", new("tail", 4095, 40, 0.95f),
                s_structured, 3),
            ("number 4095, 41 units, drop rate 0.95, and the file has 'head', number 4095, 40 units", new("head", 4095, 41, 0.95f),
                s_structured, 3),
            ("drop rate 0.5, and the file has 'head', number 4095, 40 units, drop rate 0.95", new("head", 4095, 40, 0.5f), s_structured, 3),
            ("draws StructuredLocked masks,", head, new() { Kind = DropoutKind.StructuredLocked }, 3),
            ("groups of 2, and the file has Structured masks, ExactCount,", head, s_structured with { GroupSize = 2 }, 3),
            ("has windows of up to 4 time steps, and the file is for 3", head, s_structured, 4),
        ];
        foreach ((string expected, MaskPlace place, DropoutSpec dropout, int timeSteps) in cases)
        {
            FileProblem problem = Refused.By(() => file.Check(place, dropout, timeSteps));
            await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.DoesNotFit);
            await Assert.That(problem.Message).Contains(expected).And.Contains(folder["m.tss"]);
        }
    }

    [Test]
    [Arguments(true)]
    [Arguments(false)]
    public async Task A_file_of_version_1_goes_on_in_version_1_whether_it_is_unfinished_or_too_short(bool isUnfinished)
    {
        using var folder = new TestFolder();
        MaskScheduleInfo info = InfoOf(
            [.. Enumerable.Range(0, 64).Select(layer => MaskPlace.OfStack(DropoutSite.Recurrent, layer, 30, 0.5f)),
                MaskPlace.OfStack(DropoutSite.Output, 64, 40, 0.25f)]);
        MaskScheduleFileTests.Write(folder["first.tss"], info with { Version = 1 });
        MaskScheduleFileTests.Write(folder["second.tss"], info);
        byte[] whole = await File.ReadAllBytesAsync(folder["first.tss"]);
        if (isUnfinished) folder.Put("m.tss.partial", [.. whole.SkipLast(7)]);
        else MaskScheduleFileTests.Write(folder["m.tss"], info with { Version = 1, Updates = 2 });
        MaskScheduleFileTests.Write(folder["m.tss"], info, resume: true);
        await Assert.That(await File.ReadAllBytesAsync(folder["m.tss"])).IsEquivalentTo(whole, CollectionOrdering.Matching);

        // A finished one is left alone, and whichever version a file is of, its masks have the same name in a checkpoint.
        using (MaskScheduleWriter writer = MaskScheduleWriter.Start(folder["m.tss"], info,
            resume: true)) await Assert.That(writer.IsComplete).IsTrue();
        using MaskScheduleFile first = MaskScheduleFile.Open(folder["m.tss"]), second = MaskScheduleFile.Open(folder["second.tss"]);
        await Assert.That(first.Info.Version).IsEqualTo(1);
        await Assert.That(second.Info.Version).IsEqualTo(2);
        await Assert.That(first.FingerprintOf(5)).IsEqualTo(second.FingerprintOf(5));
    }

    [Test]
    public async Task A_file_whose_places_have_other_names_is_not_gone_on_with()
    {
        using var folder = new TestFolder();
        MaskPlace place = MaskPlace.OfStack(DropoutSite.Recurrent, 0, 30, 0.5f);
        MaskScheduleFileTests.Write(folder["m.tss"], InfoOf(place) with { Version = 1 });
        MaskScheduleInfo other = InfoOf(new MaskPlace("head", place.Number, 30, 0.5f)) with { Updates = 9 };
        FileProblem problem = Refused.By(() => MaskScheduleWriter.Start(folder["m.tss"], other, resume: true).Dispose());
        await Assert.That(problem.Message).Contains("is of another schedule");
        await Assert.That(folder.Names()).IsEquivalentTo(["m.tss"]);
    }

    [Test]
    public async Task What_a_file_cannot_hold_is_refused_before_anything_is_written()
    {
        using var folder = new TestFolder();
        var first = new MaskPlace("a", 1, 20, 0.5f);
        MaskScheduleInfo info = InfoOf(first);
        (string Expected, MaskScheduleInfo Info)[] cases =
        [
            ("the place b has the number of another, 1", info with { Places = [first, new("b", 1, 20, 0.5f)] }),
            ("the place a comes twice", info with { Places = [first, new("a", 2, 20, 0.5f)] }),
            ("the place b has 1048577 units", info with { Places = [first, new("b", 2, (1 << 20) + 1, 0.5f)] }),
            ("the place b has no drop rate", info with { Places = [first, new("b", 2, 20, 0f)] }),
            ("0 places", info with { Places = [] }),
            ("a window of 65537 time steps", info with { TimeSteps = 65537 }),
            ("only structured masks", info with { Dropout = new() { Kind = DropoutKind.Locked } }),
        ];
        foreach ((string expected, MaskScheduleInfo wrong) in cases)
        {
            await Assert.That(() => MaskScheduleWriter.Start(folder["m.tss"], wrong, resume: false)).Throws<ArgumentException>()
                .And.HasMessageContaining(expected);
        }

        await Assert.That(folder.Names()).IsEmpty();
    }

    private static MaskScheduleInfo InfoOf(params MaskPlace[] places) => new()
    {
        Seed = 7,
        Dropout = s_structured,
        TimeSteps = 4,
        Updates = 5,
        Places = [.. places],
    };

    private static byte[] Changed(int at, int value)
    {
        byte[] file = ScheduleBytes.Example(2);
        ScheduleBytes.Put(file, at, value);
        return ScheduleBytes.Seal(file);
    }

    // The first name and the byte behind it.
    private static byte[] Named(ReadOnlySpan<byte> name)
    {
        byte[] file = ScheduleBytes.Example(2);
        name.CopyTo(file.AsSpan(Names));
        return ScheduleBytes.Seal(file);
    }

    // Both places are called head; the names end at 138, their padding at 140.
    private static byte[] Twice()
    {
        byte[] file = ScheduleBytes.Example(2);
        ScheduleBytes.Put(file, NameBytesAt, 4);
        ScheduleBytes.Put(file, NameAt + 32, 133);
        Encoding.ASCII.GetBytes("head\0head\0\0\0").CopyTo(file, Names);
        ScheduleBytes.Put(file, 12, 144);
        return ScheduleBytes.Seal([.. file[..144], .. file[156..]]);
    }
}
