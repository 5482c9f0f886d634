using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;

namespace TinySD.Benchmarks.Steps;

/// <summary>TinySD's trainer with one recipe.</summary>
internal sealed class TinySdContestant : IContestant
{
    private readonly LanguageModelTrainer _trainer;

    public TinySdContestant(string name, LanguageModelRecipe recipe, int vocabulary, IParallelRunner threads)
    {
        Name = name;
        var model = new LanguageModel(recipe.ToConfig(vocabulary));
        model.Initialize(recipe.Seed, recipe.InitRange, recipe.ForgetBias);
        _trainer = new LanguageModelTrainer(model, recipe, threads);
    }

    public string Name { get; }

    public double Step(int[] inputs, int[] targets) => _trainer.Step(inputs, targets).Loss;

    public void Dispose()
    {
    }
}
