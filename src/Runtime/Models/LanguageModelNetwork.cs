using System.Globalization;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Numerics;
using TinySD.Runtime.Ops;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Models;

/// <summary>A language model's layers, wired for windows of at most T steps and B sequences, with all the scratch they need.</summary>
internal sealed class LanguageModelNetwork
{
    private readonly LanguageModel _model;
    private readonly WindowShape _shape;
    private readonly EmbeddingLayer _embedding;
    private readonly RecurrentLayer[] _layers;
    private readonly DropoutGate[] _inputGates, _recurrentGates;
    private readonly DropoutGate _outputGate;
    private readonly IMaskSource? _masks;
    private readonly NetworkRegularizers _regularizers;
    private readonly LinearLayer _classifier;
    private readonly VectorOps _ops;
    private readonly int _logitStride;
    private readonly Workspace.Slice _embedded, _logits, _losses, _gradientA, _gradientB;
    private int _steps;

    /// <param name="model">The parameters.</param>
    /// <param name="shape">The window.</param>
    /// <param name="dropout">Ignored where the window drops nothing.</param>
    /// <param name="seed">Of the masks.</param>
    /// <param name="runner">Threads.</param>
    /// <param name="kernels">The lane width.</param>
    /// <param name="masks">Gives structured masks instead of the seed, or null.</param>
    /// <param name="regularizers">Those beside dropout of units; ignored where the window drops nothing.</param>
    /// <param name="memory">Gives the host's memory for the scratch, or null.</param>
    public LanguageModelNetwork(
        LanguageModel model, WindowShape shape, DropoutSpec dropout, ulong seed, IParallelRunner runner, KernelSet kernels, IMaskSource? masks = null,
        NetworkRegularizers regularizers = default, Func<int, Memory<float>>? memory = null)
    {
        if (shape.Batch < 1) Throw.OutOfRange("the batch", shape.Batch, "at least 1");
        if (shape.TimeSteps is < 1 or > 65536) Throw.OutOfRange("the window", shape.TimeSteps, "1 to 65536 steps");
        _model = model;
        _shape = shape;
        _masks = masks;
        _steps = shape.TimeSteps;
        _regularizers = shape.Drops ? regularizers : default;
        LanguageModelConfig config = model.Config;
        var workspace = new Workspace();
        var products = new Products(runner, kernels);
        _ops = new VectorOps(runner, kernels);
        var context = new LayerContext(products, _ops, workspace, Times);
        int layers = config.LayerCount;
        _embedding = new EmbeddingLayer(model.Embedding ?? model.Classifier, config.TieWeights, shape, context, _regularizers.WordDrop, _regularizers.WordDropBySequence, seed);
        _layers = new RecurrentLayer[layers];
        _inputGates = new DropoutGate[layers];
        _recurrentGates = new DropoutGate[layers];
        for (int layer = 0; layer < layers; layer++)
        {
            _inputGates[layer] = Gate(layer == 0 ? DropoutSite.Embedding : DropoutSite.Layer, layer, config.InputSizeOf(layer));
            _recurrentGates[layer] = Gate(DropoutSite.Recurrent, layer, config.HiddenSizeOf(layer));
            WeightDrop? drop = _regularizers.WeightDrop > 0f ? new WeightDrop(_ops, seed, _regularizers.WeightDrop, layer) : null;
            _layers[layer] = RecurrentLayer.Create(model.Layers[layer], shape, _inputGates[layer], _recurrentGates[layer], context, drop);
        }

        _outputGate = Gate(DropoutSite.Output, layers, config.InputSizeOf(layers));
        _classifier = new LinearLayer(model.Classifier, model.ClassifierBias, shape, _outputGate, context);
        _logitStride = Products.RowStride(config.VocabularySize);
        long rows = (long)shape.TimeSteps * shape.Batch;
        _embedded = workspace.Reserve(rows * config.EmbeddingSize);
        _logits = workspace.Reserve(rows * _logitStride);
        _losses = workspace.Reserve(rows);
        if (shape.Training)
        {
            long widest = Math.Max(config.EmbeddingSize, Math.Max(config.HiddenSize, config.InputSizeOf(layers)));
            _gradientA = workspace.Reserve(rows * widest);
            _gradientB = workspace.Reserve(rows * widest);
        }

        products.ReserveScratch(workspace);
        workspace.Allocate(memory);
        CarriedLayout = LayOutCarried();

        DropoutGate Gate(DropoutSite site, int layer, int units) =>
            new(dropout, seed, masks, site, layer, units, shape.Batch, shape.TimeSteps, shape.Drops, context);
    }

