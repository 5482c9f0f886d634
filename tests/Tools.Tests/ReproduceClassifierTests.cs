using System.Text.Json;

namespace TinySD.Tools.Tests;

/// <summary><c>reproduce classifier</c>: a grid of classifiers, by the code that <c>reproduce lm</c> has.</summary>
public sealed class ReproduceClassifierTests
{
    private static readonly string[] s_runs = ["random-seed1", "nr-st-seed1", "random-seed2", "nr-st-seed2"];

    [Test]
    public async Task A_run_of_the_grid_is_what_train_classifier_makes_of_the_same_recipe()
    {
        using var folder = new TestFolder();
        string page = folder["page.html"];
        CliResult result = Run(folder, "grid", "--json", "--report", page);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement json = result.Json;
        await Assert.That(json.GetProperty("metric").GetString()).IsEqualTo("accuracy");
        await Assert.That(json.GetProperty("train").GetRawText().Replace(" ", "").Replace("\n", ""))
            .IsEqualTo("{\"name\":\"t.txt\",\"sequences\":200}");
        await Assert.That(json.GetProperty("test").GetProperty("sequences").GetInt32()).IsEqualTo(80);
        JsonElement[] cells = [.. json.GetProperty("cells").EnumerateArray()];
        await Assert.That(string.Join(' ', cells.Select(cell => cell.GetProperty("cell").GetString()))).IsEqualTo("random nr-st");
        foreach ((JsonElement cell, string kind) in cells.Zip(["random", "structured"]))
        {
            JsonElement run = cell.GetProperty("runs")[1];
            CliResult trained = folder.TrainClassifier(
                "--test", folder["x.txt"], "--dropout", kind, "--rate-recurrent", "0", "--seed", "2", "--json", "--no-checkpoints");
            await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
            foreach (string name in new[] { "test", "valid", "bestEpoch" })
                await Assert.That(run.GetProperty(name).GetDouble()).IsEqualTo(trained.Json.GetProperty(name).GetDouble());
            await Assert.That(folder.AreEqual($"grid/{cell.GetProperty("cell").GetString()}-seed2/model.tsd", "model.tsd")).IsTrue();
        }

        await Assert.That(json.GetProperty("verdict").GetString()!).StartsWith(
            "The claim: structured masks cost at most 0.005 accuracy against random masks at the same rates.");

        // Steps of both were timed.
        await Assert.That(json.GetProperty("verdict").GetString()!).Contains("a whole training step is: nr-st ");
        string html = await File.ReadAllTextAsync(page);
        await Assert.That(html).Contains("<h1>Structured dropout for classification: what it costs and what it gains</h1>");
        await Assert.That(html).Contains("<td>to test on</td><td>x.txt, 80 texts</td>").And.DoesNotContain("NaN");
        await Assert.That(html).DoesNotContain("erplexity").And.DoesNotContain("tokens");
    }

    [Test]
    public async Task A_grid_that_was_stopped_goes_on_to_the_bytes_of_one_that_was_not()
    {
        using var folder = new TestFolder();
        CliResult stopped = Tinysd.RunUntilShown("run 2/4 nr-st-seed1, epoch 2/4", 3, Words(folder, "broken", "--no-timing"));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        await Assert.That(Directory.GetFiles(folder["broken/nr-st-seed1"], "checkpoint-*")).IsNotEmpty();
        CliResult last = Run(folder, "broken", "--no-timing"), unbroken = Run(folder, "unbroken", "--no-timing");
        await Assert.That((last.Code, unbroken.Code)).IsEqualTo((0, 0)).Because(last.Error + unbroken.Error);
        foreach (string run in s_runs)
        {
            await Assert.That(folder.AreEqual($"broken/{run}/result.json", $"unbroken/{run}/result.json")).IsTrue();
            await Assert.That(folder.AreEqual($"broken/{run}/model.tsd", $"unbroken/{run}/model.tsd")).IsTrue();
        }
    }

