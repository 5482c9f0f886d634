using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;

namespace TinySD.Runtime.Tests;

/// <summary>Zaremba's cut: B contiguous streams, windows of T, targets one token later, the rest left out.</summary>
public sealed class TokenWindowsTests
{
    [Test]
    [Arguments(929_589, 20, 20, 2323)] // Penn Treebank, the small and the larger recipes: figures of the published code
    [Arguments(929_589, 20, 35, 1327)]
    [Arguments(2, 1, 1, 1)]
    [Arguments(12, 2, 5, 1)]
    [Arguments(13, 2, 5, 1)]
    [Arguments(22, 2, 5, 2)]
    [Arguments(21, 2, 5, 1)]
    public async Task An_epoch_has_as_many_windows_as_fill_every_stream(int tokens, int batch, int timeSteps, int expected)
    {
        var windows = new TokenWindows(new int[tokens], batch, timeSteps);
        await Assert.That(windows.Count).IsEqualTo(expected);
        await Assert.That((windows.BatchSize, windows.TimeSteps)).IsEqualTo((batch, timeSteps));
    }

    [Test]
    [Arguments(29, 3, 4)]
    [Arguments(100, 1, 7)]
    [Arguments(64, 5, 1)]
    public async Task Windows_continue_each_stream_and_targets_are_one_token_ahead(int length, int batch, int timeSteps)
    {
        int[] text = [.. Enumerable.Range(1000, length)];
        var windows = new TokenWindows(text, batch, timeSteps);
        int[] inputs = new int[batch * timeSteps], targets = new int[batch * timeSteps];
        for (int b = 0; b < batch; b++)
        {
            int[] stream = text[(b * (length / batch))..((b + 1) * (length / batch))];
            for (int window = 0; window < windows.Count; window++)
            {
                windows.Fill(window, inputs, targets);
                for (int t = 0; t < timeSteps; t++)
                {
                    await Assert.That(inputs[(t * batch) + b]).IsEqualTo(stream[(window * timeSteps) + t]);
                    await Assert.That(targets[(t * batch) + b]).IsEqualTo(stream[(window * timeSteps) + t + 1]);
                }
            }
        }
    }

    [Test]
    public async Task A_text_behind_a_source_is_asked_for_what_a_window_needs_and_no_more()
    {
        const int batch = 3, timeSteps = 4;
        var source = new Numbers(29);
        TokenWindows windows = new(source, batch, timeSteps), expected = new(Enumerable.Range(0, 29).ToArray(), batch, timeSteps);
        await Assert.That(windows.Count).IsEqualTo(expected.Count);
        int[][] found = [new int[12], new int[12]], wanted = [new int[12], new int[12]];
        for (int window = 0; window < windows.Count; window++)
        {
            windows.Fill(window, found[0], found[1]);
            expected.Fill(window, wanted[0], wanted[1]);
            await Assert.That(found[0].SequenceEqual(wanted[0]) && found[1].SequenceEqual(wanted[1])).IsTrue();
        }

        await Assert.That(source.Asked).IsEqualTo(windows.Count * batch * (timeSteps + 1));
    }

    [Test]
    public async Task A_text_may_be_longer_than_an_array()
    {
        const long length = 6_000_000_007;
        var windows = new TokenWindows(new Numbers(length), 2, 10);
        await Assert.That(windows.Count).IsEqualTo(300_000_000);
        int[] inputs = new int[20], targets = new int[20];
        windows.Fill(windows.Count - 1, inputs, targets);
        long last = (length / 2) + ((windows.Count - 1L) * 10);
        await Assert.That(inputs[1]).IsEqualTo((int)(last % Numbers.Modulus));
        await Assert.That(targets[19]).IsEqualTo((int)((last + 10) % Numbers.Modulus));
        await Assert.That(Messages.Of<ArgumentException>(() => new TokenWindows(new Numbers(length), 1, 1)))
            .Contains("2^31 - 1 are the most");
    }

    [Test]
    public async Task A_text_too_short_for_one_window_is_refused_with_what_it_needs()
    {
        await Assert.That(Messages.Of<ArgumentException>(() => new TokenWindows(new int[11], 2, 5)))
            .IsEqualTo("the text has 11 tokens, too few for one window: 2 sequences of 5 steps need at least 12");
        await Assert.That(Messages.Of<ArgumentException>(() => new TokenWindows(Array.Empty<int>(), 1, 1))).Contains("0 tokens");
    }

