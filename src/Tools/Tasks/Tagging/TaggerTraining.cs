using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Tagging;

/// <summary>A tagger in training: its data, its words, its file. The memory is planned and taken at once.</summary>
internal sealed class TaggerTraining : TrainedTask<TaggerBatch>
{
    private static readonly string[] s_uses = ["train on", "validate on", "test on"];

    private readonly TaggerData _data;
    private readonly RunSetup _setup;
    private readonly TaggerTask _task;
    private TaggingResult? _valid, _test;

    /// <param name="recipe">What decides the run.</param>
    /// <param name="data">Its data.</param>
    /// <param name="setup">Where it writes, and what it computes with.</param>
    /// <param name="start">The model to begin with, or null.</param>
    /// <exception cref="UsageException">The sizes are beyond what one block of memory can hold.</exception>
    public TaggerTraining(TaggerRecipe recipe, TaggerData data, RunSetup setup, TaggerModel? start = null)
    {
        (_data, _setup) = (data, setup);
        _task = Sizes.Checked(() => new TaggerTask(
            recipe, data.Form, data.Words.Words.Count, data.Words.Characters.Count, data.Train.Sentences, data.Valid.Sentences,
            setup.Runner, setup.Hardware, start: start ?? data.Vectors?.ToModel(recipe, data.Form, data.Words)));
        Words = WordsOf(data.Form);
    }

    /// <summary>How taggers of entities are told about.</summary>
    public static TaskWords Told { get; } = new(
        "tagger", "tagging", "data", "sentences", TaggerFile.Metric, "F1 scores", value => Figures.Fixed(value, 2))
    { Unit = "points" };

    /// <summary>How taggers are told about whose tags make no entities.</summary>
    public static TaskWords ToldPlain { get; } = Told with
    {
        Metric = new("accuracy", HigherIsBetter: true),
        Plural = "Accuracies",
        Format = value => $"{Figures.Fixed(value, 2)} %",
    };

    public override TrainingTask<TaggerBatch> Task => _task;

    public override TaskWords Words { get; }

    public override string Output => _setup.Output;

    public override IEnumerable<(string Name, string Value)> Facts => FactsOf(_data);

    private TaggerRecipe Recipe => (TaggerRecipe)_task.Recipe;

    /// <summary>How taggers of some tags are told about.</summary>
    public static TaskWords WordsOf(TaggerForm form) => form.Scheme == TagScheme.None ? ToldPlain : Told;

    /// <summary>Data, for a report.</summary>
    public static IEnumerable<(string Name, string Value)> FactsOf(TaggerData data)
    {
        foreach ((string role, TaggerPart part) in TaskWords.Roles.Zip(data.Parts))
        {
            string entities = data.Form.Scheme == TagScheme.None ? "" : $", {Figures.Count(part.Entities)} entities";
            yield return (role,
                $"{Path.GetFileName(part.Path)}, {Figures.Count(part.Sentences.Count, "sentence")}, " +
                $"{Figures.Count(part.Sentences.Tokens, "word")}{entities}");
        }

        yield return ("tags", TaggingSpelling.Shown(data.Form));
        yield return ("vocabulary",
            $"{Figures.Count(data.Words.Words.Count, "word")}, {Figures.Count(data.Words.Characters.Count, "character")}");
    }

    public override IEnumerable<string> Notes(TrainingRun<TaggerBatch> run, int threads)
    {
        yield return
            $"{TaggingSpelling.Shown(_data.Form)}; vocabulary {Figures.Count(_data.Words.Words.Count)}, characters " +
            $"{Figures.Count(_data.Words.Characters.Count)}; {Figures.Count(_task.Tagger.Model.Layout.ParameterCount, "parameter")}; " +
            $"{Figures.Count(run.BatchCount, "step")} an epoch; threads: {threads}";
        foreach ((string use, TaggerPart part) in s_uses.Zip(_data.Parts))
        {
            TaggedSentences sentences = part.Sentences;
            string marks = part.Marks == 0 ? "" : $" and {Figures.Count(part.Marks, "document mark")}";
            string entities = _data.Form.Scheme == TagScheme.None ? "" : $", {Figures.Count(part.Entities)} entities";
            string unknown = sentences.Tokens == 0 ? "" : Figures.Fixed(100.0 * part.Unknown / sentences.Tokens, 1);
            yield return
                $"{part.Path}: {Figures.Count(sentences.Count, "sentence")}{marks} to {use}, {Figures.Count(sentences.Tokens, "word")}" +
                $"{entities}; {unknown} % of words {Vocabulary.Unknown}";
        }
    }

    public override void Save(ParameterBlock parameters, IReadOnlyList<EpochOutcome> epochs)
    {
        var tagger = new Tagger(_task.ModelOf(parameters), _data.Form);
        var record = new TrainingRecord<TaggerRecipe, SentencesRecord>
        {
            Recipe = Recipe,
            Data = _data.ToRecord(),
            Epochs = epochs,
        };
        TaggerFile.Save(Output, tagger, new(_data.Form, _data.Words, _data.Columns, record), _setup.Dtype);
    }

    public override Measurement? Test(IProgressDisplay progress, CancellationToken stop)
    {
        LoadedTagger best = TaggerFile.Load(Output);
        var evaluator = new TaggerEvaluator(best.Tagger, runner: _setup.Runner, hardware: _setup.Hardware);
        _valid = Measure(_data.Valid, "measuring");
        if (_data.Test is not { } test) return null;
        _test = Measure(test, "testing");
        var measured = new Measurement(_test.Loss, 100 * _test.Score);
        TrainingRecord<TaggerRecipe, SentencesRecord> record = best.Description.Training;
        SequencesRecord sets = record.Data.Sets with { Test = TaggerData.RecordOf(test) };
        record = record with { Data = record.Data with { Sets = sets }, Test = measured };
        TaggerFile.Save(Output, best.Tagger, best.Description with { Training = record }, _setup.Dtype);
        return measured;

        TaggingResult Measure(TaggerPart part, string label) => evaluator.Evaluate(
            part.Sentences, progress: ProgressDisplay.ShareOf(progress, label), cancellation: stop);
    }

    public override void WriteResult(Utf8JsonWriter json)
    {
        Write("validResult", _valid);
        Write("testResult", _test);

        void Write(string name, TaggingResult? result)
        {
            if (result is null) return;
            json.WriteStartObject(name);
            TaggingReport.WriteMembers(json, result);
            json.WriteEndObject();
        }
    }

    public override void WriteText(CliConsole console)
    {
        if (_valid is not null) TaggingReport.Write(console, "validation", _valid);
        if (_test is not null) TaggingReport.Write(console, "test", _test);
    }
}
