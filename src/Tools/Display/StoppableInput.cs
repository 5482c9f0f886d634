namespace TinySD.Tools.Display;

/// <summary>Standard input for a command that can be stopped while it waits for more: a read of the system's cannot.</summary>
/// <param name="input">The stream; not disposed with this.</param>
/// <param name="stop">Ends a wait.</param>
internal sealed class StoppableInput(Stream input, CancellationToken stop) : OneWayStream(isRead: true)
{
    /// <summary>What messages call it.</summary>
    public const string Name = "standard input";

    private readonly byte[] _buffer = new byte[1 << 16];

    /// <summary>Waits for bytes.</summary>
    /// <exception cref="OperationCanceledException">A stop was asked for.</exception>
    public override int Read(Span<byte> destination)
    {
        // Where a read waits on when the stop comes, it does so in a thread that ends with the process.
        int most = Math.Min(destination.Length, _buffer.Length);
        Task<int> read = Task.Run(() => input.Read(_buffer, 0, most), CancellationToken.None);
        Task.WaitAny([read], stop);
        int count = read.GetAwaiter().GetResult();
        _buffer.AsSpan(0, count).CopyTo(destination);
        return count;
    }
}
