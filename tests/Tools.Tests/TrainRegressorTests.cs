using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace TinySD.Tools.Tests;

/// <summary><c>train regressor</c> and <c>eval</c> of what it writes, on small tables.</summary>
public sealed class TrainRegressorTests
{
    [Test]
    [Arguments("y,z\n1,2\n2,3\n4,1\n7,5\n11,2\n", "--predict-change true", false)]
    [Arguments("y,z\n1,2\n2,3\n4,1\n7,5\n11,2\n", "--predict-change true --horizon 0", true)]
    public async Task Whether_an_option_has_an_effect_is_told_by_the_recipe_that_is_trained(string table, string options, bool isIdle)
    {
        using var folder = new SeriesFolder();
        string file = folder.Put("t.csv", table), targets = isIdle ? "y" : "y,z";
        CliResult result = folder.Train(file, targets, ["--valid", file, "--batch", "1", .. options.Split(' ')]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Error.Contains("--predict-change has no effect: --horizon is 0", StringComparison.Ordinal))
            .IsEqualTo(isIdle).Because(result.Error);
    }

    [Test]
    public async Task Json_has_the_promised_keys_and_eval_measures_the_same()
    {
        using var folder = new SeriesFolder();
        string table = folder.Put("t.csv", SeriesFolder.Sums(120));
        CliResult result = folder.Train(table, "y", "--split", "80,20,20", "--linear-rows", "0", "--json");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement json = result.Json;
        await Assert.That(json.GetProperty("epochs").EnumerateArray().Select(e => e.GetProperty("epoch").GetInt32()))
            .IsEquivalentTo([1, 2, 3], CollectionOrdering.Matching);
        foreach (string name in (string[])["train", "valid", "learningRate", "seconds"])
            await Assert.That(json.GetProperty("epochs")[0].GetProperty(name).GetDouble()).IsGreaterThan(0);
        await Assert.That(json.GetProperty("metric").GetString()).IsEqualTo("mse");
        await Assert.That(json.GetProperty("model").GetString()).IsEqualTo(folder.Model);
        await Assert.That(json.GetProperty("inputs").EnumerateArray().Select(name => name.GetString()!)).IsEquivalentTo(["a", "b"]);

        // I = 2, H = 8, one output: 4H (I + H + 1) + H + 1.
        await Assert.That(json.GetProperty("parameters").GetInt64()).IsEqualTo((4 * 8 * (2 + 8 + 1)) + 8 + 1);
        JsonElement eval = Tinysd.Run("eval", folder.Model, "--data", table, "--rows", "100,20", "--json").Json;
        await Assert.That(json.GetProperty("test").GetDouble()).IsEqualTo(eval.GetProperty("mse").GetDouble());
        await Assert.That(json.GetProperty("testFigures").GetProperty("mse").GetDouble()).IsEqualTo(eval.GetProperty("mse").GetDouble());
        JsonElement valid = Tinysd.Run("eval", folder.Model, "--data", table, "--rows", "80,20", "--json").Json;
        await Assert.That(json.GetProperty("valid").GetDouble()).IsEqualTo(valid.GetProperty("mse").GetDouble());
        await Assert.That(eval.GetProperty("count").GetInt64()).IsEqualTo(20);
        foreach (string name in (string[])["mse", "mae", "r2"])
            await Assert.That(eval.GetProperty("perTarget").GetProperty("y").GetProperty(name).GetDouble())
                .IsEqualTo(eval.GetProperty(name).GetDouble());
        await Assert.That(eval.GetProperty("persistence").GetProperty("mse").GetDouble()).IsGreaterThan(0);
        await Assert.That(eval.GetProperty("persistence").GetProperty("mae").GetDouble()).IsGreaterThan(0);
    }

