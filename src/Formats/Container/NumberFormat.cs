namespace TinySD.Formats.Container;

/// <summary>The numbers of a file's tensors: their sizes, rounding to them and expanding from them; <c>FORMAT.md</c>, "Numbers".</summary>
internal static class NumberFormat
{
    public static int BytesOf(TensorStorage storage) => storage switch
    {
        TensorStorage.F32 => sizeof(float),
        TensorStorage.I8 => sizeof(sbyte),
        _ => sizeof(ushort),
    };

    /// <summary>Rounds to nearest, ties to even. Subnormal numbers stay; what is beyond the format's range becomes infinite.</summary>
    /// <param name="values">Numbers.</param>
    /// <param name="storage">Their format in the file, of floats.</param>
    /// <param name="bytes">Receives them, little-endian; of the right length.</param>
    public static void Round(ReadOnlySpan<float> values, TensorStorage storage, Span<byte> bytes)
    {
        if (storage == TensorStorage.F32)
        {
            MemoryMarshal.AsBytes(values).CopyTo(bytes);
            return;
        }

        Span<ushort> halves = MemoryMarshal.Cast<byte, ushort>(bytes);
        if (storage == TensorStorage.F16)
        {
            for (int i = 0; i < values.Length; i++) halves[i] = ToHalf(values[i]);
        }
        else
        {
            for (int i = 0; i < values.Length; i++) halves[i] = ToBFloat(values[i]);
        }
    }

    /// <summary>Expands to single precision, which is exact.</summary>
    /// <param name="bytes">Numbers as a file holds them.</param>
    /// <param name="storage">Their format.</param>
    /// <param name="values">Receives them; of the right length.</param>
    public static void Expand(ReadOnlySpan<byte> bytes, TensorStorage storage, Span<float> values)
    {
        if (storage == TensorStorage.F32)
        {
            bytes.CopyTo(MemoryMarshal.AsBytes(values));
            return;
        }

        if (storage == TensorStorage.I8)
        {
            for (int i = 0; i < bytes.Length; i++) values[i] = (sbyte)bytes[i];
            return;
        }

        ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<byte, ushort>(bytes);
        if (storage == TensorStorage.F16)
        {
            for (int i = 0; i < halves.Length; i++) values[i] = (float)BitConverter.UInt16BitsToHalf(halves[i]);
        }
        else
        {
            for (int i = 0; i < halves.Length; i++) values[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
        }
    }

    /// <summary>The first finite number that the format would make infinite, or -1.</summary>
    public static int FindTooLarge(ReadOnlySpan<float> values, TensorStorage storage)
    {
        // Halfway between the largest number and what would come after it, from where on rounding goes up.
        float limit = storage switch
        {
            TensorStorage.F16 => 65520f,
            TensorStorage.BF16 => BitConverter.UInt32BitsToSingle(0x7F7F8000),
            _ => float.PositiveInfinity,
        };
        for (int i = 0; i < values.Length; i++)
        {
            float magnitude = Math.Abs(values[i]);
            if (magnitude >= limit && magnitude < float.PositiveInfinity) return i;
        }

        return -1;
    }

    private static ushort ToHalf(float value) => BitConverter.HalfToUInt16Bits((Half)value);

    private static ushort ToBFloat(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);

        // A NaN whose payload is all in the lower half would become an infinity: set the bit that makes it quiet.
        if (float.IsNaN(value)) return (ushort)((bits >> 16) | 0x40);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
