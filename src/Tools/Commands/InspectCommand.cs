using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using TinySD.Formats;
using TinySD.Formats.Checkpoints;
using TinySD.Formats.Container;
using TinySD.Formats.Exchange;
using TinySD.Formats.Models;
using TinySD.Formats.Schedules;
using TinySD.Formats.Text;
using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Training;
using TinySD.Tools.Display;
using TinySD.Tools.Errors;
using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd inspect</c>: what a file holds, without reading its tensors.</summary>
internal static class InspectCommand
{
    private const string ScheduleKind = "mask-schedule";
    private const int ShownTokens = 12;

    public static Command Create(CommonOptions common)
    {
        var file = new FileArgument("FILE", "A file of TinySD (.tsd or .tss), safetensors or ONNX.");
        var all = new Option<bool>("--all") { Description = "Show all tensors and texts, and all of each, not only the first." };
        var command = new Command("inspect",
            "Show what a file holds: kind, configuration, vocabulary, how it was trained, tensors. Does not check the tensors: see verify.")
        {
            file, all,
        };
        command.SetAction(parsed => Run(common.Read(parsed), parsed.GetRequiredValue(file), parsed.GetValue(all)));
        return command;
    }

    private static int Run(CliContext context, string path, bool all)
    {
        switch (FileFormats.Of(path))
        {
            case FileFormat.MaskSchedule:
                RunSchedule(context, path, all);
                return ExitCode.Done;
            case FileFormat.Safetensors:
                InspectForeign.Safetensors(context, path, all);
                return ExitCode.Done;
            case FileFormat.Onnx:
                InspectForeign.Onnx(context, path, all);
                return ExitCode.Done;
        }

        using TsdFile file = TsdFile.Open(path);
        LanguageModelDescription? model = file.Kind == LanguageModelFile.Kind ? LanguageModelFile.Format.Describe(file) : null;
        RecurrentStackDescription? stack = file.Kind == RecurrentStackFile.Kind ? RecurrentStackFile.Format.Describe(file) : null;
        Checkpoint<LanguageModelRecipe, RunTexts>? checkpoint = null;
        if (file.Kind == CheckpointFile.Kind && !LanguageModelCheckpoint.Format.TryDescribe(file, out checkpoint, out FileProblem? problem))
            throw new FileProblemException(problem);
        var facts = new List<(string, string)>();
        if (model is not null) AddModel(facts, model);
        if (stack is not null) AddStack(facts, stack);
        if (checkpoint is not null) AddCheckpoint(facts, checkpoint);
        var before = new List<(string, Action<Utf8JsonWriter>)>();
        if (model is not null || stack is not null) before.Add(Section(file, "configuration"));
        if (model is not null)
        {
            before.Add(("vocabulary", writer => JsonSerializer.Serialize(writer, Summarize(model.Vocabulary), CliJson.Default.VocabularyResult)));
            before.Add(Section(file, "training"));
        }

        new InspectReport(
            file.Kind, file.Path, file.Length, new TensorList<TsdTensor>(file.Tensors, t => new(t.Name, t.Dtype, t.Shape, t.Offset, t.Bytes, t.Checksum)))
        {
            Numbers = checkpoint is null ? "parameters" : "numbers",
            Count = file.Tensors.Sum(t => t.Count),
            HasChecksums = true,
            Facts = facts,
            Before = before,
            After = checkpoint is null ? [] : [Section(file, "progress"), Section(file, "run")],
        }.Write(context, all);
        return ExitCode.Done;
    }

    private static void RunSchedule(CliContext context, string path, bool all)
    {
        using MaskScheduleFile file = MaskScheduleFile.Open(path);
        MaskScheduleInfo info = file.Info;
        var result = ScheduleResult.From(path, info, file.Length);
        new InspectReport(ScheduleKind, path, file.Length, [])
        {
            HasTensors = false,
            Facts =
            [
                ("version", Invariant(info.Version)),
                ("updates", Figures.Count(info.Updates)),
                ("time steps", Figures.Count(info.TimeSteps)),
                ("seed", info.Seed.ToString(CultureInfo.InvariantCulture)),
                ("dropout", ModelSpelling.DropoutKinds.NameOf(info.Dropout.Kind) + RecipeText.Counts(info.Dropout)),
                .. info.Places.Select(place => (place.Name, $"{Figures.Count(place.Units, "unit")}, drop rate {Figures.Setting(place.Rate)}")),
            ],
            Before = [("configuration", writer => JsonSerializer.Serialize(writer, result, CliJson.Default.ScheduleResult))],
        }.Write(context, all);
    }

    private static VocabularyResult Summarize(Vocabulary vocabulary) => new(
        TextSpelling.Levels.NameOf(vocabulary.Level), vocabulary.Count, vocabulary.UnknownId is not null, [.. vocabulary.Tokens.Take(ShownTokens)],
        vocabulary.Level == TextLevel.Word ? TextSpelling.LineMarks.NameOf(vocabulary.LineMarks) : null);

    private static (string, Action<Utf8JsonWriter>) Section(TsdFile file, string name) => (name, writer =>
    {
        using JsonDocument document = JsonDocument.Parse(file.Sections[name]);
        document.RootElement.WriteTo(writer);
    }
    );

