using TinySD.Runtime.Inference;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;

namespace TinySD.Runtime.Tests;

/// <summary>What is null is refused by its name, at the door.</summary>
public sealed class NullArgumentTests
{
    private static readonly LanguageModel _model = Cases.Model(Cases.Config(5, 2, 3, 1));
    private static readonly LanguageModelRecipe _recipe = Cases.Recipe(_model.Config, 1, 2);
    private static readonly SeriesTable _table = new(["a"], [[1, 2, 3]]);
    private static readonly LabelledSequences _sequences = LabelledSequences.OfTokens([[1]], [[0]]);

    [Test]
    [MethodDataSource(nameof(Calls))]
    public async Task What_is_null_is_refused_by_its_name(string name, Action call) =>
        await Assert.That(call).Throws<ArgumentNullException>().WithParameterName(name);

    public static IEnumerable<Func<(string Name, Action Call)>> Calls() =>
    [
        () => ("stack", () => _ = new RecurrentSession(null!)),
        () => ("model", () => _ = new LanguageModelSession(null!)),
        () => ("regressor", () => _ = new RegressorSession(null!)),
        () => ("classifier", () => _ = new ClassifierSession(null!)),
        () => ("model", () => _ = new StateMap(null!, 1)),
        () => ("body", () => StateMap.IsMap(null!)),
        () => ("stack", () => RecurrentStackRun.Run(null!, new(1, 1, [], null, null, null))),
        () => ("inputs", () => RecurrentStackRun.Run(
            new RecurrentStack(new() { Cell = 0, InputSize = 1, HiddenSize = 1, LayerCount = 1 }), null!)),
        () => ("model", () => _ = new LanguageModelEvaluator(null!)),
        () => ("tokens", () => new LanguageModelEvaluator(_model).Evaluate((ITokenSource)null!)),
        () => ("model", () => _ = new MonteCarloEvaluator(null!, DropoutSpec.None, 1)),
        () => ("dropout", () => _ = new MonteCarloEvaluator(_model, null!, 1)),
        () => ("tokens", () => new MonteCarloEvaluator(_model, DropoutSpec.None, 1).Evaluate(null!)),
        () => ("model", () => _ = new CacheEvaluator(null!)),
        () => ("tokens", () => new CacheEvaluator(_model).Evaluate(null!)),
        () => ("regressor", () => _ = new RegressorEvaluator(null!)),
        () => ("classifier", () => _ = new ClassifierEvaluator(null!, 1)),
        () => ("config", () => _ = new LanguageModel(null!)),
        () => ("config", () => _ = new SequenceModel(null!)),
        () => ("config", () => _ = new RecurrentStack(null!)),
        () => ("model", () => _ = new Regressor(null!, null!)),
        () => ("model", () => _ = new Classifier(null!, null!)),
        () => ("config", () => _ = new SequenceBatch(null!, 1, 1)),
        () => ("names", () => _ = new SeriesTable(null!, [])),
        () => ("columns", () => _ = new SeriesTable([], null!)),
        () => ("table", () => SeriesPart.All(null!)),
        () => ("form", () => SeriesForm.Learn(null!, SeriesPart.All(_table))),
        () => ("train", () => SeriesForm.Learn(new() { Inputs = ["a"], Targets = ["a"] }, null!)),
        () => ("tokens", () => LabelledSequences.OfTokens(null!, [])),
        () => ("labels", () => LabelledSequences.OfTokens([], null!)),
        () => ("rows", () => LabelledSequences.OfNumbers(1, null!, [])),
        () => ("train", () => new ClassifierForm { Labels = ["a", "b"] }.Learn(null!)),
        () => ("dropout", () => _model.Config.MaskPlaces(null!)),
        () => ("recipe", () => _ = new LanguageModelTask(null!, 5, new TokenMemory(new[] { 1, 2 }), null)),
        () => ("train", () => _ = new LanguageModelTask(_recipe, 5, null!, null)),
        () => ("model", () => _ = new LanguageModelTrainer(null!, _recipe)),
        () => ("recipe", () => _ = new LanguageModelTrainer(_model, null!)),
        () => ("recipe", () => _ = new RegressorTask(null!, ["a"], ["a"], SeriesPart.All(_table), null)),
        () => ("inputs", () => _ = new RegressorTask(RegressorRecipe.Presets[0], null!, ["a"], SeriesPart.All(_table), null)),
        () => ("train", () => _ = new RegressorTask(RegressorRecipe.Presets[0], ["a"], ["a"], null!, null)),
        () => ("recipe", () => _ = new ClassifierTask(null!, new() { Labels = ["a", "b"] }, 5, _sequences, null)),
        () => ("form", () => _ = new ClassifierTask(ClassifierRecipe.Presets[0], null!, 5, _sequences, null)),
        () => ("train", () => _ = new ClassifierTask(ClassifierRecipe.Presets[0], new() { Labels = ["a", "b"] }, 5, null!, null)),
        () => ("task", () => _ = new TrainingRun<TokenWindow>(null!)),
        () => ("network", () => _ = new Trainer<TokenWindow>(null!, _recipe)),
    ];
}
