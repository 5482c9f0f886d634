using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using TinySD.Formats.Checkpoints;
using TinySD.Formats.Container;
using TinySD.Formats.Text;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

using OpenCheckpoint =
    TinySD.Formats.Checkpoints.CheckpointFile<TinySD.Runtime.Tasks.LanguageModelRecipe, TinySD.Formats.Checkpoints.RunTexts>;

namespace TinySD.Formats.Tests;

/// <summary>Checkpoints: what is written comes back, and what is not as the format asks is refused.</summary>
public sealed class CheckpointFileTests
{
    private static readonly string s_one = new('1', 32), s_two = new('2', 32), s_three = new('3', 32), s_four = new('4', 32),
        s_five = new('a', 32);

    /// <summary>No property has its default value, so that one which is not written would show.</summary>
    private static readonly Checkpoint<LanguageModelRecipe, RunTexts> s_content = new()
    {
        WrittenBy = "TinySD 9.9.9",
        State = new()
        {
            Updates = 17,
            Epoch = 2,
            Step = 3,
            LossSum = 0.1 + 0.2, // 17 digits
            ScoreSum = 12.75,
            Seconds = 1.5,
            TotalSeconds = 1e-300,
            LearningRate = 0.1f,
            Counts = new(18, 16),
            Epochs = [Epoch(1, 270.5, 1.0 / 3, 1f, 2.5, 100.25), Epoch(2, 1e300, 121.25, 0.1f, 3.5, 0)],
            BestEpoch = 1,
            Curve = new(5, 4, [1.5, 2.5, 0.1 + 0.2], [4, 5, 6]),
        },
        Recipe = LanguageModelFileTests.FullRecipe with { BatchSize = 20 },
        Data = new()
        {
            Level = TextLevel.Word,
            LineMarks = LineMarks.None,
            LowerCase = true,
            Tokenize = WordSplit.Simple,
            MinimumCount = 4,
            MaximumVocabulary = 10_000,
            Vocabulary = new(9, s_one),
            Train = new("../data/größe.txt.gz", 929_589, s_two),
            Valid = new("v", 2, s_three),
            ValidFraction = 0.1f,
            Test = new("/t", 3, s_four),
            Streams = 3,
        },
        Settings = new()
        {
            Schedule = new("m.tss", 40, s_five),
            Output = "out/m.tsd",
            InitFrom = "/m/größe.tsd",
            Report = "/r/größe.html",
            Log = "/r/größe.jsonl",
            LogEvery = 7,
            Dtype = TensorStorage.BF16,
            MaxSteps = 33,
            CheckpointEvery = 5,
            CheckpointKeep = 6,
            CheckpointsAreTemporary = true,
        },
    };

    /// <summary>Writes a right checkpoint.</summary>
    internal static string Put(TestFolder folder, string name)
    {
        LanguageModelCheckpoint.Format.Write(folder[name], s_content, Blocks(1f));
        return folder[name];
    }

    [Test]
    public async Task A_checkpoint_comes_back_as_it_was()
    {
        using var folder = new TestFolder();
        NamedBlock[] blocks = Blocks(1f);
        LanguageModelCheckpoint.Format.Write(folder["c.tsd"], s_content, blocks);
        NamedBlock[] back = Blocks(0f);
        using OpenCheckpoint file = Open(folder["c.tsd"]);
        file.Load(back);
        await Assert.That(file.Content.State.Epochs).IsEquivalentTo(s_content.State.Epochs, CollectionOrdering.Matching);
        RunState state = file.Content.State, was = s_content.State;
        await Assert.That(file.Content with { State = state with { Epochs = was.Epochs, Curve = was.Curve } }).IsEqualTo(s_content);
        await Assert.That((state.Curve!.From, state.Curve.Every)).IsEqualTo((5, 4));
        await Assert.That(state.Curve.LossSums).IsEquivalentTo(was.Curve!.LossSums, CollectionOrdering.Matching);
        await Assert.That(state.Curve.Terms).IsEquivalentTo(was.Curve.Terms, CollectionOrdering.Matching);
        foreach ((NamedBlock one, NamedBlock other) in blocks.Zip(back))
            await Assert.That(one.Block.Values.SequenceEqual(other.Block.Values)).IsTrue();
    }

    [Test]
    public async Task What_is_optional_may_be_absent()
    {
        using var folder = new TestFolder();
        Checkpoint<LanguageModelRecipe, RunTexts> first = s_content with
        {
            State = s_content.State with
            {
                Updates = 0,
                Epoch = 0,
                Step = 0,
                Counts = new(18),
                Epochs = [],
                BestEpoch = null,
                Curve = null,
            },
            Data = s_content.Data with
            {
                LineMarks = LineMarks.Always,
                LowerCase = false,
                Tokenize = WordSplit.None,
                MaximumVocabulary = null,
                ValidFraction = null,
                Test = null,
                Streams = null,
            },
            Settings = s_content.Settings with
            {
                Schedule = null,
                MaxSteps = null,
                CheckpointEvery = null,
                Report = null,
                Log = null,
                LogEvery = null,
                InitFrom = null,
            },
        };
        LanguageModelCheckpoint.Format.Write(folder["c.tsd"], first, []);
        using OpenCheckpoint file = Open(folder["c.tsd"]);
        await Assert.That(file.Content with { State = file.Content.State with { Epochs = first.State.Epochs } }).IsEqualTo(first);
    }

