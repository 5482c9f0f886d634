using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace TinySD.Formats.Tests;

/// <summary>Does things with a user's permissions, also where the tests run as the superuser, whom no permission stops.</summary>
internal static partial class Nobody
{
    private const int Id = 65534;

    /// <summary>Whether there is a way to be a user like others.</summary>
    public static bool CanBe => OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess;

    /// <summary>Runs <paramref name="function"/>, for the superuser on a thread of its own: Linux asks each thread who it is when it opens
    /// a file.</summary>
    public static T Do<T>(Func<T> function)
    {
        if (!Environment.IsPrivilegedProcess || !OperatingSystem.IsLinux()) return function();
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                // It returns who the thread was, and -1 is nobody's number: a container may have no such user.
                _ = SetFileSystemUser(Id);
                if (SetFileSystemUser(-1) != Id) Skip.Test("the system does not let a thread be nobody");
                result = function();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    private static partial int SetFileSystemUser(int user);
}