    [Test]
    public async Task Other_data_and_other_settings_make_another_grid()
    {
        using var folder = new TestFolder();
        await Assert.That(Run(folder, "grid", "--no-timing").Code).IsEqualTo(0);
        folder.PutTexts("other.txt", 80, 4);
        CliResult other = Tinysd.Run([.. Words(folder, "grid", "--no-timing"), "--test", folder["other.txt"]]);
        await Assert.That(other.Code).IsEqualTo(2);
        string[] words = [.. Words(folder, "grid", "--no-timing").Select(word => word == folder["x.txt"] ? folder["other.txt"] : word)];
        CliResult texts = Tinysd.Run(words);
        await Assert.That(texts.Code).IsEqualTo(1);
        await Assert.That(texts.Error).Contains(
            $"--test {folder["other.txt"]} is not that of the grid in {folder["grid"]}: it has as many sequences, but not the same ones. " +
            "Give the grid's own file, or another folder for --dir.");
        CliResult lower = Run(folder, "grid", "--no-timing", "--lower");
        await Assert.That(lower.Code).IsEqualTo(2);
        await Assert.That(lower.Error).Contains("--lower is true, and the grid in ").And.Contains(" has none");

        string manifest = folder["grid/grid.json"], text = await File.ReadAllTextAsync(manifest);
        await File.WriteAllTextAsync(manifest, text.Replace("\"count\": 80", "\"count\": 0", StringComparison.Ordinal));
        CliResult damaged = Run(folder, "grid", "--report-only");
        await Assert.That(damaged.Code).IsEqualTo(1);
        await Assert.That(damaged.Error).Contains("grid.json is not as 'reproduce classifier' wrote it: test has 0");
    }

    [Test]
    [Arguments("--test", "--test is missing; it is required, or --folds.")]
    [Arguments("--valid", "--valid is missing; it is required, or --valid-fraction.")]
    public async Task Data_that_nothing_stands_for_are_asked_for(string without, string message)
    {
        using var folder = new TestFolder();
        string[] words = Words(folder, "grid");
        int at = Array.IndexOf(words, without);
        CliResult result = Tinysd.Run([.. words[..at], .. words[(at + 2)..]]);
        await Assert.That(result.Code).IsEqualTo(2);
        await Assert.That(result.Error).Contains(message);
        await Assert.That(Directory.Exists(folder["grid"])).IsFalse();
    }

    [Test]
    public async Task Folds_and_a_share_stand_for_files()
    {
        using var folder = new TestFolder();
        CliResult result = Tinysd.Run(
            [
                "reproduce", "classifier", "--train", folder.PutTexts("t.txt", 200, 1), "--folds", "5", "--fold", "2", "--valid-fraction",
                "0.1", "--dir", folder["grid"], "--cells", "nr-st", "--seeds", "1", "--no-timing", "--json", .. s_small,
            ]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Json.GetProperty("test").GetProperty("sequences").GetInt32()).IsEqualTo(40);
        await Assert.That(result.Json.GetProperty("valid").GetProperty("sequences").GetInt32()).IsEqualTo(16);
    }

    private static readonly string[] s_small =
        ["--hidden", "8", "--embedding", "6", "--batch", "10", "--epochs", "4", "--lr", "0.02", "--threads", "2"];

    private static CliResult Run(TestFolder folder, string name, params string[] more) => Tinysd.Run(Words(folder, name, more));

    private static string[] Words(TestFolder folder, string name, params string[] more) =>
    [
        "reproduce", "classifier", "--train", folder.PutTexts("t.txt", 200, 1), "--valid", folder.PutTexts("v.txt", 60, 2), "--test",
        folder.PutTexts("x.txt", 80, 3), "--dir", folder[name], "--cells", "random,nr-st", "--seeds", "2", .. s_small, .. more,
    ];
}
