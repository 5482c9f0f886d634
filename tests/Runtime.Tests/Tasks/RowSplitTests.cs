using TinySD.Runtime.Tasks;

namespace TinySD.Runtime.Tests;

public sealed class RowSplitTests
{
    [Test]
    [Arguments(100, 1, 0.1, 10)]
    [Arguments(5452, 6, 0.1, 545)]
    [Arguments(99, 3, 0.5, 50)]
    [Arguments(2, 1, 0.1, 1)]
    [Arguments(3, 1, 0.9, 2)]
    [Arguments(1000, 7, 0.333, 333)]
    public async Task A_share_is_held_out_of_every_class(int rows, int classes, double share, int expected)
    {
        int[] labels = Labels(rows, classes);
        var split = RowSplit.Share(labels, share, 1);
        await Assert.That(split.HeldOut.Length).IsEqualTo(expected);
        await Assert.That(IsPartition(split, rows)).IsTrue();
        for (int label = 0; label < classes; label++)
        {
            int all = labels.Count(other => other == label), held = split.HeldOut.Count(row => labels[row] == label);
            await Assert.That(Math.Abs(held - ((double)expected / rows * all))).IsLessThanOrEqualTo(1);
        }
    }

    [Test]
    public async Task No_class_is_held_out_as_a_whole()
    {
        for (ulong seed = 1; seed <= 20; seed++)
        {
            int[] labels = [0, 0, 0, 0, 0, 0, 1, 2, 2];
            var split = RowSplit.Share(labels, 0.8, seed);
            await Assert.That(split.Training.Select(row => labels[row]).Distinct().Count()).IsEqualTo(3);
            await Assert.That(IsPartition(split, labels.Length)).IsTrue();
        }
    }

    [Test]
    public async Task A_row_is_held_out_wherever_a_class_can_spare_one()
    {
        foreach (int[] labels in (int[][])[[0, 1, 2, 2], [0, 0, 1], [3, 4, 5, 3, 6, 7], [1, 1]])
        {
            var split = RowSplit.Share(labels, 0.01, 1);
            await Assert.That(split.HeldOut.Length).IsEqualTo(1);
            await Assert.That(split.Training.Any(row => labels[row] == labels[split.HeldOut[0]])).IsTrue();
        }
    }

    [Test]
    [Arguments(100, 2, 10)]
    [Arguments(10_662, 2, 10)]
    [Arguments(17, 3, 5)]
    [Arguments(4, 2, 4)]
    public async Task Each_row_is_held_out_by_one_fold(int rows, int classes, int folds)
    {
        int[] labels = Labels(rows, classes);
        RowSplit[] splits = [.. Enumerable.Range(0, folds).Select(fold => RowSplit.Fold(labels, folds, fold, 3))];
        await Assert.That(splits.All(split => IsPartition(split, rows))).IsTrue();
        await Assert.That(splits.SelectMany(split => split.HeldOut).Order().SequenceEqual(Enumerable.Range(0, rows))).IsTrue();
        await Assert.That(splits.Max(split => split.HeldOut.Length) - splits.Min(split => split.HeldOut.Length)).IsLessThanOrEqualTo(1);
        for (int label = 0; label < classes; label++)
        {
            int[] held = [.. splits.Select(split => split.HeldOut.Count(row => labels[row] == label))];
            await Assert.That(held.Max() - held.Min()).IsLessThanOrEqualTo(1);
        }
    }

    [Test]
    public async Task A_seed_decides_and_rows_are_shuffled()
    {
        int[] labels = Labels(200, 2);
        var split = RowSplit.Share(labels, 0.25, 1);
        await Assert.That(split.HeldOut.SequenceEqual(RowSplit.Share(labels, 0.25, 1).HeldOut)).IsTrue();
        await Assert.That(split.HeldOut.SequenceEqual(RowSplit.Share(labels, 0.25, 2).HeldOut)).IsFalse();

        // Fifty of two hundred in file order would have a mean of about 25 or 175; shuffled it is about 100.
        await Assert.That(split.HeldOut.Average()).IsBetween(75, 125);
        await Assert.That(RowSplit.Fold(labels, 4, 0, 1).HeldOut.SequenceEqual(RowSplit.Fold(labels, 4, 0, 2).HeldOut)).IsFalse();
    }

    [Test]
    public async Task What_cannot_be_split_is_refused()
    {
        await Assert.That(() => RowSplit.Share([0], 0.5, 1)).Throws<ArgumentException>();
        await Assert.That(() => RowSplit.Share([0, 1, 2], 0.5, 1)).Throws<ArgumentException>();
        await Assert.That(() => RowSplit.Share([0, 0], 0, 1)).Throws<ArgumentException>();
        await Assert.That(() => RowSplit.Share([0, 0], double.NaN, 1)).Throws<ArgumentException>();
        await Assert.That(() => RowSplit.Fold([0, 0, 0], 4, 0, 1)).Throws<ArgumentException>();
        await Assert.That(() => RowSplit.Fold([0, 0, 0], 3, 3, 1)).Throws<ArgumentException>();
    }

    // Of unequal frequencies, and not in the classes' order.
    private static int[] Labels(int rows, int classes) => [.. Enumerable.Range(0, rows).Select(row => row * row % ((2 * classes) - 1) / 2)];

    private static bool IsPartition(RowSplit split, int rows) =>
        split.Training.Concat(split.HeldOut).Order().SequenceEqual(Enumerable.Range(0, rows))
        && split.Training.SequenceEqual(split.Training.Order()) && split.HeldOut.SequenceEqual(split.HeldOut.Order());
}
