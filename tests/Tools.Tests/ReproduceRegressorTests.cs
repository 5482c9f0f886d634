using System.Globalization;
using System.Text.Json;

namespace TinySD.Tools.Tests;

/// <summary><c>reproduce regressor</c>: a grid of regressors, by the code that <c>reproduce lm</c> has.</summary>
public sealed class ReproduceRegressorTests
{
    private static readonly string[] s_small = ["--hidden", "8", "--epochs", "3", "--threads", "1"];

    // A wave is forecast from its own past; a sum is told from the columns beside it, which only the columns tell.
    [Test]
    [Arguments("y", "forecast", 1)]
    [Arguments("sum", "sensor", 0)]
    public async Task A_run_of_the_grid_is_what_train_regressor_makes_of_the_same_recipe(string target, string preset, int horizon)
    {
        using var folder = new SeriesFolder();
        string table = Put(folder, target), page = folder["page.html"];
        CliResult result = Run(folder, table, target, "grid", "--split", "120,40,40", "--json", "--report", page);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement json = result.Json;
        await Assert.That(json.GetProperty("metric").GetString()).IsEqualTo("mse");
        await Assert.That(json.GetProperty("recipe").GetProperty("name").GetString()).IsEqualTo(preset);
        await Assert.That(json.GetProperty("recipe").GetProperty("horizon").GetInt32()).IsEqualTo(horizon);
        await Assert.That(json.GetProperty("train").GetProperty("rows").GetInt32()).IsEqualTo(120);
        await Assert.That(json.GetProperty("test").GetProperty("name").GetString()).IsEqualTo("t.csv");
        foreach (JsonElement cell in json.GetProperty("cells").EnumerateArray())
        {
            string name = cell.GetProperty("cell").GetString()!, kind = name == "random" ? "random" : "structured";
            string[] rate = name == "nr-rh-st" ? [] : ["--rate-recurrent", "0"];
            string[] words = [.. s_small, "--split", "120,40,40", "--dropout", kind, "--seed", "2", .. rate];
            CliResult trained = folder.Train(table, target, [.. words, "--json", "--no-checkpoints"]);
            await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
            JsonElement run = cell.GetProperty("runs")[1];
            foreach (string figure in new[] { "test", "valid", "bestEpoch" })
                await Assert.That(run.GetProperty(figure).GetDouble()).IsEqualTo(trained.Json.GetProperty(figure).GetDouble());
            await Assert.That(AreEqual(folder[$"grid/{name}-seed2/model.tsd"], folder.Model)).IsTrue();
        }

        string verdict = json.GetProperty("verdict").GetString()!;
        await Assert.That(verdict).StartsWith(
            "The claim: structured masks cost at most 2 % more mse against random masks at the same rates.");
        await Assert.That(verdict).Contains("a whole training step is: nr-rh-st ");
        string html = await File.ReadAllTextAsync(page);
        await Assert.That(html).Contains("<h1>Structured dropout for regression: what it costs and what it gains</h1>");
        await Assert.That(html).Contains("<td>tested on</td><td>t.csv, 40 rows</td>").And.DoesNotContain("NaN");
    }

    [Test]
    public async Task A_grid_that_was_stopped_goes_on_to_the_bytes_of_one_that_was_not()
    {
        using var folder = new SeriesFolder();
        string table = Put(folder, "y");
        string[] more = ["--split", "120,40,40", "--no-timing", "--window", "5", "--linear-rows", "3"];
        CliResult stopped = Tinysd.RunUntilShown("run 2/4 nr-rh-st-seed1, epoch 2/3", 2, Words(folder, table, "y", "broken", more));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        await Assert.That(Directory.GetFiles(folder["broken/nr-rh-st-seed1"], "checkpoint-*")).IsNotEmpty();
        CliResult last = Run(folder, table, "y", "broken", more), unbroken = Run(folder, table, "y", "unbroken", more);
        await Assert.That((last.Code, unbroken.Code)).IsEqualTo((0, 0)).Because(last.Error + unbroken.Error);
        foreach (string run in new[] { "random-seed1", "nr-rh-st-seed1", "random-seed2", "nr-rh-st-seed2" })
        {
            foreach (string file in new[] { "result.json", "model.tsd" })
                await Assert.That(AreEqual(folder[$"broken/{run}/{file}"], folder[$"unbroken/{run}/{file}"])).IsTrue();
        }
    }

    [Test]
    public async Task Other_rows_and_other_columns_make_another_grid_and_there_must_be_rows_to_test_on()
    {
        using var folder = new SeriesFolder();
        string table = Put(folder, "y"), other = folder.Put("u.csv", Waves(200, 0.3));
        CliResult without = Run(folder, table, "y", "grid", "--no-timing");
        await Assert.That(without.Code).IsEqualTo(2);
        await Assert.That(without.Error).Contains("a grid needs rows to test on; give --test, or --split TRAIN,VALID,TEST");
        await Assert.That(Directory.Exists(folder["grid"])).IsFalse();
        string[] split = ["--split", "120,40,40", "--no-timing"];
        await Assert.That(Run(folder, table, "y", "grid", split).Code).IsEqualTo(0);
        CliResult numbers = Run(folder, other, "y", "grid", split);
        await Assert.That(numbers.Code).IsEqualTo(1);
        await Assert.That(numbers.Error).Contains(
            $"--train {other} is not that of the grid in {folder["grid"]}: it has as many rows, but not the same ones.");
        CliResult rows = Run(folder, table, "y", "grid", "--split", "120,40,30", "--no-timing");
        await Assert.That(rows.Code).IsEqualTo(1);
        await Assert.That(rows.Error).Contains(": 40 rows expected, 30 found.");
        CliResult inputs = Run(folder, table, "y", "grid", [.. split, "--inputs", "y"]);
        await Assert.That(inputs.Code).IsEqualTo(2);
        await Assert.That(inputs.Error).Contains("--inputs is y, and the grid in ").And.Contains(" has y, z (both after --scale)");
    }

    private static bool AreEqual(string one, string other) => File.ReadAllBytes(one).AsSpan().SequenceEqual(File.ReadAllBytes(other));

    private static string Put(SeriesFolder folder, string target) =>
        folder.Put("t.csv", target == "y" ? Waves(200, 0) : SeriesFolder.Sums(200).Replace("a,b,y", "a,b,sum", StringComparison.Ordinal));

    // With a time, so that it is a forecast.
    private static string Waves(int rows, double shift) => "time,y,z\n" + string.Concat(Enumerable.Range(0, rows).Select(row =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{new DateTime(2024, 1, 1).AddHours(row):yyyy-MM-dd HH:mm},{Math.Sin((row / 4.0) + shift):F4},{row % 7}\n")));

    private static CliResult Run(SeriesFolder folder, string table, string target, string name, params string[] more) =>
        Tinysd.Run(Words(folder, table, target, name, more));

    private static string[] Words(SeriesFolder folder, string table, string target, string name, params string[] more) =>
    [
        "reproduce", "regressor", "--train", table, "--targets", target, "--dir", folder[name], "--cells", "random,nr-rh-st", "--seeds",
        "2", .. s_small, .. more,
    ];
}
