namespace TinySD.Runtime.Models;

/// <summary>A text as token ids, wherever they are: in memory, in a file larger than memory, or made as they are asked for. Training and
/// evaluation ask for runs of them and keep none, so results are the same bits whatever stands behind it.</summary>
/// <remarks>Called on one thread at a time. <see cref="Read"/> should not allocate.</remarks>
public interface ITokenSource
{
    /// <summary>How many tokens there are; does not change.</summary>
    long Length { get; }

    /// <summary>Copies the tokens from <paramref name="position"/> on.</summary>
    /// <param name="position">The first one's place, from 0.</param>
    /// <param name="tokens">Is filled; the text has at least that many from there.</param>
    void Read(long position, Span<int> tokens);
}

/// <summary>Tokens in memory.</summary>
/// <param name="text">The ids; not copied.</param>
public sealed class TokenMemory(ReadOnlyMemory<int> text) : ITokenSource
{
    /// <inheritdoc/>
    public long Length => text.Length;

    /// <inheritdoc/>
    public void Read(long position, Span<int> tokens) => text.Span.Slice(checked((int)position), tokens.Length).CopyTo(tokens);
}
