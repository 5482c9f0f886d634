using TinySD.Tools.Options;
using TinySD.Tools.Tasks.LanguageModeling;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

internal sealed class TrainLmCommand : TrainCommand<LanguageModelRecipe, RunTexts, TokenWindow>
{
    private readonly FileOption _train = FileOption.Input("--train",
        "The training text, plain or gzip, of any length. At word level tokens are split at white space and lines end in <eos> " +
        "(see --eos).");

    private readonly ValidTextOptions _valid = new();
    private readonly FileOption _test = FileOption.Input("--test", "A test text, measured once, on the model that is kept.");
    private readonly LanguageModelOptions _recipe = new();
    private readonly VocabularyOptions _vocabulary = new();
    private readonly Option<int?> _streams = EvaluationOptions.StreamsInTraining();
    private readonly FileOption _schedule = Schedules.Option();

    public TrainLmCommand(CommonOptions common)
        : base(
            "lm",
            "Train a language model on a text. The epoch that does best on another text, or on the end of the same, is written.",
            LanguageModelFields.Table, LanguageModelCheckpoint.Format, common) =>
        AddAll(
            [
                .. HelpGroup.Data.MainOf<Option>([_train, .. _valid.All, _test]), Out, .. _recipe.All, .. _vocabulary.All, InitFrom,
                .. Ends, _streams, .. Machine, .. HelpGroup.Dropout.Of(_schedule), .. Rest,
            ]);

    protected override IReadOnlyList<Option> Required => [_train];

    protected override TrainingJob<LanguageModelRecipe, RunTexts, TokenWindow> Read(
        ParseResult parsed, CliContext context, ResumedRun<LanguageModelRecipe, RunTexts>? resumed)
    {
        string? masks = parsed.GetValue(_schedule) ?? resumed?.Settings.Schedule?.Path;
        MaskScheduleFile? schedule = masks is null ? null : MaskScheduleFile.Open(masks);
        try
        {
            return Read(parsed, context.Warnings, resumed, schedule);
        }
        catch
        {
            schedule?.Dispose();
            throw;
        }
    }

    private TrainingJob<LanguageModelRecipe, RunTexts, TokenWindow> Read(
        ParseResult parsed, Warnings warnings, ResumedRun<LanguageModelRecipe, RunTexts>? run, MaskScheduleFile? schedule)
    {
        LoadedLanguageModel? loaded = StartOf(parsed, run) is { } path ? LanguageModelFile.Load(path) : null;
        StartModel<LanguageModelRecipe>? start = loaded is null ? null : new(
            StartOf(parsed, run)!, loaded.Training.IsRunKnown ? loaded.Training.Recipe : null,
            own => own.WithShapeOf(loaded.Model.Config));
        (TextLevel level, LanguageModelRecipe recipe) = run is null
            ? _recipe.Read(
                parsed, warnings, preset => schedule is null ? preset : Schedules.Take(preset, schedule), start, loaded?.Vocabulary.Level)
            : _recipe.Read(parsed, run, warnings);
        if (schedule is not null) Schedules.Check(schedule, recipe);
        ResumedTexts? resumed = run is null ? null : new(run);
        resumed?.Check(schedule, _schedule.Name);
        VocabularyLimits limits = resumed?.Limits(parsed, _vocabulary, warnings) ?? _vocabulary.Read(parsed, level, warnings);
        int? streams = resumed is null ? parsed.GetValue(_streams) ?? recipe.BatchSize : resumed.Streams(parsed, _streams);
        AskedRules asked = _vocabulary.Rules(parsed, level, warnings);
        TokenRules rules = resumed?.Rules(asked) ?? loaded?.Vocabulary.Rules ?? VocabularyOptions.RulesOf(level, asked);
        if (loaded is not null)
        {
            VocabularyOptions.Require(start!, asked, loaded.Vocabulary.Rules);
            warnings.NoEffect(
                Ranged.Given(parsed, _vocabulary.MinimumCount, _vocabulary.MaximumSize),
                $" with {StartOption.Name}: the words are those of the model");
        }

        (string? valid, float? fraction) = run is null ? _valid.Read(parsed) : _valid.Read(parsed, run);
        string? train = parsed.GetValue(_train) ?? run?.Data.Train.Path, test = parsed.GetValue(_test) ?? run?.Data.Test?.Path;
        var texts = new TextsRequest(train ?? "", valid, test, rules, limits)
        {
            ValidFraction = fraction, Known = loaded?.Vocabulary,
        };
        return new(recipe, ReadTexts)
        {
            Beside =
            [
                (RecipeReport.Level, TextSpelling.Levels.NameOf(level)), .. VocabularyOptions.Rows(rules),
                .. fraction is { } share ? [(HeldOutShare.OptionName, Figures.Setting(share))] : ((string, string)[])[],
            ],
            WriteBeside = json => json.WriteString("level", TextSpelling.Levels.NameOf(level)),
            Files = [(_train, train), (_valid.File, valid), (_test, test), (_schedule, schedule?.Path)],
            Settle = settings => schedule is { Info.Updates: int updates }
                ? settings with { Schedule = new(schedule.Path, updates, schedule.FingerprintOf(updates)) }
                : settings,
            Owned = schedule,
            Plan = setup =>
            {
                int vocabulary = new TextsReader(texts, setup.Progress, setup.Stop).ReadVocabulary().Count;
                MemoryNeed need = LanguageModelTrainer.MemoryNeedOf(recipe, vocabulary, setup.Runner, setup.Hardware, streams);
                return (need, recipe.LongestWindow);
            },
        };

        TrainingData<RunTexts, TokenWindow> ReadTexts(IProgressDisplay progress, CancellationToken stop)
        {
            LanguageModelData data = new TextsReader(texts, progress, stop).Read(recipe);
            return new(data.ToRunTexts(streams), setup => new LanguageModelTraining(recipe, data, setup, schedule, streams, loaded?.Model))
            {
                Warnings = data.Warnings(recipe),
                Check = () => resumed?.Check(data, (_train.Name, _valid.File.Name, _test.Name)),
                Owned = data,
            };
        }
    }
}
