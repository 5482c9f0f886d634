using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using TinySD.Formats.Models;
using TinySD.Runtime.Inference;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary><c>predict</c>, and what people who use such programs run into.</summary>
public sealed class PredictTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    [Test]
    public async Task Columns_are_found_by_their_names()
    {
        using var folder = Trained();
        CliResult asTrained = folder.Predict("a,b\n0.5,2\n0.1,8\n"), turned = folder.Predict("b,a,note\n2,0.5,x\n8,0.1,\"y\n\"\n");
        await Assert.That(turned.Code).IsEqualTo(0).Because(turned.Error);
        await Assert.That(turned.Out).IsEqualTo(asTrained.Out);
        await Assert.That(turned.Error).Contains("columns of standard input that are not used: note");
        await Assert.That(asTrained.Error).DoesNotContain("not used");
        CliResult lacking = folder.Predict("b,note\n2,1\n");
        await Assert.That((lacking.Code, lacking.Out)).IsEqualTo((1, ""));
        await Assert.That(lacking.Error).Contains("standard input has no column 'a'; it has b, note.");

        // Without a header by place: as the training table had them, or the inputs alone. Then there is none in the output, either.
        string values = asTrained.Out[(asTrained.Out.IndexOf('\n', StringComparison.Ordinal) + 1)..];
        await Assert.That(folder.Predict("0.5,2\n0.1,8\n").Out).IsEqualTo(values);
        await Assert.That(folder.Predict("0.5,2,\n0.1,8,7\n").Out).IsEqualTo(values);
        await Assert.That(folder.Predict("0.5;2\n0.1;8\n").Out).IsEqualTo(values);
        await Assert.That(folder.Predict("0.5,2,3,4\n").Error).Contains("rows of 4 cells without a header; expected are 3 cells (a, b, y)");
    }

    [Test]
    [Arguments(1)]
    [Arguments(31)]
    [Arguments(33)]
    [Arguments(1000)]
    public async Task Every_row_has_a_prediction_in_order(int count)
    {
        using var folder = Trained("--batch", "32");
        string rows = SeriesFolder.Sums(count, seed: 5);
        CliResult result = folder.Predict(rows);
        double[] predicted = Numbers(result.Out);
        await Assert.That(predicted.Length).IsEqualTo(count);

        // A session in this process, fed the same rows.
        var session = new RegressorSession(RegressorFile.Load(folder.Model).Regressor);
        double[][] fed = [.. rows.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..].Select(line =>
            line.Split(',').Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)).ToArray())];
        for (int i = 0; i < count; i++)
        {
            if (session.Step(fed[i].AsSpan(0, 2))[0] != predicted[i]) throw new InvalidOperationException($"row {i} is another");
        }
    }

    [Test]
    public async Task A_ramp_goes_on_and_the_output_says_which_step_it_means()
    {
        using var folder = new SeriesFolder();
        string ramp = SeriesFolder.Column("y", Enumerable.Range(0, 100).Select(i => (double)i));
        CliResult trained = folder.Train(folder.Put("t.csv", ramp), "y", "--horizon", "3", "--epochs", "30");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        CliResult result = folder.Predict(ramp);
        string[] lines = result.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await Assert.That(lines[0]).IsEqualTo("y+1,y+2,y+3");
        await Assert.That(lines.Length).IsEqualTo(101);
        double[] last = [.. lines[^1].Split(',').Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))];
        for (int step = 0; step < 3; step++) await Assert.That(last[step]).IsEqualTo(100 + step).Within(0.4);
        await Assert.That(result.Error).Contains("predicts y 1 to 3 rows ahead").And.Contains("in the targets' own units");
    }

    // The same network and the same rows in another unit: the predictions are in it, too.
    [Test]
    public async Task Predictions_are_in_the_targets_own_units()
    {
        using var folder = new SeriesFolder();
        double[] small = [.. Enumerable.Range(0, 80).Select(i => Math.Sin(i / 3.0))];
        CliResult[] results = [.. new[] { 1.0, 1024.0 }.Select(unit =>
        {
            string table = SeriesFolder.Column("y", small.Select(value => value * unit));
            folder.Train(folder.Put("t.csv", table), "y");
            return folder.Predict(table);
        })];
        (double[] plain, double[] scaled) = (Numbers(results[0].Out), Numbers(results[1].Out));
        for (int i = 0; i < 80; i++) await Assert.That(scaled[i]).IsEqualTo(1024 * plain[i]).Within(0.05);
    }

    [Test]
    public async Task While_a_window_is_not_full_there_is_no_prediction_and_that_is_said_where_it_never_is()
    {
        using var folder = Trained("--window", "3");
        CliResult result = folder.Predict("a,b\n1,2\n3,4\n5,6\n7,8\n");
        string[] lines = result.Out.Split('\n')[..^1];
        await Assert.That(lines.Length).IsEqualTo(5);
        await Assert.That(lines.Select(line => line.Length > 0))
            .IsEquivalentTo([true, false, false, true, true], CollectionOrdering.Matching);
        CliResult few = folder.Predict("a,b\n1,2\n3,4\n");
        await Assert.That(few.Code).IsEqualTo(1);
        await Assert.That(few.Error).Contains("standard input ended after 2 rows, before the first prediction; it needs 3.");
        await Assert.That(folder.Predict("a,b\n").Error).Contains("ended after 0 rows, before the first prediction; it needs 3.");
        CliResult none = folder.Predict("");
        await Assert.That((none.Code, none.Error)).IsEqualTo((1, "tinysd predict: standard input is empty; a table in CSV was expected\n"));
    }

    [Test]
    public async Task A_column_that_never_moved_may_move_and_numbers_stay_finite()
    {
        using var folder = new SeriesFolder();
        string table = folder.Put("t.csv", SeriesFolder.Sums(60).Replace("a,b,y", "k,a,b,y").Replace("\n0", "\n7,0"));
        string text = string.Join('\n', SeriesFolder.Sums(60).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select((line, i) => (i == 0 ? "k," : "7,") + line));
        CliResult trained = folder.Train(folder.Put("t.csv", text), "y");
        await Assert.That(trained.Error).Contains($"{table}, column 'k': it is the same in every training row");
        double[] predicted = Numbers(folder.Predict("k,a,b\n7,0.5,2\n9,0.5,2\n-1000,0.5,2\n1e9,0.5,2\n").Out);
        await Assert.That(predicted.Length).IsEqualTo(4);
        await Assert.That(predicted.All(double.IsFinite)).IsTrue();
    }

    [Test]
    public async Task A_missing_cell_repeats_the_last_value_and_is_said_once()
    {
        using var folder = Trained();
        CliResult whole = folder.Predict("a,b\n0.5,2\n0.5,3\n0.5,4\n"), holes = folder.Predict("a,b\n0.5,2\n,3\nNA,4\n");
        await Assert.That(holes.Out).IsEqualTo(whole.Out);
        await Assert.That(holes.Error.Split("'a' is missing").Length).IsEqualTo(2);
        await Assert.That(holes.Error).Contains("standard input, line 3: 'a' is missing; while it is, its last value is repeated.");
    }

    [Test]
    [Arguments("a,b\n1,2\n3,x\n", "standard input, line 3, column 'b': 'x' is no number.")]
    [Arguments("a,b\n1,2\n3,inf\n", "standard input, line 3, column 'b': 'inf' is infinite")]
    [Arguments("a,b\n1,2\n3,1e300\n", "standard input, line 3: 'b' is 1E+300")]
    [Arguments("a,b\n1,2\n3\n", "standard input, line 3: a row of 1 cell; line 1 has 2.")]
    [Arguments("a;b\n1;2\n3;1,5\n", "standard input, line 3, column 'b': '1,5' is not read as a number")]
    public async Task A_row_that_is_none_ends_it_after_those_before(string rows, string says)
    {
        using var folder = Trained();
        CliResult result = folder.Predict(rows);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).Contains(says).And.DoesNotContain("internal error");
        await Assert.That(Numbers(result.Out).Length).IsEqualTo(1);
    }

    [Test]
    public async Task A_model_of_decimal_commas_takes_and_gives_them()
    {
        using var folder = new SeriesFolder();
        string text = SeriesFolder.Sums(60).Replace(',', ';').Replace('.', ',');
        await Assert.That(folder.Train(folder.Put("t.csv", text), "y", "--decimal", "comma").Code).IsEqualTo(0);
        CliResult result = folder.Predict("b;a\n2,5;0,5\n"), points = folder.Predict("b;a\n2.5;0.5\n", "--decimal", "point");
        await Assert.That(result.Out).IsEqualTo(points.Out.Replace('.', ','));
        await Assert.That(result.Out).Matches(@"^y\n-?\d+,\d+\n$");
    }

    [Test]
    public async Task An_outlier_is_flagged_and_judged_by_what_came_before_it()
    {
        using var folder = new SeriesFolder();
        var random = new Random(3);
        double[] values = [.. Enumerable.Range(0, 400).Select(i => (10 * Math.Sin(i / 5.0)) + random.NextDouble())];
        CliResult trained = folder.Train(folder.Put("t.csv", SeriesFolder.Column("y", values)), "y", "--epochs", "20");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        double[] odd = [.. values];
        odd[200] += 500;
        double[][] calm = Rows(folder.Predict(SeriesFolder.Column("y", values), "--anomalies").Out);
        CliResult result = folder.Predict(SeriesFolder.Column("y", odd), "--anomalies");
        await Assert.That(result.Out).StartsWith("y+1,y_z,y_alarm\n");
        double[][] rows = Rows(result.Out);
        await Assert.That(rows.Length).IsEqualTo(400);

        // The first row was predicted from nothing. The outlier's own score is by the rows before, which are the same in both.
        await Assert.That((rows[0][1], rows[0][2])).IsEqualTo((double.NaN, double.NaN));
        for (int i = 0; i < 200; i++)
        {
            if (!rows[i].AsSpan().SequenceEqual(calm[i])) throw new InvalidOperationException($"row {i} knows of what comes");
        }

        double spread = (odd[200] - values[200]) / (rows[200][1] - calm[200][1]);
        await Assert.That(spread).IsBetween(0.1, 20);
        await Assert.That((rows[200][1] > 20, rows[200][2])).IsEqualTo((true, 1.0));
        await Assert.That(calm.Skip(1).Average(row => row[2])).IsLessThan(0.02);
        await Assert.That(rows[250..].Average(row => row[2])).IsLessThan(0.05);
        double[][] deaf = Rows(folder.Predict(SeriesFolder.Column("y", odd), "--anomalies", "--threshold", "1e6").Out);
        await Assert.That(deaf.Skip(1).Sum(row => row[2])).IsEqualTo(0);
    }

    [Test]
    public async Task Alarms_need_the_targets()
    {
        using var folder = Trained();
        await Assert.That(folder.Predict("a,b\n1,2\n", "--anomalies").Error).Contains("standard input has no column 'y'; it has a, b.");
        double[][] rows = Rows(folder.Predict("a,b,y\n0.5,2,1\n0.5,2,\n", "--anomalies").Out);
        await Assert.That((double.IsFinite(rows[0][1]), rows[1][1], rows[1][2])).IsEqualTo((true, double.NaN, double.NaN));
        await Assert.That(folder.Predict("a,b\n1,2\n", "--threshold", "3").Error).Contains("--threshold has no effect without --anomalies");
    }

    [Test]
    public async Task Json_is_one_object_with_all_rows()
    {
        using var folder = Trained("--window", "2");
        string plain = folder.Predict("a,b\n1,2\n3,4\n").Out;
        JsonElement json = folder.Predict("a,b\n1,2\n3,4\n", "--json").Json;
        await Assert.That(json.GetProperty("columns")[0].GetString()).IsEqualTo("y");
        JsonElement[] rows = [.. json.GetProperty("rows").EnumerateArray()];
        await Assert.That(rows[0][0].ValueKind).IsEqualTo(JsonValueKind.Null);
        await Assert.That(rows[1][0].GetDouble()).IsEqualTo(Numbers(plain)[^1]);
    }

    // At the end of a pipe: every row is answered before the next is there, and Ctrl-C ends the wait.
    [Test]
    public async Task Each_row_is_answered_before_the_next_comes_and_a_stop_ends_the_wait()
    {
        using var folder = Trained();
        using var input = new WaitingStream();
        using var stop = new StopRequest();
        using var output = new CountingWriter();
        using var error = new StringWriter { NewLine = "\n" };
        Task<int> run = Task.Run(() => Cli.Run(["predict", folder.Model], new CliConsole(output, error) { Input = input }, stop));
        input.Put("a,b\n");
        await output.WaitForAsync(1);
        for (int row = 1; row <= 5; row++)
        {
            input.Put($"0.{row},{row}\n");
            await output.WaitForAsync(1 + row);
        }

        await Assert.That(run.IsCompleted).IsFalse();
        stop.TryRequest();
        await Assert.That(await run.WaitAsync(s_patience)).IsEqualTo(130);
        await Assert.That(error.ToString()).EndsWith("tinysd predict: stopped\n");
    }

    [Test]
    public async Task A_fresh_process_predicts_the_same()
    {
        using var folder = Trained();
        string rows = SeriesFolder.Sums(40, seed: 9);
        CliResult here = folder.Predict(rows);
        using TinysdProcess process = TinysdProcess.Start(folder.Path, "predict", folder.Model);
        CliResult there = await process.EndAsync(rows);
        await Assert.That(there.Code).IsEqualTo(0).Because(there.Error);
        await Assert.That(there.Out.ReplaceLineEndings("\n")).IsEqualTo(here.Out);
    }

    private static SeriesFolder Trained(params string[] more)
    {
        var folder = new SeriesFolder();
        CliResult result = folder.Train(folder.Put("t.csv", SeriesFolder.Sums(80)), "y", more);
        return result.Code == 0 ? folder : throw new InvalidOperationException(result.Error);
    }

    private static double[] Numbers(string output) => [.. Rows(output).Select(row => row[0])];

    // Of an output with a header.
    private static double[][] Rows(string output) => [.. output.Split('\n')[1..^1].Select(line =>
        line.Split(',').Select(cell => cell.Length == 0 ? double.NaN : double.Parse(cell, CultureInfo.InvariantCulture)).ToArray())];

    /// <summary>Gives what was put into it, and waits where there is nothing.</summary>
    private sealed class WaitingStream : MemoryStream
    {
        private readonly BlockingCollection<byte[]> _parts = [];

        public void Put(string text) => _parts.Add(Encoding.ASCII.GetBytes(text));

        // Each part fits into any buffer that is asked for more than a few bytes.
        public override int Read(byte[] buffer, int offset, int count)
        {
            if (Position == Length)
            {
                if (!_parts.TryTake(out byte[]? part, Timeout.Infinite)) return 0;
                SetLength(0);
                Write(part);
                Position = 0;
            }

            return base.Read(buffer, offset, count);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _parts.CompleteAdding();
            base.Dispose(disposing);
        }
    }

    /// <summary>Counts lines that were flushed.</summary>
    private sealed class CountingWriter : StringWriter
    {
        private readonly SemaphoreSlim _flushed = new(0);
        private int _lines, _seen;

        public override void Write(char value) => Count([value]);

        public override void Write(string? value) => Count(value);

        public override void Write(char[] buffer, int index, int count) => Count(buffer.AsSpan(index, count));

        public override void Write(ReadOnlySpan<char> buffer) => Count(buffer);

        public override void Flush()
        {
            if (_lines > _seen) _flushed.Release(_lines - _seen);
            _seen = _lines;
        }

        public async Task WaitForAsync(int line)
        {
            if (!await _flushed.WaitAsync(s_patience)) throw new InvalidOperationException($"line {line} did not come");
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _flushed.Dispose();
            base.Dispose(disposing);
        }

        private void Count(ReadOnlySpan<char> text) => _lines += text.Count('\n');
    }
}
