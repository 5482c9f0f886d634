using System.Globalization;
using System.IO.Compression;
using System.Text;
using TinySD.Formats.Text;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;

namespace TinySD.Formats.Tests;

/// <summary>Long texts in a temporary file give what short ones in memory do.</summary>
public sealed class TokenStoreTests
{
    // More than one block of any width, and no whole number of them.
    private const int Length = 900_001;

    [Test]
    [Arguments(0L)]
    [Arguments(long.MaxValue)]
    public async Task Unknown_tokens_are_counted_those_of_the_text_too(long memoryBytes)
    {
        using var folder = new TestFolder();
        var vocabulary = new Vocabulary(TextLevel.Word, ["a", "<unk>", "<eos>"]);
        using TokenStore store = Corpus.Store(folder.Put("a", "a b <unk>\nc\n"u8), vocabulary, memoryBytes, folder.Path);
        await Assert.That((store.Length, store.UnknownCount)).IsEqualTo((6L, 3L));
    }

    // One, two and three bytes an id.
    [Test]
    [Arguments(200)]
    [Arguments(256)]
    [Arguments(257)]
    [Arguments(65_536)]
    [Arguments(65_537)]
    [Arguments(70_000)]
    public async Task Ids_come_back_from_memory_and_from_a_file(int words)
    {
        using var folder = new TestFolder();
        int[] expected = Ids(words);
        (string path, Vocabulary vocabulary) = Write(folder, expected, words);
        using TokenStore inMemory = Corpus.Store(path, vocabulary), inFile = Corpus.Store(path, vocabulary, 100_000, folder.Path);
        await Assert.That((inMemory.IsInMemory, inFile.IsInMemory)).IsEqualTo((true, false));
        int[] array = Corpus.Encode(path, vocabulary);
        await Assert.That(array.SequenceEqual(expected)).IsTrue();
        foreach (TokenStore store in (TokenStore[])[inMemory, inFile])
        {
            await Assert.That(store.Length).IsEqualTo(expected.Length);
            await Assert.That(store.ToArray().SequenceEqual(expected)).IsTrue();
            var random = new Random(3);
            for (int i = 0; i < 300; i++)
            {
                int position = random.Next(Length), count = random.Next(Math.Min(30_000, Length - position) + 1);
                int[] run = new int[count];
                store.Read(position, run);
                await Assert.That(run.AsSpan().SequenceEqual(expected.AsSpan(position, count)))
                    .IsTrue().Because($"{count} from {position}");
            }
        }
    }

    [Test]
    public async Task The_temporary_file_has_no_name_while_it_is_used()
    {
        if (OperatingSystem.IsWindows()) Skip.Test("on Windows it has a name until its handle is closed");
        using var folder = new TestFolder();
        string path = folder.Put("a.bin", new byte[10]);
        using TokenStore store = Corpus.Store(path, Vocabulary.Bytes, 0, folder.Path);
        await Assert.That(store.IsInMemory).IsFalse();
        await Assert.That(folder.Names()).IsEquivalentTo(["a.bin"]);
    }

    [Test]
    [Arguments(0L)]
    [Arguments(long.MaxValue)]
    public async Task Positions_beyond_the_text_are_refused(long memoryBytes)
    {
        using var folder = new TestFolder();
        using TokenStore store = Corpus.Store(folder.Put("a", [1, 2, 3]), Vocabulary.Bytes, memoryBytes);
        int[] run = new int[2];
        store.Read(1, run);
        await Assert.That(run).IsEquivalentTo([2, 3], CollectionOrdering.Matching);
        store.Read(3, []);
        await Assert.That(() => store.Read(2, run)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => store.Read(-1, run)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => store.Read(long.MaxValue, run)).Throws<ArgumentOutOfRangeException>();
    }

    [Test]
    [Arguments(0L)]
    [Arguments(long.MaxValue)]
    public async Task Reading_a_window_allocates_nothing(long memoryBytes)
    {
        using var folder = new TestFolder();
        using TokenStore store = Corpus.Store(folder.Put("a", new byte[Length]), Vocabulary.Bytes, memoryBytes);
        var windows = new TokenWindows(store, 20, 35);
        int[] inputs = new int[700], targets = new int[700];
        long least = long.MaxValue;
        for (int round = 0; round < 5 && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int window = 0; window < 100; window++) windows.Fill(window, inputs, targets);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        await Assert.That(least).IsEqualTo(0);
    }

