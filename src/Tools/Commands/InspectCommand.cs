using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using TinySD.Formats;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Json;
using TinySD.Tools.Options;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd inspect</c>: what a file holds, without reading its tensors.</summary>
internal static class InspectCommand
{
    private const string ScheduleKind = "mask-schedule";
    private const int ShownTokens = 12;

    public static Command Create(CommonOptions common)
    {
        var file = new FileArgument("FILE", "A file of TinySD (.tsd or .tss), safetensors or ONNX.");
        var command = new Command("inspect",
            "Show what a file holds: kind, configuration, vocabulary, how it was trained, tensors. Does not check the tensors: see verify.")
        {
            file,
        };
        command.SetAction(parsed => Run(common.Read(parsed), parsed.GetRequiredValue(file)));
        return command;
    }

    private static int Run(CliContext context, string path)
    {
        switch (FileFormats.Of(path))
        {
            case FileFormat.MaskSchedule:
                RunSchedule(context, path);
                return ExitCode.Done;
            case FileFormat.Safetensors:
                InspectForeign.Safetensors(context, path);
                return ExitCode.Done;
            case FileFormat.Onnx:
                InspectForeign.Onnx(context, path);
                return ExitCode.Done;
        }

        using TsdFile file = TsdFile.Open(path);
        LanguageModelDescription? model = file.Kind == LanguageModelFile.Kind ? LanguageModelFile.Describe(file) : null;
        RecurrentStackDescription? stack = file.Kind == RecurrentStackFile.Kind ? RecurrentStackFile.Describe(file) : null;
        LanguageModelCheckpoint? checkpoint = null;
        if (file.Kind == CheckpointFile.Kind && !LanguageModelCheckpointFile.TryDescribe(file, out checkpoint, out FileProblem? problem))
            throw new FileProblemException(problem);
        if (context.Json) CliJson.Write(context.Console.Out, ToJson(file, model, stack, checkpoint), CliJson.Default.InspectResult);
        else WriteTables(context.Console, file, model, stack, checkpoint);
        return ExitCode.Done;
    }

    private static void RunSchedule(CliContext context, string path)
    {
        using MaskScheduleFile file = MaskScheduleFile.Open(path);
        MaskScheduleInfo info = file.Info;
        ScheduleSite[] sites = [.. info.Sites.Select(ScheduleSite.From)];
        if (context.Json)
        {
            var result = new ScheduleResult(path, info.Updates, info.TimeSteps, info.Seed, file.Length, sites);
            JsonElement schedule = JsonSerializer.SerializeToElement(result, CliJson.Default.ScheduleResult);
            CliJson.Write(
                context.Console.Out, new InspectResult(ScheduleKind, path, file.Length, 0, schedule, null, null, []), CliJson.Default.InspectResult);
            return;
        }

        Table facts = Tables.Create("", "");
        facts.Row("file", path);
        facts.Row("kind", ScheduleKind);
        facts.Row("bytes", Figures.Count(file.Length));
        facts.Row("updates", Figures.Count(info.Updates));
        facts.Row("time steps", Figures.Count(info.TimeSteps));
        facts.Row("seed", info.Seed.ToString(CultureInfo.InvariantCulture));
        facts.Row("dropout", Schedules.Describe(info.Dropout));
        foreach (ScheduleSite site in sites) facts.Row(site.Name, Figures.Count(site.Units, "unit"));
        context.Console.Results.Write(facts.HideHeaders());
    }

    private static InspectResult ToJson(
        TsdFile file, LanguageModelDescription? model, RecurrentStackDescription? stack, LanguageModelCheckpoint? checkpoint) => new(
        file.Kind,
        file.Path,
        file.Length,
        file.Tensors.Sum(t => t.Count),
        model is null && stack is null ? null : Section(file, "configuration"),
        model is null ? null : Summarize(model.Vocabulary),
        model is null ? null : Section(file, "training"),
        [.. file.Tensors.Select(t => new TensorResult(t.Name, t.Dtype, [.. t.Shape], t.Offset, t.Bytes, t.Checksum))])
        {
            Progress = checkpoint is null ? null : Section(file, "progress"),
            Run = checkpoint is null ? null : Section(file, "run"),
        };

    private static VocabularyResult Summarize(Vocabulary vocabulary) => new(
        Names.Levels.Of(vocabulary.Level), vocabulary.Count, vocabulary.UnknownId is not null, [.. vocabulary.Tokens.Take(ShownTokens)]);

    private static JsonElement? Section(TsdFile file, string name)
    {
        using JsonDocument document = JsonDocument.Parse(file.Sections[name]);
        return document.RootElement.Clone();
    }

    private static void WriteTables(
        CliConsole console, TsdFile file, LanguageModelDescription? model, RecurrentStackDescription? stack, LanguageModelCheckpoint? checkpoint)
    {
        Table facts = Tables.Create("", "");
        facts.Row("file", file.Path);
        facts.Row("kind", file.Kind);
        facts.Row("bytes", Figures.Count(file.Length));
        facts.Row(checkpoint is null ? "parameters" : "numbers", Figures.Count(file.Tensors.Sum(t => t.Count)));
        if (model is not null) AddModel(facts, model);
        if (stack is not null) AddStack(facts, stack);
        if (checkpoint is not null) AddCheckpoint(facts, checkpoint);
        console.Results.Write(facts.HideHeaders());

        Table tensors = Tables.Create("tensor", "dtype", "shape", ">offset", ">bytes", "checksum (XXH3-128)");
        foreach (TsdTensor t in file.Tensors)
            tensors.Row(t.Name, t.Dtype, $"[{string.Join(", ", t.Shape)}]", Invariant(t.Offset), Invariant(t.Bytes), t.Checksum);
        console.Results.Write(tensors);
    }

