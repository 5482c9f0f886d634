using System.Buffers.Binary;
using System.IO.Hashing;
using TinySD.Formats.Schedules;
using TinySD.Runtime.Masks;

namespace TinySD.Formats.Tests;

/// <summary>Makes mask schedules by hand, from FORMAT.md and without the code under test: right ones, and ones wrong in one place.</summary>
internal static class ScheduleBytes
{
    private const int Sites = 64, SiteBytes = 32;

    /// <summary>A schedule of two sites that the files here are of: 20 units at 0.5, and 40 units at 0.95 before the classifier.</summary>
    public static MaskScheduleInfo Info { get; } = new()
    {
        Seed = 0x0123456789ABCDEF,
        Updates = 2,
        TimeSteps = 3,
        Dropout = new DropoutSpec { Kind = DropoutKind.Structured, Layer = 0.5f, Output = 0.95f },
        Places = [MaskPlace.OfStack(DropoutSite.Layer, 1, 20, 0.5f), MaskPlace.OfStack(DropoutSite.Output, 2, 40, 0.95f)],
    };

    /// <summary>Header, its checksum right, and two updates.</summary>
    public static byte[] File(params byte[][] updates)
    {
        byte[] header = new byte[Sites + (2 * SiteBytes) + 4];
        ReadOnlySpan<byte> magic = [0x89, 0x54, 0x53, 0x53, 0x0D, 0x0A, 0x1A, 0x0A];
        magic.CopyTo(header);
        Put(header, 8, 1);
        Put(header, 12, header.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(16), 0x0123456789ABCDEF);
        Put(header, 24, updates.Length);
        Put(header, 28, 3);
        Put(header, 32, 2);
        Put(header, 36, (3 * (1 + 3)) + (3 * (1 + 5)));
        Put(header, 40, 1);
        Put(header, 44, 1);
        header[48] = 3;
        Site(header, 0, 1, 1, 20, 10, 0.5f, 2f);
        Site(header, 1, 3, 2, 40, 2, 0.95f, 20f);
        return Seal([.. header, .. updates.SelectMany(update => update)]);
    }

    /// <summary>Makes the header's checksum right again.</summary>
    public static byte[] Seal(byte[] file)
    {
        int at = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(12)) - 4;
        if (at > 0 && at + 4 <= file.Length) Put(file, at, (int)Crc32.HashToUInt32(file.AsSpan(0, at)));
        return file;
    }

    /// <summary>An update with a right checksum.</summary>
    public static byte[] Update(int number, params byte[] payload)
    {
        byte[] block = new byte[8 + payload.Length + 4];
        Put(block, 0, number);
        Put(block, 4, payload.Length);
        payload.CopyTo(block.AsSpan(8));
        Put(block, 8 + payload.Length, (int)Crc32.HashToUInt32(block.AsSpan(0, 8 + payload.Length)));
        return block;
    }

    /// <summary>Six masks: of 20 units the even ones, the first ten, the last ten; of 40 units 0 and 8, 3 and 4, 38 and 39, two of them written as gaps.</summary>
    public static byte[] Payload { get; } =
    [
        0, 0x55, 0x55, 0x05, 0, 0xFF, 0x03, 0x00, 0, 0x00, 0xFC, 0x0F,
        1, 2, 0, 7, 1, 2, 3, 0, 0, 0x00, 0x00, 0x00, 0x00, 0xC0,
    ];

    /// <summary>A right file of two updates.</summary>
    public static byte[] Example() => File(Update(0, Payload), Update(1, Payload));

    public static void Put(byte[] bytes, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);

    private static void Site(byte[] header, int index, int site, int layer, int units, int kept, float rate, float scale)
    {
        int at = Sites + (index * SiteBytes);
        Put(header, at, site);
        Put(header, at + 4, layer);
        Put(header, at + 8, units);
        Put(header, at + 12, units);
        Put(header, at + 16, kept);
        BinaryPrimitives.WriteSingleLittleEndian(header.AsSpan(at + 20), rate);
        BinaryPrimitives.WriteSingleLittleEndian(header.AsSpan(at + 24), scale);
    }
}
