using TinySD.Tools.Files;
using TinySD.Tools.Json;
using TinySD.Tools.Options;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

internal sealed class LanguageModelKind : ModelKind<LanguageModelDescription, LanguageModel>
{
    /// <summary>Knows how they are written in formats of others, and read from them.</summary>
    public LanguageModelKind()
        : base(LanguageModelFile.Format, Facts)
    {
        Export = ExportTo;
        Import = ImportFrom;
    }

    public static FileKind Checkpoints { get; } = new CheckpointKind<LanguageModelRecipe, RunTexts>(
        LanguageModelCheckpoint.Format, Facts, run => RecipeReport.Rows(run.Data.Level, run.Recipe));

    protected override IEnumerable<(string Name, Action<Utf8JsonWriter> Write)> Shown(LanguageModelDescription content, TsdFile file) =>
    [
        Section(file, "configuration"),
        VocabularyFacts.Section(content.Vocabulary),
        Section(file, "training"),
    ];

    protected override IReadOnlyList<double> SharesOf(LanguageModelDescription content) =>
        TrainingFacts.SharesOf(content.Training.Recipe.Dropout);

    protected override ComparedRun RunOf(LanguageModelDescription content) =>
        ComparedRun.Of(content.Training, LanguageModelTraining.WordsOf(content.Vocabulary.Level));

    protected override PlanReport Plan(LanguageModelDescription content, PlanRequest request)
    {
        LanguageModelRecipe recipe = request.Settle(content.Training.Recipe);
        recipe = recipe with { Bptt = request.Steps ?? recipe.Bptt };
        return new(
            LanguageModelTrainer.MemoryNeedOf(recipe, content.Vocabulary.Count, request.Runner, request.Hardware), recipe.BatchSize,
            recipe.LongestWindow, recipe.Optimizer, request.Runner.ThreadCount);
    }

    private static IEnumerable<(string, string)> Facts(LanguageModelDescription model)
    {
        (LanguageModelConfig config, Vocabulary vocabulary, TrainingRecord<LanguageModelRecipe, TextsRecord> training) = model;
        yield return ("vocabulary", VocabularyFacts.Text(vocabulary));
        if (vocabulary.Level == TextLevel.Word)
            yield return (VocabularyOptions.LineMarksName, TextSpelling.LineMarks.NameOf(vocabulary.LineMarks));
        foreach ((string, string) row in VocabularyOptions.Rows(vocabulary.Rules)) yield return row;
        IEnumerable<(string, string)> rest = !training.IsRunKnown ? Shape(config) :
        [
            .. Texts(
                Describe(training.Data.Train), End(training.Data.ValidFraction) + Describe(training.Data.Valid),
                Describe(training.Data.Test), training.Data.Streams),
            .. TrainingFacts.Results(training, LanguageModelFile.Metric),
            .. RecipeReport.Rows(vocabulary.Level, training.Recipe),
        ];
        foreach ((string, string) fact in TrainingFacts.Origin(training)) yield return fact;
        foreach ((string, string) fact in rest) yield return fact;
    }

    private static IEnumerable<(string, string)> Facts(RunTexts texts) =>
        Texts(Describe(texts.Train), End(texts.ValidFraction) + Describe(texts.Valid), Describe(texts.Test), texts.Streams);

    private static IEnumerable<(string, string)> Texts(string? train, string? valid, string? test, int? streams)
    {
        yield return ("trained on", train!);
        yield return ("validated on", valid!);
        if (test is not null) yield return ("tested on", test);
        if (streams is { } count) yield return ("measured in", EvaluationStreams.Count(count));
    }

    // Of a model from elsewhere whose run nobody knows.
    private static IEnumerable<(string, string)> Shape(LanguageModelConfig config)
    {
        yield return ("cell", ModelSpelling.Cells.NameOf(config.Cell));
        yield return ("layers", config.LayerCount.ToString(CultureInfo.InvariantCulture));
        yield return ("embedding", Figures.Count(config.EmbeddingSize));
        yield return ("hidden", Figures.Count(config.HiddenSize));
        if (config.LastHiddenSize != 0) yield return ("hidden, last layer", Figures.Count(config.LastHiddenSize));
        if (config.Peepholes) yield return ("peepholes", "yes");
        yield return ("tied", config.TieWeights ? "yes" : "no");
    }

    private static string End(float? share) => share is { } some ? $"the last {Figures.Percent(some)} of " : "";

    private static string? Describe(TextRecord? text) => text is null ? null : $"{text.Name}, {Figures.Count(text.Tokens, "token")}";

    private static string? Describe(TextFingerprint? text) => text is null ? null : $"{text.Path}, {Figures.Count(text.Tokens, "token")}";

    private static string? ExportTo(ExportRequest request)
    {
        var notes = new List<string>();
        LoadedLanguageModel loaded = LanguageModelFile.Load(request.Path);
        loaded = loaded with { Model = LanguageModelFile.Format.ToFloats(loaded.Model, request.Path, notes.Add) };
        LoadedLanguageModel? whole = request.RecurrentOnly ? null : loaded;
        if (request.IsOnnx && whole is not null)
        {
            OnnxWriter.Write(request.Output, whole, request.WithState);
        }
        else
        {
            IReadOnlyList<RecurrentStack> stacks = request.IsOnnx
                ? [LanguageModelParts.RecurrentPart(loaded.Model, request.Output)]
                : LanguageModelParts.RecurrentParts(loaded.Model);
            StackKind.Write(request, stacks, $"{stacks[0].Layout.Tensors[0].Name.Split('.')[0]}.", whole);
        }

        if (whole is null)
            notes.Add($"{request.Output} holds the recurrent layers of {request.Path}; embedding and classifier are left out");
        return notes.Count == 0 ? null : string.Join("; ", notes);
    }

    private static ImportedModel? ImportFrom(CliContext context, string path, LanguageModelChoices choices)
    {
        bool isOnnx = FileFormats.Of(path) == FileFormat.Onnx;
        if (isOnnx) StackOptions.WarnOfAny(choices.Names, path, context.Warnings);
        if (Importer.FindLanguageModel(path, choices) is not { } import) return null;
        (LanguageModel model, Vocabulary vocabulary, TrainingRecord<LanguageModelRecipe, TextsRecord> training) = import.Loaded;
        LanguageModelConfig config = model.Config;
        string last = config.LastHiddenSize == 0 ? "" : $", {config.LastHiddenSize} in the last layer";
        string described = $"language model, {ModelSpelling.Cells.NameOf(config.Cell)}, {Figures.Count(config.LayerCount, "layer")}, " +
            $"{config.HiddenSize} hidden{last}, {Figures.Count(vocabulary.Count)} tokens of level " +
            $"{TextSpelling.Levels.NameOf(vocabulary.Level)}";
        return new(
            import.ExternalFiles, Report, (output, storage) => LanguageModelFile.Save(output, model, vocabulary, training, storage),
            output => StackResult.From(output, import), described);

        void Report()
        {
            if (!isOnnx) StackOptions.WarnOfNonlinearity(choices.Names, config.Cell, path, context.Warnings);
            StackSource.Report(context, "tinysd import", path, [], import.Rounded, import.Copies);
        }
    }
}
