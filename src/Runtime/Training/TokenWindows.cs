using TinySD.Runtime.Models;
using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Training;

/// <summary>
/// Cuts one long text into B contiguous streams and those into windows of T steps, so that state can be carried from window to window. What does not
/// fill the last window of every stream is left out, as in Zaremba's recipe.
/// </summary>
/// <remarks>A window asks the text for its own tokens only, stream by stream. Not thread-safe.</remarks>
public sealed class TokenWindows
{
    private readonly ITokenSource _tokens;
    private readonly long _streamLength;
    private readonly int[] _run;

    /// <summary>Cuts tokens in memory.</summary>
    /// <exception cref="ArgumentException">There are fewer than B * (T + 1) tokens: not one window.</exception>
    public TokenWindows(ReadOnlyMemory<int> tokens, int batchSize, int timeSteps)
        : this(new TokenMemory(tokens), batchSize, timeSteps)
    {
    }

    /// <summary>Cuts <paramref name="tokens"/>, wherever they are.</summary>
    /// <exception cref="ArgumentException">There are fewer than B * (T + 1) tokens: not one window. Or more than 2^31 - 1 windows.</exception>
    public TokenWindows(ITokenSource tokens, int batchSize, int timeSteps)
    {
        if (batchSize < 1) Throw.OutOfRange(nameof(batchSize), batchSize, "at least 1");
        if (timeSteps < 1) Throw.OutOfRange(nameof(timeSteps), timeSteps, "at least 1");
        _tokens = tokens;
        BatchSize = batchSize;
        TimeSteps = timeSteps;
        _streamLength = tokens.Length / batchSize;
        _run = new int[timeSteps + 1];
        long count = Math.Max(0, _streamLength - 1) / timeSteps;
        if (count > int.MaxValue) Throw.Argument($"the text has {count} windows of {timeSteps} steps, and 2^31 - 1 are the most; use a longer window or a larger batch");
        Count = (int)count;
        if (Count == 0)
        {
            Throw.Argument(
                $"the text has {tokens.Length} tokens, too few for one window: {batchSize} sequences of {timeSteps} steps need at least " +
                $"{(long)batchSize * (timeSteps + 1)}");
        }
    }

    /// <summary>Sequences B.</summary>
    public int BatchSize { get; }

    /// <summary>Steps T.</summary>
    public int TimeSteps { get; }

    /// <summary>Windows in an epoch.</summary>
    public int Count { get; }

    /// <summary>Writes window <paramref name="index"/>: inputs and, one token later, targets, both [T][B].</summary>
    public void Fill(int index, Span<int> inputs, Span<int> targets)
    {
        if ((uint)index >= (uint)Count) Throw.OutOfRange(nameof(index), index, $"0 to {Count - 1}");
        for (int b = 0; b < BatchSize; b++)
        {
            _tokens.Read((b * _streamLength) + ((long)index * TimeSteps), _run);
            for (int t = 0; t < TimeSteps; t++)
            {
                inputs[(t * BatchSize) + b] = _run[t];
                targets[(t * BatchSize) + b] = _run[t + 1];
            }
        }
    }
}
