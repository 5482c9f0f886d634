namespace TinySD.Native;

/// <summary>tinysd_status, see tinysd.h.</summary>
internal enum Status
{
    Ok,
    BadArgument,
    BadHandle,
    BadFile,
    BadState,
    NotFinite,
    NotSupported,
    Busy,
    OutOfMemory,
    Internal,
}

/// <summary>A call that fails, with what it returns.</summary>
internal sealed class CallException(Status status, string message) : Exception(message)
{
    public Status Status => status;
}
