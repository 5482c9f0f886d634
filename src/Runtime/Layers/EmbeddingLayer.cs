using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>Looks tokens [T][B] up: x [T][E][B]. The table is its own, [V][E], or, tied, the classifier's [H][V] read
/// the other way.</summary>
internal sealed class EmbeddingLayer
{
    private readonly TensorSlot _table;
    private readonly VectorOps _ops;
    private readonly PassTimes _times;
    private readonly int _units, _tokenStride, _unitStride, _wordStride, _wordMask;
    private readonly bool _tied;
    private readonly ulong _seed;
    private readonly float _wordRate;
    private readonly Workspace.Slice _wordFactors;

    /// <summary>Drops whole words at <paramref name="wordRate"/> where the window drops anything: the same in the batch, or, with
    /// <paramref name="bySequence"/>, others in each sequence.</summary>
    public EmbeddingLayer(
        TensorSlot table, bool tied, WindowShape shape, NetworkPlan plan, float wordRate = 0f, bool bySequence = false, ulong seed = 0)
    {
        _seed = seed;
        _wordRate = shape.Drops ? wordRate : 0f;
        int vocabulary = table.Shape[tied ? 1 : 0];
        _wordStride = bySequence ? vocabulary : 0;
        if (_wordRate > 0f) _wordMask = plan.WordMask();
        if (_wordRate > 0f) _wordFactors = plan.Scratch.Reserve(bySequence ? (long)shape.Batch * vocabulary : vocabulary);
        _table = table;
        _tied = tied;
        _ops = plan.Vectors;
        _times = plan.Times;
        _units = table.Shape[tied ? 0 : 1];
        (_tokenStride, _unitStride) = tied ? (1, table.Shape[1]) : (_units, 1);
    }

    /// <summary>Draws which words a window drops, if any.</summary>
    public void Draw(Draw draw)
    {
        if (_wordRate == 0f) return;
        _ops.FillWordMask(UnstructuredMask.OfWords(_seed, _wordRate, _wordMask, draw), _wordFactors.Span);
        _times.Lap(Pass.Masks);
    }

    /// <summary>Writes x.</summary>
    public void Forward(ParameterBlock parameters, ReadOnlySpan<int> tokens, StepRows rows, Span<float> x)
    {
        _ops.Embed(parameters[_table], _tokenStride, _unitStride, tokens, rows, _units, x);
        if (_wordRate > 0f) _ops.ScaleTokens(_wordFactors.Span, _wordStride, tokens, rows, _units, x);
        _times.Lap(Pass.Embedding);
    }

    /// <summary>Adds to the table's gradient. <paramref name="dx"/> is spent where words are dropped.</summary>
    public void Backward(GradientBlock gradients, ReadOnlySpan<int> tokens, StepRows rows, Span<float> dx)
    {
        if (_wordRate > 0f) _ops.ScaleTokens(_wordFactors.Span, _wordStride, tokens, rows, _units, dx);
        Span<float> table = _tied ? gradients[_table].Cleared() : gradients[_table, tokens];
        _ops.EmbedBackward(dx, tokens, rows, _units, table, _tokenStride, _unitStride);
        _times.Lap(Pass.Embedding);
    }
}
