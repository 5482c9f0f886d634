using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Models;

/// <summary>A sequence model's layers, wired for batches of at most B sequences of at most T steps. Its plan's memory must be taken before
/// it runs.</summary>
internal sealed class SequenceNetwork : Network<SequenceBatch>
{
    private readonly SequenceModel _model;
    private readonly WindowShape _shape;
    private readonly EmbeddingLayer? _embedding;
    private readonly RecurrentEncoder _encoder;
    private readonly TimePooling? _pooling;
    private readonly UnitDropout _outputDropout;
    private readonly LinearLayer _head;
    private readonly LinearLayer? _linear;
    private readonly CarriedStates? _carried;
    private readonly IMaskSource? _masks;
    private readonly SequenceLoss _loss;
    private readonly float _delta;
    private readonly float[] _weights, _squares;
    private readonly VectorOps _ops;
    private readonly int _stride;
    private readonly Workspace.Slice _embedded, _outputs, _losses, _nothing, _linearOutputs, _dRead, _dOutputs, _dInputs;
    private Draw _draw;
    private double _score;

    /// <summary>Declares the layers; where the window drops nothing, the origin of masks is ignored. Weights are what each output counts
    /// in a loss that has targets, squares what its squared error does in the score.</summary>
    public SequenceNetwork(
        SequenceModel model, WindowShape shape, MaskOrigin origin, NetworkPlan plan, SequenceLoss loss = SequenceLoss.Squared,
        float delta = 1f, float[]? weights = null, float[]? squares = null)
        : base(plan, model.Parameters)
    {
        if (shape.Batch < 1) Throw.OutOfRange("the batch", shape.Batch, "at least 1");
        if (shape.TimeSteps is < 1 or > 65536) Throw.OutOfRange("the window", shape.TimeSteps, "1 to 65536 steps");
        SequenceModelConfig config = model.Config;
        _model = model;
        _shape = shape = shape with { IsUneven = shape.Batch > 1 };
        _loss = loss;
        _delta = delta;
        _weights = weights ?? [];
        _squares = squares ?? [];
        _masks = shape.Drops ? origin.Source : null;
        _ops = plan.Vectors;
        if (model.Embedding is { } table) _embedding = new EmbeddingLayer(table, tied: false, shape, plan);
        bool isReverse = config.Body.Direction == RecurrentDirection.Reverse;
        _encoder = new RecurrentEncoder(
            model.Layers, config.Body.DirectionCount, isReverse, shape, origin, plan, hasGivenInputs: !config.HasTokens);
        if (config.ReadOut is ReadOut.Mean or ReadOut.Maximum)
            _pooling = new TimePooling(config.ReadOut == ReadOut.Maximum, _encoder.OutputUnits, shape, plan);
        bool everyStep = config.ReadOut == ReadOut.EveryStep;
        WindowShape read = everyStep ? shape : shape with { TimeSteps = 1, IsUneven = false };
        float rate = origin.Spec.RateOf(DropoutSite.Output);
        var place = MaskPlace.OfStack(DropoutSite.Output, config.Body.LayerCount, _encoder.OutputUnits, rate);
        _outputDropout = new UnitDropout(plan.Place(place), origin, read, plan);
        _head = new LinearLayer(model.HeadWeight, model.HeadBias, read, _outputDropout, plan);
        _stride = Products.RowStride(config.OutputSize);
        if (model.LinearWeight is { } weight)
        {
            var all = new UnitDropout(plan.Place("linear", config.LinearInputs, 0f), origin, read, plan);
            _linear = new LinearLayer(weight, model.LinearBias!, read, all, plan, isOfHidden: false);
        }

        long rows = (long)shape.TimeSteps * shape.Batch, outputs = everyStep ? rows : shape.Batch;
        if (config.HasTokens) _embedded = plan.Scratch.Reserve(rows * config.Body.InputSize);
        _outputs = plan.Scratch.Reserve(outputs * _stride);
        if (_linear is not null) _linearOutputs = plan.Scratch.Reserve(outputs * _stride);
        _losses = plan.Scratch.Reserve(shape.Batch);
        _nothing = plan.Scratch.Reserve((long)shape.Batch * _encoder.OutputUnits);
        if (shape.Training)
        {
            _dRead = plan.Scratch.Reserve(outputs * _encoder.OutputUnits);
            if (!everyStep) _dOutputs = plan.Scratch.Reserve(rows * _encoder.OutputUnits);
            if (config.HasTokens) _dInputs = plan.Scratch.Reserve(rows * config.Body.InputSize);
        }

        SparseTables = model.Embedding is { } sparse ? [new SparseTable(sparse, checked((int)rows))] : [];

        // Sequences that are read as a whole begin anew with every batch.
        if (everyStep) _carried = new CarriedStates(_encoder.Layers);
    }