    [Test]
    public async Task Every_property_is_in_the_file()
    {
        using var folder = new TestFolder();
        using var json = JsonDocument.Parse(TsdBytes.Split(Save(folder)).Header);
        JsonElement run = json.RootElement.GetProperty("run"), progress = json.RootElement.GetProperty("progress");
        await Assert.That(Names(json.RootElement))
            .IsEquivalentTo(["kind", "task", "progress", "run", "tensors"], CollectionOrdering.Matching);
        await Assert.That(Names(progress)).IsEquivalentTo(
            [.. Properties<RunState>().Except(["counts", "epochs", "bestEpoch", "curve"]), "optimizerUpdates", "averagedUpdates"]);
        await Assert.That(Names(run)).IsEquivalentTo(
            ["writtenBy", "recipe", .. Properties<RunTexts>(), .. Properties<RunSettings>(), "epochs", "bestEpoch", "curve"],
                CollectionOrdering.Matching);
        await Assert.That(Names(run.GetProperty("epochs")[0])).IsEquivalentTo(
            ["epoch", "steps", "trainPerplexity", "validPerplexity", "trainLoss", "validLoss", "learningRate", "seconds",
                "tokensPerSecond"],
            CollectionOrdering.Matching);
        string[] tensors = [.. json.RootElement.GetProperty("tensors").EnumerateArray()
            .Select(tensor => tensor.GetProperty("name").GetString()!)];
        await Assert.That(tensors)
            .IsEquivalentTo(["w", "b", "adam.first.w", "adam.first.b", "best.w", "best.b"], CollectionOrdering.Matching);

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
    [Arguments("\"tokenize\":\"simple\"|\"tokenize\":\"clever\"", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"level\":\"word\",\"lineMarks\":\"none\"|\"level\":\"char\"", FileProblemKind.CheckpointInvalid, "run")]
    [Arguments("\"validFraction\":0.1|\"validFraction\":1", FileProblemKind.CheckpointInvalid, "run")]
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
        string path = folder.Put("c.tsd",
            TsdBytes.File(string.Concat(header.AsSpan(0, at), parts[1], header.AsSpan(at + parts[0].Length)), data));
        await Assert.That(LanguageModelCheckpoint.Format.TryOpen(path, out _, out FileProblem? problem)).IsFalse();
        await Assert.That(problem!.Kind).IsEqualTo(kind).Because(problem.Message);
        await Assert.That(problem.Part).StartsWith(part);
        await Assert.That(problem.Offset!.Value).IsGreaterThanOrEqualTo(64);
        await Assert.That(problem.Message).Contains(path);
    }

    [Test]
    public async Task Epochs_whose_perplexity_no_number_holds_come_back_with_their_losses()
    {
        using var folder = new TestFolder();
        EpochOutcome[] epochs =
        [
            Epoch(1, 1, 1, 1f, 2.5, 100) with
            {
                Train = new(921.0340371976183, double.PositiveInfinity),
                Valid = new(805.904782547916, double.PositiveInfinity),
            },
            Epoch(2, 1, 1, 1f, 2.5, 100) with { Train = new(1.2527629684953681, 3.5),
                Valid = new(805.9047825479162, double.PositiveInfinity) },
        ];
        LanguageModelCheckpoint.Format.Write(folder["c.tsd"], With(epochs), Blocks(1f));
        using OpenCheckpoint file = Open(folder["c.tsd"]);
        await Assert.That(file.Content.State.Epochs).IsEquivalentTo(epochs, CollectionOrdering.Matching);
        await Assert.That(TsdBytes.Split(File.ReadAllBytes(folder["c.tsd"])).Header)
            .Contains("\"epoch\":1,\"steps\":7,\"trainLoss\":921.0340371976183,\"validLoss\":805.904782547916,\"learningRate\":1,");
        EpochOutcome diverged = epochs[1] with { Valid = new(double.NaN, double.NaN) };
        await Assert.That(() => LanguageModelCheckpoint.Format.Write(folder["d.tsd"], With([epochs[0], diverged]), Blocks(1f)))
            .Throws<ArgumentException>();

        static Checkpoint<LanguageModelRecipe, RunTexts> With(EpochOutcome[] epochs) =>
            s_content with { State = s_content.State with { Epochs = epochs } };
    }

