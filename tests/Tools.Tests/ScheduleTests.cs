using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using TinySD.Runtime.Masks;

namespace TinySD.Tools.Tests;

/// <summary><c>schedule</c>, and <c>train lm --schedule</c>.</summary>
public sealed partial class ScheduleTests
{
    private static readonly string[] s_shape = ["--hidden", "12", "--bptt", "6"];

    [Test]
    [Arguments("--dropout structured --rate 0.5")]
    [Arguments("--dropout structured --draw bernoulli --rate 0.4 --seed 5")]
    [Arguments("--dropout structured-locked --rate 0.25 --group-size 3")]
    [Arguments("--dropout structured --rate-recurrent 0.5 --keep-multiple 4")]
    [Arguments("--dropout nested --seed 5")]
    [Arguments("--dropout nested-locked --least-share 0.125 --share-count 8 --whole-rate 0.25 --keep-multiple 4")]
    public async Task Training_with_a_schedule_gives_the_model_that_training_without_it_gives(string dropout)
    {
        using var folder = new TestFolder();
        string[] options = dropout.Split(' ');

        // 69 updates an epoch, three epochs.
        CliResult written = Tinysd.Run(["schedule", "--steps", "207", "--out", folder["m.tss"], "--json", .. s_shape, .. options]);
        await Assert.That(written.Code).IsEqualTo(0).Because(written.Error);
        await Assert.That(written.Json.GetProperty("updates").GetInt32()).IsEqualTo(207);
        await Assert.That(written.Json.GetProperty("bytes").GetInt64()).IsEqualTo(new FileInfo(folder["m.tss"]).Length);
        await Assert.That(folder.TrainModelTo(folder["drawn.tsd"], 1, options).Code).IsEqualTo(0);
        CliResult replayed = folder.TrainModelTo(folder["replayed.tsd"], 2, "--schedule", folder["m.tss"]);
        await Assert.That(replayed.Code).IsEqualTo(0).Because(replayed.Error);
        await Assert.That(await File.ReadAllBytesAsync(folder["replayed.tsd"]))
            .IsEquivalentTo(await File.ReadAllBytesAsync(folder["drawn.tsd"]), CollectionOrdering.Matching);
    }

    [Test]
    public async Task A_schedule_may_have_a_name_as_long_as_names_may_be()
    {
        using var folder = new TestFolder();
        string name = folder[new string('m', 251) + ".tss"];
        CliResult written = Tinysd.Run(["schedule", "--steps", "5", "--out", name, .. s_shape, "--rate", "0.5"]);
        await Assert.That(written.Code).IsEqualTo(0).Because(written.Error);
        await Assert.That(Tinysd.Run("verify", name).Code).IsEqualTo(0);
    }

    [Test]
    [Arguments("--seed 4", "--seed is 4, and the masks of ")]
    [Arguments("--bptt 7", "--bptt is 7, and the masks of ")]
    [Arguments("--hidden 13", "has masks of other units than the model: layer.0.input 12, layer.0.recurrent 12,")]
    [Arguments("--rate 0.25", "and the options beside it ask for structured dropout: embedding 0.25,")]
    [Arguments("--dropout random", "and the options beside it ask for random dropout:")]
    [Arguments("--max-steps 11", "holds the masks of 10 updates, and this run makes 11; write a longer one, or give --max-steps 10.")]
    public async Task A_schedule_of_another_run_is_refused(string option, string message)
    {
        using var folder = new TestFolder();
        Tinysd.Run(["schedule", "--steps", "10", "--rate", "0.5", "--out", folder["m.tss"], .. s_shape]);
        string[] words = option.Split(' ');
        string[] args =
        [
            "train", "lm", "--train", folder.Train, "--valid", folder.Valid, "--out", folder.Model, "--batch", "5", "--epochs", "3",
            "--schedule",
            folder["m.tss"], .. words,
        ];
        for (int i = 0; i < s_shape.Length; i += 2)
        {
            if (words[0] != s_shape[i]) args = [.. args, s_shape[i], s_shape[i + 1]];
        }

        CliResult result = Tinysd.Run(args);
        await Assert.That(result.Code).IsEqualTo(2);
        await Assert.That(result.Error).Contains(message);
        await Assert.That(folder.ModelFiles()).IsEmpty();
    }

