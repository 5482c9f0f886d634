using TinySD.Runtime.Masks;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Threading;
using TinySD.Runtime.Training;

namespace TinySD.Benchmarks.Steps;

/// <summary>TinySD's trainer of a tagger.</summary>
internal sealed class TaggerContestant : IContestant
{
    private readonly TaggerRecipe _recipe;
    private readonly Course _course;
    private readonly Trainer<TaggerBatch> _trainer;
    private readonly TaggerBatch _batch;
    private readonly int[] _lengths;
    private int _update;

    public TaggerContestant(string name, TaggerPlan plan, DropoutSpec dropout, IParallelRunner threads)
    {
        Name = name;
        _course = plan.Course;
        _recipe = plan.Recipe(dropout);
        int[] one = new int[_course.TimeSteps];
        var sentences = new TaggedSentences([one], [one], [[]], [one]);
        TaggerForm form = new() { Tags = [.. Enumerable.Range(0, _course.Labels).Select(tag => $"tag{tag}")] };
        var task = new TaggerTask(_recipe, form, _course.Vocabulary, 1, sentences, null, threads);
        task.Initialize();
        _trainer = new Trainer<TaggerBatch>(task.Network, _recipe);
        _batch = task.NewBatch();
        _lengths = new int[_course.Batch];
        Array.Fill(_lengths, _course.TimeSteps);
    }

    public string Name { get; }

    /// <inheritdoc/>
    public double Step(int[] inputs, int[] targets)
    {
        _batch.Begin(_lengths);
        for (int t = 0; t < _course.TimeSteps; t++)
        {
            for (int b = 0; b < _course.Batch; b++)
                _batch.SetToken(b, t, inputs[(t * _course.Batch) + b], tag: targets[(t * _course.Batch) + b]);
        }

        return _trainer.Step(_batch, new Draw(_update++), _recipe.LearningRate).Loss / _course.TimeSteps;
    }

    public void Dispose()
    {
    }
}
