using System.Numerics;
using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>Looks tokens [T][B] up: x [T][E][B]. The table is its own, [V][E], or, tied, the classifier's [H][V] read the other way.</summary>
internal sealed class EmbeddingLayer
{
    private readonly TensorSlot _table;
    private readonly VectorOps _ops;
    private readonly PassTimes _times;
    private readonly int _units, _batch, _tokenStride, _unitStride, _wordStride;
    private readonly bool _tied;
    private readonly int[] _touched;
    private readonly ulong[] _seen;
    private readonly ulong _seed;
    private readonly float _wordRate;
    private readonly Workspace.Slice _wordFactors;
    private int _touchedCount;

    /// <param name="table">The parameter.</param>
    /// <param name="tied">Whether it is the classifier's.</param>
    /// <param name="shape">B, the most steps T, and whether a backward pass will come.</param>
    /// <param name="context">Elementwise passes and memory.</param>
    /// <param name="wordRate">Drop rate of whole words, 0 for none; ignored where the window drops nothing.</param>
    /// <param name="bySequence">Whether each sequence drops words of its own.</param>
    /// <param name="seed">Of the words' masks.</param>
    public EmbeddingLayer(
        TensorSlot table, bool tied, WindowShape shape, LayerContext context, float wordRate = 0f, bool bySequence = false, ulong seed = 0)
    {
        _seed = seed;
        _wordRate = shape.Drops ? wordRate : 0f;
        int vocabulary = table.Shape[tied ? 1 : 0];
        _wordStride = bySequence ? vocabulary : 0;
        if (_wordRate > 0f) _wordFactors = context.Workspace.Reserve(bySequence ? (long)shape.Batch * vocabulary : vocabulary);
        _table = table;
        _tied = tied;
        _ops = context.Vectors;
        _times = context.Times;
        _batch = shape.Batch;
        bool sparse = shape.Training && !tied;
        _touched = sparse ? new int[shape.Batch * shape.TimeSteps] : [];
        _seen = sparse ? new ulong[(table.Shape[0] + 63) / 64] : [];
        _units = table.Shape[tied ? 0 : 1];
        (_tokenStride, _unitStride) = tied ? (1, table.Shape[1]) : (_units, 1);
    }

    /// <summary>Draws which words a window drops, if any.</summary>
    public void Draw(int epoch, int step)
    {
        if (_wordRate == 0f) return;
        _ops.FillWordMask(WordMasks.Of(_seed, _wordRate, epoch, step), _wordFactors.Span);
        _times.Lap(Pass.Masks);
    }

    /// <summary>Writes x.</summary>
    public void Forward(ParameterBlock parameters, ReadOnlySpan<int> tokens, Span<float> x)
    {
        _ops.Embed(parameters[_table], _tokenStride, _unitStride, tokens, _batch, _units, x);
        if (_wordRate > 0f) _ops.ScaleTokens(_wordFactors.Span, _wordStride, tokens, _batch, _units, x);
        _times.Lap(Pass.Embedding);
    }

    /// <summary>The tokens that the last <see cref="Backward"/> gave a gradient, sorted and distinct; empty where the table is tied.</summary>
    public ReadOnlySpan<int> TouchedTokens => _touched.AsSpan(0, _touchedCount);

    /// <summary>
    /// Adds to the table's gradient. A tied one starts from the classifier's gradient; one of its own starts from zero, for which only the rows of
    /// the last window have to be cleared. <paramref name="dx"/> is spent where words are dropped.
    /// </summary>
    public void Backward(ParameterBlock gradients, ReadOnlySpan<int> tokens, Span<float> dx)
    {
        Span<float> table = gradients[_table];
        if (_wordRate > 0f) _ops.ScaleTokens(_wordFactors.Span, _wordStride, tokens, _batch, _units, dx);
        if (!_tied)
        {
            foreach (int token in TouchedTokens) table.Slice(token * _units, _units).Clear();
            Touch(tokens);
        }

        _ops.EmbedBackward(table, _tokenStride, _unitStride, tokens, _batch, _units, dx);
        _times.Lap(Pass.Embedding);
    }

    // One bit a token, read back in order: distinct and sorted without a sort.
    private void Touch(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens) _seen[token / 64] |= 1ul << (token % 64);
        _touchedCount = 0;
        for (int word = 0; word < _seen.Length; word++)
        {
            for (ulong left = _seen[word]; left != 0; left &= left - 1) _touched[_touchedCount++] = (word * 64) + BitOperations.TrailingZeroCount(left);
            _seen[word] = 0;
        }
    }
}
