using TinySD.Benchmarks.Steps;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Tasks;
using TorchSharp;
using TorchSharp.Modules;

using static TorchSharp.torch;

namespace TinySD.Benchmarks.Libtorch;

/// <summary>The same tagger and update out of libtorch's own parts: what a user of TorchSharp would write.</summary>
internal sealed class LibtorchTagger : IContestant
{
    private readonly TaggerRecipe _recipe;
    private readonly Course _course;
    private readonly Embedding _embedding;
    private readonly Dropout _dropIn, _dropOut;
    private readonly LSTM _lstm;
    private readonly Linear _head;
    private readonly Parameter[] _parameters;
    private readonly optim.Optimizer _optimizer;

    private LibtorchTagger(string name, TaggerPlan plan)
    {
        Name = name;
        _course = plan.Course;
        _recipe = plan.Recipe(DropoutSpec.None);
        set_num_threads(plan.Threads);
        set_num_interop_threads(1);
        random.manual_seed(1);
        _embedding = nn.Embedding(_course.Vocabulary, TaggerPlan.Embedding);
        _dropIn = nn.Dropout(plan.Rate);
        _lstm = nn.LSTM(TaggerPlan.Embedding, plan.Hidden, bidirectional: true);
        _dropOut = nn.Dropout(plan.Rate);
        _head = nn.Linear(2 * plan.Hidden, _course.Labels);
        _parameters = [.. _embedding.parameters(), .. _lstm.parameters(), .. _head.parameters()];
        using (no_grad())
        {
            foreach (Parameter parameter in _parameters) nn.init.uniform_(parameter, -_recipe.InitRange, _recipe.InitRange);
        }

        _optimizer = optim.SGD(_parameters, _recipe.LearningRate);
    }

    public string Name { get; }

    public static LibtorchTagger Create(string name, TaggerPlan plan)
    {
        LibtorchNatives.Load();
        return new LibtorchTagger(name, plan);
    }

    public double Step(int[] inputs, int[] targets)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = tensor(Array.ConvertAll(inputs, token => (long)token), [_course.TimeSteps, _course.Batch]);
        Tensor y = tensor(Array.ConvertAll(targets, tag => (long)tag));
        _optimizer.zero_grad();
        Tensor output = _lstm.call(_dropIn.call(_embedding.call(x))).Item1;
        Tensor scores = _head.call(_dropOut.call(output).view(_course.TimeSteps * _course.Batch, -1));
        Tensor loss = nn.functional.cross_entropy(scores, y);

        // The gradient that is clipped is of the sum over tokens of the mean over sentences, as in TinySD.
        (loss * _course.TimeSteps).backward();
        nn.utils.clip_grad_norm_(_parameters, _recipe.ClipNorm);
        _optimizer.step();
        return loss.item<float>();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _head.Dispose();
        _dropOut.Dispose();
        _lstm.Dispose();
        _dropIn.Dispose();
        _embedding.Dispose();
    }
}
