using System.Buffers;

namespace TinySD.Native;

/// <summary>The caller's memory for the time of a call.</summary>
internal sealed unsafe class ForeignMemory(byte* bytes, int length) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => new(bytes, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(bytes + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
