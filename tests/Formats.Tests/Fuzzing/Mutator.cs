using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace TinySD.Formats.Tests;

/// <summary>Changes bytes as damage and attackers do. All of it follows from the generator's seed.</summary>
/// <param name="random">Decides everything.</param>
/// <param name="words">Texts to write into a file.</param>
public sealed class Mutator(Random random, IReadOnlyList<byte[]> words)
{
    private const int MaxBytes = 1 << 16;

    private static readonly long[] s_figures =
    [
        0, 1, 2, 3, 4, 7, 8, 15, 16, 63, 64, 65, 127, 128, 255, 256, 1023, 4096, 65535, 65536, 1 << 20, 1 << 24, 1 << 26, (1 << 26) + 1,
        1 << 28, 1 << 30, int.MaxValue,
        int.MaxValue - 1, 1L << 31, uint.MaxValue, 1L << 32, 1L << 40, 1L << 61, 1L << 62, long.MaxValue, long.MaxValue - 63, long.MinValue,
        -1, -2, -4, -8, -64, int.MinValue,
    ];

    /// <summary>For changes that a format makes by itself.</summary>
    public Random Random => random;

    /// <summary>A number at or beside a limit.</summary>
    public long Figure() => s_figures[random.Next(s_figures.Length)];

    /// <summary>Makes one change or a few.</summary>
    /// <param name="bytes">Left as it is.</param>
    /// <param name="other">To take bytes from.</param>
    public byte[] Mutate(byte[] bytes, byte[] other)
    {
        byte[] changed = bytes;
        for (int left = random.Next(2) == 0 ? 1 : 1 + random.Next(5); left > 0; left--) changed = Change(changed, other);
        return changed.Length <= MaxBytes ? changed : changed[..MaxBytes];
    }

    /// <summary>Writes another number in the place of one that is written in digits: for texts that should stay well-formed.</summary>
    public byte[] ChangeNumber(byte[] bytes) => SetDigits(bytes, random.Next(bytes.Length + 1));

    private byte[] Change(byte[] bytes, byte[] other)
    {
        int at = random.Next(bytes.Length + 1), length = Math.Min(Length(), bytes.Length - at);
        return random.Next(12) switch
        {
            0 or 1 => Set(bytes, at, value => (byte)(value ^ (1 << random.Next(8)))),
            2 => Set(bytes, at, _ => (byte)random.Next(256)),
            3 => bytes[..at],
            4 => [.. bytes[..at], .. bytes[(at + length)..]],
            5 => [.. bytes[..at], .. Noise(Length()), .. bytes[at..]],
            6 => [.. bytes[..(at + length)], .. bytes[at..]],
            7 => [.. bytes[..at], .. other[random.Next(other.Length + 1)..]],
            8 => Copy(bytes, at, length),
            9 => SetLength(bytes, at),
            10 => SetDigits(bytes, at),
            _ => Insert(bytes, at, length),
        };
    }

    // Mostly a few bytes, now and then many.
    private int Length() => 1 << random.Next(random.Next(4) == 0 ? 12 : 6);

    private byte[] Noise(int length)
    {
        byte[] noise = new byte[length];
        if (random.Next(2) == 0) random.NextBytes(noise);
        else noise.AsSpan().Fill((byte)random.Next(256));
        return noise;
    }

    private static byte[] Set(byte[] bytes, int at, Func<byte, byte> change)
    {
        byte[] changed = [.. bytes];
        if (at < changed.Length) changed[at] = change(changed[at]);
        return changed;
    }

    private byte[] Copy(byte[] bytes, int from, int length)
    {
        byte[] changed = [.. bytes];
        bytes.AsSpan(from, length).CopyTo(changed.AsSpan(random.Next(bytes.Length - length + 1)));
        return changed;
    }

    /// <summary>Four or eight bytes, mostly where a field of that size would lie.</summary>
    private byte[] SetLength(byte[] bytes, int at)
    {
        int size = random.Next(2) == 0 ? 4 : 8;
        if (random.Next(4) != 0) at -= at % 4;
        if (random.Next(2) == 0) at %= 64;
        if (at + size > bytes.Length) return bytes;
        byte[] changed = [.. bytes];
        Span<byte> field = changed.AsSpan(at, size);
        long value = random.Next(4) switch
        {
            0 => (size == 4
                ? BinaryPrimitives.ReadInt32LittleEndian(field) : BinaryPrimitives.ReadInt64LittleEndian(field)) + random.Next(-2, 3),
            1 => bytes.Length + random.Next(-2, 3),
            _ => Figure(),
        };
        if (size == 4) BinaryPrimitives.WriteInt32LittleEndian(field, unchecked((int)value));
        else BinaryPrimitives.WriteInt64LittleEndian(field, value);
        return changed;
    }

    /// <summary>Another number in the place of the next one written in digits.</summary>
    private byte[] SetDigits(byte[] bytes, int at)
    {
        int start = bytes.AsSpan(at).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (start < 0) return bytes;
        start += at;
        int length = bytes.AsSpan(start).IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        int end = length < 0 ? bytes.Length : start + length;
        string number = random.Next(8) switch
        {
            0 or 1 => (64 * random.Next(20)).ToString(CultureInfo.InvariantCulture),
            2 => random.Next(100).ToString(CultureInfo.InvariantCulture),
            3 => $"{random.Next(10)}.{random.Next(10)}e{random.Next(-400, 400)}",
            _ => Figure().ToString(CultureInfo.InvariantCulture),
        };
        return [.. bytes[..start], .. Encoding.ASCII.GetBytes(number), .. bytes[end..]];
    }

    /// <summary>A word between others or in the place of others, perhaps many times.</summary>
    private byte[] Insert(byte[] bytes, int at, int length)
    {
        if (words.Count == 0) return Set(bytes, at, _ => 0);
        byte[] word = words[random.Next(words.Count)];
        int times = random.Next(8) == 0 ? Length() : 1;
        if ((long)times * word.Length > MaxBytes) times = 1;
        byte[] text = [.. Enumerable.Repeat(word, times).SelectMany(w => w)];
        return [.. bytes[..at], .. text, .. bytes[(random.Next(2) == 0 ? at : at + length)..]];
    }
}
