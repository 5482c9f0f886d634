using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Models;

/// <summary>A tagger's parameters: one contiguous block and the meaning of its parts.</summary>
/// <remarks>Weights are input-major, <c>[in][out]</c>. Sessions and evaluators share a model; it is safe to read from many threads, and
/// only a trainer writes it.</remarks>
public sealed class TaggerModel
{
    /// <summary>What names of tensors and mask places of characters begin with.</summary>
    internal const string CharactersPrefix = "characters.";

    private readonly RecurrentSlots[] _layers;

    /// <summary>Lays the tensors out and takes the host's memory for them, or allocates.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="storage">Memory for the parameters, or empty to allocate.</param>
    /// <param name="weights">How matrices and tables are held; in anything but single precision for running only.</param>
    /// <exception cref="ArgumentException">The shape is impossible or the memory is too short.</exception>
    public TaggerModel(TaggerConfig config, Memory<float> storage = default, WeightFormat weights = WeightFormat.Single)
        : this(config, weights, layout => new ParameterBlock(layout, storage))
    {
    }

    private TaggerModel(TaggerConfig config, WeightFormat weights, Func<ParameterLayout, ParameterBlock> parameters)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        Layout = new ParameterLayout(weights);
        Embedding = Layout.AddTable("embedding", config.VocabularySize, config.EmbeddingSize);
        if (config.Characters is { } characters) Characters = characters.Declare(Layout, CharactersPrefix);
        _layers = RecurrentStack.Append(config.Body, Layout);
        HeadWeight = Layout.AddMatrix("head.weight", config.Body.OutputSize, config.TagCount);
        HeadBias = Layout.Add("head.bias", config.TagCount);
        if (config.HasCrf)
        {
            Transitions = Layout.Add("crf.transitions", config.TagCount, config.TagCount);
            First = Layout.Add("crf.first", config.TagCount);
            Last = Layout.Add("crf.last", config.TagCount);
        }

        Parameters = parameters(Layout);
    }

    /// <summary>A model of no numbers, for a plan of what would be done with some.</summary>
    internal static TaggerModel WithoutNumbers(TaggerConfig config) =>
        new(config, WeightFormat.Single, ParameterBlock.WithoutNumbers);

    /// <summary>The shape.</summary>
    public TaggerConfig Config { get; }

    /// <summary>The tensors in declared order: <c>embedding</c> [V, E]; of characters <c>characters.embedding</c> [C, E'] and either
    /// <c>characters.filters</c> [width E', F] and <c>characters.bias</c> [F], or an LSTM's, named as a stack's behind
    /// <c>characters.</c>; the stack's, as <see cref="RecurrentStack.Layout"/> has them; <c>head.weight</c> [D H, K] and
    /// <c>head.bias</c> [K]; of the chain <c>crf.transitions</c> [K, K] from row to column, <c>crf.first</c> [K] and <c>crf.last</c>
    /// [K].</summary>
    public ParameterLayout Layout { get; }

    /// <summary>The numbers.</summary>
    public ParameterBlock Parameters { get; }

    /// <summary>Floats of the copies of weights that all sessions share, of matrices whose rows do not lie as products read them best; 0
    /// where none is needed. The first session takes them, unless <see cref="Prepare"/> has.</summary>
    public int PreparedFloats => ModelWeights.PreparedFloats(Weights);

    /// <summary>The table of words [V, E].</summary>
    public TensorSlot Embedding { get; }

    internal CharacterSlots? Characters { get; }

    internal TensorSlot HeadWeight { get; }

    internal TensorSlot HeadBias { get; }

    internal TensorSlot? Transitions { get; }

    internal TensorSlot? First { get; }

    internal TensorSlot? Last { get; }

    /// <summary>For each layer its directions one after the other.</summary>
    internal IReadOnlyList<RecurrentSlots> Layers => _layers;

    private IEnumerable<WeightColumns> Weights =>
        _layers.Concat(Characters?.Layers ?? []).SelectMany(layer => layer.Weights).Append(WeightColumns.All(HeadWeight));

    /// <inheritdoc cref="SequenceModel.Prepare"/>
    public void Prepare(Func<int, Memory<float>>? memory = null) => ModelWeights.Prepare(Weights, Parameters, memory);

    /// <inheritdoc cref="SequenceModel.ConvertTo"/>
    public TaggerModel ConvertTo(WeightFormat weights, Memory<float> storage = default)
    {
        var converted = new TaggerModel(Config, storage, weights);
        converted.Parameters.ConvertFrom(Parameters);
        return converted;
    }

    /// <summary>Draws every parameter, a pure function of the seed, then adds to the forget gates' bias of an LSTM; scores of transitions
    /// begin at 0.</summary>
    /// <inheritdoc cref="ParameterStart.Draw"/>
    public void Initialize(ulong seed, float range, float forgetBias = 0f, InitScheme scheme = InitScheme.Uniform)
    {
        RecurrentSlots[] all = [.. _layers, .. Characters?.Layers ?? []];
        ParameterStart.Draw(Parameters, all, HeadBias, seed, range, forgetBias, scheme);
        if (Characters?.Bias is { } bias) Parameters[bias].Clear();
        if (Transitions is null) return;
        Parameters[Transitions].Clear();
        Parameters[First!].Clear();
        Parameters[Last!].Clear();
    }
}
