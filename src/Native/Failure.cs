namespace TinySD.Native;

/// <summary>What becomes of an exception at the border: a status, and words for tinysd_last_error.</summary>
internal static unsafe class Failure
{
    // A thread's last words are unmanaged, so that the pointer stands; a new failure frees those before, and a thread's end the last.
    [ThreadStatic]
    private static CText? t_words;

    private static ReadOnlySpan<byte> None => "\0"u8;

    /// <summary>The calling thread's last words, ended by a 0.</summary>
    public static byte* Last => t_words is { } words ? words.Text : (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(None));

    public static Status Of(Exception exception)
    {
        Status status = exception switch
        {
            CallException call => call.Status,
            FileProblemException => Status.BadFile,
            NotFiniteNumberException => Status.NotFinite,
            OutOfMemoryException => Status.OutOfMemory,
            ArgumentException => Status.BadArgument,
            NotSupportedException => Status.NotSupported,
            InvalidOperationException => Status.NotSupported,
            _ => Status.Internal,
        };
        try
        {
            t_words = new CText(status == Status.Internal ? $"{exception.GetType().Name}: {exception.Message}" : exception.Message);
        }
        catch (OutOfMemoryException)
        {
            // The status says as much.
        }

        return status;
    }
}