    [Test]
    public async Task A_damaged_schedule_stops_the_run_and_verify_names_the_update()
    {
        using var folder = new TestFolder();
        string file = folder["m.tss"];
        Tinysd.Run(["schedule", "--steps", "10", "--rate", "0.5", "--out", file, .. s_shape]);
        await Assert.That(Tinysd.Run("verify", file).Out).Contains("ok, 10 updates,");
        await Assert.That(Tinysd.Run("inspect", file, "--json").Json.GetProperty("kind").GetString()).IsEqualTo("mask-schedule");
        await Assert.That(Tinysd.Run("inspect", file).Out).Matches(@"updates +10 ");
        byte[] bytes = await File.ReadAllBytesAsync(file);
        bytes[^20] ^= 4;
        await File.WriteAllBytesAsync(file, bytes);

        CliResult verified = Tinysd.Run("verify", file, "--json");
        await Assert.That(verified.Code).IsEqualTo(1);
        await Assert.That(verified.Json.GetProperty("damaged")[0].GetString()).IsEqualTo("update 9");
        CliResult trained = folder.TrainModel("--schedule", file, "--max-steps", "10");
        await Assert.That(trained.Code).IsEqualTo(1);
        await Assert.That(trained.Error).Contains("is damaged in update 9, at byte ");
    }

    [Test]
    public async Task A_schedule_is_shown_by_the_names_of_its_places()
    {
        using var folder = new TestFolder();
        CliResult written = Tinysd.Run(
            ["schedule", "--steps", "3", "--rate-recurrent", "0.25", "--rate-output", "0.5", "--out", folder["m.tss"], "--json",
                .. s_shape]);
        JsonElement shown = Tinysd.Run("inspect", folder["m.tss"], "--json").Json.GetProperty("configuration");
        await Assert.That(shown.GetProperty("version").GetInt32()).IsEqualTo(2);
        foreach (JsonElement result in (JsonElement[])[written.Json, shown])
        {
            await Assert.That(result.GetProperty("sites").GetRawText().Where(c => !char.IsWhiteSpace(c)).ToArray()).IsEquivalentTo(
                """
                [{"name":"layer.0.recurrent","number":2048,"units":12,"rate":0.25},
                {"name":"layer.1.recurrent","number":2049,"units":12,"rate":0.25},
                {"name":"classifier","number":3074,"units":12,"rate":0.5}]
                """.Where(c => !char.IsWhiteSpace(c)).ToArray(), CollectionOrdering.Matching);
        }

        await Assert.That(Tinysd.Run("inspect", folder["m.tss"]).Out).Matches("layer.1.recurrent +12 units, drop rate 0.25");
    }

    public static IEnumerable<Func<(string Message, MaskPlace[] Places)>> OfNoRecipe()
    {
        yield return () => (
            "m.tss has masks for 'encoder.input', number 7, which is no place of a language model; give a schedule that was drawn for one.",
            [new("encoder.input", 7, 12, 0.5f)]);
        yield return () => (
            "m.tss has masks for layer.1.recurrent with the drop rate 0.5, and for a place of the same kind with 0.25;",
            [MaskPlace.OfStack(DropoutSite.Recurrent, 0, 12, 0.25f), MaskPlace.OfStack(DropoutSite.Recurrent, 1, 12, 0.5f)]);
        yield return () => (
            "m.tss has masks of other units than the model: layer.1.recurrent 12; " +
            "the model has layer.0.recurrent 12, layer.1.recurrent 12.",
            [MaskPlace.OfStack(DropoutSite.Recurrent, 1, 12, 0.5f)]);
    }

    [Test]
    [MethodDataSource(nameof(OfNoRecipe))]
    public async Task A_schedule_that_is_of_no_recipe_is_shown_and_verified_and_no_language_model_is_trained_with_it(
        string message, MaskPlace[] places)
    {
        using var folder = new TestFolder();
        ParityReplayTests.Write(
            folder["m.tss"], new() { Seed = 1, Dropout = ParityReplayTests.Structured, TimeSteps = 6, Updates = 10, Places = [.. places] });
        await Assert.That(Tinysd.Run("verify", folder["m.tss"]).Code).IsEqualTo(0);
        await Assert.That(Tinysd.Run("inspect", folder["m.tss"]).Out).Contains(places[0].Name);
        CliResult trained = Tinysd.Run(
        [
            "train", "lm", "--train", folder.Train, "--valid", folder.Valid, "--out", folder.Model, "--batch", "5", "--epochs", "1",
            "--schedule", folder["m.tss"], .. s_shape,
        ]);
        await Assert.That(trained.Code).IsEqualTo(2);
        await Assert.That(trained.Error).Contains(message);
        await Assert.That(folder.ModelFiles()).IsEmpty();
    }

