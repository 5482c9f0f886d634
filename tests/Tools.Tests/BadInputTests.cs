using System.IO.Compression;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary>Input that cannot be used: exit code 1 and one or two lines that say what is wrong, where, and what to do.</summary>
public sealed class BadInputTests
{
    // The texts of the folder have thirteen words and the line's end.
    private const string ByModel =
        "\nA model that is trained with --min-count 2 (or a --max-vocabulary below 14) has it, and reads any text.\n";

    [Test]
    public async Task A_missing_file()
    {
        using var folder = new TestFolder();
        string none = folder["none"], message = $"there is no file {none}; check the name\n";
        await Refused(Train(folder, none, folder.Valid), $"tinysd train lm: {message}");
        await Refused(Train(folder, folder.Train, none), $"tinysd train lm: {message}");
        await Refused(folder.TrainModel("--test", none), $"tinysd train lm: {message}");
        await Refused(Tinysd.Run("eval", none, "--data", folder.Test), $"tinysd eval: {message}");
        await Refused(Tinysd.Run("generate", none), $"tinysd generate: {message}");
        await Refused(Tinysd.Run("inspect", none), $"tinysd inspect: {message}");
        await Refused(Tinysd.Run("verify", none), $"tinysd verify: {message}");
    }

    [Test]
    public async Task An_empty_file()
    {
        using var folder = new TestFolder();
        string empty = folder.PutText("empty.txt", "");
        await Refused(Train(folder, empty, folder.Valid), $"tinysd train lm: {empty} is empty; a text was expected\n");
        await Refused(Train(folder, folder.Train, empty), $"tinysd train lm: {empty} is empty; a text was expected\n");
        await Refused(Tinysd.Run("eval", empty, "--data", folder.Test), "tinysd eval: ", empty, "empty");
    }

    [Test]
    public async Task A_directory()
    {
        using var folder = new TestFolder();
        string path = folder.Path;
        await Refused(Train(folder, path, folder.Valid), $"tinysd train lm: {path} is a folder; a file was expected\n");
        await Refused(Tinysd.Run("eval", path, "--data", folder.Test), $"tinysd eval: {path} is a folder; a file was expected\n");
        CliResult into = Train(folder, folder.Train, folder.Valid, path);
        await Refused(into, $"tinysd train lm: cannot write {path}: it is a folder; give a file name inside it\n");
    }

    [Test]
    public async Task Binary_instead_of_text()
    {
        using var folder = new TestFolder();
        string zeros = folder.Put("zeros.txt", [65, 66, 0, 67]), latin = folder.Put("latin.txt", [.. "caf"u8, 0xE9, .. " au lait\n"u8]);
        await Refused(
            Train(folder, zeros, folder.Valid), $"tinysd train lm: {zeros} looks like binary, not text: there is a zero byte at byte 2\n");
        await Refused(Train(folder, latin, folder.Valid), $"tinysd train lm: {latin}, line 1: not UTF-8 text, with E9 at byte 3.", "iconv");
        folder.TrainModel();
        CliResult model = Tinysd.Run("eval", folder.Model, "--data", folder.Model);
        await Refused(model, $"tinysd eval: {folder.Model} is not text: it begins like a TinySD model\n");
    }

    [Test]
    public async Task A_gzip_file_that_is_cut_short()
    {
        using var folder = new TestFolder();
        byte[] whole = Gzip(File.ReadAllBytes(folder.Train));
        string cut = folder.Put("cut.txt.gz", whole.AsSpan(0, whole.Length / 2));
        await Refused(
            Train(folder, cut, folder.Valid), $"tinysd train lm: {cut} is a damaged or cut-short gzip file; copy or download it again\n");
    }

    [Test]
    public async Task One_token_only()
    {
        using var folder = new TestFolder();
        string one = folder.PutText("one.txt", "\n");
        await Refused(
            Train(folder, one, folder.Valid),
            $"tinysd train lm: {one} has 1 token, too few to train on: --batch 20 sequences of --bptt 20 steps need at least 420.\n" +
            "Lower --batch or --bptt, or give a longer text.\n");
        const string Message = "has 1 token; a prediction needs at least 2, one to start from and one to predict. Give a longer text.\n";
        await Refused(folder.TrainModel("--test", one), $"tinysd train lm: {one} {Message}");
        folder.TrainModel();
        await Refused(Tinysd.Run("eval", folder.Model, "--data", one), $"tinysd eval: {one} {Message}");
    }

