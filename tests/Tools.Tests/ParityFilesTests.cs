using TinySD.Formats;
using TinySD.Formats.Checkpoints;
using TinySD.Formats.Container;
using TinySD.Formats.Models;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;

namespace TinySD.Tools.Tests;

/// <summary>Files of a task that only the tests know, by the readers, writers and commands that all tasks have.</summary>
public sealed class ParityFilesTests
{
    private static readonly ParityRecipe s_recipe = new()
    {
        Name = "parity",
        HiddenSize = 5,
        TimeSteps = 4,
        BatchesPerEpoch = 6,
        BatchSize = 3,
        Epochs = 4,
        LearningRate = 0.3f,
        Dropout = new() { Kind = DropoutKind.Structured, Recurrent = 0.25f, Output = 0.5f },
        Seed = 7,
    };

    [Test]
    [Arguments(OptimizerKind.Sgd, 9)]
    [Arguments(OptimizerKind.Adam, 9)]
    [Arguments(OptimizerKind.NtAsgd, 21)]
    [Arguments(OptimizerKind.Adam, 12)]
    [Arguments(OptimizerKind.Adam, 24)]
    public async Task A_run_goes_on_from_its_checkpoint_to_the_same_bits(OptimizerKind optimizer, int updates)
    {
        using var folder = new TestFolder();
        ParityRecipe recipe = s_recipe with { Optimizer = optimizer, NonMonotone = 0 };
        TrainingRun<ParityBatch> unstopped = Run(recipe), stopped = Run(recipe);
        Train(unstopped, int.MaxValue);
        Train(stopped, updates);
        Write(folder["c.tsd"], stopped, recipe);
        await Assert.That(stopped.Trainer.IsAveraging).IsEqualTo(optimizer == OptimizerKind.NtAsgd);
        await Assert.That(ParityFiles.Checkpoints.TryOpen(folder["c.tsd"], out CheckpointFile<ParityRecipe, NoData>? file, out _)).IsTrue();
        using (file)
        {
            await Assert.That(file!.Content.Recipe).IsEqualTo(recipe);
            TrainingRun<ParityBatch> resumed = Run(file.Content.Recipe);
            resumed.Restore(file.Content.State, file.Load);
            Train(resumed, int.MaxValue);
            foreach ((NamedBlock one, NamedBlock other) in unstopped.ToBlocks().Zip(resumed.ToBlocks()))
            {
                await Assert.That(other.Name).IsEqualTo(one.Name);
                await Assert.That(other.Block.Values.SequenceEqual(one.Block.Values)).IsTrue().Because(one.Name);
            }

            await Assert.That(resumed.Epochs.Select(epoch => epoch.Valid)).IsEquivalentTo(unstopped.Epochs.Select(epoch => epoch.Valid));
            await Assert.That(resumed.Best!.Epoch).IsEqualTo(unstopped.Best!.Epoch);
        }
    }

    [Test]
    public async Task Inspect_and_verify_tell_about_its_checkpoints()
    {
        using var folder = new TestFolder();
        TrainingRun<ParityBatch> run = Run(s_recipe);
        Train(run, 8);
        Write(folder["c.tsd"], run, s_recipe);
        CliResult text = Tinysd("inspect", folder["c.tsd"]), json = Tinysd("inspect", folder["c.tsd"], "--json");
        string best = run.Best!.Valid.Metric.ToString("0.####", System.Globalization.CultureInfo.InvariantCulture);
        string[] parts = ["parity", "in epoch 2 of 4, after 2 steps of it", $"epoch 1, validation accuracy {best}", "--hidden", "--lr"];
        foreach (string part in parts) await Assert.That(text.Out).Contains(part);
        await Assert.That(json.Json.GetProperty("kind").GetString()).IsEqualTo("checkpoint");
        System.Text.Json.JsonElement epoch = json.Json.GetProperty("run").GetProperty("epochs")[0];
        await Assert.That(epoch.GetProperty("validMetric").GetDouble()).IsEqualTo(run.Best.Valid.Metric);
        await Assert.That(epoch.EnumerateObject().Select(member => member.Name)).IsEquivalentTo(
            ["epoch", "steps", "trainLoss", "validLoss", "validMetric", "learningRate", "seconds", "termsPerSecond"]);
        await Verify(folder, "c.tsd", "best.head.bias");
    }

    [Test]
    public async Task Inspect_and_verify_tell_about_its_models_which_come_back_as_they_were()
    {
        using var folder = new TestFolder();
        TrainingRun<ParityBatch> run = Run(s_recipe);
        Train(run, int.MaxValue);
        ParameterBlock parameters = run.BestParameters!;
        TrainingRecord<ParityRecipe, NoData> record = new()
        {
            Recipe = s_recipe,
            Data = new(),
            Parameters = parameters.Layout.ParameterCount,
            Epochs = run.Epochs,
            Test = new(0.5, 0.75),
        };
        ParityFiles.Models.Save(folder["m.tsd"], record, parameters);
        await Assert.That(ParityFiles.Models.TryLoad(
            folder["m.tsd"], out TrainingRecord<ParityRecipe, NoData>? found, out ParameterBlock? back, out _)).IsTrue();
        await Assert.That(back!.Values.SequenceEqual(parameters.Values)).IsTrue();
        await Assert.That(found! with { Epochs = record.Epochs }).IsEqualTo(record);
        await Assert.That(found.Epochs.Select(epoch => epoch.Valid)).IsEquivalentTo(run.Epochs.Select(epoch => epoch.Valid));

        CliResult text = Tinysd("inspect", folder["m.tsd"]), json = Tinysd("inspect", folder["m.tsd"], "--json");
        string[] parts = ["parity-model", "4 finished of 4", ", test 0.75", "--hidden"];
        foreach (string part in parts) await Assert.That(text.Out).Contains(part);
        await Assert.That(json.Json.GetProperty("training").GetProperty("testMetric").GetDouble()).IsEqualTo(0.75);
        await Verify(folder, "m.tsd", "head.bias");
    }

