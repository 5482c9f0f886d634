using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text.Json.Nodes;

namespace TinySD.Tools.Tests;

/// <summary>A <c>.tsd</c> file with another header, whose checksums are right again, so that what is behind them is reached; from
/// FORMAT.md.</summary>
internal static class EditedTsd
{
    private const int PrologueBytes = 64;

    /// <summary>A file's header.</summary>
    public static JsonObject Header(byte[] file) =>
        JsonNode.Parse(file.AsSpan(PrologueBytes, (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(16))))!.AsObject();

    /// <summary>The same file with another header; tensors are found from its end, so that they stay what they are.</summary>
    public static byte[] With(byte[] file, JsonObject header)
    {
        byte[] json = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        int was = RoundUp(PrologueBytes + (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(16)));
        int now = RoundUp(PrologueBytes + json.Length);
        byte[] edited = new byte[now + file.Length - was];
        file.AsSpan(0, PrologueBytes).CopyTo(edited);
        json.CopyTo(edited, PrologueBytes);
        file.AsSpan(was).CopyTo(edited.AsSpan(now));
        BinaryPrimitives.WriteInt64LittleEndian(edited.AsSpan(16), json.Length);
        BinaryPrimitives.WriteInt64LittleEndian(edited.AsSpan(24), edited.Length);
        XxHash128.Hash(json).CopyTo(edited, 32);
        XxHash128.Hash(edited.AsSpan(0, 48)).CopyTo(edited, 48);
        return edited;
    }

    private static int RoundUp(int bytes) => (bytes + 63) / 64 * 64;
}
