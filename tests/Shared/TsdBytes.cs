using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace TinySD.Tests.Shared;

/// <summary>Makes <c>.tsd</c> files by hand, from FORMAT.md and without the code under test: right ones, and ones
/// wrong in one place.</summary>
internal static class TsdBytes
{
    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(XxHash128.Hash(bytes));

    /// <summary>Prologue, header, padding and tensors' bytes; the checksums of prologue and header are right.</summary>
    public static byte[] File(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data)
    {
        int start = Up(64 + header.Length);
        byte[] file = new byte[start + data.Length];
        ReadOnlySpan<byte> magic = [0x89, 0x54, 0x53, 0x44, 0x0D, 0x0A, 0x1A, 0x0A];
        magic.CopyTo(file);
        file[8] = 1;
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(16), header.Length);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(24), file.Length);
        XxHash128.Hash(header).CopyTo(file, 32);
        header.CopyTo(file.AsSpan(64));
        data.CopyTo(file.AsSpan(start));
        return Seal(file);
    }

    public static byte[] File(string header, ReadOnlySpan<byte> data = default) => File(Encoding.UTF8.GetBytes(header), data);

    /// <summary>Makes the prologue's own checksum right again.</summary>
    public static byte[] Seal(byte[] file)
    {
        XxHash128.Hash(file.AsSpan(0, 48)).CopyTo(file, 48);
        return file;
    }

    /// <summary>A right file of one tensor <c>w</c> [2] = 1, 2.</summary>
    public static byte[] Example()
    {
        byte[] data = new byte[64];
        BinaryPrimitives.WriteSingleLittleEndian(data, 1f);
        BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4), 2f);
        return File($$"""{"kind":"example","tensors":[{{Entry("w", "[2]", 0, 8, Hash(data.AsSpan(0, 8)))}}]}""", data);
    }

    public static string Entry(string name, string shape, long offset, long bytes, string? checksum = null, string dtype = "f32")
    {
        checksum ??= new string('0', 32);
        return $$"""{"name":"{{name}}","dtype":"{{dtype}}","shape":{{shape}},"offset":{{offset}},""" +
            $$"""
            "bytes":{{bytes}},"checksum":"{{checksum}}"}
            """;
    }

    /// <summary>The header of a file and what follows it, so that the header can be changed and the file made anew.</summary>
    public static (string Header, byte[] Data) Split(byte[] file)
    {
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(16));
        return (Encoding.UTF8.GetString(file, 64, length), file[Up(64 + length)..]);
    }

    public static int Up(int n) => (n + 63) / 64 * 64;
}
