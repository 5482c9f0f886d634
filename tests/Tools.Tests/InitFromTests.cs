using System.Globalization;
using TinySD.Formats.Models;

namespace TinySD.Tools.Tests;

/// <summary><c>train … --init-from</c>: training that begins with a model's weights.</summary>
public sealed class InitFromTests
{
    private static readonly string[] s_tiny = ["--epochs", "1", "--max-steps", "1", "--lr", "1e-30", "--optimizer", "sgd"];

    [Test]
    [Arguments("lm", "--hidden 9 --layers 2 --cell gru --tied --batch 4 --bptt 6")]
    [Arguments("lm", "--level char --hidden 5 --embedding 4 --preset char-small --batch 4 --bptt 6")]
    [Arguments("classifier", "--hidden 7 --lower --preset integration")]
    [Arguments("classifier", "--hidden 7 --sequences --read-out mean")]
    [Arguments("regressor", "--hidden 6 --window 5 --direction bidirectional --linear-rows 2")]
    [Arguments("regressor", "--hidden 6 --feed-change --horizon 3")]
    public async Task A_run_begins_with_the_weights_the_shape_and_the_words_of_the_model(string verb, string options)
    {
        using var folder = new TestFolder();
        string old = folder["old.tsd"];
        bool isOfNumbers = options.Contains("--sequences", StringComparison.Ordinal);
        string[] data = Data(verb, folder, isOfNumbers, 0);
        CliResult first = Tinysd.Run(
            ["train", verb, .. data, .. options.Split(' '), "--epochs", "1", "--max-steps", "3", "--out", old]);
        await Assert.That(first.Code).IsEqualTo(0).Because(first.Error);

        // Data with less in them, from which other words, labels and scales would be learnt.
        string[] other = Data(verb, folder, isOfNumbers, 1);
        if (verb == "regressor") other = other[..2];
        CliResult second = Tinysd.Run(["train", verb, .. other, "--init-from", old, .. s_tiny, "--out", folder.Model]);
        await Assert.That(second.Code).IsEqualTo(0).Because(second.Error);
        await Assert.That(Parameters(verb, folder.Model).SequenceEqual(Parameters(verb, old))).IsTrue();
        await Assert.That(Known(verb, folder.Model)).IsEqualTo(Known(verb, old));

        // It learns from there, and stopped and resumed it comes to the same file.
        string[] whole = ["train", verb, .. other, "--init-from", old, "--epochs", "2", "--out"];
        CliResult unstopped = Tinysd.Run([.. whole, folder["a.tsd"]]);
        await Assert.That(unstopped.Code).IsEqualTo(0).Because(unstopped.Error);
        await Assert.That(Parameters(verb, folder["a.tsd"]).SequenceEqual(Parameters(verb, old))).IsFalse();
        CliResult stopped = Tinysd.Run([.. whole, folder["b.tsd"], "--checkpoint", folder["c"], "--max-steps", "1"]);
        await Assert.That(stopped.Code).IsEqualTo(0).Because(stopped.Error);
        CliResult resumed = Tinysd.Run("train", verb, "--resume", folder["c"], "--max-steps", "1000");
        await Assert.That(resumed.Code).IsEqualTo(0).Because(resumed.Error);
        await Assert.That(folder.AreEqual("a.tsd", "b.tsd")).IsTrue();

        // The plan is of that model, too.
        CliResult planned = Tinysd.Run(["train", verb, .. other, "--init-from", old, "--plan", "--json"]);
        await Assert.That(planned.Json.GetProperty("parametersBytes").GetInt64()).IsEqualTo(
            Tinysd.Run("inspect", old, "--plan", "--json").Json.GetProperty("parametersBytes").GetInt64());
    }

    [Test]
    public async Task What_is_other_than_the_models_is_refused()
    {
        using var folder = new TestFolder();
        string old = folder["old.tsd"];
        CliResult first = folder.TrainModelTo(old, 1, "--max-steps", "2");
        await Assert.That(first.Code).IsEqualTo(0).Because(first.Error);
        foreach ((string asked, string why) in new[]
            {
                ("--hidden 13", $"--hidden is 13, and the model in {old} has 12; leave it out to begin with that model."),
                ("--cell gru", $"--cell is gru, and the model in {old} has lstm; leave it out"),
                ("--level char", $"--level is char, and the model in {old} has word; leave it out"),
                ("--eos none", $"--eos is none, and the model in {old} has where-missing; leave it out"),
            })
        {
            string[] words = asked.Split(' ');
            CliResult refused = Tinysd.Run(
                ["train", "lm", "--train", folder.Train, "--valid", folder.Valid, "--init-from", old, .. words, "--out", folder.Model]);
            await Assert.That(refused.Code).IsEqualTo(2);
            await Assert.That(refused.Error).Contains(why);
        }

        // Named again, or named otherwise, and never over itself.
        await Assert.That(folder.TrainModelTo(folder.Model, 1, "--init-from", old, "--max-steps", "2", "--min-count", "2").Error)
            .Contains("--min-count has no effect with --init-from: the words are those of the model.");
        CliResult over = Tinysd.Run(
            "train", "lm", "--train", folder.Train, "--valid", folder.Valid, "--init-from", old, "--out", old);
        await Assert.That(over.Code).IsEqualTo(2);
        CliResult unknown = Tinysd.Run(
            "train", "lm", "--train", folder.PutText("x.txt", "the zebra sees the okapi\n"), "--valid", folder.Valid, "--init-from", old,
            "--out", folder.Model, "--batch", "1", "--bptt", "2");
        await Assert.That(unknown.Code).IsEqualTo(1);
        await Assert.That(unknown.Error).Contains("'zebra' is not in the model's vocabulary");
        CliResult kind = Tinysd.Run(
            ["train", "regressor", .. Data("regressor", folder, false, 0), "--init-from", old, "--out", folder.Model]);
        await Assert.That(kind.Code).IsEqualTo(1);
        await Assert.That(kind.Error).Contains("language-model");
    }

