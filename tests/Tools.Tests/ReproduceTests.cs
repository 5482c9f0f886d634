using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using TinySD.Formats.Models;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Tests;

/// <summary><c>reproduce lm</c>: a grid that can be stopped anywhere, and the figures of its report.</summary>
public sealed partial class ReproduceTests
{
    private static readonly GridVerdict s_verdict = new(LanguageModelGrid.OfTexts, GridCell.Random);

    private static readonly string[] s_cells = ["random", "locked", "nr-st", "nr-rh-st", "nr-rh-st-locked", "nr-rh-random"];

    [Test]
    public async Task A_grid_stopped_in_training_and_in_validation_goes_on_to_the_bytes_of_an_unbroken_one()
    {
        using var folder = new TestFolder();
        string[] args = Grid(folder, "broken", "--no-timing", "--cells", "random,nr-rh-st");
        CliResult first = Tinysd.RunUntilShown("run 1/4 random-seed1, epoch 2/3", 5, args);
        await Assert.That(first.Code).IsEqualTo(130).Because(first.Error);
        await Assert.That(first.Error).Contains("is kept, go on from it with: tinysd reproduce lm --train ");
        CliResult second = Tinysd.RunUntilShown("run 2/4 nr-rh-st-seed1, epoch 1/3, validation", 2, args);
        await Assert.That(second.Code).IsEqualTo(130).Because(second.Error);
        CliResult third = Tinysd.RunUntilShown("run 2/4 nr-rh-st-seed1: finished", 1, args);
        await Assert.That(third.Code).IsEqualTo(130).Because(third.Error);
        await Assert.That(third.Error).Contains("stopped before random, seed 2. Go on with: tinysd reproduce lm");
        CliResult last = Tinysd.Run(args);
        await Assert.That(last.Code).IsEqualTo(0).Because(last.Error);
        CliResult unbroken = Tinysd.Run(Grid(folder, "unbroken", "--no-timing", "--cells", "random,nr-rh-st", "--threads", "2"));
        await Assert.That(unbroken.Code).IsEqualTo(0).Because(unbroken.Error);
        foreach (string run in new[] { "random-seed1", "nr-rh-st-seed1", "random-seed2", "nr-rh-st-seed2" })
        {
            await Assert.That(folder.AreEqual($"broken/{run}/result.json", $"unbroken/{run}/result.json")).IsTrue();
            await Assert.That(folder.AreEqual($"broken/{run}/model.tsd", $"unbroken/{run}/model.tsd")).IsTrue();
            await Assert.That(Directory.GetFiles(folder[$"broken/{run}"], "checkpoint-*")).IsEmpty();
        }

        // What is finished is read and not made again.
        DateTime written = File.GetLastWriteTimeUtc(folder["broken/random-seed1/result.json"]);
        await Assert.That(Tinysd.Run(args).Code).IsEqualTo(0);
        await Assert.That(File.GetLastWriteTimeUtc(folder["broken/random-seed1/result.json"])).IsEqualTo(written);
    }

    [Test]
    public async Task A_killed_grid_goes_on_to_the_bytes_of_an_unbroken_one()
    {
        using var folder = new TestFolder();
        string[] args = Grid(folder, "killed", "--no-timing", "--cells", "random,nr-st");
        for (int kill = 0; kill < 2; kill++)
        {
            using TinysdProcess process = TinysdProcess.Start(folder.Path, args);
            await process.WaitForAsync(kill == 0 ? "run 1/4 random-seed1: epoch 1/3" : "run 2/4 nr-st-seed1: epoch 2/3");
            await process.SignalAsync("KILL");
        }

        CliResult last = await TinysdProcess.RunAsync(folder.Path, args);
        await Assert.That(last.Code).IsEqualTo(0).Because(last.Error);
        await Assert.That(Tinysd.Run(Grid(folder, "unbroken", "--no-timing", "--cells", "random,nr-st")).Code).IsEqualTo(0);
        foreach (string run in new[] { "random-seed1", "nr-st-seed1", "random-seed2", "nr-st-seed2" })
        {
            await Assert.That(folder.AreEqual($"killed/{run}/result.json", $"unbroken/{run}/result.json")).IsTrue();
            await Assert.That(folder.AreEqual($"killed/{run}/model.tsd", $"unbroken/{run}/model.tsd")).IsTrue();
        }
    }

    [Test]
    public async Task A_run_of_a_grid_is_the_run_that_train_lm_makes_of_its_options()
    {
        using var folder = new TestFolder();
        await Assert.That(Tinysd.Run(Grid(folder, "grid", "--no-timing", "--cells", "nr-rh-st", "--seeds", "7,")).Code).IsEqualTo(2);
        await Assert.That(Tinysd.Run(Grid(folder, "grid", "--no-timing", "--cells", "nr-rh-st", "--seeds", "7-7")).Code).IsEqualTo(0);
        CliResult train = folder.TrainModel(
            "--preset", "zaremba-medium", "--dropout", "structured", "--rate-recurrent", "0.5", "--test", folder.Test, "--seed", "7",
            "--full-rate-epochs", "2", "--decay", "2");
        await Assert.That(train.Code).IsEqualTo(0).Because(train.Error);
        await Assert.That(folder.AreEqual("grid/nr-rh-st-seed7/model.tsd", "model.tsd")).IsTrue();
    }

