using System.Diagnostics.CodeAnalysis;
using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Models;

/// <summary>A bare stack of recurrent layers: its parameters in one contiguous block. Run by
/// <see cref="Inference.RecurrentSession"/>.</summary>
/// <remarks>Weights are input-major, <c>[in][out]</c>; gate order is i, f, g, o of an LSTM and r, z, n of a GRU. Sessions share a stack; it
/// is safe to read from many threads.</remarks>
[SuppressMessage("Naming", "CA1711", Justification = "A stack of layers, as the field says; no collection.")]
public sealed class RecurrentStack
{
    private readonly RecurrentSlots[] _slots;

    /// <summary>Lays the tensors out and takes the host's memory for them, or allocates.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="storage">Memory for the parameters, or empty to allocate.</param>
    /// <param name="weights">How matrices and tables are held; in anything but single precision for running only.</param>
    /// <exception cref="ArgumentException">The shape is impossible or the memory is too short.</exception>
    public RecurrentStack(RecurrentStackConfig config, Memory<float> storage = default, WeightFormat weights = WeightFormat.Single)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        Layout = new ParameterLayout(weights);
        _slots = Append(config, Layout);
        Parameters = new ParameterBlock(Layout, storage);
    }

    /// <summary>The shape.</summary>
    public RecurrentStackConfig Config { get; }

    /// <summary>The tensors in declared order, for each layer N and then direction: <c>lstm.N.input</c> [I, 4H],
    /// <c>lstm.N.recurrent</c> [H, 4H], <c>lstm.N.bias</c> [4H], with peepholes <c>lstm.N.peephole</c> [3H] for i, f, o; for a GRU
    /// <c>gru.N.input</c> [I, 3H] and so on and <c>gru.N.recurrentBias</c> [H], which is that of the gate n where the reset gate acts
    /// on the product; for simple cells <c>rnn.N.input</c> [I, H] and so on. The second direction's are named
    /// <c>lstm.N.reverse.input</c>. From the second layer on, I is D H.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>The numbers.</summary>
    public ParameterBlock Parameters { get; }

    /// <summary>Floats of the copies of weights that all sessions share, of matrices whose rows do not lie as products read them best; 0
    /// where none is needed. The first session takes them, unless <see cref="Prepare"/> has.</summary>
    public int PreparedFloats => ModelWeights.PreparedFloats(Weights);

    /// <inheritdoc cref="SequenceModel.ConvertTo"/>
    public RecurrentStack ConvertTo(WeightFormat weights, Memory<float> storage = default)
    {
        var converted = new RecurrentStack(Config, storage, weights);
        converted.Parameters.ConvertFrom(Parameters);
        return converted;
    }

    /// <inheritdoc cref="SequenceModel.Prepare"/>
    public void Prepare(Func<int, Memory<float>>? memory = null) => ModelWeights.Prepare(Weights, Parameters, memory);

    /// <summary>The smaller stack that the first units make: of every layer and direction as many as the share is, gate
    /// by gate, by the rule of nested masks, see <see cref="MaskSampler.ShareOf"/>. A stack that was trained with these computes what it
    /// computed then; any other loses much.</summary>
    /// <remarks>It has this one's <see cref="WeightFormat"/>. Whole numbers are rounded anew, with factors of what is left: a share of a
    /// model in single precision that is converted then is nearer to it.</remarks>
    /// <param name="share">Above 0 and at most 1.</param>
    /// <param name="keepMultiple">What counts of units are rounded to, as in training.</param>
    /// <param name="storage">Memory for the smaller model's parameters, or empty to allocate.</param>
    /// <returns>The smaller stack; this one where nothing is cut away and no memory given.</returns>
    /// <exception cref="ArgumentException">The share or the multiple is out of range, or the memory is too short.</exception>
    public RecurrentStack AtShare(float share, int keepMultiple = 1, Memory<float> storage = default)
    {
        RecurrentStackConfig config = Config.AtShare(share, keepMultiple);
        if (config == Config && storage.IsEmpty) return this;
        if (Layout.Weights != WeightFormat.Single)
            return ConvertTo(WeightFormat.Single).AtShare(share, keepMultiple).ConvertTo(Layout.Weights, storage);
        var stack = new RecurrentStack(config, storage);
        var cut = new UnitCut(Parameters, stack.Parameters);
        cut.Stack(Config, _slots, stack._slots);
        cut.Finish();
        return stack;
    }

    /// <summary>Appends a stack's tensors to a layout, for a <see cref="RecurrentEncoder"/>.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="layout">The model's.</param>
    /// <param name="prefix">What names begin with, which tells two stacks of a layout apart.</param>
    /// <returns>For each layer its directions one after the other.</returns>
    /// <exception cref="ArgumentException">The shape is impossible, or a name is taken.</exception>
    public static IReadOnlyList<RecurrentSlots> Declare(RecurrentStackConfig config, ParameterLayout layout, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(layout);
        config.Validate();
        return Append(config, layout, prefix);
    }

    /// <inheritdoc cref="Declare"/>
    internal static RecurrentSlots[] Append(RecurrentStackConfig config, ParameterLayout layout, string prefix = "")
    {
        int directions = config.DirectionCount, hidden = config.HiddenSize;
        var slots = new RecurrentSlots[config.LayerCount * directions];
        for (int index = 0; index < slots.Length; index++)
        {
            int layer = index / directions, inputs = layer == 0 ? config.InputSize : directions * hidden;
            string suffix = index % directions == 0 ? "" : ".reverse";
            slots[index] = RecurrentSlots.Add(
                layout, config.Cell, config.Peepholes, layer, inputs, hidden, suffix, config.ResetBeforeProduct, prefix);
        }

        return slots;
    }

    private IEnumerable<WeightColumns> Weights => _slots.SelectMany(slots => slots.Weights);

    /// <summary>Where the tensors of a layer's direction lie.</summary>
    internal RecurrentSlots Slots(int layer, int direction) => _slots[(layer * Config.DirectionCount) + direction];
}
