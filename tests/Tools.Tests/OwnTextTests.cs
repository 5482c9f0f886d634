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
        string whole = folder.PutText("whole.txt", Text(lines)), head = folder.PutText("head.txt", Text(lines[..^LinesAtEnd]));
        string tail = folder.PutText("tail.txt", Text(lines[^LinesAtEnd..]));
        CliResult two = Train(folder["two.tsd"], head, [.. level.Split(' '), "--valid", tail]);
        CliResult one = Train(folder["one.tsd"], whole, [.. level.Split(' '), "--valid-fraction", "0.1"]);
        await Assert.That(one.Code).IsEqualTo(0).Because(one.Error);
        if (level.EndsWith("word", StringComparison.Ordinal))
        {
            await Assert.That(one.Error)
                .Contains($"\n{whole}: the last 10 %, {told}, is the validation text; --valid FILE takes another\n");
            await Assert.That(Tensors(folder["one.tsd"])).IsEqualTo(Tensors(folder["two.tsd"]));
            foreach (string key in (string[])["validPerplexity", "trainTokens", "vocabulary", "validLoss"])
                await Assert.That(one.Json.GetProperty(key).GetRawText()).IsEqualTo(two.Json.GetProperty(key).GetRawText());
        }
        else
        {
            await Assert.That(one.Error).Contains(" on, is the validation text; --valid FILE takes another\n");
        }

        // The file says so, and where nothing is said it is a twentieth.
        await Assert.That(Tinysd.Run("inspect", folder["one.tsd"]).Out).Contains("the last 10 % of whole.txt, ");
        CliResult usual = Train(folder["usual.tsd"], whole, level.Split(' '));
        await Assert.That(usual.Error).Contains($"\n{whole}: the last 5 %, ");
        CliResult same = Train(folder["same.tsd"], whole, [.. level.Split(' '), "--valid-fraction", ".05"]);
        await Assert.That(folder.AreEqual("usual.tsd", "same.tsd")).IsTrue().Because(same.Error);
    }

    [Test]
    public async Task Bytes_and_a_text_of_one_line_are_cut_at_the_token()
    {
        using var folder = new TestFolder();
        string line = folder.PutText("line.txt", string.Join(' ', Enumerable.Range(0, 400).Select(i => $"w{i % 7}")));
        await Assert.That(Train(folder.Model, line, "--valid-fraction", "0.25").Error)
            .Contains($"\n{line}: the last 25 %, 100 tokens from line 1 on, is the validation text;");
        await Assert.That(Train(folder.Model, line, "--level", "byte", "--valid-fraction", "0.25").Error)
            .Contains($"\n{line}: the last 25 %, 300 tokens, is the validation text;");
    }

    [Test]
    public async Task A_packed_text_is_cut_where_the_plain_one_is()
    {
        using var folder = new TestFolder();
        string plain = folder.PutText("mine", await File.ReadAllTextAsync(folder.Train)), packed = folder["packed/mine"];
        Directory.CreateDirectory(folder["packed"]);
        using (var file = new GZipStream(File.Create(packed), CompressionMode.Compress))
            await file.WriteAsync(await File.ReadAllBytesAsync(plain));
        Train(folder["a.tsd"], plain);
        await Assert.That(Train(folder["b.tsd"], packed).Code).IsEqualTo(0);
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
        CliResult unbroken = Train(folder["unbroken.tsd"], text, more);
        string[] args = Args(folder.Model, text, [.. more, "--checkpoint", folder["ck"]]);
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
        CliResult result = Train(folder.Model, path, "--valid-fraction", share);
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
        CliResult taken = Train(folder["taken.tsd"], strange);
        await Assert.That(taken.Code).IsEqualTo(0).Because(taken.Error);
        await Assert.That(taken.Error).Contains($"\nthe end of {strange} has 2 words (1.9 %) that the training text lacks, such as " +
            "'platypus': --min-count 2 is taken, so these are <unk>, and every word that the training text has once\n");
        Train(folder["told.tsd"], strange, "--min-count", "2");
        await Assert.That(folder.AreEqual("taken.tsd", "told.tsd")).IsTrue();
        CliResult refused = Train(folder.Model, strange, "--min-count", "1");
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).Contains("the word 'platypus' is not in the model's vocabulary").And.Contains("Add --min-count 2");

        CliResult untouched = Train(folder["plain.tsd"], plain);
        await Assert.That(untouched.Error).DoesNotContain("is taken");
        Train(folder["one.tsd"], plain, "--min-count", "1");
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
        long planned = Parameters(Tinysd.Run(Args(folder.Model, strange, ["--plan"])));
        Train(folder.Model, strange);
        await Assert.That(planned).IsEqualTo(Parameters(Tinysd.Run("inspect", folder.Model, "--plan", "--json")));
        await Assert.That(planned).IsNotEqualTo(
            Parameters(Tinysd.Run(Args(folder.Model, strange, ["--plan", "--valid", folder.Valid]))));

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

    // The oracle is the same text as somebody would set it by hand.
    [Test]
    public async Task A_messy_text_is_read_as_a_neat_one_in_training_and_wherever_the_model_goes()
    {
        using var folder = new TestFolder();
        string[] lines = [.. (await File.ReadAllLinesAsync(folder.Train)).Take(100)];
        string messy = folder.PutText("messy.txt", "\uFEFF" + string.Concat(lines.Select(line => Messy(line) + "\r\n")));
        string neat = folder.PutText(
            "neat.txt", Text(lines.Select(line => line.Replace("the ", "the , ", StringComparison.Ordinal) + " !!!")));
        string[] reading = ["--lower", "--tokenize", "simple"];
        CliResult one = Train(folder["messy.tsd"], messy, reading), two = Train(folder["neat.tsd"], neat);
        await Assert.That(one.Code).IsEqualTo(0).Because(one.Error);
        await Assert.That(Tensors(folder["messy.tsd"])).IsEqualTo(Tensors(folder["neat.tsd"]));
        await Assert.That(one.Json.GetProperty("validLoss").GetDouble()).IsEqualTo(two.Json.GetProperty("validLoss").GetDouble());
        string inspected = Tinysd.Run("inspect", folder["messy.tsd"]).Out;
        await Assert.That(inspected).Contains("--tokenize").And.Contains("--lower");

        await Assert.That(Tinysd.Run("eval", folder["messy.tsd"], "--data", messy).Out)
            .IsEqualTo(Tinysd.Run("eval", folder["neat.tsd"], "--data", neat).Out);
        await Assert.That(Tinysd.Run("generate", folder["messy.tsd"], "--prompt", "THE,\u00A0cat", "--length", "20", "--seed", "3").Out)
            .IsEqualTo(Tinysd.Run("generate", folder["neat.tsd"], "--prompt", "the , cat", "--length", "20", "--seed", "3").Out);
        await Assert.That(Tinysd.RunOn("The, cat!!!\n", "score", folder["messy.tsd"]).Out)
            .IsEqualTo(Tinysd.RunOn("the , cat !!!\n", "score", folder["neat.tsd"]).Out);

        // Through the formats of others and back.
        foreach (string format in (string[])["x.onnx", "x.safetensors"])
        {
            await Assert.That(Tinysd.Run("export", folder["messy.tsd"], "--out", folder[format]).Code).IsEqualTo(0);
            CliResult back = Tinysd.Run("import", folder[format], "--out", folder["back.tsd"]);
            await Assert.That(back.Code).IsEqualTo(0).Because(back.Error);
            await Assert.That(Tinysd.Run("eval", folder["back.tsd"], "--data", messy, "--streams", "3").Out)
                .IsEqualTo(Tinysd.Run("eval", folder["neat.tsd"], "--data", neat, "--streams", "3").Out);
        }

        // A model that goes on has its own ways.
        CliResult begun = Train(folder["next.tsd"], messy, "--init-from", folder["messy.tsd"], "--lower");
        await Assert.That(begun.Code).IsEqualTo(0).Because(begun.Error);
        CliResult like = Train(folder["like.tsd"], neat, "--init-from", folder["neat.tsd"]);
        await Assert.That(Tensors(folder["next.tsd"])).IsEqualTo(Tensors(folder["like.tsd"])).Because(like.Error);
        CliResult other = Train(folder.Model, messy, "--init-from", folder["messy.tsd"], "--tokenize", "none");
        await Assert.That(other.Code).IsEqualTo(2);
        await Assert.That(other.Error).Contains($"--tokenize is none, and the model in {folder["messy.tsd"]} has simple;");
    }

    // Bits are the loss by ln 2, of what can be counted anywhere: of words, which one may cut otherwise, nothing is told.
    [Test]
    [Arguments("char", "character")]
    [Arguments("byte", "byte")]
    [Arguments("word", null)]
    public async Task Bits_are_told_beside_the_perplexity_of_characters_and_bytes(string level, string? unit)
    {
        using var folder = new TestFolder();
        string[] args = Args(folder.Model, folder.Train, ["--level", level, "--test", folder.Test, "--report", folder["r.html"]]);
        CliResult json = Tinysd.Run(args), told = Tinysd.Run([.. args.Where(word => word != "--json")]);
        CliResult eval = Tinysd.Run("eval", folder.Model, "--data", folder.Test);
        string page = await File.ReadAllTextAsync(folder["r.html"]), all = told.Out + told.Error + eval.Out + page;
        if (unit is null)
        {
            await Assert.That(all).DoesNotContain("bits per");
            return;
        }

        string best = Bits(json.Json.GetProperty("validLoss")), test = Bits(json.Json.GetProperty("testLoss"));
        await Assert.That(told.Error).Contains($"; bits per {unit} train ").And.Contains($", valid {best}; learning rate ");
        await Assert.That(told.Out).Contains($"valid bits per {unit}").And.Contains($", {test} bits per {unit}\n");
        await Assert.That(eval.Out).Contains($", {test} bits per {unit}, over ");
        await Assert.That(page)
            .Contains($"<th>validation bits per {unit}</th>").And.Contains($"<p>{best} bits per {unit} of validation text; ");

        static string Bits(System.Text.Json.JsonElement loss) =>
            (loss.GetDouble() / Math.Log(2)).ToString("F3", System.Globalization.CultureInfo.InvariantCulture);
    }

    [Test]
    [Arguments("--lower --tokenize simple", "--tokenize", "none")]
    [Arguments("--level char --lower", "--lower", "false")]
    public async Task A_run_that_was_stopped_reads_its_texts_as_before(string options, string option, string value)
    {
        using var folder = new TestFolder();
        string text = folder.PutText("mine.txt", string.Concat((await File.ReadAllLinesAsync(folder.Train)).Select(Messy)));
        string[] more = options.Split(' ');
        Train(folder["unbroken.tsd"], text, more);
        string[] args = Args(folder.Model, text, [.. more, "--checkpoint", folder["ck"]]);
        await Assert.That(Tinysd.RunUntilShown("epoch 2/2", 5, args).Code).IsEqualTo(130);
        CliResult other = Tinysd.Run("train", "lm", "--resume", folder["ck"], option, value);
        await Assert.That(other.Code).IsEqualTo(2);
        await Assert.That(other.Error).Contains($"{option} is {value}, and the run in {folder["ck"]} has ");
        CliResult on = Tinysd.Run(["train", "lm", "--resume", folder["ck"], .. more]);
        await Assert.That(on.Code).IsEqualTo(0).Because(on.Error);
        await Assert.That(folder.AreEqual("unbroken.tsd", "model.tsd")).IsTrue();
    }

    [Test]
    public async Task A_text_that_is_mostly_unknown_is_warned_of_with_a_remedy()
    {
        using var folder = new TestFolder();
        string text = await File.ReadAllTextAsync(folder.Train), loud = folder.PutText("loud.txt", text.ToUpperInvariant());
        string strange = folder.PutText("strange.txt", "some words of another kind\n");
        Train(folder.Model, folder.Train, "--valid", folder.Valid, "--max-steps", "1", "--min-count", "2");
        string told = "% of its tokens are <unk>, which is easy to guess: a perplexity says little of it. ";
        CliResult next = Train(folder["next.tsd"], loud, "--init-from", folder.Model, "--max-steps", "1", "--quiet");
        await Assert.That(next.Code).IsEqualTo(0).Because(next.Error);
        await Assert.That(next.Error).Contains($"tinysd train lm: {loud}: 85.7 {told}Is it of another language or case than the model's ")
            .And.Contains($"tinysd train lm: the end of {loud}: ");
        string[] args = ["--test", strange, "--max-steps", "1", "--quiet"];
        await Assert.That(Train(folder["a.tsd"], folder.Train, args).Error)
            .IsEqualTo($"tinysd train lm: {strange}: 80.0 {told}--lower and --tokenize simple make fewer words of a text.\n");
        await Assert.That(Train(folder["b.tsd"], folder.Train, [.. args, "--lower"]).Error)
            .Contains("More text helps, and so does --level char.");
    }

    [Test]
    public async Task A_model_without_the_unknown_word_refuses_a_text_that_needs_it_and_says_what_helps()
    {
        using var folder = new TestFolder();
        string text = folder.PutText("other.txt", await File.ReadAllTextAsync(folder.Train) + "the zebra sees\n");
        Train(folder.Model, folder.Train, "--valid", folder.Valid, "--max-steps", "1");
        CliResult refused = Train(folder["next.tsd"], text, "--init-from", folder.Model);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).EndsWith(
            "\nThe words are those of the model: leave --init-from out, or begin with one that was trained with --min-count 2 (or a " +
            "--max-vocabulary below 14), which reads any text.\n");
        Train(folder.Model, folder.Train, "--valid", folder.Valid, "--max-steps", "1", "--min-count", "2");
        CliResult read = Train(folder["next.tsd"], text, "--init-from", folder.Model, "--max-steps", "1");
        await Assert.That(read.Code).IsEqualTo(0).Because(read.Error);
        await Assert.That(read.Error).Contains($"\nthe end of {text}: 101 tokens to predict, 1 of them <unk> (1.0 %)\n");
    }

    [Test]
    [Arguments("--level char --tokenize simple", "--tokenize has no effect at --level char: there are no words")]
    [Arguments("--level byte --lower", "--lower has no effect at --level byte: bytes have no upper or lower case")]
    public async Task What_has_no_effect_is_said(string options, string told)
    {
        using var folder = new TestFolder();
        CliResult result = Train(folder.Model, folder.Train, [.. options.Split(' '), "--max-steps", "1"]);
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Error).Contains(told);
    }

    // The cat sees a dog: THE, cat sees a dog!!!
    private static string Messy(string line)
    {
        string loud = line.Replace("the ", "THE, ", StringComparison.Ordinal).Replace("cat", "Cat", StringComparison.Ordinal);
        return loud + "!!!";
    }

    private static string Text(IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\n"));

    private static string[] Args(string output, string train, string[] more) =>
    [
        "train", "lm", "--train", train, "--out", output, "--hidden", "8", "--batch", "3", "--bptt", "5", "--epochs", "2", "--threads", "1",
        "--json", .. more,
    ];

    private static CliResult Train(string output, string train, params string[] more) => Tinysd.Run(Args(output, train, more));

    private static string Tensors(string model) => string.Join(
        ' ', Tinysd.Run("inspect", model, "--json").Json.GetProperty("tensors").EnumerateArray()
            .Select(tensor => tensor.GetProperty("checksum").GetString()));
}
