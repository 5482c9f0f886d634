using System.Globalization;
using System.Text.Json;

namespace TinySD.Tools.Tests;

/// <summary><c>analyze</c>, from the command line.</summary>
public sealed class AnalyzeTests
{
    private static readonly string[] s_quick = ["--starts", "16", "--points", "2", "--updates", "300"];
    private static readonly string[] s_small = ["--hidden", "6", "--embedding", "6", "--epochs", "1"];

    [Test]
    public async Task A_classifier_of_three_classes_keeps_to_a_triangle_and_a_page_shows_it()
    {
        using var folder = new TestFolder();
        string model = Train(folder, ["unordered", "--classes", "3"], "--hidden", "32", "--embedding", "16", "--cell", "gru");
        string page = folder["states.html"];
        CliResult result = Tinysd.Run(
            ["analyze", model, "--data", folder["test.txt"], "--json", "--threads", "1", "--report", page, .. s_quick]);
        await Assert.That(result.Code).IsEqualTo(0);
        JsonElement json = result.Json;
        await Assert.That(json.GetProperty("components90").GetInt32()).IsEqualTo(2);
        await Assert.That(json.GetProperty("components95").GetInt32()).IsEqualTo(2);
        await Assert.That(json.GetProperty("components99").GetInt32()).IsGreaterThanOrEqualTo(2);
        await Assert.That(json.GetProperty("participationRatio").GetDouble()).IsBetween(1.7, 2.3);
        double[] angles = [.. json.GetProperty("readoutAngles").EnumerateArray().Select(angle => angle.GetDouble())];
        await Assert.That(angles.Length).IsEqualTo(3);
        await Assert.That(angles.Max(angle => Math.Abs(angle - 120))).IsLessThan(10);
        await Assert.That(json.GetProperty("slowPoints").GetArrayLength()).IsBetween(2, 4);
        foreach (JsonElement point in json.GetProperty("slowPoints").EnumerateArray())
        {
            await Assert.That(point.GetProperty("q").GetDouble()).IsBetween(0, 0.1);
            await Assert.That(point.GetProperty("timeConstants").GetArrayLength()).IsEqualTo(32);
        }

        // The figures are those of the other command, of all texts.
        double accuracy = Tinysd.Run("eval", model, "--data", folder["test.txt"], "--json").Json.GetProperty("accuracy").GetDouble();
        await Assert.That(json.GetProperty("accuracy").GetDouble()).IsEqualTo(accuracy).Within(1e-9);
        await Assert.That(accuracy).IsGreaterThan(0.9);
        await Assert.That(json.GetProperty("wordCounts").GetProperty("participationRatio").GetDouble()).IsBetween(1.8, 2.0001);
        JsonElement word = json.GetProperty("words").EnumerateArray().Single(word => word.GetProperty("word").GetString() == "very_2");
        await Assert.That(word.GetProperty("outputs").EnumerateArray().Select(value => value.GetDouble()).ToList().IndexOf(
            word.GetProperty("outputs").EnumerateArray().Max(value => value.GetDouble()))).IsEqualTo(1);
        string html = await File.ReadAllTextAsync(page);
        await Assert.That(html).StartsWith("<!DOCTYPE html>");
        await Assert.That(html).EndsWith("</body>\n</html>\n");
        await Assert.That(html).Contains("very_2");

        CliResult two = Tinysd.Run(
            ["analyze", model, "--data", folder["test.txt"], "--json", "--threads", "2", "--report", page, .. s_quick]);
        await Assert.That(two.Out).IsEqualTo(result.Out);
        CliResult text = Tinysd.Run(["analyze", model, "--data", folder["test.txt"], .. s_quick]);
        await Assert.That(text.Out).Contains("2 reach 95 %");
        await Assert.That(text.Out).Contains("words that move '2' most: very_2");
    }

