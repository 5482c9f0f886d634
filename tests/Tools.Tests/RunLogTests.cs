using System.Text.Json;
using TinySD.Formats.Checkpoints;
using TinySD.Formats.Storage;

namespace TinySD.Tools.Tests;

/// <summary><c>--log</c> of the train verbs: what happened, a JSON object a line, each update once.</summary>
public sealed class RunLogTests
{
    // 69 updates an epoch, three epochs.
    private const int Updates = 3 * 69;

    private static readonly string[] s_step =
        ["event", "epoch", "step", "update", "updates", "loss", "learningRate", "gradientNorm", "seconds", "tokensPerSecond"];

    [Test]
    public async Task A_run_is_logged_and_writes_the_same_model()
    {
        using var folder = new TestFolder();
        CliResult plain = folder.TrainModelTo(folder["plain.tsd"], 1, "--test", folder.Test, "--json");
        CliResult logged = folder.TrainModel("--test", folder.Test, "--json", "--log", folder["run.jsonl"], "--log-every", "30");
        await Assert.That((plain.Code, logged.Code)).IsEqualTo((0, 0)).Because(logged.Error);
        await Assert.That(folder.AreEqual("plain.tsd", "model.tsd")).IsTrue();
        JsonElement[] lines = LinesOf(folder["run.jsonl"]);
        await Assert.That(Names(lines)).IsEqualTo(
            $"start{string.Concat(Enumerable.Repeat(" step step step epoch", 3))} end");

        JsonElement start = lines[0], end = lines[^1];
        await Assert.That(start.GetProperty("recipe").GetProperty("hidden").GetInt32()).IsEqualTo(12);
        await Assert.That(start.GetProperty("data").GetProperty("valid").GetString()).IsEqualTo(folder.Valid);
        await Assert.That(start.GetProperty("model").GetString()).IsEqualTo(folder.Model);
        await Assert.That(start.GetProperty("build").GetString()!).StartsWith("TinySD ");

        JsonElement json = logged.Json;
        await Assert.That(end.GetProperty("reason").GetString()).IsEqualTo("done");
        await Assert.That(end.GetProperty("update").GetInt64()).IsEqualTo(Updates);
        foreach (string key in (string[])["testPerplexity", "testLoss", "validPerplexity", "validLoss", "bestEpoch"])
            await Assert.That(end.GetProperty(key).GetRawText()).IsEqualTo(json.GetProperty(key).GetRawText());
        JsonElement[] epochs = [.. lines.Where(line => Name(line) == "epoch")];
        for (int i = 0; i < epochs.Length; i++)
        {
            IEnumerable<string> members = json.GetProperty("epochs")[i].EnumerateObject().Select(Text);
            await Assert.That(epochs[i].EnumerateObject().Select(Text))
                .IsEquivalentTo(["event \"epoch\"", $"update {69 * (i + 1)}", .. members]);
        }

        foreach (JsonElement step in lines.Where(line => Name(line) == "step"))
            await Assert.That(step.EnumerateObject().Select(member => member.Name)).IsEquivalentTo(s_step);
        await HasEachUpdateOnce(lines, Losses(json));
    }

    [Test]
    [Arguments(Ending.WithCtrlC)]
    [Arguments(Ending.AndTornLine)]
    [Arguments(Ending.AfterCheckpoint)]
    [Arguments(Ending.BeforeValidation)]
    public async Task A_run_that_goes_on_has_each_update_once(Ending how)
    {
        using var folder = new TestFolder();
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1, "--json");
        string log = folder["run.jsonl"], every = how == Ending.BeforeValidation ? "69" : "50";
        string[] options = ["--log", log, "--log-every", "20", "--checkpoint", folder["ck"], "--checkpoint-every", every];
        CliResult stopped = how == Ending.BeforeValidation
            ? Tinysd.RunUntilShown("epoch 1/3, validation", 1, folder.TrainArgs(folder.Model, 1, options))
            : Tinysd.RunUntilShown("epoch 2/3", 20, folder.TrainArgs(folder.Model, 1, options));
        await Assert.That(stopped.Code).IsEqualTo(130);
        await Assert.That(LinesOf(log)[^1].GetProperty("reason").GetString()).IsEqualTo("stopped");
        if (how == Ending.AndTornLine) await File.AppendAllTextAsync(log, "{\"event\":\"st");
        if (how == Ending.AfterCheckpoint)
        {
            // As if it had been killed on its way from the last but one.
            File.Delete(CheckpointFolder.List(folder["ck"])[0]);
            await Assert.That(CheckpointFolder.List(folder["ck"])[0]).EndsWith("50.tsd");
        }

