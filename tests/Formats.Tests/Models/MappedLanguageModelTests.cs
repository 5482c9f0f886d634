using System.Globalization;
using TinySD.Formats.Container;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>A model used where it lies in its file: the same bits, checked before they are handed out, and not read before they are asked
/// for.</summary>
public sealed class MappedLanguageModelTests
{
    [Test]
    public async Task Its_numbers_and_its_logits_are_those_of_the_model_that_is_read()
    {
        using var folder = new TestFolder();
        LanguageModel made = Save(folder["m.tsd"], TensorStorage.F32);
        LoadedLanguageModel loaded = LanguageModelFile.Load(folder["m.tsd"]);
        using MappedLanguageModel mapped = MappedLanguageModel.Open(folder["m.tsd"]);
        await Assert.That(mapped.IsMapped).IsTrue();
        await Assert.That(mapped.Description.Config).IsEqualTo(made.Config);
        await Assert.That(mapped.Description.Vocabulary.Tokens).IsEquivalentTo(loaded.Vocabulary.Tokens, CollectionOrdering.Matching);
        await Assert.That(mapped.Model.Parameters.Values.SequenceEqual(made.Parameters.Values)).IsTrue();
        await Assert.That(ReferenceEquals(mapped.Model, mapped.Model)).IsTrue();
        LanguageModelSession one = new(loaded.Model), other = new(mapped.Model);
        foreach (int token in new[] { 0, 2, 1, 1 }) await Assert.That(one.Step(token).SequenceEqual(other.Step(token))).IsTrue();
    }

    [Test]
    public async Task Twenty_sessions_over_a_mapped_model_take_one_copy_of_its_weights()
    {
        // 4096 columns collide in the caches: 16 MiB that are copied.
        using var folder = new TestFolder();
        var made = new LanguageModel(new() { VocabularySize = 3, EmbeddingSize = 2, HiddenSize = 1024, LayerCount = 1 });
        LanguageModelFile.Save(folder["m.tsd"], made, new Vocabulary(TextLevel.Character, ["a", "b", "c"]), new()
        {
            Recipe = new() { Name = "wide", HiddenSize = 1024, EmbeddingSize = 2, LayerCount = 1 },
            Data = new TextsRecord { Train = new("t", 1), Valid = new("v", 1) },
        });
        using MappedLanguageModel mapped = MappedLanguageModel.Open(folder["m.tsd"]);
        long start = GC.GetAllocatedBytesForCurrentThread();
        List<LanguageModelSession> sessions = [new(mapped.Model)];
        long first = GC.GetAllocatedBytesForCurrentThread() - start;
        while (sessions.Count < 20) sessions.Add(new(mapped.Model));
        long others = GC.GetAllocatedBytesForCurrentThread() - start - first;
        await Assert.That(first).IsGreaterThan(1024L * 4096 * sizeof(float));
        await Assert.That(others).IsLessThan(19 * 200_000L);
        float[] logits = sessions[0].Step(1).ToArray();
        foreach (LanguageModelSession session in sessions.Skip(1))
            await Assert.That(session.Step(1).SequenceEqual(logits)).IsTrue();
    }

    [Test]
    [Arguments(TensorStorage.F16)]
    [Arguments(TensorStorage.BF16)]
    public async Task Sixteen_bits_are_expanded_and_equal_what_is_read(TensorStorage storage)
    {
        using var folder = new TestFolder();
        Save(folder["m.tsd"], storage);
        using MappedLanguageModel mapped = MappedLanguageModel.Open(folder["m.tsd"]);
        await Assert.That(mapped.IsMapped).IsFalse();
        await Assert.That(mapped.Model.Parameters.Values.SequenceEqual(LanguageModelFile.Load(folder["m.tsd"]).Model.Parameters.Values))
            .IsTrue();
    }

