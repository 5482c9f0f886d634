using TinySD.Tools.Options;
using TinySD.Tools.Tasks.Translating;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd train translator</c>: sentences of one language to those of another.</summary>
internal sealed class TrainTranslatorCommand : TrainCommand<TranslatorRecipe, RunPairs, TranslatorBatch>
{
    private readonly PairOptions _pairs = new();
    private readonly TranslatorDataOptions _data = new();
    private readonly RecipeOptions<TranslatorRecipe> _recipe = TranslatorRecipeOptions.Create();

    public TrainTranslatorCommand(CommonOptions common)
        : base(
            "translator",
            "Train a translator on sentences and their translations. It is a recurrent encoder and decoder with attention; the epoch " +
            "that does best on other pairs is written.",
            TranslatorFields.Table, TranslatorCheckpoint.Format, common) =>
        AddAll([.. _pairs.All, Out, .. _data.All, .. _recipe.All, InitFrom, .. Ends, .. Machine, .. Rest]);

    protected override IReadOnlyList<Option> Required => [_pairs.Source, _pairs.Target];

    protected override TrainingJob<TranslatorRecipe, RunPairs, TranslatorBatch> Read(
        ParseResult parsed, CliContext context, ResumedRun<TranslatorRecipe, RunPairs>? run)
    {
        LoadedTranslator? loaded = StartOf(parsed, run) is { } path ? TranslatorFile.Load(path) : null;
        StartModel<TranslatorRecipe>? start = loaded is null ? null : new(
            StartOf(parsed, run)!, loaded.Description.Training.Recipe, own => own.WithShapeOf(loaded.Translator));
        TranslatorRecipe recipe = _recipe.Read(parsed, TranslatorRecipe.Presets[0].Name, run, context.Warnings, start);
        ResumedPairs? resumed = run is null ? null : new(run);
        IReadOnlyDictionary<string, string> typed = _data.Given(parsed);
        IReadOnlyDictionary<string, string> given = run is null ? HeldOutShare.Settle(typed, _pairs.ValidOf(parsed) is not null) : typed;
        IReadOnlyDictionary<string, string> options = resumed?.Known
            ?? (start is null ? TranslatorDataOptions.WithPreset(given, recipe.Name) : given);
        resumed?.CheckOptions(given);
        if (start is not null)
            options = TranslatorDataOptions.Of(start, loaded!.Description.Units.Source.IsLowerCase, options, context.Warnings);
        PairFiles? train = _pairs.TrainOf(parsed, resumed?.Train), test = _pairs.TestOf(parsed, resumed?.Test);

        // What was held out of the training files is no file of its own.
        PairFiles? valid = _pairs.ValidOf(parsed, TranslatorDataOptions.HoldsOutValid(options) ? null : resumed?.Valid);
        TranslatorReading reading = TranslatorDataOptions.Read(options, valid is not null, context.Warnings) with { Start = loaded };
        reading = _data.Moved(parsed, reading);
        TranslatorDataOptions.Check(recipe, reading);
        return new(recipe, (progress, stop) =>
        {
            var data = TranslatorData.Read(train!, valid, test, reading, recipe, progress, stop);
            RunPairs recorded = data.ToRunPairs(options);
            return new(recorded, setup => new TranslatorTraining(recipe, data, setup, loaded?.Translator.Model))
            {
                Warnings = data.Warnings,
                Notes = HeldOutShare.Told(typed, given, train!.ToString(), "pairs", PairOptions.ValidOption),
                Check = () => resumed?.Check(recorded),
            };
        })
        {
            Files =
            [
                (_pairs.Source, train?.Source), (_pairs.Target, train?.Target), (_pairs.ValidSource, valid?.Source),
                (_pairs.ValidTarget, valid?.Target), (_pairs.TestSource, test?.Source), (_pairs.TestTarget, test?.Target),
                .. _data.FilesOf(reading),
            ],
            Plan = setup => TranslatorData.Read(train!, valid, null, reading, recipe, setup.Progress, setup.Stop).Plan(recipe, setup),
            Beside = TranslatorDataOptions.Rows(options),
            WriteBeside = json => TranslatorDataOptions.WriteMembers(new(json), reading),
        };
    }
}