    [Test]
    public async Task Impossible_shapes_and_windows_are_refused()
    {
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new TokenWindows(new int[9], 0, 1)))
            .Contains("batchSize must be at least 1");
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => new TokenWindows(new int[9], 1, 0)))
            .Contains("timeSteps must be at least 1");
        var windows = new TokenWindows(new int[9], 1, 4);
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => windows.Fill(2, new int[4], new int[4])))
            .Contains("index must be 0 to 1");
        await Assert.That(Messages.Of<ArgumentOutOfRangeException>(() => windows.Fill(-1, new int[4], new int[4])))
            .Contains("index must be 0 to 1");
    }

    [Test]
    public async Task Lengths_vary_about_the_base_and_half_of_it()
    {
        const int draws = 100_000, bptt = 70;
        int[] lengths = [.. Enumerable.Range(0, draws).Select(update => WindowLengths.Draw(141, update, bptt))];
        await Assert.That(lengths.Max()).IsLessThanOrEqualTo(WindowLengths.Longest(bptt));
        await Assert.That(lengths.Min()).IsGreaterThanOrEqualTo(5);

        // 70 and 35 are seven standard deviations apart.
        int[] half = [.. lengths.Where(length => length < 0.75 * bptt)], full = [.. lengths.Where(length => length >= 0.75 * bptt)];
        await Assert.That(half.Length / (double)draws).IsEqualTo(0.05).Within(0.004);

        // Whole numbers: half a step is cut off, and 1/12 added to the variance.
        await Assert.That(full.Average()).IsEqualTo(69.5).Within(5 * 5 / Math.Sqrt(draws));
        await Assert.That(Math.Sqrt(full.Average(length => Math.Pow(length - full.Average(), 2)))).IsEqualTo(5.0).Within(0.06);
    }

    [Test]
    public async Task Windows_of_varying_length_use_the_whole_text_up_and_depend_on_the_update_alone()
    {
        int[] text = [.. Enumerable.Range(0, 3 * 400)];
        var windows = new TokenWindows(text, batchSize: 3, timeSteps: 20);
        var recipe = new LanguageModelRecipe { Name = "test", BatchSize = 3, Bptt = 20, VariableBptt = true, Seed = 5 };
        IReadOnlyList<long> starts = windows.StartsOf(recipe, firstUpdate: 100);
        int[] inputs = new int[3 * 40], targets = new int[3 * 40];
        await Assert.That((starts[0], starts[^1])).IsEqualTo((0L, 399L));
        var seen = new List<int>();
        for (int window = 0; window + 1 < starts.Count; window++)
        {
            int length = (int)(starts[window + 1] - starts[window]);
            if (window + 2 < starts.Count) await Assert.That(length).IsEqualTo(WindowLengths.Draw(5, 100 + window, 20));
            windows.Fill(starts[window], length, inputs, targets);
            for (int t = 0; t < length; t++) seen.Add(inputs[(t * 3) + 1]);
            await Assert.That(targets[0]).IsEqualTo(inputs[0] + 1);
        }

        await Assert.That(seen.SequenceEqual(Enumerable.Range(400, 399))).IsTrue();
        await Assert.That(windows.StartsOf(recipe, 101).SequenceEqual(starts)).IsFalse();
        IReadOnlyList<long> even = windows.StartsOf(recipe with { VariableBptt = false }, 7);
        await Assert.That(even.SequenceEqual(Enumerable.Range(0, 20).Select(index => index * 20L))).IsTrue();
        await Assert.That(() => windows.Fill(390, 10, inputs, targets)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => windows.Fill(0, 0, inputs, targets)).Throws<ArgumentOutOfRangeException>();
    }

    /// <summary>0, 1, 2, … in no memory at all.</summary>
    private sealed class Numbers(long length) : ITokenSource
    {
        public const long Modulus = 1_000_003;

        public long Length => length;

        public int Asked { get; private set; }

        public void Read(long position, Span<int> tokens)
        {
            if (position < 0 || position + tokens.Length > length) throw new ArgumentOutOfRangeException(nameof(position));
            Asked += tokens.Length;
            for (int i = 0; i < tokens.Length; i++) tokens[i] = (int)((position + i) % Modulus);
        }
    }
}
