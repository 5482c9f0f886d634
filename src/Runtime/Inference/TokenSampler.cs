using TinySD.Runtime.Memory;
using TinySD.Runtime.Threading;

namespace TinySD.Runtime.Inference;

/// <summary>Draws tokens from logits: temperature, the k most likely only, tokens that are forbidden, and a seed that repeats.</summary>
/// <remarks>Its state is the seed and how many random words were drawn: whoever sets it goes on with the same draws, whatever seed it was
/// made with. Temperature, k and what is forbidden are settings and no state. Not thread-safe.</remarks>
public sealed class TokenSampler : IStreamingState
{
    private readonly ulong _seed;
    private readonly StateHead _head;
    private readonly double _temperature;
    private readonly int _vocabularySize, _topK;
    private readonly PriorityQueue<float, float> _largest;
    private readonly int[] _forbidden;
    private readonly float[] _allowed;
    private PhiloxStream _random;
    private OneThread _thread;

    /// <param name="vocabularySize">Length of the logits, at least 1.</param>
    /// <param name="temperature">0 takes the likeliest; 1 samples as the model says; above flattens.</param>
    /// <param name="topK">Only the k likeliest tokens may be drawn; 0 for all.</param>
    /// <param name="seed">The same seed draws the same text.</param>
    /// <param name="forbidden">Tokens that are never drawn, in any order; k counts the others. With some, the sampler takes
    /// <paramref name="vocabularySize"/> floats of memory, here and once.</param>
    /// <exception cref="ArgumentOutOfRangeException">No tokens, a negative or not finite temperature, a negative k, or a forbidden token
    /// that is none of them.</exception>
    /// <exception cref="ArgumentException">All tokens are forbidden.</exception>
    public TokenSampler(
        int vocabularySize, float temperature = 1f, int topK = 0, ulong seed = 1, ReadOnlySpan<int> forbidden = default)
    {
        if (vocabularySize < 1) Throw.OutOfRange(nameof(vocabularySize), vocabularySize, "at least 1");
        Throw.IfNegative(temperature);
        if (topK < 0) Throw.OutOfRange(nameof(topK), topK, "0 (all) or above");
        _temperature = temperature;
        _topK = topK == 0 ? vocabularySize : Math.Min(topK, vocabularySize);
        _vocabularySize = vocabularySize;
        _forbidden = [.. forbidden];
        _allowed = new float[forbidden.IsEmpty ? 0 : vocabularySize];
        foreach (int token in forbidden)
        {
            if ((uint)token >= (uint)vocabularySize) Throw.OutOfRange(nameof(forbidden), token, $"0 to {vocabularySize - 1}");
            _allowed[token] = float.NegativeInfinity;
        }

        if (_allowed.Length > 0 && !_allowed.AsSpan().ContainsAnyExcept(float.NegativeInfinity))
            Throw.Argument($"all {vocabularySize} tokens are forbidden; one at least must be left to draw");
        _largest = new PriorityQueue<float, float>(_topK == vocabularySize ? 0 : _topK);
        _seed = seed;
        _random = Stream(seed);
        _head = new StateHead(StateKind.Sampler, StateHead.HashOf([vocabularySize]));
    }

    /// <inheritdoc/>
    public string Kind => StateHead.NameOf(StateKind.Sampler);

    int IStreamingState.Batch => 1;

    ParameterBlock? IStreamingState.Parameters => null;

    /// <inheritdoc/>
    public int StateBytes => StateHead.Bytes + sizeof(ulong) + sizeof(long);

    /// <inheritdoc/>
    public void CopyState(Span<byte> state)
    {
        StateHead.CheckLength(state.Length, StateBytes);
        using OneThread.Use use = _thread.Enter();
        _head.Write(state);
        var writer = new StateWriter(state[StateHead.Bytes..]);
        writer.Write((long)_random.Seed);
        writer.Write(_random.Position);
    }

    /// <inheritdoc/>
    public void SetState(ReadOnlySpan<byte> state)
    {
        StateHead.CheckLength(state.Length, StateBytes);
        using OneThread.Use use = _thread.Enter();
        _head.Check(state);
        var reader = new StateReader(state[StateHead.Bytes..]);
        PhiloxStream random = Stream((ulong)reader.ReadInt64());
        long position = reader.ReadInt64();
        if (position is < 0 or >= PhiloxStream.Length) Throw.Argument($"these bytes are no state: {position} random words were drawn");
        random.Position = position;
        _random = random;
    }

    /// <summary>Begins the draws of its own seed anew.</summary>
    public void Reset()
    {
        using OneThread.Use use = _thread.Enter();
        _random = Stream(_seed);
    }

