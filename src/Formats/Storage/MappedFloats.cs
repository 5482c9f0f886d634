using System.IO.MemoryMappedFiles;

namespace TinySD.Formats.Storage;

/// <summary>A run of floats in a file, mapped into memory: pages are read when they are first touched, and belong to the system's file
/// cache.</summary>
/// <remarks>Copy on write: what is written to the memory stays in it, and does not go to the file. Use after disposal throws.</remarks>
internal sealed unsafe class MappedFloats : MemoryManager<float>
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly int _length;
    private readonly Type _owner;
    private float* _start;

    /// <summary>Maps a part of an open file.</summary>
    /// <param name="handle">The file, open to read; may be closed afterwards.</param>
    /// <param name="offset">First byte, a multiple of 64, as the system's pages are.</param>
    /// <param name="length">Floats; the file must have them.</param>
    /// <param name="owner">Whose disposal ends it: named where it is used after that.</param>
    /// <exception cref="IOException">The system does not map it.</exception>
    public MappedFloats(SafeFileHandle handle, long offset, int length, Type owner)
    {
        _owner = owner;
        _length = length;
        _file = MemoryMappedFile.CreateFromFile(handle, null, 0, MemoryMappedFileAccess.CopyOnWrite, HandleInheritability.None,
            leaveOpen: true);
        try
        {
            _view = _file.CreateViewAccessor(offset, (long)length * sizeof(float), MemoryMappedFileAccess.CopyOnWrite);
        }
        catch
        {
            _file.Dispose();
            throw;
        }

        byte* first = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref first);
        _start = (float*)(first + _view.PointerOffset);
    }

    public override Span<float> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_start is null, _owner);
        return new Span<float>(_start, _length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(_start is null, _owner);
        if ((uint)elementIndex > (uint)_length) Throw.OutOfRange(nameof(elementIndex), elementIndex, $"0 to {_length}");
        return new MemoryHandle(_start + elementIndex);
    }

    public override void Unpin()
    {
        // Mapped memory does not move.
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing || _start is null) return;
        _start = null;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
