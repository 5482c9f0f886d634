using TinySD.Tools.Json;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>A language model in training: its texts, its words, its file. The memory is planned and taken at once.</summary>
/// <param name="recipe">What decides the run.</param>
/// <param name="data">Its texts.</param>
/// <param name="setup">Where it writes, and what it computes with.</param>
/// <param name="schedule">Its masks, or null to draw them.</param>
/// <param name="streams">Streams of validation and test, as the model's record has them: null in a run from before it had.</param>
/// <param name="start">The model to begin with, or null.</param>
/// <exception cref="UsageException">The sizes are beyond what one block of memory can hold.</exception>
internal sealed class LanguageModelTraining(
    LanguageModelRecipe recipe, LanguageModelData data, RunSetup setup, MaskScheduleFile? schedule = null, int? streams = null,
    LanguageModel? start = null)
    : TrainedTask<TokenWindow>
{
    private readonly LanguageModelTask _task = Sizes.Checked(() => new LanguageModelTask(
        recipe, data.Vocabulary.Count, data.Train.Tokens, data.Valid.Tokens, setup.Runner, setup.Hardware, schedule,
        EvaluationStreams.Of(streams, recipe).Valid, start: start));

    public EvaluationStreams Streams { get; } = EvaluationStreams.Of(streams, recipe);

    public override TrainingTask<TokenWindow> Task => _task;

    public override string Output => setup.Output;

    public override TaskWords Words { get; } = WordsOf(data.Vocabulary.Level);

    /// <summary>How language models are told about.</summary>
    public static TaskWords Told { get; } = new(
        "language model", "language modelling", "text", "tokens", LanguageModelFile.Metric, "Perplexities", Figures.Perplexity)
    {
        IsExpOfLoss = true,
        JsonEnd = "Perplexity",
    };

    /// <summary>What bits are told of at a level: words are of any length, so of them nothing is.</summary>
    public static string? UnitOf(TextLevel level) => level switch
    {
        TextLevel.Character => "character",
        TextLevel.Byte => "byte",
        _ => null,
    };

    /// <summary>How those of a level are told about.</summary>
    public static TaskWords WordsOf(TextLevel level) => Told with { BitsOf = UnitOf(level) };

    public override string MeasuredHow => Streams.Told(data.Test is not null);

    public override IEnumerable<(string Name, string Value)> Facts =>
    [
        .. data.Facts.SkipLast(1), ("left out of each epoch", Figures.Count(data.LeftOutOf(recipe).Tokens, "token")), data.Facts.Last(),
    ];

    public override IEnumerable<string> Notes(TrainingRun<TokenWindow> run, int threads)
    {
        yield return
            $"{data.Train.Name}: {Figures.Count(data.Train.Tokens.Length, "token")}, vocabulary {Figures.Count(data.Vocabulary.Count)}; " +
            $"{Figures.Count(_task.Model.Layout.ParameterCount, "parameter")}; " +
            $"{(recipe.VariableBptt ? "about " : "")}{Figures.Count(run.BatchCount, "step")} an epoch; threads: {threads}";
        foreach (string remark in data.Remarks) yield return remark;
        if (data.LeftOutOf(recipe) is { Tokens: > 0, IsMuch: false } left) yield return left.Told(data.Train.Name);
        yield return MeasuredHow;
        if (data.Vocabulary.UnknownId is null) yield break;
        yield return Told(data.Train, data.Train.Tokens.Length, "train on", data.Train.Tokens.UnknownCount);
        foreach (EncodedText text in data.Texts.Skip(1))
            yield return Told(text, text.Tokens.Length - 1, "predict", text.UnknownToPredict);

        string Told(EncodedText text, long tokens, string use, long unknown) =>
            $"{text.Told}: {Figures.Count(tokens, "token")} to {use}{UnknownToken.Told(data.Vocabulary, unknown, tokens)}";
    }

    public override void CheckLength(long updates)
    {
        if (schedule is null || schedule.Info.Updates >= updates) return;
        throw new UsageException(
            $"{schedule.Path} holds the masks of {Figures.Count(schedule.Info.Updates, "update")}, and this run makes " +
            $"{Figures.Count(updates)}; write a longer one, or give --max-steps {schedule.Info.Updates}.");
    }

    public override void Save(ParameterBlock parameters, IReadOnlyList<EpochOutcome> epochs) =>
        LanguageModelFile.Save(Output, _task.ModelOf(parameters), data.Vocabulary, new()
        {
            Recipe = recipe,
            Data = new()
            {
                Train = data.Train.ToRecord(),
                Valid = data.Valid.ToRecord(),
                ValidFraction = data.Cut?.Share,
                Streams = streams,
            },
            Epochs = epochs,
        }, setup.Dtype);

    public override Measurement? Test(IProgressDisplay progress, CancellationToken stop)
    {
        if (data.Test is not { } test) return null;
        LoadedLanguageModel best = LanguageModelFile.Load(Output);
        var evaluator = new LanguageModelEvaluator(best.Model, setup.Runner, Streams.Test, hardware: setup.Hardware);
        EvaluationResult result = evaluator.Evaluate(test.Tokens, ProgressDisplay.ShareOf(progress, "testing"), stop);
        var measured = new Measurement(result.Loss, result.Perplexity);
        if (!double.IsFinite(result.Loss)) return measured;
        TextsRecord texts = best.Training.Data with { Test = test.ToRecord() };
        LanguageModelFile.Save(Output, best.Model, best.Vocabulary, best.Training with { Data = texts, Test = measured }, setup.Dtype);
        return measured;
    }

    // Its members have the names that they had before there were other tasks.
    public override string SpeedName => "tokensPerSecond";

    public override void WriteEpoch(Utf8JsonWriter json, EpochOutcome epoch) => ResultOf(epoch).Write(new JsonMembers(json));

    public override void WriteMeasured(Utf8JsonWriter json, string what, Measurement measured) =>
        new JsonMembers(json).Add(measured.Metric, $"{what}Perplexity").Add(measured.Loss, $"{what}Loss");

    public override void WriteJson(TextWriter output, TrainingOutcome outcome, int threads, Action<Utf8JsonWriter> writeRecipe)
    {
        var result = new TrainLmResult(
            [.. outcome.Epochs.Select(ResultOf)], outcome.Best.Epoch, outcome.Best.Valid.Metric, outcome.Best.Valid.Loss,
            data.Valid.UnknownToPredict, Streams.Valid,
            outcome.Test?.Metric, outcome.Test?.Loss, data.Test?.UnknownToPredict, data.Test is null ? null : Streams.Test,
            outcome.Parameters, data.Vocabulary.Count, Output, outcome.Seconds, threads, new RecipeResult(data.Vocabulary.Level, recipe),
            data.Train.Tokens.Length, data.LeftOutOf(recipe).Tokens, data.Train.Tokens.UnknownCount);
        CliJson.Write(output, result);
    }

    private EpochResult ResultOf(EpochOutcome e) => new(
        e.Epoch, e.Train.Metric, e.Valid.Metric, e.Train.Loss, e.Valid.Loss, e.LearningRate, e.Seconds, e.TermsPerSecond, e.Steps,
        Streams.Valid);
}
