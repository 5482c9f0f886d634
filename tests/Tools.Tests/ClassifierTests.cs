using System.Globalization;
using System.Text;
using System.Text.Json;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary><c>train classifier</c>, <c>eval</c> and <c>classify</c> of texts.</summary>
public sealed class ClassifierTests
{
    [Test]
    public async Task It_learns_and_another_process_says_the_same()
    {
        using var folder = new TestFolder();
        string test = folder.PutTexts("x.txt", 83, 3);
        CliResult trained = folder.TrainClassifier("--test", test, "--json");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        JsonElement json = trained.Json, tested = json.GetProperty("testResult");
        foreach (string key in (string[])["epochs", "metric", "test", "parameters", "model"])
            await Assert.That(json.TryGetProperty(key, out _)).IsTrue().Because(key);
        await Assert.That(json.GetProperty("metric").GetString()).IsEqualTo("accuracy");
        await Assert.That(json.GetProperty("test").GetDouble()).IsGreaterThan(0.9);

        // In another process, which knows nothing but the file.
        CliResult elsewhere = await TinysdProcess.RunAsync(folder.Path, "eval", folder.Model, "--data", test, "--json");
        JsonElement evaluated = elsewhere.Json;
        await Assert.That(JsonSerializer.Serialize(evaluated)).IsEqualTo(JsonSerializer.Serialize(tested));
        await Assert.That(evaluated.GetProperty("accuracy").GetDouble()).IsEqualTo(json.GetProperty("test").GetDouble());

        // What each text is said to be adds up to the same figures.
        string[][] lines = [.. ClassifierFiles.Lines(83, 3).Select(line => line.Split('\t'))];
        string[] said = Rows(Classify(folder, string.Concat(lines.Select(line => line[1] + "\n"))));
        string[] labels = [.. said.Select(row => row.Split('\t')[0])];
        await Assert.That(said.Length).IsEqualTo(83);
        await Assert.That(lines.Zip(labels).Average(pair => pair.First[0] == pair.Second ? 1.0 : 0))
            .IsEqualTo(evaluated.GetProperty("accuracy").GetDouble()).Within(1e-12);
        foreach (string name in (string[])["neg", "pos"])
        {
            JsonElement own = evaluated.GetProperty("perClass").GetProperty(name);
            int count = lines.Count(line => line[0] == name), predicted = labels.Count(label => label == name);
            int right = lines.Zip(labels).Count(pair => pair.First[0] == name && pair.Second == name);
            await Assert.That(own.GetProperty("count").GetInt32()).IsEqualTo(count);
            await Assert.That(own.GetProperty("precision").GetDouble()).IsEqualTo((double)right / predicted);
            await Assert.That(own.GetProperty("recall").GetDouble()).IsEqualTo((double)right / count);
            await Assert.That(own.GetProperty("f1").GetDouble()).IsEqualTo(2.0 * right / (count + predicted)).Within(1e-12);
        }

        JsonElement majority = evaluated.GetProperty("majority");
        await Assert.That(majority.GetProperty("label").GetString()).IsEqualTo("pos");
        await Assert.That(majority.GetProperty("accuracy").GetDouble()).IsEqualTo(lines.Average(line => line[0] == "pos" ? 1.0 : 0));
        int[] confusion = [.. evaluated.GetProperty("confusion").EnumerateArray().SelectMany(Numbers)];
        await Assert.That(confusion.Sum()).IsEqualTo(83);
        await Assert.That(confusion[1]).IsEqualTo(lines.Zip(labels).Count(pair => pair.First[0] == "neg" && pair.Second == "pos"));
    }