    [Test]
    public async Task A_profile_says_how_to_round()
    {
        using var folder = new TestFolder();
        Tinysd.Run("schedule", "--preset", "zaremba-medium", "--profile", "systolic-16x16", "--steps", "1", "--out", folder["m.tss"]);
        await Assert.That(Tinysd.Run("inspect", folder["m.tss"]).Out).Contains("kept counts a multiple of 16");
    }

    [Test]
    public async Task An_interrupted_schedule_is_taken_up_and_a_shorter_one_lengthened()
    {
        using var folder = new TestFolder();
        string[] Args(string steps, string file) => ["schedule", "--rate", "0.5", "--steps", steps, "--out", folder[file], .. s_shape];
        Tinysd.Run(Args("20", "whole.tss"));
        byte[] whole = await File.ReadAllBytesAsync(folder["whole.tss"]);
        await File.WriteAllBytesAsync(folder["m.tss.partial"], whole[..(whole.Length / 2)]);
        CliResult resumed = Tinysd.Run([.. Args("20", "m.tss"), "--resume"]);
        await Assert.That(resumed.Error).Matches(@"going on after \d updates");
        await Assert.That(await File.ReadAllBytesAsync(folder["m.tss"])).IsEquivalentTo(whole, CollectionOrdering.Matching);

        Tinysd.Run(Args("5", "short.tss"));
        Tinysd.Run([.. Args("20", "short.tss"), "--resume"]);
        await Assert.That(await File.ReadAllBytesAsync(folder["short.tss"])).IsEquivalentTo(whole, CollectionOrdering.Matching);

        CliResult cut = Tinysd.Run([.. Args("10", "whole.tss"), "--resume"]);
        await Assert.That(cut.Code).IsEqualTo(1);
        await Assert.That(cut.Error).Contains($"{folder["whole.tss"]} is of 20 updates, and 10 would cut it short;");
        await Assert.That(await File.ReadAllBytesAsync(folder["whole.tss"])).IsEquivalentTo(whole, CollectionOrdering.Matching);
        await Assert.That(File.Exists(folder["whole.tss.partial"])).IsFalse();
    }

    [Test]
    [Arguments("empty")]
    [Arguments("headless")]
    [Arguments("unwritten")]
    [Arguments("magic")]
    [Arguments("torn")]
    public async Task What_a_full_disk_or_a_power_failure_left_of_one_is_begun_anew_and_this_is_said(string what)
    {
        using var folder = new TestFolder();
        string[] args = ["schedule", "--rate", "0.5", "--steps", "20", "--out", folder["m.tss"], .. s_shape];
        await Assert.That(Tinysd.Run(args).Code).IsEqualTo(0);
        byte[] whole = await File.ReadAllBytesAsync(folder["m.tss"]);
        File.Delete(folder["m.tss"]);
        byte[] torn = [.. whole];
        Array.Clear(torn, 70, 40);
        string partial = folder.Put(
            "m.tss.partial",
            what switch { "empty" => [], "headless" => whole[..100], "unwritten" => new byte[5000], "magic" => whole[..5], _ => torn });
        CliResult resumed = Tinysd.Run([.. args, "--resume", "--quiet"]);
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(resumed.Error).Contains($"{partial} has no header to go on from").And.Contains("it is begun anew");
        await Assert.That(await File.ReadAllBytesAsync(folder["m.tss"])).IsEquivalentTo(whole, CollectionOrdering.Matching);
        await Assert.That(File.Exists(partial)).IsFalse();
    }

    [Test]
    public async Task What_is_no_schedule_or_another_is_not_begun_anew()
    {
        using var folder = new TestFolder();
        string[] args = ["schedule", "--rate", "0.5", "--steps", "20", "--out", folder["m.tss"], "--resume", .. s_shape];
        string partial = folder.PutText("m.tss.partial", "notes of mine\n");
        CliResult refused = Tinysd.Run(args);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).Contains($"{partial} is not a mask schedule: it begins with ");
        await Assert.That(await File.ReadAllTextAsync(partial)).IsEqualTo("notes of mine\n");

