using System.Globalization;
using TinySD.Formats.Models;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Tools.Tests;

/// <summary>The memory that <c>train --plan</c> and <c>inspect --plan</c> tell: the same, and what training takes.</summary>
public sealed class PlanTests
{
    private static readonly string[] s_keys =
        ["parametersBytes", "gradientsBytes", "optimizerBytes", "workspaceBytes", "totalBytes"];

    [Test]
    [Arguments("lm", "--hidden 9 --layers 2 --batch 3 --bptt 5 --optimizer adam --dropout structured --rate 0.3")]
    [Arguments("lm", "--hidden 9 --batch 2 --bptt 6 --variable-bptt --cell gru --threads 1")]
    [Arguments("lm", "--level byte --hidden 4 --batch 1 --bptt 1 --weight-drop 0.2")]
    [Arguments("classifier", "--hidden 7 --batch 4 --rate 0.2 --max-length 9")]
    [Arguments("classifier", "--preset integration --batch 1 --max-length 9 --threads 3")]
    [Arguments("regressor", "--hidden 6 --batch 2 --bptt 9 --linear-rows 3 --optimizer adagrad")]
    [Arguments("regressor", "--hidden 6 --batch 5 --window 7 --direction bidirectional")]
    public async Task Training_and_inspection_tell_the_same_which_is_what_training_takes(string verb, string options)
    {
        using var folder = new TestFolder();
        string[] data = DataFor(verb, folder), own = options.Split(' ');
        string[] before = Directory.GetFileSystemEntries(folder.Path);
        CliResult planned = Tinysd.Run(["train", verb, .. data, .. own, "--plan", "--json"]);
        await Assert.That(planned.Code).IsEqualTo(0).Because(planned.Error);
        await Assert.That(Directory.GetFileSystemEntries(folder.Path)).IsEquivalentTo(before);
        CliResult trained = Tinysd.Run(["train", verb, .. data, .. own, "--epochs", "1", "--max-steps", "2", "--out", folder.Model]);
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);

        // A classifier's longest text, of either file, is of its data and not of its recipe.
        string[] threads = own.Contains("--threads") ? own[^2..] : [], steps = verb == "classifier" ? ["--bptt", "8"] : [];
        CliResult inspected = Tinysd.Run(["inspect", folder.Model, "--plan", .. threads, .. steps, "--json"]);
        await Assert.That(inspected.Code).IsEqualTo(0).Because(inspected.Error);
        await Assert.That(Bytes(inspected)).IsEqualTo(Bytes(planned));
        foreach (string key in (string[])["batch", "steps", "threads"])
            await Assert.That(inspected.Json.GetProperty(key).GetInt32()).IsEqualTo(planned.Json.GetProperty(key).GetInt32());
        await Assert.That(inspected.Json.GetProperty("optimizer").GetString()).IsEqualTo(planned.Json.GetProperty("optimizer").GetString());
        await Assert.That(planned.Json.GetProperty("bestBytes").GetInt64())
            .IsEqualTo(planned.Json.GetProperty("parametersBytes").GetInt64());

        // As text, with thousands marked.
        long total = planned.Json.GetProperty("totalBytes").GetInt64();
        foreach (string[] command in (string[][])
            [["train", verb, .. data, .. own, "--plan"], ["inspect", folder.Model, "--plan", .. threads, .. steps]])
            await Assert.That(Tinysd.Run(command).Out).Contains(total.ToString("N0", CultureInfo.InvariantCulture));

        // What a personaliser of the file asks its host for.
        using var pool = new WorkerPool(planned.Json.GetProperty("threads").GetInt32());
        var asked = new List<long>();
        MemoryNeed need = verb switch
        {
            "lm" => Words(LanguageModelFile.Load(folder.Model)).MemoryNeed,
            "classifier" => Labels(ClassifierFile.Load(folder.Model)).MemoryNeed,
            _ => Rows(RegressorFile.Load(folder.Model)).MemoryNeed,
        };
        await Assert.That(need.TotalBytes).IsEqualTo(total);
        await Assert.That(asked.Count).IsEqualTo(1);
        await Assert.That(asked[0] * sizeof(float)).IsEqualTo(total);

        LanguageModelPersonalizer Words(LoadedLanguageModel loaded) => new(loaded.Model, loaded.Training.Recipe, total, pool, memory: Give);

        RegressorPersonalizer Rows(LoadedRegressor loaded) => new(loaded.Regressor, loaded.Training.Recipe, total, pool, memory: Give);

        ClassifierPersonalizer Labels(LoadedClassifier loaded) => new(
            loaded.Classifier, loaded.Description.Training.Recipe with { MaxLength = 8 }, total, pool, memory: Give);

