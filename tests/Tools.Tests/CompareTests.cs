using System.Text.Json;
using System.Text.RegularExpressions;
using TinySD.Formats.Models;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary><c>tinysd compare</c>: models of one task side by side.</summary>
public sealed partial class CompareTests
{
    [Test]
    public async Task What_differs_is_told_and_what_is_equal_is_not()
    {
        using var folder = new TestFolder();
        JsonElement[] trained =
        [
            folder.TrainModelTo(folder["a.tsd"], 1, "--json").Json,
            folder.TrainModelTo(folder["b.tsd"], 1, "--json", "--layers", "1", "--test", folder.Test).Json,
            folder.TrainModelTo(folder["c.tsd"], 1, "--json", "--dropout", "structured", "--rate", "0.25", "--dtype", "bf16").Json,
        ];
        CliResult result = Tinysd.Run("compare", folder["a.tsd"], folder["b.tsd"], folder["c.tsd"], "--json");
        await Assert.That((result.Code, result.Error)).IsEqualTo((0, ""));
        JsonElement json = result.Json;
        await Assert.That(json.GetProperty("metric").GetString()).IsEqualTo("perplexity");
        Dictionary<string, string?[]> rows = json.GetProperty("differences").EnumerateArray().ToDictionary(
            row => row.GetProperty("name").GetString()!,
            row => row.GetProperty("values").EnumerateArray().Select(value => value.GetString()).ToArray());
        await Assert.That(rows["--layers"].SequenceEqual(["2", "1", "2"])).IsTrue();
        await Assert.That(rows["--dropout"].SequenceEqual(["none", "none", "structured"])).IsTrue();
        await Assert.That(rows["--rate-recurrent"].SequenceEqual([null, null, "0.25"])).IsTrue();
        await Assert.That(rows["numbers are"].SequenceEqual(["f32", "f32", "bf16"])).IsTrue();
        await Assert.That(rows["tested on"].SequenceEqual([null, "test.txt, 420 tokens", null])).IsTrue();
        string tested = Figures.Perplexity(trained[1].GetProperty("testPerplexity").GetDouble());
        await Assert.That(rows["test perplexity"].SequenceEqual([null, tested, null])).IsTrue();
        foreach (string equal in (string[])["--batch", "--bptt", "--seed", "--hidden", "vocabulary", "trained on", "written by", "epochs"])
            await Assert.That(rows.ContainsKey(equal)).IsFalse().Because(equal);

        for (int i = 0; i < trained.Length; i++)
        {
            JsonElement model = json.GetProperty("models")[i];
            await Assert.That(model.GetProperty("name").GetString()).IsEqualTo($"{(char)('a' + i)}.tsd");
            await Assert.That(model.GetProperty("parameters").GetInt64()).IsEqualTo(trained[i].GetProperty("parameters").GetInt64());
            await Assert.That(model.GetProperty("bytes").GetInt64()).IsEqualTo(new FileInfo(folder[$"{(char)('a' + i)}.tsd"]).Length);
            await Assert.That(model.GetProperty("valid").GetDouble()).IsEqualTo(trained[i].GetProperty("validPerplexity").GetDouble());
            int best = trained[i].GetProperty("bestEpoch").GetInt32();
            await Assert.That(model.GetProperty("bestEpoch").GetInt32()).IsEqualTo(best);
            await Assert.That(model.GetProperty("epochs").EnumerateArray().Select(epoch => epoch.GetProperty("valid").GetDouble()))
                .IsEquivalentTo(
                    trained[i].GetProperty("epochs").EnumerateArray().Take(best).Select(e => e.GetProperty("validPerplexity").GetDouble()),
                    CollectionOrdering.Matching);
            await Assert.That(rows["valid perplexity"][i])
                .IsEqualTo(Figures.Perplexity(trained[i].GetProperty("validPerplexity").GetDouble()));
        }

        string text = Tinysd.Run("compare", folder["a.tsd"], folder["b.tsd"], folder["c.tsd"]).Out;
        await Assert.That(text).Matches(@"--layers +2 +1 +2");
        await Assert.That(text).Contains("o a.tsd   + b.tsd   x c.tsd");
    }

