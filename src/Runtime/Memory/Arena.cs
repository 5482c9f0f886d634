namespace TinySD.Runtime.Memory;

/// <summary>One block of memory, asked for once, that is handed out piece by piece. Whatever asks for more than is left gets memory of its
/// own from where the block came from.</summary>
internal sealed class Arena
{
    private readonly Func<int, Memory<float>>? _host;
    private Memory<float> _left;

    /// <summary>Takes the block; nothing where it is longer than any can be, so that every piece is asked for by itself.</summary>
    /// <param name="floats">All pieces together, each rounded up to <see cref="AlignedBuffer.AlignmentFloats"/>.</param>
    /// <param name="host">Gives the host's memory, or null to allocate.</param>
    /// <exception cref="ArgumentException">The host gives too little.</exception>
    public Arena(long floats, Func<int, Memory<float>>? host)
    {
        _host = host;
        if (floats <= int.MaxValue - 64) _left = host.Take((int)floats);
    }

    /// <summary>The next piece, zeroed.</summary>
    public Memory<float> Take(int floats)
    {
        int whole = AlignedBuffer.RoundUp(floats);
        if (whole > _left.Length) return _host.Take(floats);
        Memory<float> taken = _left[..floats];
        _left = _left[whole..];
        return taken;
    }
}
