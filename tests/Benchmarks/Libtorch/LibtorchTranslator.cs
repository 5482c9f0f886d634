using TinySD.Benchmarks.Steps;
using TinySD.Runtime.Inference;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;
using TorchSharp;
using TorchSharp.Modules;

using static TorchSharp.torch;

namespace TinySD.Benchmarks.Libtorch;

/// <summary>The same translator and update out of libtorch's own parts, as a user of it writes them: the encoder is one LSTM of two layers,
/// the decoder two cells that are stepped, attention two batched products, and the classifier one product for all steps.</summary>
internal sealed class LibtorchTranslator : IContestant
{
    private readonly TranslatorRecipe _recipe;
    private readonly TranslatorPlan _plan;
    private readonly Embedding _sources, _targets;
    private readonly LSTM _encoder;
    private readonly LSTMCell _lower, _upper;
    private readonly Linear _key, _output, _classifier;
    private readonly Dropout _dropout;
    private readonly nn.Module[] _modules;
    private readonly Parameter[] _parameters;
    private readonly optim.Optimizer _optimizer;

    private LibtorchTranslator(string name, TranslatorPlan plan)
    {
        (Name, _plan) = (name, plan);
        _recipe = plan.Recipe(DropoutSpec.None);
        int hidden = plan.Hidden, vocabulary = plan.Course.Vocabulary;
        set_num_threads(plan.Threads);
        set_num_interop_threads(1);
        random.manual_seed(1);
        (_sources, _targets) = (nn.Embedding(vocabulary, hidden), nn.Embedding(vocabulary, hidden));
        _encoder = nn.LSTM(hidden, hidden, numLayers: 2, dropout: plan.Rate);
        (_lower, _upper) = (nn.LSTMCell(2 * hidden, hidden), nn.LSTMCell(hidden, hidden));
        _key = nn.Linear(hidden, hidden, hasBias: false);
        _output = nn.Linear(2 * hidden, hidden);
        _classifier = nn.Linear(hidden, vocabulary);
        _dropout = nn.Dropout(plan.Rate);
        _modules = [_sources, _targets, _encoder, _lower, _upper, _key, _output, _classifier, _dropout];
        _parameters = [.. _modules.SelectMany(module => module.parameters())];
        _optimizer = optim.SGD(_parameters, _recipe.LearningRate);
    }

    public string Name { get; }

    /// <summary>One that begins with the weights that TinySD draws, and gives the loss that TinySD gives.</summary>
    public static LibtorchTranslator Create(string name, TranslatorPlan plan)
    {
        LibtorchNatives.Load();
        var peer = new LibtorchTranslator(name, plan);
        peer.Check();
        return peer;
    }

    public double Step(int[] inputs, int[] targets)
    {
        using DisposeScope scope = NewDisposeScope();
        _optimizer.zero_grad();
        Tensor loss = Loss(inputs, targets);

        // The gradient that is clipped is of the sum over units of the mean over sentences, as in OpenNMT and in TinySD.
        (loss * _plan.Course.TimeSteps).backward();
        nn.utils.clip_grad_norm_(_parameters, _recipe.ClipNorm);
        _optimizer.step();
        return loss.item<float>();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        foreach (nn.Module module in _modules) module.Dispose();
    }

    // The mean over all units.
    private Tensor Loss(int[] inputs, int[] targets)
    {
        (int steps, int batch, int hidden) = (_plan.Course.TimeSteps, _plan.Course.Batch, _plan.Hidden);
        SentencePairs pairs = _plan.Pairs(inputs, targets);
        Tensor source = Units((t, b) => t < steps - 1 ? pairs.SourceOf(b)[t] : TranslatorConfig.End);
        Tensor before = Units((t, b) => t > 0 ? pairs.TargetOf(b)[t - 1] : TranslatorConfig.Begin);
        Tensor wanted = Units((t, b) => t < steps - 1 ? pairs.TargetOf(b)[t] : TranslatorConfig.End);
        (Tensor memory, Tensor h, Tensor c) = _encoder.call(_dropout.call(_sources.call(source)));
        memory = memory.transpose(0, 1);
        Tensor embedded = _dropout.call(_targets.call(before));
        (Tensor h0, Tensor c0, Tensor h1, Tensor c1) = (h[0], c[0], h[1], c[1]);
        Tensor fed = zeros(batch, hidden);
        var outputs = new Tensor[steps];
        for (int t = 0; t < steps; t++)
        {
            (h0, c0) = _lower.call(cat([embedded[t], fed], 1), (h0, c0));
            (h1, c1) = _upper.call(_dropout.call(h0), (h1, c1));
            Tensor scores = bmm(memory, _key.call(h1).unsqueeze(2)).squeeze(2);
            Tensor context = bmm(nn.functional.softmax(scores, 1).unsqueeze(1), memory).squeeze(1);
            fed = _dropout.call(tanh(_output.call(cat([context, h1], 1))));
            outputs[t] = fed;
        }

        Tensor logits = _classifier.call(stack(outputs).view(steps * batch, hidden));
        return nn.functional.cross_entropy(logits, wanted.view(steps * batch));

        Tensor Units(Func<int, int, int> unit) => tensor(
            Enumerable.Range(0, steps * batch).Select(i => (long)unit(i / batch, i % batch)).ToArray(), [steps, batch]);
    }

