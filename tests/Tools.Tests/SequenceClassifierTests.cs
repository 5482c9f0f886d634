using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace TinySD.Tools.Tests;

/// <summary><c>train classifier --sequences</c>: labels for sequences of rows of numbers.</summary>
public sealed class SequenceClassifierTests
{
    [Test]
    public async Task It_learns_from_rows_and_says_a_label_for_each_sequence()
    {
        using var folder = new TestFolder();
        CliResult trained = Train(folder, "--test", folder.PutText("x.csv", Table(41, 3)), "--json");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        await Assert.That(trained.Json.GetProperty("test").GetDouble()).IsGreaterThan(0.9);
        JsonElement evaluated = Tinysd.Run("eval", folder.Model, "--data", folder["x.csv"], "--json").Json;
        await Assert.That(JsonSerializer.Serialize(evaluated))
            .IsEqualTo(JsonSerializer.Serialize(trained.Json.GetProperty("testResult")));
        CliResult said = Tinysd.RunOn(Table(41, 3), "classify", folder.Model);
        await Assert.That(said.Code).IsEqualTo(0).Because(said.Error);
        string[] labels = [.. said.Out.Split('\n')[..^1].Select(row => row.Split('\t')[0])];
        string[] expected = [.. Rows(41, 3).GroupBy(row => row[0]).Select(rows => rows.First()[^1])];
        await Assert.That(labels.Length).IsEqualTo(41);
        await Assert.That(labels.Zip(expected).Average(pair => pair.First == pair.Second ? 1.0 : 0))
            .IsEqualTo(evaluated.GetProperty("accuracy").GetDouble()).Within(1e-12);
        CliResult shown = Tinysd.Run("inspect", folder.Model);
        await Assert.That(shown.Out).Contains("run, labels by kind").And.Contains("x, y");
    }