    /// <inheritdoc/>
    public override ParameterLayout Carried => _carried?.Layout ?? base.Carried;

    public override IReadOnlyList<SparseTable> SparseTables { get; }

    /// <inheritdoc/>
    public override double Score => _score;

    /// <summary>One network on a plan of its own, its memory taken; without an origin of masks it drops nothing.</summary>
    public static SequenceNetwork OnItsOwn(
        SequenceModel model, WindowShape shape, NetworkPlan plan, MaskOrigin? origin = null, SequenceLoss loss = SequenceLoss.Squared,
        float delta = 1f, float[]? weights = null, float[]? squares = null, Func<int, Memory<float>>? memory = null)
    {
        var network = new SequenceNetwork(model, shape, origin ?? MaskOrigin.None, plan, loss, delta, weights, squares);
        plan.Take(memory);
        return network;
    }

    /// <summary>A network and room for a batch of it, on a plan whose memory is not taken; without an origin of masks it drops
    /// nothing.</summary>
    public static ((SequenceNetwork Network, SequenceBatch Batch) Declared, NetworkPlan Plan) Declare(
        SequenceModel model, WindowShape shape, NetworkPlan plan, MaskOrigin? origin = null, SequenceLoss loss = SequenceLoss.Squared,
        float delta = 1f, float[]? weights = null, float[]? squares = null)
    {
        var network = new SequenceNetwork(model, shape, origin ?? MaskOrigin.None, plan, loss, delta, weights, squares);
        return ((network, new SequenceBatch(model.Config, shape.Batch, shape.TimeSteps, plan.Scratch)), plan);
    }

    /// <summary>The layers, for each its directions one after the other.</summary>
    public ReadOnlySpan<RecurrentLayer> Layers => _encoder.Layers;

    /// <summary>What pools the outputs of all steps, or null.</summary>
    public TimePooling? Pooling => _pooling;

    /// <summary>A row of the last batch's outputs, [O]: see <see cref="SequenceBatch.OutputRowOf"/>. Spent by a loss.</summary>
    public ReadOnlySpan<float> OutputsOf(int row) => _outputs.Part(row, _stride)[.._model.Config.OutputSize];

    public override void Begin(Draw draw)
    {
        _draw = draw;
        _encoder.Update(Parameters);
        _head.Update(Parameters);
        _linear?.Update(Parameters);
        Plan.Times.Lap(Pass.Copies);
    }

    public override BatchSize SizeOf(SequenceBatch batch)
    {
        Check(batch);
        if (_loss == SequenceLoss.CrossEntropy) return new BatchSize(batch.Labels.Length - batch.Labels.Count(-1), batch.Count);
        int targets = 0;
        foreach (float target in batch.Targets) targets += float.IsNaN(target) ? 0 : 1;
        return new BatchSize(targets, batch.Count);
    }

    public override double Forward(SequenceBatch batch, float gradientScale)
    {
        Run(batch);
        _score = ScoreOf(batch);
        double sum = _loss == SequenceLoss.CrossEntropy
            ? LabelLoss(batch, gradientScale)
            : TargetLoss.Of(_loss, _delta, _outputs.Span, _model.Config.OutputSize, _stride, batch.Targets, _weights, gradientScale);
        Plan.Times.Lap(Pass.Softmax);
        return sum;
    }

    /// <summary>Runs a batch as far as its outputs.</summary>
    public void Run(SequenceBatch batch)
    {
        StepRows rows = batch.Rows, read = ReadRows(rows);
        _masks?.Begin(_draw.Update);
        if (rows.Steps > 0)
        {
            _encoder.Draw(_draw, rows);
            _embedding?.Forward(Parameters, batch.Tokens, rows, _embedded.Span);
            _encoder.Forward(Parameters, InputsOf(batch), rows);
        }

        _outputDropout.Draw(_draw, read);
        if (read.Steps == 0) return;
        _head.Forward(Parameters, _outputDropout.ApplyWindow(Read(rows)), read, _outputs.Span);
        if (_linear is null) return;
        _linear.Forward(Parameters, batch.Linear, read, _linearOutputs.Span);
        _ops.AddScaled(_linearOutputs.Span[..(read.Total * _stride)], 1f, _outputs.Span[..(read.Total * _stride)]);
    }

