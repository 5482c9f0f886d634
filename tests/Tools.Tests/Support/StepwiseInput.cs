using System.Text;

namespace TinySD.Tools.Tests;

/// <summary>Gives a piece at a time, and tells when it is asked for the next.</summary>
internal sealed class StepwiseInput(string[] pieces, Action asked) : MemoryStream
{
    private int _next;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (_next == 0 || buffer.Length > 2) asked();
        if (_next == pieces.Length) return 0;
        byte[] piece = Encoding.UTF8.GetBytes(pieces[_next]);
        int count = Math.Min(buffer.Length, piece.Length);
        piece.AsSpan(0, count).CopyTo(buffer);
        pieces[_next] = Encoding.UTF8.GetString(piece, count, piece.Length - count);
        if (pieces[_next].Length == 0) _next++;
        return count;
    }
}
