using System.Globalization;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Models;

/// <summary>A translator's parameters: one contiguous block and the meaning of its parts.</summary>
/// <remarks>Weights are input-major, <c>[in][out]</c>. Sessions and evaluators share a model; it is safe to read from many threads, and
/// only a trainer writes it.</remarks>
public sealed class TranslatorModel
{
    private const string EncoderPrefix = "encoder.", DecoderPrefix = "decoder.";

    private readonly RecurrentSlots[] _encoder;

    /// <summary>Lays the tensors out and takes the host's memory for them, or allocates.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="storage">Memory for the parameters, or empty to allocate.</param>
    /// <param name="weights">How matrices and tables are held; in anything but single precision for running only.</param>
    /// <exception cref="ArgumentException">The shape is impossible or the memory is too short.</exception>
    public TranslatorModel(TranslatorConfig config, Memory<float> storage = default, WeightFormat weights = WeightFormat.Single)
        : this(config, weights, layout => new ParameterBlock(layout, storage))
    {
    }

    private TranslatorModel(TranslatorConfig config, WeightFormat weights, Func<ParameterLayout, ParameterBlock> parameters)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        Layout = new ParameterLayout(weights);
        (int embedding, int width) = (config.EmbeddingSize, config.AttentionSize);
        bool isTied = config.TiesWeights;
        if (!config.SharesEmbedding) SourceEmbedding = Layout.AddTable("source.embedding", config.SourceVocabularySize, embedding);
        if (!isTied) TargetEmbedding = Layout.AddTable("target.embedding", config.TargetVocabularySize, embedding);
        _encoder = RecurrentStack.Append(config.Encoder, Layout, EncoderPrefix);
        Bridge = config.Bridge == BridgeKind.Dense ? AddBridge() : [];
        RecurrentSlots[] layers = RecurrentStack.Append(config.Decoder, Layout, DecoderPrefix);
        Decoder = DecoderSlots.Add(
            Layout, layers, config.Attention, config.MemorySize, width, config.IsScaled, config.HasInputFeeding, DecoderPrefix);
        ClassifierWeight = Layout.AddMatrix("classifier.weight", width, config.TargetVocabularySize);
        ClassifierBias = Layout.Add("classifier.bias", config.TargetVocabularySize);
        Parameters = parameters(Layout);
    }

    /// <summary>A model of no numbers, for a plan of what would be done with some.</summary>
    internal static TranslatorModel WithoutNumbers(TranslatorConfig config) =>
        new(config, WeightFormat.Single, ParameterBlock.WithoutNumbers);

    /// <summary>The shape.</summary>
    public TranslatorConfig Config { get; }

    /// <summary>The tensors in declared order: <c>source.embedding</c> [V', E] unless it is the target's, and <c>target.embedding</c> [V,
    /// E] unless it is the classifier; the encoder's stack, as <see cref="RecurrentStack.Layout"/> has it, behind <c>encoder.</c>; of a
    /// dense bridge <c>bridge.N.hidden.weight</c> [D H', H] and <c>bridge.N.hidden.bias</c> [H] and, of an LSTM, those of
    /// <c>bridge.N.cell</c>; the decoder's stack behind <c>decoder.</c>; <c>decoder.feeding</c> [A, 4H], its first layer's weights of what
    /// is fed back; the attention's, as <see cref="AttentionSlots.Add"/> has them; <c>decoder.attention.output.weight</c> [D H' + H, A] and
    /// <c>.bias</c> [A], the context's rows first; <c>classifier.weight</c> [A, V] and <c>classifier.bias</c> [V].</summary>
    public ParameterLayout Layout { get; }

    /// <summary>The numbers.</summary>
    public ParameterBlock Parameters { get; }

    /// <summary>Floats of the copies of weights that all sessions share, of matrices whose rows do not lie as products read them best; 0
    /// where none is needed. The first session takes them, unless <see cref="Prepare"/> has.</summary>
    public int PreparedFloats => ModelWeights.PreparedFloats(Weights);

    /// <summary>The source's table; null where it is the target's.</summary>
    internal TensorSlot? SourceEmbedding { get; }

    /// <summary>The target's table; null where it is the classifier.</summary>
    internal TensorSlot? TargetEmbedding { get; }

    /// <summary>For each layer its directions one after the other.</summary>
    internal IReadOnlyList<RecurrentSlots> Encoder => _encoder;

    /// <summary>For each of the decoder's layers the maps of its first h and, of an LSTM, c, weight and bias each; empty for
    /// none.</summary>
    internal IReadOnlyList<BridgeSlots> Bridge { get; }

    internal DecoderSlots Decoder { get; }

    internal TensorSlot ClassifierWeight { get; }

    internal TensorSlot ClassifierBias { get; }

    private IEnumerable<WeightColumns> Weights =>
    [
        .. _encoder.Concat(Decoder.Layers).SelectMany(layer => layer.Weights),
        .. Bridge.SelectMany(bridge => bridge.Weights).Select(WeightColumns.All),
        .. Decoder.Attention.Weights.Select(WeightColumns.All),
        .. Decoder.Feeding is { } feeding ? (WeightColumns[])[WeightColumns.All(feeding)] : [],
        WeightColumns.All(Decoder.OutputWeight),
        WeightColumns.All(ClassifierWeight),
    ];

    /// <inheritdoc cref="SequenceModel.Prepare"/>
    public void Prepare(Func<int, Memory<float>>? memory = null) => ModelWeights.Prepare(Weights, Parameters, memory);

    /// <inheritdoc cref="SequenceModel.ConvertTo"/>
    public TranslatorModel ConvertTo(WeightFormat weights, Memory<float> storage = default)
    {
        var converted = new TranslatorModel(Config, storage, weights);
        converted.Parameters.ConvertFrom(Parameters);
        return converted;
    }

    /// <summary>Draws every parameter, a pure function of the seed, then adds to the forget gates' bias of an LSTM; a learnt scale of
    /// attention begins at 1.</summary>
    /// <inheritdoc cref="ParameterStart.Draw"/>
    public void Initialize(ulong seed, float range, float forgetBias = 0f, InitScheme scheme = InitScheme.Uniform)
    {
        RecurrentSlots[] all = [.. _encoder, .. Decoder.Layers];
        ParameterStart.Draw(Parameters, all, ClassifierBias, seed, range, forgetBias, scheme);
        if (Decoder.Attention.Scale is { } scale) Parameters[scale].Fill(1f);
    }

    private BridgeSlots[] AddBridge()
    {
        var slots = new BridgeSlots[Config.LayerCount];
        for (int layer = 0; layer < slots.Length; layer++)
        {
            string prefix = string.Create(CultureInfo.InvariantCulture, $"bridge.{layer}.");
            slots[layer] = BridgeSlots.Add(Layout, Config.Cell, Config.MemorySize, Config.HiddenSize, prefix);
        }

        return slots;
    }
}