    /// <summary>Elementwise passes on the same threads and kernels.</summary>
    public VectorOps Vectors => _ops;

    /// <summary>Told at the end of every pass; it means something to whoever calls <see cref="PassTimes.Start"/> before the first.</summary>
    public PassTimes Times { get; } = new();

    /// <summary>The logits of row t * B + b of the last window, [V].</summary>
    public ReadOnlySpan<float> Logits(int row) => _logits.Part(row, _logitStride)[.._model.Config.VocabularySize];

    /// <summary>The losses of the last <see cref="Loss"/> by row t * B + b, in nats; 0 where the target was not counted.</summary>
    public ReadOnlySpan<float> TokenLosses => _losses.Span;

    /// <summary>The top layer's h of the last window, [T][H][B], nothing of it dropped.</summary>
    public ReadOnlySpan<float> TopOutputs => _layers[^1].Outputs;

    /// <summary>The tokens whose embeddings the last <see cref="Backward"/> gave a gradient, sorted; empty where the table is the classifier's.</summary>
    public ReadOnlySpan<int> TouchedTokens => _embedding.TouchedTokens;

    /// <summary>The carried state, a tensor each for every layer's h and, where it has one, c.</summary>
    public ParameterLayout CarriedLayout { get; }

    /// <summary>Copies the carried state out.</summary>
    public void SaveCarried(ParameterBlock to)
    {
        int tensor = 0;
        foreach (RecurrentLayer layer in _layers)
        {
            layer.CarriedHidden.CopyTo(to[CarriedLayout.Tensors[tensor++]]);
            if (!layer.CarriedCell.IsEmpty) layer.CarriedCell.CopyTo(to[CarriedLayout.Tensors[tensor++]]);
        }
    }

    /// <summary>Copies it back in.</summary>
    public void LoadCarried(ParameterBlock from)
    {
        int tensor = 0;
        foreach (RecurrentLayer layer in _layers)
        {
            from[CarriedLayout.Tensors[tensor++]].CopyTo(layer.CarriedHidden);
            if (!layer.CarriedCell.IsEmpty) from[CarriedLayout.Tensors[tensor++]].CopyTo(layer.CarriedCell);
        }
    }

    /// <summary>Zeroes the carried state.</summary>
    public void ResetState()
    {
        foreach (RecurrentLayer layer in _layers)
        {
            layer.CarriedHidden.Clear();
            layer.CarriedCell.Clear();
        }
    }

    /// <summary>
    /// Takes notice of new parameters; needed before the first window and after every change of them. DropConnect masks them here, for the window of that
    /// epoch and step.
    /// </summary>
    public void Update(int epoch = 0, int step = 0)
    {
        foreach (RecurrentLayer layer in _layers)
        {
            layer.Begin(epoch, step);
            layer.Update(_model.Parameters);
        }

        _classifier.Update(_model.Parameters);
        Times.Lap(Pass.Copies);
    }

