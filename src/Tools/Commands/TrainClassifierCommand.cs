using TinySD.Tools.Options;
using TinySD.Tools.Tasks.Classification;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd train classifier</c>: labels for texts.</summary>
internal sealed class TrainClassifierCommand : TrainCommand<ClassifierRecipe, RunSequences, SequenceBatch>
{
    private readonly FileOption _train = FileOption.Input("--train",
        "The training file, plain or gzip: one text a line with its label before or behind it and a tab between them, or LABEL TEXT; or " +
        "a table (.csv) with a column of each.");

    private readonly FileOption _valid = FileOption.Input("--valid",
        "The validation file, written the same: the model that does best on it is kept. [default: a part of --train]");

    private readonly FileOption _test = FileOption.Input("--test", "A test file, measured once, on the model that is kept.");
    private readonly ClassifierDataOptions _data = new();
    private readonly RecipeOptions<ClassifierRecipe> _recipe =
        new(ClassifierFields.Table, ClassifierFields.Shared, ClassifierRecipe.Presets);

    public TrainClassifierCommand(CommonOptions common)
        : base(
            "classifier",
            "Train a classifier of texts or of sequences of numbers. It learns from some with labels, and the epoch that does best on " +
            "others is written.",
            ClassifierFields.Table, ClassifierCheckpoint.Format, common) =>
        AddAll(
            [.. HelpGroup.Data.MainOf(_train, _valid, _test), Out, .. _data.All, .. _recipe.All, InitFrom, .. Ends, .. Machine, .. Rest]);

    protected override IReadOnlyList<Option> Required => [_train];

    protected override TrainingJob<ClassifierRecipe, RunSequences, SequenceBatch> Read(
        ParseResult parsed, CliContext context, ResumedRun<ClassifierRecipe, RunSequences>? run)
    {
        LoadedClassifier? loaded = StartOf(parsed, run) is { } path ? ClassifierFile.Load(path) : null;
        StartModel<ClassifierRecipe>? start = loaded is null ? null : new(
            StartOf(parsed, run)!, loaded.Description.Training.Recipe, own => own.WithShapeOf(loaded.Classifier));
        ClassifierRecipe recipe = _recipe.Read(parsed, _data.UsualPreset(parsed), run, context.Warnings, start);
        if (recipe is { BalancesLabels: true, IsMultiLabel: true })
            throw new UsageException("--class-weights balanced is for one label a text; leave it out with --multi-label.");
        ResumedSequences<ClassifierRecipe>? resumed = run is null ? null : new(run, ClassifierDataOptions.ValueOf);
        IReadOnlyDictionary<string, string> typed = _data.Given(parsed);
        IReadOnlyDictionary<string, string> given = run is null ? HeldOutShare.Settle(typed, parsed.GetValue(_valid) is not null) : typed;
        IReadOnlyDictionary<string, string> options = resumed?.Known ?? given;
        resumed?.CheckOptions(given, ClassifierDataOptions.NamesNoFold(options) ? ClassifierDataOptions.WithFold(options, 1) : options);
        if (start is not null) options = ClassifierDataOptions.Of(start, loaded!.Description, options, context.Warnings);
        string? train = parsed.GetValue(_train) ?? run?.Data.Train.Path;

        // What was held out of the training file is no file of its own.
        string? valid = parsed.GetValue(_valid) ?? (ClassifierDataOptions.HoldsOutValid(options) ? null : run?.Data.Valid.Path);
        string? test = parsed.GetValue(_test) ?? (ClassifierDataOptions.HoldsOutTest(options) ? null : run?.Data.Test?.Path);
        ClassifierReading reading = ClassifierDataOptions.Read(options, train ?? "", valid is not null, test is not null, context.Warnings);
        if (loaded is not null)
        {
            reading = reading with
            {
                Start = loaded.Description,
                Inputs = reading.IsOfNumbers ? loaded.Classifier.Form.Inputs : null,
                IdColumn = reading.IdColumn ?? loaded.Description.Table?.Id,
                LabelColumn = reading.LabelColumn ?? loaded.Description.Table?.Label,
            };
        }

        return new(recipe, (_, _) =>
        {
            var data = ClassifierData.Read(train!, valid, test, reading, recipe);
            SequenceModel? first = loaded?.Classifier.Model;
            RunSequences recorded = data.ToRunSequences(options, reading);
            return new(recorded, setup => new ClassifierTraining(recipe, data, setup, first))
            {
                Warnings = data.Warnings,
                Notes = HeldOutShare.Told(typed, given, train!, reading.IsOfNumbers ? "sequences" : "texts", _valid.Name),
                Check = () => resumed?.Check(recorded, _train, _valid, _test),
            };
        })
        {
            Files = [(_train, train), (_valid, valid), (_test, test)],
            Plan = setup =>
            {
                var data = ClassifierData.Read(train!, valid, test: null, reading, recipe);
                int longest = ClassifierTask.LongestOf(recipe, data.Train.Sequences, data.Valid.Sequences);
                MemoryNeed need = ClassifierTask.MemoryNeedOf(
                    recipe, data.Vocabulary?.Count ?? 0, data.Form.Inputs.Length, data.Form.Labels.Length, longest, setup.Runner,
                    setup.Hardware);
                return (need, longest);
            },
            Beside = reading.IsOfNumbers ? [] : [("--level", TextSpelling.Levels.NameOf(reading.Level))],
            WriteBeside = json =>
            {
                if (!reading.IsOfNumbers) json.WriteString("level", TextSpelling.Levels.NameOf(reading.Level));
            },
        };
    }
}
