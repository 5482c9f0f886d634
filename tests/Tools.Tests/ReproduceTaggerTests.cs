using System.Text.Json;

namespace TinySD.Tools.Tests;

/// <summary><c>reproduce tagger</c>: a grid of taggers, by the code that <c>reproduce lm</c> has.</summary>
public sealed class ReproduceTaggerTests
{
    private static readonly string[] s_runs = ["random-seed1", "nr-rh-st-seed1", "random-seed2", "nr-rh-st-seed2"];

    [Test]
    public async Task A_run_of_the_grid_is_what_train_tagger_makes_of_the_same_recipe()
    {
        using var folder = new TestFolder();
        string page = folder["page.html"];
        CliResult result = Run(folder, "grid", "--json", "--report", page);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement json = result.Json;
        await Assert.That(json.GetProperty("metric").GetString()).IsEqualTo("F1");
        await Assert.That(json.GetProperty("train").GetRawText().Replace(" ", "").Replace("\n", ""))
            .IsEqualTo("{\"name\":\"t.conll\",\"sentences\":150}");
        JsonElement[] cells = [.. json.GetProperty("cells").EnumerateArray()];
        await Assert.That(string.Join(' ', cells.Select(cell => cell.GetProperty("cell").GetString()))).IsEqualTo("random nr-rh-st");
        foreach ((JsonElement cell, string kind, string recurrent) in new[] { (cells[0], "random", "0"), (cells[1], "structured", "0.2") })
        {
            JsonElement run = cell.GetProperty("runs")[1];
            CliResult trained = folder.TrainTagger(
                "--test", folder["x.conll"], "--dropout", kind, "--rate", "0.2", "--rate-recurrent", recurrent, "--seed", "2", "--json",
                "--no-checkpoints");
            await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
            foreach (string name in new[] { "test", "valid", "bestEpoch" })
                await Assert.That(run.GetProperty(name).GetDouble()).IsEqualTo(trained.Json.GetProperty(name).GetDouble());
            await Assert.That(folder.AreEqual($"grid/{cell.GetProperty("cell").GetString()}-seed2/model.tsd", "model.tsd")).IsTrue();
        }

        await Assert.That(json.GetProperty("verdict").GetString()!).StartsWith(
            "The claim: structured masks cost at most 0.3 points of F1 against random masks at the same rates.");
        await Assert.That(json.GetProperty("verdict").GetString()!).Contains("a whole training step is: nr-rh-st ");
        await Assert.That(json.GetProperty("times")[0].GetProperty("own").GetProperty("passes").GetProperty("characters").GetDouble())
            .IsGreaterThan(0);
        string html = await File.ReadAllTextAsync(page);
        await Assert.That(html).Contains("<h1>Structured dropout for tagging: what it costs and what it gains</h1>");
        await Assert.That(html).Contains("<td>tested on</td><td>x.conll, 50 sentences, ").And.DoesNotContain("NaN");
        await Assert.That(html).DoesNotContain("erplexity").And.DoesNotContain("ccurac");
        string told = Run(folder, "grid", "--report-only").Out;
        await Assert.That(told).Contains("F1 scores are means over seeds").And.Contains("(in points)");
    }

    [Test]
    public async Task A_grid_that_was_stopped_goes_on_to_the_bytes_of_one_that_was_not()
    {
        using var folder = new TestFolder();
        CliResult stopped = Tinysd.RunUntilShown("run 2/4 nr-rh-st-seed1, epoch 2/4", 3, Words(folder, "broken", "--no-timing"));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        CliResult last = Run(folder, "broken", "--no-timing"), unbroken = Run(folder, "unbroken", "--no-timing");
        await Assert.That((last.Code, unbroken.Code)).IsEqualTo((0, 0)).Because(last.Error + unbroken.Error);
        foreach (string run in s_runs)
        {
            await Assert.That(folder.AreEqual($"broken/{run}/result.json", $"unbroken/{run}/result.json")).IsTrue();
            await Assert.That(folder.AreEqual($"broken/{run}/model.tsd", $"unbroken/{run}/model.tsd")).IsTrue();
        }
    }

    [Test]
    public async Task Other_data_and_other_settings_make_another_grid_and_step_times_can_be_taken_alone()
    {
        using var folder = new TestFolder();
        CliResult timed = Run(folder, "grid", "--timing-only");
        await Assert.That(timed.Code).IsEqualTo(0).Because(timed.Error);
        await Assert.That(timed.Error).Contains("timed nr-rh-st: ");
        await Assert.That(Directory.Exists(folder["grid/random-seed1"])).IsFalse();
        CliResult lower = Run(folder, "grid", "--no-timing", "--no-lower");
        await Assert.That(lower.Code).IsEqualTo(2);
        await Assert.That(lower.Error).Contains("--lower is false, and the grid in ").And.Contains(" has true");
        folder.PutSentences("other.conll", 50, 4);
        string[] words = [.. Words(folder, "grid").Select(word => word == folder["x.conll"] ? folder["other.conll"] : word)];
        CliResult other = Tinysd.Run(words);
        await Assert.That(other.Code).IsEqualTo(1);
        await Assert.That(other.Error).Contains("it has as many sentences, but not the same ones.");
        int at = Array.IndexOf(words, "--valid");
        CliResult part = Tinysd.Run([.. words[..at], .. words[(at + 2)..]]);
        await Assert.That(part.Code).IsEqualTo(2);
        await Assert.That(part.Error).Contains("--valid-fraction is 0.1, and the grid in ").And.Contains("10 % of its sentences validate");
    }

    private static CliResult Run(TestFolder folder, string name, params string[] more) => Tinysd.Run(Words(folder, name, more));

    private static string[] Words(TestFolder folder, string name, params string[] more) =>
    [
        "reproduce", "tagger", "--train", folder.PutSentences("t.conll", 150, 1), "--valid", folder.PutSentences("v.conll", 60, 2),
        "--test", folder.PutSentences("x.conll", 50, 3), "--dir", folder[name], "--cells", "random,nr-rh-st", "--seeds", "2",
        "--embedding", "8", .. TaggerFiles.Small("--rate"), "--rate", "0.2", .. more,
    ];
}
