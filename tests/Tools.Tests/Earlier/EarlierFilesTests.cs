using System.Text.Json.Nodes;
using TinySD.Formats.Models;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Ops;

namespace TinySD.Tools.Tests;

/// <summary>Files that earlier versions wrote are read, go on and replay, to the figures and the bits of those versions.</summary>
/// <remarks>
/// Every figure that an earlier version showed is compared, times and places aside; one that is new since then is no difference. The README
/// beside says who wrote the files and how more are added.
/// </remarks>
public sealed class EarlierFilesTests
{
    private const string Models = "models", Checkpoints = "checkpoints", Schedules = "schedules", Stacks = "stacks";

    public static IEnumerable<Func<(string, string)>> OfModels() => All(Models);

    public static IEnumerable<Func<(string, string)>> OfCheckpoints() => All(Checkpoints);

    public static IEnumerable<Func<(string, string)>> OfSchedules() => All(Schedules);

    public static IEnumerable<Func<(string, string)>> OfStacks() => All(Stacks);

    public static IEnumerable<Func<string>> Versions() => EarlierFiles.Versions.Select(version => (Func<string>)(() => version));

    [Test]
    public async Task The_files_of_two_versions_are_there_each_of_every_kind()
    {
        await Assert.That(EarlierFiles.Versions).IsEquivalentTo(["0.1.0", "2026-11-28"]);
        foreach (string version in EarlierFiles.Versions)
        {
            JsonObject figures = EarlierFiles.Read(version);
            int runs = EarlierCases.Checkpoints().Count(run => version != "0.1.0" || !run.IsAfterFirst);
            await Assert.That(figures[Checkpoints]!.AsObject().Count).IsEqualTo(runs);
            foreach (string kind in (string[])[Models, Schedules, Stacks])
            {
                int files = Directory.GetFiles(Path.Combine(EarlierFiles.Folder(version), kind)).Length;
                await Assert.That(figures[kind]!.AsObject().Count).IsEqualTo(files).And.IsGreaterThan(5);
            }
        }
    }

    [Test]
    [MethodDataSource(nameof(OfModels))]
    public async Task A_model_shows_the_settings_the_record_and_the_checksums_it_showed(string version, string name)
    {
        string file = File(version, Models, name + ".tsd");
        await Same(EarlierFiles.Recorded(version, Models, name)["inspected"], Ok("inspect", file, "--all", "--json"));
        await Assert.That(Tinysd.Run("verify", file).Code).IsEqualTo(0);
    }

    [Test]
    [MethodDataSource(nameof(OfModels))]
    public async Task A_model_has_the_loss_it_had_and_generates_what_it_did(string version, string name)
    {
        SkipWhereBitsAreOthers();
        string file = File(version, Models, name + ".tsd");
        JsonObject recorded = EarlierFiles.Recorded(version, Models, name);
        await Same(recorded["evaluated"], Ok("eval", file, "--data", Text("test.txt"), "--threads", "2", "--json"));
        CliResult generated = Tinysd.Run(["generate", .. EarlierRecorder.Generate(file)]);
        await Assert.That(generated.Out).IsEqualTo(recorded["generated"]!.GetValue<string>());
    }

    [Test]
    [MethodDataSource(nameof(OfModels))]
    public async Task A_mapped_model_has_the_parameters_of_one_that_is_read_and_scores_as_it(string version, string name)
    {
        string file = File(version, Models, name + ".tsd");
        LoadedLanguageModel loaded = LanguageModelFile.Load(file);
        using MappedLanguageModel mapped = MappedLanguageModel.Open(file);
        await Assert.That(mapped.IsMapped).IsEqualTo(!name.EndsWith("f16", StringComparison.Ordinal));
        await Assert.That(mapped.Model.Parameters.Values.SequenceEqual(loaded.Model.Parameters.Values)).IsTrue();
        LanguageModelSession one = new(loaded.Model), other = new(mapped.Model);
        foreach (int token in (int[])[0, 2, 1, 1]) await Assert.That(one.Step(token).SequenceEqual(other.Step(token))).IsTrue();
    }

    [Test]
    [MethodDataSource(nameof(OfCheckpoints))]
    public async Task A_checkpoint_shows_the_settings_and_the_progress_it_showed(string version, string name)
    {
        string file = Directory.GetFiles(File(version, Checkpoints, name), "checkpoint-*").Single();
        await Same(EarlierFiles.Recorded(version, Checkpoints, name)["inspected"], Ok("inspect", file, "--all", "--json"));
        await Assert.That(Tinysd.Run("verify", file).Code).IsEqualTo(0);
    }

    [Test]
    [MethodDataSource(nameof(OfCheckpoints))]
    public async Task A_run_goes_on_from_a_checkpoint_to_the_figures_and_the_bits_of_the_unbroken_one(string version, string name)
    {
        SkipWhereBitsAreOthers();
        using var folder = new TestFolder();
        CopyFolder(File(version, Checkpoints, name), folder["ck"]);
        List<string> args =
        [
            "train", "lm", "--resume", folder["ck"], .. EarlierCases.Texts(Text), "--out", folder.Model, "--threads", "2", "--json",
        ];
        string masks = File(version, Checkpoints, name + ".tss");
        if (System.IO.File.Exists(masks)) args.AddRange(["--schedule", masks]);
        JsonObject recorded = EarlierFiles.Recorded(version, Checkpoints, name);
        await Same(recorded["trained"], Ok([.. args]));
        await SameTensors(recorded["model"], folder.Model);
    }

