using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;

namespace TinySD.Runtime.Models;

/// <summary>The shape of a recurrent language model: embedding, a stack of recurrent layers, a linear classifier over
/// the vocabulary.</summary>
public sealed record LanguageModelConfig
{
    /// <summary>Distinct tokens V, at least 2.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width E of the embedding, at least 1.</summary>
    public required int EmbeddingSize { get; init; }

    /// <summary>Hidden size H of every layer, or of all but the last, at least 1.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Hidden size of the last layer where it has its own, so that it can be as wide as the embedding; 0 for H.</summary>
    public int LastHiddenSize { get; init; }

    /// <summary>Number of recurrent layers, 1 to 64.</summary>
    public required int LayerCount { get; init; }

    /// <summary>The cell of every layer.</summary>
    public CellKind Cell { get; init; }

    /// <summary>Whether the gates of the LSTM cells see their cell state (Gers and Schmidhuber 2000); other cells
    /// have no peepholes.</summary>
    public bool Peepholes { get; init; }

    /// <summary>Whether embedding and classifier share one tensor; needs an embedding as wide as the last layer.</summary>
    public bool TieWeights { get; init; }

    /// <summary>Units of a layer, counted from 0.</summary>
    public int HiddenSizeOf(int layer) => layer == LayerCount - 1 && LastHiddenSize != 0 ? LastHiddenSize : HiddenSize;

    /// <summary>Inputs of a layer, counted from 0; of the classifier for the layer count.</summary>
    public int InputSizeOf(int layer) => layer == 0 ? EmbeddingSize : HiddenSizeOf(layer - 1);

    /// <summary>Every place where units can be dropped: each layer's input and recurrent state, then the classifier's input.</summary>
    /// <param name="dropout">Gives each its rate, by its site.</param>
    public IReadOnlyList<MaskPlace> MaskPlaces(DropoutSpec dropout)
    {
        ArgumentNullException.ThrowIfNull(dropout);
        var places = new List<MaskPlace>();
        for (int layer = 0; layer < LayerCount; layer++)
        {
            Add(layer == 0 ? DropoutSite.Embedding : DropoutSite.Layer, layer, InputSizeOf(layer));
            Add(DropoutSite.Recurrent, layer, HiddenSizeOf(layer));
        }

        Add(DropoutSite.Output, LayerCount, InputSizeOf(LayerCount));
        return places;

        void Add(DropoutSite site, int layer, int units) => places.Add(MaskPlace.OfStack(site, layer, units, dropout.RateOf(site)));
    }

    /// <summary>The shape of a model cut down to a share of its units, those of the embedding among them, by the rule of nested
    /// masks: see <see cref="MaskSampler.ShareOf"/>.</summary>
    /// <param name="share">Above 0 and at most 1.</param>
    /// <param name="keepMultiple">What counts of units are rounded to.</param>
    /// <exception cref="ArgumentOutOfRangeException">One of them is out of range.</exception>
    public LanguageModelConfig AtShare(float share, int keepMultiple = 1) => this with
    {
        EmbeddingSize = MaskSampler.ShareOf(EmbeddingSize, share, keepMultiple),
        HiddenSize = MaskSampler.ShareOf(HiddenSize, share, keepMultiple),
        LastHiddenSize = LastHiddenSize == 0 ? 0 : MaskSampler.ShareOf(LastHiddenSize, share, keepMultiple),
    };

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentException">A value is out of range or two contradict each other.</exception>
    public void Validate()
    {
        if (VocabularySize < 2) Throw.OutOfRange(nameof(VocabularySize), VocabularySize, "at least 2");
        if (HiddenSize < 1) Throw.OutOfRange(nameof(HiddenSize), HiddenSize, "at least 1");
        if (LastHiddenSize < 0) Throw.OutOfRange(nameof(LastHiddenSize), LastHiddenSize, "0 (as the others) or above");
        if (EmbeddingSize < 1) Throw.OutOfRange(nameof(EmbeddingSize), EmbeddingSize, "at least 1");
        if (LayerCount is < 1 or > 64) Throw.OutOfRange(nameof(LayerCount), LayerCount, "1 to 64");
        if (!Enum.IsDefined(Cell)) Throw.OutOfRange(nameof(Cell), Cell, "a kind of cell");
        if (Peepholes && Cell != CellKind.Lstm) Throw.Argument($"only LSTM cells have peepholes; found {Cell}");
        int last = HiddenSizeOf(LayerCount - 1);
        if (TieWeights && EmbeddingSize != last)
        {
            string widest = LastHiddenSize == 0 ? "hidden" : "last";
            Throw.Argument($"tied weights need an embedding as wide as the {widest} layer; found {EmbeddingSize} and {last}");
        }
    }
}