    [Test]
    public async Task A_page_has_a_curve_for_each_and_what_differs()
    {
        using var folder = new TestFolder();
        folder.TrainModelTo(folder["a&b.tsd"], 1);
        folder.TrainModelTo(folder["c.tsd"], 1, "--seed", "2");
        CliResult result = Tinysd.Run("compare", folder["a&b.tsd"], folder["c.tsd"], "--report", folder["both.html"]);
        await Assert.That(result.Code).IsEqualTo(0);
        string page = await File.ReadAllTextAsync(folder["both.html"]);
        await Assert.That(Polyline().Matches(page).Select(match => match.Groups[1].Value))
            .IsEquivalentTo(["a&amp;b.tsd", "c.tsd"], CollectionOrdering.Matching);
        await Assert.That(page).Contains("<td>--seed</td><td>1</td><td>2</td>");
        CliResult same = Tinysd.Run("compare", folder["a&b.tsd"], folder["c.tsd"], "--report", folder["c.tsd"]);
        await Assert.That(same.Code).IsEqualTo(2);
    }

    [Test]
    public async Task Files_of_one_name_are_told_apart_by_their_folders()
    {
        using var folder = new TestFolder();
        Directory.CreateDirectory(folder["one/run"]);
        Directory.CreateDirectory(folder["two/run"]);
        folder.TrainModelTo(folder["one/run/m.tsd"], 1);
        folder.TrainModelTo(folder["two/run/m.tsd"], 1, "--seed", "2");
        folder.TrainModelTo(folder["n.tsd"], 1, "--seed", "3");
        JsonElement json = Tinysd.Run("compare", folder["one/run/m.tsd"], folder["two/run/m.tsd"], folder["n.tsd"], "--json").Json;
        await Assert.That(json.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("name").GetString()!))
            .IsEquivalentTo(["one/run/m.tsd", "two/run/m.tsd", "n.tsd"], CollectionOrdering.Matching);
        await Assert.That(ShortPaths.Of(["/m.tsd", "/a/m.tsd"])).IsEquivalentTo(["/m.tsd", "a/m.tsd"], CollectionOrdering.Matching);
    }

    [Test]
    public async Task Figures_that_are_not_of_one_thing_are_told()
    {
        using var folder = new TestFolder();
        folder.TrainModelTo(folder["a.tsd"], 1);
        folder.TrainModelTo(folder["b.tsd"], 1, "--max-vocabulary", "8");
        folder.TrainModelTo(folder["c.tsd"], 1, "--level", "char");
        folder.TrainModelTo(folder["d.tsd"], 1, "--level", "char", "--seed", "2");
        const string other = "a perplexity is per token of a model's own vocabulary", data = "the models were validated on different data";
        await Assert.That(Told("a.tsd", "b.tsd")).Contains(other).And.DoesNotContain(data);
        await Assert.That(Told("a.tsd", "c.tsd")).Contains(other);
        string[] args = folder.TrainArgs(folder["e.tsd"], 1);
        args[Array.IndexOf(args, folder.Valid)] = folder.PutText(
            "w.txt", string.Concat(Enumerable.Repeat("the cat sees a big house\n", 30)));
        await Assert.That(Tinysd.Run(args).Code).IsEqualTo(0);
        await Assert.That(Told("a.tsd", "e.tsd")).Contains(data);
        string characters = Told("c.tsd", "d.tsd");
        await Assert.That(characters).DoesNotContain(other).And.DoesNotContain(data);
        await Assert.That(characters).Matches(@"valid bits per character +\d\.\d{3} +\d\.\d{3}");

        string Told(string one, string two) => Tinysd.Run("compare", folder[one], folder[two]).Out;
    }

    [Test]
    public async Task Models_that_cannot_be_compared_are_refused()
    {
        using var folder = new TestFolder();
        folder.TrainModelTo(folder["a.tsd"], 1, "--checkpoint", folder["ck"]);
        folder.TrainClassifier();
        await Refused(2, "there is one model only; two or more are compared.", folder["a.tsd"]);
        await Refused(2, "is given twice; a model is like itself.", folder["a.tsd"], folder["ck/../a.tsd"]);
        await Refused(
            1, $"{folder["a.tsd"]} is a language model, and {folder.Model} is a classifier; models of one task were expected.",
            folder["a.tsd"], folder.Model);
        string checkpoint = Directory.GetFiles(folder["ck"], "*.tsd")[0];
        await Refused(1, $"{checkpoint} is of kind 'checkpoint', which is not trained", folder["a.tsd"], checkpoint);
        string cut = folder.Put("cut.tsd", (await File.ReadAllBytesAsync(folder["a.tsd"])).AsSpan(0, 300));
        await Refused(1, cut, folder["a.tsd"], cut);
        await Refused(1, $"there is no file {folder["none.tsd"]}", folder["a.tsd"], folder["none.tsd"]);

        static async Task Refused(int code, string message, params string[] models)
        {
            CliResult result = Tinysd.Run(["compare", .. models]);
            await Assert.That(result.Code).IsEqualTo(code);
            await Assert.That(result.Error).Contains(message);
            await Assert.That(result.Out).IsEqualTo("");
        }
    }

    [Test]
    public async Task A_model_without_a_record_is_listed_without_a_curve()
    {
        using var folder = new TestFolder();
        folder.TrainModelTo(folder["a.tsd"], 1);
        LoadedLanguageModel loaded = LanguageModelFile.Load(folder["a.tsd"]);
        LanguageModelFile.Save(folder["b.tsd"], loaded.Model, loaded.Vocabulary, loaded.Training with
        {
            ImportedFrom = "b.onnx",
            Epochs = [],
            Recipe = loaded.Training.Recipe with { Name = "imported" },
        });
        CliResult result = Tinysd.Run("compare", folder["a.tsd"], folder["b.tsd"]);
        await Assert.That(result.Code).IsEqualTo(0);
        await Assert.That(result.Out).Matches("imported from +- +b.onnx");
        await Assert.That(result.Out).Contains("b.tsd has no record of its epochs, and so no curve");
        JsonElement json = Tinysd.Run("compare", folder["a.tsd"], folder["b.tsd"], "--json").Json;
        await Assert.That(json.GetProperty("models")[1].GetProperty("epochs").GetArrayLength()).IsEqualTo(0);
    }

    [Test]
    [Arguments("classifier", "accuracy")]
    [Arguments("tagger", "F1")]
    [Arguments("translator", "BLEU")]
    public async Task Every_task_can_be_compared(string task, string metric)
    {
        using var folder = new TestFolder();
        CliResult first = Train("--seed", "1");
        File.Move(folder.Model, folder["first.tsd"]);
        await Assert.That(first.Code).IsEqualTo(0).Because(first.Error);
        await Assert.That(Train("--seed", "2").Code).IsEqualTo(0);
        await AreCompared(metric, folder["first.tsd"], folder.Model);

        CliResult Train(params string[] more) => task switch
        {
            "classifier" => folder.TrainClassifier(more),
            "tagger" => folder.TrainTagger(more),
            _ => folder.TrainTranslator(more),
        };
    }

    [Test]
    public async Task So_can_regressors()
    {
        using var folder = new SeriesFolder();
        string table = folder.Put("t.csv", $"a\n{string.Concat(Enumerable.Range(0, 200).Select(i => $"{i % 10}\n"))}");
        folder.Train(table, "a");
        File.Move(folder.Model, folder["first.tsd"]);
        folder.Train(table, "a", "--seed", "2");
        await AreCompared("mse", folder["first.tsd"], folder.Model);
    }

    private static async Task AreCompared(string metric, string first, string second)
    {
        CliResult result = Tinysd.Run("compare", first, second);
        await Assert.That((result.Code, result.Error)).IsEqualTo((0, ""));
        await Assert.That(result.Out).Matches(@"--seed +1 +2");
        await Assert.That(result.Out).Contains($"valid {metric}");
        JsonElement json = Tinysd.Run("compare", first, second, "--json").Json;
        await Assert.That(json.GetProperty("metric").GetString()).IsEqualTo(metric);
        await Assert.That(json.GetProperty("models")[1].GetProperty("epochs").GetArrayLength()).IsGreaterThan(0);
    }

    [GeneratedRegex("<polyline[^>]*>\n<title>([^<]*)</title></polyline>")]
    private static partial Regex Polyline();
}
