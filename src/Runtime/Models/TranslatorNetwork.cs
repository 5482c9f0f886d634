using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Models;

/// <summary>What a translator's network is made for, beside its model.</summary>
/// <param name="Batch">The most pairs.</param>
/// <param name="LongestSource">The most units of a source.</param>
/// <param name="LongestTarget">The most units of a target.</param>
/// <param name="Training">Whether a backward pass follows.</param>
internal readonly record struct TranslatorShape(int Batch, int LongestSource, int LongestTarget, bool Training)
{
    // One more for the mark.
    public WindowShape Source => new(Batch, LongestSource + 1, Training, IsUneven: Batch > 1);

    public WindowShape Target => new(Batch, LongestTarget + 1, Training, IsUneven: Batch > 1);
}

/// <summary>A translator's layers with its loss: pairs in, the cross-entropy of every unit of the targets out. Its plan's memory must be
/// taken before it runs.</summary>
/// <remarks>The classifier's outputs are made, and spent, some steps at a time, so that a large vocabulary does not need room for all of
/// them: <see cref="Learn"/> therefore makes their gradient in the forward pass.</remarks>
internal sealed class TranslatorNetwork : Network<TranslatorBatch>
{
    // The most logits at a time: 64 MB; but for one step there is always room.
    private const int MostLogits = 1 << 24;

    private readonly TranslatorModel _model;
    private readonly TranslatorShape _shape;
    private readonly TranslatorLayers _layers;
    private readonly IMaskSource? _masks;
    private readonly VectorOps _ops;
    private readonly float _smoothing;
    private readonly int _stride, _pieceRows;
    private readonly Workspace.Slice _targets, _logits, _losses, _dOutputs, _dTargets, _dMemory, _dSources;
    private Draw _draw;
    private float _gradientScale;

    /// <summary>Declares the layers; where nothing is trained, the origin of masks, rates and smoothing are ignored.</summary>
    public TranslatorNetwork(
        TranslatorModel model, TranslatorShape shape, MaskOrigin origin, AttentionRates rates, float smoothing, NetworkPlan plan,
        int mostLogits = MostLogits)
        : base(plan, model.Parameters)
    {
        if (shape.Batch < 1) Throw.OutOfRange("the batch", shape.Batch, "at least 1");
        (_model, _shape, _smoothing, _ops) = (model, shape, smoothing, plan.Vectors);
        _masks = shape.Training ? origin.Source : null;
        TranslatorConfig config = model.Config;
        _layers = new TranslatorLayers(model, shape.Source, shape.Target, origin, rates, plan);
        _stride = Products.RowStride(config.TargetVocabularySize);
        long sources = (long)shape.Source.TimeSteps * shape.Batch, targets = (long)shape.Target.TimeSteps * shape.Batch;
        _pieceRows = (int)Math.Min(targets, Math.Max(shape.Batch, mostLogits / _stride));
        _targets = plan.Scratch.Reserve(targets * config.EmbeddingSize);
        _logits = plan.Scratch.Reserve((long)_pieceRows * _stride);
        _losses = plan.Scratch.Reserve(_pieceRows);
        var tables = new List<SparseTable>();
        if (shape.Training)
        {
            _dOutputs = plan.Scratch.Reserve(targets * config.AttentionSize);
            _dTargets = plan.Scratch.Reserve(targets * config.EmbeddingSize);
            _dMemory = plan.Scratch.Reserve(sources * config.MemorySize);
            _dSources = plan.Scratch.Reserve(sources * config.EmbeddingSize);
        }

        long shared = config.SharesEmbedding ? sources : 0;
        if (model.SourceEmbedding is { } table) tables.Add(new SparseTable(table, checked((int)sources)));
        if (model.TargetEmbedding is { } own) tables.Add(new SparseTable(own, checked((int)(targets + shared))));
        SparseTables = tables;
    }

    public override IReadOnlyList<SparseTable> SparseTables { get; }

    /// <summary>A network and room for a batch of it, on a plan whose memory is not taken; without an origin of masks it drops
    /// nothing.</summary>
    public static ((TranslatorNetwork Network, TranslatorBatch Batch) Declared, NetworkPlan Plan) Declare(
        TranslatorModel model, TranslatorShape shape, NetworkPlan plan, MaskOrigin? origin = null, AttentionRates rates = default,
        float smoothing = 0f, int mostLogits = MostLogits)
    {
        var network = new TranslatorNetwork(model, shape, origin ?? MaskOrigin.None, rates, smoothing, plan, mostLogits);
        return ((network, new TranslatorBatch(shape.Batch, shape.LongestSource, shape.LongestTarget, plan.Scratch)), plan);
    }

    public override void Begin(Draw draw)
    {
        _draw = draw;
        _layers.Update();
        Plan.Times.Lap(Pass.Copies);
    }

