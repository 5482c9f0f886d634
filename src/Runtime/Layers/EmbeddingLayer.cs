using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>Looks tokens [T][B] up: x [T][E][B]. The table is its own, [V][E], or, tied, the classifier's [H][V] read the other way.</summary>
internal sealed class EmbeddingLayer
{
    private readonly TensorSlot _table;
    private readonly VectorOps _ops;
    private readonly PassTimes _times;
    private readonly int _units, _batch, _tokenStride, _unitStride;
    private readonly bool _tied;

    public EmbeddingLayer(TensorSlot table, bool tied, int batch, LayerContext context)
    {
        _table = table;
        _tied = tied;
        _ops = context.Vectors;
        _times = context.Times;
        _batch = batch;
        _units = table.Shape[tied ? 0 : 1];
        (_tokenStride, _unitStride) = tied ? (1, table.Shape[1]) : (_units, 1);
    }

    /// <summary>Writes x.</summary>
    public void Forward(ParameterBlock parameters, ReadOnlySpan<int> tokens, Span<float> x)
    {
        _ops.Embed(parameters[_table], _tokenStride, _unitStride, tokens, _batch, _units, x);
        _times.Lap(Pass.Embedding);
    }

    /// <summary>Adds to the table's gradient; a table of its own starts from zero, a tied one from the classifier's gradient.</summary>
    public void Backward(ParameterBlock gradients, ReadOnlySpan<int> tokens, ReadOnlySpan<float> dx)
    {
        if (!_tied) gradients[_table].Clear();
        _ops.EmbedBackward(gradients[_table], _tokenStride, _unitStride, tokens, _batch, _units, dx);
        _times.Lap(Pass.Embedding);
    }
}