    [Test]
    public async Task A_text_shorter_than_one_window()
    {
        using var folder = new TestFolder();
        string few = folder.PutText("few.txt", "the cat sees the dog\n");
        CliResult result = Train(folder, few, folder.Valid);
        await Refused(result, $"{few} has 6 tokens, too few to train on: --batch 20 sequences of --bptt 20 steps need at least 420.\n");
        await Assert.That(result.Error).EndsWith("Lower --batch or --bptt, or give a longer text.\n");

        // One window fits exactly, and one step more does not.
        string[] one = ["train", "lm", "--train", few, "--valid", few, "--out", folder.Model, "--hidden", "4", "--batch", "1", "--bptt"];
        await Assert.That(Tinysd.Run([.. one, "5"]).Code).IsEqualTo(0);
        await Refused(Tinysd.Run([.. one, "6"]), "need at least 7.");
    }

    [Test]
    public async Task One_distinct_token_only()
    {
        using var folder = new TestFolder();
        string same = folder.PutText("same.txt", new string('a', 500));
        await Refused(
            Tinysd.Run("train", "lm", "--level", "char", "--train", same, "--valid", same, "--out", folder.Model, "--bptt", "2"),
            $"tinysd train lm: {same} has one distinct token, 'a'; a language model needs at least 2. Give a real text.\n");
    }

    [Test]
    public async Task A_word_that_the_model_does_not_know()
    {
        using var folder = new TestFolder();
        string strange = folder.PutText("strange.txt", "the cat sees a dog\nthe platypus sees a dog\n");
        folder.TrainModel();
        string message = $"{strange}, line 2: the word 'platypus' is not in the model's vocabulary, and that has no <unk>.";
        await Refused(Tinysd.Run("eval", folder.Model, "--data", strange), $"tinysd eval: {message}");
        await Refused(
            Tinysd.Run("train", "lm", "--train", folder.Train, "--valid", strange, "--out", folder.Model, "--min-count", "1"),
            $"tinysd train lm: {message}");
        CliResult prompted = Tinysd.Run("generate", folder.Model, "--prompt", "the platypus");
        await Refused(prompted, "tinysd generate: --prompt, line 1: the word 'platypus' is not in the model's vocabulary", ByModel);

        // Some parsers read a file for a word with an @ before it.
        await Refused(
            Tinysd.Run("generate", folder.Model, "--prompt", "@file"), "tinysd generate: --prompt, line 1: the word '@file' is not");

        // With an unknown token in the vocabulary the same texts can be read.
        folder.TrainModel("--min-count", "2");
        await Assert.That(Tinysd.Run("eval", folder.Model, "--data", strange).Code).IsEqualTo(0);
    }

    [Test]
    [Arguments("word", "word 'platypus'", "words", "word", 14)]
    [Arguments("char", "character 'p'", "characters", "character", 18)]
    public async Task What_is_said_of_a_token_that_the_training_text_lacks_ends_with_a_cure_that_works(
        string level, string found, string several, string one, int vocabulary)
    {
        using var folder = new TestFolder();
        string strange = folder.PutText("strange.txt", "the cat sees a dog\nthe platypus sees a dog\n");
        string[] args = ["--min-count", "1", "--level", level, "--test"];
        string[] wrongTest = folder.TrainArgs(folder.Model, 1, [.. args, strange]);
        string[] wrongValid = folder.TrainArgs(folder.Model, 1, [.. args, folder.Test]);
        wrongValid[Array.IndexOf(wrongValid, "--valid") + 1] = strange;
        foreach (string[] wrong in new[] { wrongTest, wrongValid })
        {
            CliResult result = Tinysd.Run(wrong);
            await Refused(
                result, $"tinysd train lm: {strange}, line 2: the {found} is not in the model's vocabulary, and that has no <unk>. ");
            await Assert.That(result.Error).EndsWith(
                $"\nAdd --min-count 2 (or a --max-vocabulary below {vocabulary}): rare {several} become <unk>, and so does every {one} " +
                "that the training text lacks.\n");
            await Assert.That(Tinysd.Run([.. wrong, "--max-vocabulary", $"{vocabulary}"]).Code).IsEqualTo(1);
            await Assert.That(Tinysd.Run([.. wrong, "--max-vocabulary", $"{vocabulary - 1}"]).Code).IsEqualTo(0);
            wrong[Array.IndexOf(wrong, "--min-count") + 1] = "2";
            await Assert.That(Tinysd.Run(wrong).Code).IsEqualTo(0);
        }
    }