    // 1, 2, 4, 7, 11: persistence one ahead is off by 2, 3 and 4 in the last rows, a season of 2 by 3, 5 and 7; normalised by the standard
    // deviation of all five, sqrt(13.2).
    [Test]
    public async Task The_rivals_are_the_last_value_and_that_of_a_season_ago()
    {
        using var folder = new SeriesFolder();
        string table = folder.Put("t.csv", SeriesFolder.Column("y", [1, 2, 4, 7, 11]));
        CliResult result = folder.Train(table, "y", "--valid", table, "--season", "2", "--batch", "1");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement eval = Tinysd.Run("eval", folder.Model, "--data", table, "--rows", "2,3", "--json").Json;
        await Assert.That(eval.GetProperty("persistence").GetProperty("mse").GetDouble()).IsEqualTo(29 / 3.0 / 13.2).Within(1e-9);
        await Assert.That(eval.GetProperty("persistence").GetProperty("mae").GetDouble()).IsEqualTo(3 / Math.Sqrt(13.2)).Within(1e-9);
        await Assert.That(eval.GetProperty("season").GetProperty("mse").GetDouble()).IsEqualTo(83 / 3.0 / 13.2).Within(1e-9);
        await Assert.That(eval.GetProperty("count").GetInt64()).IsEqualTo(3);
        string text = Tinysd.Run("eval", folder.Model, "--data", table, "--rows", "2,3").Out;
        await Assert.That(text).Contains("y, in its own units: mean absolute error").And.Contains("repeating the last value 3");
    }

    // Rows held out change neither scales nor weights: what would be trained on or normalised by them would.
    [Test]
    [Arguments("--window", "0")]
    [Arguments("--window", "4")]
    public async Task No_training_row_touches_the_rows_held_out(string option, string value)
    {
        using var folder = new SeriesFolder();
        string[] lines = SeriesFolder.Sums(100).Split('\n');
        var weights = new List<string>();
        foreach (string held in (string[])["0.5,4,-2", "900,-70,1e6"])
        {
            string[] other = [.. lines[..81], .. Enumerable.Repeat(held, 20)];
            string table = folder.Put("t.csv", string.Join('\n', other) + "\n");
            CliResult result = folder.Train(table, "y", "--split", "80,20", "--horizon", "2", "--epochs", "1", option, value);
            await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
            JsonElement inspected = Tinysd.Run("inspect", folder.Model, "--json").Json;
            weights.Add(inspected.GetProperty("columns").GetRawText() + string.Join(' ', inspected.GetProperty("tensors").EnumerateArray()
                .Select(tensor => tensor.GetProperty("checksum").GetString())));
        }

        await Assert.That(weights[1]).IsEqualTo(weights[0]);
    }

    [Test]
    public async Task The_model_is_the_same_for_any_number_of_threads_and_after_a_stop()
    {
        using var folder = new SeriesFolder();
        string table = folder.Put("t.csv", SeriesFolder.Sums(200));
        string[] args = ["--dropout", "structured", "--rate", "0.3", "--horizon", "1", "--layers", "2", "--epochs", "4"];
        await Assert.That(folder.Train(table, "y", args).Code).IsEqualTo(0);
        byte[] whole = File.ReadAllBytes(folder.Model);
        await Assert.That(folder.Train(table, "y", [.. args, "--threads", "3"]).Code).IsEqualTo(0);
        await Assert.That(File.ReadAllBytes(folder.Model).AsSpan().SequenceEqual(whole)).IsTrue();
        CliResult cut = folder.Train(table, "y", [.. args, "--checkpoint", folder["c"], "--max-steps", "5"]);
        await Assert.That(cut.Code).IsEqualTo(0).Because(cut.Error);
        string[] resume = ["train", "regressor", "--resume", folder["c"], "--max-steps", "100000", "--threads", "1"];
        CliResult resumed = Tinysd.Run(resume);
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(File.ReadAllBytes(folder.Model).AsSpan().SequenceEqual(whole)).IsTrue();
        await Assert.That(Tinysd.Run([.. resume, "--targets", "a"]).Error)
            .Contains($"--targets is a, and the run in {folder["c"]} has y");
        await Assert.That(Tinysd.Run([.. resume, "--horizon", "2"]).Code).IsEqualTo(2);
        folder.Put("t.csv", SeriesFolder.Sums(200, seed: 2));
        CliResult other = Tinysd.Run(resume);
        await Assert.That((other.Code, other.Error)).IsEqualTo((1,
            $"tinysd train regressor: --train {table} is not the table that the run in {folder["c"]} was started with: it has as many " +
            "rows, but not the same numbers.\n"));
    }