    [Test]
    public async Task Texts_of_several_labels_are_looked_at_set_by_set()
    {
        using var folder = new TestFolder();
        string model = Train(folder, ["multilabel", "--classes", "2"], ["--multi-label", "true", .. s_small]);
        CliResult result = Tinysd.Run(["analyze", model, "--data", folder["test.txt"], "--json", .. s_quick]);
        await Assert.That(result.Error).IsEqualTo("");
        await Assert.That(result.Json.GetProperty("outputs").GetArrayLength()).IsEqualTo(2);
        await Assert.That(result.Json.TryGetProperty("simplexAngle", out _)).IsFalse();
        await Assert.That(result.Json.GetProperty("readoutAngles").GetArrayLength()).IsEqualTo(1);
    }

    [Test]
    public async Task Two_ways_in_one_layer_are_looked_at_forward_and_in_two_layers_refused()
    {
        using var folder = new TestFolder();
        string[] both = ["--direction", "bidirectional", .. s_small];
        string one = Train(folder, ["unordered", "--classes", "2"], both);
        CliResult result = Tinysd.Run(["analyze", one, "--data", folder["test.txt"], .. s_quick]);
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Error).Contains("its forward direction is looked at");
        string two = Train(folder, ["unordered", "--classes", "2"], [.. both, "--layers", "2"]);
        CliResult refused = Tinysd.Run(["analyze", two, "--data", folder["test.txt"], .. s_quick]);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).StartsWith($"tinysd analyze: {two} reads both ways in 2 layers. ");
        await Assert.That(refused.Error).EndsWith("\nTrain one with --layers 1, or one direction.\n");
    }

    [Test]
    public async Task What_cannot_be_looked_at_is_refused()
    {
        using var folder = new TestFolder();
        string model = Train(folder, ["unordered", "--classes", "2"], s_small);
        string blank = folder.PutText("blank.txt", "1\t\n2\t  \n");
        CliResult empty = Tinysd.Run("analyze", model, "--data", blank);
        await Assert.That(empty.Code).IsEqualTo(1);
        await Assert.That(empty.Error).EndsWith($"{blank} has nothing to read: none of its sequences has a step.\n");
        CliResult unseen = Tinysd.Run("analyze", model, "--data", folder.PutText("unseen.txt", "1\tvery_1\n7\tvery_2\n"));
        await Assert.That(unseen.Code).IsEqualTo(1);
        await Assert.That(unseen.Error).Contains("the label '7'");
        folder.TrainModel();
        CliResult other = Tinysd.Run("analyze", folder.Model, "--data", folder.Test);
        await Assert.That(other.Code).IsEqualTo(1);
        await Assert.That(other.Error).Contains("classifier");
        await Assert.That(Tinysd.Run("analyze", model).Code).IsEqualTo(2);
        CliResult onto = Tinysd.Run("analyze", model, "--data", blank, "--report", model);
        await Assert.That(onto.Code).IsEqualTo(2);
        CliResult points = Tinysd.Run("analyze", model, "--data", blank, "--points", "0");
        await Assert.That(points.Code).IsEqualTo(2);
        await Assert.That(points.Error).Contains("--points is '0'; expected a whole number from 1 to 128.");
    }

    [Test]
    public async Task Sequences_of_numbers_are_looked_at_as_far_as_the_classifier_reads_them()
    {
        using var folder = new SeriesFolder();
        string table = folder.Put("waves.csv", "id,label,x\n" + string.Concat(
            from sequence in Enumerable.Range(0, 60)
            from t in Enumerable.Range(0, 12)
            let value = Math.Sin(t * (sequence % 2 == 0 ? 0.4 : 1.3)).ToString("F3", CultureInfo.InvariantCulture)
            select $"{sequence},{(sequence % 2 == 0 ? "slow" : "fast")},{value}\n"));
        CliResult trained = Tinysd.Run(
            "train", "classifier", "--sequences", "--train", table, "--valid-fraction", "0.2", "--hidden", "6", "--epochs", "2",
            "--direction", "forward", "--read-out", "last", "--max-length", "9", "--out", folder.Model);
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        CliResult result = Tinysd.Run(["analyze", folder.Model, "--data", table, "--json", .. s_quick]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Json.GetProperty("states").GetInt64()).IsEqualTo(60 * 9);
        await Assert.That(result.Json.TryGetProperty("words", out _)).IsFalse();
        double accuracy = Tinysd.Run("eval", folder.Model, "--data", table, "--json").Json.GetProperty("accuracy").GetDouble();
        await Assert.That(result.Json.GetProperty("accuracy").GetDouble()).IsEqualTo(accuracy).Within(1e-9);
    }

    [Test]
    [Arguments("0")]
    [Arguments("6")]
    public async Task A_regressor_is_looked_at_by_fifths_of_its_target_and_its_times_are_reported(string window)
    {
        using var folder = new SeriesFolder();

        // Four days of a wave by hours, one hour left out and one twice.
        IEnumerable<int> rows = Enumerable.Range(0, 4 * 24).Where(row => row != 30)
            .SelectMany(row => Enumerable.Repeat(row, row == 50 ? 2 : 1));
        string text = "when,load\n" + string.Concat(rows.Select(row =>
            $"2024-03-{11 + (row / 24):00} {row % 24:00}:00,{Math.Sin(row * 0.4).ToString("F3", CultureInfo.InvariantCulture)}\n"));
        string table = folder.Put("table.csv", text), page = folder["states.html"];
        string[] more = window == "0" ? [] : ["--window", window];
        string[] settings = ["--horizon", "2", "--valid-fraction", "0.2", "--cell", "lstm", "--layers", "1", .. more];
        CliResult trained = folder.Train(table, "load", settings);
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        CliResult result = Tinysd.Run(["analyze", folder.Model, "--data", table, "--json", "--report", page, .. s_quick]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement json = result.Json;
        await Assert.That(string.Join(' ', json.GetProperty("outputs").EnumerateArray())).IsEqualTo("load+1 load+2");
        await Assert.That(json.GetProperty("states").GetInt64()).IsEqualTo(window == "0" ? 96 : (96 - 5) * 6);
        await Assert.That(json.GetProperty("slowPoints")[0].GetProperty("timeConstants").GetArrayLength()).IsEqualTo(16);
        await Assert.That(json.TryGetProperty("words", out _)).IsFalse();
        JsonElement times = json.GetProperty("timeColumn");
        await Assert.That(times.GetProperty("usualStepSeconds").GetDouble()).IsEqualTo(3600);
        foreach (JsonElement finding in times.GetProperty("findings").EnumerateArray())
        {
            bool isThere = finding.GetProperty("what").GetString() is "gaps" or "repeats";
            await Assert.That(finding.GetProperty("count").GetInt64()).IsEqualTo(isThere ? 1 : 0);
            if (isThere) await Assert.That(finding.GetProperty("lines")[0].GetInt64()).IsIn(32, 52);
        }

        string html = await File.ReadAllTextAsync(page);
        await Assert.That(html).Contains("highest fifth of load");
        await Assert.That(html).Contains("gaps, with room for 1 row");
        CliResult plain = Tinysd.Run(["analyze", folder.Model, "--data", table, .. s_quick]);
        await Assert.That(plain.Out).Contains("time column 'when': a row every 01:00:00\n");
        CliResult few = Tinysd.Run("analyze", folder.Model, "--data", folder.Put("few.csv", "when,load\n2024-03-11,1\n2024-03-12,2\n"));
        await Assert.That(few.Code).IsEqualTo(window == "0" ? 0 : 1);
        if (window != "0")
            await Assert.That(few.Error).Contains("few.csv has 2 rows, and the regressor reads windows of 6: at least so many are needed.");
        CliResult missing = Tinysd.Run("analyze", folder.Model, "--data", folder.Put("other.csv", "when,lead\n2024-03-11,1\n"));
        await Assert.That(missing.Code).IsEqualTo(1);
        await Assert.That(missing.Error).Contains("'load'");
    }

    [Test]
    [Arguments(1, "the last 1 row")]
    [Arguments(3, "the last 3 rows")]
    public async Task A_linear_map_of_the_last_rows_is_said_to_be_beside_the_state(int linear, string said)
    {
        using var folder = new SeriesFolder();
        string table = folder.Put("table.csv", "load\n" + string.Concat(Enumerable.Range(0, 90).Select(row =>
            $"{Math.Sin(row * 0.4).ToString("F3", CultureInfo.InvariantCulture)}\n")));
        string page = folder["states.html"];
        string[] options = ["--horizon", "1", "--valid-fraction", "0.2", "--linear-rows", linear.ToString(CultureInfo.InvariantCulture)];
        CliResult trained = folder.Train(table, "load", options);
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        CliResult plain = Tinysd.Run(["analyze", folder.Model, "--data", table, "--report", page, .. s_quick]);
        await Assert.That(plain.Out).Contains($"the linear map of {said} is beside the state and no part of what is analysed");
        await Assert.That(await File.ReadAllTextAsync(page)).Contains($"the linear map of {said} is beside the state");
        CliResult json = Tinysd.Run(["analyze", folder.Model, "--data", table, "--json", .. s_quick]);
        await Assert.That(json.Json.GetProperty("linearRows").GetInt32()).IsEqualTo(linear);
    }

    [Test]
    public async Task The_preset_for_integration_keeps_six_classes_to_five_dimensions()
    {
        using var folder = new TestFolder();
        string[] world = ["synthesize", "unordered", "--classes", "6", "--out"];
        await Assert.That(Tinysd.Run([.. world, folder["train.txt"]]).Code).IsEqualTo(0);
        await Assert.That(Tinysd.Run([.. world, folder["valid.txt"], "--count", "300", "--seed", "2"]).Code).IsEqualTo(0);
        CliResult trained = Tinysd.Run(
            "train", "classifier", "--preset", "integration", "--train", folder["train.txt"], "--valid", folder["valid.txt"], "--out",
            folder["world.tsd"], "--threads", "1", "--quiet");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        JsonElement json = Tinysd.Run(
            ["analyze", folder["world.tsd"], "--data", folder["valid.txt"], "--threads", "1", "--json", .. s_quick]).Json;
        await Assert.That(json.GetProperty("components95").GetInt32()).IsEqualTo(5);
        await Assert.That(json.GetProperty("accuracy").GetDouble()).IsGreaterThan(0.9);
        double simplex = double.RadiansToDegrees(Math.Acos(-1.0 / 5));
        foreach (JsonElement angle in json.GetProperty("readoutAngles").EnumerateArray())
            await Assert.That(Math.Abs(angle.GetDouble() - simplex)).IsLessThan(10);
    }

    [Test]
    public async Task A_stop_ends_it_and_writes_nothing()
    {
        using var folder = new TestFolder();
        string model = Train(folder, ["unordered", "--classes", "2"], s_small);
        string page = folder["states.html"];
        CliResult result = Tinysd.RunUntilShown(
            "slow points", 3, "analyze", model, "--data", folder["test.txt"], "--updates", "1000000", "--tolerance", "0", "--report", page);
        await Assert.That(result.Code).IsEqualTo(130);
        await Assert.That(result.Error).EndsWith("stopped before the end; nothing was written.\n");
        await Assert.That(File.Exists(page)).IsFalse();
    }

    // Texts of a world in the folder, and a model trained on them.
    private static string Train(TestFolder folder, string[] world, params string[] more)
    {
        foreach ((string name, int count, int seed) in new[] { ("train", 5000, 1), ("valid", 300, 2), ("test", 300, 3) })
        {
            CliResult drawn = Tinysd.Run(
                ["synthesize", .. world, "--count", $"{count}", "--seed", $"{seed}", "--length", "8-24", "--neutral", "0.25", "--out",
                folder[$"{name}.txt"]]);
            if (drawn.Code != 0) throw new InvalidOperationException(drawn.Error);
        }

        string[] args =
        [
            "train", "classifier", "--train", folder["train.txt"], "--valid", folder["valid.txt"], "--out", folder["classifier.tsd"],
            "--optimizer", "adam", "--lr", "0.003", "--weight-decay", "0.001", "--dropout", "none", "--batch", "32", "--read-out", "last",
            "--quiet", .. more,
        ];
        if (!more.Contains("--direction")) args = [.. args, "--direction", "forward"];
        if (!more.Contains("--epochs")) args = [.. args, "--epochs", "5"];
        CliResult trained = Tinysd.Run(args);
        if (trained.Code != 0) throw new InvalidOperationException(trained.Error);
        return folder["classifier.tsd"];
    }
}
