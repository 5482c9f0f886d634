using TinySD.Runtime.Masks;
using TinySD.Runtime.Memory;
using TinySD.Runtime.Models;
using TinySD.Runtime.Tasks;

namespace TinySD.Runtime.Tests;

/// <summary>The blocks cover what may differ from zero, once, and leave untouched rows alone.</summary>
public sealed class GradientBlockTests
{
    [Test]
    [Arguments(1, 5)]
    [Arguments(7, 13)]
    [Arguments(16, 40)]
    [Arguments(650, 30)]
    [Arguments(5000, 9)]
    public async Task Blocks_cover_touched_rows_and_every_other_tensor_once(int rowFloats, int rows)
    {
        var layout = new ParameterLayout();
        TensorSlot table = layout.Add("embedding", rows, rowFloats), rest = layout.Add("rest", 3, 3001);
        int[][] windows = [
            [], [0], [rows - 1], [0, 1, 2], [.. Enumerable.Range(0, rows)], [.. Enumerable.Range(0, rows).Where(row => row % 3 == 1)]];
        var blocks = new GradientBlock(layout, [new SparseTable(table, rows)], default);
        foreach (int[] touched in windows)
        {
            blocks.Begin();
            blocks.Note(table, touched);
            blocks.End();
            int[] covered = new int[layout.LengthFloats];
            for (int i = 0; i < blocks.Starts.Length; i++)
            {
                await Assert.That(blocks.Starts[i] % 16).IsEqualTo(0);
                await Assert.That(blocks.Lengths[i]).IsBetween(16, 4096);
                foreach (ref int count in covered.AsSpan(blocks.Starts[i], blocks.Lengths[i])) count++;
            }

            await Assert.That(covered.Max()).IsEqualTo(1);
            await Assert.That(covered.Skip(rest.Offset).All(count => count == 1)).IsTrue();
            bool rowsCovered = touched.All(row => covered.Skip(table.Offset + (row * rowFloats)).Take(rowFloats).All(count => count == 1));
            await Assert.That(rowsCovered).IsTrue();

            // No more than a cache line on either side of a row.
            int allowed = touched.Sum(_ => rowFloats + 32);
            await Assert.That(covered.Take(rest.Offset).Sum()).IsLessThanOrEqualTo(allowed);
        }
    }

    [Test]
    public async Task Without_an_embedding_everything_is_covered()
    {
        var layout = new ParameterLayout();
        layout.Add("weight", 77, 101);
        var blocks = new GradientBlock(layout, []);
        await Assert.That(blocks.Lengths.ToArray().Sum()).IsEqualTo(layout.LengthFloats);
    }

    [Test]
    public async Task The_largest_layout_is_covered_to_its_end()
    {
        var layout = new ParameterLayout();
        layout.Add("weight", int.MaxValue - 31);
        var blocks = new GradientBlock(layout, []);
        await Assert.That(blocks.Starts.Length).IsEqualTo(524_288);
        await Assert.That(blocks.Starts[^1] + blocks.Lengths[^1]).IsEqualTo(layout.LengthFloats);
        await Assert.That(blocks.Lengths.ToArray().Sum(length => (long)length)).IsEqualTo(layout.LengthFloats);
    }

    [Test]
    public async Task Rows_that_a_window_no_longer_looks_up_lose_their_gradient()
    {
        LanguageModelConfig config = Cases.Config(vocabulary: 11, embedding: 7, hidden: 9, layers: 1);
        LanguageModel model = Cases.Model(config);
        var trainer = new LanguageModelTrainer(model, Cases.Recipe(config, 2, 3));
        TensorSlot table = model.Layout.Tensors[0];
        trainer.ComputeGradient([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1], new Draw(0));
        trainer.ComputeGradient([9, 9, 3, 9, 9, 9], [1, 1, 1, 1, 1, 1], new Draw(0));
        int[] withGradient =
            [.. Enumerable.Range(0, 11).Where(token => trainer.Gradients[table].Slice(token * 7, 7).ToArray().Any(value => value != 0f))];
        await Assert.That(string.Join(' ', withGradient)).IsEqualTo("3 9");
    }
}
