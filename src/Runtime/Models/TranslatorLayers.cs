using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Models;

/// <summary>A translator's layers, wired for sources and targets of some windows: what training and decoding share.</summary>
internal sealed class TranslatorLayers
{
    private readonly TranslatorModel _model;
    private readonly StateBridge[] _bridges;
    private readonly Workspace.Slice _sources;

    /// <summary>Declares the layers.</summary>
    /// <param name="model">The model.</param>
    /// <param name="source">The window of sources.</param>
    /// <param name="target">That of targets, whose batch may be another where nothing is trained.</param>
    /// <param name="origin">How masks are drawn.</param>
    /// <param name="rates">Of the attention's sites.</param>
    /// <param name="plan">The network's.</param>
    public TranslatorLayers(
        TranslatorModel model, WindowShape source, WindowShape target, MaskOrigin origin, AttentionRates rates, NetworkPlan plan)
    {
        _model = model;
        TranslatorConfig config = model.Config;
        TensorSlot table = model.SourceEmbedding ?? model.TargetEmbedding ?? model.ClassifierWeight;
        SourceEmbedding = new EmbeddingLayer(table, tied: table == model.ClassifierWeight, source, plan);
        Encoder = new RecurrentEncoder(
            model.Encoder, config.Encoder.DirectionCount, config.Direction == RecurrentDirection.Reverse, source, origin, plan, "encoder.",
            hasStateGradients: true);
        TargetEmbedding = new EmbeddingLayer(
            model.TargetEmbedding ?? model.ClassifierWeight, tied: model.TargetEmbedding is null, target, plan);
        Decoder = new AttentionDecoder(model.Decoder, source, target, origin, rates, plan, "decoder.");
        Classifier = new LinearLayer(model.ClassifierWeight, model.ClassifierBias, target, Decoder.OutputDropout, plan);
        _bridges = new StateBridge[config.LayerCount];
        for (int layer = 0; layer < _bridges.Length; layer++)
        {
            BridgeSlots? slots = model.Bridge.Count > 0 ? model.Bridge[layer] : null;
            int from = Math.Min(layer, config.EncoderLayerCount - 1);
            _bridges[layer] = new StateBridge(Encoder, from, Decoder, layer, slots, plan);
        }

        _sources = plan.Scratch.Reserve((long)source.TimeSteps * source.Batch * config.EmbeddingSize);
    }

    public EmbeddingLayer SourceEmbedding { get; }

    public RecurrentEncoder Encoder { get; }

    public EmbeddingLayer TargetEmbedding { get; }

    public AttentionDecoder Decoder { get; }

    public LinearLayer Classifier { get; }

    /// <summary>Takes notice of new parameters; needed before the first window and after every change of them.</summary>
    public void Update()
    {
        ParameterBlock parameters = _model.Parameters;
        Encoder.Update(parameters);
        Decoder.Update(parameters);
        Classifier.Update(parameters);
        foreach (StateBridge bridge in _bridges) bridge.Update(parameters);
    }

    /// <summary>Reads sources, whose masks are drawn.</summary>
    public void Encode(ReadOnlySpan<int> units, StepRows rows)
    {
        ParameterBlock parameters = _model.Parameters;
        SourceEmbedding.Forward(parameters, units, rows, _sources.Span);
        Encoder.Forward(parameters, _sources.Span, rows);
        Decoder.Remember(parameters, Encoder.Outputs, rows);
    }

    /// <summary>Writes the decoder's first state.</summary>
    /// <param name="places">For each of its sequences that of its source.</param>
    public void Cross(ReadOnlySpan<int> places)
    {
        foreach (StateBridge bridge in _bridges) bridge.Forward(_model.Parameters, places);
    }

    /// <summary>Back from the decoder's first state and from what attention looked at to the sources.</summary>
    /// <param name="gradients">To which it is added.</param>
    /// <param name="units">As in the forward pass.</param>
    /// <param name="rows">As in the forward pass.</param>
    /// <param name="places">As in the forward pass.</param>
    /// <param name="dOutputs">The gradient of the encoder's outputs.</param>
    /// <param name="dSources">Room for that of the embedded sources.</param>
    public void EncodeBackward(
        GradientBlock gradients, ReadOnlySpan<int> units, StepRows rows, ReadOnlySpan<int> places, ReadOnlySpan<float> dOutputs,
        Span<float> dSources)
    {
        ParameterBlock parameters = _model.Parameters;

        // Layers that no bridge reads have no gradient of their last state.
        Encoder.ClearStateGradients();
        foreach (StateBridge bridge in _bridges) bridge.Backward(parameters, gradients, places);
        Encoder.Backward(parameters, gradients, _sources.Span, dOutputs, default, dSources);
        SourceEmbedding.Backward(gradients, units, rows, dSources);
    }
}