    public override void Backward(SequenceBatch batch, GradientBlock gradients)
    {
        StepRows rows = batch.Rows;
        if (ReadRows(rows).Steps == 0) return;
        _head.Backward(Parameters, gradients, _outputDropout.Window(Read(rows)), _outputs.Span, _dRead.Span);
        _outputDropout.BackwardWindow(_dRead.Span);
        _linear?.Backward(Parameters, gradients, batch.Linear, _outputs.Span, dx: []);
        if (rows.Steps == 0) return;
        int units = _encoder.OutputUnits;
        Span<float> dOutputs = _dRead.Span, dLast = default;
        if (_model.Config.ReadOut != ReadOut.EveryStep) dOutputs = _dOutputs.Span[..(rows.Total * units)];
        if (_pooling is not null) _pooling.Backward(_dRead.Span, dOutputs);
        if (_model.Config.ReadOut == ReadOut.Last)
        {
            dOutputs.Clear();
            dLast = _dRead.Span[..(rows.Batch * units)];
        }

        _encoder.Backward(Parameters, gradients, InputsOf(batch), dOutputs, dLast, _dInputs.Length > 0 ? _dInputs.Span : default);
        _embedding?.Backward(gradients, batch.Tokens, rows, _dInputs.Span);
    }

    public override void Carry()
    {
        _encoder.Carry();
        Plan.Times.Lap(Pass.Copies);
    }

    public override void ResetState()
    {
        _encoder.Reset();
        Plan.ResetDelta();
    }

    public override void SaveCarried(ParameterBlock state) => _carried?.Save(state);

    public override void LoadCarried(ParameterBlock state) => _carried?.Load(state);

    private void Check(SequenceBatch batch)
    {
        if (batch.BatchSize != _shape.Batch || batch.Longest > _shape.TimeSteps)
        {
            string made = $"{Throw.Counted(_shape.Batch, "sequence")} of at most {Throw.Counted(_shape.TimeSteps, "step")}";
            Throw.Argument($"a batch of {batch.BatchSize} sequences of at most {batch.Longest} steps; the network was made for {made}");
        }

        TokenChecks.All(batch.Tokens, Math.Max(1, _model.Config.VocabularySize), "tokens");
        int wrong = FiniteNumbers.IndexOfOther(batch.Inputs);
        if (wrong < 0) return;
        Throw.NotANumber(batch.Inputs[wrong], $"number {wrong} of the batch is {batch.Inputs[wrong]}; expected a finite one");
    }

    private ReadOnlySpan<float> InputsOf(SequenceBatch batch) => _embedding is null ? batch.Inputs : _embedded.Span;

    // What the head sees, before dropout. Without any step every sequence ends in the state that it began with.
    private ReadOnlySpan<float> Read(StepRows rows) => _model.Config.ReadOut switch
    {
        ReadOut.EveryStep => _encoder.Outputs,
        ReadOut.Last when rows.Steps > 0 => _encoder.LastOutputs,
        _ when rows.Steps > 0 => _pooling!.Forward(_encoder.Outputs, rows),
        _ => _nothing.Span,
    };

    private StepRows ReadRows(StepRows rows) => _model.Config.ReadOut == ReadOut.EveryStep ? rows : StepRows.Even(1, _shape.Batch);

    // Squared errors of numbers. Sequences whose labels are all right, as often as they have terms.
    private double ScoreOf(SequenceBatch batch)
    {
        int outputs = _model.Config.OutputSize;
        double score = 0;
        for (int row = 0; row < batch.OutputRows; row++)
        {
            ReadOnlySpan<float> output = OutputsOf(row);
            if (_loss == SequenceLoss.CrossEntropy)
            {
                int label = batch.Labels[row], best = 0;
                for (int i = 1; i < outputs; i++) best = output[i] > output[best] ? i : best;
                score += label == best ? 1 : 0;
                continue;
            }

            ReadOnlySpan<float> target = batch.Targets.Slice(row * outputs, outputs);
            int right = 0;
            for (int i = 0; i < outputs; i++)
            {
                if (float.IsNaN(target[i])) continue;
                double error = (double)output[i] - target[i];
                if (_loss != SequenceLoss.Logistic) score += error * error * (_squares.Length == 0 ? 1f : _squares[i]);
                else if ((output[i] > 0f) == (target[i] > 0.5f)) right++;
            }

            if (_loss == SequenceLoss.Logistic && right == outputs) score += outputs;
        }

        return score;
    }

    private double LabelLoss(SequenceBatch batch, float gradientScale)
    {
        int outputs = _model.Config.OutputSize;
        _ops.SoftmaxCrossEntropy(_outputs.Span, outputs, _stride, batch.Labels, gradientScale, _losses.Span);
        double sum = 0;
        for (int place = 0; place < batch.Labels.Length; place++)
        {
            float weight = batch.Weights[place];
            sum += weight * (double)_losses.Span[place];
            if (weight == 1f || gradientScale == 0f) continue;
            foreach (ref float d in _outputs.Part(place, _stride)[..outputs]) d *= weight;
        }

        return sum;
    }
}
