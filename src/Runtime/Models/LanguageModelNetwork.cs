using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Models;

/// <summary>A language model's layers, wired for windows of at most T steps and B sequences. Its plan's memory must be taken
/// before it runs.</summary>
internal sealed class LanguageModelNetwork : Network<TokenWindow>
{
    private readonly LanguageModel _model;
    private readonly WindowShape _shape;
    private readonly EmbeddingLayer _embedding;
    private readonly RecurrentLayer[] _layers;
    private readonly UnitDropout[] _inputDropouts, _recurrentDropouts;
    private readonly UnitDropout _outputDropout;
    private readonly CarriedStates _carried;
    private readonly IMaskSource? _masks;
    private readonly NetworkRegularizers _regularizers;
    private readonly LinearLayer _classifier;
    private readonly VectorOps _ops;
    private readonly int _logitStride;
    private readonly Workspace.Slice _embedded, _logits, _losses, _gradientA, _gradientB;
    private Draw _draw;
    private StepRows _rows;

    /// <summary>Where the window drops nothing, the origin of masks and the regularizers are ignored. A <paramref name="name"/> stands
    /// before the names of its mask places where another network shares the plan, and they get numbers that are free; without it they have
    /// the numbers by site and layer of runs and mask schedules.</summary>
    public LanguageModelNetwork(
        LanguageModel model, WindowShape shape, MaskOrigin origin, NetworkPlan plan, NetworkRegularizers regularizers = default,
        string name = "")
        : base(plan, model.Parameters)
    {
        if (shape.Batch < 1) Throw.OutOfRange("the batch", shape.Batch, "at least 1");
        if (shape.TimeSteps is < 1 or > 65536) Throw.OutOfRange("the window", shape.TimeSteps, "1 to 65536 steps");
        _model = model;
        _shape = shape;
        _masks = shape.Drops ? origin.Source : null;
        _regularizers = shape.Drops ? regularizers : default;
        LanguageModelConfig config = model.Config;
        Workspace workspace = plan.Scratch;
        _ops = plan.Vectors;
        int layers = config.LayerCount;
        UnitDropout[] dropouts = [.. config.MaskPlaces(origin.Spec).Select(Dropout)];
        (_outputDropout, _inputDropouts, _recurrentDropouts) = (dropouts[^1], new UnitDropout[layers], new UnitDropout[layers]);
        _embedding = new EmbeddingLayer(
            model.Embedding ?? model.Classifier, config.TieWeights, shape, plan, _regularizers.WordDrop,
            _regularizers.WordDropBySequence, origin.Seed);
        float weightDrop = _regularizers.WeightDrop;
        _layers = new RecurrentLayer[layers];
        for (int layer = 0; layer < layers; layer++)
        {
            (_inputDropouts[layer], _recurrentDropouts[layer]) = (dropouts[2 * layer], dropouts[(2 * layer) + 1]);
            _layers[layer] = RecurrentLayer.Create(model.Layers[layer], shape, plan, new RecurrentTraits
            {
                InputDropout = _inputDropouts[layer],
                SeesHidden = layer > 0,
                RecurrentDropout = _recurrentDropouts[layer],
                Drop = weightDrop > 0f ? new WeightDrop(_ops, origin.Seed, weightDrop, plan.WeightMask()) : null,
            });
        }

        _classifier = new LinearLayer(model.Classifier, model.ClassifierBias, shape, _outputDropout, plan);
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

        _carried = new CarriedStates(_layers);
        SparseTables = model.Embedding is { } table ? [new SparseTable(table, checked((int)rows))] : [];

        UnitDropout Dropout(MaskPlace place) =>
            new(name.Length == 0 ? plan.Place(place) : plan.Place($"{name}.{place.Name}", place.Units, place.Rate), origin, shape, plan);
    }

    /// <summary>One network on a plan of its own, its memory taken; without an origin of masks it drops nothing.</summary>
    public static LanguageModelNetwork OnItsOwn(
        LanguageModel model, WindowShape shape, NetworkPlan plan, MaskOrigin? origin = null, NetworkRegularizers regularizers = default,
        Func<int, Memory<float>>? memory = null)
    {
        var network = new LanguageModelNetwork(model, shape, origin ?? MaskOrigin.None, plan, regularizers);
        plan.Take(memory);
        return network;
    }

    /// <summary>The logits of row t * B + b of the last window, [V].</summary>
    public ReadOnlySpan<float> Logits(int row) => _logits.Part(row, _logitStride)[.._model.Config.VocabularySize];

    /// <summary>The layers, from the lowest up.</summary>
    public ReadOnlySpan<RecurrentLayer> Layers => _layers;

    /// <summary>The losses of the last <see cref="Loss"/> by row t * B + b, in nats; 0 where the target was not counted.</summary>
    public ReadOnlySpan<float> TokenLosses => _losses.Span;

    /// <summary>The top layer's h of the last window, [T][H][B], nothing of it dropped.</summary>
    public ReadOnlySpan<float> TopOutputs => _layers[^1].Outputs;

    /// <inheritdoc/>
    public override ParameterLayout Carried => _carried.Layout;

    public override IReadOnlyList<SparseTable> SparseTables { get; }

    private PassTimes Times => Plan.Times;

    public override void SaveCarried(ParameterBlock state) => _carried.Save(state);

    public override void LoadCarried(ParameterBlock state) => _carried.Load(state);

    public override void ResetState()
    {
        foreach (RecurrentLayer layer in _layers) layer.Reset();
        Plan.ResetDelta();
    }

