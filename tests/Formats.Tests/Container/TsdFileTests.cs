using System.IO.MemoryMappedFiles;
using TinySD.Formats.Container;
using TinySD.Runtime.Memory;

namespace TinySD.Formats.Tests;

public sealed class TsdFileTests
{
    [Test]
    public async Task Members_may_come_in_any_order_with_white_space_between_and_a_number_has_no_extents()
    {
        using var folder = new TestFolder();
        byte[] data = new byte[64];
        string entry = TsdBytes.Entry("w", "[]", 0, 4, TsdBytes.Hash(data.AsSpan(0, 4)));
        string path = folder.Put(
            "m.tsd", TsdBytes.File($$"""  { "tensors" : [ {{entry}} ],{{"\n"}}"note" : { "a" : [1, 2] }, "kind" : "x" } """, data));
        using TsdFile file = TsdFile.Open(path);
        await Assert.That(file.Kind).IsEqualTo("x");
        await Assert.That(file.Tensors[0].Count).IsEqualTo(1);
        await Assert.That(file.Sections.Keys).IsEquivalentTo(["note"], CollectionOrdering.Matching);
        await Assert.That(System.Text.Encoding.UTF8.GetString(file.Sections["note"].Span)).IsEqualTo("""{ "a" : [1, 2] }""");
    }

    [Test]
    public async Task A_file_may_have_no_tensors()
    {
        using var folder = new TestFolder();
        TsdWriter.Write(folder["m.tsd"], "x", [], _ => { });
        await Assert.That(File.ReadAllBytes(folder["m.tsd"]))
            .IsEquivalentTo(TsdBytes.File("""{"kind":"x","tensors":[]}"""), CollectionOrdering.Matching);
        using TsdFile file = TsdFile.Open(folder["m.tsd"]);
        await Assert.That(file.Tensors).IsEmpty();
        await Assert.That(file.Verify()).IsEmpty();
    }

    [Test]
    public async Task A_damaged_tensor_is_named_and_its_numbers_are_not_handed_out()
    {
        using var folder = new TestFolder();
        byte[] bytes = TsdBytes.Example();
        int at = bytes.Length - 64;
        string good = TsdBytes.Hash(bytes.AsSpan(at, 8));
        bytes[at + 5] ^= 0x10;
        string found = TsdBytes.Hash(bytes.AsSpan(at, 8)), path = folder.Put("m.tsd", bytes);
        using TsdFile file = TsdFile.Open(path);
        float[] values = [9f, 9f];
        FileProblem problem = Refused.By(() => file.ReadTensor("w", values));
        await Assert.That(problem.Message).IsEqualTo($"{path} is damaged in tensor 'w', bytes {at} to {at + 7}: checksum {good} " +
            $"expected, {found} found. Copy or download it again.");
        await Assert.That((problem.Kind, problem.Offset, problem.Part)).IsEqualTo((FileProblemKind.TensorDamaged, (long?)at, "w"));
        await Assert.That(values).IsEquivalentTo([0f, 0f], CollectionOrdering.Matching);
        await Assert.That(file.Verify()).IsEquivalentTo([problem], CollectionOrdering.Matching);
    }

    [Test]
    public async Task Damaged_padding_is_named_by_verify_and_when_the_tensor_is_read()
    {
        using var folder = new TestFolder();
        byte[] bytes = TsdBytes.Example();
        bytes[^1] = 0x80;
        string path = folder.Put("m.tsd", bytes);
        using TsdFile file = TsdFile.Open(path);
        FileProblem problem = Refused.By(() => file.ReadTensor("w", new float[2]));
        await Assert.That(problem.Message).IsEqualTo(
            $"{path} is damaged in the padding after 'w', at byte {bytes.Length - 1}: 00 expected, 80 found. Copy or download it again.");
        await Assert.That((problem.Kind, problem.Offset, problem.Part))
            .IsEqualTo((FileProblemKind.PaddingDamaged, (long?)bytes.Length - 1, "w"));
        await Assert.That(file.Verify()).IsEquivalentTo([problem], CollectionOrdering.Matching);
    }