    private static void AddModel(List<(string, string)> facts, LanguageModelDescription model)
    {
        (LanguageModelConfig config, Vocabulary vocabulary, TrainingRecord<LanguageModelRecipe, TextsRecord> training) = model;
        string first = string.Join(' ', vocabulary.Tokens.Take(ShownTokens).Select(t => JsonEncodedText.Encode(t, CliJson.Encoder)));
        facts.Add(("vocabulary", $"{Figures.Count(vocabulary.Count)} {NameOf(vocabulary.Level)}, " +
            $"{(vocabulary.UnknownId is null ? "no" : "with")} {Vocabulary.Unknown}: {first} …"));
        if (vocabulary.Level == TextLevel.Word) facts.Add((VocabularyOptions.LineMarksName, TextSpelling.LineMarks.NameOf(vocabulary.LineMarks)));
        facts.Add(("written by", training.WrittenBy));
        if (training.ImportedFrom is { } source) facts.Add(("imported from", source));
        if (!training.IsRunKnown)
        {
            AddShape(facts, config);
            return;
        }

        facts.Add(("trained on", Describe(training.Data.Train)));
        facts.Add(("validated on", Describe(training.Data.Valid)));
        if (training.Data.Test is { } tested) facts.Add(("tested on", Describe(tested)));
        if (training.Data.Streams is { } streams) facts.Add(("measured in", EvaluationStreams.Count(streams)));
        facts.Add(("epochs", $"{training.Epochs.Count} finished of {training.Recipe.Epochs}"));
        if (training.Epochs is [.., { } last])
        {
            string test = training.Test is { } measured ? $", test {Figures.Perplexity(measured.Metric)}" : "";
            facts.Add(("perplexity", $"train {Figures.Perplexity(last.Train.Metric)}, valid {Figures.Perplexity(last.Valid.Metric)}{test}"));
        }

        facts.AddRange(RecipeReport.Rows(vocabulary.Level, training.Recipe));
    }

    // Of a model from elsewhere whose run nobody knows.
    private static void AddShape(List<(string, string)> facts, LanguageModelConfig config)
    {
        facts.Add(("cell", ModelSpelling.Cells.NameOf(config.Cell)));
        facts.Add(("layers", Invariant(config.LayerCount)));
        facts.Add(("embedding", Figures.Count(config.EmbeddingSize)));
        facts.Add(("hidden", Figures.Count(config.HiddenSize)));
        if (config.LastHiddenSize != 0) facts.Add(("hidden, last layer", Figures.Count(config.LastHiddenSize)));
        if (config.Peepholes) facts.Add(("peepholes", "yes"));
        facts.Add(("tied", config.TieWeights ? "yes" : "no"));
    }

    private static void AddStack(List<(string, string)> facts, RecurrentStackDescription stack)
    {
        RecurrentStackConfig config = stack.Config;
        facts.Add(("cell", ModelSpelling.Cells.NameOf(config.Cell)));
        facts.Add(("direction", ModelSpelling.Directions.NameOf(config.Direction)));
        facts.Add(("layers", Invariant(config.LayerCount)));
        facts.Add(("inputs", Figures.Count(config.InputSize)));
        facts.Add(("hidden", Figures.Count(config.HiddenSize)));
        if (config.ResetBeforeProduct) facts.Add(("reset gate", "before the product"));
        if (config.Peepholes) facts.Add(("peepholes", "yes"));
        if (config.CoupledGates) facts.Add(("forget gate", "1 - i"));
        if (config.Clip > 0f) facts.Add(("clip", config.Clip.ToString(CultureInfo.InvariantCulture)));
        if (!config.Activations.IsEmpty) facts.Add(("activations", string.Join(", ", config.Activations.Select(Describe))));
        facts.Add(("written by", stack.WrittenBy));
        if (stack.Source is { } source) facts.Add(("imported from", source));
    }

    private static string Describe(Activation f) => f.Alpha == 0f && f.Beta == 0f
        ? $"{f.Kind}"
        : string.Create(CultureInfo.InvariantCulture, $"{f.Kind}({f.Alpha}, {f.Beta})");

    private static void AddCheckpoint(List<(string, string)> facts, Checkpoint<LanguageModelRecipe, RunTexts> run)
    {
        RunState state = run.State;
        facts.Add(("task", LanguageModelCheckpoint.Format.Task));
        facts.Add(("written by", run.WrittenBy));
        facts.Add(("updates", Figures.Count(state.Updates)));
        facts.Add(("stands", state.Epoch < run.Recipe.Epochs
            ? $"in epoch {state.Epoch + 1} of {run.Recipe.Epochs}, after {Figures.Count(state.Step, "step")} of it"
            : $"at its end, after {Figures.Count(run.Recipe.Epochs, "epoch")}"));
        if (state.Counts.AveragedUpdates is >= 0 and var averaged)
            facts.Add(("average", $"of the parameters after each of the last {Figures.Count(averaged, "update")}"));
        if (state.BestEpoch is { } best)
            facts.Add(("best so far", $"epoch {best}, validation perplexity {Figures.Perplexity(state.Epochs[best - 1].Valid.Metric)}"));
        facts.Add(("trained on", Describe(run.Data.Train)));
        facts.Add(("validated on", Describe(run.Data.Valid)));
        if (run.Data.Test is { } test) facts.Add(("tested on", Describe(test)));
        if (run.Data.Streams is { } streams) facts.Add(("measured in", EvaluationStreams.Count(streams)));
        if (run.Settings.Schedule is { } schedule) facts.Add(("masks of", schedule.Path));
        facts.Add(("--out", run.Settings.Output));
        facts.AddRange(RecipeReport.Rows(run.Data.Level, run.Recipe));
    }

    private static string Describe(TextFingerprint text) => $"{text.Path}, {Figures.Count(text.Tokens, "token")}";

    private static string NameOf(TextLevel level) => level switch
    {
        TextLevel.Word => "words",
        TextLevel.Character => "characters",
        _ => "bytes",
    };

    private static string Describe(TextRecord text) => $"{text.Name}, {Figures.Count(text.Tokens, "token")}";

    private static string Invariant(long number) => number.ToString(CultureInfo.InvariantCulture);
}
