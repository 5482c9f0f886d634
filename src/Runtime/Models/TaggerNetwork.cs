using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Models;

/// <summary>A tagger's layers, wired for batches of at most B sentences of at most T tokens. Its plan's memory must be taken before it
/// runs.</summary>
internal sealed class TaggerNetwork : Network<TaggerBatch>
{
    private readonly TaggerModel _model;
    private readonly WindowShape _shape;
    private readonly EmbeddingLayer _embedding;
    private readonly CharacterEncoder? _characters;
    private readonly RecurrentEncoder _encoder;
    private readonly UnitDropout _outputDropout;
    private readonly LinearLayer _head;
    private readonly ChainLoss? _chain;
    private readonly IMaskSource? _masks;
    private readonly VectorOps _ops;
    private readonly int _stride;
    private readonly Workspace.Slice _embedded, _spelled, _inputs, _outputs, _losses, _dOutputs, _dInputs, _dFeatures;
    private Draw _draw;

    /// <summary>Declares the layers; where the window drops nothing, the origin of masks is ignored.</summary>
    public TaggerNetwork(TaggerModel model, WindowShape shape, MaskOrigin origin, NetworkPlan plan)
        : base(plan, model.Parameters)
    {
        if (shape.Batch < 1) Throw.OutOfRange("the batch", shape.Batch, "at least 1");
        if (shape.TimeSteps is < 1 or > 65536) Throw.OutOfRange("the longest sentence", shape.TimeSteps, "1 to 65536 tokens");
        TaggerConfig config = model.Config;
        _model = model;
        _shape = shape = shape with { IsUneven = shape.Batch > 1 };
        _masks = shape.Drops ? origin.Source : null;
        _ops = plan.Vectors;
        _embedding = new EmbeddingLayer(model.Embedding, tied: false, shape, plan);
        bool isReverse = config.Body.Direction == RecurrentDirection.Reverse;
        _encoder = new RecurrentEncoder(model.Layers, config.Body.DirectionCount, isReverse, shape, origin, plan);
        float rate = origin.Spec.RateOf(DropoutSite.Output);
        var place = MaskPlace.OfStack(DropoutSite.Output, config.Body.LayerCount, _encoder.OutputUnits, rate);
        _outputDropout = new UnitDropout(plan.Place(place), origin, shape, plan);
        _head = new LinearLayer(model.HeadWeight, model.HeadBias, shape, _outputDropout, plan);
        _stride = Products.RowStride(config.TagCount);
        long rows = (long)shape.TimeSteps * shape.Batch;
        _embedded = plan.Scratch.Reserve(rows * config.EmbeddingSize);
        _outputs = plan.Scratch.Reserve(rows * _stride);
        if (shape.Training)
        {
            _dOutputs = plan.Scratch.Reserve(rows * _encoder.OutputUnits);
            _dInputs = plan.Scratch.Reserve(rows * config.InputSize);
        }

        if (model.Characters is { } slots)
        {
            int words = checked((int)rows), longest = config.Characters!.MaxLength;
            _characters = CharacterEncoder.Create(slots, words, longest, shape.Training, plan, TaggerModel.CharactersPrefix);
            _spelled = plan.Scratch.Reserve(rows * _characters.Units);
            _inputs = plan.Scratch.Reserve(rows * config.InputSize);
            if (shape.Training) _dFeatures = plan.Scratch.Reserve(rows * _characters.Units);
        }

        if (shape.Training && config.HasCrf) _chain = new ChainLoss(model, shape, plan);
        else if (shape.Training) _losses = plan.Scratch.Reserve(rows);
        SparseTables = [new SparseTable(model.Embedding, checked((int)rows))];
    }

    public override IReadOnlyList<SparseTable> SparseTables { get; }

    /// <summary>A network and room for a batch of it, on a plan whose memory is not taken; without an origin of masks it drops
    /// nothing.</summary>
    public static ((TaggerNetwork Network, TaggerBatch Batch) Declared, NetworkPlan Plan) Declare(
        TaggerModel model, WindowShape shape, NetworkPlan plan, MaskOrigin? origin = null)
    {
        var network = new TaggerNetwork(model, shape, origin ?? MaskOrigin.None, plan);
        return ((network, new TaggerBatch(model.Config, shape.Batch, shape.TimeSteps, plan.Scratch)), plan);
    }

    public override void Begin(Draw draw)
    {
        _draw = draw;
        _encoder.Update(Parameters);
        _head.Update(Parameters);
        _chain?.Update(Parameters);
        Plan.Times.Lap(Pass.Copies);
        _characters?.Update(Parameters);
    }

    /// <summary>A sentence is a term of its loss, since a chain's loss is of a sentence as a whole; by softmax, too, so that both are
    /// trained alike.</summary>
    public override BatchSize SizeOf(TaggerBatch batch)
    {
        if (batch.BatchSize != _shape.Batch || batch.Longest > _shape.TimeSteps)
        {
            string made = $"{Throw.Counted(_shape.Batch, "sentence")} of at most {Throw.Counted(_shape.TimeSteps, "token")}";
            Throw.Argument($"a batch of {batch.BatchSize} sentences of at most {batch.Longest} tokens; the network was made for {made}");
        }

        TaggerConfig config = _model.Config;
        TokenChecks.All(batch.Words, config.VocabularySize, "words");
        if (config.Characters is { } characters)
        {
            CharacterLists lists = batch.Characters;
            TokenChecks.All(lists.Characters[..lists.Starts[lists.Count]], characters.AlphabetSize, "characters");
        }

        return new BatchSize(batch.Count, batch.Count);
    }

