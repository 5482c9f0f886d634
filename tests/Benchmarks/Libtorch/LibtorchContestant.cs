using TinySD.Benchmarks.Steps;
using TinySD.Runtime.Tasks;
using TinySD.Runtime.Training;
using TorchSharp;
using TorchSharp.Modules;

using static TorchSharp.torch;

namespace TinySD.Benchmarks.Libtorch;

/// <summary>The same model and update out of libtorch's own parts: what a user of TorchSharp would write.</summary>
internal sealed class LibtorchContestant : IContestant
{
    private readonly LanguageModelRecipe _recipe;
    private readonly Embedding _embedding;
    private readonly Dropout _dropIn, _dropOut;
    private readonly LSTM _lstm;
    private readonly Linear _classifier;
    private readonly Parameter[] _parameters;
    private readonly optim.Optimizer _optimizer;
    private Tensor _h, _c;

    private LibtorchContestant(string name, StepPlan plan)
    {
        Name = name;
        _recipe = plan.Recipe;
        int hidden = _recipe.HiddenSize, embedding = _recipe.EmbeddingSize == 0 ? hidden : _recipe.EmbeddingSize;
        set_num_threads(plan.Threads);
        set_num_interop_threads(1);
        random.manual_seed((long)_recipe.Seed);
        _embedding = nn.Embedding(plan.Vocabulary, embedding);
        _dropIn = nn.Dropout(plan.Rate);
        _lstm = nn.LSTM(embedding, hidden, _recipe.LayerCount, dropout: _recipe.LayerCount > 1 ? plan.Rate : 0);
        _dropOut = nn.Dropout(plan.Rate);
        _classifier = nn.Linear(hidden, plan.Vocabulary);
        _parameters = [.. _embedding.parameters(), .. _lstm.parameters(), .. _classifier.parameters()];
        using (no_grad())
        {
            foreach (Parameter parameter in _parameters) nn.init.uniform_(parameter, -_recipe.InitRange, _recipe.InitRange);
        }

        _optimizer = _recipe.Optimizer == OptimizerKind.Sgd
            ? optim.SGD(_parameters, _recipe.LearningRate)
            : optim.Adam(_parameters, _recipe.LearningRate);
        _h = zeros(_recipe.LayerCount, _recipe.BatchSize, hidden);
        _c = zeros(_recipe.LayerCount, _recipe.BatchSize, hidden);
    }

    public string Name { get; }

    public static LibtorchContestant Create(string name, StepPlan plan)
    {
        LibtorchNatives.Load();
        return new LibtorchContestant(name, plan);
    }

    public double Step(int[] inputs, int[] targets)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = tensor(Array.ConvertAll(inputs, token => (long)token), [_recipe.Bptt, _recipe.BatchSize]);
        Tensor y = tensor(Array.ConvertAll(targets, token => (long)token));
        _optimizer.zero_grad();
        (Tensor output, Tensor h, Tensor c) = _lstm.call(_dropIn.call(_embedding.call(x)), (_h, _c));
        Tensor logits = _classifier.call(_dropOut.call(output).view(-1, _recipe.HiddenSize));
        Tensor loss = nn.functional.cross_entropy(logits, y);
        // The gradient that is clipped is of the sum over time steps of the mean over sequences, as in Zaremba et al. and in TinySD.
        (loss * _recipe.Bptt).backward();
        if (_recipe.ClipNorm > 0) nn.utils.clip_grad_norm_(_parameters, _recipe.ClipNorm);
        _optimizer.step();
        _h.Dispose();
        _c.Dispose();
        _h = h.detach().MoveToOuterDisposeScope();
        _c = c.detach().MoveToOuterDisposeScope();
        return loss.item<float>();
    }

    public void Dispose()
    {
        _h.Dispose();
        _c.Dispose();
        _optimizer.Dispose();
        _classifier.Dispose();
        _dropOut.Dispose();
        _lstm.Dispose();
        _dropIn.Dispose();
        _embedding.Dispose();
    }
}
