using System.Globalization;
using System.Text.Json;
using TinySD.Formats.Checkpoints;

namespace TinySD.Tools.Tests;

/// <summary>What <c>--checkpoint</c> and <c>--resume</c> refuse, what a full disk does, and what other commands say of a
/// checkpoint.</summary>
public sealed class CheckpointTests
{
    [Test]
    [Arguments("--hidden 13", "--hidden is 13, and the run in DIR has 12; leave it out")]
    [Arguments("--dropout structured --rate 0.25", "--rate-embedding is 0.25, and the run in DIR has 0.5;")]
    [Arguments("--dropout locked", "--dropout is locked, and the run in DIR has structured;")]
    [Arguments("--dropout none", "--dropout is none, and the run in DIR has structured;")]
    [Arguments("--lr 0.25", "--lr is 0.25, and the run in DIR has 1;")]
    [Arguments("--seed 2", "--seed is 2, and the run in DIR has 1;")]
    [Arguments("--optimizer adam", "--optimizer is adam, and the run in DIR has sgd;")]
    [Arguments("--level char", "--level is char, and the run in DIR has word;")]
    [Arguments("--preset zaremba-medium", "--preset is zaremba-medium, and the run in DIR has zaremba-small;")]
    [Arguments("--min-count 2", "--min-count is 2, and the run in DIR has 1;")]
    [Arguments("--variable-bptt", "--variable-bptt is true, and the run in DIR has false;")]
    [Arguments("--weight-drop 0.5", "--weight-drop is 0.5, and the run in DIR has 0;")]
    [Arguments("--optimizer nt-asgd --nonmono 3", "--optimizer is nt-asgd, and the run in DIR has sgd;")]
    [Arguments("--last-hidden 7", "--last-hidden is 7, and the run in DIR has none;")]
    [Arguments("--patience 3", "--patience is 3, and the run in DIR has 0;")]
    public async Task An_option_that_contradicts_the_run_is_refused(string options, string message)
    {
        using var folder = new TestFolder();
        Start(folder);
        CliResult result = Tinysd.Run(["train", "lm", "--resume", folder["ck"], .. options.Split(' ')]);
        await Assert.That(result.Code).IsEqualTo(2).Because(result.Error);
        await Assert.That(result.Error).Contains(message.Replace("DIR", folder["ck"], StringComparison.Ordinal));
    }

    [Test]
    [Arguments("--peepholes false", "--peepholes is false, and the run in DIR has true;")]
    [Arguments("--last-hidden 0", "--last-hidden is none, and the run in DIR has 8;")]
    [Arguments("--weight-decay 0", "--weight-decay is 0, and the run in DIR has 0.001;")]
    [Arguments("--decoupled-decay false", "--decoupled-decay is false, and the run in DIR has true;")]
    public async Task An_option_that_takes_something_away_from_the_run_is_refused(string options, string message)
    {
        using var folder = new TestFolder();
        string[] own = ["--peepholes", "--last-hidden", "8", "--weight-decay", "0.001", "--decoupled-decay", "--checkpoint", folder["ck"],
            "--max-steps", "10"];
        await Assert.That(folder.TrainModel(own).Code).IsEqualTo(0);
        CliResult result = Tinysd.Run(["train", "lm", "--resume", folder["ck"], .. options.Split(' ')]);
        await Assert.That(result.Code).IsEqualTo(2).Because(result.Error);
        await Assert.That(result.Error).Contains(message.Replace("DIR", folder["ck"], StringComparison.Ordinal));
    }

