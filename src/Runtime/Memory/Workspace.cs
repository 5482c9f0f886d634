using System.Runtime.InteropServices;

namespace TinySD.Runtime.Memory;

/// <summary>Scratch memory, sized first and run later: layers reserve what they need, then one block is taken for all of it.</summary>
internal sealed class Workspace
{
    private Memory<float> _memory;
    private bool _allocated;

    /// <summary>Floats reserved so far, padding included.</summary>
    public int LengthFloats { get; private set; }

    /// <summary>Reserves <paramref name="floats"/> aligned floats; usable once <see cref="Allocate"/> was called.</summary>
    public Slice Reserve(long floats)
    {
        if (_allocated) Throw.Argument("the workspace is already allocated");
        if (LengthFloats + floats > int.MaxValue - 1024)
            Throw.Argument("the workspace would pass 2^31 floats; use a smaller batch or fewer time steps");
        var slice = new Slice(this, LengthFloats, (int)floats);
        LengthFloats = AlignedBuffer.RoundUp(LengthFloats + (int)floats);
        return slice;
    }

    /// <summary>Takes the host's memory, zeroed, or allocates when none is given.</summary>
    /// <exception cref="ArgumentException">The host gives too little.</exception>
    public void Allocate(Func<int, Memory<float>>? host = null)
    {
        _memory = host.Take(LengthFloats);
        _allocated = true;
    }

    /// <summary>All of it, once it is allocated.</summary>
    public Memory<float> Memory => _memory;

    /// <summary>A reserved part of a workspace.</summary>
    public readonly struct Slice(Workspace owner, int offset, int length)
    {
        public int Length => length;

        public Span<float> Span => length == 0 ? default : owner._memory.Span.Slice(offset, length);

        /// <summary>The same memory as 32-bit integers: keep indices.</summary>
        public Span<int> Integers => MemoryMarshal.Cast<float, int>(Span);

        /// <summary>Part <paramref name="index"/> of the slice cut into parts of <paramref name="floats"/> each.</summary>
        public Span<float> Part(int index, int floats) => owner._memory.Span.Slice(offset + checked(index * floats), floats);
    }
}
