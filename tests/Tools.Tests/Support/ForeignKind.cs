using System.Buffers.Binary;
using System.IO.Hashing;

namespace TinySD.Tools.Tests;

/// <summary>Makes a whole and right <c>.tsd</c> file of a kind that no command knows, from FORMAT.md.</summary>
internal static class ForeignKind
{
    public static byte[] File()
    {
        ReadOnlySpan<byte> header = """{"kind":"example","tensors":[]}"""u8;
        byte[] file = new byte[128];
        ReadOnlySpan<byte> magic = [0x89, 0x54, 0x53, 0x44, 0x0D, 0x0A, 0x1A, 0x0A];
        magic.CopyTo(file);
        file[8] = 1;
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(16), header.Length);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(24), file.Length);
        XxHash128.Hash(header).CopyTo(file, 32);
        XxHash128.Hash(file.AsSpan(0, 48)).CopyTo(file, 48);
        header.CopyTo(file.AsSpan(64));
        return file;
    }
}
