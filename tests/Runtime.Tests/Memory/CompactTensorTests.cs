using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Tests;

/// <summary>Matrices and tables in fewer bytes: what goes in comes out, and bad numbers do not go in.</summary>
public sealed class CompactTensorTests
{
    private static readonly (int Rows, int Columns)[] _shapes = [(1, 1), (3, 5), (4, 16), (7, 33), (9, 100), (5, 1024)];

    [Test]
    [Arguments(true)]
    [Arguments(false)]
    public async Task Whole_numbers_come_out_as_they_went_in(bool isTable)
    {
        var random = new Random(1);
        foreach ((int rows, int columns) in _shapes)
        {
            (ParameterBlock block, TensorSlot slot) = Make(WeightFormat.Int8, isTable, rows, columns);
            sbyte[] values = [.. Enumerable.Range(0, rows * columns).Select(_ => (sbyte)random.Next(-127, 128))];
            sbyte[] back = new sbyte[rows * columns];
            float[] factors = [.. Arrays.Uniform(2, isTable ? rows : columns).Select(value => Math.Abs(value) + 0.1f)];
            float[] backFactors = new float[factors.Length], expanded = new float[rows * columns];
            block.CompactOf(slot).Fill(values, factors);
            block.CompactOf(slot).CopyTo(back);
            block.CompactOf(slot).CopyFactorsTo(backFactors);
            block.CopyTo(slot, expanded);
            await Assert.That(back.SequenceEqual(values)).IsTrue();
            await Assert.That(backFactors.SequenceEqual(factors)).IsTrue();
            for (int i = 0; i < expanded.Length; i++)
                await Assert.That(expanded[i]).IsEqualTo(values[i] * factors[isTable ? i / columns : i % columns]);
        }
    }

