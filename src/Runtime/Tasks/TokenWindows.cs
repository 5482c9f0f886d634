using System.Collections;
using TinySD.Runtime.Models;

namespace TinySD.Runtime.Tasks;

/// <summary>Cuts one long text into B contiguous streams and those into windows of T steps, so that state can be carried from window to
/// window. What does not fill the last window of every stream is left out, as in Zaremba's recipe, unless the length varies.</summary>
/// <remarks>A window asks the text for its own tokens only, stream by stream. Not thread-safe.</remarks>
public sealed class TokenWindows
{
    // Longer windows are read in pieces, so that one buffer serves all.
    private const int PieceSteps = 4096;

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
    /// <exception cref="ArgumentException">There are fewer than B * (T + 1) tokens: not one window. Or more than 2^31
    /// - 1 windows.</exception>
    public TokenWindows(ITokenSource tokens, int batchSize, int timeSteps)
    {
        if (batchSize < 1) Throw.OutOfRange(nameof(batchSize), batchSize, "at least 1");
        if (timeSteps < 1) Throw.OutOfRange(nameof(timeSteps), timeSteps, "at least 1");
        _tokens = tokens;
        BatchSize = batchSize;
        TimeSteps = timeSteps;
        _streamLength = tokens.Length / batchSize;
        _run = new int[PieceSteps + 1];
        long count = Math.Max(0, _streamLength - 1) / timeSteps;
        Count = (int)Math.Min(count, int.MaxValue);
        if (count is > 0 and <= int.MaxValue) return;
        string steps = Throw.Counted(timeSteps, "step"), need = $"{Throw.Counted(batchSize, "sequence")} of {steps} need at least";
        Throw.Argument(count > 0
            ? $"the text has {Throw.Counted(count, "window")} of {steps}, and 2^31 - 1 are the most; use a longer window or a larger batch"
            : $"the text has {Throw.Counted(tokens.Length, "token")}, too few for one window: {need} {(long)batchSize * (timeSteps + 1)}");
    }

    /// <summary>Sequences B.</summary>
    public int BatchSize { get; }

    /// <summary>Steps T.</summary>
    public int TimeSteps { get; }

    /// <summary>Windows of T steps in an epoch.</summary>
    public int Count { get; }

    /// <summary>Where an epoch's windows begin in every stream, and after the last of them where it ends. With a variable length they are
    /// cut as the recipe's seed says, until the text is used up; otherwise they have T steps each.</summary>
    /// <param name="recipe">Seed, and whether the length varies.</param>
    /// <param name="firstUpdate">Updates of the run before the epoch.</param>
    /// <exception cref="OverflowException">The epoch has 2^31 - 1 windows, which is one beginning too many for a list.</exception>
    public IReadOnlyList<long> StartsOf(LanguageModelRecipe recipe, long firstUpdate)
    {
        if (!recipe.VariableBptt) return new EvenStarts(checked(Count + 1), TimeSteps);
        var starts = new List<long> { 0 };
        long last = _streamLength - 1;
        for (long update = firstUpdate; starts[^1] < last; update++)
            starts.Add(Math.Min(last, starts[^1] + WindowLengths.Draw(recipe.Seed, update, TimeSteps)));
        return starts;
    }

    /// <summary>Writes window <paramref name="index"/> of T steps: inputs and, one token later, targets, both [T][B].</summary>
    public void Fill(int index, Span<int> inputs, Span<int> targets)
    {
        if ((uint)index >= (uint)Count) Throw.OutOfRange(nameof(index), index, $"0 to {Count - 1}");
        Fill((long)index * TimeSteps, TimeSteps, inputs, targets);
    }

    /// <summary>Writes a window of <paramref name="length"/> steps that begins at <paramref name="start"/> in every stream.</summary>
    /// <exception cref="ArgumentException">It goes beyond the streams' ends.</exception>
    public void Fill(long start, int length, Span<int> inputs, Span<int> targets)
    {
        if (start < 0 || length < 1 || length > _streamLength - 1 - start)
            Throw.OutOfRange("the window's end", start + length, $"above its start, {start}, and at most {_streamLength - 1}");
        for (int b = 0; b < BatchSize; b++)
        {
            for (int from = 0; from < length; from += PieceSteps)
                FillPiece(b, start, from, Math.Min(length, from + PieceSteps), inputs, targets);
        }
    }

    private void FillPiece(int b, long start, int from, int to, Span<int> inputs, Span<int> targets)
    {
        Span<int> run = _run.AsSpan(0, to - from + 1);
        _tokens.Read((b * _streamLength) + start + from, run);
        for (int t = from; t < to; t++)
        {
            inputs[(t * BatchSize) + b] = run[t - from];
            targets[(t * BatchSize) + b] = run[t - from + 1];
        }
    }

    /// <summary>Where windows of T steps begin: a text of any length needs no list of them.</summary>
    private sealed class EvenStarts(int count, int timeSteps) : IReadOnlyList<long>
    {
        public int Count => count;

        public long this[int index] =>
            (uint)index < (uint)count ? (long)index * timeSteps : throw new ArgumentOutOfRangeException(nameof(index));

        public IEnumerator<long> GetEnumerator()
        {
            for (int index = 0; index < count; index++) yield return this[index];
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
