using TinySD.Formats.Container;
using TinySD.Formats.Models;
using TinySD.Formats.Text;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>A small model with every bit flipped in turn, and cut off at every length.</summary>
public sealed class DamageTests
{
    private static readonly FileProblemKind[] s_damage =
    [
        FileProblemKind.PrologueDamaged, FileProblemKind.TransferDamage, FileProblemKind.HeaderDamaged, FileProblemKind.TensorDamaged,
        FileProblemKind.PaddingDamaged,
    ];

    [Test]
    [Arguments(TensorStorage.F32)]
    [Arguments(TensorStorage.F16)]
    [Arguments(TensorStorage.I8)]
    public async Task Every_flipped_bit_is_found_by_loading_mapping_and_verifying_and_named_where_it_is(TensorStorage storage)
    {
        using var folder = new TestFolder();
        byte[] bytes = Save(folder, storage);
        string path = folder["m.tsd"];
        int headerEnd = 64 + (int)System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(16));
        var wrong = new List<string>();
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0);
        for (int at = 0; at < bytes.Length; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                Put(file, at, (byte)(bytes[at] ^ (1 << bit)));
                if (LanguageModelFile.TryLoad(path, out _, out FileProblem? problem)) wrong.Add($"byte {at} bit {bit} is not found");
                else if (!s_damage.Contains(problem.Kind) || !IsNear(problem.Offset!.Value, at, headerEnd))
                    wrong.Add($"byte {at} bit {bit}: {problem.Message}");
                if (IsMapped(path)) wrong.Add($"byte {at} bit {bit} is not found in the mapped file");
                if (IsVerified(path)) wrong.Add($"byte {at} bit {bit} is not found by verify");
            }

            Put(file, at, bytes[at]);
        }

        await Assert.That(wrong).IsEmpty();
        await Assert.That(LanguageModelFile.TryLoad(path, out _, out _)).IsTrue();
        await Assert.That(IsMapped(path)).IsTrue();
        await Assert.That(IsVerified(path)).IsTrue();
    }

    [Test]
    public async Task Every_cut_is_refused()
    {
        using var folder = new TestFolder();
        byte[] bytes = Save(folder);
        string path = folder["m.tsd"];
        using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0);
        for (int length = bytes.Length - 1; length >= 0; length--)
        {
            file.SetLength(length);
            FileProblem problem = Refused.By(() => LanguageModelFile.Load(path));
            string message = length switch
            {
                0 => $"{path} is empty; a TinySD model was expected",
                < 64 => $"{path} is cut short: it has {length} {(length == 1 ? "byte" : "bytes")}, and the prologue alone has 64. Copy " +
                    "or download it again.",
                _ => $"{path} is cut short: {bytes.Length} bytes expected, {length} found. Copy or download it again.",
            };
            if (problem.Message != message) await Assert.That(problem.Message).IsEqualTo(message);
        }
    }

    // The prologue is checked as one, and so are the header and each tensor: the place named is where the damaged part begins.
    private static bool IsNear(long named, int damaged, int headerEnd) =>
        damaged < 64 ? named < 8 : damaged < headerEnd ? named == 64 : named <= damaged && damaged - named < 64;

    private static bool IsVerified(string path)
    {
        if (!TsdFile.TryOpen(path, out TsdFile? file, out _)) return false;
        using (file) return file.Verify().Count == 0;
    }

    private static bool IsMapped(string path)
    {
        if (!MappedLanguageModel.TryOpen(path, out MappedLanguageModel? mapped, out _)) return false;
        using (mapped) return mapped.TryGetModel(out _, out _);
    }

    private static void Put(FileStream file, int at, byte value)
    {
        file.Position = at;
        file.WriteByte(value);
    }

    private static byte[] Save(TestFolder folder, TensorStorage storage = TensorStorage.F32)
    {
        var model = new LanguageModel(new LanguageModelConfig { VocabularySize = 2, EmbeddingSize = 1, HiddenSize = 1, LayerCount = 1 });
        model.Initialize(1, 0.1f);
        bool isWhole = storage == TensorStorage.I8;
        if (isWhole) model = model.ConvertTo(WeightFormat.Int8);
        LanguageModelFile.Save(folder["m.tsd"], model, new Vocabulary(TextLevel.Character, ["a", "b"]), new()
        {
            Recipe = new() { Name = "n" },
            Data = new() { Train = new("t", 1), Valid = new("v", 1) },
        }, isWhole ? TensorStorage.F32 : storage);
        return File.ReadAllBytes(folder["m.tsd"]);
    }
}
