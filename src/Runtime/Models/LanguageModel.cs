using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Models;

/// <summary>A language model's parameters: one contiguous block and the meaning of its parts.</summary>
/// <remarks>Weights are stored input-major, <c>[in][out]</c>: one unit's outgoing weights are one contiguous run, so a dropped unit is a
/// skipped run of memory in every pass. Gate order is i, f, g, o of an LSTM and r, z, n of a GRU. Trainers, evaluators and sessions share a
/// model; it is safe to read from many threads, and only a trainer writes it.</remarks>
public sealed class LanguageModel
{
    private readonly RecurrentSlots[] _layers;

    /// <summary>Lays the tensors out and takes the host's memory for them, or allocates.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="storage">Memory for the parameters, or empty to allocate.</param>
    /// <param name="weights">How matrices and tables are held; in anything but single precision for running only.</param>
    /// <exception cref="ArgumentException">The shape is impossible or the memory is too short.</exception>
    public LanguageModel(LanguageModelConfig config, Memory<float> storage = default, WeightFormat weights = WeightFormat.Single)
        : this(config, weights, layout => new ParameterBlock(layout, storage))
    {
    }

    private LanguageModel(LanguageModelConfig config, WeightFormat weights, Func<ParameterLayout, ParameterBlock> parameters)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        Layout = new ParameterLayout(weights);
        if (!config.TieWeights) Embedding = Layout.AddTable("embedding", config.VocabularySize, config.EmbeddingSize);
        _layers = new RecurrentSlots[config.LayerCount];
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            int inputs = config.InputSizeOf(layer), hidden = config.HiddenSizeOf(layer);
            _layers[layer] = RecurrentSlots.Add(Layout, config.Cell, config.Peepholes, layer, inputs, hidden);
        }

        Classifier = Layout.AddMatrix("classifier.weight", config.InputSizeOf(config.LayerCount), config.VocabularySize);
        ClassifierBias = Layout.Add("classifier.bias", config.VocabularySize);
        Parameters = parameters(Layout);
    }

    /// <summary>A model of no numbers, for a plan of what would be done with some.</summary>
    internal static LanguageModel WithoutNumbers(LanguageModelConfig config) =>
        new(config, WeightFormat.Single, ParameterBlock.WithoutNumbers);

    /// <summary>The shape.</summary>
    public LanguageModelConfig Config { get; }

    /// <summary>The tensors in declared order: <c>embedding</c> [V, E] (absent when tied), per layer <c>lstm.N.input</c> [I, 4H],
    /// <c>lstm.N.recurrent</c> [H, 4H], <c>lstm.N.bias</c> [4H] and, with peepholes, <c>lstm.N.peephole</c> [3H] for the gates i, f, o;
    /// then <c>classifier.weight</c> [H, V] and <c>classifier.bias</c> [V].</summary>
    /// <remarks>GRU layers have <c>gru.N.input</c> [I, 3H], <c>gru.N.recurrent</c> [H, 3H], <c>gru.N.bias</c> [3H] and
    /// <c>gru.N.recurrentBias</c> [H], of the gate n; simple ones <c>rnn.N.input</c> [I, H], <c>rnn.N.recurrent</c> [H, H] and
    /// <c>rnn.N.bias</c> [H].</remarks>
    public ParameterLayout Layout { get; }

    /// <summary>The numbers.</summary>
    public ParameterBlock Parameters { get; }

    /// <summary>Floats of the copies of weights that all sessions share, of matrices whose rows do not lie as products read them best; 0
    /// where none is needed. The first session takes them, unless <see cref="Prepare"/> has.</summary>
    public int PreparedFloats => ModelWeights.PreparedFloats(Weights);

    internal TensorSlot? Embedding { get; }

    internal ReadOnlySpan<RecurrentSlots> Layers => _layers;

    internal TensorSlot Classifier { get; }

    internal TensorSlot ClassifierBias { get; }

    private IEnumerable<WeightColumns> Weights => _layers.SelectMany(layer => layer.Weights).Append(WeightColumns.All(Classifier));

    /// <inheritdoc cref="SequenceModel.ConvertTo"/>
    public LanguageModel ConvertTo(WeightFormat weights, Memory<float> storage = default)
    {
        var converted = new LanguageModel(Config, storage, weights);
        converted.Parameters.ConvertFrom(Parameters);
        return converted;
    }

    /// <inheritdoc cref="SequenceModel.Prepare"/>
    public void Prepare(Func<int, Memory<float>>? memory = null) => ModelWeights.Prepare(Weights, Parameters, memory);

    /// <summary>The smaller model that the first units make: of every layer and of the embedding as many as the share is, gate
    /// by gate, by the rule of nested masks, see <see cref="MaskSampler.ShareOf"/>. A model that was trained with these computes what it
    /// computed then; any other loses much.</summary>
    /// <remarks>It has this one's <see cref="WeightFormat"/>. Whole numbers are rounded anew, with factors of what is left: a share of a
    /// model in single precision that is converted then is nearer to it.</remarks>
    /// <param name="share">Above 0 and at most 1.</param>
    /// <param name="keepMultiple">What counts of units are rounded to, as in training.</param>
    /// <param name="storage">Memory for the smaller model's parameters, or empty to allocate.</param>
    /// <returns>The smaller model; this one where nothing is cut away and no memory given.</returns>
    /// <exception cref="ArgumentException">The share or the multiple is out of range, or the memory is too short.</exception>
    public LanguageModel AtShare(float share, int keepMultiple = 1, Memory<float> storage = default)
    {
        LanguageModelConfig config = Config.AtShare(share, keepMultiple);
        if (config == Config && storage.IsEmpty) return this;
        if (Layout.Weights != WeightFormat.Single)
            return ConvertTo(WeightFormat.Single).AtShare(share, keepMultiple).ConvertTo(Layout.Weights, storage);
        var model = new LanguageModel(config, storage);
        var cut = new UnitCut(Parameters, model.Parameters);
        CutExtent tokens = CutExtent.All(Config.VocabularySize);
        if (Embedding is not null) cut.Matrix(Embedding, model.Embedding!, tokens, Inputs(0));
        for (int layer = 0; layer < _layers.Length; layer++) cut.Layer(_layers[layer], model._layers[layer], Inputs(layer));
        cut.Matrix(Classifier, model.Classifier, Inputs(_layers.Length), tokens);
        cut.Vector(ClassifierBias, model.ClassifierBias, tokens);
        cut.Finish();
        return model;

        CutExtent Inputs(int layer) => new(1, Config.InputSizeOf(layer), config.InputSizeOf(layer));
    }

    /// <summary>Draws every parameter, a pure function of the seed, then adds to the forget gates' bias of an LSTM.</summary>
    /// <inheritdoc cref="ParameterStart.Draw"/>
    public void Initialize(ulong seed, float range, float forgetBias = 0f, InitScheme scheme = InitScheme.Uniform) =>
        ParameterStart.Draw(Parameters, _layers, ClassifierBias, seed, range, forgetBias, scheme);
}
