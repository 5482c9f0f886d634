using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using TinySD.Formats.Checkpoints;
using TinySD.Formats.Container;
using TinySD.Formats.Text;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;

namespace TinySD.Formats.Tests;

/// <summary>Checkpoints: what is written comes back, and what is not as the format asks is refused.</summary>
public sealed class CheckpointFileTests
{
    private static readonly string s_one = new('1', 32), s_two = new('2', 32), s_three = new('3', 32), s_four = new('4', 32), s_five = new('a', 32);

    /// <summary>No property has its default value, so that one which is not written would show.</summary>
    private static readonly LanguageModelCheckpoint s_content = new()
    {
        WrittenBy = "TinySD 9.9.9",
        Progress = new()
        {
            Updates = 17,
            Epoch = 2,
            Step = 3,
            LossSum = 0.1 + 0.2, // 17 digits
            Seconds = 1.5,
            TotalSeconds = 1e-300,
            LearningRate = 0.1f,
            OptimizerUpdates = 18,
            AveragedUpdates = 16,
        },
        Recipe = LanguageModelFileTests.FullRecipe with { BatchSize = 20 },
        Level = TextLevel.Word,
        LineMarks = LineMarks.None,
        MinimumCount = 4,
        MaximumVocabulary = 10_000,
        Vocabulary = new(9, s_one),
        Train = new("../data/größe.txt.gz", 929_589, s_two),
        Valid = new("v", 2, s_three),
        Test = new("/t", 3, s_four),
        Streams = 3,
        Schedule = new("m.tss", 40, s_five),
        Output = "out/m.tsd",
        Report = "/r/größe.html",
        Dtype = TensorStorage.BF16,
        MaxSteps = 33,
        CheckpointEvery = 5,
        CheckpointKeep = 6,
        CheckpointsAreTemporary = true,
        Epochs = [new(1, 7, 270.5, 1.0 / 3, 1f, 2.5, 100.25), new(2, 7, 1e300, 121.25, 0.1f, 3.5, 0)],
        BestEpoch = 1,
    };

    /// <summary>Writes a right checkpoint.</summary>
    internal static string Put(TestFolder folder, string name)
    {
        LanguageModelCheckpointFile.Write(folder[name], s_content, Blocks(1f));
        return folder[name];
    }

    [Test]
    public async Task A_checkpoint_comes_back_as_it_was()
    {
        using var folder = new TestFolder();
        CheckpointBlock[] blocks = Blocks(1f);
        LanguageModelCheckpointFile.Write(folder["c.tsd"], s_content, blocks);
        CheckpointBlock[] back = Blocks(0f);
        using LanguageModelCheckpointFile file = Open(folder["c.tsd"]);
        file.Load(back);
        LanguageModelCheckpoint found = file.Content;
        await Assert.That(found.Epochs).IsEquivalentTo(s_content.Epochs, CollectionOrdering.Matching);
        await Assert.That(found with { Epochs = s_content.Epochs }).IsEqualTo(s_content);
        foreach ((CheckpointBlock one, CheckpointBlock other) in blocks.Zip(back))
            await Assert.That(one.Block.Values.SequenceEqual(other.Block.Values)).IsTrue();
    }

    [Test]
    public async Task What_is_optional_may_be_absent()
    {
        using var folder = new TestFolder();
        LanguageModelCheckpoint first = s_content with
        {
            Progress = s_content.Progress with { Updates = 0, Epoch = 0, Step = 0, AveragedUpdates = null },
            LineMarks = LineMarks.Always,
            Test = null,
            Streams = null,
            Schedule = null,
            MaximumVocabulary = null,
            MaxSteps = null,
            CheckpointEvery = null,
            Epochs = [],
            BestEpoch = null,
        };
        LanguageModelCheckpointFile.Write(folder["c.tsd"], first, []);
        using LanguageModelCheckpointFile file = Open(folder["c.tsd"]);
        await Assert.That(file.Content with { Epochs = first.Epochs }).IsEqualTo(first);
    }