    [Test]
    public async Task Columns_are_matched_by_their_names_and_others_said()
    {
        using var folder = new TestFolder();
        await Assert.That(Train(folder).Code).IsEqualTo(0);
        string[][] rows = [.. Rows(20, 4)];
        string turned = "y,note,run,x\n" + string.Concat(rows.Select(row => $"{row[2]},?,{row[0]},{row[1]}\n"));
        string plain = Tinysd.RunOn(Table(20, 4), "classify", folder.Model).Out;
        CliResult result = Tinysd.RunOn(turned, "classify", folder.Model);
        await Assert.That(result.Out).IsEqualTo(plain);
        await Assert.That(result.Error).Contains("standard input: columns that are not used: note.");

        // Without a header, identifiers and then the numbers in training's order; with other separators and marks.
        string bare = string.Concat(rows.Select(row => $"{row[0]},{row[1]},{row[2]}\n"));
        await Assert.That(Tinysd.RunOn(bare, "classify", folder.Model).Out).IsEqualTo(plain);
        string german = "run;x;y\r\n" + string.Concat(rows.Select(row => $"{row[0]};{row[1]};{row[2]}\r\n")).Replace('.', ',');
        await Assert.That(Tinysd.RunOn(german, "classify", folder.Model, "--decimal", "comma").Out).IsEqualTo(plain);
        CliResult refused = Tinysd.RunOn(german, "classify", folder.Model);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).Contains("line 2").And.Contains("column 'x'");
        refused = Tinysd.RunOn("run,x\n1,2\n", "classify", folder.Model);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).Contains("has no column 'y'");
    }

    [Test]
    public async Task Files_may_be_packed_and_written_as_spreadsheets_do()
    {
        using var folder = new TestFolder();
        double usual = Train(folder, "--json").Json.GetProperty("validLoss").GetDouble();
        string german = Table(120, 1).Replace(',', ';').Replace('.', ',').Replace("\n", "\r\n", StringComparison.Ordinal);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(Encoding.UTF8.GetBytes("\uFEFF" + german));
        string train = folder.Put("t.csv.gz", packed.ToArray());
        string valid = folder.PutText("v2.csv", Table(40, 2).Replace(',', ';').Replace('.', ','));
        CliResult result = Train(folder, "--train", train, "--valid", valid, "--decimal", "comma", "--json");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Json.GetProperty("validLoss").GetDouble()).IsEqualTo(usual);

        // The model knows how its numbers are written.
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", valid, "--json").Json.GetProperty("loss").GetDouble())
            .IsEqualTo(usual);
        await Assert.That(Tinysd.RunOn(german, "classify", folder.Model).Code).IsEqualTo(0);
    }

    [Test]
    [Arguments("run,x,y,kind\n1,1,2,a\n1,oops,2,a\n2,1,1,b\n3,1,1,b\n", "line 3", "'oops'")]
    [Arguments("run,x,y,kind\n1,1,2,a\n1,inf,2,a\n2,1,1,b\n", "line 3", "column 'x'")]
    [Arguments("run,x,y,kind\n1,1,2,a\n2,1,1\n", "line 3", "cells")]
    [Arguments("run,x,y,kind\n1,1,2,a\n1,1,2,b\n2,1,1,b\n", "line 3", "the sequence '1' has the label 'b' here, and 'a' on line 2")]
    [Arguments("run,x,y,kind\n1,1,2,a\n,1,2,a\n2,1,1,b\n", "line 3", "column 'run': the cell is missing")]
    [Arguments("run,x,y,kind\n1,1,2,a\n2,1,1,a\n", "the label is 'a' everywhere", "at least two classes")]
    [Arguments("run,x,y,kind\n1,,2,a\n2,,1,b\n", "column 'x'", "")]
    public async Task Tables_that_are_not_fit_are_refused(string content, string place, string message)
    {
        using var folder = new TestFolder();
        CliResult result = Train(folder, "--train", folder.PutText("bad.csv", content), "--inputs", "x,y");
        await Assert.That(result.Code).IsEqualTo(1).Because(result.Out);
        await Assert.That(result.Error).Contains(place).And.Contains(message).And.DoesNotContain("   at ");
        await Assert.That(folder.ModelFiles()).IsEmpty();
    }

    [Test]
    public async Task A_column_that_is_not_there_and_one_that_does_not_move_are_named()
    {
        using var folder = new TestFolder();
        CliResult missing = Train(folder, "--inputs", "x,z");
        await Assert.That(missing.Code).IsEqualTo(1);
        await Assert.That(missing.Error).Contains("has no column 'z'; it has run, x, y, kind");
        string constant = folder.PutText("c.csv", "id,x,still,label\n" + string.Concat(Rows(60, 1)
            .Select(row => $"{row[0]},{row[1]},7,{row[3]}\n")));
        CliResult still = Train(folder, "--train", constant, "--valid", constant);
        await Assert.That(still.Code).IsEqualTo(0).Because(still.Error);
        await Assert.That(still.Error).Contains("the column 'still' is 7 everywhere.");

        // It may move later, and is finite then.
        CliResult moved = Tinysd.RunOn("id,x,still\n1,0.5,1e9\n1,0.5,-1e9\n2,1,7\n", "classify", folder.Model);
        await Assert.That(moved.Code).IsEqualTo(0).Because(moved.Error);
        await Assert.That(moved.Out.Split('\n')[..^1].All(row => double.IsFinite(
            double.Parse(row.Split('\t')[1], CultureInfo.InvariantCulture)))).IsTrue();
    }

    [Test]
    public async Task A_run_that_was_stopped_goes_on_to_the_same_bytes()
    {
        using var folder = new TestFolder();
        string train = folder.PutText("t.csv", Table(120, 1));
        string[] Args(string output) =>
        [
            "train", "classifier", "--sequences", "--train", train, "--valid-fraction", "0.25", "--inputs", "y,x", "--out",
            folder[output], "--hidden", "8", "--epochs", "4", "--id", "run", "--label", "kind", "--max-length", "9",
        ];
        CliResult unbroken = Tinysd.Run(Args("unbroken.tsd"));
        await Assert.That(unbroken.Code).IsEqualTo(0).Because(unbroken.Error);
        await Assert.That(unbroken.Error).Contains("longer than 9 rows cut there; the longest has 14 (--max-length).");
        await Assert.That(Tinysd.RunUntilShown("epoch 2/4", 1, Args("model.tsd")).Code).IsEqualTo(130);
        CliResult resumed = Tinysd.Run("train", "classifier", "--resume", folder["model.tsd.checkpoints"]);
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(folder.AreEqual("model.tsd", "unbroken.tsd")).IsTrue();
    }

    [Test]
    public async Task Options_of_texts_have_no_effect_and_are_warned_of()
    {
        using var folder = new TestFolder();
        CliResult result = Train(folder, "--lower", "--level", "char");
        await Assert.That(result.Error).Contains("--level and --lower have no effect with --sequences: rows of numbers have no words.");
    }

    private static CliResult Train(TestFolder folder, params string[] more)
    {
        string[] valid = more.Contains("--valid") ? [] : ["--valid", folder.PutText("v.csv", Table(40, 2))];
        string[] train = more.Contains("--train") ? [] : ["--train", folder.PutText("t.csv", Table(120, 1))];
        return Tinysd.Run(
            [
                "train", "classifier", "--sequences", .. train, .. valid, "--out", folder.Model, "--hidden", "8", "--epochs", "10",
                "--batch", "8", "--lr", "0.02", .. more,
            ]);
    }

    private static string Table(int sequences, int seed) =>
        "run,x,y,kind\n" + string.Concat(Rows(sequences, seed).Select(row => string.Join(',', row) + "\n"));

    /// <summary>Rows of sequences that rise or fall by x, of unequal lengths; y is noise.</summary>
    private static IEnumerable<string[]> Rows(int sequences, int seed)
    {
        var random = new Random(seed);
        for (int id = 0; id < sequences; id++)
        {
            bool rises = random.Next(2) == 0;
            int length = 3 + random.Next(12);
            for (int t = 0; t < length; t++)
            {
                double x = ((rises ? 1 : -1) * (t - (length / 2.0))) + random.NextDouble();
                yield return [$"r{id}", Text(100 + (10 * x)), Text(random.NextDouble()), rises ? "up" : "down"];
            }
        }
    }

    private static string Text(double number) => number.ToString("F3", CultureInfo.InvariantCulture);
}
