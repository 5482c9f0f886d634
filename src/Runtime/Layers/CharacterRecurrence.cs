using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>A recurrent layer each way over the characters of a word, and the last state of both; Lample et al., "Neural Architectures for
/// Named Entity Recognition" (NAACL 2016). A word without characters has 0.</summary>
internal sealed class CharacterRecurrence : CharacterEncoder
{
    // Words that are read together where no backward pass follows: memory does not grow with the number of words.
    private const int Together = 256;

    private readonly EmbeddingLayer _embedding;
    private readonly RecurrentEncoder _encoder;
    private readonly SequencePacking _packing;
    private readonly int _most, _longest;
    private readonly int[] _lengths;
    private readonly Workspace.Slice _tokens, _embedded, _features, _dLast, _dOutputs, _dEmbedded;
    private StepRows _rows;

    public CharacterRecurrence(CharacterSlots slots, int words, int longest, bool isTraining, NetworkPlan plan, string name)
        : base(words, slots.Embedding.Shape[0])
    {
        _most = isTraining ? words : Math.Min(words, Together);
        _longest = longest;
        var shape = new WindowShape(_most, longest, isTraining, IsUneven: _most > 1);
        _embedding = new EmbeddingLayer(slots.Embedding, tied: false, shape, plan);
        _encoder = new RecurrentEncoder(slots.Layers, 2, isReverse: false, shape, MaskOrigin.None, plan, name);
        _packing = new SequencePacking(_most, longest);
        _lengths = new int[_most];
        long rows = (long)_most * longest;
        int embedding = slots.Embedding.Shape[1];
        _tokens = plan.Scratch.Reserve(rows);
        _embedded = plan.Scratch.Reserve(rows * embedding);
        _features = plan.Scratch.Reserve((long)words * Units);
        if (!isTraining) return;
        _dLast = plan.Scratch.Reserve((long)words * Units);
        _dOutputs = plan.Scratch.Reserve(rows * Units);
        _dEmbedded = plan.Scratch.Reserve(rows * embedding);
    }

    /// <inheritdoc/>
    public override int Units => _encoder.OutputUnits;

    /// <inheritdoc/>
    public override void Update(ParameterBlock parameters) => _encoder.Update(parameters);

    private protected override ReadOnlySpan<float> Run(ParameterBlock parameters, CharacterLists words)
    {
        for (int first = 0; first < words.Count; first += _most) Forward(parameters, words, first, Math.Min(_most, words.Count - first));
        return _features.Span[..(words.Count * Units)];
    }

    private protected override void AddGradients(
        ParameterBlock parameters, GradientBlock gradients, CharacterLists words, ReadOnlySpan<float> dy)
    {
        if (_rows.Steps == 0) return;
        Span<float> dLast = _dLast.Span, dOutputs = _dOutputs.Span[..(_rows.Total * Units)];
        for (int place = 0; place < _most; place++)
        {
            int word = _packing.Order[place];
            for (int unit = 0; unit < Units; unit++)
                dLast[(unit * _most) + place] = word < words.Count ? dy[(word * Units) + unit] : 0f;
        }

        dOutputs.Clear();
        _encoder.Backward(parameters, gradients, _embedded.Span, dOutputs, dLast[..(_most * Units)], _dEmbedded.Span);
        _embedding.Backward(gradients, Tokens, _rows, _dEmbedded.Span);
    }

    private void Forward(ParameterBlock parameters, CharacterLists words, int first, int count)
    {
        Span<float> features = _features.Span.Slice(first * Units, count * Units);
        Pack(words, first, count);
        features.Clear();
        if (_rows.Steps == 0) return;
        _encoder.Draw(default, _rows);
        _embedding.Forward(parameters, Tokens, _rows, _embedded.Span);
        _encoder.Forward(parameters, _embedded.Span, _rows);
        ReadOnlySpan<float> last = _encoder.LastOutputs;
        for (int place = 0; place < _most; place++)
        {
            int word = _packing.Order[place];
            if (word >= count) continue;
            for (int unit = 0; unit < Units; unit++) features[(word * Units) + unit] = last[(unit * _most) + place];
        }
    }

    private Span<int> Tokens => _tokens.Integers[.._rows.Total];

    private void Pack(CharacterLists words, int first, int count)
    {
        Span<int> lengths = _lengths;
        lengths.Clear();
        for (int word = 0; word < count; word++) lengths[word] = words[first + word].Length;
        _rows = _packing.Pack(lengths, _longest);
        Span<int> tokens = Tokens;
        for (int place = 0; place < _most; place++)
        {
            int word = _packing.Order[place];
            if (word >= count) continue;
            ReadOnlySpan<int> characters = words[first + word];
            for (int t = 0; t < characters.Length; t++) tokens[_rows.Before(t) + place] = characters[t];
        }
    }
}
