using System.IO.Compression;

namespace TinySD.Tools.Tests;

/// <summary>A first text of one's own: <c>train lm</c> on one file, the end of which validates.</summary>
public sealed class OwnTextTests
{
    // A line of six words and its end, 40 of them: 280 tokens, of which 0.1 is four lines.
    private const int Lines = 40, LinesAtEnd = 4;

    [Test]
    [Arguments("--level word", "28 tokens from line 37 on")]
    [Arguments("--level char", "4 lines")]
    public async Task The_end_of_a_text_validates_as_a_file_of_its_own_would(string level, string told)
    {
        using var folder = new TestFolder();
        string[] lines = [.. (await File.ReadAllLinesAsync(folder.Train)).Take(Lines)];
        string whole = folder.PutText("whole.txt", OwnText.Text(lines));
        string head = folder.PutText("head.txt", OwnText.Text(lines[..^LinesAtEnd]));
        string tail = folder.PutText("tail.txt", OwnText.Text(lines[^LinesAtEnd..]));
        CliResult two = OwnText.Train(folder["two.tsd"], head, [.. level.Split(' '), "--valid", tail]);
        CliResult one = OwnText.Train(folder["one.tsd"], whole, [.. level.Split(' '), "--valid-fraction", "0.1"]);
        await Assert.That(one.Code).IsEqualTo(0).Because(one.Error);
        if (level.EndsWith("word", StringComparison.Ordinal))
        {
            await Assert.That(one.Error)
                .Contains($"\n{whole}: the last 10 %, {told}, is the validation text; --valid FILE takes another\n");
            await Assert.That(OwnText.Tensors(folder["one.tsd"])).IsEqualTo(OwnText.Tensors(folder["two.tsd"]));
            foreach (string key in (string[])["validPerplexity", "trainTokens", "vocabulary", "validLoss"])
                await Assert.That(one.Json.GetProperty(key).GetRawText()).IsEqualTo(two.Json.GetProperty(key).GetRawText());
        }
        else
        {
            await Assert.That(one.Error).Contains(" on, is the validation text; --valid FILE takes another\n");
        }

        // The file says so, and where nothing is said it is a twentieth.
        await Assert.That(Tinysd.Run("inspect", folder["one.tsd"]).Out).Contains("the last 10 % of whole.txt, ");
        CliResult usual = OwnText.Train(folder["usual.tsd"], whole, level.Split(' '));
        await Assert.That(usual.Error).Contains($"\n{whole}: the last 5 %, ");
        CliResult same = OwnText.Train(folder["same.tsd"], whole, [.. level.Split(' '), "--valid-fraction", ".05"]);
        await Assert.That(folder.AreEqual("usual.tsd", "same.tsd")).IsTrue().Because(same.Error);
    }

    [Test]
    public async Task Bytes_and_a_text_of_one_line_are_cut_at_the_token()
    {
        using var folder = new TestFolder();
        string line = folder.PutText("line.txt", string.Join(' ', Enumerable.Range(0, 400).Select(i => $"w{i % 7}")));
        await Assert.That(OwnText.Train(folder.Model, line, "--valid-fraction", "0.25").Error)
            .Contains($"\n{line}: the last 25 %, 100 tokens from line 1 on, is the validation text;");
        await Assert.That(OwnText.Train(folder.Model, line, "--level", "byte", "--valid-fraction", "0.25").Error)
            .Contains($"\n{line}: the last 25 %, 300 tokens, is the validation text;");
    }

