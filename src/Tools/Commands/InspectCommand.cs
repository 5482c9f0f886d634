using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using TinySD.Formats;
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
        var file = new Argument<string>("FILE") { Description = "A TinySD file (.tsd or .tss)." };
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
        if (MaskScheduleFile.IsOne(path))
        {
            RunSchedule(context, path);
            return ExitCode.Done;
        }

        using TsdFile file = TsdFile.Open(path);
        LanguageModelDescription? model = file.Kind == LanguageModelFile.Kind ? LanguageModelFile.Describe(file) : null;
        if (context.Json) CliJson.Write(context.Console.Out, ToJson(file, model), CliJson.Default.InspectResult);
        else WriteTables(context.Console, file, model);
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

    private static InspectResult ToJson(TsdFile file, LanguageModelDescription? model) => new(
        file.Kind,
        file.Path,
        file.Length,
        file.Tensors.Sum(t => t.Count),
        model is null ? null : Section(file, "configuration"),
        model is null ? null : Summarize(model.Vocabulary),
        model is null ? null : Section(file, "training"),
        [.. file.Tensors.Select(t => new TensorResult(t.Name, t.Dtype, [.. t.Shape], t.Offset, t.Bytes, t.Checksum))]);

    private static VocabularyResult Summarize(Vocabulary vocabulary) => new(
        Names.Levels.Of(vocabulary.Level), vocabulary.Count, vocabulary.UnknownId is not null, [.. vocabulary.Tokens.Take(ShownTokens)]);

    private static JsonElement? Section(TsdFile file, string name)
    {
        using JsonDocument document = JsonDocument.Parse(file.Sections[name]);
        return document.RootElement.Clone();
    }

    private static void WriteTables(CliConsole console, TsdFile file, LanguageModelDescription? model)
    {
        Table facts = Tables.Create("", "");
        facts.Row("file", file.Path);
        facts.Row("kind", file.Kind);
        facts.Row("bytes", Figures.Count(file.Length));
        facts.Row("parameters", Figures.Count(file.Tensors.Sum(t => t.Count)));
        if (model is not null) AddModel(facts, model);
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

    private static string NameOf(TextLevel level) => level switch
    {
        TextLevel.Word => "words",
        TextLevel.Character => "characters",
        _ => "bytes",
    };

    private static string Describe(TextRecord text) => $"{text.Name}, {Figures.Count(text.Tokens)} tokens";

    private static string Invariant(long number) => number.ToString(CultureInfo.InvariantCulture);
}
