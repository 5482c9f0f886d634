using System.Text.Json;
using System.Text.Json.Nodes;
using TinySD.Formats.Checkpoints;
using TinySD.Formats.Container;

namespace TinySD.Tools.Tests;

/// <summary><c>train lm --checkpoint</c> and <c>--resume</c>: a run that was stopped comes to the bytes of one that was not.</summary>
public sealed class ResumeTests
{
    // 69 steps an epoch, three epochs.
    private const string Epoch2 = "epoch 2/3", Validation2 = "epoch 2/3, validation", Note2 = "epoch 2/3: perplexity";

    [Test]
    [Arguments("--optimizer sgd", Epoch2, 20)]
    [Arguments("--optimizer adam --lr 0.01", Epoch2, 20)]
    [Arguments("--optimizer adam --lr 0.01 --tied --layers 1", "epoch 3/3", 68)]
    [Arguments("--dropout none", Epoch2, 1)]
    [Arguments("--dropout random --rate 0.3", Epoch2, 33)]
    [Arguments("--dropout locked --rate 0.3", Epoch2, 33)]
    [Arguments("--dropout structured --rate 0.5 --optimizer adam --lr 0.01", Epoch2, 33)]
    [Arguments("--dropout structured --rate 0.5 --draw bernoulli", "epoch 1/3", 7)]
    [Arguments("--dropout structured-locked --rate 0.5 --layers 3 --embedding 7", Epoch2, 33)]
    [Arguments("--dropout nested --least-share 0.5 --share-count 3", Epoch2, 33)]
    [Arguments("--dropout nested-locked --whole-rate 0.25 --keep-multiple 4 --optimizer adam --lr 0.01", Epoch2, 33)]
    [Arguments("--level char --min-count 2", Epoch2, 100)]
    [Arguments("--max-vocabulary 9 --dtype bf16", Epoch2, 33)]
    [Arguments("--cell gru --dropout structured --rate 0.5 --optimizer adam --lr 0.01", Epoch2, 33)]
    [Arguments("--cell rnn-tanh --dropout locked --rate 0.3", Epoch2, 33)]
    [Arguments("--peepholes --dropout structured-locked --rate 0.5", Epoch2, 33)]
    [Arguments("--lr 0.7 --full-rate-epochs 1 --decay 3 --max-steps 150", Epoch2, 69)]
    [Arguments("--full-rate-epochs 1 --decay 1e30", "epoch 3/3", 20)] // the third epoch's learning rate is too small for a float
    [Arguments("--variable-bptt", Epoch2, 20)]
    [Arguments("--variable-bptt --optimizer adam --lr 0.01 --dropout structured --rate 0.5 --max-steps 90", Epoch2, 5)]
    [Arguments("--weight-drop 0.5", Epoch2, 33)]
    [Arguments("--weight-drop 0.5 --rate-word 0.2 --dropout structured --rate 0.5 --cell gru", Epoch2, 33)]
    [Arguments("--rate-word 0.2 --ar 2 --tar 1 --loss-reduction mean --weight-decay 0.001", Epoch2, 33)]
    [Arguments("--optimizer adamw --lr 0.01 --weight-decay 0.1 --beta1 0.8 --epsilon 1e-6", Epoch2, 33)]
    [Arguments("--momentum 0.9 --nesterov --lr 0.1", Epoch2, 33)]
    [Arguments("--optimizer adagrad --lr 0.1 --weight-decay 0.001 --decoupled-decay", Epoch2, 33)]
    [Arguments("--last-hidden 7 --embedding 7 --tied --init-scheme scaled --warm-up 100 --optimizer adam --lr 0.01", Epoch2, 13)]
    [Arguments("--preset gal-medium", Epoch2, 33)]
    [Arguments("--preset gal-medium --rate-word-by-sequence false", Epoch2, 33)]
    [Arguments("--preset gal-medium+nr-rh-st", "epoch 3/3", 2)]
    [Arguments("--patience 1 --lr-schedule constant --lr 10 --clip 1", Epoch2, 33)]
    [Arguments("--patience 1 --lr-schedule constant --lr 10 --clip 1", "stopped, as --patience asks", 1)]
    [Arguments("--lr-schedule plateau --decay 4 --lr 10 --clip 1", "epoch 3/3", 20)]
    [Arguments("--lr-schedule plateau --decay 4 --lr 10 --clip 1", Note2, 1)]
    [Arguments("--lr-schedule cosine", "epoch 3/3", 20)]
    [Arguments("--lr-schedule linear", "epoch 3/3: perplexity", 1)]
    public async Task A_run_stopped_in_an_epoch_and_resumed_writes_the_bytes_of_the_unbroken_one(string options, string label, int after)
    {
        using var folder = new TestFolder();
        string[] words = [.. options.Split(' '), "--test", folder.Test];
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1, [.. words, "--json"]);
        await Assert.That(unbroken.Code).IsEqualTo(0).Because(unbroken.Error);
        CliResult stopped = Tinysd.RunUntilShown(label, after, folder.TrainArgs(folder.Model, 2, [.. words, "--checkpoint", folder["ck"]]));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        await EndsAs(unbroken, folder, Tinysd.Run("train", "lm", "--resume", folder["ck"], "--json", "--threads", "1"));
    }

    [Test]
    [Arguments(Epoch2, 69)] // the epoch's last step
    [Arguments(Validation2, 1)]
    [Arguments(Note2, 1)] // between two epochs
    [Arguments("epoch 3/3: perplexity", 1)] // after the last
    [Arguments("testing", 1)]
    [Arguments("parameters;", 1)] // before the first step
    public async Task Wherever_it_is_stopped(string shown, int after)
    {
        using var folder = new TestFolder();
        string[] words = ["--test", folder.Test, "--dropout", "structured", "--rate", "0.5", "--optimizer", "adam", "--lr", "0.01"];
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1, [.. words, "--json"]);
        CliResult stopped = Tinysd.RunUntilShown(shown, after, folder.TrainArgs(folder.Model, 1, [.. words, "--checkpoint", folder["ck"]]));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        await EndsAs(unbroken, folder, Tinysd.Run("train", "lm", "--resume", folder["ck"], "--json", "--threads", "2"));
    }

    // AWD-LSTM whole: the second epoch is worse than the first, and the third, the only one of the average, is the best.
    [Test]
    [Arguments("awd-lstm", "epoch 1/3", 3, false)]
    [Arguments("awd-lstm", Epoch2, 20, false)]
    [Arguments("awd-lstm", Validation2, 1, false)]
    [Arguments("awd-lstm", "from here on the model is the average", 1, true)]
    [Arguments("awd-lstm", "epoch 3/3", 1, true)]
    [Arguments("awd-lstm", "epoch 3/3", 37, true)]
    [Arguments("awd-lstm", "epoch 3/3, validation", 2, true)]
    [Arguments("awd-lstm", "epoch 3/3: perplexity", 1, true)]
    [Arguments("awd-lstm+nr-rh-st", Epoch2, 20, false)]
    [Arguments("awd-lstm+nr-rh-st", "epoch 3/3", 20, true)]
    public async Task An_average_goes_on_and_one_that_has_not_begun_begins(string preset, string shown, int after, bool isAveraging)
    {
        using var folder = new TestFolder();
        string[] words =
            ["--preset", preset, "--embedding", "7", "--last-hidden", "7", "--nonmono", "0", "--lr", "20", "--test", folder.Test];
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1, [.. words, "--json"]);
        await Assert.That(unbroken.Code).IsEqualTo(0).Because(unbroken.Error);
        await Assert.That(unbroken.Error).Contains("from here on the model is the average");
        await Assert.That(unbroken.Json.GetProperty("bestEpoch").GetInt32()).IsEqualTo(3);
        CliResult stopped = Tinysd.RunUntilShown(shown, after, folder.TrainArgs(folder.Model, 2, [.. words, "--checkpoint", folder["ck"]]));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        using (TsdFile newest = TsdFile.Open(CheckpointFolder.List(folder["ck"])[0]))
        {
            await Assert.That(newest.Tensors.Any(tensor => tensor.Name == "asgd.average.classifier.weight")).IsEqualTo(isAveraging);
            await Assert.That(newest.Tensors.Any(tensor => tensor.Name.StartsWith("adam.", StringComparison.Ordinal))).IsFalse();
        }

        await EndsAs(unbroken, folder, Tinysd.Run("train", "lm", "--resume", folder["ck"], "--json", "--threads", "1"));
    }

    [Test]
    public async Task More_epochs_are_refused_where_the_learning_rate_depends_on_how_many_there_are()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--lr-schedule", "cosine", "--checkpoint", folder["ck"]);
        CliResult refused = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--epochs", "5");
        await Assert.That(refused.Code).IsEqualTo(2);
        await Assert.That(refused.Error).Contains("--epochs is 5, and the learning rate of the run in ");
        await Assert.That(refused.Error).Contains("falls over its 3 epochs (--lr-schedule cosine); leave it out");
        await Assert.That(Tinysd.Run("train", "lm", "--resume", folder["ck"], "--epochs", "3").Code).IsEqualTo(0);
    }

    [Test]
    [Arguments("--lr-schedule plateau --decay 4 --lr 10 --clip 1")]
    [Arguments("--lr-schedule constant --lr 10 --clip 1 --optimizer nt-asgd --nonmono 0 --variable-bptt --warm-up 100")]
    public async Task Another_epoch_has_the_rate_and_the_windows_of_a_run_planned_for_it(string options)
    {
        using var folder = new TestFolder();
        string[] words = [.. options.Split(' '), "--json"];
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1, words);
        string[] two = folder.TrainArgs(folder.Model, 1, [.. words, "--checkpoint", folder["ck"]]);
        two[Array.IndexOf(two, "--epochs") + 1] = "2";
        await Assert.That(Tinysd.Run(two).Code).IsEqualTo(0);
        await EndsAs(unbroken, folder, Tinysd.Run("train", "lm", "--resume", folder["ck"], "--epochs", "3", "--json"));
    }

    [Test]
    public async Task Stopped_again_and_again_on_other_threads_and_profiles()
    {
        using var folder = new TestFolder();
        string[] words = ["--test", folder.Test, "--dropout", "random", "--rate", "0.4", "--optimizer", "adam", "--lr", "0.01"];
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1, [.. words, "--json"]);
        string[] first = folder.TrainArgs(
            folder.Model, 1, [.. words, "--checkpoint", folder["ck"], "--checkpoint-every", "10", "--checkpoint-keep", "2"]);
        await Assert.That(Tinysd.RunUntilShown("epoch", 13, first).Code).IsEqualTo(130);
        string[] again = ["train", "lm", "--resume", folder["ck"]];
        (string Shown, int After, string[] More)[] stops =
        [
            ("epoch", 29, ["--threads", "2"]), ("epoch", 1, []), ("validation", 3, ["--profile", "x64-sse42"]),
            ("epoch", 70, ["--threads", "3"]),
        ];
        foreach ((string shown, int after, string[] more) in stops)
        {
            CliResult result = Tinysd.RunUntilShown(shown, after, [.. again, .. more]);
            await Assert.That(result.Code).IsEqualTo(130).Because(result.Error);
            await Assert.That(Directory.GetFiles(folder["ck"], "checkpoint-*").Length).IsEqualTo(2);
        }

        await EndsAs(unbroken, folder, Tinysd.Run([.. again, "--json"]));
    }

    [Test]
    public async Task With_the_masks_of_a_schedule()
    {
        using var folder = new TestFolder();
        string masks = folder["m.tss"];
        string[] draw = ["schedule", "--rate", "0.5", "--hidden", "12", "--bptt", "6", "--seed", "3", "--out", masks];
        Tinysd.Run([.. draw, "--steps", "207"]);
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1, "--schedule", masks, "--json");
        string[] args = folder.TrainArgs(folder.Model, 1, "--schedule", masks, "--checkpoint", folder["ck"]);
        await Assert.That(Tinysd.RunUntilShown(Epoch2, 12, args).Code).IsEqualTo(130);

        // Too few of the masks, and others than the run's; a longer file that begins with the same ones is as good.
        string other = folder["other.tss"];
        Tinysd.Run([.. draw[..^1], other, "--steps", "100"]);
        await Refuse();
        byte[] bytes = await File.ReadAllBytesAsync(masks);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(other, bytes);
        await Refuse();
        Tinysd.Run([.. draw, "--steps", "300", "--resume"]);
        await EndsAs(unbroken, folder, Tinysd.Run("train", "lm", "--resume", folder["ck"], "--json"));

        async Task Refuse()
        {
            CliResult refused = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--schedule", other);
            await Assert.That(refused.Code).IsEqualTo(1);
            await Assert.That(refused.Error)
                .Contains($"{other} has other masks than those of the run in {folder["ck"]}, or fewer than its 207 updates;");
        }
    }

    [Test]
    public async Task A_finished_run_goes_on_to_more_epochs_or_steps_and_says_its_results_again()
    {
        using var folder = new TestFolder();
        string[] words = ["--test", folder.Test, "--optimizer", "adam", "--lr", "0.01"];
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1, [.. words, "--json"]);
        string[] args = folder.TrainArgs(folder.Model, 1, [.. words, "--checkpoint", folder["ck"], "--max-steps", "80", "--json"]);
        CliResult cut = Tinysd.Run(args);
        await Assert.That(cut.Code).IsEqualTo(0).Because(cut.Error);
        File.Copy(folder.Model, folder["cut.tsd"]);
        CliResult again = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--json", "--threads", "1");
        await Assert.That(Figures(again.Out)).IsEqualTo(Figures(cut.Out));
        await Assert.That(folder.AreEqual("model.tsd", "cut.tsd")).IsTrue();
        await Assert.That(Tinysd.Run("train", "lm", "--resume", folder["ck"], "--max-steps", "79").Error)
            .Contains("80 updates are made already");

        CliResult two = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--max-steps", "138", "--epochs", "2", "--json");
        await Assert.That(two.Code).IsEqualTo(0).Because(two.Error);
        await Assert.That(Tinysd.Run("train", "lm", "--resume", folder["ck"], "--epochs", "1").Error)
            .Contains("has begun 2 epochs already");
        await EndsAs(
            unbroken, folder, Tinysd.Run("train", "lm", "--resume", folder["ck"], "--epochs", "3", "--max-steps", "1000000", "--json"));
    }

    [Test]
    public async Task A_test_text_may_be_added()
    {
        using var folder = new TestFolder();
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1, "--json", "--test", folder.Test);
        string[] args = folder.TrainArgs(folder.Model, 1, "--checkpoint", folder["ck"]);
        await Assert.That(Tinysd.RunUntilShown(Epoch2, 5, args).Code).IsEqualTo(130);
        await EndsAs(unbroken, folder, Tinysd.Run("train", "lm", "--resume", folder["ck"], "--test", folder.Test, "--json"));
    }

    [Test]
    public async Task The_best_epoch_before_the_stop_is_the_model_at_the_end_whatever_became_of_its_file()
    {
        // Training text and validation text have nothing in common, so the first epoch is the best.
        using var folder = new TestFolder();
        string other = folder.PutText(
            "other.txt", string.Concat(Enumerable.Repeat("tree house red small big likes hears sees bird dog cat a the\n", 40)));
        string[] Args(string output, params string[] more)
        {
            string[] args = folder.TrainArgs(output, 1, ["--optimizer", "adam", "--lr", "0.05", "--json", .. more]);
            args[Array.IndexOf(args, folder.Valid)] = other;
            return args;
        }

        CliResult unbroken = Tinysd.Run(Args(folder["unbroken.tsd"]));
        await Assert.That(unbroken.Json.GetProperty("bestEpoch").GetInt32()).IsEqualTo(1);
        await Assert.That(Tinysd.RunUntilShown("epoch 3/3", 9, Args(folder.Model, "--checkpoint", folder["ck"])).Code).IsEqualTo(130);
        File.Delete(folder.Model);
        await EndsAs(unbroken, folder, Tinysd.Run("train", "lm", "--resume", folder["ck"], "--json"));
    }

    [Test]
    public async Task A_run_without_a_stop_has_the_bytes_of_one_without_checkpoints_and_keeps_as_many_as_asked()
    {
        using var folder = new TestFolder();
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1, "--json");
        CliResult kept = folder.TrainModel("--json", "--checkpoint", folder["a/b"], "--checkpoint-every", "50");
        await EndsAs(unbroken, folder, kept);
        await Assert.That(Names(folder["a/b"]))
            .IsEquivalentTo(["checkpoint-00000150.tsd", "checkpoint-00000200.tsd", "checkpoint-00000207.tsd", "lock"]);
        folder.TrainModel("--checkpoint", folder["c"], "--checkpoint-every", "1", "--checkpoint-keep", "1");
        await Assert.That(Names(folder["c"])).IsEquivalentTo(["checkpoint-00000207.tsd", "lock"]);
    }

    [Test]
    public async Task A_damaged_or_unfinished_newest_one_is_passed_over_in_one_line_and_set_aside()
    {
        using var folder = new TestFolder();
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1, "--json");
        string[] args = folder.TrainArgs(folder.Model, 1, "--checkpoint", folder["ck"], "--checkpoint-every", "10");
        await Assert.That(Tinysd.RunUntilShown(Epoch2, 25, args).Code).IsEqualTo(130);
        string[] files = [.. Directory.GetFiles(folder["ck"], "checkpoint-*").Order(StringComparer.Ordinal)];
        await Assert.That(files.Select(file => Path.GetFileName(file)!))
            .IsEquivalentTo(["checkpoint-00000080.tsd", "checkpoint-00000090.tsd", "checkpoint-00000094.tsd"]);
        byte[] newest = await File.ReadAllBytesAsync(files[2]), second = await File.ReadAllBytesAsync(files[1]);
        newest[^60] ^= 1; // 14 biases and 8 bytes of padding end the file
        await File.WriteAllBytesAsync(files[2], newest);
        await File.WriteAllBytesAsync(files[1], second[..^64]);
        string left = folder["ck/checkpoint-00000100.tsd.abcdefgh.ijk.tmp"], foreign = folder["ck/notes.tmp"];
        await File.WriteAllTextAsync(left, "cut off");
        await File.WriteAllTextAsync(foreign, "mine");

        CliResult resumed = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--json", "--quiet");
        string[] lines = resumed.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await Assert.That(lines.Length).IsEqualTo(2);
        await Assert.That(lines[0]).StartsWith($"tinysd train lm: {files[2]} is damaged in tensor 'best.classifier.bias'");
        await Assert.That(lines[1]).StartsWith($"tinysd train lm: {files[1]} is cut short");
        await Assert.That(lines[1]).EndsWith("Going on from checkpoint-00000080.tsd, the newest that is whole.");
        await EndsAs(unbroken, folder, resumed);
        await Assert.That(File.Exists(left)).IsFalse();
        await Assert.That(File.Exists(foreign)).IsTrue();
        await Assert.That(Names(folder["ck"]).Where(name => name.EndsWith(".damaged", StringComparison.Ordinal)))
            .IsEquivalentTo(["checkpoint-00000090.tsd.damaged", "checkpoint-00000094.tsd.damaged"]);
    }

    [Test]
    public async Task One_that_another_program_holds_ends_the_command_and_stays_as_it_is()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--checkpoint", folder["ck"], "--max-steps", "5", "--checkpoint-every", "2");
        string[] before = Names(folder["ck"]);
        string newest = Directory.GetFiles(folder["ck"], "checkpoint-*").Max(StringComparer.Ordinal)!;
        using (new FileStream(newest, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            CliResult result = Tinysd.Run("train", "lm", "--resume", folder["ck"]);
            await Assert.That(result.Code).IsEqualTo(1);
            await Assert.That(result.Error).Contains($"cannot read {newest}").And.Contains("Try again");
        }

        await Assert.That(Names(folder["ck"])).IsEquivalentTo(before);
        await Assert.That(Tinysd.Run("train", "lm", "--resume", folder["ck"]).Code).IsEqualTo(0);
    }

    [Test]
    public async Task Where_none_is_whole_the_run_does_not_go_on()
    {
        using var folder = new TestFolder();
        folder.TrainModel("--checkpoint", folder["ck"], "--max-steps", "5", "--checkpoint-keep", "2");
        foreach (string file in Directory.GetFiles(folder["ck"], "checkpoint-*")) await File.WriteAllTextAsync(file, "");
        CliResult result = Tinysd.Run("train", "lm", "--resume", folder["ck"]);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).Contains($"none of the 2 checkpoints in {folder["ck"]} can be used. The newest: ");
        await Assert.That(Directory.GetFiles(folder["ck"], "checkpoint-*.tsd").Length).IsEqualTo(2);
    }

    [Test]
    public async Task From_one_folder_to_another_leaves_the_first_as_it_was()
    {
        using var folder = new TestFolder();
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1, "--json");
        await Assert.That(Tinysd.RunUntilShown(Epoch2, 25, folder.TrainArgs(folder["stopped.tsd"], 1, "--checkpoint", folder["a"])).Code)
            .IsEqualTo(130);
        string[] before = Names(folder["a"]);
        CliResult resumed =
            Tinysd.Run("train", "lm", "--resume", folder["a"], "--checkpoint", folder["b"], "--out", folder.Model, "--json");
        await EndsAs(unbroken, folder, resumed);
        await Assert.That(Names(folder["a"])).IsEquivalentTo(before);
        await Assert.That(Names(folder["b"])).Contains("checkpoint-00000207.tsd");
    }

    // Weights, and every figure but times, threads and file names.
    private static async Task EndsAs(CliResult unbroken, TestFolder folder, CliResult resumed)
    {
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(Figures(resumed.Out)).IsEqualTo(Figures(unbroken.Out));
        await Assert.That(folder.AreEqual("model.tsd", "unbroken.tsd")).IsTrue();
    }

    private static string Figures(string output)
    {
        JsonObject json = JsonNode.Parse(output)!.AsObject();
        foreach (string key in new[] { "seconds", "threads", "model" }) json.Remove(key);
        foreach (JsonNode? epoch in json["epochs"]!.AsArray())
        {
            epoch!.AsObject().Remove("seconds");
            epoch.AsObject().Remove("tokensPerSecond");
        }

        return json.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    private static string[] Names(string folder) =>
        [.. Directory.GetFiles(folder).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];
}