    /// <summary>As <see cref="SizeOf"/>, and refuses tokens without a tag, which cannot be learnt from.</summary>
    public void CheckTags(TaggerBatch batch) => TokenChecks.All(batch.Tags, _model.Config.TagCount, "tags");

    /// <summary>Runs a batch as far as the tags' scores.</summary>
    public void Run(TaggerBatch batch)
    {
        StepRows rows = batch.Rows;
        _masks?.Begin(_draw.Update);
        _outputDropout.Draw(_draw, rows);
        if (rows.Steps == 0) return;
        _encoder.Draw(_draw, rows);
        _embedding.Forward(Parameters, batch.Words, rows, _embedded.Span);
        if (_characters is not null)
        {
            ReadOnlySpan<float> features = _characters.Forward(Parameters, batch.Characters);
            _ops.Embed(features, _characters.Units, 1, batch.Forms, rows, _characters.Units, _spelled.Span);
            Join(rows);
            Plan.Times.Lap(Pass.Embedding);
        }

        _encoder.Forward(Parameters, Inputs, rows);
        _head.Forward(Parameters, _outputDropout.ApplyWindow(_encoder.Outputs), rows, _outputs.Span);
    }

    public override double Forward(TaggerBatch batch, float gradientScale)
    {
        CheckTags(batch);
        Run(batch);
        double sum = 0;
        if (_chain is not null)
        {
            sum = _chain.Run(batch, _outputs, gradientScale);
        }
        else if (batch.Rows.Total > 0)
        {
            _ops.SoftmaxCrossEntropy(_outputs.Span, _model.Config.TagCount, _stride, batch.Tags, gradientScale, _losses.Span);
            foreach (float loss in _losses.Span[..batch.Rows.Total]) sum += loss;
        }

        Plan.Times.Lap(Pass.Softmax);
        return sum;
    }

    public override void Backward(TaggerBatch batch, GradientBlock gradients)
    {
        StepRows rows = batch.Rows;
        if (rows.Steps == 0) return;
        _chain?.AddGradients(gradients);
        Plan.Times.Lap(Pass.Softmax);
        _head.Backward(Parameters, gradients, _outputDropout.Window(_encoder.Outputs), _outputs.Span, _dOutputs.Span);
        _outputDropout.BackwardWindow(_dOutputs.Span);
        _encoder.Backward(Parameters, gradients, Inputs, _dOutputs.Span, default, _dInputs.Span);
        if (_characters is null)
        {
            _embedding.Backward(gradients, batch.Words, rows, _dInputs.Span);
            return;
        }

        Split(rows);
        _embedding.Backward(gradients, batch.Words, rows, _embedded.Span);
        CharacterLists lists = batch.Characters;
        Span<float> dFeatures = _dFeatures.Span[..(lists.Count * _characters.Units)];
        dFeatures.Clear();
        _ops.EmbedBackward(_spelled.Span, batch.Forms, rows, _characters.Units, dFeatures, _characters.Units, 1);
        Plan.Times.Lap(Pass.Embedding);
        _characters.Backward(Parameters, gradients, lists, dFeatures);
    }

    /// <summary>Copies the scores of a sentence's tags out, [T][K].</summary>
    public void CopyScores(TaggerBatch batch, int sentence, Span<float> scores)
    {
        int tags = _model.Config.TagCount, place = batch.PlaceOf(sentence);
        for (int t = 0; t < batch.LengthAt(place); t++)
            _outputs.Part(batch.Rows.Before(t) + place, _stride)[..tags].CopyTo(scores[(t * tags)..]);
    }

    private ReadOnlySpan<float> Inputs => _characters is null ? _embedded.Span : _inputs.Span;

    // Words and characters of a token, one below the other.
    private void Join(StepRows rows)
    {
        int words = _model.Config.EmbeddingSize, units = _characters!.Units;
        for (int t = 0; t < rows.Steps; t++)
        {
            int before = rows.Before(t), count = rows.At(t);
            Span<float> to = _inputs.Span[(before * (words + units))..];
            _embedded.Span.Slice(before * words, count * words).CopyTo(to);
            _spelled.Span.Slice(before * units, count * units).CopyTo(to[(count * words)..]);
        }
    }

    // The gradient of what was joined, to where that was joined from.
    private void Split(StepRows rows)
    {
        int words = _model.Config.EmbeddingSize, units = _characters!.Units;
        for (int t = 0; t < rows.Steps; t++)
        {
            int before = rows.Before(t), count = rows.At(t);
            ReadOnlySpan<float> from = _dInputs.Span.Slice(before * (words + units), count * (words + units));
            from[..(count * words)].CopyTo(_embedded.Span[(before * words)..]);
            from[(count * words)..].CopyTo(_spelled.Span[(before * units)..]);
        }
    }
}