    [Test]
    public async Task Weights_of_eight_bits_are_read_and_run_as_a_model_that_was_read()
    {
        using var folder = new TestFolder();
        Save(folder["f.tsd"], TensorStorage.F32);
        string path = folder.Put("m.tsd", Int8Files.Of(File.ReadAllBytes(folder["f.tsd"]), LanguageModelFile.Format));
        using MappedLanguageModel mapped = MappedLanguageModel.Open(path);
        await Assert.That(mapped.IsMapped).IsFalse();
        await Assert.That(mapped.Model.Layout.Weights).IsEqualTo(WeightFormat.Int8);
        float[] logits = new LanguageModelSession(mapped.Model).Step(1).ToArray();
        await Assert.That(new LanguageModelSession(LanguageModelFile.Load(path).Model).Step(1).SequenceEqual(logits)).IsTrue();
    }

    [Test]
    public async Task A_damaged_tensor_is_named_before_any_number_is_handed_out()
    {
        using var folder = new TestFolder();
        Save(folder["m.tsd"], TensorStorage.F32);
        byte[] bytes = File.ReadAllBytes(folder["m.tsd"]);
        bytes[^64] ^= 1;
        using MappedLanguageModel mapped = MappedLanguageModel.Open(folder.Put("d.tsd", bytes));
        FileProblem expected = Refused.By(() => LanguageModelFile.Load(folder["d.tsd"]));
        await Assert.That(expected.Kind).IsEqualTo(FileProblemKind.TensorDamaged);
        await Assert.That(Refused.By(() => _ = mapped.Model)).IsEqualTo(expected);
        await Assert.That(Refused.By(() => _ = mapped.Model)).IsEqualTo(expected);
    }

    [Test]
    public async Task Weights_that_are_not_finite_are_refused_unless_they_are_allowed()
    {
        using var folder = new TestFolder();
        string path = folder.Put("m.tsd", LanguageModelBytes.Make("f32", [0, 0, 0x80, 0x7F]));
        using (MappedLanguageModel refusing = MappedLanguageModel.Open(path))
            await Assert.That(Refused.By(() => _ = refusing.Model).Kind).IsEqualTo(FileProblemKind.NotFinite);
        using MappedLanguageModel allowing = MappedLanguageModel.Open(path, NonFiniteWeights.Allow);
        await Assert.That(allowing.Model.Parameters.Values.Contains(float.PositiveInfinity)).IsTrue();
    }

    /// <summary>Writers rename: who has the old file mapped goes on with the old numbers.</summary>
    [Test]
    public async Task A_file_that_is_replaced_stays_as_it_was()
    {
        if (OperatingSystem.IsWindows()) Skip.Test("Windows does not replace a mapped file");
        using var folder = new TestFolder();
        LanguageModel old = Save(folder["m.tsd"], TensorStorage.F32);
        using MappedLanguageModel mapped = MappedLanguageModel.Open(folder["m.tsd"]);
        Save(folder["m.tsd"], TensorStorage.F32, seed: 2);
        await Assert.That(mapped.Model.Parameters.Values.SequenceEqual(old.Parameters.Values)).IsTrue();
        await Assert.That(LanguageModelFile.Load(folder["m.tsd"]).Model.Parameters.Values.SequenceEqual(old.Parameters.Values)).IsFalse();
    }

    [Test]
    public async Task Writing_to_its_memory_does_not_change_the_file()
    {
        using var folder = new TestFolder();
        Save(folder["m.tsd"], TensorStorage.F32);
        byte[] before = File.ReadAllBytes(folder["m.tsd"]);
        using (MappedLanguageModel mapped = MappedLanguageModel.Open(folder["m.tsd"])) mapped.Model.Initialize(3, 0.5f);
        await Assert.That(File.ReadAllBytes(folder["m.tsd"]).AsSpan().SequenceEqual(before)).IsTrue();
    }

