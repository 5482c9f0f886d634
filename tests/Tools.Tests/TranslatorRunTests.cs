using System.Text.Json;
using TinySD.Formats.Models;

namespace TinySD.Tools.Tests;

/// <summary>Runs of <c>train translator</c>: stopped and resumed, begun with a model, planned, inspected.</summary>
public sealed class TranslatorRunTests
{
    [Test]
    [Arguments("epoch 2/4", 7)]
    [Arguments("epoch 4/4: BLEU", 1)]
    public async Task A_run_that_was_stopped_goes_on_to_the_bytes_of_one_that_was_not(string shown, int after)
    {
        using var folder = new TestFolder();
        (string source, string target) = folder.PutPairs("x", 20, 3);
        string[] Args(string output) => folder.TranslatorArgs(
            "--valid-fraction", "0.2", "--split-seed", "3", "--test-source", source, "--test-target", target, "--bpe", "30",
            "--epochs", "4", "--average-last", "2", "--out", folder[output]);
        CliResult unbroken = Tinysd.Run([.. Args("unbroken.tsd"), "--json"]);
        await Assert.That(unbroken.Code).IsEqualTo(0).Because(unbroken.Error);
        CliResult stopped = Tinysd.RunUntilShown(shown, after, Args("model.tsd"));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        string kept = folder["model.tsd.checkpoints"];
        foreach ((string words, string message) in ((string, string)[])
            [
                ("--lower", "--lower is true, and the run in "), ("--bpe 40", "--bpe is 40, and the run in "),
                ("--scaled", "--scaled is true, and the run in "), ("--lr 0.5", "--lr is 0.5, and the run in "),
                ("--label-smoothing 0.2", "--label-smoothing is 0.2, and the run in "),
                ("--bpe-codes codes", "--bpe-codes is codes, and the run in "),
            ])
        {
            CliResult other = Tinysd.Run(["train", "translator", "--resume", kept, .. words.Split(' ')]);
            await Assert.That(other.Code).IsEqualTo(2).Because(words + other.Error);
            await Assert.That(other.Error).Contains(message);
        }

        CliResult resumed = Tinysd.Run("train", "translator", "--resume", kept, "--json", "--valid-fraction", ".20", "--bpe", "30");
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(folder.AreEqual("model.tsd", "unbroken.tsd")).IsTrue();
        await Assert.That(resumed.Json.GetProperty("testResult").GetRawText())
            .IsEqualTo(unbroken.Json.GetProperty("testResult").GetRawText());
    }

    [Test]
    [Arguments("--optimizer sgd --lr 0.5 --lr-schedule zaremba --full-rate-epochs 1 --decay 2")]
    [Arguments("--optimizer adam --lr 0.01 --lr-schedule plateau --decay 2")]
    public async Task Four_epochs_are_two_and_two_more(string words)
    {
        using var folder = new TestFolder();
        string[] own = words.Split(' ');
        CliResult four = folder.TrainTranslator(
            [.. own, "--epochs", "4", "--checkpoint", folder["a"], "--out", folder["four.tsd"], "--json"]);
        await Assert.That(four.Code).IsEqualTo(0).Because(four.Error);
        CliResult two = folder.TrainTranslator([.. own, "--epochs", "2", "--checkpoint", folder["b"], "--json"]);
        await Assert.That(two.Code).IsEqualTo(0).Because(two.Error);
        CliResult more = Tinysd.Run("train", "translator", "--resume", folder["b"], "--epochs", "4", "--json");
        await Assert.That(more.Code).IsEqualTo(0).Because(more.Error);
        await Assert.That(Epochs(more)).IsEqualTo(Epochs(four));
        await Assert.That(Epochs(two)).IsEqualTo(string.Join(' ', Epochs(four).Split(' ')[..2]));

        static string Epochs(CliResult result)
        {
            string[] names = ["learningRate", "trainLoss", "validLoss", "valid"];
            return string.Join(' ', result.Json.GetProperty("epochs").EnumerateArray()
                .Select(epoch => string.Join(',', names.Select(name => epoch.GetProperty(name).GetRawText()))));
        }
    }