    [Test]
    public async Task A_run_that_goes_on_needs_the_model_where_it_was_or_told_where_it_is()
    {
        using var folder = new TestFolder();
        string old = folder["old.tsd"];
        await Assert.That(folder.TrainModelTo(old, 1, "--max-steps", "2").Code).IsEqualTo(0);
        CliResult stopped = folder.TrainModelTo(
            folder.Model, 1, "--init-from", old, "--checkpoint", folder["c"], "--max-steps", "2");
        await Assert.That(stopped.Code).IsEqualTo(0).Because(stopped.Error);
        File.Move(old, folder["moved.tsd"]);
        CliResult gone = Tinysd.Run("train", "lm", "--resume", folder["c"], "--max-steps", "4");
        await Assert.That(gone.Code).IsEqualTo(1);
        await Assert.That(gone.Error).Contains($"there is no file {old}, which is the run's --init-from");
        CliResult found = Tinysd.Run("train", "lm", "--resume", folder["c"], "--max-steps", "4", "--init-from", folder["moved.tsd"]);
        await Assert.That(found.Code).IsEqualTo(0).Because(found.Error);

        // A run that began by itself has none.
        CliResult plain = folder.TrainModelTo(folder["p.tsd"], 1, "--checkpoint", folder["d"], "--max-steps", "2");
        await Assert.That(plain.Code).IsEqualTo(0).Because(plain.Error);
        CliResult other = Tinysd.Run("train", "lm", "--resume", folder["d"], "--init-from", folder["moved.tsd"]);
        await Assert.That(other.Code).IsEqualTo(2);
        await Assert.That(other.Error).Contains("--init-from is ").And.Contains(" has none; leave it out");
    }

    private static float[] Parameters(string verb, string path) => verb switch
    {
        "lm" => LanguageModelFile.Load(path).Model.Parameters.Values.ToArray(),
        "classifier" => ClassifierFile.Load(path).Classifier.Model.Parameters.Values.ToArray(),
        _ => RegressorFile.Load(path).Regressor.Model.Parameters.Values.ToArray(),
    };

    // What is learnt from data before any weight is.
    private static string Known(string verb, string path)
    {
        switch (verb)
        {
            case "lm":
                LoadedLanguageModel words = LanguageModelFile.Load(path);
                return $"{words.Vocabulary.Level} {string.Join(' ', words.Vocabulary.Tokens)} {words.Model.Config}";
            case "classifier":
                LoadedClassifier labels = ClassifierFile.Load(path);
                string tokens = string.Join(' ', labels.Description.Vocabulary?.Tokens ?? []);
                return $"{string.Join(' ', labels.Classifier.Form.Labels)} {tokens} {labels.Description.Texts?.IsLowerCase} " +
                    $"{string.Join(' ', labels.Classifier.Form.InputScales)} {labels.Classifier.Model.Config}";
            default:
                LoadedRegressor rows = RegressorFile.Load(path);
                return $"{string.Join(' ', rows.Regressor.Form.InputScales)} {string.Join(' ', rows.Regressor.Form.OutputScales)} " +
                    $"{string.Join(' ', rows.Regressor.Form.Targets)} {rows.Regressor.Model.Config}";
        }
    }

    private static string[] Data(string verb, TestFolder folder, bool isOfNumbers, int which)
    {
        string train = $"train{which}", valid = $"valid{which}";
        switch (verb)
        {
            case "lm":
                string words = string.Concat(Enumerable.Range(0, which == 0 ? 90 : 60).Select(i => $"the {i % (13 - (4 * which))} sat\n"));
                return ["--train", folder.PutText($"{train}.txt", words), "--valid", folder.PutText($"{valid}.txt", words[..60])];
            case "classifier" when isOfNumbers:
                string sequences = string.Concat(Enumerable.Range(0, 60).Select(i => string.Create(
                    CultureInfo.InvariantCulture, $"{i / 4},{Math.Sin(i) * (which + 1)},{"abc"[i / 4 % (3 - which)]}\n")));
                return
                [
                    "--train", folder.PutText($"{train}.csv", $"run,x,label\n{sequences}"),
                    "--valid", folder.PutText($"{valid}.csv", $"run,x,label\n{sequences}"),
                ];
            case "classifier":
                string rows = string.Concat(Enumerable.Range(0, 24).Select(i => $"{"abc"[i % (3 - which)]}\tOne {i % (5 - which)} two\n"));
                return ["--train", folder.PutText($"{train}.txt", rows), "--valid", folder.PutText($"{valid}.txt", rows)];
            default:
                string table = "x,y\n" + string.Concat(Enumerable.Range(0, 90).Select(i => string.Create(
                    CultureInfo.InvariantCulture, $"{Math.Sin(i) * (which + 1)},{Math.Cos(i * 0.3)}\n")));
                return ["--train", folder.PutText($"{train}.csv", table), "--targets", "x,y"];
        }
    }
}
