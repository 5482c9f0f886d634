using TinySD.Runtime.Layers;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Models;

/// <summary>The shape of a recurrent language model: embedding, a stack of recurrent layers, a linear classifier over the vocabulary.</summary>
public sealed record LanguageModelConfig
{
    /// <summary>Distinct tokens V, at least 2.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Width E of the embedding, at least 1.</summary>
    public required int EmbeddingSize { get; init; }

    /// <summary>Hidden size H of every layer, at least 1.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Number of recurrent layers, 1 to 64.</summary>
    public required int LayerCount { get; init; }

    /// <summary>The cell of every layer.</summary>
    public CellKind Cell { get; init; }

    /// <summary>Whether the gates of the LSTM cells see their cell state (Gers and Schmidhuber 2000); other cells have no peepholes.</summary>
    public bool Peepholes { get; init; }

    /// <summary>Whether embedding and classifier share one tensor; needs E = H.</summary>
    public bool TieWeights { get; init; }

    /// <summary>Every place where units can be dropped: each layer's input and recurrent state, then the classifier's input.</summary>
    public IReadOnlyList<MaskSite> MaskSites()
    {
        var sites = new List<MaskSite>();
        for (int layer = 0; layer < LayerCount; layer++)
        {
            sites.Add(layer == 0 ? new(DropoutSite.Embedding, 0, EmbeddingSize) : new(DropoutSite.Layer, layer, HiddenSize));
            sites.Add(new(DropoutSite.Recurrent, layer, HiddenSize));
        }

        sites.Add(new(DropoutSite.Output, LayerCount, HiddenSize));
        return sites;
    }

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentException">A value is out of range or two contradict each other.</exception>
    public void Validate()
    {
        if (VocabularySize < 2) Throw.OutOfRange(nameof(VocabularySize), VocabularySize, "at least 2");
        if (HiddenSize < 1) Throw.OutOfRange(nameof(HiddenSize), HiddenSize, "at least 1");
        if (EmbeddingSize < 1) Throw.OutOfRange(nameof(EmbeddingSize), EmbeddingSize, "at least 1");
        if (LayerCount is < 1 or > 64) Throw.OutOfRange(nameof(LayerCount), LayerCount, "1 to 64");
        if (!Enum.IsDefined(Cell)) Throw.OutOfRange(nameof(Cell), Cell, "a kind of cell");
        if (Peepholes && Cell != CellKind.Lstm) Throw.Argument($"only LSTM cells have peepholes; found {Cell}");
        if (TieWeights && EmbeddingSize != HiddenSize)
            Throw.Argument($"tied weights need an embedding as wide as the hidden layer; found {EmbeddingSize} and {HiddenSize}");
    }
}