    [Test]
    [Arguments("--hidden 13", 2, "--hidden is 13, and the grid in DIR has 12")]
    [Arguments("--rate-output 0.25", 2, "--rate-output is 0.25, and the grid in DIR has 0.5")]
    [Arguments("--scale 0.34", 2, "--epochs is 1, and the grid in DIR has 3 (both after --scale)")]
    [Arguments("--train valid.txt", 1, "is not the text of the grid in DIR: 2,100 tokens expected, 420 found")]
    [Arguments("--min-count 140", 2, "--min-count is 140, and the grid in DIR has none")]
    [Arguments("--max-vocabulary 7", 2, "--max-vocabulary is 7, and the grid in DIR has none")]
    [Arguments("--level byte --min-count 2", 2, "--min-count has no effect at --level byte")]
    [Arguments("--test valid.txt", 1, "is not the text of the grid in DIR: it has as many tokens, but not the same ones")]
    [Arguments(
        "--cells random,best", 2,
        "--cells has 'best'; expected names out of random, locked, nr-st, nr-rh-st, nr-rh-st-locked, nr-rh-random, nr-rh-locked, nested, " +
        "nested-locked")]
    [Arguments("--seeds 3-1", 2, "--seeds is '3-1'; expected a count from 1 to 1000, or a list")]
    [Arguments("--seeds 0", 2, "--seeds is '0'; expected a count")]
    [Arguments("--seeds 1001", 2, "--seeds is '1001'; expected a count")]
    [Arguments("--preset zaremba-small", 2, "a grid needs a drop rate between layers; give --rate-embedding,")]
    [Arguments("--report DIR/grid.json", 2, "--report DIR/grid.json is a file of the grid itself; give another name.")]
    [Arguments("--report DIR/random-seed1/model.tsd", 2, "is a file of the grid itself; give another name.")]
    [Arguments("--scale 1.5", 2, "--scale is '1.5'; expected a number above 0 and at most 1")]
    [Arguments("--dropout locked", 2, "there is no command, option or argument for")]
    [Arguments("--seed 3", 2, "there is no command, option or argument for")]
    [Arguments("--report-only --timing-only", 2, "--timing-only and --report-only contradict each other; leave one of them out.")]
    [Arguments("--rate 0", 2, "a grid needs a drop rate between layers")]
    [Arguments(
        "--rate-recurrent 0", 2,
        "the cells nr-rh-st, nr-rh-st-locked, nr-rh-random drop the recurrent state, and there is no rate for it; give --rate-recurrent,")]
    [Arguments(
        "--rate-output 0", 2,
        "the cells nr-rh-st, nr-rh-st-locked, nr-rh-random drop the recurrent state, and there is no rate for it; give --rate-recurrent,")]
    public async Task Other_settings_and_texts_are_refused(string options, int code, string message)
    {
        using var folder = new TestFolder();
        CliResult begun = Tinysd.RunUntilShown("run 1/6", 3, Grid(folder, "grid", "--no-timing", "--seeds", "1"));
        await Assert.That(begun.Code).IsEqualTo(130).Because(begun.Error);
        var args = Grid(folder, "grid", "--no-timing", "--seeds", "1").ToList();
        foreach (string[] pair in options.Split(" --").Select(option => option.TrimStart('-').Split(' ')))
        {
            string name = $"--{pair[0]}";
            if (args.IndexOf(name) is >= 0 and int at) args.RemoveRange(at, name == "--no-timing" ? 1 : 2);
            args.Add(name);
            if (pair.Length < 2) continue;
            bool isText = pair[1].EndsWith(".txt", StringComparison.Ordinal);
            args.Add(isText ? folder[pair[1]] : pair[1].Replace("DIR", folder["grid"], StringComparison.Ordinal));
        }

        CliResult result = Tinysd.Run([.. args]);
        await Assert.That(result.Code).IsEqualTo(code).Because(result.Error);
        await Assert.That(result.Error).Contains(message.Replace("DIR", folder["grid"], StringComparison.Ordinal));
    }