    [Test]
    public async Task After_disposal_every_use_throws()
    {
        using var folder = new TestFolder();
        Save(folder["m.tsd"], TensorStorage.F32);
        MappedLanguageModel mapped = MappedLanguageModel.Open(folder["m.tsd"]);
        LanguageModel model = mapped.Model;
        mapped.Dispose();
        mapped.Dispose();
        await Assert.That(() => mapped.Model).Throws<ObjectDisposedException>();
        await Assert.That(() => model.Parameters.Values.Length).Throws<ObjectDisposedException>();
        await Assert.That(mapped.Description.Config).IsEqualTo(model.Config);
    }

    /// <summary>A model of 208 MB: opening reads its header, and its numbers come into memory when they are asked for.</summary>
    [Test]
    [NotInParallel("large memory")]
    public async Task Opening_a_large_model_touches_next_to_nothing_of_it()
    {
        if (!OperatingSystem.IsLinux()) Skip.Test("needs Linux's /proc");
        using var folder = new TestFolder();
        string path = folder["large.tsd"];
        LanguageModelBytes.WriteZeros(path, hidden: 2048, vocabulary: 4096);
        long length = new FileInfo(path).Length;
        await Assert.That(length).IsGreaterThan(200_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        MappedLanguageModel mapped = MappedLanguageModel.Open(path);
        long opening = GC.GetAllocatedBytesForCurrentThread() - before, resident = ResidentBytes(path);
        before = GC.GetAllocatedBytesForCurrentThread();
        LanguageModel model = mapped.Model;
        long checking = GC.GetAllocatedBytesForCurrentThread() - before, residentAfter = ResidentBytes(path);
        bool isZero = !model.Parameters.Values.ContainsAnyExcept(0f);
        mapped.Dispose();
        await Assert.That(isZero).IsTrue();
        await Assert.That(opening).IsLessThan(8_000_000);
        await Assert.That(checking).IsLessThan(1_000_000);
        await Assert.That(resident).IsLessThan(4_000_000);

        // That this measures anything: all of it is there once it was checked, and none when it is closed.
        await Assert.That(residentAfter).IsGreaterThan(200_000_000);
        await Assert.That(ResidentBytes(path)).IsEqualTo(0);
    }

    [Test]
    [NotInParallel("large memory")]
    [Arguments("f32")]
    [Arguments("bf16")]
    public async Task Verifying_a_large_model_streams(string dtype)
    {
        using var folder = new TestFolder();
        string path = folder["large.tsd"];
        LanguageModelBytes.WriteZeros(path, hidden: 2048, vocabulary: 4096, dtype);
        using TsdFile file = TsdFile.Open(path);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int damaged = file.Verify().Count;
        await Assert.That(GC.GetAllocatedBytesForCurrentThread() - before).IsLessThan(4_000_000);
        await Assert.That(damaged).IsEqualTo(0);
    }

    // What of the mapped file is in this process's memory, as the kernel counts it.
    private static long ResidentBytes(string path)
    {
        long kilobytes = 0;
        bool isOurs = false;
        foreach (string line in File.ReadLines("/proc/self/smaps"))
        {
            if (line.Length > 0 && (char.IsAsciiDigit(line[0]) || line[0] is >= 'a' and <= 'f'))
                isOurs = line.EndsWith(path, StringComparison.Ordinal);
            else if (isOurs && line.StartsWith("Rss:", StringComparison.Ordinal))
                kilobytes += long.Parse(line.AsSpan(4, line.Length - 6), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                    CultureInfo.InvariantCulture);
        }

        return kilobytes * 1024;
    }

    private static LanguageModel Save(string path, TensorStorage storage, ulong seed = 1)
    {
        var model = new LanguageModel(new LanguageModelConfig { VocabularySize = 3, EmbeddingSize = 5, HiddenSize = 17, LayerCount = 2 });
        model.Initialize(seed, 0.1f);
        LanguageModelFile.Save(path, model, new Vocabulary(TextLevel.Character, ["a", "b", "c"]),
            new() { Recipe = new() { Name = "n" }, Data = new() { Train = new("t", 1), Valid = new("v", 1) } }, storage);
        return model;
    }
}