    /// <summary>Draws one token. Allocates nothing.</summary>
    /// <param name="logits">[V]; minus infinity for a token that must not be drawn.</param>
    /// <exception cref="ArgumentException">There are more or fewer logits than the sampler was made for.</exception>
    /// <exception cref="NotFiniteNumberException">A logit is plus infinity or not a number, or all that may be drawn are minus infinity:
    /// numbers overflowed.</exception>
    public int Sample(ReadOnlySpan<float> logits)
    {
        using OneThread.Use use = _thread.Enter();
        logits = Checked(logits, out int likeliest);
        if (_temperature == 0) return likeliest;
        (float threshold, int ties) = Threshold(logits);
        double max = logits[likeliest], sum = 0;
        int tiesLeft = ties;
        foreach (float logit in logits)
        {
            if (IsAllowed(logit, threshold, ref tiesLeft)) sum += PortableMath.Exp((logit - max) / _temperature);
        }

        double left = _random.NextDouble() * sum;
        tiesLeft = ties;
        for (int i = 0; i < logits.Length; i++)
        {
            if (!IsAllowed(logits[i], threshold, ref tiesLeft)) continue;
            left -= PortableMath.Exp((logits[i] - max) / _temperature);
            if (left < 0) return i;
        }

        return likeliest;
    }

    /// <summary>The probabilities with which <see cref="Sample"/> draws: of temperature 0 all for the likeliest. Draws nothing and
    /// allocates nothing.</summary>
    /// <param name="logits">As for <see cref="Sample"/>.</param>
    /// <param name="probabilities">Receives [V]; 0 for tokens that are not drawn.</param>
    /// <exception cref="ArgumentException">There are more or fewer logits than the sampler was made for, or room for more or fewer
    /// probabilities.</exception>
    /// <exception cref="NotFiniteNumberException">As for <see cref="Sample"/>.</exception>
    public void Probabilities(ReadOnlySpan<float> logits, Span<double> probabilities)
    {
        if (probabilities.Length != _vocabularySize)
            Throw.Argument($"room for {probabilities.Length} probabilities given, the sampler was made for {_vocabularySize}");
        using OneThread.Use use = _thread.Enter();
        logits = Checked(logits, out int likeliest);
        probabilities.Clear();
        if (_temperature == 0)
        {
            probabilities[likeliest] = 1;
            return;
        }

        (float threshold, int ties) = Threshold(logits);
        double max = logits[likeliest], sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            if (!IsAllowed(logits[i], threshold, ref ties)) continue;
            probabilities[i] = PortableMath.Exp((logits[i] - max) / _temperature);
            sum += probabilities[i];
        }

        foreach (ref double probability in probabilities) probability /= sum;
    }

    // The logits with minus infinity for what is forbidden, and where the largest of them is.
    private ReadOnlySpan<float> Checked(ReadOnlySpan<float> logits, out int likeliest)
    {
        if (logits.Length != _vocabularySize) Throw.Argument($"{logits.Length} logits given, the sampler was made for {_vocabularySize}");
        for (int i = 0; i < logits.Length; i++)
        {
            if (!(logits[i] < float.PositiveInfinity))
            {
                const string expected = "a finite number was expected, or minus infinity for a token that must not be drawn";
                Throw.NotANumber(logits[i], $"logit {i} is {logits[i]}; {expected}");
            }
        }

        if (_forbidden.Length > 0)
        {
            logits.CopyTo(_allowed);
            foreach (int token in _forbidden) _allowed[token] = float.NegativeInfinity;
            logits = _allowed;
        }

        likeliest = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[likeliest]) likeliest = i;
        }

        if (float.IsNegativeInfinity(logits[likeliest]))
        {
            string all = _forbidden.Length == 0 ? $"all {logits.Length} logits" : "the logits of all tokens that are not forbidden";
            Throw.NotANumber(logits[likeliest], $"{all} are minus infinity; one at least must be finite");
        }

        return logits;
    }

    private static PhiloxStream Stream(ulong seed) => new(seed, RandomPurpose.Sampling, 0);

    // The k-th largest logit, and how many tokens that have exactly it may be drawn: of equals, the first ones. The k largest so far stand
    // in a heap with the least of them on top, which most logits do not pass: no sorting of the vocabulary.
    private (float Threshold, int Ties) Threshold(ReadOnlySpan<float> logits)
    {
        if (_topK == logits.Length) return (float.NegativeInfinity, logits.Length);
        _largest.Clear();
        foreach (float logit in logits)
        {
            if (_largest.Count < _topK) _largest.Enqueue(logit, logit);
            else if (logit > _largest.Peek()) _largest.EnqueueDequeue(logit, logit);
        }

        float threshold = _largest.Peek();
        int above = 0;
        foreach (float logit in logits)
        {
            if (logit > threshold) above++;
        }

        return (threshold, _topK - above);
    }

    private static bool IsAllowed(float logit, float threshold, ref int tiesLeft) =>
        logit > threshold || (logit == threshold && tiesLeft-- > 0);
}
