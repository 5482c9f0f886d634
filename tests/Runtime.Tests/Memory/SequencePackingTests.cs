using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Tests;

/// <summary>Sequences of unequal length in a window: the longest first, each step's rows dense, one step's after another's.</summary>
public sealed class SequencePackingTests
{
    [Test]
    [Arguments("3", 5, "0", "1 1 1")]
    [Arguments("2 2 2", 2, "0 1 2", "3 3")]
    [Arguments("1 4 0 4 2", 6, "1 3 4 0 2", "4 3 2 2")]
    [Arguments("0 0", 3, "0 1", "")]
    [Arguments("0 7", 7, "1 0", "1 1 1 1 1 1 1")]
    [Arguments("", 2, "0 1 2", "3 3")]
    public async Task Sequences_stand_by_length_and_rows_by_step(string lengths, int steps, string order, string counts)
    {
        int[] of = Numbers(lengths);
        var packing = new SequencePacking(lengths.Length == 0 ? 3 : of.Length, 8);
        packing.Pack([.. Enumerable.Range(0, packing.Order.Length).Select(b => b % 3)], 8);
        StepRows rows = packing.Pack(of, steps);
        await Assert.That(string.Join(' ', packing.Order.ToArray())).IsEqualTo(order);
        await Assert.That(packing.IsInOrder).IsEqualTo(Numbers(order).SequenceEqual(Numbers(order).Order()));
        await Assert.That(string.Join(' ', Enumerable.Range(0, rows.Steps).Select(rows.At))).IsEqualTo(counts);
        await Assert.That(rows.IsEven).IsEqualTo(of.Distinct().Count() <= 1);
        int before = 0;
        for (int t = 0; t < rows.Steps; t++)
        {
            await Assert.That(rows.Before(t)).IsEqualTo(before);
            await Assert.That(rows.Slice(t, rows.Steps - t).At(0)).IsEqualTo(rows.At(t));
            await Assert.That(rows.Slice(t, rows.Steps - t).Total).IsEqualTo(rows.Total - before);
            before += rows.At(t);
        }

        await Assert.That(rows.Total).IsEqualTo(before);
        for (int most = 1; most < 4; most++)
        {
            int expected = Numbers(counts).TakeWhile(count => count == Numbers(counts)[0]).Take(most).Count();
            if (rows.Steps > 0) await Assert.That(rows.Alike(0, most)).IsEqualTo(expected);
            await Assert.That(rows.FirstBelow(most)).IsEqualTo(Numbers(counts).TakeWhile(count => count >= most).Count());
        }
    }

    [Test]
    public async Task Lengths_that_do_not_fit_are_refused_by_number()
    {
        var packing = new SequencePacking(3, 4);
        await Assert.That(Messages.Of<ArgumentException>(() => packing.Pack([1, 2], 4))).IsEqualTo("there are 2 lengths for 3 sequences");
        await Assert.That(() => packing.Pack([1, 5, 2], 4)).Throws<ArgumentOutOfRangeException>();
        await Assert.That(() => packing.Pack([1, -1, 2], 4)).Throws<ArgumentOutOfRangeException>();
    }

    private static int[] Numbers(string list) => [.. list.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
}