    [Test]
    public async Task A_checkpoint_from_before_there_were_losses_and_reports_is_read()
    {
        using var folder = new TestFolder();
        (string header, byte[] data) = TsdBytes.Split(Save(folder));
        string old = System.Text.RegularExpressions.Regex.Replace(header, "\"(train|valid)Loss\":[^,]*,|\"report\":\"[^\"]*\",", "");
        await Assert.That(old.Length).IsLessThan(header.Length - 100);
        folder.Put("old.tsd", TsdBytes.File(old, data));
        using OpenCheckpoint file = Open(folder["old.tsd"]);
        await Assert.That(file.Content.Settings.Report).IsNull();
        await Assert.That(file.Content.State.Epochs[1].Train.Metric).IsEqualTo(1e300);
        await Assert.That(file.Content.State.Epochs[1].Valid.Loss).IsEqualTo(Math.Log(121.25)).Within(1e-14);
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
            if (LanguageModelCheckpoint.Format.TryOpen(folder.Put("c.tsd", bytes), out OpenCheckpoint? file, out _))
            {
                file.Dispose();
                missed.Add(at);
            }

            bytes[at] ^= (byte)(1 << (at % 8));
            if (LanguageModelCheckpoint.Format.TryOpen(folder.Put("c.tsd", bytes.AsSpan(0, at)), out file, out _))
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
        using OpenCheckpoint file = Open(folder["saved.tsd"]);
        NamedBlock[] blocks = Blocks(0f);
        await Assert.That(Refused.By(() => file.Load(blocks[..2])).Message).Contains("it has 6 tensors, its recipe makes 4");
        NamedBlock[] renamed = [blocks[0], new("adam.second", blocks[1].Block), blocks[2]];
        await Assert.That(Refused.By(() => file.Load(renamed)).Message)
            .Contains("it has the tensor 'adam.first.w' [2, 5], where its recipe makes 'adam.second.w' [2, 5]");
        var layout = new ParameterLayout();
        layout.Add("w", 5, 2);
        layout.Add("b", 5);
        NamedBlock[] turned = [new("", new ParameterBlock(layout)), blocks[1], blocks[2]];
        await Assert.That(Refused.By(() => file.Load(turned)).Kind).IsEqualTo(FileProblemKind.CheckpointInvalid);
    }

    [Test]
    public async Task Weights_that_are_not_finite_are_not_written_and_the_optimizers_numbers_are_its_own_affair()
    {
        using var folder = new TestFolder();
        NamedBlock[] blocks = Blocks(1f);
        blocks[2].Block.Values[3] = float.NaN;
        FileProblem problem = Refused.By(() => LanguageModelCheckpoint.Format.Write(folder["c.tsd"], s_content, blocks));
        await Assert.That((problem.Kind, problem.Part)).IsEqualTo((FileProblemKind.NotFinite, "best.w"));
        await Assert.That(folder.Names()).IsEmpty();
        blocks[2].Block.Values[3] = 0f;
        blocks[1].Block.Values[3] = float.PositiveInfinity;
        LanguageModelCheckpoint.Format.Write(folder["c.tsd"], s_content, blocks);
        using OpenCheckpoint file = Open(folder["c.tsd"]);
        file.Load(blocks);
    }

    [Test]
    public async Task Content_that_contradicts_itself_is_not_written()
    {
        using var folder = new TestFolder();
        await Assert.That(() => LanguageModelCheckpoint.Format.Write(folder["c.tsd"],
            s_content with { State = s_content.State with { BestEpoch = 3 } }, [])).Throws<ArgumentException>();
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

    private static EpochOutcome Epoch(int epoch, double train, double valid, float rate, double seconds, double speed) =>
        LanguageModelFileTests.Epoch(epoch, train, valid, rate) with { Steps = 7, Seconds = seconds, TermsPerSecond = speed };

    private static NamedBlock[] Blocks(float value)
    {
        var layout = new ParameterLayout();
        layout.Add("w", 2, 5);
        layout.Add("b", 5);
        return [Block("", 1, true), Block("adam.first", 2, false), Block("best", 3, true)];

        NamedBlock Block(string prefix, int start, bool areWeights)
        {
            var block = new ParameterBlock(layout);
            foreach (TensorSlot slot in layout.Tensors)
            {
                foreach (ref float number in block[slot]) number = value * start++;
            }

            return new NamedBlock(prefix, block, areWeights);
        }
    }

    private static OpenCheckpoint Open(string path) =>
        LanguageModelCheckpoint.Format.TryOpen(path, out OpenCheckpoint? file, out FileProblem? problem)
            ? file
            : throw new FileProblemException(problem);

    /// <summary>A whole checkpoint.</summary>
    internal static byte[] Save(TestFolder folder)
    {
        LanguageModelCheckpoint.Format.Write(folder["saved.tsd"], s_content, Blocks(1f));
        return File.ReadAllBytes(folder["saved.tsd"]);
    }
}