    [Test]
    public async Task A_folder_of_something_else_is_left_alone()
    {
        using var folder = new TestFolder();
        string[] args = Grid(folder, ".", "--no-timing");
        CliResult result = Tinysd.Run(args);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).Contains("is no folder of a grid, and not empty");
        await Assert.That(File.Exists(folder["lock"])).IsFalse();
        CliResult none = Tinysd.Run(Grid(folder, "none", "--report-only"));
        await Assert.That(none.Code).IsEqualTo(1);
        await Assert.That(none.Error).Contains("there is no grid in ");
    }

    [Test]
    public async Task The_report_has_every_cell_the_missing_runs_and_nothing_from_outside()
    {
        using var folder = new TestFolder();
        string page = folder["report.html"];
        CliResult stopped = Tinysd.RunUntilShown(
            "run 8/12 locked-seed2, epoch 2/3", 3, Grid(folder, "grid", "--no-timing", "--report", page));
        await Assert.That(stopped.Code).IsEqualTo(130).Because(stopped.Error);
        string html = await File.ReadAllTextAsync(page);
        await Assert.That(html).Contains(
            "Missing, and not part of the table: locked-seed2 (1 of 3 epochs), nr-st-seed2, nr-rh-st-seed2, nr-rh-st-locked-seed2, " +
            "nr-rh-random-seed2.");
        await Assert.That(html).Contains("The grid is not finished: 5 runs of it are missing.");
        await Assert.That(html).Contains("<code>tinysd reproduce lm --train ");
        await Assert.That(html).Contains("Not measured yet");

        JsonElement missing = Tinysd.Run(Grid(folder, "grid", "--report-only", "--json")).Json.GetProperty("missing");
        await Assert.That(missing[0].GetProperty("run").GetString()).IsEqualTo("locked-seed2");
        await Assert.That(missing[0].GetProperty("epochs").GetArrayLength()).IsEqualTo(1);

        CliResult whole = Tinysd.Run(Grid(folder, "grid", "--report", page, "--json"));
        await Assert.That(whole.Code).IsEqualTo(0).Because(whole.Error);
        JsonElement json = whole.Json;
        await Assert.That(string.Join(' ', json.EnumerateObject().Select(property => property.Name))).IsEqualTo(
            "verdict comparisons baseline cells missing command date recipe vocabulary train valid test machine trainedBy times " +
            "leftOutTokens streams testStreams");
        await Assert.That(json.GetProperty("missing").GetArrayLength()).IsEqualTo(0);
        JsonElement[] cells = [.. json.GetProperty("cells").EnumerateArray()];
        await Assert.That(cells.Select(Name)).IsEquivalentTo(s_cells, CollectionOrdering.Matching);
        await Assert.That(json.GetProperty("times").EnumerateArray().Select(Name))
            .IsEquivalentTo(s_cells[1..], CollectionOrdering.Matching);
        foreach (JsonElement cell in cells)
        {
            JsonElement[] runs = [.. cell.GetProperty("runs").EnumerateArray()];
            await Assert.That(runs.Length).IsEqualTo(2);
            double[] tests = [.. runs.Select(run => run.GetProperty("testPerplexity").GetDouble())];
            JsonElement figure = cell.GetProperty("testPerplexity");
            await Assert.That(figure.GetProperty("mean").GetDouble()).IsEqualTo((tests[0] + tests[1]) / 2).Within(1e-12);
            await Assert.That(figure.GetProperty("max").GetDouble()).IsEqualTo(Math.Max(tests[0], tests[1]));
            await Assert.That(cell.GetProperty("speedup").GetDouble()).IsGreaterThan(0);
            await Assert.That(cell.TryGetProperty("testDifference", out _)).IsEqualTo(Name(cell) != "random");
        }

        await Assert.That(json.GetProperty("verdict").GetString()!).Matches(
            @" How many times as fast as with random a whole training step is: nr-st [\d.]+ \(of at most 1\.\d\d\), " +
            @"nr-rh-st [\d.]+ \(of at most 2\.00\), nr-rh-st-locked [\d.]+ \(of at most 2\.00\)\.$");

        // Half of the units at every site: ideal 2 with the recurrent one; without it, W and the classifier halve: (2(48+48)12 + 12V)
        // against (2(24+48)12 + 6V).
        int vocabulary = json.GetProperty("vocabulary").GetInt32();
        await Assert.That(cells[3].GetProperty("idealSpeedup").GetDouble()).IsEqualTo(2).Within(1e-12);
        await Assert.That(cells[2].GetProperty("idealSpeedup").GetDouble())
            .IsEqualTo((2304 + (12.0 * vocabulary)) / (1728 + (6.0 * vocabulary))).Within(1e-12);
        await Assert.That(cells[5].GetProperty("idealSpeedup").GetDouble()).IsEqualTo(1);

        html = await File.ReadAllTextAsync(page);
        foreach (string cell in s_cells) await Assert.That(html).Contains($"{cell}</span></td><td>2</td>");
        await Assert.That(html).Contains("Batch size B is 5");
        await Assert.That(html).Contains("<td>trained on</td><td>train.txt, 2,100 tokens");
        await Assert.That(html).DoesNotContain("Missing");
        await Assert.That(html).DoesNotMatch(@"(?i)https?:|src\s*=|url\(|@import|<script|<link");
        XElement[] pictures = [.. Pictures().Matches(html).Select(match => XElement.Parse(match.Value))];

        // Three of curves, and bars for every cell but the baseline.
        await Assert.That(pictures.Length).IsEqualTo(3 + 5);
        await Assert.That(pictures[0].Elements("polyline").Count()).IsEqualTo(6 * 3);
        foreach (XElement picture in pictures[3..]) await Assert.That(picture.Elements("rect").Count()).IsEqualTo(12);
        foreach (Match table in TableElements().Matches(html)) XElement.Parse(table.Value);

        CliResult text = Tinysd.Run(Grid(folder, "grid", "--report-only"));
        foreach (string cell in s_cells) await Assert.That(text.Out).Matches($@"(?m)^ *{cell} +2 ");
        await Assert.That(text.Out).Contains(
            "The claim: structured masks cost at most 0.5 perplexity against random masks at the same rates.");
    }

    [Test]
    [Arguments(39, 6, 1.2f, 0.25, 10, 2, 2.1214)]
    [Arguments(39, 6, 1.2f, 1.0 / 3, 13, 2, 1.728)]
    [Arguments(39, 6, 1.2f, 1.0, 39, 6, 1.2)]
    [Arguments(55, 14, 1.15f, 0.2, 11, 3, 2.0468)]
    [Arguments(13, 4, 2f, 0.1, 1, 1, 2.0)]
    [Arguments(4, 3, 2f, 0.5, 2, 1, 2.0)]
    [Arguments(4, 4, 2f, 0.5, 2, 2, 2.0)]
    [Arguments(10, 0, 1.5f, 0.5, 5, 0, 2.25)]
    public async Task Scale_keeps_the_shape_and_the_last_learning_rate(
        int epochs, int full, float decay, double scale, int expectedEpochs, int expectedFull, double expectedDecay)
    {
        var recipe = new LanguageModelRecipe { Name = "", Epochs = epochs, FullRateEpochs = full, Decay = decay };
        LanguageModelRecipe scaled = GridScale.Compress(recipe, scale, LanguageModelFields.Table);
        await Assert.That((scaled.Epochs, scaled.FullRateEpochs)).IsEqualTo((expectedEpochs, expectedFull));
        await Assert.That((double)scaled.Decay).IsEqualTo(expectedDecay).Within(1e-4);
        if (expectedEpochs > 1)
        {
            double was = recipe.LearningRateAt(epochs - 1);
            await Assert.That((double)scaled.LearningRateAt(expectedEpochs - 1)).IsEqualTo(was).Within(1e-5 * was);
        }
    }

    [Test]
    public async Task Cells_have_the_case_and_the_sites_that_their_names_say()
    {
        var recipe = new LanguageModelRecipe
        {
            Name = "",
            Dropout = new() { Kind = DropoutKind.Structured, Embedding = 0.1f, Layer = 0.2f, Output = 0.3f, GroupSize = 4 },
        };
        string[] dropouts = Of(recipe, keepsWeightDrop: false);
        string[] expected =
        [
            "9 Random 0.1 0.2 0 0.3 1", "9 Locked 0.1 0.2 0 0.3 1", "9 Structured 0.1 0.2 0 0.3 4", "9 Structured 0.1 0.2 0.3 0.3 4",
            "9 StructuredLocked 0.1 0.2 0.3 0.3 4", "9 Random 0.1 0.2 0.3 0.3 1", "9 Locked 0.1 0.2 0.3 0.3 1",
            "9 Nested 0 0 0 0 1", "9 NestedLocked 0 0 0 0 1",
        ];
        await Assert.That(dropouts.SequenceEqual(expected)).IsTrue().Because(string.Join(", ", dropouts));
        LanguageModelRecipe own = recipe with { Dropout = recipe.Dropout with { Recurrent = 0.05f } };
        await Assert.That(Of(own, keepsWeightDrop: false)[5]).IsEqualTo("9 Random 0.1 0.2 0.05 0.3 1");

        // DropConnect acts on the recurrent product too: it hands its rate over, or stays beside.
        LanguageModelRecipe drops = recipe with { WeightDrop = 0.4f };
        await Assert.That(Of(drops, keepsWeightDrop: false)[3]).IsEqualTo("9 Structured 0.1 0.2 0.4 0.3 4");
        await Assert.That(Of(drops, keepsWeightDrop: false)[1]).IsEqualTo("9 Locked 0.1 0.2 0 0.3 1 weights 0.4");
        await Assert.That(Of(drops, keepsWeightDrop: true)[3]).IsEqualTo("9 Structured 0.1 0.2 0.4 0.3 4 weights 0.4");

        static string[] Of(LanguageModelRecipe recipe, bool keepsWeightDrop) =>
            [.. GridCell.All.Select(cell => Told(LanguageModelGrid.Settle(cell, recipe, 9, keepsWeightDrop)))];

        static string Told(LanguageModelRecipe recipe)
        {
            DropoutSpec d = recipe.Dropout;
            string weights = recipe.WeightDrop > 0f ? $" weights {recipe.WeightDrop}" : "";
            return FormattableString.Invariant(
                $"{recipe.Seed} {d.Kind} {d.Embedding} {d.Layer} {d.Recurrent} {d.Output} {d.GroupSize}") + weights;
        }
    }

    [Test]
    public async Task A_preset_whose_masks_stay_is_measured_against_itself()
    {
        using var folder = new TestFolder();
        string[] args =
        [
            "reproduce", "lm", "--train", folder.Train, "--valid", folder.Valid, "--test", folder.Test, "--dir", folder["awd"],
            "--preset", "awd-lstm", "--hidden", "12", "--last-hidden", "8", "--embedding", "8", "--batch", "4", "--bptt", "5",
            "--scale", "0.004", "--seeds", "1", "--threads", "1", "--json",
        ];
        JsonElement json = Tinysd.Run([.. args, "--cells", "locked,nr-st,nr-rh-st"]).Json;
        await Assert.That(json.GetProperty("baseline").GetString()).IsEqualTo("locked");
        await Assert.That(json.GetProperty("recipe").GetProperty("epochs").GetInt32()).IsEqualTo(2);
        await Assert.That(json.GetProperty("recipe").GetProperty("nonmono").GetInt32()).IsEqualTo(1);
        JsonElement[] cells = [.. json.GetProperty("cells").EnumerateArray()];
        await Assert.That(string.Join(' ', cells.Select(Name))).IsEqualTo("locked nr-st nr-rh-st");
        await Assert.That(cells.Select(cell => cell.GetProperty("weightDrop").GetSingle()).SequenceEqual([0.5f, 0.5f, 0f])).IsTrue();
        await Assert.That(cells.Select(cell => cell.GetProperty("rateRecurrent").GetSingle()).SequenceEqual([0f, 0f, 0.5f])).IsTrue();
        await Assert.That(cells[1].TryGetProperty("testDifference", out _)).IsTrue();
        await Assert.That(string.Join(' ', json.GetProperty("times").EnumerateArray().Select(Name))).IsEqualTo("nr-st nr-rh-st");
        await Assert.That(json.GetProperty("verdict").GetString()!).Matches(
            "against locked masks at the same rates. .* of nr-st is .* than that of locked, with one seed.* They say nothing about " +
            "nr-rh-st, for which there are no runs of it and nr-rh-locked");

        // The same rate given by hand means another thing: DropConnect stays everywhere.
        CliResult other = Tinysd.Run([.. args, "--cells", "nr-rh-st", "--weight-drop", "0.5"]);
        await Assert.That(other.Code).IsEqualTo(2);
        await Assert.That(other.Error).Contains("DropConnect beside recurrent dropout is true, and the grid in ");

        // The grid's own is that of the preset's form.
        CliResult train = Tinysd.Run(
            "train", "lm", "--preset", "awd-lstm+nr-rh-st", "--train", folder.Train, "--valid", folder.Valid, "--test", folder.Test,
            "--out", folder.Model, "--hidden", "12", "--last-hidden", "8", "--embedding", "8", "--batch", "4", "--bptt", "5",
            "--epochs", "2", "--threads", "1", "--nonmono", "1");
        await Assert.That(train.Code).IsEqualTo(0).Because(train.Error);
        ParameterBlock expected = LanguageModelFile.Load(folder.Model).Model.Parameters;
        ParameterBlock found = LanguageModelFile.Load(folder["awd/nr-rh-st-seed1/model.tsd"]).Model.Parameters;
        await Assert.That(found.Values.SequenceEqual(expected.Values)).IsTrue();
    }

    [Test]
    [Arguments("gal-medium", "nr-rh-locked", "random locked nr-st nr-rh-st nr-rh-st-locked nr-rh-random nr-rh-locked")]
    [Arguments("awd-lstm", "locked", "random locked nr-st nr-rh-st nr-rh-st-locked nr-rh-random nr-rh-locked")]
    [Arguments("zaremba-large", "random", "random locked nr-st nr-rh-st nr-rh-st-locked nr-rh-random")]
    public async Task The_baseline_is_the_preset_s_own_way_to_drop_units(string preset, string baseline, string cells)
    {
        GridCell found = GridCell.BaselineFor(LanguageModelRecipe.FindPreset(preset)!.Dropout);
        await Assert.That(found.Name).IsEqualTo(baseline);
        await Assert.That(string.Join(' ', GridCell.DefaultsFor(found).Select(cell => cell.Name))).IsEqualTo(cells);
    }

    [Test]
    public async Task A_run_that_diverges_is_left_out_and_the_others_go_on()
    {
        using var folder = new TestFolder();
        string page = folder["page.html"];
        string[] args = Grid(
            folder, "grid", "--no-timing", "--cells", "random,nr-st", "--seeds", "1", "--lr", "1e30", "--clip", "0", "--report", page,
            "--json");
        CliResult first = Tinysd.Run(args);
        await Assert.That(first.Code).IsEqualTo(1);
        await Assert.That(first.Error).Contains("random, seed 1: the numbers stopped being finite in epoch 1, step ");
        await Assert.That(first.Error).Contains(
            "random-seed1, nr-st-seed1: the numbers stopped being finite; everything else that was asked for is done.");
        JsonElement[] missing = [.. first.Json.GetProperty("missing").EnumerateArray()];
        await Assert.That(missing.Length).IsEqualTo(2);
        await Assert.That(missing[1].GetProperty("diverged").GetString()!).StartsWith("the numbers stopped being finite in epoch 1, step ");
        await Assert.That(first.Json.GetProperty("verdict").GetString()!).EndsWith(" 2 runs diverged and are left out.");
        string html = await File.ReadAllTextAsync(page);
        await Assert.That(html).Contains(
            "<p>Not part of the table: nr-st-seed1, which diverged. the numbers stopped being finite in epoch 1");
        await Assert.That(html).DoesNotContain("Missing");

        // They have ended, and nothing is trained again.
        CliResult second = Tinysd.Run(args);
        await Assert.That(second.Code).IsEqualTo(1);
        await Assert.That(second.Error).DoesNotContain("in epoch 1");
        await Assert.That(second.Error).Contains("random-seed1, nr-st-seed1: the numbers stopped being finite;");
        Directory.Delete(folder["grid/random-seed1"], recursive: true);
        CliResult third = Tinysd.Run(args);
        await Assert.That(third.Error).Contains("random, seed 1: the numbers stopped being finite in epoch 1, step ");
        await Assert.That(third.Error).DoesNotContain("nr-st, seed 1: the numbers");
    }

    [Test]
    public async Task A_page_that_cannot_be_written_stops_no_training()
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["pages"]);
        string[] args = Grid(
            folder, "grid", "--no-timing", "--cells", "random,nr-st", "--seeds", "1", "--report", folder["pages/page.html"]);
        CliResult result = Tinysd.RunWhile("run 1/2 random-seed1: epoch 2/3", () => Directory.Delete(folder["pages"]), args);
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Error).Contains("tinysd reproduce lm: cannot write ");
        await Assert.That(result.Error).Contains("run 2/2 nr-st-seed1: finished in ");

        // And the page may lie in the grid's own folder.
        CliResult inside = Tinysd.Run(Grid(
            folder, "new", "--no-timing", "--cells", "random", "--seeds", "1", "--report", folder["new/page.html"]));
        await Assert.That(inside.Code).IsEqualTo(0).Because(inside.Error);
        await Assert.That(File.Exists(folder["new/page.html"])).IsTrue();
    }

    [Test]
    public async Task Milliseconds_of_other_conditions_are_not_mixed()
    {
        using var folder = new TestFolder();
        CliResult one = Tinysd.Run(Grid(folder, "grid", "--cells", "random,nr-rh-st", "--seeds", "1", "--threads", "1"));
        await Assert.That(one.Code).IsEqualTo(0);
        CliResult other = Tinysd.Run(Grid(folder, "grid", "--cells", "random,nr-st", "--seeds", "1", "--threads", "2", "--json"));
        await Assert.That(other.Code).IsEqualTo(0).Because(other.Error);
        JsonElement[] cells = [.. other.Json.GetProperty("cells").EnumerateArray()];
        JsonElement[] times = [.. other.Json.GetProperty("times").EnumerateArray()];
        await Assert.That(string.Join(' ', cells.Select(Name))).IsEqualTo("random nr-st nr-rh-st");
        double baseline = times.First(t => Name(t) == "nr-st").GetProperty("baseline").GetProperty("step").GetDouble();
        await Assert.That(cells[0].GetProperty("stepMs").GetDouble()).IsEqualTo(baseline);
        await Assert.That(cells[1].TryGetProperty("stepMs", out _)).IsTrue();
        await Assert.That(cells[2].TryGetProperty("stepMs", out _)).IsFalse();
        await Assert.That(cells[2].TryGetProperty("trainingSeconds", out _)).IsFalse();
        await Assert.That(cells[2].GetProperty("speedup").GetDouble()).IsGreaterThan(0);
        await Assert.That(cells[2].TryGetProperty("validAtBaselineEnd", out _)).IsTrue();
    }

    [Test]
    public async Task Training_takes_what_its_seeds_take_on_average()
    {
        using var folder = new TestFolder();
        JsonElement[] cells = [.. Tinysd.Run(Grid(
            folder, "grid", "--cells", "random,nr-st", "--seeds", "4", "--patience", "1", "--lr", "8",
            "--json")).Json.GetProperty("cells").EnumerateArray()];
        foreach (JsonElement cell in cells)
        {
            double steps = cell.GetProperty("runs").EnumerateArray().Average(
                run => run.GetProperty("epochs").EnumerateArray().Sum(epoch => epoch.GetProperty("steps").GetInt32()));
            await Assert.That(cell.GetProperty("trainingSeconds").GetDouble())
                .IsEqualTo(steps * cell.GetProperty("stepMs").GetDouble() / 1000).Within(1e-9);
        }

        // Or the first seed's would do.
        IEnumerable<JsonElement> runs = cells.SelectMany(cell => cell.GetProperty("runs").EnumerateArray());
        await Assert.That(runs.Select(run => run.GetProperty("epochs").GetArrayLength()).Distinct().Count()).IsGreaterThan(1);
    }

    [Test]
    public async Task Time_left_counts_what_was_trained_before()
    {
        var clock = new Clock();
        GridRun[] runs = [.. new ulong[] { 1, 2, 3 }.Select(seed => new GridRun(GridCell.Random, seed))];
        var progress = new GridProgress(new NoProgress(), runs, _ => false, _ => null, clock);
        progress.Begin(runs[0]);
        await Assert.That(progress.SecondsLeft()).IsNull();

        // Taken up at three quarters, and an eighth of the run makes 10 seconds: 80 a run, 10 of this one left.
        progress.Show("epoch", 0.75, "detail");
        clock.Seconds = 10;
        progress.Show("epoch", 0.875, "detail");
        await Assert.That(progress.SecondsLeft()!.Value).IsEqualTo(10 + (2 * 80)).Within(1e-9);
        clock.Seconds = 20;
        progress.End(80);
        progress.Begin(runs[1]);
        await Assert.That(progress.SecondsLeft()!.Value).IsEqualTo(160).Within(1e-9);
        progress.Abandon();
        await Assert.That(progress.SecondsLeft()!.Value).IsEqualTo(80).Within(1e-9);
    }

    [Test]
    public async Task A_recurrent_rate_of_0_takes_the_preset_s_away()
    {
        using var folder = new TestFolder();
        string[] args =
        [
            "reproduce", "lm", "--train", folder.Train, "--valid", folder.Valid, "--test", folder.Test, "--dir", folder["gal"], "--preset",
            "gal-medium", "--hidden", "12",
            "--batch", "4", "--bptt", "8", "--scale", "0.02", "--seeds", "1", "--threads", "1", "--no-timing", "--json", "--rate-recurrent",
            "0", "--cells", "locked,nr-st",
        ];
        JsonElement json = Tinysd.Run(args).Json;
        await Assert.That(json.GetProperty("baseline").GetString()).IsEqualTo("locked");
        JsonElement[] cells = [.. json.GetProperty("cells").EnumerateArray()];
        await Assert.That(cells.All(cell => cell.GetProperty("rateRecurrent").GetSingle() == 0f)).IsTrue();
        await Assert.That(cells[1].TryGetProperty("testDifference", out _)).IsTrue();
    }

    [Test]
    public async Task Scale_reaches_all_that_is_counted_in_epochs_or_updates()
    {
        var recipe = new LanguageModelRecipe
        {
            Name = "",
            Epochs = 100,
            WarmUpUpdates = 1000,
            Patience = 7,
            NonMonotone = 5,
            Optimizer = OptimizerKind.NtAsgd,
            LearningRateSchedule = LearningRateSchedule.Plateau,
            Decay = 2f,
            FullRateEpochs = 4,
        };
        LanguageModelRecipe scaled = GridScale.Compress(recipe, 0.1, LanguageModelFields.Table);
        await Assert.That(scaled).IsEqualTo(recipe with { Epochs = 10, WarmUpUpdates = 100, Patience = 1, NonMonotone = 1 });
        LanguageModelRecipe without = recipe with { WarmUpUpdates = 0, Patience = 0, Optimizer = OptimizerKind.Sgd };
        await Assert.That(GridScale.Compress(without, 0.1, LanguageModelFields.Table)).IsEqualTo(without with { Epochs = 10 });
    }

    [Test]
    public async Task Perplexity_at_equal_time_is_of_the_best_model_of_whole_epochs()
    {
        // Epochs of 100 steps; at 20 ms they end after 2, 4, 6 and 8 seconds, at 10 ms after 1, 2, 3 and 4.
        IReadOnlyList<EpochOutcome> curve = Curve(300, 150, 160, 120);
        await Assert.That(LearningCurve.Seconds(curve, 20)).IsEquivalentTo(new double[] { 2, 4, 6, 8 }, CollectionOrdering.Matching);
        await Assert.That(LearningCurve.BestAt(LanguageModelTraining.Told, curve, 20, 1.9)).IsNull();
        await Assert.That(LearningCurve.BestAt(LanguageModelTraining.Told, curve, 20, 2)).IsEqualTo(300);
        await Assert.That(LearningCurve.BestAt(LanguageModelTraining.Told, curve, 20, 6.5)).IsEqualTo(150);
        await Assert.That(LearningCurve.BestAt(LanguageModelTraining.Told, curve, 10, 8)).IsEqualTo(120);
        await Assert.That(LearningCurve.BestAt(LanguageModelTraining.Told, curve, 10, 3.99)).IsEqualTo(150);
    }

    [Test]
    public async Task The_verdict_counts_seeds_and_says_what_is_unknown()
    {
        await Assert.That(Say([], [Missing(null), Missing(null)])).EndsWith(
            "these numbers say nothing about it. The grid is not finished: 2 runs of it are missing.");
        await Assert.That(Say([], [Missing("why"), Missing(null)]))
            .EndsWith(" The grid is not finished: 1 run of it is missing. 1 run diverged and is left out.");
        IReadOnlyList<GridComparison> comparisons = s_verdict.Compare(
        [
            Run("random", 1, 100), Run("random", 2, 102), Run("random", 3, 90), Run("nr-st", 1, 100.2), Run("nr-st", 2, 102.6),
            Run("nr-rh-random", 1, 95), Run("nr-rh-st", 1, 95.75),
        ]);
        await Assert.That(comparisons.Count).IsEqualTo(2);
        await Assert.That(comparisons[0].TestDifference.Mean).IsEqualTo(0.4).Within(1e-9);
        await Assert.That(comparisons[0].Holds).IsTrue();
        await Assert.That(comparisons[1].Holds).IsFalse();
        string verdict = s_verdict.Say(comparisons, Plan(GridCell.All), []);
        await Assert.That(verdict).Contains(
            "These numbers support it in part: the test perplexity of nr-st is 0.40 higher than that of random (+0.20 to +0.60), a mean " +
            "of 2 seeds, 1 of 2 within the claim;");
        await Assert.That(verdict).Contains(
            "that of nr-rh-random, with one seed, 0 of 1 within the claim. One seed says nothing about the spread");
        await Assert.That(verdict).DoesNotContain("They say nothing about");
        await Assert.That(Say([Run("random", 1, 100), Run("nr-st", 1, 99)], [], GridCell.Random, GridCell.Structured))
            .Contains("These numbers support it: the test perplexity");
        await Assert.That(Say([Run("random", 1, 100), Run("nr-st", 1, 99)], [])).Matches(
            "These numbers support it in part: the test perplexity of nr-st is 1.00 lower .*They say nothing about nr-rh-st, for which " +
            "there are no runs of it and nr-rh-random with one seed");
    }

    private static string Say(IReadOnlyList<GridRunResult> results, IReadOnlyList<GridMissing> missing, params GridCell[] cells) =>
        s_verdict.Say(s_verdict.Compare(results), Plan(cells.Length == 0 ? GridCell.All : cells), missing);

    private static GridPlan Plan(IReadOnlyList<GridCell> cells) => new(GridCell.Random, cells, [1]);

    private static GridMissing Missing(string? diverged) => new("run", [], diverged);

    [Test]
    public async Task A_grid_says_its_streams_and_one_from_before_they_were_a_setting_keeps_what_it_had()
    {
        using var folder = new TestFolder();
        string[] args = Grid(folder, "grid", "--no-timing", "--cells", "random", "--seeds", "1", "--json");
        JsonElement grid = Tinysd.Run(args).Json, run = grid.GetProperty("cells")[0].GetProperty("runs")[0];
        await Assert.That(Streams(grid)).IsEqualTo((5, 5));
        await Assert.That(Streams(run)).IsEqualTo((5, 5));
        await Assert.That(grid.GetProperty("leftOutTokens").GetInt64()).IsEqualTo(25);
        CliResult other = Tinysd.Run([.. args, "--streams", "3"]);
        await Assert.That(other.Code).IsEqualTo(2);
        await Assert.That(other.Error).Contains("--streams is 3, and the grid in ").And.Contains(" has 5 ");

        // As an older build left it: begun, with no run finished.
        Directory.Delete(folder["grid/random-seed1"], recursive: true);
        string manifest = await File.ReadAllTextAsync(folder["grid/grid.json"]);
        string old = Regex.Replace(manifest, "\\s*\"--(streams|eos)\": \"[a-z0-9]+\",?", "");
        old = Regex.Replace(old, @",(\s*})", "$1");
        await Assert.That(old.Length).IsLessThan(manifest.Length);
        await File.WriteAllTextAsync(folder["grid/grid.json"], old);
        JsonElement before = Tinysd.Run(args).Json, again = before.GetProperty("cells")[0].GetProperty("runs")[0];
        await Assert.That(Streams(before)).IsEqualTo((5, 1));
        await Assert.That(Streams(again)).IsEqualTo((5, 1));
        await Assert.That(again.GetProperty("validPerplexity").GetDouble()).IsEqualTo(run.GetProperty("validPerplexity").GetDouble());

        static (int, int) Streams(JsonElement json) => (json.GetProperty("streams").GetInt32(), json.GetProperty("testStreams").GetInt32());
    }

    private static string[] Grid(TestFolder folder, string name, params string[] more)
    {
        List<string> args =
        [
            "reproduce", "lm", "--train", folder.Train, "--valid", folder.Valid, "--test", folder.Test, "--dir", folder[name],
            "--preset", "zaremba-medium", "--hidden", "12", "--batch", "5", "--bptt", "6", "--epochs", "3", "--full-rate-epochs", "2",
            "--decay", "2", .. more,
        ];
        if (!more.Contains("--seeds")) args.AddRange("--seeds", "2");
        if (!more.Contains("--threads")) args.AddRange("--threads", "1");
        return [.. args];
    }

    private static IReadOnlyList<EpochOutcome> Curve(params double[] perplexities) =>
        [.. perplexities.Select((perplexity, i) => new GridEpochEntry(i + 1, 100, perplexity, perplexity, 1).ToOutcome())];

    private static GridRunResult Run(string cell, ulong seed, double test) => new(cell, seed, 1, 1, test, test, Curve(test));

    private static string Name(JsonElement cell) => cell.GetProperty("cell").GetString()!;

    private sealed class NoProgress : IProgressDisplay
    {
        public bool IsDue => true;

        public void Show(string label, double share, string detail)
        {
        }

        public void Note(string line)
        {
        }
    }

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Pictures();

    [GeneratedRegex("<table.*?</table>", RegexOptions.Singleline)]
    private static partial Regex TableElements();
}
