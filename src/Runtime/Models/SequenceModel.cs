using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Models;

/// <summary>A sequence model's parameters: one contiguous block and the meaning of its parts. Regressors and classifiers have
/// one.</summary>
/// <remarks>Weights are input-major, <c>[in][out]</c>. Sessions and evaluators share a model; it is safe to read from many threads, and
/// only a trainer writes it.</remarks>
public sealed class SequenceModel
{
    private readonly RecurrentSlots[] _layers;

    /// <summary>Lays the tensors out and takes the host's memory for them, or allocates.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="storage">Memory for the parameters, or empty to allocate.</param>
    /// <param name="weights">How matrices and tables are held; in anything but single precision for running only.</param>
    /// <exception cref="ArgumentException">The shape is impossible or the memory is too short.</exception>
    public SequenceModel(SequenceModelConfig config, Memory<float> storage = default, WeightFormat weights = WeightFormat.Single)
        : this(config, weights, layout => new ParameterBlock(layout, storage))
    {
    }

    private SequenceModel(SequenceModelConfig config, WeightFormat weights, Func<ParameterLayout, ParameterBlock> parameters)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        Layout = new ParameterLayout(weights);
        if (config.HasTokens) Embedding = Layout.AddTable("embedding", config.VocabularySize, config.Body.InputSize);
        _layers = RecurrentStack.Append(config.Body, Layout);
        HeadWeight = Layout.AddMatrix("head.weight", config.Body.OutputSize, config.OutputSize);
        HeadBias = Layout.Add("head.bias", config.OutputSize);
        if (config.LinearRows > 0)
        {
            LinearWeight = Layout.AddMatrix("linear.weight", config.LinearInputs, config.OutputSize);
            LinearBias = Layout.Add("linear.bias", config.OutputSize);
        }