        CliResult resumed = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--json");
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(folder.AreEqual("unbroken.tsd", "model.tsd")).IsTrue();
        JsonElement[] lines = LinesOf(log);
        await Assert.That(lines.Count(line => Name(line) == "resume")).IsEqualTo(1);
        await Assert.That(lines.Count(line => Name(line) == "end")).IsEqualTo(1);
        await Assert.That(lines.Where(line => Name(line) == "epoch").Select(line => line.GetProperty("epoch").GetInt32()))
            .IsEquivalentTo([1, 2, 3], CollectionOrdering.Matching);
        await HasEachUpdateOnce(lines, Losses(unbroken.Json));
    }

    [Test]
    public async Task A_log_that_is_gone_begins_anew_and_what_is_no_log_is_refused()
    {
        using var folder = new TestFolder();
        string log = folder["run.jsonl"];
        Tinysd.RunUntilShown("epoch 2/3", 20, folder.TrainArgs(folder.Model, 1, "--log", log, "--checkpoint", folder["ck"]));
        foreach (string content in (string[])["{\"a\":1}\n", "text\n", "{\"event\":\"step\",\"update\":3}\n", "[]\n"])
        {
            await File.WriteAllTextAsync(log, content);
            CliResult refused = Tinysd.Run("train", "lm", "--resume", folder["ck"]);
            await Assert.That(refused.Code).IsEqualTo(1);
            await Assert.That(refused.Error).Contains($"{log}, line 1, is no line of a run's log, and nothing was written to it.");
            await Assert.That(await File.ReadAllTextAsync(log)).IsEqualTo(content);
        }

        File.Delete(log);
        await Assert.That(Tinysd.Run("train", "lm", "--resume", folder["ck"]).Code).IsEqualTo(0);
        await Assert.That(Name(LinesOf(log)[0])).IsEqualTo("start");
        await Assert.That(LinesOf(log)[0].GetProperty("update").GetInt64()).IsGreaterThan(69);
    }

    [Test]
    public async Task Its_end_says_that_the_numbers_were_not_finite_or_how_a_run_was_cut_short()
    {
        using var folder = new TestFolder();
        string log = folder["run.jsonl"];
        CliResult diverged = folder.TrainModel("--log", log, "--lr", "1e30", "--clip", "0");
        await Assert.That(diverged.Code).IsEqualTo(1);
        JsonElement end = LinesOf(log)[^1];
        await Assert.That(end.GetProperty("reason").GetString()).IsEqualTo("diverged");
        await Assert.That(diverged.Error).Contains(end.GetProperty("message").GetString()!);
        CliResult again = folder.TrainModel("--log", log, "--max-steps", "80");
        await Assert.That(again.Error).Contains($"{log} is there already; the run's log replaces it.");
        JsonElement[] lines = LinesOf(log);
        await Assert.That(Names(lines)).IsEqualTo("start step epoch step epoch end");
        await Assert.That(lines[^1].GetProperty("update").GetInt64()).IsEqualTo(80);
        CliResult none = folder.TrainModel("--log-every", "5", "--max-steps", "2");
        await Assert.That(none.Error).Contains("warning: --log-every has no effect without --log.");
    }

    [Test]
    public async Task A_disk_that_is_full_ends_the_run_as_for_a_checkpoint_and_it_goes_on_elsewhere()
    {
        using var folder = new TestFolder();
        using SmallDisk disk = SmallDisk.Mount(folder["disk"], 8);
        folder.TrainModelTo(folder["unbroken.tsd"], 1);
        CliResult full = folder.TrainModel("--log", folder["disk/run.jsonl"], "--log-every", "1", "--checkpoint", folder["ck"]);
        await Assert.That(full.Code).IsEqualTo(1);
        await Assert.That(full.Error).Matches(
            @"tinysd train lm: cannot write .*run\.jsonl: no space left on the disk;.*\n" +
            @".*checkpoint-\d+\.tsd is kept, go on from it with: ");
        await Assert.That(LinesOf(folder["disk/run.jsonl"]).Length).IsGreaterThan(5);
        CliResult resumed = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--log", folder["more.jsonl"]);
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(folder.AreEqual("unbroken.tsd", "model.tsd")).IsTrue();
        await Assert.That(Name(LinesOf(folder["more.jsonl"])[^1])).IsEqualTo("end");
    }

    [Test]
    [Arguments("classifier")]
    [Arguments("tagger")]
    [Arguments("translator")]
    public async Task Every_task_has_one(string task)
    {
        using var folder = new TestFolder();
        string[] log = ["--log", folder["run.jsonl"], "--json"];
        CliResult result = task switch
        {
            "classifier" => folder.TrainClassifier(log),
            "tagger" => folder.TrainTagger(log),
            _ => folder.TrainTranslator(log),
        };
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await IsLogOf(folder["run.jsonl"], result);
    }

    [Test]
    public async Task So_has_a_regressor()
    {
        using var folder = new SeriesFolder();
        string rows = string.Concat(Enumerable.Range(0, 200).Select(i => $"{i % 10}\n"));
        CliResult result = folder.Train(folder.Put("t.csv", $"a\n{rows}"), "a", "--log", folder["run.jsonl"], "--json");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await IsLogOf(folder["run.jsonl"], result);
    }

    /// <summary>How a run ends before its end.</summary>
    public enum Ending
    {
        WithCtrlC,
        AndTornLine,
        AfterCheckpoint,
        BeforeValidation,
    }

    [Test]
    public async Task A_log_that_another_process_writes_is_left_alone()
    {
        Skip.When(OperatingSystem.IsMacOS(), "a second writer is not seen there");
        using var folder = new TestFolder();
        using (GrowingFile other = GrowingFile.Create(folder["run.jsonl"]))
        {
            other.Add("one\n"u8);
            CliResult refused = await TinysdProcess.RunAsync(
                folder.Path, folder.TrainArgs(folder.Model, 1, "--max-steps", "1", "--log", "run.jsonl"));
            await Assert.That(refused.Code).IsEqualTo(1);
            await Assert.That(refused.Error).EndsWith(
                "tinysd train lm: cannot write run.jsonl: another process is writing it, line by line; wait for its end, or give another " +
                "name\n");
            other.Add("two\n"u8);
        }

        await Assert.That(await File.ReadAllTextAsync(folder["run.jsonl"])).IsEqualTo("one\ntwo\n");
        await Assert.That(File.Exists(folder.Model)).IsFalse();
    }

    private static async Task IsLogOf(string log, CliResult result)
    {
        JsonElement[] lines = LinesOf(log);
        JsonElement[] epochs = [.. result.Json.GetProperty("epochs").EnumerateArray()];
        await Assert.That(Name(lines[0])).IsEqualTo("start");
        await Assert.That(lines.Count(line => Name(line) == "epoch")).IsEqualTo(epochs.Length);
        await Assert.That(lines.Where(line => Name(line) == "step").All(line => line.TryGetProperty("termsPerSecond", out _))).IsTrue();
        await Assert.That(lines[^1].GetProperty("valid").GetRawText()).IsEqualTo(result.Json.GetProperty("valid").GetRawText());
        await Assert.That(lines.Where(line => Name(line) == "step").Sum(line => line.GetProperty("updates").GetInt32()))
            .IsEqualTo(epochs.Sum(epoch => epoch.GetProperty("steps").GetInt32()));
    }

    // All updates of an epoch have as many tokens, so that the mean of their losses is the epoch's.
    private static async Task HasEachUpdateOnce(JsonElement[] lines, double[] losses)
    {
        long update = 0;
        double[] sums = new double[losses.Length];
        foreach (JsonElement line in lines.Where(line => Name(line) == "step"))
        {
            update += line.GetProperty("updates").GetInt32();
            await Assert.That(line.GetProperty("update").GetInt64()).IsEqualTo(update);
            sums[line.GetProperty("epoch").GetInt32() - 1] += line.GetProperty("updates").GetInt32() * line.GetProperty("loss").GetDouble();
        }

        await Assert.That(update).IsEqualTo(Updates);
        for (int i = 0; i < losses.Length; i++) await Assert.That(sums[i] / 69).IsEqualTo(losses[i]).Within(1e-9);
    }

    private static double[] Losses(JsonElement json) =>
        [.. json.GetProperty("epochs").EnumerateArray().Select(epoch => epoch.GetProperty("trainLoss").GetDouble())];

    private static JsonElement[] LinesOf(string log) => [.. File.ReadAllLines(log).Select(line => JsonElement.Parse(line))];

    private static string Text(JsonProperty member) => $"{member.Name} {member.Value.GetRawText()}";

    private static string Name(JsonElement line) => line.GetProperty("event").GetString()!;

    private static string Names(JsonElement[] lines) => string.Join(' ', lines.Select(Name));
}
