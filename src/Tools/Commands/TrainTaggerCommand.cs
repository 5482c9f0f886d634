using TinySD.Tools.Options;
using TinySD.Tools.Tasks.Tagging;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

/// <summary><c>tinysd train tagger</c>: tags for the words of sentences.</summary>
internal sealed class TrainTaggerCommand : TrainCommand<TaggerRecipe, RunSequences, TaggerBatch>
{
    private readonly FileOption _train = FileOption.Input("--train",
        "The training file, plain or gzip: CoNLL columns, a word a line with its tag in the last column, and a blank line between " +
        "sentences.");

    private readonly FileOption _valid = FileOption.Input("--valid",
        "The validation file, written the same: the model that does best on it is kept. [default: a part of --train]");

    private readonly FileOption _test = FileOption.Input("--test", "A test file, measured once, on the model that is kept.");
    private readonly TaggerDataOptions _data = new();
    private readonly RecipeOptions<TaggerRecipe> _recipe = new(TaggerFields.Table, TaggerFields.Shared, TaggerRecipe.Presets);

    public TrainTaggerCommand(CommonOptions common)
        : base(
            "tagger",
            "Train a tagger of words on sentences with tags. For named entities or parts of speech; the epoch that does best on other " +
            "sentences is written.",
            TaggerFields.Table, TaggerCheckpoint.Format, common) =>
        AddAll(
            [.. HelpGroup.Data.MainOf(_train, _valid, _test), Out, .. _data.All, .. _recipe.All, InitFrom, .. Ends, .. Machine, .. Rest]);

    protected override IReadOnlyList<Option> Required => [_train];

    protected override TrainingJob<TaggerRecipe, RunSequences, TaggerBatch> Read(
        ParseResult parsed, CliContext context, ResumedRun<TaggerRecipe, RunSequences>? run)
    {
        LoadedTagger? loaded = StartOf(parsed, run) is { } path ? TaggerFile.Load(path) : null;
        StartModel<TaggerRecipe>? start = loaded is null ? null : new(
            StartOf(parsed, run)!, loaded.Description.Training.Recipe, own => own.WithShapeOf(loaded.Tagger));
        TaggerRecipe recipe = _recipe.Read(parsed, TaggerRecipe.Presets[0].Name, run, context.Warnings, start);
        ResumedSequences<TaggerRecipe>? resumed = run is null ? null : new(run, TaggerDataOptions.ValueOf, "sentence");
        IReadOnlyDictionary<string, string> typed = _data.Given(parsed);
        IReadOnlyDictionary<string, string> given = run is null ? HeldOutShare.Settle(typed, parsed.GetValue(_valid) is not null) : typed;
        IReadOnlyDictionary<string, string> options = resumed?.Known ?? given;
        resumed?.CheckOptions(TaggerDataOptions.WithoutFiles(given), options);
        if (start is not null) options = TaggerDataOptions.Of(start, loaded!.Description.Words.Reading, options, context.Warnings);
        string? train = parsed.GetValue(_train) ?? run?.Data.Train.Path, test = parsed.GetValue(_test) ?? run?.Data.Test?.Path;

        // What was held out of the training file is no file of its own.
        string? valid = parsed.GetValue(_valid) ?? (TaggerDataOptions.HoldsOutValid(options) ? null : run?.Data.Valid.Path);
        TaggerReading reading = TaggerDataOptions.Read(options, valid is not null, context.Warnings) with { Start = loaded };
        if (parsed.GetValue(_data.Vectors) is { } vectors && reading.Vectors is not null) reading = reading with { Vectors = vectors };
        bool asksScheme = Ranged.Given(parsed, _recipe[TaggerFields.Scheme.Option]).Count > 0;
        int? embedding = run is not null || Ranged.Given(parsed, _recipe[TaggerFields.EmbeddingSize.Option]).Count > 0
            ? recipe.EmbeddingSize : null;
        TrainingJob<TaggerRecipe, RunSequences, TaggerBatch> job = null!;
        job = new(recipe, (progress, stop) =>
        {
            TaggerData data = ReadData(test, progress, stop);
            RunSequences recorded = data.ToRunSequences(options, reading);
            return new(recorded, setup => new TaggerTraining(data.Recipe, data, setup, loaded?.Tagger.Model))
            {
                Warnings = data.Warnings,
                Notes = HeldOutShare.Told(typed, given, train!, "sentences", _valid.Name),
                Check = () => resumed?.Check(recorded, _train, _valid, _test),
            };
        })
        {
            Files = [(_train, train), (_valid, valid), (_test, test), (_data.Vectors, reading.Vectors)],
            Plan = setup =>
            {
                TaggerData data = ReadData(null, setup.Progress, setup.Stop);
                int longest = TaggerTask.LongestOf(data.Recipe, data.Train.Sentences);
                MemoryNeed need = TaggerTask.MemoryNeedOf(
                    data.Recipe, data.Words.Words.Count, data.Words.Characters.Count, data.Form.Tags.Length, longest, setup.Runner,
                    setup.Hardware);
                return (need, longest);
            },
            Beside = TaggerDataOptions.Rows(reading.Words),
            WriteBeside = json =>
            {
                json.WriteBoolean("lower", reading.Words.IsLowerCase);
                json.WriteBoolean("zeroDigits", reading.Words.ZeroesDigits);
            },
        };
        return job;

        TaggerData ReadData(string? tests, IProgressDisplay progress, CancellationToken stop)
        {
            var data = TaggerData.Read(train!, valid, tests, reading, recipe, embedding, progress, stop);
            bool isPlain = asksScheme && recipe.Scheme != TagScheme.None && data.Form.Scheme == TagScheme.None;
            context.Warnings.NoEffect(isPlain, TaggerFields.Scheme.Option, $": the tags of {train} make no entities");
            job.Recipe = data.Recipe;
            return data;
        }
    }
}
