using System.IO.Compression;
using System.Text.Json;

namespace TinySD.Tools.Tests;

/// <summary><c>train lm</c> on small texts.</summary>
public sealed class TrainLmTests
{
    [Test]
    public async Task A_model_that_is_replaced_is_named_beforehand()
    {
        using var folder = new TestFolder();
        CliResult first = folder.TrainModel("--max-steps", "5"), second = folder.TrainModel("--max-steps", "5");
        await Assert.That(first.Error).DoesNotContain("is there already");
        await Assert.That(second.Code).IsEqualTo(0);
        await Assert.That(second.Error).Contains($"tinysd train lm: {folder.Model} is there already; the first epoch's model replaces it.");
    }

    [Test]
    public async Task Report_and_terminal_draw_the_learning_curves()
    {
        using var folder = new TestFolder();
        CliResult result = folder.TrainModel("--test", folder.Test, "--report", folder["report.html"]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Out).Contains("perplexity    o train   + valid   * both");
        string html = await File.ReadAllTextAsync(folder["report.html"]);
        string svg = html[html.IndexOf("<svg", StringComparison.Ordinal)..(html.IndexOf("</svg>", StringComparison.Ordinal) + 6)];
        await Assert.That(System.Xml.Linq.XElement.Parse(svg).Elements("polyline").Count()).IsEqualTo(3);
        await Assert.That(html).Contains("--hidden</td><td>12</td>");
        await Assert.That(html).Contains("<td>trained on</td><td>train.txt, 2,100 tokens</td>");
        await Assert.That(html).Contains("hardware profile</td>");
        await Assert.That(html).DoesNotMatch(@"(?i)https?:|src\s*=|url\(|<script|<link");
        CliResult same = folder.TrainModel("--report", folder.Model);
        await Assert.That(same.Code).IsEqualTo(2);
        await Assert.That(same.Error).Contains("--report and --out are the same file");
    }

    [Test]
    public async Task Json_has_the_promised_keys_and_the_file_holds_the_best_epoch()
    {
        using var folder = new TestFolder();
        CliResult result = folder.TrainModel("--test", folder.Test, "--json");
        await Assert.That(result.Code).IsEqualTo(0);
        JsonElement json = result.Json;
        JsonElement[] epochs = [.. json.GetProperty("epochs").EnumerateArray()];
        await Assert.That(epochs.Select(e => e.GetProperty("epoch").GetInt32())).IsEquivalentTo([1, 2, 3], CollectionOrdering.Matching);
        foreach (JsonElement epoch in epochs)
        {
            // 13 words, so a perplexity above 20 or so would be worse than knowing nothing.
            await Assert.That(epoch.GetProperty("trainPerplexity").GetDouble()).IsBetween(1, 20);
            await Assert.That(epoch.GetProperty("validPerplexity").GetDouble()).IsBetween(1, 20);
            await Assert.That(epoch.GetProperty("learningRate").GetSingle()).IsEqualTo(1f);
            await Assert.That(epoch.GetProperty("seconds").GetDouble()).IsGreaterThan(0);
            await Assert.That(epoch.GetProperty("tokensPerSecond").GetDouble()).IsGreaterThan(0);
            await Assert.That(epoch.GetProperty("steps").GetInt32()).IsEqualTo(69); // 2100 tokens in 5 streams of 420: (420 - 1) / 6
        }

        await Assert.That(json.GetProperty("model").GetString()).IsEqualTo(folder.Model);

        // V = 14 with <eos>, E = H = 12, two layers: VE + 2 * (12 * 48 + 12 * 48 + 48) + 12V + V.
        const long Parameters = (14 * 12) + (2 * ((12 * 48) + (12 * 48) + 48)) + (12 * 14) + 14;
        await Assert.That(json.GetProperty("parameters").GetInt64()).IsEqualTo(Parameters);
        await Assert.That(json.GetProperty("vocabulary").GetInt32()).IsEqualTo(14);
        double best = epochs.Min(e => e.GetProperty("validPerplexity").GetDouble());
        await Assert.That(json.GetProperty("validPerplexity").GetDouble()).IsEqualTo(best);

        JsonElement eval = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--json", "--threads", "1").Json;
        await Assert.That(json.GetProperty("testPerplexity").GetDouble()).IsEqualTo(eval.GetProperty("perplexity").GetDouble());
    }