        Memory<float> Give(int floats)
        {
            asked.Add(floats);
            return new float[floats];
        }
    }

    [Test]
    public async Task Batch_steps_and_optimizer_are_asked_for()
    {
        using var folder = new TestFolder();
        string[] data = DataFor("lm", folder);
        string[] train = ["train", "lm", .. data, "--hidden", "9", "--threads", "1", "--no-checkpoints"];
        CliResult trained = Tinysd.Run([.. train, "--epochs", "1", "--max-steps", "1", "--out", folder.Model]);
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        foreach (string asked in (string[])["--batch 2", "--bptt 3", "--optimizer adamw", "--batch 7 --bptt 11 --optimizer nt-asgd"])
        {
            CliResult planned = Tinysd.Run([.. train, .. asked.Split(' '), "--plan", "--json"]);
            CliResult inspected = Tinysd.Run(["inspect", folder.Model, "--plan", "--json", "--threads", "1", .. asked.Split(' ')]);
            await Assert.That(inspected.Code).IsEqualTo(0).Because(inspected.Error);
            await Assert.That(Bytes(inspected)).IsEqualTo(Bytes(planned)).Because(asked);
            await Assert.That(planned.Json.TryGetProperty("bestBytes", out _)).IsFalse();
        }

        CliResult idle = Tinysd.Run("inspect", folder.Model, "--batch", "2", "--optimizer", "sgd");
        await Assert.That(idle.Error).Contains("warning: --batch and --optimizer have no effect without --plan.");
        CliResult huge = Tinysd.Run("inspect", folder.Model, "--plan", "--batch", "65536", "--bptt", "65536");
        await Assert.That(huge.Code).IsEqualTo(2);
        await Assert.That(huge.Error).Contains("lower --hidden, --batch or --bptt");
    }

    [Test]
    public async Task A_plan_needs_no_validation_text_and_no_model_file()
    {
        using var folder = new TestFolder();
        string[] data = DataFor("lm", folder);
        CliResult planned = Tinysd.Run(["train", "lm", .. data[..2], "--plan", "--json"]);
        await Assert.That(planned.Code).IsEqualTo(0).Because(planned.Error);
        await Assert.That(Bytes(planned)).IsEqualTo(Bytes(Tinysd.Run(["train", "lm", .. data, "--plan", "--json"])));
        CliResult missing = Tinysd.Run("train", "lm", "--plan");
        await Assert.That(missing.Code).IsEqualTo(2);
        await Assert.That(missing.Error).Contains("--train is missing");
    }

    [Test]
    public async Task Steps_of_a_window_that_is_run_whole_cannot_be_others()
    {
        using var folder = new TestFolder();
        string[] data = DataFor("regressor", folder);
        CliResult trained = Tinysd.Run(
            ["train", "regressor", .. data, "--window", "7", "--hidden", "4", "--epochs", "1", "--out", folder.Model]);
        await Assert.That(trained.Code).IsEqualTo(0).Because(trained.Error);
        CliResult plain = Tinysd.Run("inspect", folder.Model, "--plan", "--json");
        CliResult asked = Tinysd.Run("inspect", folder.Model, "--plan", "--json", "--bptt", "3");
        await Assert.That(Bytes(asked)).IsEqualTo(Bytes(plain));
        await Assert.That(asked.Error).Contains("--bptt has no effect: the regressor predicts from the last 7 rows, which are run whole");
    }

    [Test]
    public async Task What_is_not_trained_has_no_plan()
    {
        using var folder = new TestFolder();
        var stack = new RecurrentStack(new() { Cell = Runtime.Layers.CellKind.Gru, InputSize = 3, HiddenSize = 4 });
        RecurrentStackFile.Save(folder["s.tsd"], stack);
        CliResult refused = Tinysd.Run("inspect", folder["s.tsd"], "--plan");
        await Assert.That(refused.Code).IsEqualTo(1);
        await Assert.That(refused.Error)
            .Contains("which is not trained; give a language model, a classifier, a regressor, a tagger or a translator (.tsd).");
    }

    private static string Bytes(CliResult result) =>
        string.Join(' ', s_keys.Select(key => result.Json.GetProperty(key).GetInt64()));

    private static string[] DataFor(string verb, TestFolder folder)
    {
        switch (verb)
        {
            case "lm":
                string words = string.Concat(Enumerable.Range(0, 60).Select(i => $"the {i % 13} sat on the {i * i % 7} mat\n"));
                string few = words[..(words.IndexOf('\n', StringComparison.Ordinal) + 1)];
                return ["--train", folder.PutText("train.txt", words), "--valid", folder.PutText("valid.txt", few)];
            case "classifier":
                string rows = string.Concat(Enumerable.Range(0, 20).Select(i => $"{(i % 2 == 0 ? "a" : "b")}\tone {i % 5} two {i % 3}\n"));
                string longer = $"{rows}a\tone two 1 2 3 4 1 2\n";
                return ["--train", folder.PutText("train.txt", rows), "--valid", folder.PutText("valid.txt", longer)];
            default:
                string table = "x,y\n" + string.Concat(Enumerable.Range(0, 90).Select(i => string.Create(
                    CultureInfo.InvariantCulture, $"{Math.Sin(i)},{Math.Cos(i * 0.3)}\n")));
                return ["--train", folder.PutText("train.csv", table), "--targets", "x,y"];
        }
    }
}