    [Test]
    [MethodDataSource(nameof(OfSchedules))]
    public async Task A_schedule_replays_to_the_figures_and_the_bits_that_it_gave(string version, string name)
    {
        string file = File(version, Schedules, name + ".tss");
        JsonObject recorded = EarlierFiles.Recorded(version, Schedules, name);
        await Same(recorded["inspected"], Ok("inspect", file, "--json"));
        await Assert.That(Tinysd.Run("verify", file).Code).IsEqualTo(0);
        SkipWhereBitsAreOthers();
        using var folder = new TestFolder();
        EarlierRun run = EarlierCases.Schedules().Single(run => run.Name == name);
        string Place(string needed) => needed.EndsWith(".tss", StringComparison.Ordinal) ? file : Text(needed);
        string[] args = EarlierCases.Train(run, Place, folder.Model);
        JsonObject then = recorded["trained"]!.AsObject();
        double test = then["testPerplexity"]!.GetValue<double>();

        // A version that says nothing of streams measured the test in one; a run that begins now measures it as the validation.
        if (!then.ContainsKey("testStreams")) then.Remove("testPerplexity");
        await Same(then, Ok([.. args, "--threads", "2"]));
        string[] streams = then.ContainsKey("testStreams") ? [] : ["--streams", "1"];
        JsonNode evaluated = Ok(["eval", folder.Model, "--data", Text("test.txt"), "--json", .. streams]);
        await Assert.That(evaluated["perplexity"]!.GetValue<double>()).IsEqualTo(test);
        await SameTensors(recorded["model"], folder.Model);
    }

    [Test]
    [MethodDataSource(nameof(OfStacks))]
    public async Task A_recurrent_stack_shows_what_it_showed_and_gives_the_bits_that_it_gave(string version, string name)
    {
        string file = File(version, Stacks, name + ".tsd");
        JsonObject recorded = EarlierFiles.Recorded(version, Stacks, name);
        await Same(recorded["inspected"], Ok("inspect", file, "--all", "--json"));
        SkipWhereBitsAreOthers();
        using var folder = new TestFolder();
        string input = Path.Combine(EarlierFiles.Data, "sources", recorded["input"]!.GetValue<string>()), output = folder["y.safetensors"];
        CliResult ran = Tinysd.Run("run", file, "--input", input, "--output", output, "--threads", "2");
        await Assert.That(ran.Code).IsEqualTo(0).Because(ran.Error);
        await Assert.That(EarlierFiles.Differences(recorded["output"], EarlierFiles.Tensors(output))).IsEmpty();
    }

    [Test]
    [MethodDataSource(nameof(Versions))]
    public async Task A_grid_stopped_in_a_run_goes_on_to_the_figures_and_the_bits_of_the_unbroken_one(string version)
    {
        SkipWhereBitsAreOthers();
        using var folder = new TestFolder();
        CopyFolder(File(version, "grid", ""), folder["grid"]);
        await Assert.That(Directory.GetFiles(folder["grid"], "result.json", SearchOption.AllDirectories).Length).IsEqualTo(2);
        await Assert.That(Directory.GetFiles(folder["grid"], "checkpoint-*", SearchOption.AllDirectories).Length).IsGreaterThan(0);
        JsonObject recorded = EarlierFiles.Read(version)["grid"]!.AsObject();
        JsonNode reported = Ok(
        [
            "reproduce", "lm", .. EarlierCases.Texts(Text), "--dir", folder["grid"], .. EarlierCases.Grid, "--threads", "2", "--json",
        ]);
        await Same(recorded["reported"], reported);
        foreach ((string run, JsonNode? model) in recorded["models"]!.AsObject())
            await SameTensors(model!["tensors"], folder[$"grid/{run}/model.tsd"]);
    }

    private static IEnumerable<Func<(string, string)>> All(string kind) =>
        EarlierFiles.All(kind).Select(item => (Func<(string, string)>)(() => item));

    private static string File(string version, string kind, string name) => Path.Combine(EarlierFiles.Folder(version), kind, name);

    private static string Text(string name) => Path.Combine(EarlierFiles.Data, "texts", name);

    private static void SkipWhereBitsAreOthers()
    {
        if (!KernelChoice.GivesSameBits) Skip.Test("this CPU has no fused multiply-add, and its bits are its own");
    }

    private static JsonNode Ok(params string[] args)
    {
        CliResult result = Tinysd.Run(args);
        if (result.Code != 0) throw new InvalidOperationException($"{string.Join(' ', args)}: {result.Error}");
        return EarlierFiles.Lasting(result.Out);
    }

    private static async Task Same(JsonNode? recorded, JsonNode now)
    {
        string[] differences = [.. EarlierFiles.Differences(recorded, now)];
        await Assert.That(differences.Length).IsEqualTo(0).Because(string.Join('\n', differences));
    }

    // Every tensor by its name, with its shape, its kind of number and its checksum; verify takes the checksums anew.
    private static async Task SameTensors(JsonNode? recorded, string file)
    {
        await Assert.That(recorded!.AsObject().Count).IsGreaterThan(0);
        await Same(recorded, Ok("inspect", file, "--all", "--json")["tensors"]!);
        await Assert.That(Tinysd.Run("verify", file).Code).IsEqualTo(0);
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            System.IO.File.Copy(file, copy);
        }
    }
}
