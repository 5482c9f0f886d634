using System.Text.Json.Nodes;

namespace TinySD.Tools.Tests;

/// <summary>Whatever a checkpoint, a model or a file of a grid says, with checksums that are right, is used or refused, and never called a
/// bug.</summary>
public sealed class HostileContentTests
{
    [Test]
    public async Task A_checkpoint_of_any_content_is_resumed_or_refused()
    {
        using var folder = new TestFolder();
        Tinysd.RunUntilShown("epoch 2/3", 5, folder.TrainArgs(folder.Model, 1, "--checkpoint", folder["ck"]));
        string newest = Directory.GetFiles(folder["ck"], "*.tsd").Order(StringComparer.Ordinal).Last();
        byte[] good = await File.ReadAllBytesAsync(newest);

        // With an output of its own, or the model would be written wherever the checkpoint says.
        string[] resume = ["train", "lm", "--resume", folder["one"], "--out", folder.Model, "--threads", "1"];
        Directory.CreateDirectory(folder["one"]);
        string file = Path.Combine(folder["one"], Path.GetFileName(newest));
        await File.WriteAllBytesAsync(file, good);
        await Assert.That(Tinysd.RunUntilShown("epoch", 3, resume).Code).IsEqualTo(130);
        var wrong = new List<string>();
        foreach ((string what, JsonNode header) in Variants(EditedTsd.Header(good), "progress", "run", "task"))
        {
            if (Directory.Exists(folder["one"])) Directory.Delete(folder["one"], recursive: true);
            Directory.CreateDirectory(folder["one"]);
            await File.WriteAllBytesAsync(file, EditedTsd.With(good, header.AsObject()));
            Judge(what, Tinysd.Run("inspect", file), wrong);
            Judge(what, Tinysd.RunUntilShown("epoch", 3, resume), wrong);
        }

        await Assert.That(wrong).IsEmpty();
    }

    [Test]
    public async Task A_model_of_any_content_is_read_or_refused()
    {
        using var folder = new TestFolder();
        folder.TrainModel();
        byte[] good = await File.ReadAllBytesAsync(folder.Model);
        var wrong = new List<string>();
        foreach ((string what, JsonNode header) in HostileJson.Variants(EditedTsd.Header(good), "configuration", "training", "vocabulary"))
        {
            string file = folder.Put("edited.tsd", EditedTsd.With(good, header.AsObject()));
            Judge(what, Tinysd.Run("inspect", file), wrong);
            Judge(what, Tinysd.Run("generate", file, "--length", "3"), wrong);
        }

        await Assert.That(wrong).IsEmpty();
    }

    [Test]
    public async Task A_tagger_of_any_content_is_read_or_refused()
    {
        using var folder = new TestFolder();
        folder.TrainTagger("--epochs", "1");
        byte[] good = await File.ReadAllBytesAsync(folder.Model);
        var wrong = new List<string>();
        foreach ((string what, JsonNode header) in
            HostileJson.Variants(EditedTsd.Header(good), "tagger", "training", "vocabulary", "characters"))
        {
            string file = folder.Put("edited.tsd", EditedTsd.With(good, header.AsObject()));
            Judge(what, Tinysd.Run("inspect", file), wrong);
            Judge(what, Tinysd.RunOn("Anna met\n\nOslo", "tag", file, "--probabilities", "--scheme", "iob1"), wrong);
            Judge(what, Tinysd.Run("eval", file, "--data", folder["v.conll"], "--rule", "strict"), wrong);
        }

        await Assert.That(wrong).IsEmpty();
    }

    [Test]
    public async Task A_checkpoint_of_a_tagger_of_any_content_is_resumed_or_refused()
    {
        using var folder = new TestFolder();
        string[] more = ["--valid-fraction", "0.2", "--tag-column", "2", "--document-marks", "keep", "--checkpoint", folder["ck"]];
        Tinysd.RunUntilShown("epoch 2/4", 3, folder.TaggerArgs(more));
        List<string> wrong = await Resumed(folder, "tagger", what =>
            what.Contains(".reading", StringComparison.Ordinal) || what.Contains("labels", StringComparison.Ordinal));
        await Assert.That(wrong).IsEmpty();
    }

    [Test]
    public async Task A_translator_of_any_content_is_read_or_refused()
    {
        using var folder = new TestFolder();
        folder.TrainTranslator("--epochs", "1", "--bpe", "4");
        byte[] good = await File.ReadAllBytesAsync(folder.Model);
        var wrong = new List<string>();
        foreach ((string what, JsonNode header) in
            HostileJson.Variants(EditedTsd.Header(good), "translator", "source", "target", "codes", "training"))
        {
            string file = folder.Put("edited.tsd", EditedTsd.With(good, header.AsObject()));
            Judge(what, Tinysd.Run("inspect", file), wrong);
            CliResult translated = Tinysd.RunOn(
                "der hund\n\nbaum", "translate", file, "--beam", "2", "--replace-unknown", "--max-length", "3");
            Judge(what, translated, wrong);
        }

        await Assert.That(wrong).IsEmpty();
    }