    [Test]
    public async Task A_text_has_the_same_probabilities_alone_and_among_others()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainClassifier().Code).IsEqualTo(0);
        string[] texts = [.. ClassifierFiles.Lines(33, 4).Select(line => line.Split('\t')[1])];
        JsonElement[] rows = [.. Tinysd.RunOn(string.Join('\n', texts), "classify", folder.Model, "--json").Json.GetProperty("rows")
            .EnumerateArray()];
        await Assert.That(rows.Length).IsEqualTo(33);
        string[] lines = Rows(Classify(folder, string.Join('\n', texts)));
        for (int i = 0; i < rows.Length; i++)
        {
            // One by itself has the bits that it has among others.
            JsonElement alone = Tinysd.RunOn(texts[i], "classify", folder.Model, "--json").Json.GetProperty("rows")[0];
            await Assert.That(JsonSerializer.Serialize(rows[i])).IsEqualTo(JsonSerializer.Serialize(alone));
            string probability = rows[i].GetProperty("probability").GetDouble().ToString("F6", CultureInfo.InvariantCulture);
            await Assert.That(lines[i]).IsEqualTo($"{rows[i].GetProperty("label").GetString()}\t{probability}");
            double sum = rows[i].GetProperty("probabilities").EnumerateObject().Sum(p => p.Value.GetDouble());
            await Assert.That(sum).IsEqualTo(1).Within(1e-9);
        }
    }

    [Test]
    public async Task Every_text_is_a_row_in_order_however_short_or_long()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainClassifier("--max-length", "50").Code).IsEqualTo(0);
        string giant = string.Concat(Enumerable.Repeat("film ", 100_000));
        CliResult result = Classify(folder, $"\n   \nx\ngood film\r\n{giant}\nunheard of");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        string[] rows = Rows(result);
        await Assert.That(rows.Length).IsEqualTo(6);
        await Assert.That(rows[1]).IsEqualTo(rows[0]);
        await Assert.That(rows[2]).IsEqualTo(Rows(Classify(folder, "unknown\n"))[0]);
        await Assert.That(rows[3]).IsEqualTo(Rows(Classify(folder, "good film"))[0]);
        await Assert.That(rows[4]).IsEqualTo(Rows(Classify(folder, string.Concat(Enumerable.Repeat("film ", 50))))[0]);
        await Assert.That(result.Error).Contains("texts longer than 50 tokens are cut there, as in training (--max-length).");
        await Assert.That(Classify(folder, "").Out).IsEqualTo("");

        // The same texts with labels.
        string data = folder.PutText("odd.txt", $"pos\t\nneg\t   \npos\tx\nneg\t{giant}\n");
        CliResult evaluated = Tinysd.Run("eval", folder.Model, "--data", data, "--json");
        await Assert.That(evaluated.Json.GetProperty("count").GetInt32()).IsEqualTo(4);
        await Assert.That(evaluated.Error).Contains("1 of 4 texts longer than 50 words cut there; the longest has 100,000 (--max-length).");
    }

    [Test]
    public async Task A_row_is_out_before_the_next_line_comes()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainClassifier().Code).IsEqualTo(0);
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter();
        using var stop = new StopRequest();
        var seen = new List<int>();
        using var input = new StepwiseInput(["good film\n", "bad film\n", "the"], () => seen.Add(output.ToString().Count(c => c == '\n')));
        int code = Cli.Run(["classify", folder.Model], new CliConsole(output, error) { Input = input }, stop);
        await Assert.That(code).IsEqualTo(0).Because(error.ToString());
        await Assert.That(string.Join(' ', seen)).IsEqualTo("0 0 1 2 2");
        await Assert.That(output.ToString().Count(c => c == '\n')).IsEqualTo(3);
    }

    [Test]
    [Arguments("label first")]
    [Arguments("label last")]
    [Arguments("blank")]
    [Arguments("Latin-1 and CRLF")]
    public async Task Files_may_be_written_in_several_ways_and_give_the_same_model(string way)
    {
        Func<string, string> change = way switch
        {
            "label last" => ClassifierFiles.Turned,
            "blank" => line => line.Replace('\t', ' '),
            "Latin-1 and CRLF" => line => line.Replace("film", "f\u00efl\u00e4m") + "\r",
            _ => line => line,
        };
        using var folder = new TestFolder();
        Encoding encoding = way.StartsWith('L') ? Encoding.Latin1 : Encoding.UTF8;
        string Put(string name, int count, int seed) => folder.Put(
            name, encoding.GetBytes(string.Concat(ClassifierFiles.Lines(count, seed).Select(line => change(line) + "\n"))));
        CliResult result = folder.TrainClassifier("--train", Put("a.txt", 200, 1), "--valid", Put("b.txt", 60, 2), "--json");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Error.Contains("not UTF-8")).IsEqualTo(way.StartsWith('L'));
        double usual = folder.TrainClassifier("--json").Json.GetProperty("validLoss").GetDouble();
        await Assert.That(result.Json.GetProperty("validLoss").GetDouble()).IsEqualTo(usual);
    }

    [Test]
    public async Task Texts_may_stand_in_a_table_as_spreadsheets_write_it()
    {
        using var folder = new TestFolder();
        string Table(int count, int seed) => "\uFEFFnumber;review;stars\r\n" + string.Concat(ClassifierFiles.Lines(count, seed)
            .Select((line, i) => $"{i};\"{line.Split('\t')[1].Replace(" ", "\r\n")}\";{line.Split('\t')[0]}\r\n"));
        string[] files = ["--train", folder.PutText("a.csv", Table(200, 1)), "--valid", folder.PutText("b.csv", Table(60, 2))];
        CliResult result = folder.TrainClassifier([.. files, "--label", "stars", "--json"]);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        double usual = folder.TrainClassifier("--json").Json.GetProperty("validLoss").GetDouble();
        await Assert.That(result.Json.GetProperty("validLoss").GetDouble()).IsEqualTo(usual);
        CliResult evaluated = Tinysd.Run("eval", folder.Model, "--data", folder["b.csv"], "--label", "stars", "--json");
        await Assert.That(evaluated.Json.GetProperty("loss").GetDouble()).IsEqualTo(usual);
        CliResult missing = folder.TrainClassifier([.. files]);
        await Assert.That(missing.Error).Contains("name the column of labels (--label); it has number, review, stars");
        CliResult other = folder.TrainClassifier("--label", "stars");
        await Assert.That(other.Code).IsEqualTo(2);
        await Assert.That(other.Error).Contains("--label is 'stars'; expected one of first, last, or a column of a table (.csv).");
    }

    [Test]
    [Arguments("pos\tgood film\npos\tnice one\n", "the label is 'pos' everywhere; a classifier needs at least two classes.")]
    [Arguments("pos\tgood film\nneg bad film\n", "line 2: has no tab; a label and a text with a tab between them were expected")]
    [Arguments("pos\tgood film\n\tbad film\nneg\tbad film\nneg\tbad one\n", "line 2: has no label; one was expected before the tab.")]
    [Arguments("good\tpos\nbad\tneg\n", "Say that the label comes first, or last (--label first|last).")]
    [Arguments("pos\t\nneg\t \n", "no training text has a word")]
    [Arguments("", "is empty; a text was expected")]
    public async Task Training_texts_that_are_not_fit_are_refused(string content, string message)
    {
        using var folder = new TestFolder();
        CliResult result = folder.TrainClassifier("--train", folder.PutText("bad.txt", content));
        await Assert.That(result.Code).IsEqualTo(1).Because(result.Error);
        await Assert.That(result.Error).Contains(message).And.DoesNotContain("   at ");
        await Assert.That(folder.ModelFiles()).IsEmpty();
    }

    [Test]
    public async Task A_label_that_training_never_saw_is_named_with_its_line()
    {
        using var folder = new TestFolder();
        string other = folder.PutText("o.txt", "pos\tgood film\nneg\tbad film\nmixed\tso so\n");
        CliResult result = folder.TrainClassifier("--test", other);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).Contains("o.txt, line 3: the label 'mixed' is none of those that were trained: neg, pos.");
        await Assert.That(folder.TrainClassifier().Code).IsEqualTo(0);
        result = Tinysd.Run("eval", folder.Model, "--data", other);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).Contains("the label 'mixed' is none of those that were trained");
    }

    [Test]
    [Arguments("--valid V --valid-fraction 0.2", "leave out --valid, or --valid-fraction")]
    [Arguments("--valid V --folds 5 --test V", "leave out --test, or --folds")]
    [Arguments("--valid V --folds 5 --fold 6", "--fold is 6; --folds 5 has 1 to 5.")]
    [Arguments("--valid-fraction 1", "--valid-fraction is '1'; expected a share above 0 and below 1.")]
    [Arguments("--valid V --level byte", "--level is 'byte'; expected one of word, char.")]
    [Arguments("--valid V --multi-label --class-weights balanced", "leave it out with --multi-label")]
    public async Task A_command_line_that_makes_no_sense_is_refused(string options, string message)
    {
        using var folder = new TestFolder();
        string train = folder.PutTexts("t.txt", 50, 1), valid = folder.PutTexts("v.txt", 20, 2);
        string[] words = options.Replace("V", valid, StringComparison.Ordinal).Split(' ');
        CliResult result = Tinysd.Run(["train", "classifier", "--train", train, "--out", folder.Model, .. words]);
        await Assert.That(result.Code).IsEqualTo(2).Because(result.Error);
        await Assert.That(result.Error).Contains(message);
        await Assert.That(folder.ModelFiles()).IsEmpty();
    }

    [Test]
    public async Task A_tenth_validates_where_nothing_is_said()
    {
        using var folder = new TestFolder();
        string train = folder.PutTexts("t.txt", 50, 1);
        string[] args = ["train", "classifier", "--train", train, "--hidden", "4", "--epochs", "2", "--threads", "1", "--out"];
        CliResult usual = Tinysd.Run([.. args, folder["a.tsd"]]);
        await Assert.That(usual.Code).IsEqualTo(0).Because(usual.Error);
        await Assert.That(usual.Error).Contains($"\n{train}: 10 % of its texts validate, drawn by lot; --valid FILE takes others\n")
            .Or.StartsWith($"{train}: 10 % of its texts validate, drawn by lot; --valid FILE takes others\n");
        CliResult said = Tinysd.Run([.. args, folder["b.tsd"], "--valid-fraction", "0.1"]);
        await Assert.That(said.Error).DoesNotContain("by lot");
        await Assert.That(folder.AreEqual("a.tsd", "b.tsd")).IsTrue();
        string[] broken = [.. args, folder["c.tsd"], "--checkpoint", folder["ck"]];
        await Assert.That(Tinysd.RunUntilShown("epoch 2/2", 1, broken).Code).IsEqualTo(130);
        await Assert.That(Tinysd.Run("train", "classifier", "--resume", folder["ck"], "--valid-fraction", "0.2").Error)
            .Contains("--valid-fraction is 0.2, and the run in ");
        await Assert.That(Tinysd.Run("train", "classifier", "--resume", folder["ck"]).Code).IsEqualTo(0);
        await Assert.That(folder.AreEqual("a.tsd", "c.tsd")).IsTrue();
    }

    [Test]
    public async Task A_part_of_the_training_texts_may_be_held_out_and_the_seed_of_the_split_alone_decides()
    {
        using var folder = new TestFolder();
        CliResult first = folder.TrainClassifier("--valid-fraction", "0.25", "--json");
        await Assert.That(first.Code).IsEqualTo(0).Because(first.Error);
        await Assert.That(first.Json.GetProperty("validResult").GetProperty("count").GetInt32()).IsEqualTo(50);
        JsonElement data = Tinysd.Run("inspect", folder.Model, "--json").Json.GetProperty("training");
        await Assert.That(data.GetProperty("train").GetProperty("sequences").GetInt32()).IsEqualTo(150);
        double[] counts = [.. Parts(first)];
        CliResult reseeded = folder.TrainClassifier("--valid-fraction", "0.25", "--json", "--seed", "9");
        await Assert.That(Parts(reseeded).SequenceEqual(counts)).IsTrue();
        double loss = folder.TrainClassifier("--valid-fraction", "0.25", "--json", "--split-seed", "2").Json.GetProperty("validLoss")
            .GetDouble();
        await Assert.That(loss).IsNotEqualTo(first.Json.GetProperty("validLoss").GetDouble());

        int tested = 0;
        for (int fold = 1; fold <= 3; fold++)
        {
            string[] options = ["--folds", "3", "--fold", $"{fold}", "--valid-fraction", "0.1", "--epochs", "1", "--json"];
            CliResult result = folder.TrainClassifier(options);
            await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
            tested += result.Json.GetProperty("testResult").GetProperty("count").GetInt32();
        }

        await Assert.That(tested).IsEqualTo(200);

        static IEnumerable<double> Parts(CliResult result) => result.Json.GetProperty("validResult").GetProperty("perClass")
            .EnumerateObject().Select(own => own.Value.GetProperty("count").GetDouble());
    }

    [Test]
    public async Task Several_labels_at_once_are_said_with_commas_or_not_at_all()
    {
        using var folder = new TestFolder();
        foreach ((string name, string count, string seed) in new[] { ("t", "400", "1"), ("v", "100", "2"), ("x", "100", "3") })
        {
            Tinysd.Run("synthesize", "multilabel", "--classes", "2", "--length", "5-10", "--out", folder[name], "--count", count,
                "--seed", seed);
        }

        string[] options = ["--train", folder["t"], "--valid", folder["v"], "--multi-label", "--epochs", "15"];
        CliResult trained = folder.TrainClassifier([.. options, "--test", folder["x"], "--json"]);
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        JsonElement tested = trained.Json.GetProperty("testResult");
        await Assert.That(tested.GetProperty("accuracy").GetDouble()).IsGreaterThan(0.6);
        await Assert.That(tested.TryGetProperty("confusion", out _)).IsFalse();
        string[][] lines = [.. (await File.ReadAllLinesAsync(folder["x"])).Select(line => line.Split('\t'))];
        string[] said = Rows(Classify(folder, string.Join('\n', lines.Select(line => line[1]))));
        await Assert.That(said.Length).IsEqualTo(100);
        await Assert.That(lines.Zip(said).Average(pair => pair.First[0] == pair.Second.Split('\t')[0] ? 1.0 : 0))
            .IsEqualTo(tested.GetProperty("accuracy").GetDouble()).Within(1e-9);
        await Assert.That(said.Any(row => row.StartsWith("1,2\t0.", StringComparison.Ordinal))).IsTrue();
        await Assert.That(said.Contains("\t")).IsTrue();
        await Assert.That(Rows(Tinysd.RunOn("neutral_1", "classify", folder.Model, "--threshold", "0"))[0]).StartsWith("1,2\t");
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", folder["x"]).Out)
            .Contains("a sequence counts where all its labels are right");
    }

    [Test]
    public async Task People_are_told_the_baseline_of_the_majority_and_the_recall_of_each_class()
    {
        using var folder = new TestFolder();
        string lopsided = folder.PutText("l.txt",
            string.Concat(Enumerable.Range(0, 40).Select(i => $"{(i == 7 ? "rare" : i % 4 == 0 ? "neg" : "pos")}\tfilm {i % 3}\n")));
        CliResult result = folder.TrainClassifier("--train", lopsided, "--valid", lopsided, "--class-weights", "balanced");
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        await Assert.That(result.Error).Contains("of 'rare' there is one example only to train on");
        await Assert.That(result.Out).Contains("72.50 % by always saying 'pos'").And.Contains("recall").And.Contains("macro F1");
        await Assert.That(result.Out).Matches("pos +29 ");
        await Assert.That(result.Out).Matches("rare +1 ");
    }

    [Test]
    [Arguments("epoch 2/4", 7)]
    [Arguments("epoch 4/4: accuracy", 1)]
    public async Task A_run_that_was_stopped_goes_on_to_the_bytes_of_one_that_was_not(string shown, int after)
    {
        using var folder = new TestFolder();
        string train = folder.PutTexts("t.txt", 200, 1, ClassifierFiles.Turned);
        string[] Args(string output) =>
        [
            "train", "classifier", "--train", train, "--out", folder[output], "--hidden", "8", "--embedding", "6", "--batch", "10",
            "--epochs", "4", "--valid-fraction", "0.2", "--folds", "4", "--fold", "2", "--lower", "--label", "last", "--split-seed", "3",
        ];
        CliResult unbroken = Tinysd.Run([.. Args("unbroken.tsd"), "--json"]);
        await Assert.That(unbroken.Code).IsEqualTo(0).Because(unbroken.Error);
        CliResult stopped = Tinysd.RunUntilShown(shown, after, Args("model.tsd"));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        string kept = folder["model.tsd.checkpoints"];
        CliResult other = Tinysd.Run("train", "classifier", "--resume", kept, "--label", "first");
        await Assert.That(other.Code).IsEqualTo(2);
        await Assert.That(other.Error).Contains("--label is first, and the run in ").And.Contains(" has last;");
        CliResult resumed = Tinysd.Run("train", "classifier", "--resume", kept, "--json");
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(folder.AreEqual("model.tsd", "unbroken.tsd")).IsTrue();
        await Assert.That(resumed.Json.GetProperty("testResult").GetRawText())
            .IsEqualTo(unbroken.Json.GetProperty("testResult").GetRawText());
    }

    [Test]
    public async Task Options_of_a_run_that_goes_on_are_compared_by_what_they_say()
    {
        using var folder = new TestFolder();
        string kept = folder["ck"];
        string[] args =
        [
            "train", "classifier", "--train", folder.PutTexts("t.txt", 200, 1), "--valid-fraction", "0.20", "--folds", "4", "--out",
            folder.Model, "--epochs", "2", "--checkpoint", kept, "--hidden", "8",
        ];
        await Assert.That(Tinysd.Run(args).Code).IsEqualTo(0);
        (string Words, string? Difference)[] cases =
        [
            ("--valid-fraction .2 --folds +4 --fold 1 --split-seed 01 --min-count 1 --level word --lower false --decimal point", null),
            ("--valid-fraction 0.3", "--valid-fraction is 0.3, and the run in "),
            ("--fold 02", "--fold is 2, and the run in "),
            ("--split-seed 02", "--split-seed is 2, and the run in "),
            ("--level char", "--level is char, and the run in "),
            ("--lower", "--lower is true, and the run in "),
            ("--max-vocabulary 09", "--max-vocabulary is 9, and the run in "),
        ];
        foreach ((string words, string? difference) in cases)
        {
            CliResult resumed = Tinysd.Run(["train", "classifier", "--resume", kept, .. words.Split(' ')]);
            await Assert.That(resumed.Code).IsEqualTo(difference is null ? 0 : 2).Because(words + resumed.Error);
            if (difference is not null) await Assert.That(resumed.Error).Contains(difference);
        }
    }

    [Test]
    public async Task A_run_does_not_go_on_with_other_texts()
    {
        using var folder = new TestFolder();
        string train = folder.PutTexts("t.txt", 200, 1), valid = folder.PutTexts("v.txt", 60, 2), kept = folder["ck"];
        string[] args =
        [
            "train", "classifier", "--train", train, "--valid", valid, "--out", folder.Model, "--epochs", "4", "--checkpoint", kept,
            "--hidden", "8",
        ];
        await Assert.That(Tinysd.RunUntilShown("epoch 2/4", 1, args).Code).IsEqualTo(130);
        CliResult inspected = Tinysd.Run("inspect", Directory.GetFiles(kept, "checkpoint-*.tsd").First());
        await Assert.That(inspected.Out).Contains("t.txt, 200 sequences").And.Contains("neg, pos");
        folder.PutTexts("v.txt", 60, 5);
        CliResult other = Tinysd.Run("train", "classifier", "--resume", kept);
        await Assert.That(other.Code).IsEqualTo(1);
        await Assert.That(other.Error).Contains("it has as many sequences, but not the same ones");
    }

    [Test]
    public async Task Its_file_is_inspected_and_verified()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainClassifier("--lower", "--level", "char").Code).IsEqualTo(0);
        CliResult shown = Tinysd.Run("inspect", folder.Model);
        await Assert.That(shown.Out).Contains("2: neg, pos").And.Contains("characters, with <unk>").And.Contains("--lower");
        JsonElement json = Tinysd.Run("inspect", folder.Model, "--json").Json;
        await Assert.That(json.GetProperty("kind").GetString()).IsEqualTo("classifier");
        await Assert.That(json.GetProperty("classifier").GetProperty("labels").GetArrayLength()).IsEqualTo(2);
        await Assert.That(Tinysd.Run("verify", folder.Model).Out).Contains("ok,");
        byte[] bytes = await File.ReadAllBytesAsync(folder.Model);
        bytes[^70] ^= 1;
        await File.WriteAllBytesAsync(folder.Model, bytes);
        await Assert.That(Tinysd.Run("verify", folder.Model, "--json").Json.GetProperty("damaged").GetArrayLength()).IsEqualTo(1);
        CliResult refused = Classify(folder, "x\n");
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Out).IsEqualTo("");
    }

    [Test]
    public async Task Models_of_other_kinds_are_no_classifiers_and_options_of_others_are_warned_of()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainModel().Code).IsEqualTo(0);
        CliResult refused = Classify(folder, "x\n");
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).Contains("is of kind 'language-model'; 'classifier' was expected");
        await Assert.That(folder.TrainClassifier().Code).IsEqualTo(0);
        CliResult warned = Tinysd.Run("eval", folder.Model, "--data", folder["v.txt"], "--streams", "3");
        await Assert.That(warned.Code).IsEqualTo(0);
        await Assert.That(warned.Error).Contains("--streams has no effect: about language models only");
        await Assert.That(Tinysd.RunOn("x", "classify", folder.Model, "--threshold", "0.4").Error)
            .Contains("--threshold has no effect: the model gives each text one label");
    }

    private static CliResult Classify(TestFolder folder, string input) => Tinysd.RunOn(input, "classify", folder.Model);

    private static string[] Rows(CliResult result) => result.Out.Split('\n')[..^1];

    private static IEnumerable<int> Numbers(JsonElement row) => row.EnumerateArray().Select(number => number.GetInt32());
}
