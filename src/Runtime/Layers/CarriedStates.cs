using System.Globalization;
using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>The states that layers, all of one cell, carry from window to window, as a block: <c>carried.N.hidden</c> and, of cells that
/// have one, <c>carried.N.cell</c>. The order within a tensor is the layers' own.</summary>
internal sealed class CarriedStates
{
    private readonly IReadOnlyList<RecurrentLayer> _layers;

    public CarriedStates(IReadOnlyList<RecurrentLayer> layers)
    {
        _layers = layers;
        for (int layer = 0; layer < layers.Count; layer++)
        {
            Layout.Add(string.Create(CultureInfo.InvariantCulture, $"carried.{layer}.hidden"), layers[layer].HiddenFloats);
            int cell = layers[layer].CellFloats;
            if (cell > 0) Layout.Add(string.Create(CultureInfo.InvariantCulture, $"carried.{layer}.cell"), cell);
        }
    }

    public ParameterLayout Layout { get; } = new();

    /// <summary>Copies the states out.</summary>
    public void Save(ParameterBlock to)
    {
        for (int part = 0; part < Layout.Tensors.Count; part++) Part(part).CopyTo(to[Layout.Tensors[part]]);
    }

    /// <summary>Copies them back in.</summary>
    public void Load(ParameterBlock from)
    {
        for (int part = 0; part < Layout.Tensors.Count; part++) from[Layout.Tensors[part]].CopyTo(Part(part));
    }

    // All layers have as many tensors.
    private Span<float> Part(int part)
    {
        (int layer, int tensor) = int.DivRem(part, Layout.Tensors.Count / _layers.Count);
        return tensor == 0 ? _layers[layer].CarriedHidden : _layers[layer].CarriedCell;
    }
}
