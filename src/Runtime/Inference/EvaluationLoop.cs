using TinySD.Runtime.Models;

namespace TinySD.Runtime.Inference;

/// <summary>What an evaluation does with a window.</summary>
internal interface IWindowScorer
{
    /// <summary>The start of a text.</summary>
    void Begin();

    /// <summary>Predicts a window and carries state into the next.</summary>
    /// <param name="window">Its number, from 0.</param>
    /// <param name="inputs">[T][B].</param>
    /// <param name="targets">The tokens that follow, [T][B]; -1 is not counted.</param>
    /// <returns>The summed negative log likelihood of the counted targets, in nats.</returns>
    double Score(long window, ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets);
}

/// <summary>Takes a text to a scorer window by window, so that every token but the first is predicted once. With one stream the state is
/// carried through the whole text. With more, the text is cut into as many contiguous streams, and each but the first is fed the tokens
/// before its own to warm its state up.</summary>
internal sealed class EvaluationLoop(int vocabularySize, int streams, int timeSteps)
{
    /// <summary>Refuses sizes that are none, before anything is made for them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is below 1, or the steps are more than 65536.</exception>
    public static void Check(int streams, int timeSteps)
    {
        if (streams < 1) Throw.OutOfRange(nameof(streams), streams, "at least 1");
        if (timeSteps is < 1 or > 65536) Throw.OutOfRange(nameof(timeSteps), timeSteps, "1 to 65536");
    }

    private const int WarmUpTokens = 64;

    private readonly int[] _inputs = new int[streams * timeSteps], _targets = new int[streams * timeSteps], _run = new int[timeSteps + 1];

    /// <summary>Runs the text through. Allocates nothing.</summary>
    public EvaluationResult Run<TSource, TScorer>(TSource tokens, TScorer scorer, Action<double>? progress, CancellationToken cancellation)
        where TSource : ITokenSource
        where TScorer : class, IWindowScorer
    {
        if (tokens.Length < 2) Throw.Argument($"the text has {Throw.Counted(tokens.Length, "token")}; a prediction needs at least 2");
        long predictions = tokens.Length - 1, share = (predictions + streams - 1) / streams;
        int warmUp = streams == 1 ? 0 : WarmUpTokens;
        long windows = (share + warmUp + timeSteps - 1) / timeSteps;
        scorer.Begin();
        double sum = 0;
        for (long window = 0; window < windows; window++)
        {
            cancellation.ThrowIfCancellationRequested();
            Fill(tokens, window * timeSteps, share, warmUp);
            sum += scorer.Score(window, _inputs, _targets);
            progress?.Invoke((window + 1.0) / windows);
        }

        return new EvaluationResult(predictions, sum);
    }

    // A stream predicts the tokens after positions [first, last); the positions fed before them warm its state up and are not counted.
    private void Fill<TSource>(scoped in TSource tokens, long from, long share, int warmUp)
        where TSource : ITokenSource
    {
        for (int s = 0; s < streams; s++)
        {
            long first = s * share, last = Math.Min(first + share, tokens.Length - 1), start = Math.Max(0, first - warmUp) + from;
            int fed = (int)Math.Clamp(last - start, 0, timeSteps);
            if (fed > 0) Read(tokens, start, _run.AsSpan(0, fed + 1));
            for (int t = 0; t < timeSteps; t++)
            {
                int at = (t * streams) + s;
                _inputs[at] = t < fed ? _run[t] : 0;
                _targets[at] = t < fed && start + t >= first ? _run[t + 1] : -1;
            }
        }
    }

    // Kernels trust the ids that they are given.
    private void Read<TSource>(scoped in TSource tokens, long position, Span<int> run)
        where TSource : ITokenSource
    {
        tokens.Read(position, run);
        for (int i = 0; i < run.Length; i++)
        {
            if ((uint)run[i] >= (uint)vocabularySize)
            {
                Throw.Argument(
                    $"token {position + i} of the text is {run[i]}, the vocabulary has {Throw.Counted(vocabularySize, "token")}");
            }
        }
    }
}

/// <summary>Tokens of the caller's, who holds them still.</summary>
internal readonly unsafe struct FixedTokens(int* text, int count) : ITokenSource
{
    public long Length => count;

    public void Read(long position, Span<int> tokens) =>
        new ReadOnlySpan<int>(text, count).Slice((int)position, tokens.Length).CopyTo(tokens);
}
