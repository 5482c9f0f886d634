using System.Text.Json;
using System.Text.Json.Nodes;

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
            "The claim: structured masks cost at most 0.5 points of accuracy against random masks at the same rates.");

        // Steps of both were timed.
        await Assert.That(json.GetProperty("verdict").GetString()!).Contains("a whole training step is: nr-st ");
        string html = await File.ReadAllTextAsync(page);
        await Assert.That(html).Contains("<h1>Structured dropout for classification: what it costs and what it gains</h1>");
        await Assert.That(html).Contains("<td>tested on</td><td>x.txt, 80 texts</td>").And.DoesNotContain("NaN");
        await Assert.That(html).DoesNotContain("erplexity").And.DoesNotContain("tokens");
    }

    [Test]
    public async Task Differences_of_accuracy_are_told_in_points()
    {
        using var folder = new TestFolder();
        await Assert.That(Run(folder, "grid", "--no-timing").Code).IsEqualTo(0);
        foreach ((string run, double test) in s_runs.Zip([0.9, 0.896, 0.875, 0.875]))
        {
            string file = folder[$"grid/{run}/result.json"];
            JsonNode result = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
            result["test"] = test;
            await File.WriteAllTextAsync(file, result.ToJsonString());
        }

        CliResult told = Run(folder, "grid", "--report-only");
        await Assert.That(told.Out).Contains("88.55 %").And.Contains(" -0.20 ");
        await Assert.That(told.Out).Contains("the difference (in points) are of the test data");
        await Assert.That(told.Out).Contains(
            "at most 0.5 points of accuracy against random masks at the same rates. These numbers support it: the test accuracy of nr-st " +
            "is 0.20 points lower than that of random (-0.40 to 0.00), a mean of 2 seeds, 2 of 2 within the claim.");
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
        await Assert.That(lower.Error).Contains("--lower is true, and the grid in ").And.Contains(" has false");

        string manifest = folder["grid/grid.json"], text = await File.ReadAllTextAsync(manifest);
        await File.WriteAllTextAsync(manifest, text.Replace("\"count\": 80", "\"count\": 0", StringComparison.Ordinal));
        CliResult damaged = Run(folder, "grid", "--report-only");
        await Assert.That(damaged.Code).IsEqualTo(1);
        await Assert.That(damaged.Error).Contains("grid.json is not as 'reproduce classifier' wrote it: test has 0");
    }

    [Test]
    public async Task Data_that_nothing_stands_for_are_asked_for()
    {
        using var folder = new TestFolder();
        CliResult result = Tinysd.Run(Without("--test", Words(folder, "grid")));
        await Assert.That(result.Code).IsEqualTo(2);
        await Assert.That(result.Error).Contains("--test is missing; it is required, or --folds.");
        await Assert.That(Directory.Exists(folder["grid"])).IsFalse();
    }

    [Test]
    public async Task A_tenth_validates_where_nothing_is_said()
    {
        using var folder = new TestFolder();
        string[] words = Without("--valid", Words(folder, "grid", "--no-timing"));
        CliResult usual = Tinysd.Run(words);
        await Assert.That(usual.Code).IsEqualTo(0).Because(usual.Error);
        await Assert.That(usual.Error)
            .Contains($"{folder["t.txt"]}: 10 % of its examples validate, drawn by lot; --valid FILE takes others");
        await Assert.That(Tinysd.Run([.. words, "--valid-fraction", "0.1", "--report-only"]).Code).IsEqualTo(0);
        CliResult other = Tinysd.Run([.. words, "--valid-fraction", "0.2"]);
        await Assert.That(other.Error).Contains("--valid-fraction is 0.2, and the grid in ");
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

    [Test]
    public async Task Without_a_fold_each_seed_tests_on_a_fold_of_its_own()
    {
        using var folder = new TestFolder();
        string page = folder["page.html"];
        CliResult result = Tinysd.Run([.. FoldWords(folder, "3", "random,nr-st"), "--json", "--report", page]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Json.GetProperty("train").GetProperty("sequences").GetInt32()).IsEqualTo(100);
        await Assert.That(result.Json.GetProperty("folds").GetInt32()).IsEqualTo(3);
        await Assert.That(result.Json.TryGetProperty("test", out _)).IsFalse();
        JsonElement runs = result.Json.GetProperty("cells")[1].GetProperty("runs");
        for (int seed = 1; seed <= 3; seed++)
        {
            CliResult trained = folder.TrainClassifier(
                "--train", folder["all.txt"], "--valid-fraction", "0.2", "--folds", "3", "--fold", $"{seed}", "--seed", $"{seed}",
                "--dropout", "structured", "--rate-recurrent", "0", "--epochs", "2", "--json", "--no-checkpoints");
            await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
            await Assert.That(runs[seed - 1].GetProperty("test").GetDouble()).IsEqualTo(trained.Json.GetProperty("test").GetDouble());
            await Assert.That(folder.AreEqual($"folds/nr-st-seed{seed}/model.tsd", "model.tsd")).IsTrue();
        }

        const string words = "each seed tests on a fold of its own, so that means and spread are over all 3 folds";
        await Assert.That(await File.ReadAllTextAsync(page)).Contains(words).And.Contains("100 texts in 3 folds");
        CliResult text = Tinysd.Run([.. FoldWords(folder, "3", "random,nr-st"), "--report-only"]);
        await Assert.That(text.Out).Contains(words);
    }

    [Test]
    public async Task Folds_of_seeds_go_on_where_they_were_with_the_same_data_alone()
    {
        using var folder = new TestFolder();
        CliResult stopped = Tinysd.RunUntilShown("run 2/2 nr-st-seed2, epoch 2/2", 3, FoldWords(folder, "2"));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        CliResult first = Tinysd.Run([.. FoldWords(folder, "2"), "--report-only"]);
        await Assert.That(first.Out).Contains("so that means and spread are over 1 of 3 folds");

        // Seed 5 has the fold of seed 2, and seed 0 that of seed 3.
        CliResult more = Tinysd.Run(FoldWords(folder, "0,2,5"));
        await Assert.That(more.Code).IsEqualTo(0).Because(more.Error);
        await Assert.That(more.Out).Contains("the seeds test on the folds in turn, so that means and spread are over all 3 folds");
        foreach ((int seed, int fold) in new[] { (0, 3), (2, 2), (5, 2) })
        {
            CliResult trained = folder.TrainClassifier(
                "--train", folder["all.txt"], "--valid-fraction", "0.2", "--folds", "3", "--fold", $"{fold}", "--seed", $"{seed}",
                "--dropout", "structured", "--rate-recurrent", "0", "--epochs", "2", "--no-checkpoints");
            await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
            await Assert.That(folder.AreEqual($"folds/nr-st-seed{seed}/model.tsd", "model.tsd")).IsTrue();
        }

        // The same values, typed otherwise.
        string[] typed = [.. FoldWords(folder, "2").Select(word => word switch { "0.2" => ".20", "3" => "03", _ => word })];
        CliResult same = Tinysd.Run([.. typed, "--split-seed", "01", "--lower", "false", "--report-only"]);
        await Assert.That(same.Code).IsEqualTo(0).Because(same.Error);
        CliResult seeded = Tinysd.Run([.. typed, "--split-seed", "02"]);
        await Assert.That(seeded.Code).IsEqualTo(2);
        await Assert.That(seeded.Error).Contains("--split-seed is 2, and the grid in ").And.Contains(" has 1");

        CliResult named = Tinysd.Run([.. FoldWords(folder, "2"), "--fold", "1"]);
        await Assert.That(named.Code).IsEqualTo(2);
        await Assert.That(named.Error).Contains("--fold is 1, and the grid in ").And.Contains(" has none");

        // A word that stands once is none of most folds.
        string[] lines = await File.ReadAllLinesAsync(folder["all.txt"]);
        folder.PutText("all.txt", string.Concat(lines.Select((line, row) => (row == 40 ? line + " unheard" : line) + "\n")));
        CliResult other = Tinysd.Run([.. FoldWords(folder, "2", put: false)]);
        await Assert.That(other.Code).IsEqualTo(1);
        await Assert.That(other.Error).Contains($"--train {folder["all.txt"]} is not that of the grid in {folder["folds"]}");
    }

    private static string[] FoldWords(TestFolder folder, string seeds, string cells = "nr-st", bool put = true) =>
    [
        "reproduce", "classifier", "--train", put ? folder.PutTexts("all.txt", 100, 1) : folder["all.txt"], "--valid-fraction", "0.2",
        "--folds", "3", "--dir", folder["folds"], "--cells", cells, "--seeds", seeds, "--no-timing",
        .. s_small.Select(word => word == "4" ? "2" : word),
    ];

    private static readonly string[] s_small =
        ["--hidden", "8", "--embedding", "6", "--batch", "10", "--epochs", "4", "--lr", "0.02", "--threads", "2"];

    private static CliResult Run(TestFolder folder, string name, params string[] more) => Tinysd.Run(Words(folder, name, more));

    private static string[] Without(string option, string[] words)
    {
        int at = Array.IndexOf(words, option);
        return [.. words[..at], .. words[(at + 2)..]];
    }

    private static string[] Words(TestFolder folder, string name, params string[] more) =>
    [
        "reproduce", "classifier", "--train", folder.PutTexts("t.txt", 200, 1), "--valid", folder.PutTexts("v.txt", 60, 2), "--test",
        folder.PutTexts("x.txt", 80, 3), "--dir", folder[name], "--cells", "random,nr-st", "--seeds", "2", .. s_small, .. more,
    ];
}