    [Test]
    [Arguments("--dropout", "random", "--rate", "0.2")]
    [Arguments("--dropout", "locked", "--rate", "0.2")]
    [Arguments("--dropout", "structured", "--rate", "0.2")]
    [Arguments("--dropout", "structured-locked", "--rate", "0.2")]
    [Arguments("--dropout", "nested")]
    [Arguments("--dropout", "nested-locked", "--window", "5")]
    [Arguments("--cell", "gru", "--window", "5")]
    [Arguments("--cell", "rnn-tanh", "--layers", "2")]
    [Arguments("--direction", "bidirectional", "--window", "5")]
    [Arguments("--loss", "absolute", "--horizon", "3")]
    [Arguments("--loss", "huber", "--huber-delta", "0.5")]
    [Arguments("--feed-change", "--linear-rows", "4")]
    public async Task Every_kind_of_network_and_loss_trains(params string[] more)
    {
        using var folder = new SeriesFolder();
        CliResult result = folder.Train(folder.Put("t.csv", SeriesFolder.Sums(60)), "y", more);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(Tinysd.Run("verify", folder.Model).Code).IsEqualTo(0);
    }

    [Test]
    public async Task A_seeded_random_walk_is_told_to_be_one()
    {
        using var folder = new SeriesFolder();
        var random = new Random(7);
        double at = 100;
        string table = folder.Put("t.csv", SeriesFolder.Column("y", Enumerable.Range(0, 400).Select(_ => at += random.NextDouble() - 0.5)));
        CliResult result = folder.Train(table, "y", "--epochs", "10");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Out).Contains("repeating the last value is as good as the model. The series may be a random walk");
        string ramp = folder.Put("r.csv", SeriesFolder.Column("y", Enumerable.Range(0, 100).Select(i => (double)i)));
        await Assert.That(folder.Train(ramp, "y").Out).DoesNotContain("random walk");
    }

    [Test]
    [Arguments("y\n1\n2\n", "", "a, y", "y 1 row ahead, from all rows so far of y")]
    [Arguments("a,y\n1,2\n2,3\n", "", "y", "y in the same row, from all rows so far of a")]
    [Arguments("date,a,y\n2020-01-01,1,2\n2020-01-02,2,3\n", "", "y", "y 1 row ahead, from all rows so far of a, y")]
    [Arguments("a,y\n1,2\n2,3\n", "--horizon 3", "y", "y 1 to 3 rows ahead, from all rows so far of a, y")]
    [Arguments("date,a,y\n2020-01-01,1,2\n2020-01-02,2,3\n", "--horizon 0", "y", "y in the same row, from all rows so far of a")]
    [Arguments("a,y,z\n1,2,7\n2,3,8\n", "--inputs y,a", "y", "y 1 row ahead, from all rows so far of y, a")]
    [Arguments("a,y,z\n1,2,7\n2,3,8\n", "--inputs a --window 2", "y,z", "y, z in the same row, from the last 2 rows of a")]
    public async Task What_is_predicted_from_what_is_said(string head, string more, string targets, string expected)
    {
        using var folder = new SeriesFolder();
        string[] lines = head.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string table = folder.Put("t.csv", lines[0] + "\n" + string.Concat(Enumerable.Repeat($"{lines[1]}\n{lines[2]}\n", 30)));
        if (targets == "a, y") targets = "y";
        CliResult result = folder.Train(table, targets, more.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        await Assert.That(result.Error).Contains($"predicts {expected}\n");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(Tinysd.Run("inspect", folder.Model).Out).Contains(expected);
    }

    [Test]
    [Arguments("a,b,y\n", "price", "", 1, "has no column 'price'; it has a, b, y.")]
    [Arguments("a,b,y\n", "Y", "", 1, "Did you mean 'y'?")]
    [Arguments("a,b,y\n", "y", "--inputs a,c", 1, "has no column 'c'; it has a, b, y.")]
    [Arguments("a,b,y\n", "y", "--window 200", 1, "there are 80 training rows; a window of 200 and 0 ahead need at least 200.")]
    [Arguments("a,b,y\n", "y", "--split 90,40", 1, "has 100 rows, and --split 90,40 asks for 130.")]
    [Arguments("a,b,y\n", "y", "--split 90", 2, "--split is '90'; expected two or three numbers of rows, for example 8640,2880,2880.")]
    [Arguments("a,b,y\n", "y", "--split 80,20 --valid-fraction 0.1", 2, "both say what to validate on; give one of them.")]
    [Arguments("a,b,y\n", "y", "--horizon 30", 1, "there are 20 validation rows; 30 ahead needs at least 30.")]
    [Arguments("a,b,y\n", "y", "--horizon 0 --inputs a,y", 2, "--horizon 0 predicts 'y' in the same row, so it cannot be in --inputs")]
    [Arguments("a,b,y\n", "y", "--direction bidirectional", 2, "--direction other than forward needs a --window")]
    [Arguments("y\n", "y", "--horizon 0", 1, "has no column of numbers beside y, and --horizon 0 predicts from other columns")]
    [Arguments("a,k,y\n", "k", "", 1, "the target 'k' is 5 in every training row: there is nothing to learn.")]
    [Arguments("a,t,y\n", "y", "", 1, "line 42, column 't': 'oops' is no number.")]
    [Arguments("a,t,y\n", "t", "--inputs a", 1, "line 42, column 't': 'oops' is no number.")]
    [Arguments("a,i,y\n", "y", "", 1, "line 42, column 'i': 'inf' is infinite")]
    [Arguments("a,l,y\n", "y", "", 1, "line 42: a row of 4 cells; line 1 has 3.")]
    [Arguments("a,c,y\n", "y", "", 1, "line 42, column 'c': '1,5' is not read as a number")]
    [Arguments("a,e,y\n", "e", "", 1, "column 'e': no cell has a number; all are missing")]
    public async Task What_cannot_be_trained_on_is_refused_in_words(string header, string targets, string more, int code, string says)
    {
        using var folder = new SeriesFolder();
        string[] names = header.TrimEnd().Split(',');
        IEnumerable<string> lines = Enumerable.Range(2, 100).Select(line => string.Join(',', names.Select(name => name switch
        {
            "k" => "5",
            "e" => "",
            "t" when line == 42 => "oops",
            "i" when line == 42 => "inf",
            "l" when line == 42 => "1,2",
            "c" when line == 42 => "\"1,5\"",
            _ => (line * (name[0] % 7) % 11).ToString(CultureInfo.InvariantCulture),
        })));
        string table = folder.Put("t.csv", header + string.Join('\n', lines) + "\n");
        CliResult result = folder.Train(table, targets, more.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        await Assert.That(result.Error).Contains(says);
        await Assert.That(result.Code).IsEqualTo(code);
        await Assert.That(result.Error).DoesNotContain("internal error");
        await Assert.That(File.Exists(folder.Model)).IsFalse();
    }

    [Test]
    public async Task What_is_odd_in_a_table_is_said_and_no_error()
    {
        using var folder = new SeriesFolder();
        var text = new StringBuilder("time,a,k,note,y\n");
        for (int i = 0; i < 60; i++)
        {
            string at = i switch { 10 => "2020-01-02 12:00", 20 => "2020-01-05 19:00", _ => $"2020-01-0{1 + (i / 24)} {i % 24:00}:00" };
            text.Append(CultureInfo.InvariantCulture, $"{at},{(i == 7 ? "NA" : i % 5)},3,x{i},{(i * 3) % 7}\n");
        }

        CliResult result = folder.Train(folder.Put("t.csv", text.ToString()), "y");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        foreach (string said in (string[])
        [
            "column 'a': 1 cell of 60 missing, the first on line 9", "left out as text: 'note'",
            "column 'k': it is the same in every training row", "'time' has the rows' times and is no input",
            "gaps, with room for 121 rows: 2 (lines 12, 22); rows earlier than the one before: 2 (lines 13, 23); rows are taken",
        ])
            await Assert.That(result.Error).Contains(said);
    }

    // A byte-order mark, CRLF, a cell with a line end in it, semicolons and decimal commas; and the same without all of it.
    [Test]
    public async Task A_spreadsheets_file_trains_the_model_that_a_plain_one_does()
    {
        using var folder = new SeriesFolder();
        string[] rows = SeriesFolder.Sums(60).Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        string plain = folder.Put("t.csv", "Größe,b,y\n" + string.Join('\n', rows));
        string office = "Größe;note;b;y\r\n" + string.Concat(rows.Select(row => row.Replace(',', ';').Replace('.', ',').Split(';'))
            .Select((cells, i) => $"{cells[0]};\"line {i}\r\n;\"\"é\"\"\";{cells[1]};{cells[2]}\r\n"));
        await Assert.That(folder.Train(plain, "y").Code).IsEqualTo(0);
        string weights = Weights();
        foreach (byte[] bytes in (byte[][])
            [[.. Encoding.UTF8.GetPreamble(), .. Encoding.UTF8.GetBytes(office)], Encoding.Latin1.GetBytes(office), Gzip(office)])
        {
            CliResult result = folder.Train(folder.Put("t.csv", bytes), "y", "--decimal", "comma");
            await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
            await Assert.That(result.Error.Contains("not UTF-8, read as Latin-1", StringComparison.Ordinal)).IsEqualTo(bytes[2] == 0xF6);
            await Assert.That(Weights()).IsEqualTo(weights);
        }

        CliResult refused = folder.Train(folder.Put("t.csv", office), "y");
        await Assert.That((refused.Code, refused.Error)).IsEqualTo((1, $"tinysd train regressor: {folder["t.csv"]}, line 2, column " +
            $"'y': '{rows[0].Split(',')[2].Replace('.', ',')}' is not read as a number, for its commas, points or blanks can mean " +
            "two things. Where commas are decimal, say so (--decimal comma); separators of thousands must go.\n"));
        string Weights() => string.Join(' ', Tinysd.Run("inspect", folder.Model, "--json").Json.GetProperty("tensors").EnumerateArray()
            .Select(tensor => tensor.GetProperty("checksum").GetString()));
    }

    [Test]
    public async Task Standard_input_is_a_table_too()
    {
        using var folder = new SeriesFolder();
        string text = SeriesFolder.Sums(60);
        await Assert.That(folder.Train(folder.Put("t.csv", text), "y").Code).IsEqualTo(0);
        JsonElement file = Tinysd.Run("eval", folder.Model, "--data", folder["t.csv"], "--json").Json;
        CliResult result = Tinysd.RunOn(text, "train", "regressor", "--train", "-", "--targets", "y", "--out", folder.Model, "--hidden",
            "8", "--epochs", "3", "--threads", "1");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        JsonElement piped = Tinysd.RunOn(text, "eval", folder.Model, "--data", "-", "--json").Json;
        await Assert.That(piped.GetRawText()).IsEqualTo(file.GetRawText());
    }

    [Test]
    public async Task Tables_without_a_header_are_known_by_numbers()
    {
        using var folder = new SeriesFolder();
        string text = SeriesFolder.Sums(60);
        string table = folder.Put("t.csv", text[(text.IndexOf('\n', StringComparison.Ordinal) + 1)..]);
        CliResult result = folder.Train(table, "3", "--valid", table);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Error).Contains("predicts column3 in the same row, from all rows so far of column1, column2");
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", table).Code).IsEqualTo(0);
    }

    [Test]
    public async Task A_column_of_times_is_told_of_once()
    {
        using var folder = new SeriesFolder();
        DateTime start = new(2026, 1, 5);
        string[] rows = [.. Enumerable.Range(0, 60).Select(i => $"{start.AddHours(i):yyyy-MM-dd HH:mm:ss},{i % 7}\n")];
        string table = folder.Put("t.csv", $"when,y\n{string.Concat(rows)}");
        await Assert.That(folder.Train(table, "y").Code).IsEqualTo(0);
        string[] told = Tinysd.Run("eval", folder.Model, "--data", table).Error.Split('\n');
        await Assert.That(told.Where(line => line.Contains("when", StringComparison.Ordinal)).Single()).Contains("has the rows' times");
    }

    [Test]
    public async Task Other_tables_are_matched_by_name_too()
    {
        using var folder = new SeriesFolder();
        string text = SeriesFolder.Sums(60), table = folder.Put("t.csv", text);
        string turned = folder.Put("u.csv", string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(',')).Select(cells => $"x,{cells[2]},{cells[1]},{cells[0]}\n")));
        CliResult plain = folder.Train(table, "y", "--valid", table, "--json");
        CliResult other = folder.Train(table, "y", "--valid", turned, "--json");
        await Assert.That(other.Code).IsEqualTo(0).Because(other.Error);
        await Assert.That(other.Json.GetProperty("validFigures").GetRawText())
            .IsEqualTo(plain.Json.GetProperty("validFigures").GetRawText());
        CliResult eval = Tinysd.Run("eval", folder.Model, "--data", turned, "--json");
        await Assert.That(eval.Json.GetProperty("mse").GetDouble()).IsEqualTo(plain.Json.GetProperty("valid").GetDouble());
        await Assert.That(eval.Error).Contains("columns that are not used: x");
        string lacking = folder.Put("v.csv", "a,b\n1,2\n3,4\n");
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", lacking).Error).Contains("has no column 'y'; it has a, b.");
    }

    [Test]
    public async Task Options_of_other_tasks_are_warned_of()
    {
        using var folder = new SeriesFolder();
        string table = folder.Put("t.csv", SeriesFolder.Sums(60));
        CliResult result = folder.Train(table, "y", "--huber-delta", "2", "--window", "3", "--bptt", "5");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Error).Contains("--huber-delta has no effect without --loss huber").And.Contains("--bptt has no effect");
        CliResult eval = Tinysd.Run("eval", folder.Model, "--data", table, "--streams", "3");
        await Assert.That(eval.Code).IsEqualTo(0).Because(eval.Error);
        await Assert.That(eval.Error).Contains("--streams has no effect");
    }

    [Test]
    public async Task Files_are_shown_and_a_checkpoint_too()
    {
        using var folder = new SeriesFolder();
        string table = folder.Put("t.csv", SeriesFolder.Sums(60));
        CliResult result = folder.Train(
            table, "y", "--checkpoint", folder["c"], "--max-steps", "3", "--report", folder["r.html"]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(Tinysd.Run("inspect", folder.Model, "--json").Json.GetProperty("kind").GetString()).IsEqualTo("regressor");
        string checkpoint = Directory.GetFiles(folder["c"], "*.tsd").Order().Last();
        CliResult inspected = Tinysd.Run("inspect", checkpoint);
        await Assert.That(inspected.Out).Contains("regressor").And.Contains($"{table}, 48 rows");
        await Assert.That(Tinysd.Run("verify", checkpoint).Code).IsEqualTo(0);
        string page = await File.ReadAllTextAsync(folder["r.html"]);
        await Assert.That(page).Contains("repeating the last value").And.Contains("t.csv, 48 rows").And.Contains("training of a regressor");
        CliResult generate = Tinysd.Run("generate", folder.Model);
        await Assert.That(generate.Code).IsEqualTo(1);
        await Assert.That(generate.Error).Contains("regressor");
    }

    private static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(Encoding.UTF8.GetBytes(text));
        return packed.ToArray();
    }
}