    // The same weights give the same loss: else it is another model that is raced against.
    private void Check()
    {
        var model = new TranslatorModel(_recipe.ToConfig(_plan.Course.Vocabulary, _plan.Course.Vocabulary));
        model.Initialize(_recipe.Seed, _recipe.InitRange, _recipe.ForgetBias, _recipe.InitScheme);
        Take(model);
        int count = _plan.Course.Batch * _plan.Course.TimeSteps;
        var random = new Random(2);
        int[] inputs = [.. Enumerable.Range(0, count).Select(_ => random.Next(_plan.Course.Vocabulary))];
        int[] targets = [.. Enumerable.Range(0, count).Select(_ => random.Next(_plan.Course.Vocabulary))];
        var evaluator = new TranslatorEvaluator(new Translator(model, _plan.Form), longest: _plan.Course.TimeSteps);
        double ours = evaluator.Losses(_plan.Pairs(inputs, targets)).Sum() / count, theirs;
        foreach (nn.Module module in _modules) module.eval();
        using (NewDisposeScope())
        using (no_grad()) theirs = Loss(inputs, targets).item<float>();
        foreach (nn.Module module in _modules) module.train();
        if (Math.Abs(ours - theirs) < 2e-5) return;
        throw new BenchmarkException($"at the same weights TinySD's loss is {ours:F6} and {Name}'s {theirs:F6}: they are not one model.");
    }

    // TinySD's weights are [in, out] and libtorch's [out, in]; gates have one order, i, f, g, o. libtorch has a second bias, of the
    // recurrent product: 0.
    private void Take(TranslatorModel model)
    {
        using DisposeScope scope = NewDisposeScope();
        using (no_grad())
        {
            Put(_sources.weight!, Of("source.embedding"));
            Put(_targets.weight!, Of("target.embedding"));
            for (int layer = 0; layer < 2; layer++)
            {
                TakeLayer(_encoder, $"_l{layer}", $"encoder.lstm.{layer}", Of($"encoder.lstm.{layer}.input"));
                Tensor input = Of($"decoder.lstm.{layer}.input");
                if (layer == 0) input = cat([input, Of("decoder.feeding")], 0);
                TakeLayer(layer == 0 ? _lower : _upper, "", $"decoder.lstm.{layer}", input);
            }

            Put(_key.weight!, Of("decoder.attention.key.weight"));
            Put(_output.weight!, Of("decoder.attention.output.weight").t());
            Put(_output.bias!, Of("decoder.attention.output.bias"));
            Put(_classifier.weight!, Of("classifier.weight").t());
            Put(_classifier.bias!, Of("classifier.bias"));
        }

        void TakeLayer(nn.Module layer, string suffix, string name, Tensor input)
        {
            Put(layer.get_parameter($"weight_ih{suffix}")!, input.t());
            Put(layer.get_parameter($"weight_hh{suffix}")!, Of($"{name}.recurrent").t());
            Put(layer.get_parameter($"bias_ih{suffix}")!, Of($"{name}.bias"));
            layer.get_parameter($"bias_hh{suffix}")!.zero_();
        }

        Tensor Of(string name)
        {
            TensorSlot slot = model.Layout.Tensors.Single(tensor => tensor.Name == name);
            return tensor(model.Parameters[slot].ToArray(), [.. slot.Shape.Select(extent => (long)extent)]);
        }

        static void Put(Tensor into, Tensor values)
        {
            if (!into.shape.SequenceEqual(values.shape)) throw new BenchmarkException("libtorch's weights are of another shape.");
            into.copy_(values);
        }
    }
}