    [Test]
    public async Task Every_property_is_in_the_file()
    {
        using var folder = new TestFolder();
        using var json = JsonDocument.Parse(TsdBytes.Split(Save(folder)).Header);
        JsonElement run = json.RootElement.GetProperty("run"), progress = json.RootElement.GetProperty("progress");
        await Assert.That(Names(json.RootElement)).IsEquivalentTo(["kind", "task", "progress", "run", "tensors"], CollectionOrdering.Matching);
        await Assert.That(Names(progress)).IsEquivalentTo(Properties<TrainingProgress>());
        await Assert.That(Names(run)).IsEquivalentTo(Properties<LanguageModelCheckpoint>().Except(["progress"]));
        await Assert.That(Names(run.GetProperty("epochs")[0])).IsEquivalentTo(Properties<FinishedEpoch>());
        string[] tensors = [.. json.RootElement.GetProperty("tensors").EnumerateArray().Select(tensor => tensor.GetProperty("name").GetString()!)];
        await Assert.That(tensors).IsEquivalentTo(["w", "b", "adam.first.w", "adam.first.b", "best.w", "best.b"], CollectionOrdering.Matching);

        static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(member => member.Name);
        static IEnumerable<string> Properties<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>() =>
            typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.CanWrite)
                .Select(property => char.ToLowerInvariant(property.Name[0]) + property.Name[1..]);
    }

    [Test]
    [Arguments("\"step\":3,|", FileProblemKind.HeaderInvalid, "progress")]
    [Arguments("\"step\":3|\"step\":3,\"step\":3", FileProblemKind.HeaderInvalid, "progress")]
    [Arguments("\"step\":3|\"step\":\"3\"", FileProblemKind.HeaderInvalid, "progress")]
    [Arguments("\"step\":3|\"step\":3,\"window\":3", FileProblemKind.HeaderInvalid, "progress")]
    [Arguments("\"output\":\"out/m.tsd\"|\"output\":null", FileProblemKind.HeaderInvalid, "run")]
    [Arguments("\"task\":\"language-model\",|", FileProblemKind.HeaderInvalid, "task")]
    [Arguments("\"task\":\"language-model\"|\"task\":3", FileProblemKind.HeaderInvalid, "task")]
    [Arguments("\"task\":\"language-model\"|\"task\":\"tagger\"", FileProblemKind.WrongKind, "task")]
    [Arguments("\"kind\":\"checkpoint\"|\"kind\":\"language-model\"", FileProblemKind.WrongKind, "kind")]
    [Arguments("\"kind\":\"checkpoint\"|\"kind\":\"checkpoint\",\"more\":1", FileProblemKind.CheckpointInvalid, "more")]
    [Arguments("\"updates\":17|\"updates\":18", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"updates\":17|\"updates\":2147483648", FileProblemKind.CheckpointInvalid, "progress")]
    [Arguments("\"updates\":17|\"updates\":-1", FileProblemKind.CheckpointInvalid, "progress")]
    [Arguments("\"step\":3|\"step\":-3", FileProblemKind.CheckpointInvalid, "progress")]
    [Arguments("\"optimizerUpdates\":18|\"optimizerUpdates\":-1", FileProblemKind.CheckpointInvalid, "progress")]
    [Arguments("\"averagedUpdates\":16|\"averagedUpdates\":-1", FileProblemKind.CheckpointInvalid, "progress")]
    [Arguments("\"averagedUpdates\":16|\"averagedUpdates\":19", FileProblemKind.CheckpointInvalid, "progress")]
    [Arguments("\"averagedUpdates\":16|\"averagedUpdates\":1.5", FileProblemKind.HeaderInvalid, "progress")]
    [Arguments("\"optimizer\":\"nt-asgd\"|\"optimizer\":\"sgd\"", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"weightDrop\":0.2|\"weightDrop\":1", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"seconds\":1.5|\"seconds\":-1.5", FileProblemKind.CheckpointInvalid, "progress")]
    [Arguments("\"learningRate\":0.1,\"optimizer|\"learningRate\":-1,\"optimizer", FileProblemKind.CheckpointInvalid, "progress")]
    [Arguments("\"epoch\":2,\"step\"|\"epoch\":1,\"step\"", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"epoch\":2,\"steps\"|\"epoch\":3,\"steps\"", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"trainLoss\":690.7755278982137|\"trainLoss\":1e999", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"bestEpoch\":1|\"bestEpoch\":3", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"bestEpoch\":1|\"bestEpoch\":null", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"level\":\"word\"|\"level\":\"line\"", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"level\":\"word\"|\"level\":\"char\"", FileProblemKind.CheckpointInvalid, "run")] // which has no marks at its lines' ends
    [Arguments("\"lineMarks\":\"none\"|\"lineMarks\":\"some\"", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"streams\":3|\"streams\":0", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"streams\":3|\"streams\":65537", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"minimumCount\":4|\"minimumCount\":0", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"checkpointKeep\":6|\"checkpointKeep\":0", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"batchSize\":20|\"batchSize\":0", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("11111111\"|1111111G\"", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"tokens\":2,|\"tokens\":1,", FileProblemKind.CheckpointInvalid, "run")]
    public async Task A_header_that_is_not_as_the_format_asks_is_refused(string change, FileProblemKind kind, string part)
    {
        using var folder = new TestFolder();
        (string header, byte[] data) = TsdBytes.Split(Save(folder));
        string[] parts = change.Split('|');
        int at = header.IndexOf(parts[0], StringComparison.Ordinal);
        await Assert.That(at).IsGreaterThanOrEqualTo(0);
        string path = folder.Put("c.tsd", TsdBytes.File(string.Concat(header.AsSpan(0, at), parts[1], header.AsSpan(at + parts[0].Length)), data));
        await Assert.That(LanguageModelCheckpointFile.TryOpen(path, out _, out FileProblem? problem)).IsFalse();
        await Assert.That(problem!.Kind).IsEqualTo(kind).Because(problem.Message);
        await Assert.That(problem.Part).StartsWith(part);
        await Assert.That(problem.Offset!.Value).IsGreaterThanOrEqualTo(64);
        await Assert.That(problem.Message).Contains(path);
    }

    [Test]
    public async Task Epochs_whose_perplexity_no_number_holds_come_back_with_their_losses()
    {
        using var folder = new TestFolder();
        FinishedEpoch[] epochs =
        [
            new(1, 7, double.PositiveInfinity, double.PositiveInfinity, 1f, 2.5, 100) { TrainLoss = 921.0340371976183, ValidLoss = 805.904782547916 },
            new(2, 7, 3.5, double.PositiveInfinity, 1f, 2.5, 100) { TrainLoss = 1.2527629684953681, ValidLoss = 805.9047825479162 },
        ];
        LanguageModelCheckpointFile.Write(folder["c.tsd"], s_content with { Epochs = epochs }, Blocks(1f));
        using LanguageModelCheckpointFile file = Open(folder["c.tsd"]);
        await Assert.That(file.Content.Epochs).IsEquivalentTo(epochs, CollectionOrdering.Matching);
        await Assert.That(TsdBytes.Split(File.ReadAllBytes(folder["c.tsd"])).Header)
            .Contains("\"epoch\":1,\"steps\":7,\"trainLoss\":921.0340371976183,\"validLoss\":805.904782547916,\"learningRate\":1,");
        FinishedEpoch diverged = epochs[0] with { ValidLoss = double.NaN };
        await Assert.That(() => LanguageModelCheckpointFile.Write(folder["d.tsd"], s_content with { Epochs = [epochs[0], diverged with { Epoch = 2 }] }, Blocks(1f)))
            .Throws<ArgumentException>();
    }

    [Test]
    public async Task A_checkpoint_from_before_there_were_losses_and_reports_is_read()
    {
        using var folder = new TestFolder();
        (string header, byte[] data) = TsdBytes.Split(Save(folder));
        string old = System.Text.RegularExpressions.Regex.Replace(header, "\"(train|valid)Loss\":[^,]*,|\"report\":\"[^\"]*\",", "");
        await Assert.That(old.Length).IsLessThan(header.Length - 100);
        folder.Put("old.tsd", TsdBytes.File(old, data));
        using LanguageModelCheckpointFile file = Open(folder["old.tsd"]);
        await Assert.That(file.Content.Report).IsNull();
        await Assert.That(file.Content.Epochs[1].TrainPerplexity).IsEqualTo(1e300);
        await Assert.That(file.Content.Epochs[1].ValidLoss).IsEqualTo(Math.Log(121.25)).Within(1e-14);
    }

    [Test]
    public async Task Every_damaged_byte_and_every_cut_is_found_on_opening()
    {
        using var folder = new TestFolder();
        byte[] bytes = Save(folder);
        var missed = new List<int>();
        for (int at = 0; at < bytes.Length; at++)
        {
            bytes[at] ^= (byte)(1 << (at % 8));
            if (LanguageModelCheckpointFile.TryOpen(folder.Put("c.tsd", bytes), out LanguageModelCheckpointFile? file, out _))
            {
                file.Dispose();
                missed.Add(at);
            }

            bytes[at] ^= (byte)(1 << (at % 8));
            if (LanguageModelCheckpointFile.TryOpen(folder.Put("c.tsd", bytes.AsSpan(0, at)), out file, out _))
            {
                file.Dispose();
                missed.Add(at);
            }
        }

        await Assert.That(missed).IsEmpty();
    }

    [Test]
    public async Task Tensors_of_another_recipe_are_refused()
    {
        using var folder = new TestFolder();
        Save(folder);
        using LanguageModelCheckpointFile file = Open(folder["saved.tsd"]);
        CheckpointBlock[] blocks = Blocks(0f);
        await Assert.That(Refused.By(() => file.Load(blocks[..2])).Message).Contains("it has 6 tensors, its recipe makes 4");
        CheckpointBlock[] renamed = [blocks[0], new("adam.second.", blocks[1].Block), blocks[2]];
        await Assert.That(Refused.By(() => file.Load(renamed)).Message).Contains("it has the tensor 'adam.first.w' [2, 5], where its recipe makes 'adam.second.w' [2, 5]");
        var layout = new ParameterLayout();
        layout.Add("w", 5, 2);
        layout.Add("b", 5);
        CheckpointBlock[] turned = [new("", new ParameterBlock(layout)), blocks[1], blocks[2]];
        await Assert.That(Refused.By(() => file.Load(turned)).Kind).IsEqualTo(FileProblemKind.CheckpointInvalid);
    }

    [Test]
    public async Task Weights_that_are_not_finite_are_not_written_and_the_optimizers_numbers_are_its_own_affair()
    {
        using var folder = new TestFolder();
        CheckpointBlock[] blocks = Blocks(1f);
        blocks[2].Block.Values[3] = float.NaN;
        FileProblem problem = Refused.By(() => LanguageModelCheckpointFile.Write(folder["c.tsd"], s_content, blocks));
        await Assert.That((problem.Kind, problem.Part)).IsEqualTo((FileProblemKind.NotFinite, "best.w"));
        await Assert.That(folder.Names()).IsEmpty();
        blocks[2].Block.Values[3] = 0f;
        blocks[1].Block.Values[3] = float.PositiveInfinity;
        LanguageModelCheckpointFile.Write(folder["c.tsd"], s_content, blocks);
        using LanguageModelCheckpointFile file = Open(folder["c.tsd"]);
        file.Load(blocks);
    }

    [Test]
    public async Task Content_that_contradicts_itself_is_not_written()
    {
        using var folder = new TestFolder();
        await Assert.That(() => LanguageModelCheckpointFile.Write(folder["c.tsd"], s_content with { BestEpoch = 3 }, [])).Throws<ArgumentException>();
        await Assert.That(folder.Names()).IsEmpty();
    }

    [Test]
    public async Task Fingerprints_are_what_the_format_says()
    {
        int[] tokens = [.. Enumerable.Range(0, 3_000_000)];
        byte[] bytes = new byte[4 * tokens.Length];
        Buffer.BlockCopy(tokens, 0, bytes, 0, bytes.Length);
        await Assert.That(Fingerprint.Of(new TokenMemory(tokens))).IsEqualTo(TsdBytes.Hash(bytes));
        await Assert.That(Fingerprint.Of(new Vocabulary(TextLevel.Character, ["a", "ß", "\n"]))).IsEqualTo(TsdBytes.Hash("a\0ß\0\n\0"u8));
    }

    private static CheckpointBlock[] Blocks(float value)
    {
        var layout = new ParameterLayout();
        layout.Add("w", 2, 5);
        layout.Add("b", 5);
        return [Block("", 1, true), Block("adam.first.", 2, false), Block("best.", 3, true)];

        CheckpointBlock Block(string prefix, int start, bool areWeights)
        {
            var block = new ParameterBlock(layout);
            foreach (TensorSlot slot in layout.Tensors)
            {
                foreach (ref float number in block[slot]) number = value * start++;
            }

            return new CheckpointBlock(prefix, block, areWeights);
        }
    }

    private static LanguageModelCheckpointFile Open(string path) =>
        LanguageModelCheckpointFile.TryOpen(path, out LanguageModelCheckpointFile? file, out FileProblem? problem)
            ? file
            : throw new FileProblemException(problem);

    /// <summary>A whole checkpoint.</summary>
    internal static byte[] Save(TestFolder folder)
    {
        LanguageModelCheckpointFile.Write(folder["saved.tsd"], s_content, Blocks(1f));
        return File.ReadAllBytes(folder["saved.tsd"]);
    }
}
