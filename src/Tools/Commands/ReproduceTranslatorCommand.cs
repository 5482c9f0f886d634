using TinySD.Tools.Options;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Tasks.Translating;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

internal sealed class ReproduceTranslatorCommand : GridCommand
{
    private readonly PairOptions _pairs = new();
    private readonly TranslatorDataOptions _data = new();
    private readonly RecipeOptions<TranslatorRecipe> _recipe = TranslatorRecipeOptions.Create();

    private readonly GridOptions _grid = new();

    public ReproduceTranslatorCommand(CommonOptions common)
        : base(
            TranslatorGrid.OfTranslators,
            "Train a translator with each way to drop units and some seeds. --source, --target, --test-source, " +
            "--test-target and --dir are required. Can be stopped at any time; the same command goes on.",
            common)
    {
        foreach (FileOption option in (FileOption[])[_pairs.Source, _pairs.Target, _pairs.TestSource, _pairs.TestTarget])
            option.Required = true;
        AddAll([.. _pairs.All, Folder, .. _data.All, .. _recipe.OfGrids, .. _grid.All, .. Rest]);
    }

    protected override Func<GridManifest?, GridTask> Read(ParseResult parsed, CliContext context)
    {
        GridPlan<TranslatorRecipe> plan = _grid.Read(
            parsed, _recipe, TranslatorRecipe.Presets[0].Name, TranslatorFields.Table, context.Warnings);
        PairFiles train = _pairs.TrainOf(parsed)!, test = _pairs.TestOf(parsed)!;
        PairFiles? valid = _pairs.ValidOf(parsed);
        IReadOnlyDictionary<string, string> given = _data.Given(parsed), settled = HeldOutShare.Settle(given, valid is not null);
        IReadOnlyDictionary<string, string> options = TranslatorDataOptions.WithPreset(settled, plan.Recipe.Name);
        foreach (string note in HeldOutShare.Told(given, settled, train.ToString(), "pairs", PairOptions.ValidOption))
            context.Warnings.Note(note);

        TranslatorReading reading = TranslatorDataOptions.Read(options, valid is not null, context.Warnings);
        TranslatorDataOptions.Check(plan.Recipe, reading);
        return _ =>
        {
            TranslatorData data = ProgressDisplay.Run(context, progress => TranslatorData.Read(
                train, valid, test, reading, plan.Recipe, progress, context.Stop.Watch()));
            return new TranslatorGrid(plan, data, options);
        };
    }
}
