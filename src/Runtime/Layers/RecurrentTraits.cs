using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>What one recurrent layer differs in from another, beside its cell and its size.</summary>
internal sealed record RecurrentTraits
{
    /// <summary>A layer forward in time that drops nothing.</summary>
    public static RecurrentTraits None { get; } = new();

    /// <summary>Dropout of x; null where nothing is dropped. Who gives the layer x applies it, and takes it back to the
    /// gradient of x.</summary>
    public UnitDropout? InputDropout { get; init; }

    /// <summary>Whether x is the hidden units of a layer below.</summary>
    public bool SeesHidden { get; init; }

    /// <summary>Dropout of the previous h, where it enters the recurrent product; null where nothing is dropped.</summary>
    public UnitDropout? RecurrentDropout { get; init; }

    /// <summary>DropConnect on the recurrent weights, or null.</summary>
    public WeightDrop? Drop { get; init; }

    /// <summary>Whether the recurrent weights are used more than once in a step of training.</summary>
    public bool IsShared { get; init; }

    /// <summary>Whether the layer walks from each sequence's last step to its first.</summary>
    public bool IsReverse { get; init; }

    /// <summary>Whether the gradient of the initial state is wanted.</summary>
    public bool HasStateGradient { get; init; }

    /// <summary>Where its output stands among those of other layers beside it; by default it stands alone.</summary>
    public OutputPart Part { get; init; }

    /// <summary>The cell's general form, for inference only; null for the plain cells.</summary>
    public VariantOps? Variant { get; init; }
}

/// <summary>Units [<paramref name="First"/>, First + H) of the <paramref name="Units"/> that several layers, side by side, give
/// at every step.</summary>
internal readonly record struct OutputPart(int First, int Units);