    [Test]
    [Arguments(true)]
    [Arguments(false)]
    public async Task Halves_come_out_as_they_went_in(bool isTable)
    {
        var random = new Random(1);
        foreach ((int rows, int columns) in _shapes)
        {
            (ParameterBlock block, TensorSlot slot) = Make(WeightFormat.BFloat16, isTable, rows, columns);
            ushort[] values = [.. Enumerable.Range(0, rows * columns).Select(_ => (ushort)random.Next(0x3000, 0x4000))];
            ushort[] back = new ushort[values.Length];
            float[] expanded = new float[values.Length];
            block.CompactOf(slot).Fill(values);
            block.CompactOf(slot).CopyTo(back);
            block.CopyTo(slot, expanded);
            await Assert.That(back.SequenceEqual(values)).IsTrue();
            await Assert.That(expanded.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).SequenceEqual(values))
                .IsTrue();
        }
    }

    [Test]
    public async Task Rounding_is_by_column_of_a_matrix_and_by_row_of_a_table()
    {
        float[] values = [1f, -100f, 0f, 0.5f, 50f, 0f, 0.126f, -25f, 0f];
        (ParameterBlock matrix, TensorSlot slot) = Make(WeightFormat.Int8, isTable: false, 3, 3);
        matrix.CompactOf(slot).Round(values);
        sbyte[] found = new sbyte[9];
        float[] factors = new float[3];
        matrix.CompactOf(slot).CopyTo(found);
        matrix.CompactOf(slot).CopyFactorsTo(factors);

        // 63.5 goes to 64, the even one.
        await Assert.That(found.SequenceEqual(new sbyte[] { 127, -127, 0, 64, 64, 0, 16, -32, 0 })).IsTrue();
        await Assert.That(factors.SequenceEqual(new[] { 1f / 127f, 100f / 127f, 1f })).IsTrue();
        (ParameterBlock table, TensorSlot ofTable) = Make(WeightFormat.Int8, isTable: true, 3, 3);
        table.CompactOf(ofTable).Round(values);
        table.CompactOf(ofTable).CopyTo(found);
        table.CompactOf(ofTable).CopyFactorsTo(factors);
        await Assert.That(found.SequenceEqual(new sbyte[] { 1, -127, 0, 1, 127, 0, 1, -127, 0 })).IsTrue();
        await Assert.That(factors.SequenceEqual(new[] { 100f / 127f, 50f / 127f, 25f / 127f })).IsTrue();
    }

    [Test]
    public async Task The_smallest_magnitudes_keep_their_signs()
    {
        (ParameterBlock block, TensorSlot slot) = Make(WeightFormat.Int8, isTable: false, 2, 1);
        block.CompactOf(slot).Round([float.Epsilon, -float.Epsilon]);
        float[] back = new float[2];
        block.CopyTo(slot, back);
        await Assert.That(back.SequenceEqual(new[] { float.Epsilon, -float.Epsilon })).IsTrue();
    }

    [Test]
    public async Task Nothing_finite_becomes_infinite()
    {
        (ParameterBlock block, TensorSlot slot) = Make(WeightFormat.BFloat16, isTable: false, 1, 2);
        block.CompactOf(slot).Round([float.MaxValue, -float.MaxValue]);
        float[] back = new float[2];
        block.CopyTo(slot, back);
        await Assert.That(back.All(float.IsFinite)).IsTrue();
    }

    [Test]
    [Arguments(WeightFormat.BFloat16, float.NaN)]
    [Arguments(WeightFormat.Int8, float.NaN)]
    [Arguments(WeightFormat.Int8, float.NegativeInfinity)]
    public async Task Numbers_that_are_not_finite_are_refused(WeightFormat format, float wrong)
    {
        (ParameterBlock block, TensorSlot slot) = Make(format, isTable: false, 1, 3);
        await Assert.That(() => block.CompactOf(slot).Round([1f, wrong, 2f])).Throws<NotFiniteNumberException>()
            .WithMessage($"number 1 of 'w' is {wrong}; a finite number was expected");
    }

    [Test]
    public async Task What_does_not_fit_is_refused()
    {
        (ParameterBlock block, TensorSlot slot) = Make(WeightFormat.Int8, isTable: false, 1, 2);
        await Assert.That(() => block.CompactOf(slot).Fill([1, -128], [1f, 1f])).Throws<ArgumentException>();
        await Assert.That(() => block.CompactOf(slot).Fill([1], [1f, 1f])).Throws<ArgumentException>();
        await Assert.That(() => block.CompactOf(slot).Fill([1, 2], [1f])).Throws<ArgumentException>();
        await Assert.That(() => block.CompactOf(slot).Fill([1, 2], [1f, 0f])).Throws<ArgumentException>();
        await Assert.That(() => block.CompactOf(slot).Fill([1, 2], [1f, float.NaN])).Throws<ArgumentException>();
        await Assert.That(() => block.CompactOf(slot).Fill(new ushort[2])).Throws<InvalidOperationException>();
        await Assert.That(() => block[slot].Length).Throws<InvalidOperationException>();
        await Assert.That(() => block.Values.Length).Throws<InvalidOperationException>();
        await Assert.That(() => new ParameterLayout(WeightFormat.Int8).AddMatrix("w", 65537, 1)).Throws<ArgumentException>();
        await Assert.That(() => new ParameterLayout((WeightFormat)9)).Throws<ArgumentOutOfRangeException>();
        var single = new ParameterLayout();
        TensorSlot plain = single.AddMatrix("w", 1, 2);
        var singles = new ParameterBlock(single);
        await Assert.That(() => singles.CompactOf(plain).FactorCount).Throws<InvalidOperationException>();
    }

    // Memory that holds anything.
    private static (ParameterBlock Block, TensorSlot Slot) Make(WeightFormat format, bool isTable, int rows, int columns)
    {
        var layout = new ParameterLayout(format);
        TensorSlot slot = isTable ? layout.AddTable("w", rows, columns) : layout.AddMatrix("w", rows, columns);
        float[] memory = new float[layout.LengthFloats];
        Array.Fill(memory, float.NaN);
        return (new ParameterBlock(layout, memory), slot);
    }
}