    /// <summary>Takes notice of new parameters; needed before the first window and after every change of them. DropConnect masks them
    /// here, for the draw.</summary>
    public override void Begin(Draw draw)
    {
        _draw = draw;
        foreach (RecurrentLayer layer in _layers)
        {
            layer.Begin(draw);
            layer.Update(_model.Parameters);
        }

        _classifier.Update(_model.Parameters);
        Times.Lap(Pass.Copies);
    }

    /// <summary>Takes notice of another draw, where the parameters are what they were and no weights are dropped.</summary>
    public void Redraw(Draw draw) => _draw = draw;

    public override BatchSize SizeOf(TokenWindow batch)
    {
        if (batch.BatchSize != _shape.Batch || batch.TimeSteps > _shape.TimeSteps)
        {
            string made = $"{Throw.Counted(_shape.Batch, "sequence")} of at most {Throw.Counted(_shape.TimeSteps, "step")}";
            Throw.Argument($"a window of {batch.BatchSize} x {batch.TimeSteps} tokens; the network was made for {made}");
        }

        TokenChecks.All(batch.Inputs, _model.Config.VocabularySize, "inputs");
        TokenChecks.All(batch.Targets, _model.Config.VocabularySize, "targets");
        return new BatchSize(batch.Targets.Length, _shape.Batch);
    }

    public override double Forward(TokenWindow batch, float gradientScale)
    {
        Forward(batch.Inputs);
        return Loss(batch.Targets, gradientScale);
    }

    /// <summary>Draws the window's masks and runs it: tokens [T][B] to logits. It may be shorter than those the
    /// network was made for.</summary>
    public void Forward(ReadOnlySpan<int> tokens) => Forward(tokens, tokens.Length / _shape.Batch);

    /// <summary>The same where the logits of the last steps only are asked for, and nothing is dropped; row 0 is then the first of
    /// these.</summary>
    public void Forward(ReadOnlySpan<int> tokens, int answered)
    {
        _rows = StepRows.Even(tokens.Length / _shape.Batch, _shape.Batch);
        _masks?.Begin(_draw.Update);
        foreach (UnitDropout dropout in _inputDropouts) dropout.Draw(_draw, _rows);
        foreach (UnitDropout dropout in _recurrentDropouts) dropout.Draw(_draw, _rows);
        _outputDropout.Draw(_draw, _rows);
        _embedding.Draw(_draw);
        ParameterBlock parameters = _model.Parameters;
        _embedding.Forward(parameters, tokens, _rows, _embedded.Span);
        ReadOnlySpan<float> x = _embedded.Span;
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            _layers[layer].Forward(parameters, _inputDropouts[layer].ApplyWindow(x), _rows);
            x = _layers[layer].Outputs;
        }

        if (answered == 0) return;
        int skipped = _rows.Steps - answered;
        x = _outputDropout.ApplyWindow(x)[(_rows.Before(skipped) * _model.Config.InputSizeOf(_layers.Length))..];
        _classifier.Forward(parameters, x, _rows.Slice(skipped, answered), _logits.Span);
    }

    /// <summary>The summed cross-entropy of the window's counted targets, in nats; with a <paramref name="gradientScale"/> other than 0 the
    /// logits become its gradient times that scale.</summary>
    public double Loss(ReadOnlySpan<int> targets, float gradientScale)
    {
        _ops.SoftmaxCrossEntropy(_logits.Span, _model.Config.VocabularySize, _logitStride, targets, gradientScale, _losses.Span);
        double sum = 0;
        foreach (float loss in _losses.Span[..targets.Length]) sum += loss;
        Times.Lap(Pass.Softmax);
        return sum;
    }

    // From the logits' gradient back to every parameter's.
    public override void Backward(TokenWindow batch, GradientBlock gradients)
    {
        ParameterBlock parameters = _model.Parameters;
        int top = _layers.Length - 1;
        Span<float> dOutputs = _gradientA.Span, dInputs = _gradientB.Span;
        _classifier.Backward(parameters, gradients, _outputDropout.Window(_layers[top].Outputs), _logits.Span, dOutputs);
        _outputDropout.BackwardWindow(dOutputs);
        AddPenalties(_layers[top].Outputs, dOutputs);
        for (int layer = top; layer >= 0; layer--)
        {
            ReadOnlySpan<float> x = _inputDropouts[layer].Window(layer == 0 ? _embedded.Span : _layers[layer - 1].Outputs);
            _layers[layer].Backward(parameters, gradients, x, dOutputs, dInputs);
            _inputDropouts[layer].BackwardWindow(dInputs);
            Span<float> swap = dOutputs;
            dOutputs = dInputs;
            dInputs = swap;
        }

        _embedding.Backward(gradients, batch.Inputs, _rows, dOutputs);
    }

    public override void Carry()
    {
        foreach (RecurrentLayer layer in _layers) layer.Carry();
        Times.Lap(Pass.Copies);
    }

    // AR: alpha times the mean of squares of the top layer's dropped output. TAR: beta times the mean of squares of its differences in
    // time, before dropout (Merity, McCann and Socher, "Revisiting Activation Regularization for Language RNNs", 2017).
    private void AddPenalties(ReadOnlySpan<float> top, Span<float> dTop)
    {
        (float alpha, float beta) = (_regularizers.Activation, _regularizers.TemporalActivation);
        if (alpha == 0f && beta == 0f) return;
        int units = _model.Config.InputSizeOf(_layers.Length), rows = _rows.Total, pairs = rows - _shape.Batch;
        if (alpha > 0f) _outputDropout.AddSquares(top, (float)(2.0 * alpha / ((long)rows * units)), dTop);
        if (beta > 0f && pairs > 0) _ops.AddSlowness(top, _rows, units, (float)(2.0 * beta / ((long)pairs * units)), dTop);
        Times.Lap(Pass.Softmax);
    }
}