    [Test]
    public async Task What_is_said_of_a_token_that_a_model_lacks_ends_with_how_one_is_trained_that_has_it()
    {
        using var folder = new TestFolder();
        string strange = folder.PutText("strange.txt", "the platypus\n");
        folder.TrainModel();
        CliResult data = Tinysd.Run("eval", folder.Model, "--data", strange);
        await Refused(
            data, $"tinysd eval: {strange}, line 1: the word 'platypus' is not in the model's vocabulary, and that has no <unk>. ");
        await Assert.That(data.Error).EndsWith(ByModel);
        CliResult tuning = Tinysd.Run("eval", folder.Model, "--data", folder.Test, "--cache", "9", "--cache-tune", strange);
        await Refused(tuning, $"tinysd eval: {strange}, line 1: ", ByModel);
    }

    [Test]
    public async Task A_model_of_the_wrong_kind()
    {
        using var folder = new TestFolder();
        string example = folder.Put("example.tsd", ForeignKind.File());
        string message = $"{example} is of kind 'example'; 'language-model' was expected";
        await Refused(Tinysd.Run("eval", example, "--data", folder.Test), $"tinysd eval: {message}");
        await Refused(Tinysd.Run("generate", example), $"tinysd generate: {message}");
    }

    [Test]
    public async Task Something_that_is_no_model()
    {
        using var folder = new TestFolder();
        foreach (string verb in new[] { "generate", "inspect", "verify" })
            await Refused(Tinysd.Run(verb, folder.Train), $"tinysd {verb}: {folder.Train} is not a TinySD model");
        await Refused(Tinysd.Run("eval", folder.Train, "--data", folder.Test), $"tinysd eval: {folder.Train} is not a TinySD model");
    }

    [Test]
    public async Task A_mask_schedule_in_the_place_of_a_model_is_called_by_its_name()
    {
        using var folder = new TestFolder();
        string masks = folder["masks.tss"];
        await Assert.That(Tinysd.Run("schedule", "--steps", "3", "--dropout", "structured", "--rate", "0.5", "--out", masks).Code)
            .IsEqualTo(0);
        await Assert.That(Tinysd.Run("verify", masks).Code).IsEqualTo(0);
        const string Message = "is not a TinySD model: it begins with 89 54 53 53 0D 0A 1A 0A (a TinySD mask schedule)\n";
        await Refused(Tinysd.Run("eval", masks, "--data", folder.Test), $"tinysd eval: {masks} {Message}");
        await Refused(Tinysd.Run("generate", masks), $"tinysd generate: {masks} {Message}");
        await Refused(Tinysd.Run("export", masks, "--out", folder["m.onnx"]), $"tinysd export: {masks} {Message}");
    }

