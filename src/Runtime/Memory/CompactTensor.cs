using System.Runtime.InteropServices;

namespace TinySD.Runtime.Memory;

/// <summary>A matrix of a product, or a table of tokens, that is held in fewer bytes than single precision takes; see
/// <see cref="WeightFormat"/>. Numbers go in and out in the order of the tensor's shape.</summary>
/// <remarks>
/// <para>
/// A matrix [K][N] lies as products read it. In bfloat16 a row is words of two columns: word i of a line of 16 holds the line's column i in
/// its lower half and column 16 + i in its upper half, so that a shift and a mask expand a register. As whole numbers, four rows are one
/// row of words: word n holds column n of all four, the first in the lowest byte. Two more rows follow: the N factors, and minus 128 times
/// the sum of each column.
/// </para>
/// <para>A table lies row by row, 2 bytes or 1 a number; of whole numbers the factors of the rows follow.</para>
/// </remarks>
public readonly ref struct CompactTensor
{
    /// <summary>The largest whole number, and without its sign the smallest: a product of two of them, twice, fits 16 bits.</summary>
    public const int MaxInt8 = 127;

    /// <summary>Columns of a line of bfloat16, in 16 words.</summary>
    internal const int HalfColumns = 2 * AlignedBuffer.AlignmentFloats;

    /// <summary>Rows whose whole numbers lie in one word.</summary>
    internal const int RowsOfWord = 4;

    private const int Line = AlignedBuffer.AlignmentFloats, Offset = 128;

    // So that 255 times 127 times as many fits 32 bits.
    private const int MaxInt8Rows = 65536;

    private readonly TensorSlot _slot;
    private readonly Span<float> _memory;

    internal CompactTensor(TensorSlot slot, Span<float> memory)
    {
        _slot = slot;
        _memory = memory;
    }

    /// <summary>Its format.</summary>
    public WeightFormat Format => _slot.Format;

    /// <summary>Factors of whole numbers: of a matrix N, of a table its rows; none of other formats.</summary>
    public int FactorCount => Format != WeightFormat.Int8 ? 0 : _slot.IsTable ? Rows : Columns;

    private int Rows => _slot.Shape[0];

    private int Columns => _slot.Shape[1];

    private Span<byte> Bytes => MemoryMarshal.AsBytes(_memory);

    private Span<ushort> Halves => MemoryMarshal.Cast<float, ushort>(_memory);

    /// <summary>The factors.</summary>
    private Span<float> Factors => _memory.Slice(FactorsAt(_slot), FactorCount);

    /// <summary>Rounds numbers to the format.</summary>
    /// <remarks>bfloat16: to the nearest, ties to even. Whole numbers: a column's, or a table's row's, factor is its largest magnitude over
    /// 127 and 1 where all are 0; a number is divided by it, and rounded to the nearest, ties to even.</remarks>
    /// <param name="values">[K][N].</param>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    /// <exception cref="NotFiniteNumberException">One is infinite or not a number.</exception>
    public void Round(ReadOnlySpan<float> values)
    {
        CheckCount(values.Length);
        int wrong = FiniteNumbers.IndexOfOther(values);
        if (wrong >= 0)
            Throw.NotANumber(values[wrong], $"number {wrong} of '{_slot.Name}' is {values[wrong]}; a finite number was expected");
        if (Format == WeightFormat.BFloat16)
        {
            FillHalves(values, ToHalf);
            return;
        }

        Span<float> factors = Factors;
        factors.Clear();
        for (int row = 0; row < Rows; row++)
        {
            ReadOnlySpan<float> numbers = values.Slice(row * Columns, Columns);
            for (int column = 0; column < numbers.Length; column++)
            {
                ref float largest = ref factors[_slot.IsTable ? row : column];
                largest = Math.Max(largest, Math.Abs(numbers[column]));
            }
        }

        foreach (ref float factor in factors) factor = FactorOf(factor);
        Begin();
        for (int row = 0; row < Rows; row++)
        {
            ReadOnlySpan<float> numbers = values.Slice(row * Columns, Columns);
            for (int column = 0; column < numbers.Length; column++)
            {
                float quotient = numbers[column] / factors[_slot.IsTable ? row : column];
                Put(row, column, (sbyte)Math.Clamp((int)MathF.Round(quotient, MidpointRounding.ToEven), -MaxInt8, MaxInt8));
            }
        }

        End();
    }

    /// <summary>Takes whole numbers and their factors.</summary>
    /// <param name="values">[K][N], -127 to 127.</param>
    /// <param name="factors">As many as <see cref="FactorCount"/>, above 0.</param>
    /// <exception cref="ArgumentException">There are more or fewer, or a number is out of range.</exception>
    /// <exception cref="InvalidOperationException">The format is another.</exception>
    public void Fill(ReadOnlySpan<sbyte> values, ReadOnlySpan<float> factors)
    {
        CheckFormat(WeightFormat.Int8);
        CheckCount(values.Length);
        CheckFactors(factors.Length);
        int wrong = values.IndexOf(sbyte.MinValue);
        if (wrong >= 0) Throw.Argument($"number {wrong} of '{_slot.Name}' is -128; -127 to 127 was expected");
        for (int i = 0; i < factors.Length; i++)
        {
            if (!(factors[i] > 0f && float.IsFinite(factors[i])))
                Throw.Argument($"factor {i} of '{_slot.Name}' is {factors[i]}; a finite number above 0 was expected");
        }

        factors.CopyTo(Factors);
        Begin();
        for (int row = 0, i = 0; row < Rows; row++)
            for (int column = 0; column < Columns; column++) Put(row, column, values[i++]);
        End();
    }

    /// <summary>Takes numbers of bfloat16: the upper halves of single precision.</summary>
    /// <param name="values">[K][N].</param>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    /// <exception cref="InvalidOperationException">The format is another.</exception>
    public void Fill(ReadOnlySpan<ushort> values)
    {
        CheckFormat(WeightFormat.BFloat16);
        CheckCount(values.Length);
        FillHalves(values, value => value);
    }

    /// <summary>Copies whole numbers out; their factors are <see cref="CopyFactorsTo"/>'s.</summary>
    /// <param name="values">Receives [K][N].</param>
    /// <exception cref="ArgumentException">There is more or less room.</exception>
    /// <exception cref="InvalidOperationException">The format is another.</exception>
    public void CopyTo(Span<sbyte> values)
    {
        CheckFormat(WeightFormat.Int8);
        CheckCount(values.Length);
        Span<byte> bytes = Bytes;
        for (int row = 0, i = 0; row < Rows; row++)
            for (int column = 0; column < Columns; column++) values[i++] = (sbyte)bytes[PlaceOf(row, column)];
    }

    /// <summary>Copies the factors of whole numbers out.</summary>
    /// <param name="factors">Receives as many as <see cref="FactorCount"/>.</param>
    /// <exception cref="ArgumentException">There is more or less room.</exception>
    /// <exception cref="InvalidOperationException">The format is another.</exception>
    public void CopyFactorsTo(Span<float> factors)
    {
        CheckFormat(WeightFormat.Int8);
        CheckFactors(factors.Length);
        Factors.CopyTo(factors);
    }

    /// <summary>Copies numbers of bfloat16 out.</summary>
    /// <param name="values">Receives [K][N].</param>
    /// <exception cref="ArgumentException">There is more or less room.</exception>
    /// <exception cref="InvalidOperationException">The format is another.</exception>
    public void CopyTo(Span<ushort> values)
    {
        CheckFormat(WeightFormat.BFloat16);
        CheckCount(values.Length);
        Span<ushort> halves = Halves;
        for (int row = 0, i = 0; row < Rows; row++)
            for (int column = 0; column < Columns; column++) values[i++] = halves[PlaceOf(row, column)];
    }

    /// <summary>Expands all numbers to single precision.</summary>
    /// <param name="values">Receives [K][N].</param>
    /// <exception cref="ArgumentException">There is more or less room.</exception>
    public void CopyTo(Span<float> values)
    {
        CheckCount(values.Length);
        for (int row = 0, i = 0; row < Rows; row++)
            for (int column = 0; column < Columns; column++) values[i++] = Number(row, column);
    }

    /// <summary>One number.</summary>
    internal float Number(int row, int column)
    {
        int place = PlaceOf(row, column);
        return Format == WeightFormat.BFloat16
            ? BitConverter.UInt32BitsToSingle((uint)Halves[place] << 16)
            : (sbyte)Bytes[place] * Factors[_slot.IsTable ? row : column];
    }

    /// <summary>Floats that a tensor takes.</summary>
    internal static int FloatsOf(TensorSlot slot)
    {
        long rows = slot.Shape[0], columns = slot.Shape[1], floats = slot switch
        {
            { IsTable: true, Format: WeightFormat.BFloat16 } => ((rows * columns) + 1) / 2,
            { IsTable: true } => FactorsAt(slot) + rows,
            { Format: WeightFormat.BFloat16 } => rows * StrideOf(slot),
            _ => FactorsAt(slot) + (2L * StrideOf(slot)),
        };
        if (slot is { IsTable: false, Format: WeightFormat.Int8 } && rows > MaxInt8Rows)
            Throw.Argument($"tensor '{slot.Name}' has {rows} rows; as Int8 at most {MaxInt8Rows} can be summed");
        if (floats > int.MaxValue - Line) Throw.Argument($"tensor '{slot.Name}' is too large: the limit is 2^31 floats");
        return (int)floats;
    }

    /// <summary>Words from one row of a matrix to the next.</summary>
    internal static int StrideOf(TensorSlot slot) => slot.Format == WeightFormat.BFloat16
        ? AlignedBuffer.RowStride((slot.Shape[1] + 1) / 2)
        : AlignedBuffer.RowStride(slot.Shape[1]);

    private static int FactorsAt(TensorSlot slot)
    {
        long rows = slot.Shape[0], columns = slot.Shape[1];
        return checked((int)(slot.IsTable
            ? ((rows * columns) + sizeof(float) - 1) / sizeof(float)
            : (rows + RowsOfWord - 1) / RowsOfWord * StrideOf(slot)));
    }

    private static float FactorOf(float largest)
    {
        // The smallest of all magnitudes have a factor that is no normal number, or 0: then the magnitude itself is the factor.
        float factor = largest / MaxInt8;
        return factor > 0f ? factor : largest > 0f ? largest : 1f;
    }

    private static ushort ToHalf(float value)
    {
        // Nothing finite becomes infinite: the largest numbers round down.
        uint bits = BitConverter.SingleToUInt32Bits(value), half = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
        return (ushort)((half & 0x7F80) == 0x7F80 ? half - 1 : half);
    }

    // In halves or bytes.
    private int PlaceOf(int row, int column)
    {
        if (_slot.IsTable) return (row * Columns) + column;
        int stride = StrideOf(_slot);
        if (Format == WeightFormat.Int8) return (((row / RowsOfWord * stride) + column) * RowsOfWord) + (row % RowsOfWord);
        int line = column / HalfColumns, within = column % HalfColumns;
        return (((row * stride) + (line * Line) + (within % Line)) * 2) + (within / Line);
    }

    private void FillHalves<T>(ReadOnlySpan<T> values, Func<T, ushort> toHalf)
    {
        _memory.Clear();
        Span<ushort> halves = Halves;
        for (int row = 0, i = 0; row < Rows; row++)
            for (int column = 0; column < Columns; column++) halves[PlaceOf(row, column)] = toHalf(values[i++]);
    }

    // What lies beyond the last row or column of whole numbers is 0.
    private void Begin() => Bytes[..(FactorsAt(_slot) * sizeof(float))].Clear();

    private void Put(int row, int column, sbyte value) => Bytes[PlaceOf(row, column)] = (byte)value;

    // And what a matrix's sums have too much where 128 is added to every byte that goes in, to be taken off.
    private void End()
    {
        if (_slot.IsTable) return;
        int stride = StrideOf(_slot), at = FactorsAt(_slot);
        _memory.Slice(at + Columns, stride - Columns).Clear();
        Span<int> sums = MemoryMarshal.Cast<float, int>(_memory.Slice(at + stride, stride));
        sums.Clear();
        Span<sbyte> bytes = MemoryMarshal.Cast<float, sbyte>(_memory);
        for (int row = 0; row < Rows; row++)
            for (int column = 0; column < Columns; column++) sums[column] -= Offset * bytes[PlaceOf(row, column)];
    }

    private void CheckFormat(WeightFormat format)
    {
        if (Format != format) Throw.Invalid($"'{_slot.Name}' is held as {Format}, and not as {format}");
    }

    private void CheckCount(int count)
    {
        if (count != _slot.Length) Throw.Argument($"{Throw.Counted(count, "number")} do not fit '{_slot.Name}', which has {_slot.Length}");
    }

    private void CheckFactors(int count)
    {
        if (count != FactorCount) Throw.Argument($"{Throw.Counted(count, "factor")} do not fit '{_slot.Name}', which has {FactorCount}");
    }
}