    [Test]
    public async Task Without_its_descriptors_its_files_are_shown_and_checked_without_their_words_and_no_other_task_takes_them()
    {
        using var folder = new TestFolder();
        TrainingRun<ParityBatch> run = Run(s_recipe);
        Train(run, 8);
        Write(folder["c.tsd"], run, s_recipe);
        CliResult shown = Tests.Tinysd.Run("inspect", folder["c.tsd"]);
        await Assert.That(shown.Code).IsEqualTo(0);
        await Assert.That(shown.Out).Contains("head.weight").And.DoesNotContain("accuracy");
        await Assert.That(Tests.Tinysd.Run("verify", folder["c.tsd"]).Code).IsEqualTo(0);
        await Assert.That(LanguageModelCheckpoint.Format.TryOpen(folder["c.tsd"], out _, out FileProblem? problem)).IsFalse();
        await Assert.That((problem!.Kind, problem.Part)).IsEqualTo((FileProblemKind.WrongKind, "task"));
        await Assert.That(Tinysd("export", folder["c.tsd"], "--out", folder["c.onnx"]).Error).Contains("is of kind 'checkpoint'");
    }

    [Test]
    [Arguments("\"validMetric\":|\"validPerplexity\":")]
    [Arguments("\"termsPerSecond\":|\"tokensPerSecond\":")]
    [Arguments("\"hiddenSize\":5|\"hiddenSize\":5,\"level\":\"word\"")]
    [Arguments("\"output\":|\"level\":\"word\",\"output\":")]
    [Arguments("\"output\":|\"recipe\":{},\"output\":")]
    [Arguments("\"validMetric\":|\"validMetric\":1e999,\"was\":")]
    public async Task What_is_another_tasks_is_refused(string change)
    {
        using var folder = new TestFolder();
        TrainingRun<ParityBatch> run = Run(s_recipe);
        Train(run, 8);
        Write(folder["c.tsd"], run, s_recipe);
        (string header, byte[] data) = TsdBytes.Split(File.ReadAllBytes(folder["c.tsd"]));
        string[] parts = change.Split('|');
        int at = header.IndexOf(parts[0], StringComparison.Ordinal);
        string changed = string.Concat(header.AsSpan(0, at), parts[1], header.AsSpan(at + parts[0].Length));
        File.WriteAllBytes(folder["d.tsd"], TsdBytes.File(changed, data));
        await Assert.That(ParityFiles.Checkpoints.TryOpen(folder["d.tsd"], out _, out FileProblem? problem)).IsFalse();
        FileProblemKind[] kinds = [FileProblemKind.CheckpointInvalid, FileProblemKind.HeaderInvalid];
        await Assert.That(kinds).Contains(problem!.Kind).Because(problem.Message);
        await Assert.That(problem.Part).StartsWith("run");
    }

    private static TrainingRun<ParityBatch> Run(ParityRecipe recipe) => new(new ParityTask(recipe)) { KeepsBest = true };

    private static void Train(TrainingRun<ParityBatch> run, int updates)
    {
        while (!run.IsAtEnd)
        {
            while (run.Updates < updates && run.TryStep(out _))
            {
            }

            if (run.Steps < run.BatchCount || run.IsAtEnd) return;
            run.Accept(run.Measure());

            // Whatever validation says, so that there is state of every sort.
            if (run is { Epoch: 2, Trainer: { IsAveraging: false, Average: not null } }) run.Trainer.BeginAveraging();
        }
    }

    private static void Write(string path, TrainingRun<ParityBatch> run, ParityRecipe recipe) => ParityFiles.Checkpoints.Write(path, new()
    {
        State = run.ToState(1.5),
        Recipe = recipe,
        Data = new(),
        Settings = new() { Output = "/m.tsd", Dtype = TensorStorage.F32, CheckpointKeep = 3 },
    }, run.ToBlocks());

    private static async Task Verify(TestFolder folder, string name, string last)
    {
        await Assert.That(Tinysd("verify", folder[name]).Out).StartsWith($"{folder[name]}: ok, ");
        byte[] bytes = File.ReadAllBytes(folder[name]);
        bytes[^64] ^= 1;
        File.WriteAllBytes(folder["damaged.tsd"], bytes);
        CliResult result = Tinysd("verify", folder["damaged.tsd"], "--json");
        await Assert.That(result.Code).IsEqualTo(1);
        await Assert.That(result.Json.GetProperty("damaged")[0].GetString()).IsEqualTo(last);
    }

    // The ordinary commands, with the task's kinds beside those that the program knows.
    private static CliResult Tinysd(params string[] args)
    {
        using var stop = new StopRequest();
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = Cli.Run(args, new CliConsole(output, error), stop, Cli.Kinds.With(ParityFiles.Kinds));
        return new CliResult(code, output.ToString(), error.ToString());
    }
}
