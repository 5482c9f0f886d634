using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Layers;

/// <summary>A convolution over the characters of a word, as wide as the word, and of each filter the largest output; Ma and Hovy,
/// "End-to-end Sequence Labeling via Bi-directional LSTM-CNNs-CRF" (ACL 2016). Beyond a word's ends there is nothing, which counts 0. A
/// word without characters has the bias.</summary>
/// <remarks>There are few characters, so a filter's product with each is made once for all words, and a window is a sum of rows of that
/// table: of an alphabet of 90 and a width of 3 some thousand rows instead of every position of every word.</remarks>
internal sealed class CharacterConvolution : CharacterEncoder
{
    private readonly CharacterSlots _slots;
    private readonly VectorOps _ops;
    private readonly PassTimes _times;
    private readonly bool _isTraining;
    private readonly FilterShape _shape;
    private readonly Workspace.Slice _wide, _tables, _dTables, _turned, _used, _features, _positions;
    private int _usedCount;

    public CharacterConvolution(CharacterSlots slots, int words, bool isTraining, NetworkPlan plan)
        : base(words, slots.Embedding.Shape[0])
    {
        _slots = slots;
        _ops = plan.Vectors;
        _times = plan.Times;
        _isTraining = isTraining;
        (int alphabet, int embedding) = (slots.Embedding.Shape[0], slots.Embedding.Shape[1]);
        Units = slots.Filters!.Shape[1];
        _shape = new FilterShape(alphabet, embedding, slots.Filters.Shape[0] / embedding, Units);
        long tables = (long)_shape.Width * alphabet * _shape.FilterStride;
        _wide = plan.Scratch.Reserve((long)_shape.Width * embedding * _shape.FilterStride);
        _tables = plan.Scratch.Reserve(tables);
        _used = plan.Scratch.Reserve(alphabet);
        if (isTraining)
        {
            _dTables = plan.Scratch.Reserve(tables);
            _turned = plan.Scratch.Reserve((long)_shape.Width * Units * _shape.EmbeddingStride);
        }

        _features = plan.Scratch.Reserve((long)words * Units);
        _positions = plan.Scratch.Reserve((long)words * Units);
    }

    /// <inheritdoc/>
    public override int Units { get; }

    private Span<int> Used => _used.Integers[.._usedCount];

    /// <inheritdoc/>
    public override void Update(ParameterBlock parameters)
    {
        // In training only a step's own characters are worth it.
        if (_isTraining) return;
        _usedCount = _shape.Alphabet;
        for (int c = 0; c < _usedCount; c++) Used[c] = c;
        Tabulate(parameters);
    }

    private protected override ReadOnlySpan<float> Run(ParameterBlock parameters, CharacterLists words)
    {
        if (_isTraining)
        {
            FindUsed(words);
            Tabulate(parameters);
        }

        _ops.LargestOfFilters(
            _shape, _tables.Span, parameters[_slots.Bias!], words.Starts, words.Characters, _features.Span, _positions.Integers);
        _times.Lap(Pass.Characters);
        return _features.Span[..(words.Count * Units)];
    }

    private protected override void AddGradients(
        ParameterBlock parameters, GradientBlock gradients, CharacterLists words, ReadOnlySpan<float> dy)
    {
        _ops.LargestOfFiltersBackward(
            _shape, dy, words.Starts, words.Characters, _positions.Integers, _dTables.Span, gradients[_slots.Bias!].Cleared());
        _ops.FilterTablesBackward(
            _shape, Used, parameters[_slots.Embedding], parameters[_slots.Filters!], _turned.Span, _dTables.Span,
            gradients[_slots.Embedding].Cleared(), gradients[_slots.Filters!].Cleared());
        _times.Lap(Pass.Characters);
    }

    private void Tabulate(ParameterBlock parameters)
    {
        _ops.FilterTables(_shape, Used, parameters[_slots.Embedding], parameters[_slots.Filters!], _wide.Span, _tables.Span);
        _times.Lap(Pass.Characters);
    }

    // In order, each once.
    private void FindUsed(CharacterLists words)
    {
        Span<int> all = _used.Integers;
        all.Clear();
        foreach (int c in words.Characters[..words.Starts[words.Count]]) all[c] = 1;
        _usedCount = 0;
        for (int c = 0; c < all.Length; c++)
        {
            bool isUsed = all[c] == 1;
            all[_usedCount] = c;
            _usedCount += isUsed ? 1 : 0;
        }
    }
}