    [Test]
    public async Task A_checkpoint_of_a_translator_of_any_content_is_resumed_or_refused()
    {
        using var folder = new TestFolder();
        Tinysd.RunUntilShown(
            "epoch 2/6", 3, folder.TranslatorArgs("--valid-fraction", "0.2", "--bpe", "4", "--checkpoint", folder["ck"]));
        List<string> wrong = await Resumed(folder, "translator", what =>
            what.Contains(".reading", StringComparison.Ordinal) || what.Contains("ocabulary", StringComparison.Ordinal)
            || what.Contains("codes", StringComparison.Ordinal));
        await Assert.That(wrong).IsEmpty();
    }

    [Test]
    public async Task Files_of_a_grid_of_any_content_are_used_or_refused()
    {
        using var folder = new TestFolder();
        string[] grid =
        [
            "reproduce", "lm", "--train", folder.Train, "--valid", folder.Valid, "--test", folder.Test, "--dir", folder["grid"], "--preset",
            "zaremba-medium",
            "--hidden", "4", "--layers", "1", "--batch", "5", "--bptt", "6", "--epochs", "2", "--seeds", "1", "--cells", "random,nr-st",
            "--threads", "1",
        ];
        await Assert.That(Tinysd.Run(grid).Code).IsEqualTo(0);
        string[] report = [.. grid, "--report-only", "--json"];
        await Assert.That(Tinysd.Run(report).Code).IsEqualTo(0);
        var wrong = new List<string>();
        string[] files = Directory.GetFiles(folder["grid"], "*.json", SearchOption.AllDirectories);
        await Assert.That(files.Length).IsEqualTo(6);
        foreach (string file in files.Where(file => !file.Contains("nr-st-seed1", StringComparison.Ordinal)))
        {
            byte[] good = await File.ReadAllBytesAsync(file);
            // Passes are many, and all alike.
            foreach ((string what, JsonNode json) in HostileJson.Variants(JsonNode.Parse(good)!)
                .Where((variant, i) => i % 7 == 0 || !variant.What.Contains(".passes.", StringComparison.Ordinal)))
            {
                await File.WriteAllTextAsync(file, json.ToJsonString());
                Judge($"{Path.GetFileName(file)} {what}", Tinysd.Run(report), wrong);
            }

            await File.WriteAllBytesAsync(file, good);
        }

        await Assert.That(wrong).IsEmpty();
    }

    // One value at a time, and then some pairs: what one field says is judged by another.
    private static IEnumerable<(string What, JsonNode Document)> Variants(JsonNode json, params string[] only)
    {
        (string What, JsonNode Document)[] single = [.. HostileJson.Variants(json, only)];
        var random = new Random(1);
        return single.Concat(Enumerable.Range(0, 300).Select(_ =>
        {
            (string first, JsonNode changed) = single[random.Next(single.Length)];
            (string, JsonNode)[] both = [.. HostileJson.Variants(changed, only).Where(_ => random.Next(200) == 0).Take(1)];
            return both is [(string second, JsonNode document)] ? ($"{first}, {second}", document) : (first, changed);
        }));
    }

    // Inspects the newest checkpoint with any content, and goes on with what only its task has; what all tasks have is tried above.
    private static async Task<List<string>> Resumed(TestFolder folder, string verb, Func<string, bool> isOwn)
    {
        string newest = Directory.GetFiles(folder["ck"], "*.tsd").Order(StringComparer.Ordinal).Last();
        string file = Path.Combine(folder["one"], Path.GetFileName(newest));
        byte[] good = await File.ReadAllBytesAsync(newest);
        string[] resume = ["train", verb, "--resume", folder["one"], "--out", folder.Model, "--threads", "1"];
        var wrong = new List<string>();
        foreach ((string what, JsonNode header) in HostileJson.Variants(EditedTsd.Header(good), "run"))
        {
            if (Directory.Exists(folder["one"])) Directory.Delete(folder["one"], recursive: true);
            Directory.CreateDirectory(folder["one"]);
            await File.WriteAllBytesAsync(file, EditedTsd.With(good, header.AsObject()));
            Judge(what, Tinysd.Run("inspect", file), wrong);
            if (isOwn(what)) Judge(what, Tinysd.RunUntilShown("epoch", 1, resume), wrong);
        }

        return wrong;
    }

    private static void Judge(string what, CliResult result, List<string> wrong)
    {
        if (result.Code is not (0 or 1 or 2 or 130) || result.Error.Contains("internal error", StringComparison.Ordinal))
            wrong.Add($"{what}: {result.Code} {result.Error.Trim()}");
    }
}
