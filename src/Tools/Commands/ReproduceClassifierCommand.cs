using TinySD.Tools.Options;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Tasks.Classification;
using TinySD.Tools.Training;

namespace TinySD.Tools.Commands;

internal sealed class ReproduceClassifierCommand : GridCommand
{
    private readonly FileOption _train = FileOption.Input("--train", "The training file, as 'train classifier' reads it.");
    private readonly FileOption _valid = FileOption.Input("--valid", "The validation file. [default: a part of --train]");

    private readonly FileOption _test = FileOption.Input(
        "--test", $"The test file, measured once for each run, on its best model. Or {ClassifierDataOptions.FoldsName}.");

    private readonly ClassifierDataOptions _data = new("a fold of its own for each seed, the first for seed 1");
    private readonly RecipeOptions<ClassifierRecipe> _recipe =
        new(ClassifierFields.Table, ClassifierFields.Shared, ClassifierRecipe.Presets);

    private readonly GridOptions _grid = new();

    public ReproduceClassifierCommand(CommonOptions common)
        : base(
            ClassifierGrid.OfSequences,
            "Train a classifier with each way to drop units and some seeds. --train, --test (or " +
            $"{ClassifierDataOptions.FoldsName}) and --dir are required. Can be stopped at any time; the same command goes on.",
            common)
    {
        _train.Required = true;
        AddAll([.. HelpGroup.Data.MainOf(_train, _valid, _test), Folder, .. _data.All, .. _recipe.OfGrids, .. _grid.All, .. Rest]);
    }

    protected override Func<GridManifest?, GridTask> Read(ParseResult parsed, CliContext context)
    {
        GridPlan<ClassifierRecipe> plan = _grid.Read(
            parsed, _recipe, _data.UsualPreset(parsed), ClassifierFields.Table, context.Warnings);
        string train = parsed.GetValue(_train)!;
        string? valid = parsed.GetValue(_valid), test = parsed.GetValue(_test);
        IReadOnlyDictionary<string, string> given = _data.Given(parsed), options = HeldOutShare.Settle(given, valid is not null);
        foreach (string note in HeldOutShare.Told(given, options, train, "examples", _valid.Name))
            context.Warnings.Note(note);
        if (test is null && !ClassifierDataOptions.HoldsOutTest(options))
            throw new UsageException($"{_test.Name} is missing; it is required, or {ClassifierDataOptions.FoldsName}.");
        ClassifierReading reading = ClassifierDataOptions.Read(
            options, train, valid is not null, test is not null, context.Warnings);
        return _ => new ClassifierGrid(
            plan, new(ClassifierData.Open(train, valid, test, reading, plan.Recipe), options, reading), options);
    }
}