    [Test]
    public async Task A_corpus_in_a_file_trains_and_evaluates_to_the_same_bits_packed_or_not()
    {
        using var folder = new TestFolder();
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 4000).Select(i => $"the {i * i % 97} and {i % 13}\n")));
        string plain = folder.Put("a.txt", text), packed = folder.Put("a.gz", Gzip(text));
        Vocabulary vocabulary = Vocabulary.Build(Corpus.Count(plain, TextLevel.Word));
        (float[] Parameters, double Loss) expected = TrainAndEvaluate(new TokenMemory(Corpus.Encode(plain, vocabulary)), vocabulary.Count);
        foreach (string path in (string[])[plain, packed])
        {
            using TokenStore store = Corpus.Store(path, vocabulary, 1000, folder.Path);
            await Assert.That(store.IsInMemory).IsFalse();
            (float[] parameters, double loss) = TrainAndEvaluate(store, vocabulary.Count);
            await Assert.That(parameters.SequenceEqual(expected.Parameters)).IsTrue();
            await Assert.That(loss).IsEqualTo(expected.Loss);
        }
    }

    [Test]
    public async Task A_folder_without_room_or_that_is_not_there_is_named()
    {
        using var folder = new TestFolder();
        string path = folder.Put("a.bin", new byte[2_000_000]), none = folder["none"];
        FileProblem problem = Refused.By(() => Corpus.Store(path, Vocabulary.Bytes, 0, none));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.WriteFailed);
        await Assert.That(problem.Message).StartsWith($"{path} is too long for memory, and its token ids cannot be kept in {none} (");
        await Assert.That(problem.Message).EndsWith("; set TMPDIR to a folder on a disk with room for it");
    }

    [Test]
    [NotInParallel]
    public async Task A_full_disk_is_named()
    {
        using var folder = new TestFolder();
        string path = folder.Put("a.bin", new byte[2_000_000]), small = folder["small"];
        using SmallDisk disk = SmallDisk.Mount(small);
        FileProblem problem = Refused.By(() => Corpus.Store(path, Vocabulary.Bytes, 0, small));
        await Assert.That(problem.Kind).IsEqualTo(FileProblemKind.NoSpace);
        await Assert.That(problem.Message).IsEqualTo(
            $"{path} is too long for memory, and {small} has no space left for its token ids; set TMPDIR to a folder on a disk with room " +
            "for it");
        await Assert.That(Directory.GetFileSystemEntries(small)).IsEmpty();
    }

    // Every id at least once, and last the line's end, which has the highest.
    private static int[] Ids(int words)
    {
        var random = new Random(words);
        int[] ids = new int[Length];
        for (int i = 0; i < ids.Length; i++) ids[i] = i < words - 1 ? i : random.Next(words - 1);
        ids[^1] = words - 1;
        return ids;
    }

    // A word for each id but the last, which the file's end makes.
    private static (string Path, Vocabulary Vocabulary) Write(TestFolder folder, int[] ids, int words)
    {
        string text = string.Join(' ', ids[..^1].Select(Name));
        return (folder.Put("a.txt", Encoding.UTF8.GetBytes(text)),
            new Vocabulary(TextLevel.Word, [.. Enumerable.Range(0, words - 1).Select(Name), Vocabulary.EndOfLine]));
    }

    private static string Name(int id) => id.ToString(CultureInfo.InvariantCulture);

    private static (float[] Parameters, double Loss) TrainAndEvaluate(ITokenSource text, int vocabulary)
    {
        LanguageModelRecipe recipe = new() { Name = "test", HiddenSize = 8, BatchSize = 7, Bptt = 5 };
        var model = new LanguageModel(recipe.ToConfig(vocabulary));
        model.Initialize(recipe.Seed, recipe.InitRange);
        var trainer = new LanguageModelTrainer(model, recipe);
        var windows = new TokenWindows(text, recipe.BatchSize, recipe.Bptt);
        int[] inputs = new int[35], targets = new int[35];
        for (int step = 0; step < 50; step++)
        {
            windows.Fill(step * 7 % windows.Count, inputs, targets);
            trainer.Step(inputs, targets);
        }

        return (model.Parameters.Values.ToArray(), new LanguageModelEvaluator(model, null, streams: 3).Evaluate(text)
            .NegativeLogLikelihood);
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(bytes);
        return packed.ToArray();
    }
}
