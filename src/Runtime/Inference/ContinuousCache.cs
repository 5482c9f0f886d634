using TinySD.Runtime.Layers;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Ops;

namespace TinySD.Runtime.Inference;

/// <summary>The last N pairs of a hidden state and the token that followed it. The chance that the cache gives a token is its share in the
/// sum over those pairs of e^(theta h . h_i), h the state now: Grave, Joulin and Usunier, "Improving Neural Language Models with a
/// Continuous Cache", ICLR 2017.</summary>
/// <remarks>A ring: a new pair takes the oldest one's place. Allocates in the constructor only.</remarks>
internal sealed class ContinuousCache
{
    private readonly Products _products;
    private readonly VectorOps _ops;
    private readonly int _hidden, _stride;
    private readonly AlignedBuffer _states, _query, _dots, _scores;
    private readonly int[] _tokens;
    private float _most, _largest;
    private int _next;

    /// <summary>Remembers <paramref name="size"/> states of <paramref name="hidden"/> units.</summary>
    public ContinuousCache(int size, int hidden, NetworkPlan plan)
    {
        _products = plan.Products;
        _ops = plan.Vectors;
        _products.Announce(size, hidden, 1, 1, backward: false);
        _hidden = hidden;
        _stride = Products.RowStride(hidden);
        _states = new AlignedBuffer(checked(size * _stride));
        _query = new AlignedBuffer(_stride);
        _dots = new AlignedBuffer(size);
        _scores = new AlignedBuffer(size);
        _tokens = new int[size];
    }

    /// <summary>Pairs in it now.</summary>
    public int Count { get; private set; }

    /// <summary>Empties it.</summary>
    public void Clear() => (Count, _next) = (0, 0);

    /// <summary>Compares a state [H] with all in the cache, for <see cref="Share"/>.</summary>
    public void Ask(ReadOnlySpan<float> state)
    {
        state.CopyTo(_query.Span);
        if (Count == 0) return;
        var pairs = new Weights(_states.Span, Count, _hidden, _stride);
        _products.Backward(pairs, _query.Span, 1, _products.All(Count).At(0), 1f, _dots.Span);
        (_most, _largest) = (float.NegativeInfinity, 0f);
        foreach (float dot in _dots.Span[..Count])
        {
            _most = Math.Max(_most, dot);
            _largest = Math.Max(_largest, Math.Abs(dot));
        }
    }

    /// <summary>The chance that the cache gives a token after the state asked with; 0 while it is empty.</summary>
    public double Share(int token, float theta)
    {
        if (Count == 0) return 0;
        Span<float> scores = _scores.Span[..Count];
        _dots.Span[..Count].CopyTo(scores);

        // Shares depend on differences alone, so what would overflow begins at 0.
        if (!float.IsFinite(theta * _largest))
        {
            foreach (ref float score in scores) score -= _most;
        }

        double sum = _ops.Exponentials(scores, theta), wanted = 0;
        for (int i = 0; i < scores.Length; i++)
        {
            if (_tokens[i] == token) wanted += scores[i];
        }

        return wanted / sum;
    }

    /// <summary>Remembers that a token followed the state asked with.</summary>
    public void Add(int token)
    {
        _query.Span.CopyTo(_states.Span.Slice(_next * _stride, _stride));
        _tokens[_next] = token;
        _next = _next + 1 == _tokens.Length ? 0 : _next + 1;
        Count = Math.Min(Count + 1, _tokens.Length);
    }
}
