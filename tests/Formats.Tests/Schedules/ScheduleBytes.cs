using System.Buffers.Binary;
using System.IO.Hashing;
using TinySD.Formats.Schedules;
using TinySD.Runtime.Masks;

namespace TinySD.Formats.Tests;

/// <summary>Makes mask schedules by hand, from FORMAT.md and without the code under test: right ones, and ones wrong in one
/// place.</summary>
internal static class ScheduleBytes
{
    private const int Places = 64, PlaceBytes = 32;

    /// <summary>Version 1's schedule that the files here are of, in a stack: 20 units at 0.5, and 40 units at 0.95 before the
    /// classifier.</summary>
    public static MaskScheduleInfo First { get; } = new()
    {
        Version = 1,
        Seed = 0x0123456789ABCDEF,
        Updates = 2,
        TimeSteps = 3,
        Dropout = new DropoutSpec { Kind = DropoutKind.Structured },
        Places = [MaskPlace.OfStack(DropoutSite.Layer, 1, 20, 0.5f), MaskPlace.OfStack(DropoutSite.Output, 2, 40, 0.95f)],
    };

    /// <summary>Version 2's, with the same masks at the places of another network.</summary>
    public static MaskScheduleInfo Second { get; } =
        First with { Version = 2, Places = [new("encoder.größe", 5, 20, 0.5f), new("head", 4095, 40, 0.95f)] };

    /// <summary>A file of version 1: header, its checksum right, and two updates.</summary>
    public static byte[] File(params byte[][] updates)
    {
        byte[] header = Header(1, Places + (2 * PlaceBytes) + 4, updates.Length);
        Place(header, 0, 1, 1, 20, 10, 0.5f, 2f);
        Place(header, 1, 3, 2, 40, 2, 0.95f, 20f);
        return Seal([.. header, .. updates.SelectMany(update => update)]);
    }

    /// <summary>A file of version 2.</summary>
    public static byte[] NamedFile(params byte[][] updates)
    {
        // At 128 the first name, 15 bytes and a zero; at 144 the second, 4 and a zero; three more to a multiple of 4, and the checksum at
        // 152.
        byte[] header = Header(2, 156, updates.Length);
        (header[50], header[52]) = (Places, PlaceBytes);
        Place(header, 0, 5, 128, 20, 10, 0.5f, 2f);
        Place(header, 1, 4095, 144, 40, 2, 0.95f, 20f);
        Put(header, Places + 28, 15);
        Put(header, Places + PlaceBytes + 28, 4);
        "encoder.gr\u00F6\u00DFe"u8.CopyTo(header.AsSpan(128));
        "head"u8.CopyTo(header.AsSpan(144));
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

    /// <summary>Six masks: of 20 units the even ones, the first ten, the last ten; of 40 units 0 and 8, 3 and 4, 38 and 39, two of them
    /// written as gaps.</summary>
    public static byte[] Payload { get; } =
    [
        0, 0x55, 0x55, 0x05, 0, 0xFF, 0x03, 0x00, 0, 0x00, 0xFC, 0x0F,
        1, 2, 0, 7, 1, 2, 3, 0, 0, 0x00, 0x00, 0x00, 0x00, 0xC0,
    ];

    /// <summary>A right file of two updates.</summary>
    public static byte[] Example(int version = 1) => version == 1
        ? File(Update(0, Payload), Update(1, Payload))
        : NamedFile(Update(0, Payload), Update(1, Payload));

    public static void Put(byte[] bytes, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);

    private static byte[] Header(int version, int bytes, int updates)
    {
        byte[] header = new byte[bytes];
        ReadOnlySpan<byte> magic = [0x89, 0x54, 0x53, 0x53, 0x0D, 0x0A, 0x1A, 0x0A];
        magic.CopyTo(header);
        Put(header, 8, version);
        Put(header, 12, bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(16), 0x0123456789ABCDEF);
        Put(header, 24, updates);
        Put(header, 28, 3);
        Put(header, 32, 2);
        Put(header, 36, (3 * (1 + 3)) + (3 * (1 + 5)));
        Put(header, 40, 1);
        Put(header, 44, 1);
        header[48] = 3;
        return header;
    }

    // The first two numbers are site and layer in version 1, number and offset of the name in version 2.
    private static void Place(byte[] header, int index, int first, int second, int units, int kept, float rate, float scale)
    {
        int at = Places + (index * PlaceBytes);
        Put(header, at, first);
        Put(header, at + 4, second);
        Put(header, at + 8, units);
        Put(header, at + 12, units);
        Put(header, at + 16, kept);
        BinaryPrimitives.WriteSingleLittleEndian(header.AsSpan(at + 20), rate);
        BinaryPrimitives.WriteSingleLittleEndian(header.AsSpan(at + 24), scale);
    }
}
