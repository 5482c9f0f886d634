namespace TinySD.Tools.Tasks.LanguageModeling;

/// <summary>How likely a language model finds lines, each by itself: what comes before a line has no say.</summary>
internal sealed class LineScorer
{
    // Steps that are computed together, and less where their logits would take much room.
    private const int MostSteps = 16, MostLogits = 1 << 20;

    private readonly LanguageModelSession _session;
    private readonly Vocabulary _vocabulary;
    private readonly int[] _inputs;
    private readonly float[] _logits;

    public LineScorer(LanguageModel model, Vocabulary vocabulary, HardwareProfile? hardware)
    {
        _vocabulary = vocabulary;
        int steps = Math.Clamp(MostLogits / vocabulary.Count, 1, MostSteps);
        _session = new LanguageModelSession(model, hardware: hardware, maxTimeSteps: steps);
        _inputs = new int[steps];
        _logits = new float[steps * vocabulary.Count];
    }

    /// <summary>The natural logarithm of a line's probability: the sum over its tokens, each given those before it.</summary>
    /// <param name="tokens">The line with what it ends in.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="FailureException">The model's numbers overflow.</exception>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public double Score(ReadOnlySpan<int> tokens, CancellationToken stop)
    {
        _session.Reset();
        int last = LineStart.TokenOf(_vocabulary), count;
        double sum = 0;
        for (ReadOnlySpan<int> rest = tokens; !rest.IsEmpty; rest = rest[count..])
        {
            stop.ThrowIfCancellationRequested();
            count = Math.Min(_inputs.Length, rest.Length);
            _inputs[0] = last;
            rest[..(count - 1)].CopyTo(_inputs.AsSpan(1));
            last = rest[count - 1];
            _session.Run(_inputs.AsSpan(0, count), _logits.AsSpan(0, count * _vocabulary.Count));
            for (int step = 0; step < count; step++)
                sum += LogProbability(_logits.AsSpan(step * _vocabulary.Count, _vocabulary.Count), rest[step]);
        }

        return sum;
    }

    // The logarithm of a softmax, less its largest logit so that nothing overflows.
    private static double LogProbability(ReadOnlySpan<float> logits, int token)
    {
        float max = float.NegativeInfinity;
        foreach (float logit in logits)
        {
            if (!float.IsFinite(logit)) throw ModelNumbers.Overflow(new NotFiniteNumberException($"a logit is {logit}", logit));
            max = Math.Max(max, logit);
        }

        double sum = 0;
        foreach (float logit in logits) sum += Math.Exp((double)logit - max);
        return (double)logits[token] - max - Math.Log(sum);
    }
}