    [Test]
    public async Task Epochs_are_judged_by_their_loss_where_the_preset_does()
    {
        using var folder = new TestFolder();
        (string source, string target) = folder.PutPairs("x", 20, 3);
        string page = folder["page.html"];
        string[] args = folder.TranslatorArgs(
            "--preset", "opennmt-500", "--layers", "1", "--test-source", source, "--test-target", target, "--optimizer", "adam",
            "--average-last", "1", "--checkpoint", folder["ck"], "--report", page);
        CliResult stopped = Tinysd.RunUntilShown("epoch 3/6", 3, args);
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        CliResult trained = Tinysd.Run("train", "translator", "--resume", folder["ck"], "--json");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        JsonElement json = trained.Json;
        await Assert.That(json.GetProperty("metric").GetString()).IsEqualTo("BLEU");
        double[] losses = [.. json.GetProperty("epochs").EnumerateArray().Select(epoch => epoch.GetProperty("validLoss").GetDouble())];
        await Assert.That(json.GetProperty("bestEpoch").GetInt32()).IsEqualTo(Array.IndexOf(losses, losses.Min()) + 1);
        await Assert.That(await File.ReadAllTextAsync(page)).DoesNotContain("NaN");
    }

    [Test]
    public async Task A_plan_needs_no_validation_files()
    {
        using var folder = new TestFolder();
        string[] args = folder.TranslatorArgs();
        (string source, string target) = folder.PutPairs("t", 300, 1);
        CliResult planned = Tinysd.Run(
            ["train", "translator", "--source", source, "--target", target, .. TranslatorFiles.Small(), "--plan", "--json"]);
        await Assert.That(planned.Code).IsEqualTo(0).Because(planned.Error);
        await Assert.That(planned.Out).IsEqualTo(Tinysd.Run([.. args, "--plan", "--json"]).Out);
    }

    [Test]
    public async Task A_run_does_not_go_on_with_other_pairs()
    {
        using var folder = new TestFolder();
        string kept = folder["ck"];
        await Assert.That(Tinysd.RunUntilShown("epoch 2/6", 1, folder.TranslatorArgs("--checkpoint", kept)).Code).IsEqualTo(130);
        CliResult inspected = Tinysd.Run("inspect", Directory.GetFiles(kept, "checkpoint-*.tsd").First());
        await Assert.That(inspected.Code).IsEqualTo(0).Because(inspected.Error);
        await Assert.That(inspected.Out).Contains("t.de").And.Contains("300 pairs");
        await Assert.That(inspected.Out).Matches("task +translator");
        await Assert.That(inspected.Out).Matches("--attention +general");
        folder.PutPairs("v", 40, 5);
        CliResult other = Tinysd.Run("train", "translator", "--resume", kept);
        await Assert.That(other.Code).IsEqualTo(1);
        await Assert.That(other.Error).Contains("v.de, ").And.Contains("v.en is not the files that the run in ")
            .And.Contains("not the same ones");
        folder.PutPairs("v", 40, 2);
        folder.PutPairs(
            "t", [.. TranslatorFiles.Pairs(300, 1).Select(p => (p.Source, p.Target.Replace("dog", "cat", StringComparison.Ordinal)))]);
        other = Tinysd.Run("train", "translator", "--resume", kept);
        await Assert.That(other.Code).IsEqualTo(1);
        await Assert.That(other.Error).Contains("t.en is not the files that the run in ").And.Contains("their words are others");

        // The folder may be another, given file by file.
        folder.PutPairs("t", 300, 1);
        Directory.CreateDirectory(folder["moved"]);
        File.Move(folder["t.de"], folder["moved/t.de"]);
        CliResult gone = Tinysd.Run("train", "translator", "--resume", kept);
        await Assert.That(gone.Error).Contains("give --source with its place now");
        CliResult moved = Tinysd.Run("train", "translator", "--resume", kept, "--source", folder["moved/t.de"], "--json");
        await Assert.That(moved.Code).IsEqualTo(0).Because(moved.Error);
    }

    [Test]
    public async Task The_same_bits_come_whatever_the_threads()
    {
        using var folder = new TestFolder();
        string[] words = ["--dropout", "structured", "--rate", "0.3", "--epochs", "2"];
        await Assert.That(folder.TrainTranslator([.. words, "--threads", "1"]).Code).IsEqualTo(0);
        CliResult other = folder.TrainTranslator([.. words, "--threads", "3", "--out", folder["other.tsd"]]);
        await Assert.That(other.Code).IsEqualTo(0).Because(other.Error);
        await Assert.That(folder.AreEqual("model.tsd", "other.tsd")).IsTrue();
    }