    // Of 30 bytes 0.05 are 1.5 and so 2, halves to even; of 50 they are 2.5 and so 2, and a little more than 0.05 would be 3.
    [Test]
    [Arguments(30, "2 tokens")]
    [Arguments(50, "2 tokens")]
    [Arguments(70, "4 tokens")]
    public async Task A_share_is_what_is_written_and_not_the_nearest_number_of_single_precision(int length, string told)
    {
        using var folder = new TestFolder();
        string path = folder.PutText("bytes", new string('a', length / 2) + new string('b', length / 2));
        CliResult result = Tinysd.Run(
            "train", "lm", "--train", path, "--level", "byte", "--out", folder.Model, "--hidden", "2", "--batch", "1", "--bptt", "5",
            "--max-steps", "1", "--valid-fraction", "0.05");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Error).Contains($"\n{path}: the last 5 %, {told}, is the validation text;");
    }

    [Test]
    public async Task A_packed_text_is_cut_where_the_plain_one_is()
    {
        using var folder = new TestFolder();
        string plain = folder.PutText("mine", await File.ReadAllTextAsync(folder.Train)), packed = folder["packed/mine"];
        Directory.CreateDirectory(folder["packed"]);
        using (var file = new GZipStream(File.Create(packed), CompressionMode.Compress))
            await file.WriteAsync(await File.ReadAllBytesAsync(plain));
        OwnText.Train(folder["a.tsd"], plain);
        await Assert.That(OwnText.Train(folder["b.tsd"], packed).Code).IsEqualTo(0);
        await Assert.That(folder.AreEqual("a.tsd", "b.tsd")).IsTrue();
    }

    [Test]
    [Arguments("--valid-fraction 0.2 --test TEST")]
    [Arguments("--level char")]
    public async Task A_run_that_was_stopped_goes_on_with_its_own_end_of_the_text(string options)
    {
        using var folder = new TestFolder();

        // Words that the end alone has: what was taken of itself goes on, too.
        string text = folder.PutText("mine.txt", await File.ReadAllTextAsync(folder.Train) + "the zebra sees\n");
        string[] more = options.Replace("TEST", folder.Test, StringComparison.Ordinal).Split(' ');
        CliResult unbroken = OwnText.Train(folder["unbroken.tsd"], text, more);
        string[] args = OwnText.Args(folder.Model, text, [.. more, "--checkpoint", folder["ck"]]);
        await Assert.That(Tinysd.RunUntilShown("epoch 2/2", 5, args).Code).IsEqualTo(130);
        foreach ((string option, string value) in (IEnumerable<(string, string)>)[("--valid-fraction", "0.3"), ("--valid", folder.Valid)])
        {
            CliResult other = Tinysd.Run("train", "lm", "--resume", folder["ck"], option, value);
            await Assert.That(other.Code).IsEqualTo(2);
            await Assert.That(other.Error).Contains($"{option} is {value}, and the run in {folder["ck"]} has ");
        }

        string[] resume = ["train", "lm", "--resume", folder["ck"], "--json"];
        CliResult on = Tinysd.Run([.. resume, .. more.Contains("0.2") ? (string[])["--valid-fraction", "0.20"] : []]);
        await Assert.That(on.Code).IsEqualTo(0).Because(on.Error);
        await Assert.That(folder.AreEqual("unbroken.tsd", "model.tsd")).IsTrue();
        await Assert.That(on.Json.GetProperty("validLoss").GetDouble()).IsEqualTo(unbroken.Json.GetProperty("validLoss").GetDouble());

        // Another text is another run.
        await File.AppendAllTextAsync(text, "the cat sees\n");
        CliResult changed = Tinysd.Run("train", "lm", "--resume", folder["ck"]);
        await Assert.That(changed.Code).IsEqualTo(1);
        await Assert.That(changed.Error).Contains($"--train {text} is not the text that the run in {folder["ck"]} was started with:");
    }

    [Test]
    public async Task A_run_with_a_validation_file_does_not_go_on_with_a_share()
    {
        using var folder = new TestFolder();
        string[] args = folder.TrainArgs(folder.Model, 1, "--checkpoint", folder["ck"]);
        await Assert.That(Tinysd.RunUntilShown("epoch 2/3", 5, args).Code).IsEqualTo(130);
        CliResult other = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--valid-fraction", "0.1");
        await Assert.That(other.Error).Contains($"--valid-fraction is 0.1, and the run in {folder["ck"]} has none;");
    }

    [Test]
    [Arguments("0.05", "5 % are 0")]
    [Arguments("0.9", "90 % are 4")]
    public async Task A_text_too_short_for_it_is_refused_with_figures(string share, string told)
    {
        using var folder = new TestFolder();
        string path = folder.PutText("short.txt", "a b c d\n");
        CliResult result = OwnText.Train(folder.Model, path, "--valid-fraction", share);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).IsEqualTo(
            $"tinysd train lm: {path} has 5 tokens, too few to validate on a part of them: the last {told}, and both parts need at " +
            "least 2.\n" +
            "Give a longer text, another --valid-fraction, or a validation text of its own by --valid.\n");
        await Assert.That(File.Exists(folder.Model)).IsFalse();
    }

    // The end has words that the rest lacks: the run takes what it needs, to the same bytes as if it had been told to.
    [Test]
    public async Task Unknown_words_are_taken_care_of_where_there_are_any_and_else_nothing_is()
    {
        using var folder = new TestFolder();
        string text = await File.ReadAllTextAsync(folder.Train);
        string strange = folder.PutText("strange.txt", text + "the platypus sees a wombat\n"), plain = folder.PutText("plain.txt", text);
        CliResult taken = OwnText.Train(folder["taken.tsd"], strange);
        await Assert.That(taken.Code).IsEqualTo(0).Because(taken.Error);
        await Assert.That(taken.Error).Contains($"\nthe end of {strange} has 2 words (1.9 %) that the training text lacks, such as " +
            "'platypus': --min-count 2 is taken, so these are <unk>, and every word that the training text has once\n");
        OwnText.Train(folder["told.tsd"], strange, "--min-count", "2");
        await Assert.That(folder.AreEqual("taken.tsd", "told.tsd")).IsTrue();
        CliResult refused = OwnText.Train(folder.Model, strange, "--min-count", "1");
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).Contains("the word 'platypus' is not in the model's vocabulary").And.Contains("Add --min-count 2");

        CliResult untouched = OwnText.Train(folder["plain.tsd"], plain);
        await Assert.That(untouched.Error).DoesNotContain("is taken");
        OwnText.Train(folder["one.tsd"], plain, "--min-count", "1");
        await Assert.That(folder.AreEqual("plain.tsd", "one.tsd")).IsTrue();
    }

    [Test]
    public async Task A_test_text_may_need_it_too_and_a_limit_of_the_vocabulary_does_not_stand_in_its_way()
    {
        using var folder = new TestFolder();
        string strange = folder.PutText("strange.txt", "the platypus sees a dog\n");
        CliResult tested = folder.TrainModel("--test", strange, "--max-steps", "1");
        await Assert.That(tested.Error).Contains($"\n{strange} has 1 word (16.7 %) that the training text lacks, such as 'platypus': ");
        CliResult limited = folder.TrainModel("--test", strange, "--max-steps", "1", "--max-vocabulary", "1000");
        await Assert.That(limited.Code).IsEqualTo(0).Because(limited.Error);
        await Assert.That(folder.TrainModel("--test", strange, "--min-count", "1", "--max-vocabulary", "1000").Code).IsEqualTo(1);
        await Assert.That(folder.TrainModel("--test", strange, "--max-steps", "1", "--max-vocabulary", "9").Error)
            .DoesNotContain("is taken");
    }

    [Test]
    public async Task A_plan_is_of_the_vocabulary_that_the_run_has()
    {
        using var folder = new TestFolder();
        string strange = folder.PutText("strange.txt", await File.ReadAllTextAsync(folder.Train) + "once platypus wombat\n");
        long planned = Parameters(Tinysd.Run(OwnText.Args(folder.Model, strange, ["--plan"])));
        OwnText.Train(folder.Model, strange);
        await Assert.That(planned).IsEqualTo(Parameters(Tinysd.Run("inspect", folder.Model, "--plan", "--json")));
        await Assert.That(planned).IsNotEqualTo(
            Parameters(Tinysd.Run(OwnText.Args(folder.Model, strange, ["--plan", "--valid", folder.Valid]))));

        static long Parameters(CliResult plan) => plan.Json.GetProperty("parametersBytes").GetInt64();
    }

    [Test]
    public async Task A_grid_validates_on_the_end_and_knows_its_share_again()
    {
        using var folder = new TestFolder();
        string[] args =
        [
            "reproduce", "lm", "--train", folder.Train, "--test", folder.Test, "--dir", folder["grid"], "--hidden", "6", "--batch", "5",
            "--bptt", "6", "--epochs", "1", "--rate", "0.5", "--cells", "random", "--seeds", "1", "--no-timing",
        ];
        CliResult begun = Tinysd.Run(args);
        await Assert.That(begun.Code).IsEqualTo(0).Because(begun.Error);
        await Assert.That(begun.Error).Contains($"tinysd reproduce lm: {folder.Train}: the last 5 %, 105 tokens from line 286 on, is the");
        await Assert.That(Tinysd.Run([.. args, "--valid-fraction", "0.05"]).Code).IsEqualTo(0);
        CliResult other = Tinysd.Run([.. args, "--valid-fraction", "0.1"]);
        await Assert.That(other.Code).IsEqualTo(2);
        await Assert.That(other.Error).Contains("--valid-fraction is 0.1, and the grid in ");
    }
}