    public override BatchSize SizeOf(TranslatorBatch batch)
    {
        if (batch.BatchSize != _shape.Batch || batch.LongestSource > _shape.LongestSource || batch.LongestTarget > _shape.LongestTarget)
        {
            string made = $"{_shape.Batch} of at most {_shape.LongestSource} and {_shape.LongestTarget} units";
            Throw.Argument(
                $"a batch of {batch.BatchSize} pairs of at most {batch.LongestSource} and {batch.LongestTarget} units; "
                + $"the network was made for {made}");
        }

        if (batch.Count == 0) Throw.Argument("the batch has no pair");
        TokenChecks.All(batch.Sources, _model.Config.SourceVocabularySize, "sources");
        TokenChecks.All(batch.Inputs, _model.Config.TargetVocabularySize, "targets");
        return new BatchSize(batch.TargetUnits, batch.Count);
    }

    public override double Forward(TranslatorBatch batch, float gradientScale)
    {
        _gradientScale = gradientScale;
        Run(batch);
        return Classify(batch, 0f, null);
    }

    public override void Backward(TranslatorBatch batch, GradientBlock gradients)
    {
        Classify(batch, _gradientScale, gradients);
        RunBackward(batch, gradients);
    }

    /// <inheritdoc/>
    public override double Learn(TranslatorBatch batch, float gradientScale, GradientBlock gradients)
    {
        Run(batch);
        double loss = Classify(batch, gradientScale, gradients);
        RunBackward(batch, gradients);
        return loss;
    }

    /// <summary>Runs a batch, and adds the loss of each of its targets.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="losses">Receives them, by pair.</param>
    public void Losses(TranslatorBatch batch, Span<double> losses)
    {
        Run(batch);
        losses[..batch.Count].Clear();
        Classify(batch, 0f, null, losses);
    }

    private void Run(TranslatorBatch batch)
    {
        _masks?.Begin(_draw.Update);
        _layers.Encoder.Draw(_draw, batch.SourceRows);
        _layers.Decoder.Draw(_draw, batch.SourceRows, batch.TargetRows);
        _layers.Encode(batch.Sources, batch.SourceRows);
        _layers.Cross(batch.Places);
        _layers.TargetEmbedding.Forward(Parameters, batch.Inputs, batch.TargetRows, _targets.Span);
        _layers.Decoder.Forward(Parameters, _targets.Span, batch.TargetRows, batch.Places);
    }

    // The classifier of some steps at a time: their losses and, where there are gradients to add to, its own and that of its input.
    private double Classify(TranslatorBatch batch, float gradientScale, GradientBlock? gradients, Span<double> byPair = default)
    {
        int units = _model.Config.AttentionSize, vocabulary = _model.Config.TargetVocabularySize;
        StepRows rows = batch.TargetRows;
        ReadOnlySpan<float> outputs = _layers.Decoder.OutputDropout.Window(_layers.Decoder.Outputs);
        double sum = 0;
        for (int first = 0, count; first < rows.Steps; first += count)
        {
            int before = rows.Before(first);
            count = 1;
            while (first + count < rows.Steps && rows.Before(first + count) + rows.At(first + count) - before <= _pieceRows) count++;
            StepRows piece = rows.Slice(first, count);
            ReadOnlySpan<float> x = outputs.Slice(before * units, piece.Total * units);
            Span<float> losses = _losses.Span[..piece.Total];
            _layers.Classifier.Forward(Parameters, x, piece, _logits.Span, first);
            _ops.SoftmaxCrossEntropy(
                _logits.Span, vocabulary, _stride, batch.Outputs.Slice(before, piece.Total), gradientScale, losses, _smoothing);
            foreach (float loss in losses) sum += loss;
            Plan.Times.Lap(Pass.Softmax);
            if (gradients is not null)
                _layers.Classifier.Backward(Parameters, gradients, x, _logits.Span, _dOutputs.Span[(before * units)..]);
            for (int pair = 0; pair < batch.Count && !byPair.IsEmpty; pair++)
            {
                int place = batch.TargetPlaceOf(pair);
                for (int t = 0; t < count && place < piece.At(t); t++) byPair[pair] += losses[piece.Before(t) + place];
            }
        }

        return sum;
    }

    private void RunBackward(TranslatorBatch batch, GradientBlock gradients)
    {
        _layers.Decoder.OutputDropout.BackwardWindow(_dOutputs.Span);
        _layers.Decoder.Backward(
            Parameters, gradients, _targets.Span, _layers.Encoder.Outputs, _dOutputs.Span, _dTargets.Span, _dMemory.Span);
        _layers.TargetEmbedding.Backward(gradients, batch.Inputs, batch.TargetRows, _dTargets.Span);
        _layers.EncodeBackward(gradients, batch.Sources, batch.SourceRows, batch.Places, _dMemory.Span, _dSources.Span);
    }
}