    /// <summary>Draws the window's masks and runs it: tokens [T][B] to logits. It may be shorter than those the network was made for.</summary>
    public void Forward(ReadOnlySpan<int> tokens, int epoch = 0, int step = 0)
    {
        _steps = tokens.Length / _shape.Batch;
        _masks?.Begin(step);
        foreach (DropoutGate gate in _inputGates) gate.Draw(epoch, step, _steps);
        foreach (DropoutGate gate in _recurrentGates) gate.Draw(epoch, step, _steps);
        _outputGate.Draw(epoch, step, _steps);
        _embedding.Draw(epoch, step);
        ParameterBlock parameters = _model.Parameters;
        _embedding.Forward(parameters, tokens, _embedded.Span);
        ReadOnlySpan<float> x = _embedded.Span;
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            _layers[layer].Forward(parameters, _inputGates[layer].ApplyWindow(x), _steps);
            x = _layers[layer].Outputs;
        }

        _classifier.Forward(parameters, _outputGate.ApplyWindow(x), _logits.Span, _steps);
    }

    /// <summary>
    /// The summed cross-entropy of the window's counted targets, in nats; with a <paramref name="gradientScale"/> other than 0 the logits become
    /// its gradient times that scale.
    /// </summary>
    public double Loss(ReadOnlySpan<int> targets, float gradientScale)
    {
        _ops.SoftmaxCrossEntropy(_logits.Span, _model.Config.VocabularySize, _logitStride, targets, gradientScale, _losses.Span);
        double sum = 0;
        foreach (float loss in _losses.Span[..targets.Length]) sum += loss;
        Times.Lap(Pass.Softmax);
        return sum;
    }

    /// <summary>From the logits' gradient back to every parameter's; <paramref name="gradients"/> is zero or what the last call left there.</summary>
    public void Backward(ReadOnlySpan<int> tokens, ParameterBlock gradients)
    {
        ParameterBlock parameters = _model.Parameters;
        int top = _layers.Length - 1;
        Span<float> dOutputs = _gradientA.Span, dInputs = _gradientB.Span;
        _classifier.Backward(parameters, gradients, _outputGate.Window(_layers[top].Outputs), _logits.Span, dOutputs);
        AddPenalties(_layers[top].Outputs, dOutputs);
        for (int layer = top; layer >= 0; layer--)
        {
            ReadOnlySpan<float> x = _inputGates[layer].Window(layer == 0 ? _embedded.Span : _layers[layer - 1].Outputs);
            _layers[layer].Backward(parameters, gradients, x, dOutputs, dInputs);
            Span<float> swap = dOutputs;
            dOutputs = dInputs;
            dInputs = swap;
        }

        _embedding.Backward(gradients, tokens, dOutputs);
    }

    /// <summary>Carries every layer's state into the next window.</summary>
    public void Carry()
    {
        foreach (RecurrentLayer layer in _layers) layer.Carry();
        Times.Lap(Pass.Copies);
    }

    // AR: alpha times the mean of squares of the top layer's dropped output. TAR: beta times the mean of squares of its differences in time, before dropout
    // (Merity, McCann and Socher, "Revisiting Activation Regularization for Language RNNs", 2017).
    private void AddPenalties(ReadOnlySpan<float> top, Span<float> dTop)
    {
        (float alpha, float beta) = (_regularizers.Activation, _regularizers.TemporalActivation);
        if (alpha == 0f && beta == 0f) return;
        int units = _model.Config.InputSizeOf(_layers.Length) * _shape.Batch;
        if (alpha > 0f) _outputGate.AddSquares(top, (float)(2.0 * alpha / ((long)_steps * units)), dTop);
        if (beta > 0f && _steps > 1) _ops.AddSlowness(top, _steps, units, (float)(2.0 * beta / ((long)(_steps - 1) * units)), dTop);
        Times.Lap(Pass.Softmax);
    }

    private ParameterLayout LayOutCarried()
    {
        var layout = new ParameterLayout();
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            layout.Add(string.Create(CultureInfo.InvariantCulture, $"carried.{layer}.hidden"), _layers[layer].CarriedHidden.Length);
            int cell = _layers[layer].CarriedCell.Length;
            if (cell > 0) layout.Add(string.Create(CultureInfo.InvariantCulture, $"carried.{layer}.cell"), cell);
        }

        return layout;
    }
}
