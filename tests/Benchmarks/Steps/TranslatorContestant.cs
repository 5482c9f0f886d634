using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Benchmarks.Steps;

/// <summary>TinySD's trainer of a translator.</summary>
internal sealed class TranslatorContestant : IContestant
{
    private readonly TranslatorPlan _plan;
    private readonly Trainer<TranslatorBatch> _trainer;
    private readonly TranslatorBatch _batch;
    private readonly int[] _all;
    private readonly float _rate;
    private int _update;

    public TranslatorContestant(string name, TranslatorPlan plan, DropoutSpec dropout, IParallelRunner threads)
    {
        (Name, _plan) = (name, plan);
        TranslatorRecipe recipe = plan.Recipe(dropout);
        int[] zeros = new int[plan.Course.Batch * plan.Course.TimeSteps];
        var task = new TranslatorTask(recipe, plan.Form, plan.Course.Vocabulary, plan.Pairs(zeros, zeros), null, threads);
        task.Initialize();
        _trainer = new Trainer<TranslatorBatch>(task.Network, recipe);
        _batch = task.NewBatch();
        _all = [.. Enumerable.Range(0, plan.Course.Batch)];
        _rate = recipe.LearningRate;
    }

    public string Name { get; }

    /// <inheritdoc/>
    public double Step(int[] inputs, int[] targets)
    {
        _batch.Fill(_plan.Pairs(inputs, targets), _all);
        return _trainer.Step(_batch, new Draw(_update++), _rate).Loss;
    }

    public void Dispose()
    {
    }
}