    private static void AddModel(Table facts, LanguageModelDescription model)
    {
        (_, Vocabulary vocabulary, TrainingRecord training) = model;
        string first = string.Join(' ', vocabulary.Tokens.Take(ShownTokens).Select(t => JsonEncodedText.Encode(t, CliJson.Encoder)));
        facts.Row("vocabulary", $"{Figures.Count(vocabulary.Count)} {NameOf(vocabulary.Level)}, " +
            $"{(vocabulary.UnknownId is null ? "no" : "with")} {Vocabulary.Unknown}: {first} …");
        facts.Row("written by", training.WrittenBy);
        facts.Row("trained on", Describe(training.Train));
        facts.Row("validated on", Describe(training.Valid));
        if (training.Test is { } tested) facts.Row("tested on", Describe(tested));
        facts.Row("epochs", $"{training.Epochs.Count} finished of {training.Recipe.Epochs}");
        if (training.Epochs is [.., { } last])
        {
            string test = training.TestPerplexity is { } perplexity ? $", test {Figures.Perplexity(perplexity)}" : "";
            string train = Figures.Perplexity(last.TrainPerplexity), valid = Figures.Perplexity(last.ValidPerplexity);
            facts.Row("perplexity", $"train {train}, valid {valid}{test}");
        }

        var recipe = RecipeResult.From(vocabulary.Level, training.Recipe);
        foreach ((string option, string value) in RecipeReport.Rows(recipe)) facts.Row(option, value);
    }

    private static void AddStack(Table facts, RecurrentStackDescription stack)
    {
        RecurrentStackConfig config = stack.Config;
        facts.Row("cell", Names.Cells.Of(config.Cell));
        facts.Row("direction", Names.Directions.Of(config.Direction));
        facts.Row("layers", Invariant(config.LayerCount));
        facts.Row("inputs", Figures.Count(config.InputSize));
        facts.Row("hidden", Figures.Count(config.HiddenSize));
        if (config.ResetBeforeProduct) facts.Row("reset gate", "before the product");
        if (config.Peepholes) facts.Row("peepholes", "yes");
        if (config.CoupledGates) facts.Row("forget gate", "1 - i");
        if (config.Clip > 0f) facts.Row("clip", config.Clip.ToString(CultureInfo.InvariantCulture));
        if (!config.Activations.IsEmpty) facts.Row("activations", string.Join(", ", config.Activations.Select(Describe)));
        facts.Row("written by", stack.WrittenBy);
        if (stack.Source is { } source) facts.Row("imported from", source);
    }

    private static string Describe(Activation f) => f.Alpha == 0f && f.Beta == 0f
        ? $"{f.Kind}"
        : string.Create(CultureInfo.InvariantCulture, $"{f.Kind}({f.Alpha}, {f.Beta})");

    private static void AddCheckpoint(Table facts, LanguageModelCheckpoint run)
    {
        TrainingProgress progress = run.Progress;
        facts.Row("task", LanguageModelCheckpointFile.Task);
        facts.Row("written by", run.WrittenBy);
        facts.Row("updates", Figures.Count(progress.Updates));
        facts.Row("stands", progress.Epoch < run.Recipe.Epochs
            ? $"in epoch {progress.Epoch + 1} of {run.Recipe.Epochs}, after {Figures.Count(progress.Step, "step")} of it"
            : $"at its end, after {Figures.Count(run.Recipe.Epochs, "epoch")}");
        if (progress.AveragedUpdates is { } averaged) facts.Row("average", $"of the parameters after each of the last {Figures.Count(averaged)} updates");
        if (run.BestEpoch is { } best) facts.Row("best so far", $"epoch {best}, validation perplexity {Figures.Perplexity(run.Epochs[best - 1].ValidPerplexity)}");
        facts.Row("trained on", Describe(run.Train));
        facts.Row("validated on", Describe(run.Valid));
        if (run.Test is { } test) facts.Row("tested on", Describe(test));
        if (run.Schedule is { } schedule) facts.Row("masks of", schedule.Path);
        facts.Row("--out", run.Output);
        foreach ((string option, string value) in RecipeReport.Rows(RecipeResult.From(run.Level, run.Recipe))) facts.Row(option, value);
    }

    private static string Describe(TextFingerprint text) => $"{text.Path}, {Figures.Count(text.Tokens)} tokens";

    private static string NameOf(TextLevel level) => level switch
    {
        TextLevel.Word => "words",
        TextLevel.Character => "characters",
        _ => "bytes",
    };

    private static string Describe(TextRecord text) => $"{text.Name}, {Figures.Count(text.Tokens)} tokens";

    private static string Invariant(long number) => number.ToString(CultureInfo.InvariantCulture);
}
