using TinySD.Tools.Options;
using TinySD.Tools.Reproduce;
using TinySD.Tools.Tasks.LanguageModeling;

namespace TinySD.Tools.Commands;

internal sealed class ReproduceLmCommand : GridCommand
{
    private readonly FileOption _train = FileOption.Input("--train", "The training text, plain or gzip.");
    private readonly ValidTextOptions _valid = new();
    private readonly FileOption _test = FileOption.Input("--test", "The test text, measured once for each run, on its best model.");
    private readonly LanguageModelOptions _recipe = new();
    private readonly VocabularyOptions _vocabulary = new();
    private readonly GridOptions _grid = new("or DropConnect's, which gives way there unless --weight-drop is given, ");
    private readonly Option<int?> _streams = EvaluationOptions.StreamsInTraining();

    public ReproduceLmCommand(CommonOptions common)
        : base(
            LanguageModelGrid.OfTexts,
            "Train a language model with each way to drop units and some seeds. Can be stopped at any time; the same " +
            "command goes on.",
            common)
    {
        _train.Required = true;
        _test.Required = true;
        AddAll(
            [
                .. HelpGroup.Data.MainOf<Option>([_train, .. _valid.All, _test]), Folder, .. _recipe.OfGrids, .. _vocabulary.All,
                .. _grid.All, _streams, .. Rest,
            ]);
    }

    protected override Func<GridManifest?, GridTask> Read(ParseResult parsed, CliContext context)
    {
        DropoutSpec own = DropoutSpec.None;
        (TextLevel level, LanguageModelRecipe recipe) = _recipe.Read(parsed, context.Warnings, preset =>
        {
            own = preset.Dropout;
            if (own is { Embedding: 0, Layer: 0, Recurrent: 0, Output: 0 } && !_recipe.GivesRate(parsed)) throw GridOptions.WithoutRate();
            return preset with { Dropout = own with { Kind = DropoutKind.Structured } };
        });
        bool keeps = _recipe.GivesWeightDrop(parsed);
        GridPlan<LanguageModelRecipe> plan = _grid.Read(
            parsed, recipe, own, _recipe.GivesRecurrentRate(parsed), LanguageModelFields.Table,
            (cell, shared, seed) => LanguageModelGrid.Settle(cell, shared, seed, keeps));
        VocabularyLimits limits = _vocabulary.Read(parsed, level, context.Warnings);
        (string? valid, float? fraction) = _valid.Read(parsed);
        return begun =>
        {
            int? streams = LanguageModelGrid.StreamsOf(begun, parsed.GetValue(_streams), plan.Recipe);
            AskedRules asked = _vocabulary.Rules(parsed, level, context.Warnings);
            TokenRules rules =
                VocabularyOptions.RulesOf(level, asked with { LineMarks = LanguageModelGrid.MarksOf(begun, asked.LineMarks) });
            var texts = new TextsRequest(parsed.GetValue(_train)!, valid, parsed.GetValue(_test)!, rules, limits)
            {
                ValidFraction = fraction,
            };
            LanguageModelData data = ProgressDisplay.Run(
                context, progress => new TextsReader(texts, progress, context.Stop.Watch()).Read(plan.Recipe));
            return new LanguageModelGrid(plan, data, streams, rules, keeps);
        };
    }
}
