using TinySD.Runtime.Numerics;

namespace TinySD.Runtime.Training;

/// <summary>
/// Cuts one long text into B contiguous streams and those into windows of T steps, so that state can be carried from window to window. What does not
/// fill the last window of every stream is left out, as in Zaremba's recipe, unless the length varies.
/// </summary>
public sealed class TokenWindows
{
    private readonly ReadOnlyMemory<int> _tokens;
    private readonly int _streamLength;

    /// <summary>Cuts <paramref name="tokens"/>.</summary>
    /// <exception cref="ArgumentException">There are fewer than B * (T + 1) tokens: not one window.</exception>
    public TokenWindows(ReadOnlyMemory<int> tokens, int batchSize, int timeSteps)
    {
        if (batchSize < 1) Throw.OutOfRange(nameof(batchSize), batchSize, "at least 1");
        if (timeSteps < 1) Throw.OutOfRange(nameof(timeSteps), timeSteps, "at least 1");
        _tokens = tokens;
        BatchSize = batchSize;
        TimeSteps = timeSteps;
        _streamLength = tokens.Length / batchSize;
        Count = Math.Max(0, _streamLength - 1) / timeSteps;
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

    /// <summary>Windows of T steps in an epoch.</summary>
    public int Count { get; }

    /// <summary>
    /// Where an epoch's windows begin in every stream, and after the last of them where it ends. With a variable length they are cut as the recipe's seed
    /// says, until the text is used up; otherwise they have T steps each.
    /// </summary>
    /// <param name="recipe">Seed, and whether the length varies.</param>
    /// <param name="firstUpdate">Updates of the run before the epoch.</param>
    public int[] StartsOf(LanguageModelRecipe recipe, long firstUpdate)
    {
        if (!recipe.VariableBptt) return [.. Enumerable.Range(0, Count + 1).Select(index => index * TimeSteps)];
        var starts = new List<int> { 0 };
        int last = _streamLength - 1;
        for (long update = firstUpdate; starts[^1] < last; update++)
            starts.Add(Math.Min(last, starts[^1] + WindowLengths.Draw(recipe.Seed, update, TimeSteps)));
        return [.. starts];
    }

    /// <summary>Writes window <paramref name="index"/> of T steps: inputs and, one token later, targets, both [T][B].</summary>
    public void Fill(int index, Span<int> inputs, Span<int> targets)
    {
        if ((uint)index >= (uint)Count) Throw.OutOfRange(nameof(index), index, $"0 to {Count - 1}");
        Fill(index * TimeSteps, TimeSteps, inputs, targets);
    }

    /// <summary>Writes a window of <paramref name="length"/> steps that begins at <paramref name="start"/> in every stream.</summary>
    /// <exception cref="ArgumentException">It goes beyond the streams' ends.</exception>
    public void Fill(int start, int length, Span<int> inputs, Span<int> targets)
    {
        if (start < 0 || length < 1 || length > _streamLength - 1 - start)
            Throw.OutOfRange("the window's end", (long)start + length, $"above its start, {start}, and at most {_streamLength - 1}");
        ReadOnlySpan<int> tokens = _tokens.Span;
        for (int b = 0; b < BatchSize; b++)
        {
            int from = (b * _streamLength) + start;
            for (int t = 0; t < length; t++)
            {
                inputs[(t * BatchSize) + b] = tokens[from + t];
                targets[(t * BatchSize) + b] = tokens[from + t + 1];
            }
        }
    }
}