        CliResult written = Tinysd.Run(
            ["schedule", "--rate", "0.5", "--steps", "20", "--seed", "9", "--out", folder["other.tss"], .. s_shape]);
        await Assert.That(written.Code).IsEqualTo(0);
        byte[] other = await File.ReadAllBytesAsync(folder["other.tss"]);
        await File.WriteAllBytesAsync(partial, other);
        refused = Tinysd.Run(args);
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error).Contains($"{partial} is of another schedule, with the seed 9,");
        await Assert.That(await File.ReadAllBytesAsync(partial)).IsEquivalentTo(other, CollectionOrdering.Matching);
    }

    [Test]
    public async Task A_finished_one_is_left_alone_also_without_room_for_a_copy_and_a_full_disk_says_how_to_go_on()
    {
        using var folder = new TestFolder();
        using SmallDisk disk = SmallDisk.Mount(folder["disk"], 32);
        string[] Args(string steps, params string[] more) =>
            ["schedule", "--rate", "0.5", "--steps", steps, "--out", folder["disk/m.tss"], .. s_shape, .. more];
        await Assert.That(Tinysd.Run(Args("200")).Code).IsEqualTo(0);
        await Assert.That(new FileInfo(folder["disk/m.tss"]).Length).IsGreaterThan(20 << 10);
        CliResult again = Tinysd.Run(Args("200", "--resume"));
        await Assert.That(again.Code).IsEqualTo(0).Because(again.Error);
        await Assert.That(again.Error).Contains("all updates are there already");

        File.Delete(folder["disk/m.tss"]);
        CliResult full = Tinysd.Run(Args("600"));
        await Assert.That(full.Code).IsEqualTo(1);
        await Assert.That(full.Error).Contains("no space left on the disk");
        await Assert.That(full.Error).Contains($"--resume goes on with {folder["disk/m.tss.partial"]}.");
        await Assert.That(Directory.GetFiles(folder["disk"]).Select(path => Path.GetFileName(path)!)).IsEquivalentTo(["m.tss.partial"]);

        // Not even the header has room.
        File.Delete(folder["disk/m.tss.partial"]);
        await File.WriteAllBytesAsync(folder["disk/ballast"], new byte[32 << 10]);
        await Assert.That(Tinysd.Run(Args("600")).Code).IsEqualTo(1);
        await Assert.That(Directory.GetFiles(folder["disk"]).Select(path => Path.GetFileName(path)!)).IsEquivalentTo(["ballast"]);
    }

    [Test]
    public async Task A_profile_is_not_written_over()
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder["desk.json"], Tinysd.Run("hw", "show", "systolic-16x16", "--json").Out);
        CliResult result = Tinysd.Run(
            ["schedule", "--rate", "0.5", "--steps", "3", "--profile", folder["desk.json"], "--out", folder["desk.json"], .. s_shape]);
        await Assert.That(result.Code).IsEqualTo(2);
        await Assert.That(result.Error).Contains("--out and --profile are the same file");
    }

    [Test]
    public async Task The_page_draws_every_kept_unit_of_the_first_update()
    {
        using var folder = new TestFolder();
        CliResult result = Tinysd.Run(
            ["schedule", "--rate", "0.5", "--steps", "3", "--out", folder["m.tss"], "--report", folder["m.html"], "--json", .. s_shape]);
        string page = await File.ReadAllTextAsync(folder["m.html"]);
        await Assert.That(page).DoesNotMatch("https?:|src=|href=|<script");
        XElement[] pictures = [.. Picture().Matches(page).Select(match => XElement.Parse(match.Value))];
        JsonElement[] places = [.. result.Json.GetProperty("sites").EnumerateArray()];
        await Assert.That(pictures.Length).IsEqualTo(places.Length);
        foreach (XElement picture in pictures)
        {
            // 6 time steps that keep 6 of 12 units each.
            string path = picture.Element("path")!.Attribute("d")!.Value;
            await Assert.That(Run().Matches(path)
                .Sum(run => int.Parse(run.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture))).IsEqualTo(36);
        }
    }

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Picture();

    [GeneratedRegex(@"h(\d+)")]
    private static partial Regex Run();
}
