using TinySD.Formats.Schedules;
using TinySD.Tools.Json;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>A language model in training: its texts, its words, its file.</summary>
internal sealed class LanguageModelTraining : TrainedTask<TokenWindow>
{
    private readonly LanguageModelRecipe _recipe;
    private readonly LanguageModelData _data;
    private readonly IParallelRunner _runner;
    private readonly HardwareProfile? _hardware;
    private readonly MaskScheduleFile? _schedule;
    private readonly TensorStorage _storage;
    private readonly LanguageModelTask _task;
    private readonly int? _streams;

    /// <summary>Plans and takes the memory.</summary>
    /// <param name="recipe">What decides the run.</param>
    /// <param name="data">Its texts.</param>
    /// <param name="output">The model file; written after every epoch that improves on all before it.</param>
    /// <param name="runner">Threads.</param>
    /// <param name="hardware">The machine.</param>
    /// <param name="schedule">Its masks, or null to draw them.</param>
    /// <param name="storage">Number format of the weights in the file.</param>
    /// <param name="streams">Streams of validation and test, as the model's record has them: null in a run from before it had.</param>
    /// <exception cref="UsageException">The sizes are beyond what one block of memory can hold.</exception>
    public LanguageModelTraining(
        LanguageModelRecipe recipe, LanguageModelData data, string output, IParallelRunner runner, HardwareProfile? hardware,
        MaskScheduleFile? schedule = null, TensorStorage storage = TensorStorage.F32, int? streams = null)
    {
        _recipe = recipe;
        _data = data;
        Output = output;
        _runner = runner;
        _hardware = hardware;
        _schedule = schedule;
        _storage = storage;
        _streams = streams;
        Streams = EvaluationStreams.Of(streams, recipe);
        _task = Sizes.Checked(() => new LanguageModelTask(
            recipe, data.Vocabulary.Count, data.Train.Tokens, data.Valid.Tokens, runner, hardware, schedule, Streams.Valid));
    }

    /// <summary>Streams of validation and test.</summary>
    public EvaluationStreams Streams { get; }

    /// <inheritdoc/>
    public override TrainingTask<TokenWindow> Task => _task;

    /// <inheritdoc/>
    public override string Output { get; }

    /// <inheritdoc/>
    public override TaskWords Words => Told;

    /// <summary>How language models are told about.</summary>
    public static TaskWords Told { get; } = new(
        "language model", "language modelling", "text", "tokens", LanguageModelFile.Metric, "perplexities", Figures.Perplexity)
    {
        IsExpOfLoss = true,
        JsonEnd = "Perplexity",
    };

    /// <inheritdoc/>
    public override string MeasuredHow => Streams.Told(_data.Test is not null);

    /// <inheritdoc/>
    public override IEnumerable<(string Name, string Value)> Facts =>
    [
        .. _data.Texts.Select(text => (Path.GetFileName(text.Name), Figures.Count(text.Tokens.Length, "token"))),
        ("left out of each epoch", Figures.Count(_data.LeftOutOf(_recipe).Tokens, "token")),
        ("vocabulary", Figures.Count(_data.Vocabulary.Count)),
    ];

    /// <inheritdoc/>
    public override IEnumerable<string> Notes(TrainingRun<TokenWindow> run, int threads)
    {
        yield return
            $"{_data.Train.Name}: {Figures.Count(_data.Train.Tokens.Length, "token")}, vocabulary {Figures.Count(_data.Vocabulary.Count)}; " +
            $"{Figures.Count(_task.Model.Layout.ParameterCount, "parameter")}; " +
            $"{(_recipe.VariableBptt ? "about " : "")}{Figures.Count(run.BatchCount, "step")} an epoch; threads: {threads}";
        if (_data.LeftOutOf(_recipe) is { Tokens: > 0, IsMuch: false } left) yield return left.Told(_data.Train.Name);
        yield return MeasuredHow;
        if (_data.Vocabulary.UnknownId is null) yield break;
        long unknown = _data.Train.Tokens.UnknownCount, trained = _data.Train.Tokens.Length;
        yield return $"{_data.Train.Name}: {Figures.Count(trained, "token")} to train on{UnknownToken.Told(_data.Vocabulary, unknown, trained)}";
        foreach (EncodedText text in new[] { _data.Valid, _data.Test }.OfType<EncodedText>())
        {
            long tokens = text.Tokens.Length - 1;
            yield return $"{text.Name}: {Figures.Count(tokens, "token")} to predict{UnknownToken.Told(_data.Vocabulary, text.UnknownToPredict, tokens)}";
        }
    }

    /// <inheritdoc/>
    public override void CheckLength(long updates)
    {
        if (_schedule is null || _schedule.Info.Updates >= updates) return;
        throw new UsageException(
            $"{_schedule.Path} holds the masks of {Figures.Count(_schedule.Info.Updates, "update")}, and this run makes {Figures.Count(updates)}; " +
            $"write a longer one, or give --max-steps {_schedule.Info.Updates}.");
    }

    /// <inheritdoc/>
    public override void Save(ParameterBlock parameters, IReadOnlyList<EpochOutcome> epochs) =>
        LanguageModelFile.Save(Output, _task.ModelOf(parameters), _data.Vocabulary, new()
        {
            Recipe = _recipe,
            Data = new() { Train = _data.Train.ToRecord(), Valid = _data.Valid.ToRecord(), Streams = _streams },
            Epochs = epochs,
        }, _storage);

    /// <inheritdoc/>
    public override Measurement? Test(IProgressDisplay progress, CancellationToken stop)
    {
        if (_data.Test is not { } test) return null;
        LoadedLanguageModel best = LanguageModelFile.Load(Output);
        var evaluator = new LanguageModelEvaluator(best.Model, _runner, Streams.Test, hardware: _hardware);
        EvaluationResult result = evaluator.Evaluate(test.Tokens, ProgressDisplay.ShareOf(progress, "testing"), stop);
        var measured = new Measurement(result.Loss, result.Perplexity);
        if (!double.IsFinite(result.Loss)) return measured;
        TextsRecord texts = best.Training.Data with { Test = test.ToRecord() };
        LanguageModelFile.Save(Output, best.Model, best.Vocabulary, best.Training with { Data = texts, Test = measured }, _storage);
        return measured;
    }

    /// <summary>Writes what a run brought, as one JSON object.</summary>
    public void WriteJson(TextWriter writer, TrainingOutcome outcome, int threads)
    {
        var epochs = outcome.Epochs.Select(e => new EpochResult(
            e.Epoch, e.Train.Metric, e.Valid.Metric, e.Train.Loss, e.Valid.Loss, e.LearningRate, e.Seconds, e.TermsPerSecond, e.Steps,
            Streams.Valid));
        var result = new TrainLmResult(
            [.. epochs], outcome.Best.Epoch, outcome.Best.Valid.Metric, outcome.Best.Valid.Loss, _data.Valid.UnknownToPredict, Streams.Valid,
            outcome.Test?.Metric, outcome.Test?.Loss, _data.Test?.UnknownToPredict, _data.Test is null ? null : Streams.Test,
            outcome.Parameters, _data.Vocabulary.Count, Output, outcome.Seconds, threads, new RecipeResult(_data.Vocabulary.Level, _recipe),
            _data.Train.Tokens.Length, _data.LeftOutOf(_recipe).Tokens, _data.Train.Tokens.UnknownCount);
        CliJson.Write(writer, result, CliJson.Default.TrainLmResult);
    }
}
