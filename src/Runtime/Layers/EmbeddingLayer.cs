using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>Looks tokens [T][B] up: x [T][E][B]. The table is its own, [V][E], or, tied, the classifier's [H][V] read
/// the other way.</summary>
public sealed class EmbeddingLayer
{
    private readonly TensorSlot _table;
    private readonly VectorOps _ops;
    private readonly PassTimes _times;
    private readonly int _vocabulary, _units, _tokenStride, _unitStride, _wordStride, _wordMask;
    private readonly bool _tied;
    private readonly ulong _seed;
    private readonly float _wordRate;
    private readonly Workspace.Slice _wordFactors;

    /// <summary>A layer that looks up in a table, and drops whole words where the window drops anything.</summary>
    /// <param name="table">[V][E], or, tied, [H][V].</param>
    /// <param name="tied">Whether the table is a classifier's, read the other way.</param>
    /// <param name="shape">The window.</param>
    /// <param name="plan">The network's.</param>
    /// <param name="wordRate">The rate of words.</param>
    /// <param name="bySequence">Whether other words are dropped in each sequence, and not the same in the batch.</param>
    /// <param name="seed">What they are drawn by.</param>
    public EmbeddingLayer(
        TensorSlot table, bool tied, WindowShape shape, NetworkPlan plan, float wordRate = 0f, bool bySequence = false, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(plan);
        _vocabulary = table.Shape[tied ? 1 : 0];
        _seed = seed;
        _wordRate = shape.Drops ? wordRate : 0f;
        _wordStride = bySequence ? _vocabulary : 0;
        if (_wordRate > 0f) _wordMask = plan.WordMask();
        if (_wordRate > 0f) _wordFactors = plan.Scratch.Reserve(bySequence ? (long)shape.Batch * _vocabulary : _vocabulary);
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
    /// <param name="parameters">The model's.</param>
    /// <param name="tokens">[T][B], each of the table.</param>
    /// <param name="rows">How sequences lie.</param>
    /// <param name="x">[T][E][B].</param>
    /// <exception cref="ArgumentException">There are tokens for another number of rows, one is none of the table's, or there is too little
    /// room.</exception>
    public void Forward(ParameterBlock parameters, ReadOnlySpan<int> tokens, StepRows rows, Span<float> x)
    {
        Check(tokens, rows, x.Length);
        if (_table.Format == WeightFormat.Single) _ops.Embed(parameters[_table], _tokenStride, _unitStride, tokens, rows, _units, x);
        else Expand(parameters.CompactOf(_table), tokens, rows, x);
        if (_wordRate > 0f) _ops.ScaleTokens(_wordFactors.Span, _wordStride, tokens, rows, _units, x);
        _times.Lap(Pass.Embedding);
    }

    /// <summary>Adds to the table's gradient. <paramref name="dx"/> is spent where words are dropped.</summary>
    /// <inheritdoc cref="Forward"/>
    public void Backward(GradientBlock gradients, ReadOnlySpan<int> tokens, StepRows rows, Span<float> dx)
    {
        Check(tokens, rows, dx.Length);
        if (_wordRate > 0f) _ops.ScaleTokens(_wordFactors.Span, _wordStride, tokens, rows, _units, dx);
        Span<float> table = _tied ? gradients[_table].Cleared() : gradients[_table, tokens];
        _ops.EmbedBackward(dx, tokens, rows, _units, table, _tokenStride, _unitStride);
        _times.Lap(Pass.Embedding);
    }

    private void Expand(CompactTensor table, ReadOnlySpan<int> tokens, StepRows rows, Span<float> x)
    {
        for (int t = 0; t < rows.Steps; t++)
        {
            int before = rows.Before(t), count = rows.At(t);
            for (int b = 0; b < count; b++)
            {
                int token = tokens[before + b];
                Span<float> units = x[((before * _units) + b)..];
                for (int i = 0; i < _units; i++) units[i * count] = _tied ? table.Number(i, token) : table.Number(token, i);
            }
        }
    }

    // Kernels trust what they are given.
    private void Check(ReadOnlySpan<int> tokens, StepRows rows, int room)
    {
        if (tokens.Length != rows.Total) Throw.Argument($"there are {Throw.Counted(tokens.Length, "token")}; expected {rows.Total}");
        Throw.IfShorter(room, rows.Total * _units, "x");
        TokenChecks.All(tokens, _vocabulary, nameof(tokens));
    }
}