        Parameters = parameters(Layout);
    }

    /// <summary>A model of no numbers, for a plan of what would be done with some.</summary>
    internal static SequenceModel WithoutNumbers(SequenceModelConfig config) =>
        new(config, WeightFormat.Single, ParameterBlock.WithoutNumbers);

    /// <summary>The shape.</summary>
    public SequenceModelConfig Config { get; }

    /// <summary>The tensors in declared order: <c>embedding</c> [V, E] of a model of tokens; the stack's, as
    /// <see cref="RecurrentStack.Layout"/> has them; <c>head.weight</c> [D H, O] and <c>head.bias</c> [O]; with a linear
    /// map of the last rows <c>linear.weight</c> [rows I, O], the newest row first, and <c>linear.bias</c> [O].</summary>
    public ParameterLayout Layout { get; }

    /// <summary>The numbers.</summary>
    public ParameterBlock Parameters { get; }

    /// <summary>Floats of the copies of weights that all sessions share, of matrices whose rows do not lie as products read them best; 0
    /// where none is needed. The first session takes them, unless <see cref="Prepare"/> has.</summary>
    public int PreparedFloats => ModelWeights.PreparedFloats(Weights);

    /// <summary>The table of tokens [V, E], or null.</summary>
    public TensorSlot? Embedding { get; }

    /// <summary>The head's weights [D H, O].</summary>
    public TensorSlot HeadWeight { get; }

    /// <summary>The head's bias [O].</summary>
    public TensorSlot HeadBias { get; }

    /// <summary>The weights of the linear map of the last rows, or null.</summary>
    internal TensorSlot? LinearWeight { get; }

    /// <summary>Its bias, or null.</summary>
    internal TensorSlot? LinearBias { get; }

    /// <summary>For each layer its directions one after the other.</summary>
    internal IReadOnlyList<RecurrentSlots> Layers => _layers;

    private IEnumerable<WeightColumns> Weights =>
        _layers.SelectMany(layer => layer.Weights).Concat(
            (LinearWeight is null ? [HeadWeight] : (TensorSlot[])[HeadWeight, LinearWeight]).Select(WeightColumns.All));

    /// <summary>A copy whose matrices and tables are held in another format, for running: the same shape, the numbers rounded. A copy in
    /// single precision has the numbers that the format stands for.</summary>
    /// <param name="weights">The format.</param>
    /// <param name="storage">Memory for the copy, or empty to allocate.</param>
    /// <exception cref="ArgumentException">The memory is too short, or a matrix has more rows than Int8 can sum, 65536.</exception>
    /// <exception cref="NotFiniteNumberException">A weight is infinite or not a number.</exception>
    public SequenceModel ConvertTo(WeightFormat weights, Memory<float> storage = default)
    {
        var converted = new SequenceModel(Config, storage, weights);
        converted.Parameters.ConvertFrom(Parameters);
        return converted;
    }

    /// <summary>Makes the copies of weights that all sessions to come share, which the first of them would otherwise make. They are of the
    /// parameters as these are now: after a change, sessions make new ones in memory of the runtime's own, unless this is called
    /// again.</summary>
    /// <param name="memory">Gives the host's memory and is asked once, for <see cref="PreparedFloats"/>, or not at all where that is 0;
    /// <see langword="null"/> to allocate. It must outlive all sessions and be nobody else's.</param>
    /// <exception cref="ArgumentException">The host gives too little memory.</exception>
    public void Prepare(Func<int, Memory<float>>? memory = null) => ModelWeights.Prepare(Weights, Parameters, memory);

    /// <summary>The smaller model that the first units make: of every layer and of an embedding as many as the share is, gate
    /// by gate, by the rule of nested masks, see <see cref="MaskSampler.ShareOf"/>. A model that was trained with these computes what it
    /// computed then; any other loses much.</summary>
    /// <remarks>It has this one's <see cref="WeightFormat"/>. Whole numbers are rounded anew, with factors of what is left: a share of a
    /// model in single precision that is converted then is nearer to it.</remarks>
    /// <param name="share">Above 0 and at most 1.</param>
    /// <param name="keepMultiple">What counts of units are rounded to, as in training.</param>
    /// <param name="storage">Memory for the smaller model's parameters, or empty to allocate.</param>
    /// <returns>The smaller model; this one where nothing is cut away and no memory given.</returns>
    /// <exception cref="ArgumentException">The share or the multiple is out of range, or the memory is too short.</exception>
    public SequenceModel AtShare(float share, int keepMultiple = 1, Memory<float> storage = default)
    {
        SequenceModelConfig config = Config.AtShare(share, keepMultiple);
        if (config == Config && storage.IsEmpty) return this;
        if (Layout.Weights != WeightFormat.Single)
            return ConvertTo(WeightFormat.Single).AtShare(share, keepMultiple).ConvertTo(Layout.Weights, storage);
        var model = new SequenceModel(config, storage);
        var cut = new UnitCut(Parameters, model.Parameters);
        RecurrentStackConfig body = Config.Body;
        CutExtent inputs = new(1, body.InputSize, config.Body.InputSize), outputs = CutExtent.All(Config.OutputSize);
        if (Embedding is not null) cut.Matrix(Embedding, model.Embedding!, CutExtent.All(Config.VocabularySize), inputs);
        cut.Stack(body, _layers, model._layers);
        cut.Matrix(HeadWeight, model.HeadWeight, new(body.DirectionCount, body.HiddenSize, config.Body.HiddenSize), outputs);
        cut.Vector(HeadBias, model.HeadBias, outputs);
        if (LinearWeight is not null)
        {
            cut.Matrix(LinearWeight, model.LinearWeight!, CutExtent.All(Config.LinearInputs), outputs);
            cut.Vector(LinearBias!, model.LinearBias!, outputs);
        }

        cut.Finish();
        return model;
    }

    /// <summary>Draws every parameter, a pure function of the seed, then adds to the forget gates' bias of an LSTM; a linear map of the
    /// last rows begins as nothing.</summary>
    /// <inheritdoc cref="ParameterStart.Draw"/>
    public void Initialize(ulong seed, float range, float forgetBias = 0f, InitScheme scheme = InitScheme.Uniform)
    {
        ParameterStart.Draw(Parameters, _layers, HeadBias, seed, range, forgetBias, scheme);
        if (LinearWeight is null) return;
        Parameters[LinearWeight].Clear();
        Parameters[LinearBias!].Clear();
    }
}
