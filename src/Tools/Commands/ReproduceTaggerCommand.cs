using TinySD.Tools.Options;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Tasks.Tagging;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

internal sealed class ReproduceTaggerCommand : GridCommand
{
    private readonly FileOption _train = FileOption.Input("--train", "The training file, as 'train tagger' reads it.");
    private readonly FileOption _valid = FileOption.Input("--valid", "The validation file. [default: a part of --train]");

    private readonly FileOption _test =
        FileOption.Input("--test", "The test file, measured once for each run, on its best model.");

    private readonly TaggerDataOptions _data = new();
    private readonly RecipeOptions<TaggerRecipe> _recipe = new(TaggerFields.Table, TaggerFields.Shared, TaggerRecipe.Presets);
    private readonly GridOptions _grid = new();

    public ReproduceTaggerCommand(CommonOptions common)
        : base(
            TaggerGrid.OfEntities,
            "Train a tagger with each way to drop units and some seeds. --train, --test and --dir are required. Can be " +
            "stopped at any time; the same command goes on.",
            common)
    {
        _train.Required = _test.Required = true;
        AddAll([.. HelpGroup.Data.MainOf(_train, _valid, _test), Folder, .. _data.All, .. _recipe.OfGrids, .. _grid.All, .. Rest]);
    }

    protected override Func<GridManifest?, GridTask> Read(ParseResult parsed, CliContext context)
    {
        GridPlan<TaggerRecipe> plan = _grid.Read(
            parsed, _recipe, TaggerRecipe.Presets[0].Name, TaggerFields.Table, context.Warnings);
        string train = parsed.GetValue(_train)!, test = parsed.GetValue(_test)!;
        string? valid = parsed.GetValue(_valid);
        IReadOnlyDictionary<string, string> given = _data.Given(parsed), options = HeldOutShare.Settle(given, valid is not null);
        foreach (string note in HeldOutShare.Told(given, options, train, "sentences", _valid.Name))
            context.Warnings.Note(note);
        TaggerReading reading = TaggerDataOptions.Read(options, valid is not null, context.Warnings);
        int? embedding = Ranged.Given(parsed, _recipe[TaggerFields.EmbeddingSize.Option]).Count > 0 ? plan.Recipe.EmbeddingSize : null;
        return _ =>
        {
            TaggerData data = ProgressDisplay.Run(context, progress => TaggerData.Read(
                train, valid, test, reading, plan.Recipe, embedding, progress, context.Stop.Watch()));
            return new TaggerGrid(plan, data, reading, options);
        };
    }
}
