namespace TinySD.Runtime.Memory;

/// <summary>Memory that the host gives when it is asked for so many floats, or the runtime's own where there is no such host.</summary>
internal static class HostMemory
{
    /// <summary>Takes so many floats, zeroed.</summary>
    /// <exception cref="ArgumentException">The host gives fewer.</exception>
    public static Memory<float> Take(this Func<int, Memory<float>>? host, int floats)
    {
        if (host is null) return new AlignedBuffer(floats).Memory;
        Memory<float> memory = host(floats);
        if (memory.Length < floats)
        {
            string asked = Throw.Counted(floats, "float");
            Throw.Argument($"the host was asked for {asked} of memory and gave {memory.Length}; it must give as many or more");
        }

        memory = memory[..floats];
        memory.Span.Clear();
        return memory;
    }
}
