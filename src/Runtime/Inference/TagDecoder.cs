using TinySD.Runtime.Layers;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Inference;

/// <summary>From a network's scores to tags: the best path, or of each tag its probability.</summary>
/// <remarks>Tags that are chosen each by itself are a chain whose transitions all score 0.</remarks>
internal sealed class TagDecoder
{
    private readonly Tagger _tagger;
    private readonly LinearChainCrf _chain;
    private readonly TagConstraints? _constraints;
    private readonly float[] _scores;

    public TagDecoder(Tagger tagger, int longest, bool isConstrained)
    {
        _tagger = tagger;
        int tags = tagger.Form.Tags.Length;
        _chain = new LinearChainCrf(tags, longest);
        _constraints = isConstrained ? tagger.Form.ToConstraints() : null;
        _scores = new float[checked(longest * tags)];
    }

    /// <summary>Takes notice of new parameters.</summary>
    public void Update()
    {
        TaggerModel model = _tagger.Model;
        int tags = model.Config.TagCount;
        if (model.Transitions is null) _chain.SetScores(new float[tags * tags], new float[tags], new float[tags]);
        else _chain.SetScores(model.Parameters[model.Transitions], model.Parameters[model.First!], model.Parameters[model.Last!]);
    }

    /// <summary>Takes the scores of a sentence that the network ran.</summary>
    public void Read(TaggerNetwork network, TaggerBatch batch, int sentence) => network.CopyScores(batch, sentence, _scores);

    /// <summary>The best tags of the sentence read last.</summary>
    public void Decode(Span<int> tags)
    {
        if (tags.Length > 0) _chain.Decode(Scores(tags.Length), tags, _constraints);
    }

    /// <summary>Every tag's probability at each of its tokens, [T][K].</summary>
    public void Marginals(int length, Span<double> probabilities)
    {
        if (length > 0) _chain.Marginals(Scores(length), probabilities);
    }

    /// <summary>Its loss, in nats.</summary>
    public double Loss(ReadOnlySpan<int> tags) => tags.Length == 0 ? 0 : _chain.Loss(Scores(tags.Length), tags);

    private ReadOnlySpan<float> Scores(int length) => _scores.AsSpan(0, length * _chain.Tags);
}
