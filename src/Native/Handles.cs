namespace TinySD.Native;

/// <summary>What C holds in the place of an object: a number that is never given twice, so that one which was closed is known to
/// be.</summary>
internal static class Handles
{
    // A handle is a place, from 1 on, below how often the place was used; on 32 bits after 65536 times a number comes back.
    private const int PlaceBits = 16;

    private static readonly Lock s_lock = new();
    private static Entry[] s_entries = new Entry[16];

    private sealed record Entry(nint Handle, object? Target);

    public static nint Add(object target)
    {
        lock (s_lock)
        {
            int place = 1;
            while (place < s_entries.Length && s_entries[place]?.Target is not null) place++;
            if (place >> PlaceBits != 0)
                throw new CallException(Status.OutOfMemory, $"{place - 1} models and sessions are open; close some");
            if (place == s_entries.Length)
            {
                // Readers go on with the array that they have.
                Entry[] more = new Entry[2 * place];
                s_entries.CopyTo(more, 0);
                s_entries = more;
            }

            nint uses = ((s_entries[place]?.Handle ?? 0) >> PlaceBits) + 1;
            nint handle = (uses << PlaceBits) | place;
            Volatile.Write(ref s_entries[place], new Entry(handle, target));
            return handle;
        }
    }

    /// <summary>The object of a handle. Takes no lock and allocates nothing.</summary>
    public static T Get<T>(nint handle)
        where T : class
    {
        Entry[] entries = Volatile.Read(ref s_entries);
        int place = (int)(handle & ((1 << PlaceBits) - 1));
        Entry? entry = place < entries.Length ? Volatile.Read(ref entries[place]) : null;
        return entry is not null && entry.Handle == handle && entry.Target is T target ? target : throw Refused<T>(handle);
    }

    public static void Remove<T>(nint handle)
        where T : class
    {
        lock (s_lock)
        {
            Get<T>(handle);
            Volatile.Write(ref s_entries[(int)(handle & ((1 << PlaceBits) - 1))], new Entry(handle, null));
        }
    }

    private static CallException Refused<T>(nint handle)
    {
        string what = typeof(T) == typeof(Model) ? "model" : "session";
        return new(Status.BadHandle, handle == 0 ? $"the {what} is NULL" : $"this is no {what}, or one that was closed");
    }
}