    [Test]
    public async Task Verify_names_every_damaged_tensor_and_no_other()
    {
        using var folder = new TestFolder();
        ParameterBlock block = Block(5, 700_000, 3, 300_000, 1);
        Write(folder["m.tsd"], block);
        using TsdFile file = TsdFile.Open(folder["m.tsd"]);
        await Assert.That(file.Verify()).IsEmpty();
        using (FileStream damage = new(folder["m.tsd"], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            // The last byte of the second tensor, well behind the first megabyte, and the first byte of the fourth.
            Flip(damage, file.Tensors[1].Offset + file.Tensors[1].Bytes - 1);
            Flip(damage, file.Tensors[3].Offset);
        }

        await Assert.That(file.Verify().Select(p => p.Part!)).IsEquivalentTo(["t1", "t3"], CollectionOrdering.Matching);
        float[] third = new float[3];
        file.ReadTensor("t2", third);
        await Assert.That(third).IsEquivalentTo(block[block.Layout.Tensors[2]].ToArray(), CollectionOrdering.Matching);
    }

    [Test]
    public async Task Tensors_of_more_than_a_megabyte_come_back_bit_for_bit()
    {
        using var folder = new TestFolder();
        ParameterBlock block = Block(1, 262_144, 262_145, 1_000_003, 15, 16, 17);
        Write(folder["m.tsd"], block);
        using TsdFile file = TsdFile.Open(folder["m.tsd"]);
        foreach (TensorSlot slot in block.Layout.Tensors)
        {
            float[] values = new float[slot.Length];
            file.ReadTensor(slot.Name, values);
            await Assert.That(values.AsSpan().SequenceEqual(block[slot])).IsTrue();
        }
    }

    [Test]
    public async Task The_tensors_lie_in_the_file_as_in_memory_so_that_it_can_be_mapped()
    {
        using var folder = new TestFolder();
        ParameterBlock block = Block(5, 16, 33);
        Write(folder["m.tsd"], block);
        byte[] mapped;
        long start;
        using (TsdFile file = TsdFile.Open(folder["m.tsd"]))
        {
            start = file.Tensors[0].Offset;
            await Assert.That(start % 64).IsEqualTo(0);
            await Assert.That(file.Length - start).IsEqualTo(block.Layout.LengthFloats * sizeof(float));
            await Assert.That(file.Tensors.Select(t => (t.Offset - start) / sizeof(float)))
                .IsEquivalentTo(block.Layout.Tensors.Select(s => (long)s.Offset), CollectionOrdering.Matching);
        }

        using (var map = MemoryMappedFile.CreateFromFile(folder["m.tsd"], FileMode.Open))
        using (MemoryMappedViewAccessor view =
            map.CreateViewAccessor(start, block.Layout.LengthFloats * sizeof(float), MemoryMappedFileAccess.Read))
        {
            mapped = new byte[block.Layout.LengthFloats * sizeof(float)];
            view.ReadArray(0, mapped, 0, mapped.Length);
        }

        await Assert.That(mapped.AsSpan().SequenceEqual(System.Runtime.InteropServices.MemoryMarshal.AsBytes(block.Values))).IsTrue();
    }

    [Test]
    public async Task Opening_reads_the_header_only()
    {
        using var folder = new TestFolder();
        Write(folder["m.tsd"], Block(4_000_000));
        long before = GC.GetAllocatedBytesForCurrentThread();
        TsdFile file = TsdFile.Open(folder["m.tsd"]);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        file.Dispose();
        await Assert.That(allocated).IsLessThan(100_000);
    }

    [Test]
    public async Task A_length_in_a_short_file_allocates_nothing_of_that_length()
    {
        using var folder = new TestFolder();
        byte[] bytes = TsdBytes.Example();
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), 64 << 20);
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), 1L << 40);
        string path = folder.Put("m.tsd", TsdBytes.Seal(bytes));
        long before = GC.GetAllocatedBytesForCurrentThread();
        TsdFile.TryOpen(path, out _, out _);
        await Assert.That(GC.GetAllocatedBytesForCurrentThread() - before).IsLessThan(100_000);
    }

    [Test]
    public async Task A_tensor_that_is_not_there_and_a_destination_of_another_length_are_refused()
    {
        using var folder = new TestFolder();
        string path = folder.Put("m.tsd", TsdBytes.Example());
        using TsdFile file = TsdFile.Open(path);
        await Assert.That(Refused.By(() => file.ReadTensor("v", new float[2])).Message).IsEqualTo($"{path} has no tensor 'v'");
        await Assert.That(() => file.ReadTensor("w", new float[3])).Throws<ArgumentException>()
            .WithMessage("tensor 'w' has 2 numbers, the destination 3");
    }

    [Test]
    public async Task Whole_numbers_are_read_as_they_are_and_as_floats_and_as_nothing_else()
    {
        using var folder = new TestFolder();
        byte[] data = new byte[128];
        byte[] numbers = [0x00, 0x01, 0x7F, 0x81, 0x80, 0xFF];
        numbers.CopyTo(data, 0);
        string entries = TsdBytes.Entry("q", "[2,3]", 0, 6, TsdBytes.Hash(numbers), dtype: "i8") + "," +
            TsdBytes.Entry("w", "[1]", 64, 4, TsdBytes.Hash(data.AsSpan(64, 4)));
        byte[] bytes = TsdBytes.File($$"""{"kind":"x","tensors":[{{entries}}]}""", data);
        string path = folder.Put("m.tsd", bytes);
        using TsdFile file = TsdFile.Open(path);
        (sbyte[] whole, float[] floats) = (new sbyte[6], new float[6]);
        await Assert.That(file.TryReadTensor("q", whole, out _)).IsTrue();
        file.ReadTensor("q", floats);
        await Assert.That(string.Join(' ', whole)).IsEqualTo("0 1 127 -127 -128 -1");
        await Assert.That(string.Join(' ', floats)).IsEqualTo("0 1 127 -127 -128 -1");
        await Assert.That((file.Tensors[0].Storage, file.Tensors[0].Count)).IsEqualTo((TensorStorage.I8, 6L));
        await Assert.That(() => file.TryReadTensor("w", new sbyte[1], out _)).Throws<ArgumentException>()
            .WithMessage("tensor 'w' is of dtype f32; i8 was expected");
        await Assert.That(() => file.TryReadTensor("q", new sbyte[5], out _)).Throws<ArgumentException>()
            .WithMessage("tensor 'q' has 6 numbers, the destination 5");
        await Assert.That(file.TryReadTensor("v", new sbyte[6], out FileProblem? missing)).IsFalse();
        await Assert.That(missing!.Kind).IsEqualTo(FileProblemKind.TensorMissing);
        await Assert.That(file.Verify()).IsEmpty();

        // A copy whose fourth number is another.
        bytes[^125] ^= 0x01;
        using TsdFile damaged = TsdFile.Open(folder.Put("d.tsd", bytes));
        await Assert.That(damaged.TryReadTensor("q", whole, out FileProblem? damage)).IsFalse();
        await Assert.That((damage!.Kind, damage.Part)).IsEqualTo((FileProblemKind.TensorDamaged, "q"));
        await Assert.That(string.Join(' ', whole)).IsEqualTo("0 0 0 0 0 0");
    }

    [Test]
    public async Task A_file_that_shrinks_while_it_is_open_is_refused()
    {
        using var folder = new TestFolder();
        string path = folder.Put("m.tsd", TsdBytes.Example());
        using TsdFile file = TsdFile.Open(path);
        using (FileStream other = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) other.SetLength(100);
        FileProblem problem = Refused.By(() => file.ReadTensor("w", new float[2]));
        await Assert.That(problem.Message).IsEqualTo($"{path} became shorter while it was read; another program is writing it");
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.Truncated);
    }

    private static void Flip(FileStream file, long at)
    {
        file.Position = at;
        int value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ 1));
    }

    private static ParameterBlock Block(params int[] lengths)
    {
        var layout = new ParameterLayout();
        for (int index = 0; index < lengths.Length; index++) layout.Add($"t{index}", lengths[index]);
        var block = new ParameterBlock(layout);
        var random = new Random(1);
        foreach (TensorSlot slot in layout.Tensors)
        {
            foreach (ref float value in block[slot]) value = random.NextSingle() - 0.5f;
        }

        return block;
    }

    private static void Write(string path, ParameterBlock block) =>
        TsdWriter.Write(path, "test", [.. block.Layout.Tensors.Select(slot => new FloatsToWrite(slot.Name, block, slot))], _ => { });
}
