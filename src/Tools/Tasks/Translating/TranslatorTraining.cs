using TinySD.Tools.Json;
using TinySD.Tools.Training;

namespace TinySD.Tools.Tasks.Translating;

/// <summary>A translator in training: its data, its words, its file. The memory is planned and taken at once.</summary>
internal sealed class TranslatorTraining : TrainedTask<TranslatorBatch>
{
    private static readonly string[] s_uses = ["train on", "validate on", "test on"];

    private readonly TranslatorData _data;
    private readonly RunSetup _setup;
    private readonly TranslatorTask _task;
    private TranslationResult? _valid, _test;

    /// <param name="recipe">What decides the run.</param>
    /// <param name="data">Its data.</param>
    /// <param name="setup">Where it writes, and what it computes with.</param>
    /// <param name="start">The model to begin with, or null.</param>
    /// <exception cref="UsageException">The sizes are beyond what one block of memory can hold.</exception>
    public TranslatorTraining(TranslatorRecipe recipe, TranslatorData data, RunSetup setup, TranslatorModel? start = null)
    {
        (_data, _setup) = (data, setup);
        _task = Sizes.Checked(() => new TranslatorTask(
            recipe, data.Units.Form, data.Units.Source.Vocabulary.Count, data.Train.Pairs, data.Valid.Pairs, setup.Runner, setup.Hardware,
            start: start));
    }

    /// <summary>How translators are told about.</summary>
    public static TaskWords Told { get; } = new(
        "translator", "translation", "data", "target units", TranslatorFile.Metric, "BLEU scores", value => Figures.Fixed(value, 2))
    { Unit = "points", TellsPerplexity = true };

    public override TrainingTask<TranslatorBatch> Task => _task;

    public override TaskWords Words => Told;

    public override string Output => _setup.Output;

    public override IEnumerable<(string Name, string Value)> Facts => FactsOf(_data);

    private TranslatorRecipe Recipe => (TranslatorRecipe)_task.Recipe;

    /// <summary>Data, for a report.</summary>
    public static IEnumerable<(string Name, string Value)> FactsOf(TranslatorData data)
    {
        foreach ((string role, TranslatorPart part) in TaskWords.Roles.Zip(data.Parts))
        {
            yield return (role,
                $"{Path.GetFileName(part.Files.Source)} and {Path.GetFileName(part.Files.Target)}, " +
                $"{Figures.Count(part.Pairs.Count, "pair")}, {Figures.Count(part.Pairs.TargetUnits)} target units");
        }

        yield return ("vocabularies", TranslatorData.InWords(data.Units));
    }

    public override IEnumerable<string> Notes(TrainingRun<TranslatorBatch> run, int threads)
    {
        yield return
            $"{TranslatorData.InWords(_data.Units)}; {Figures.Count(_task.Translator.Model.Layout.ParameterCount, "parameter")}; " +
            $"{Figures.Count(run.BatchCount, "step")} an epoch; threads: {threads}";
        foreach ((string use, TranslatorPart part) in s_uses.Zip(_data.Parts))
        {
            yield return
                $"{part.Files}: {Figures.Count(part.Pairs.Count, "pair")} to {use}, " +
                $"{Figures.Count(part.Pairs.TargetUnits)} target units; {part.UnknownInWords}";
        }
    }

    public override void Save(ParameterBlock parameters, IReadOnlyList<EpochOutcome> epochs)
    {
        var translator = new Translator(_task.ModelOf(parameters), _data.Units.Form);
        var record = new TrainingRecord<TranslatorRecipe, PairsRecord>
        {
            Recipe = Recipe,
            Data = _data.ToRecord(),
            Epochs = epochs,
        };
        TranslatorFile.Save(Output, translator, new(_data.Units, record), _setup.Dtype);
    }

    public override Measurement? Test(IProgressDisplay progress, CancellationToken stop)
    {
        LoadedTranslator best = TranslatorFile.Load(Output);
        var evaluator = new TranslatorEvaluator(best.Translator, runner: _setup.Runner, hardware: _setup.Hardware);
        _valid = Measure(_data.Valid, "measuring");
        if (_data.Test is not { } test) return null;
        _test = Measure(test, "testing");
        var measured = new Measurement(_test.Loss, _test.Bleu.Bleu);
        TrainingRecord<TranslatorRecipe, PairsRecord> record = best.Description.Training;
        record = record with { Data = record.Data with { Test = test.ToRecord() }, Test = measured };
        TranslatorFile.Save(Output, best.Translator, best.Description with { Training = record }, _setup.Dtype);
        return measured;

        TranslationResult Measure(TranslatorPart part, string label) => evaluator.Evaluate(
            part.Pairs, progress: ProgressDisplay.ShareOf(progress, label), cancellation: stop);
    }

    public override void WriteResult(Utf8JsonWriter json)
    {
        Write("validResult", _data.Valid, _valid);
        Write("testResult", _data.Test, _test);

        void Write(string name, TranslatorPart? part, TranslationResult? result)
        {
            if (part is null || result is null) return;
            new JsonMembers(json).Add(
                members => TranslationReport.WriteMembers(members, part, TranslationReport.ScoresOf(result), result.Loss), name);
        }
    }

    public override void WriteText(CliConsole console)
    {
        Write("validation", _data.Valid, _valid);
        Write("test", _data.Test, _test);

        void Write(string what, TranslatorPart? part, TranslationResult? result)
        {
            if (part is null || result is null) return;
            TranslationReport.Write(console, what, part, TranslationReport.ScoresOf(result), result.Loss);
        }
    }
}