    [Test]
    [Arguments("f16")]
    [Arguments("bf16")]
    public async Task A_model_in_16_bits_is_shown_verified_and_measured_as_it_is_in_the_file(string dtype)
    {
        using var folder = new TestFolder();
        CliResult result = folder.TrainModel("--test", folder.Test, "--json", "--dtype", dtype);
        await Assert.That(result.Code).IsEqualTo(0);
        JsonElement[] tensors = [.. Tinysd.Run("inspect", folder.Model, "--json").Json.GetProperty("tensors").EnumerateArray()];
        await Assert.That(tensors.Select(tensor => tensor.GetProperty("dtype").GetString()!).Distinct()).IsEquivalentTo([dtype]);
        await Assert.That(tensors[^1].GetProperty("bytes").GetInt64()).IsEqualTo(2 * 14);
        await Assert.That(Tinysd.Run("inspect", folder.Model).Out).Contains(dtype);
        await Assert.That(Tinysd.Run("verify", folder.Model).Code).IsEqualTo(0);
        JsonElement eval = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--json", "--threads", "1").Json;
        await Assert.That(result.Json.GetProperty("testPerplexity").GetDouble()).IsEqualTo(eval.GetProperty("perplexity").GetDouble());
    }

    [Test]
    public async Task Without_a_test_text_there_is_no_test_perplexity()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainModel("--json").Json.TryGetProperty("testPerplexity", out _)).IsFalse();
    }

    [Test]
    public async Task People_get_a_table_of_epochs_on_standard_output_and_progress_on_standard_error()
    {
        using var folder = new TestFolder();
        CliResult result = folder.TrainModel("--test", folder.Test);
        await Assert.That(result.Out).Matches(@"epoch +train perplexity +valid perplexity +learning rate +time +tokens/s");
        await Assert.That(result.Out).Matches(@"(?m)^ +3 +\d+\.\d\d +\d+\.\d\d +1 ");
        await Assert.That(result.Out).Contains(" kept");
        await Assert.That(result.Out).Matches(@"test perplexity \d+\.\d\d\n");
        await Assert.That(result.Out).Contains($"{folder.Model} holds the model of epoch ");
        await Assert.That(result.Error).StartsWith($"{folder.Train}: 2,100 tokens, vocabulary 14; ");
        await Assert.That(result.Error).Matches(@"epoch 3/3: perplexity train \d");
        await Assert.That(result.Out + result.Error).DoesNotContain("\u001b");
    }

    [Test]
    public async Task Quiet_means_nothing_on_standard_error()
    {
        using var folder = new TestFolder();
        CliResult result = folder.TrainModel("--quiet");
        await Assert.That(result.Error).IsEqualTo("");
        await Assert.That(result.Code).IsEqualTo(0);
    }

    [Test]
    [Arguments("none", "word")]
    [Arguments("random", "word")]
    [Arguments("locked", "char")]
    [Arguments("structured", "word")]
    [Arguments("structured-locked", "char")]
    public async Task The_same_seed_writes_the_same_bytes_on_one_thread_and_on_two(string dropout, string level)
    {
        using var folder = new TestFolder();
        string[] options =
        [
            "--quiet", "--level", level, "--preset", "zaremba-medium", "--init", "0.1", "--dropout", dropout, "--max-steps", "20",
            "--test", folder.Test, "--seed", "7",
        ];
        folder.TrainModelTo(folder["one.tsd"], 1, options);
        folder.TrainModelTo(folder["again.tsd"], 1, options);
        folder.TrainModelTo(folder["two.tsd"], 2, options);
        options[^1] = "8";
        folder.TrainModelTo(folder["other.tsd"], 1, options);
        byte[] one = File.ReadAllBytes(folder["one.tsd"]);
        await Assert.That(File.ReadAllBytes(folder["again.tsd"]).AsSpan().SequenceEqual(one)).IsTrue();
        await Assert.That(File.ReadAllBytes(folder["two.tsd"]).AsSpan().SequenceEqual(one)).IsTrue();
        await Assert.That(File.ReadAllBytes(folder["other.tsd"]).AsSpan().SequenceEqual(one)).IsFalse();
    }

    private static CliResult Train(TestFolder folder, string output, int threads, int epochs, params string[] options)
    {
        string[] arguments = folder.TrainArgs(folder[output], threads, options);
        arguments[Array.IndexOf(arguments, "--epochs") + 1] = epochs.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Tinysd.Run(arguments);
    }

    // AWD-LSTM whole, but small, in all its forms.
    [Test]
    [Arguments("awd-lstm")]
    [Arguments("awd-lstm+nr-st")]
    [Arguments("awd-lstm+nr-rh-st")]
    [Arguments("gal-medium+nr-rh-st")]
    public async Task Recipes_with_everything_write_the_same_bytes_on_one_thread_and_on_two(string preset)
    {
        using var folder = new TestFolder();
        string[] options = ["--preset", preset, "--embedding", "8", "--last-hidden", "8", "--lr", "1", "--test", folder.Test, "--json"];
        CliResult one = Train(folder, "one.tsd", 1, epochs: 4, options), two = Train(folder, "two.tsd", 2, epochs: 4, options);
        await Assert.That(one.Error + two.Error).DoesNotContain("not finite");
        await Assert.That((one.Code, two.Code)).IsEqualTo((0, 0));
        await Assert.That(File.ReadAllBytes(folder["two.tsd"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder["one.tsd"]))).IsTrue();
        await Assert.That(one.Json.GetProperty("validPerplexity").GetDouble()).IsBetween(1, 14);
        JsonElement eval = Tinysd.Run("eval", folder["one.tsd"], "--data", folder.Test, "--json", "--threads", "1").Json;
        await Assert.That(eval.GetProperty("perplexity").GetDouble()).IsEqualTo(one.Json.GetProperty("testPerplexity").GetDouble());
    }

    [Test]
    public async Task Averaging_begins_when_validation_gets_worse_and_the_average_is_what_is_kept()
    {
        using var folder = new TestFolder();
        string[] options = ["--lr", "20", "--lr-schedule", "constant", "--clip", "1", "--json"];
        CliResult plain = Train(folder, "sgd.tsd", 1, epochs: 8, options);
        CliResult averaged = Train(folder, "asgd.tsd", 1, epochs: 8, [.. options, "--optimizer", "nt-asgd", "--nonmono", "0"]);
        double[] raw = Validations(plain), mean = Validations(averaged);

        // n = 0: the first epoch that is worse than the best before it, and the descent beneath stays the same.
        int trigger = Enumerable.Range(1, 7).First(epoch => raw[epoch] > raw[..epoch].Min());
        await Assert.That(mean[..(trigger + 1)]).IsEquivalentTo(raw[..(trigger + 1)], CollectionOrdering.Matching);
        await Assert.That(averaged.Error).Contains("from here on the model is the average");
        await Assert.That(Trains(averaged)).IsEquivalentTo(Trains(plain), CollectionOrdering.Matching);
        await Assert.That(mean[^1]).IsLessThan(raw[^1]);

        static double[] Validations(CliResult result) => Of(result, "validPerplexity");
        static double[] Trains(CliResult result) => Of(result, "trainPerplexity");
        static double[] Of(CliResult result, string key) =>
            [.. result.Json.GetProperty("epochs").EnumerateArray().Select(epoch => epoch.GetProperty(key).GetDouble())];
    }

    [Test]
    public async Task A_run_out_of_patience_ends_and_is_tested()
    {
        using var folder = new TestFolder();
        CliResult result = Train(
            folder, "model.tsd", 1, epochs: 60, "--patience", "2", "--lr", "20", "--lr-schedule", "constant", "--test", folder.Test,
            "--json");
        double[] valid =
            [.. result.Json.GetProperty("epochs").EnumerateArray().Select(epoch => epoch.GetProperty("validPerplexity").GetDouble())];
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(valid.Length).IsLessThan(60);
        await Assert.That(result.Json.GetProperty("bestEpoch").GetInt32()).IsEqualTo(valid.Length - 2);
        await Assert.That(result.Error).Contains("no better validation in 2 epochs");
        await Assert.That(result.Json.TryGetProperty("testPerplexity", out _)).IsTrue();
    }

    [Test]
    [Arguments("gru")]
    [Arguments("rnn-tanh")]
    [Arguments("rnn-relu")]
    [Arguments("lstm", "--peepholes")]
    public async Task Every_cell_learns_is_saved_and_used(string cell, string? peepholes = null)
    {
        using var folder = new TestFolder();
        string[] options =
        [
            "--cell", cell, .. peepholes is null ? Array.Empty<string>() : [peepholes], "--optimizer", "adam", "--lr", "0.01",
            "--max-steps", "200",
            "--dropout", "structured", "--rate", "0.25", "--test", folder.Test, "--json",
        ];
        JsonElement json = folder.TrainModel(options).Json;
        double[] perplexities = [.. json.GetProperty("epochs").EnumerateArray().Select(e => e.GetProperty("validPerplexity").GetDouble())];

        // 14 tokens; whoever knows the order of the words and nothing else is left with 2 or 3 of them at each place.
        await Assert.That(perplexities[0]).IsLessThan(14);
        await Assert.That(perplexities[^1]).IsLessThan(perplexities[0]);
        await Assert.That(perplexities[^1]).IsLessThan(3.5);
        await Assert.That(json.GetProperty("recipe").GetProperty("cell").GetString()).IsEqualTo(cell);

        JsonElement eval = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--json", "--threads", "1").Json;
        await Assert.That(eval.GetProperty("perplexity").GetDouble()).IsEqualTo(json.GetProperty("testPerplexity").GetDouble());
        CliResult text = Tinysd.Run("generate", folder.Model, "--prompt", "the cat", "--length", "5", "--seed", "1");
        await Assert.That(text.Code).IsEqualTo(0);
        CliResult shown = Tinysd.Run("inspect", folder.Model);
        await Assert.That(shown.Out).Matches($@"--cell +{cell} ");
        await Assert.That(shown.Out.Contains("--peepholes", StringComparison.Ordinal)).IsEqualTo(peepholes is not null);
        await Assert.That(shown.Out).Contains($"{cell.Split('-')[0]}.1.recurrent ");
        await Assert.That(Tinysd.Run("verify", folder.Model).Code).IsEqualTo(0);

        folder.TrainModelTo(folder["two.tsd"], 2, options);
        await Assert.That(File.ReadAllBytes(folder["two.tsd"]).AsSpan().SequenceEqual(File.ReadAllBytes(folder.Model))).IsTrue();
    }

    [Test]
    public async Task Gzip_is_read_as_what_it_holds()
    {
        using var folder = new TestFolder();
        string packed = folder["train.gz"];
        using (var gzip = new GZipStream(File.Create(packed), CompressionLevel.Fastest)) gzip.Write(File.ReadAllBytes(folder.Train));
        string[] args = folder.TrainArgs(folder.Model, 1, "--json");
        JsonElement plain = Tinysd.Run(args).Json;
        args[Array.IndexOf(args, folder.Train)] = packed;
        JsonElement unpacked = Tinysd.Run(args).Json;
        await Assert.That(unpacked.GetProperty("validPerplexity").GetDouble()).IsEqualTo(plain.GetProperty("validPerplexity").GetDouble());
    }

    [Test]
    public async Task Max_steps_ends_the_run_and_leaves_a_model_that_can_be_used()
    {
        using var folder = new TestFolder();
        JsonElement json = folder.TrainModel("--max-steps", "80", "--json").Json;
        JsonElement[] epochs = [.. json.GetProperty("epochs").EnumerateArray()];
        await Assert.That(epochs.Select(e => e.GetProperty("steps").GetInt32())).IsEquivalentTo([69, 11], CollectionOrdering.Matching);
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--threads", "1").Code).IsEqualTo(0);
        await Assert.That(folder.TrainModel("--max-steps", "80").Out).Contains("cut short after 11 steps");
    }

    [Test]
    public async Task The_learning_rate_decays_as_asked()
    {
        using var folder = new TestFolder();
        JsonElement json = folder.TrainModel("--json", "--lr", "0.5", "--full-rate-epochs", "1", "--decay", "4").Json;
        IEnumerable<float> rates = json.GetProperty("epochs").EnumerateArray().Select(e => e.GetProperty("learningRate").GetSingle());
        await Assert.That(rates).IsEquivalentTo([0.5f, 0.125f, 0.03125f], CollectionOrdering.Matching);
    }

    [Test]
    public async Task What_is_kept_is_the_best_epoch_and_not_the_last()
    {
        // Training text and validation text have nothing in common, so the first epochs are the best.
        using var folder = new TestFolder();
        const string Line = "tree house red small big likes hears sees bird dog cat a the\n";
        string other = folder.PutText("other.txt", string.Concat(Enumerable.Repeat(Line, 40)));
        string[] args = folder.TrainArgs(folder.Model, 1, "--optimizer", "adam", "--lr", "0.05", "--json");
        args[Array.IndexOf(args, folder.Valid)] = other;
        JsonElement json = Tinysd.Run(args).Json;
        double[] valid = [.. json.GetProperty("epochs").EnumerateArray().Select(e => e.GetProperty("validPerplexity").GetDouble())];
        int best = Array.IndexOf(valid, valid.Min()) + 1;
        await Assert.That(best).IsLessThan(3);
        await Assert.That(json.GetProperty("bestEpoch").GetInt32()).IsEqualTo(best);
        JsonElement training = Tinysd.Run("inspect", folder.Model, "--json").Json.GetProperty("training");
        await Assert.That(training.GetProperty("epochs").GetArrayLength()).IsEqualTo(best);
    }

    [Test]
    public async Task A_stop_leaves_the_best_model_so_far_and_says_so()
    {
        using var folder = new TestFolder();
        CliResult result = Tinysd.RunUntil("epoch 1/3: ", folder.TrainArgs(folder.Model, 1));
        await Assert.That(result.Code).IsEqualTo(130);
        await Assert.That(result.Error).Contains(
            $"tinysd train lm: stopped in epoch 2, after 69 steps in all; {folder.Model} holds the best model so far, of epoch 1, ");
        await Assert.That(result.Out).IsEqualTo("");
        await Assert.That(Tinysd.Run("verify", folder.Model).Code).IsEqualTo(0);
        await Assert.That(folder.ModelFiles()).IsEquivalentTo([folder.Model]);
    }

    [Test]
    public async Task A_stop_before_the_first_epoch_s_end_leaves_the_old_file_alone()
    {
        using var folder = new TestFolder();
        File.WriteAllText(folder.Model, "what was there before");
        CliResult result = Tinysd.RunUntil("parameters;", folder.TrainArgs(folder.Model, 1));
        await Assert.That(result.Code).IsEqualTo(130);
        await Assert.That(result.Error).Contains(
            $"stopped in epoch 1, after 0 steps in all; no epoch was finished, so nothing was saved to {folder.Model}.");
        await Assert.That(File.ReadAllText(folder.Model)).IsEqualTo("what was there before");
        await Assert.That(folder.ModelFiles()).IsEquivalentTo([folder.Model]);
    }

    [Test]
    public async Task The_Penn_Treebank_has_the_counts_that_everybody_has()
    {
        string train = RealData.Find("ptb/ptb.train.txt.gz"), valid = RealData.Find("ptb/ptb.valid.txt.gz");
        string test = RealData.Find("ptb/ptb.test.txt.gz");
        using var folder = new TestFolder();
        CliResult result = Tinysd.Run(
            "train", "lm", "--train", train, "--valid", valid, "--test", test, "--out", folder.Model, "--hidden", "4", "--layers", "1",
            "--max-steps", "3", "--json");
        await Assert.That(result.Json.GetProperty("vocabulary").GetInt32()).IsEqualTo(10_000);
        JsonElement training = Tinysd.Run("inspect", folder.Model, "--json").Json.GetProperty("training");
        await Assert.That(training.GetProperty("train").GetProperty("tokens").GetInt64()).IsEqualTo(929_589);
        await Assert.That(training.GetProperty("valid").GetProperty("tokens").GetInt64()).IsEqualTo(73_760);
        await Assert.That(training.GetProperty("test").GetProperty("tokens").GetInt64()).IsEqualTo(82_430);
    }
}