    [Test]
    public async Task A_report_that_was_asked_for_is_made_by_the_run_that_goes_on()
    {
        using var folder = new TestFolder();
        string report = folder["report.html"], other = folder["other.html"];
        CliResult cut = folder.TrainModel("--report", report, "--checkpoint", folder["ck"], "--max-steps", "80");
        await Assert.That(cut.Code).IsEqualTo(0).Because(cut.Error);
        File.Delete(report);
        CliResult first = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--max-steps", "150");
        await Assert.That(first.Code).IsEqualTo(0).Because(first.Error);
        await Assert.That(await File.ReadAllTextAsync(report)).Contains("<polyline");
        File.Delete(report);

        // One that is given wins, and is the run's from then on.
        CliResult second = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--max-steps", "170", "--report", other);
        await Assert.That(second.Code).IsEqualTo(0).Because(second.Error);
        await Assert.That(File.Exists(report)).IsFalse();
        File.Delete(other);
        await Assert.That(Tinysd.Run("train", "lm", "--resume", folder["ck"], "--max-steps", "1000").Code).IsEqualTo(0);
        await Assert.That(File.Exists(other)).IsTrue();
        await Assert.That(File.Exists(report)).IsFalse();
    }

    [Test]
    public async Task A_report_whose_place_is_gone_is_told_before_anything_is_done()
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["pages"]);
        await Assert.That(folder.TrainModel(
            "--report", folder["pages/report.html"], "--checkpoint", folder["ck"], "--max-steps", "80").Code).IsEqualTo(0);
        Directory.Delete(folder["pages"], recursive: true);
        CliResult refused = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--max-steps", "150");
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).Contains("It is where the run's report goes; give --report with another place.");
        CliResult moved = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--max-steps", "150", "--report", folder["report.html"]);
        await Assert.That(moved.Code).IsEqualTo(0).Because(moved.Error);
    }

    [Test]
    public async Task A_report_beside_a_model_goes_where_both_were_moved()
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["here"]);
        CliResult stopped =
            Tinysd.RunUntil("epoch 1/3:", folder.TrainArgs(folder["here/model.tsd"], 1, "--report", folder["here/report.html"]));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        Directory.Move(folder["here"], folder["there"]);
        CliResult resumed = Tinysd.Run("train", "lm", "--resume", folder["there/model.tsd.checkpoints"], "--threads", "1");
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(File.Exists(folder["there/report.html"])).IsTrue();
        await Assert.That(Directory.Exists(folder["here"])).IsFalse();
    }

    [Test]
    public async Task The_run_s_own_options_may_be_given_again()
    {
        using var folder = new TestFolder();
        string[] args = Start(folder);
        args[Array.IndexOf(args, "--checkpoint")] = "--resume";
        CliResult result = Tinysd.Run(args);
        await Assert.That(result.Code).IsEqualTo(0).Because(result.Error);
        CliResult shown = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--show", "--json");
        await Assert.That(shown.Json.GetProperty("hidden").GetInt32()).IsEqualTo(12);
        await Assert.That(shown.Json.GetProperty("rateOutput").GetSingle()).IsEqualTo(0.5f);
    }

    [Test]
    [Arguments(
        "--train", "the cat sees a dog\n", "is not the text that the run in DIR was started with: 2,100 tokens expected, 2,106 found.")]
    [Arguments("--valid", "the cat sees a dog\n", "is not the text that the run in DIR was started with: 420 tokens expected, 426 found.")]
    [Arguments("--test", "the cat sees a dog\n", "is not the text that the run in DIR was started with: 420 tokens expected, 426 found.")]
    [Arguments("--train", "swap", "is not the text that the run in DIR was started with: it has as many tokens, but not the same ones.")]
    [Arguments("--valid", "swap", "is not the text that the run in DIR was started with: it has as many tokens, but not the same ones.")]
    [Arguments("--train", "rename", "is not the text that the run in DIR was started with: its words or characters are others.")]
    [Arguments("--valid", "", "is not the text that the run in DIR was started with: the file was called valid.txt;")]
    public async Task Another_text_is_refused(string option, string change, string message)
    {
        using var folder = new TestFolder();
        Start(folder);
        string path = option switch { "--train" => folder.Train, "--valid" => folder.Valid, _ => folder.Test };
        string text = await File.ReadAllTextAsync(path);
        string[] lines = text.Split('\n');
        int other = Array.FindIndex(lines, line => line != lines[0]);
        string changed = change switch
        {
            "swap" => string.Join('\n', [lines[other], .. lines[1..other], lines[0], .. lines[(other + 1)..]]),
            "rename" => text.Replace("bird", "birds", StringComparison.Ordinal),
            _ => text + change,
        };

        // In the other texts the word stays, and would be unknown; their turn comes later.
        if (change == "rename")
        {
            foreach (string rest in new[] { folder.Valid, folder.Test })
                await File.WriteAllTextAsync(rest, (await File.ReadAllTextAsync(rest)).Replace("bird", "birds", StringComparison.Ordinal));
        }

        string given = change.Length == 0 ? folder["other.txt"] : path;
        await File.WriteAllTextAsync(given, changed);
        CliResult result = Tinysd.Run("train", "lm", "--resume", folder["ck"], option, given);
        await Assert.That(result.Code).IsEqualTo(1).Because(result.Error);
        await Assert.That(result.Error).Contains($"{option} {given} {message.Replace("DIR", folder["ck"], StringComparison.Ordinal)}");
    }

    [Test]
    public async Task A_text_that_has_moved_is_asked_for_and_taken_from_its_new_folder()
    {
        using var folder = new TestFolder();
        Start(folder);
        Directory.CreateDirectory(folder["moved"]);
        File.Move(folder.Train, folder["moved/train.txt"]);
        CliResult lost = Tinysd.Run("train", "lm", "--resume", folder["ck"]);
        await Assert.That(lost.Code).IsEqualTo(1);
        await Assert.That(lost.Error)
            .Contains($"there is no file {folder.Train}, which is the run's --train as given when it was started;");
        CliResult found = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--train", folder["moved/train.txt"]);
        await Assert.That(found.Code).IsEqualTo(0).Because(found.Error);
    }

    [Test]
    [Arguments("--resume none", 1, "there is no folder ")]
    [Arguments("--resume train.txt", 1, "train.txt is a file; a folder of checkpoints was expected")]
    [Arguments("--resume empty", 1, "empty holds no checkpoint to go on from. Start the run with --checkpoint ")]
    [Arguments("--checkpoint train.txt", 1, "train.txt is a file; a folder for checkpoints was expected")]
    [Arguments("--checkpoint ck", 2,
        "holds the checkpoints of a run already, the newest checkpoint-00000040.tsd; go on with that run by --resume ")]
    [Arguments("--resume empty --checkpoint ck", 1, "empty holds no checkpoint to go on from.")]
    [Arguments("--checkpoint none --no-checkpoints", 2, "--checkpoint and --no-checkpoints contradict each other")]
    public async Task Folders_that_do_not_serve_are_refused(string options, int code, string message)
    {
        using var folder = new TestFolder();
        Start(folder);
        Directory.CreateDirectory(folder["empty"]);
        string[] words = [.. options.Split(' ')
            .Select(word => word.StartsWith("--", StringComparison.Ordinal) || char.IsDigit(word[0]) ? word : folder[word])];
        CliResult result = words[0] == "--resume"
            ? Tinysd.Run(["train", "lm", .. words])
            : folder.TrainModelTo(folder["other.tsd"], 1, words);
        await Assert.That(result.Code).IsEqualTo(code).Because(result.Error);
        await Assert.That(result.Error).Contains(message);
        await Assert.That(File.Exists(folder["other.tsd"])).IsFalse();
        await Assert.That(Directory.Exists(folder["none"])).IsFalse();
    }

    [Test]
    public async Task Without_a_word_about_them_they_lie_beside_the_model_until_the_run_has_come_to_its_end()
    {
        using var folder = new TestFolder();
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1);
        await Assert.That(unbroken.Code).IsEqualTo(0).Because(unbroken.Error);
        string beside = folder.Model + ".checkpoints";
        CliResult stopped = Tinysd.RunUntil("epoch 2/3: perplexity", folder.TrainArgs(folder.Model, 1));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        await Assert.That(stopped.Error).Contains($"is kept, go on from it with: tinysd train lm --resume {beside}");
        string newest = CheckpointFolder.List(beside)[0];

        // Another run to the same model leaves it what it needs.
        CliResult other = folder.TrainModel("--seed", "2");
        await Assert.That(other.Code).IsEqualTo(0).Because(other.Error);
        await Assert.That(other.Error).Contains(
            $"tinysd train lm: {newest} is of a run that did not come to its end. Go on with it by: tinysd train lm --resume {beside}; " +
            $"or remove {beside}.");
        await Assert.That(Directory.GetDirectories(folder.Path)).IsEquivalentTo([beside]);
        await Assert.That(folder.AreEqual("model.tsd", "unbroken.tsd")).IsFalse();
        CliResult resumed = Tinysd.Run("train", "lm", "--resume", beside);
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(folder.AreEqual("model.tsd", "unbroken.tsd")).IsTrue();
        await Assert.That(Directory.GetDirectories(folder.Path)).IsEmpty();

        // A kill after the last of them was removed leaves the folder.
        Directory.CreateDirectory(beside);
        CliResult done = Tinysd.Run("train", "lm", "--resume", beside);
        await Assert.That(done.Code).IsEqualTo(1);
        await Assert.That(done.Error).Contains(
            $"{beside} holds no checkpoint to go on from: the run had not begun, or it is done and its model stands beside it.");
    }

    [Test]
    public async Task Beside_the_model_nothing_is_left_where_a_run_never_began_or_cannot_go_on()
    {
        using var folder = new TestFolder();
        CliResult none = Tinysd.RunUntil("epoch 2/3: perplexity", folder.TrainArgs(folder.Model, 1, "--no-checkpoints"));
        await Assert.That(none.Code).IsEqualTo(130);
        await Assert.That(none.Error).DoesNotContain("--resume");
        CliResult refused = folder.TrainModel("--valid", folder["missing.txt"]);
        await Assert.That(refused.Code).IsNotEqualTo(0);
        CliResult diverged = folder.TrainModel("--lr", "1e30", "--clip", "0");
        await Assert.That(diverged.Code).IsEqualTo(1);
        await Assert.That(diverged.Error).Contains("the numbers stopped being finite");
        await Assert.That(Directory.GetDirectories(folder.Path)).IsEmpty();
    }

    [Test]
    public async Task A_model_whose_name_is_as_long_as_the_system_takes_keeps_checkpoints_too()
    {
        using var folder = new TestFolder();
        string model = folder[$"{new string('m', 251)}.tsd"], beside = folder[$"{new string('m', 243)}.checkpoints"];
        CliResult stopped = Tinysd.RunUntil("epoch 2/3: perplexity", folder.TrainArgs(model, 1));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        await Assert.That(stopped.Error).Contains($"go on from it with: tinysd train lm --resume {beside}");
        CliResult resumed = Tinysd.Run("train", "lm", "--resume", beside);
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(File.Exists(model)).IsTrue();
        await Assert.That(Directory.GetDirectories(folder.Path)).IsEmpty();

        CliResult tooLong = folder.TrainModelTo(folder[new string('m', 256)], 1);
        await Assert.That(tooLong.Code).IsEqualTo(1);
        await Assert.That(tooLong.Error).Contains("too long for the system, which takes 255 bytes").And.DoesNotContain("epoch");
    }

    [Test]
    public async Task Two_runs_to_one_model_keep_apart_and_a_file_of_that_name_is_left_alone()
    {
        using var folder = new TestFolder();
        string beside = folder.Model + ".checkpoints";
        folder.PutText("model.tsd.checkpoints.2", "notes");
        using (CheckpointFolder.Hold(beside))
        {
            CliResult second = Tinysd.RunUntil("epoch 1/3: perplexity", folder.TrainArgs(folder.Model, 1));
            await Assert.That(second.Error).Contains($"another run keeps its checkpoints in {beside} now;");
            await Assert.That(second.Error).Contains($"tinysd train lm --resume {beside}.3");
        }

        await Assert.That(await File.ReadAllTextAsync(beside + ".2")).IsEqualTo("notes");
        CliResult resumed = Tinysd.Run("train", "lm", "--resume", beside + ".3", "--checkpoint", folder["ck"]);
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);

        // Named by hand, they stay; and so do those of the folder that the run was taken from.
        await Assert.That(CheckpointFolder.List(folder["ck"]).Count).IsGreaterThan(0);
        await Assert.That(CheckpointFolder.List(beside + ".3").Count).IsGreaterThan(0);
    }

    [Test]
    public async Task A_disk_too_small_for_them_is_found_out_at_once_and_the_way_out_is_named()
    {
        using var folder = new TestFolder();
        using SmallDisk disk = SmallDisk.Mount(folder["disk"], 12);
        CliResult result = folder.TrainModelTo(folder["disk/m.tsd"], 1);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).Contains("The run stopped after 0 updates;");
        await Assert.That(result.Error).Contains("--no-checkpoints does without, --checkpoint DIR keeps them elsewhere.");
        await Assert.That(Directory.GetDirectories(folder["disk"]).Where(path => path.EndsWith(".checkpoints", StringComparison.Ordinal)))
            .IsEmpty();
    }

    [Test]
    public async Task A_folder_that_another_run_holds_is_refused_and_a_lock_left_behind_is_not()
    {
        using var folder = new TestFolder();
        Start(folder);
        await Assert.That(File.Exists(folder["ck/lock"])).IsTrue();
        using (CheckpointFolder.Hold(folder["ck"]))
        {
            CliResult result = Tinysd.Run("train", "lm", "--resume", folder["ck"]);
            await Assert.That(result.Code).IsEqualTo(1);
            await Assert.That(result.Error).Contains($"another run keeps its checkpoints in {folder["ck"]} now");
        }

        await Assert.That(Tinysd.Run("train", "lm", "--resume", folder["ck"]).Code).IsEqualTo(0);
    }

    [Test]
    public async Task A_full_disk_ends_the_run_with_what_is_kept_and_how_to_go_on()
    {
        using var folder = new TestFolder();
        using SmallDisk disk = SmallDisk.Mount(folder["disk"], 128);
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1);
        string checkpoints = folder["disk/ck"];
        CliResult result = folder.TrainModel("--checkpoint", checkpoints, "--checkpoint-every", "20", "--checkpoint-keep", "50");
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).Matches(
            @"tinysd train lm: cannot write .*checkpoint-\d+\.tsd: no space left on the disk;.*\nThe run stopped after \d+ updates; " +
            @".*checkpoint-\d+\.tsd is kept, go on from it with: tinysd train lm --resume ");
        string[] kept = [.. Directory.GetFiles(checkpoints).Where(file => Path.GetFileName(file) != "lock")];
        await Assert.That(kept.Length).IsGreaterThan(1);
        foreach (string file in kept) await Assert.That(Tinysd.Run("verify", file).Code).IsEqualTo(0);

        CliResult resumed = Tinysd.Run("train", "lm", "--resume", checkpoints, "--checkpoint", folder["ck"], "--checkpoint-keep", "1");
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(folder.AreEqual("model.tsd", "unbroken.tsd")).IsTrue();
    }

    [Test]
    public async Task A_checkpoint_too_many_goes_before_another_is_written_but_never_the_only_whole_one()
    {
        using var folder = new TestFolder();
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1);
        string[] start = ["--checkpoint", folder["ck"], "--checkpoint-every", "20", "--checkpoint-keep", "2"];
        CliResult stopped = Tinysd.RunUntil("epoch 1/3: perplexity", folder.TrainArgs(folder.Model, 1, start));
        await Assert.That(stopped.Code).IsEqualTo(130);

        // As after a kill between the newest one's rename and the removal of the oldest. They are as old as their numbers say, whatever
        // their dates.
        string[] two = [.. CheckpointFolder.List(folder["ck"])];
        string third = Path.Combine(folder["ck"], "checkpoint-00000001.tsd");
        File.Copy(two[1], third);
        File.SetLastWriteTimeUtc(third, DateTime.UtcNow.AddDays(1));
        string[]? left = null;
        void Look() => left = [.. CheckpointFolder.List(folder["ck"])];
        CliResult resumed = Tinysd.RunWhile("going on after", Look, "train", "lm", "--resume", folder["ck"]);
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(left!).IsEquivalentTo(two, CollectionOrdering.Matching);
        await Assert.That(folder.AreEqual("model.tsd", "unbroken.tsd")).IsTrue();

        // The newer two are damaged: the oldest is what the run goes on from, also where one shall stay.
        string[] newest = [.. CheckpointFolder.List(folder["ck"])];
        File.Copy(newest[1], third);
        foreach (string file in newest)
        {
            byte[] bytes = await File.ReadAllBytesAsync(file);
            bytes[^1] ^= 1;
            await File.WriteAllBytesAsync(file, bytes);
        }

        resumed = Tinysd.RunWhile("going on after", Look, "train", "lm", "--resume", folder["ck"], "--checkpoint-keep", "1");
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(left!).IsEquivalentTo([third]);
        await Assert.That(CheckpointFolder.List(folder["ck"]).Count).IsEqualTo(1);
        await Assert.That(folder.AreEqual("model.tsd", "unbroken.tsd")).IsTrue();
    }

    [Test]
    public async Task Who_does_not_hold_a_folder_removes_none_of_its_checkpoints()
    {
        using var folder = new TestFolder();
        Start(folder);
        string[] there = [.. CheckpointFolder.List(folder["ck"])];
        CliResult elsewhere = Tinysd.Run(
            "train", "lm", "--resume", folder["ck"], "--checkpoint", folder["other"], "--checkpoint-keep", "1");
        await Assert.That(elsewhere.Code).IsEqualTo(0).Because(elsewhere.Error);
        await Assert.That(there.Length).IsGreaterThan(1);
        await Assert.That(CheckpointFolder.List(folder["ck"])).IsEquivalentTo(there, CollectionOrdering.Matching);
    }

    [Test]
    public async Task A_model_that_cannot_be_written_leaves_a_checkpoint_of_the_moment()
    {
        using var folder = new TestFolder();
        using SmallDisk disk = SmallDisk.Mount(folder["disk"], 8);
        CliResult unbroken = folder.TrainModelTo(folder["unbroken.tsd"], 1);
        CliResult result = folder.TrainModelTo(folder["disk/m.tsd"], 1, "--checkpoint", folder["ck"]);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error)
            .Matches(@"m\.tsd: no space left on the disk;.*\n.*checkpoint-00000069\.tsd is kept, go on from it with: ");
        CliResult resumed = Tinysd.Run("train", "lm", "--resume", folder["ck"], "--out", folder.Model);
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(folder.AreEqual("model.tsd", "unbroken.tsd")).IsTrue();
    }

    [Test]
    public async Task A_read_only_folder_is_refused_before_the_run_and_can_be_gone_on_from_elsewhere()
    {
        using var folder = new TestFolder();
        using SmallDisk disk = SmallDisk.Mount(folder["disk"], 512);
        CliResult started = folder.TrainModel("--checkpoint", folder["disk/ck"], "--max-steps", "40");
        await Assert.That(started.Code).IsEqualTo(0).Because(started.Error);
        disk.Protect();
        CliResult refused = Tinysd.Run("train", "lm", "--resume", folder["disk/ck"]);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).Contains($"cannot write {folder["disk/ck/lock"]}: ");
        await Assert.That(folder.TrainModelTo(folder["x.tsd"], 1, "--checkpoint", folder["disk/new"]).Code).IsEqualTo(1);
        CliResult elsewhere = Tinysd.Run("train", "lm", "--resume", folder["disk/ck"], "--checkpoint", folder["ck"], "--max-steps", "60");
        await Assert.That(elsewhere.Code).IsEqualTo(0).Because(elsewhere.Error);
    }

    [Test]
    [Arguments("INT")]
    [Arguments("TERM")]
    public async Task A_signal_leaves_a_checkpoint_of_exactly_that_step_and_ends_with_130(string signal)
    {
        TinysdProcess.SkipUnlessItHears(signal);
        using var folder = new TestFolder();
        string[] args = folder.TrainArgs("model.tsd", 1, "--checkpoint", "ck", "--checkpoint-every", "1000000");
        args[Array.IndexOf(args, "--epochs") + 1] = "65536";
        using TinysdProcess process = TinysdProcess.Start(folder.Path, args);
        await process.WaitForAsync("saved to model.tsd");
        await process.SignalAsync(signal);
        CliResult result = await process.EndAsync();
        await Assert.That(result.Code).IsEqualTo(130).Because(result.Error);
        string last = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^2];
        string steps =
            last[(last.IndexOf("after ", StringComparison.Ordinal) + 6)..last.IndexOf(" steps in all", StringComparison.Ordinal)];
        int updates = int.Parse(steps, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        string file = $"checkpoint-{updates.ToString("D8", CultureInfo.InvariantCulture)}.tsd";
        await Assert.That(result.Error).Contains($"{Path.Combine("ck", file)} is kept, go on from it with: dotnet ");
        await Assert.That(result.Error).Contains("tinysd.dll train lm --resume ck\n");
        JsonElement progress = Tinysd.Run("inspect", folder[$"ck/{file}"], "--json").Json.GetProperty("progress");
        await Assert.That(progress.GetProperty("updates").GetInt32()).IsEqualTo(updates);

        string epochs = ((updates / 69) + 2).ToString(CultureInfo.InvariantCulture);
        CliResult resumed = await TinysdProcess.RunAsync(folder.Path, "train", "lm", "--resume", "ck", "--epochs", epochs);
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        args = folder.TrainArgs(folder["unbroken.tsd"], 2);
        args[Array.IndexOf(args, "--epochs") + 1] = epochs;
        Tinysd.Run(args);
        await Assert.That(folder.AreEqual("model.tsd", "unbroken.tsd")).IsTrue();
    }

    [Test]
    public async Task Inspect_and_verify_know_a_checkpoint_and_eval_and_generate_say_what_it_is()
    {
        using var folder = new TestFolder();
        Start(folder);
        string file = folder["ck/checkpoint-00000040.tsd"];
        JsonElement json = Tinysd.Run("inspect", file, "--json").Json;
        await Assert.That(json.GetProperty("kind").GetString()).IsEqualTo("checkpoint");
        await Assert.That(json.GetProperty("progress").GetProperty("step").GetInt32()).IsEqualTo(40);
        await Assert.That(json.GetProperty("run").GetProperty("train").GetProperty("tokens").GetInt32()).IsEqualTo(2100);
        string[] names = [.. json.GetProperty("tensors").EnumerateArray().Select(t => t.GetProperty("name").GetString()!)];
        await Assert.That(names).Contains("carried.1.cell");
        string table = Tinysd.Run("inspect", file).Out;
        await Assert.That(table).Matches(@"updates +40 ");
        await Assert.That(table).Matches(@"trained on +.*train\.txt, 2,100 tokens");
        await Assert.That(Tinysd.Run("verify", file).Out).Contains(": ok, ");
        foreach (string[] command in new[] { ["eval", file, "--data", folder.Test], new[] { "generate", file } })
        {
            CliResult result = Tinysd.Run(command);
            await Assert.That(result.Code).IsEqualTo(1);
            await Assert.That(result.Error).Contains("is a checkpoint of a training run, not a model;");
        }
    }

    // 40 steps of a run, its checkpoints in the folder ck.
    private static string[] Start(TestFolder folder)
    {
        string[] args = folder.TrainArgs(
            folder.Model, 1, "--dropout", "structured", "--rate", "0.5", "--test", folder.Test, "--checkpoint", folder["ck"], "--max-steps",
                "40");
        CliResult result = Tinysd.Run(args);
        return result.Code == 0 ? args : throw new InvalidOperationException(result.Error);
    }
}