    [Test]
    public async Task Training_begins_with_a_model_and_keeps_what_it_knows()
    {
        using var folder = new TestFolder();
        await Assert.That(folder.TrainTranslator("--bpe", "20", "--lower").Code).IsEqualTo(0);
        string[] begin = ["--init-from", folder.Model, "--out", folder["more.tsd"]];
        (string source, string target) = folder.PutPairs("few", 20, 7);
        CliResult more = folder.TrainTranslator([.. begin, "--source", source, "--target", target, "--epochs", "1", "--json"]);
        await Assert.That(more.Code).IsEqualTo(0).Because(more.Error);
        LoadedTranslator was = TranslatorFile.Load(folder.Model), now = TranslatorFile.Load(folder["more.tsd"]);
        await Assert.That(now.Translator.Form.TargetUnits.SequenceEqual(was.Translator.Form.TargetUnits)).IsTrue();
        foreach ((string words, string message) in ((string, string)[])
            [
                ("--hidden 16", "--hidden is 16, and the model in "), ("--lower false", "--lower is false, and the model in "),
                ("--scaled", "--scaled is true, and the model in "),
            ])
        {
            CliResult other = folder.TrainTranslator([.. begin, .. words.Split(' ')]);
            await Assert.That(other.Code).IsEqualTo(2).Because(words + other.Error);
            await Assert.That(other.Error).Contains(message);
        }

        // Codes of another model would cut words into pieces that this one does not know.
        CliResult foreign = folder.TrainTranslator([.. begin, "--bpe-codes", folder.PutText("codes", "#version: 0.2\nh u\n")]);
        await Assert.That(foreign.Code).IsEqualTo(1);
        await Assert.That(foreign.Error).Contains("codes does not have the codes of the model that training begins with (--init-from): ");
    }

    [Test]
    public async Task Its_memory_is_planned_the_same_before_and_after()
    {
        using var folder = new TestFolder();
        string[] args = folder.TranslatorArgs("--max-length", "8", "--epochs", "1");
        JsonElement planned = Tinysd.Run([.. args, "--plan", "--json"]).Json;
        await Assert.That(folder.ModelFiles()).IsEmpty();
        await Assert.That(Tinysd.Run(args).Code).IsEqualTo(0);
        JsonElement after = Tinysd.Run("inspect", folder.Model, "--plan", "--json", "--threads", "2").Json;
        foreach (string part in (string[])["parametersBytes", "gradientsBytes", "optimizerBytes", "workspaceBytes", "totalBytes"])
            await Assert.That(after.GetProperty(part).GetInt64()).IsEqualTo(planned.GetProperty(part).GetInt64());
    }

    [Test]
    public async Task Its_file_is_inspected_and_verified_and_its_page_written()
    {
        using var folder = new TestFolder();
        string page = folder["page.html"];
        (string source, string target) = folder.PutPairs("x", 20, 3);
        CliResult trained = folder.TrainTranslator(
            "--report", page, "--test-source", source, "--test-target", target, "--bpe", "20", "--epochs", "3");
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        await Assert.That(trained.Out).Contains("train perplexity").And.Contains("valid perplexity").And.Contains("valid BLEU");
        string html = await File.ReadAllTextAsync(page);
        await Assert.That(html).Contains("<h1>A translator with validation BLEU ")
            .And.Contains("<td>tested on</td><td>x.de and x.en, 20 pairs, ");
        await Assert.That(html).Contains("<th>training perplexity</th>").And.DoesNotContain("NaN");
        await Assert.That(Tinysd.Run("inspect", folder.Model).Out).Contains("t.de").And.Contains("300 pairs").And.Contains("20 merges");
        JsonElement json = Tinysd.Run("inspect", folder.Model, "--json").Json;
        await Assert.That(json.GetProperty("kind").GetString()).IsEqualTo("translator");
        await Assert.That(Tinysd.Run("verify", folder.Model).Out).Contains("ok,");
        byte[] bytes = await File.ReadAllBytesAsync(folder.Model);
        bytes[^70] ^= 1;
        await File.WriteAllBytesAsync(folder.Model, bytes);
        await Assert.That(Tinysd.Run("verify", folder.Model, "--json").Json.GetProperty("damaged").GetArrayLength()).IsEqualTo(1);
        CliResult refused = Tinysd.RunOn("x\n", "translate", folder.Model);
        await Assert.That((refused.Code, refused.Out)).IsEqualTo((1, ""));
    }
}