    [Test]
    public async Task A_model_that_is_cut_short_or_damaged()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        byte[] bytes = File.ReadAllBytes(folder.Model);
        string cut = folder.Put("cut.tsd", bytes.AsSpan(0, bytes.Length - 64));
        await Refused(Tinysd.Run("eval", cut, "--data", folder.Test), $"tinysd eval: {cut} ");
        bytes[^100] ^= 1;
        string flipped = folder.Put("flipped.tsd", bytes);
        await Refused(Tinysd.Run("generate", flipped), $"tinysd generate: {flipped} is damaged in tensor 'classifier.weight'", "checksum");
    }

    [Test]
    public async Task A_path_that_cannot_be_written_is_found_before_any_work_is_done()
    {
        using var folder = new TestFolder();
        string nowhere = Path.Combine(folder["none"], "model.tsd"), locked = folder.PutText("locked.tsd", "precious");
        string message = $"cannot write {nowhere}: the folder {folder["none"]} does not exist; create it first\n";
        await Refused(Train(folder, folder["not-even-read.txt"], folder.Valid, nowhere), $"tinysd train lm: {message}");
        await Refused(Tinysd.Run("demo", "--out", nowhere), $"tinysd demo: {message}");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(locked, UnixFileMode.UserRead);
        else File.SetAttributes(locked, FileAttributes.ReadOnly);
        CliResult result = Train(folder, folder.Train, folder.Valid, locked);
        await Refused(result, $"tinysd train lm: cannot write {locked}: the file there is read-only");
        await Assert.That(File.ReadAllText(locked)).IsEqualTo("precious");
        File.SetAttributes(locked, FileAttributes.Normal);
    }

    [Test]
    public async Task A_disk_that_is_full()
    {
        using var folder = new TestFolder();
        using var disk = SmallDisk.Mount(folder["disk"]);
        string output = Path.Combine(folder["disk"], "model.tsd");
        CliResult result = folder.TrainModelTo(output, 1, "--embedding", "500", "--no-checkpoints");
        await Refused(result, $"cannot write {output}: no space left on the disk; free some or choose another folder.");
        await Assert.That(Directory.GetFiles(folder["disk"])).IsEmpty();
    }

    [Test]
    public async Task A_learning_rate_that_makes_the_loss_infinite()
    {
        using var folder = new TestFolder();
        CliResult result = folder.TrainModel("--lr", "1e30", "--clip", "0");
        await Refused(
            result, "tinysd train lm: the numbers stopped being finite in epoch 1, step ",
            $"no epoch was finished, so nothing was saved to {folder.Model}.\n");
        await Assert.That(result.Error).Contains("Try a lower --lr (it was 1E+30) or a lower --clip (it was 0, no clipping).");
        await Assert.That(folder.ModelFiles()).IsEmpty();
    }

    [Test]
    public async Task Numbers_that_stop_being_finite_later_leave_the_best_model_so_far()
    {
        // Somewhere between the rates that stay finite and those that fail at once are some that fail after an epoch: the rate rises all
        // the time.
        using var folder = new TestFolder();
        for (float rate = 1e18f; rate < 3e38f; rate *= 3f)
        {
            File.Delete(folder.Model);
            CliResult result =
                folder.TrainModel("--lr", Figures.Setting(rate), "--clip", "0", "--full-rate-epochs", "9", "--warm-up", "1000");
            if (result.Code == 0 || !File.Exists(folder.Model)) continue;
            await Refused(result, "the numbers stopped being finite in epoch ", $"{folder.Model} holds the best model so far, of epoch ");
            await Assert.That(Tinysd.Run("verify", folder.Model).Code).IsEqualTo(0);
            return;
        }

        Assert.Fail("no learning rate failed after its first epoch");
    }

    [Test]
    public async Task Verbose_adds_the_trace_and_nothing_else_does()
    {
        CliResult plain = Tinysd.Run("verify", "none.tsd"), verbose = Tinysd.Run("verify", "none.tsd", "--verbose");
        await Assert.That(plain.Error).DoesNotContain("   at ");
        await Assert.That(verbose.Error).StartsWith(plain.Error);
        await Assert.That(verbose.Error).Contains("   at TinySD.");
    }

    private static CliResult Train(TestFolder folder, string train, string valid, string? output = null) =>
        Tinysd.Run("train", "lm", "--train", train, "--valid", valid, "--out", output ?? folder.Model);

    private static async Task Refused(CliResult result, params string[] parts)
    {
        foreach (string part in parts) await Assert.That(result.Error).Contains(part);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Out).IsEqualTo("");
        await Assert.That(result.Error).DoesNotContain("   at ");
        await Assert.That(MessageLines(result.Error)).IsLessThanOrEqualTo(2);
    }

    // Progress may come before the message; the message begins with the command's name.
    private static int MessageLines(string error) => error[error.IndexOf("tinysd ", StringComparison.Ordinal)..].Count(c => c == '\n');

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }
}
