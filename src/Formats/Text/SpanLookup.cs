namespace TinySD.Formats.Text;

/// <summary>A dictionary asked by characters, for which no string is made unless one is added. Nothing else may add to it.</summary>
/// <typeparam name="TValue">What is kept for a text.</typeparam>
internal readonly struct SpanLookup<TValue>
{
    /// <param name="dictionary">Compares ordinally.</param>
    public SpanLookup(Dictionary<string, TValue> dictionary)
    {
        Dictionary = dictionary;
#if NET9_0_OR_GREATER
        _lookup = dictionary.GetAlternateLookup<ReadOnlySpan<char>>();
#else
        _keys = new(dictionary.Count);
        foreach (string key in dictionary.Keys) Keep(key);
#endif
    }

    /// <summary>The dictionary itself.</summary>
    public Dictionary<string, TValue> Dictionary { get; }

#if NET9_0_OR_GREATER
    private readonly Dictionary<string, TValue>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    /// <summary>What is kept for <paramref name="text"/>, if anything is.</summary>
    public bool TryGetValue(ReadOnlySpan<char> text, [MaybeNullWhen(false)] out TValue value) => _lookup.TryGetValue(text, out value);

    /// <summary>Adds what is to be kept for a text that is not there yet.</summary>
    public void Add(string text, TValue value) => Dictionary.Add(text, value);

    /// <summary>Where the value of <paramref name="text"/> is, which is added if need be; good until the next is added.</summary>
    public ref TValue? ValueOf(ReadOnlySpan<char> text) => ref CollectionsMarshal.GetValueRefOrAddDefault(_lookup, text, out _);
#else
    // .NET 8 asks a dictionary by its own keys only: here they are by what the characters hash to, those that hash to the same in a chain.
    private readonly Dictionary<int, Link> _keys;

    /// <summary>What is kept for <paramref name="text"/>, if anything is.</summary>
    public bool TryGetValue(ReadOnlySpan<char> text, [MaybeNullWhen(false)] out TValue value)
    {
        if (KeyOf(text) is { } key) return Dictionary.TryGetValue(key, out value);
        value = default;
        return false;
    }

    /// <summary>Adds what is to be kept for a text that is not there yet.</summary>
    public void Add(string text, TValue value)
    {
        Dictionary.Add(text, value);
        Keep(text);
    }

    /// <summary>Where the value of <paramref name="text"/> is, which is added if need be; good until the next is added.</summary>
    public ref TValue? ValueOf(ReadOnlySpan<char> text)
    {
        string? key = KeyOf(text);
        if (key is null) Keep(key = text.ToString());
        return ref CollectionsMarshal.GetValueRefOrAddDefault(Dictionary, key, out _);
    }

    private string? KeyOf(ReadOnlySpan<char> text)
    {
        _keys.TryGetValue(string.GetHashCode(text), out Link? link);
        while (link is not null && !text.SequenceEqual(link.Key)) link = link.Next;
        return link?.Key;
    }

    private void Keep(string key)
    {
        ref Link? first = ref CollectionsMarshal.GetValueRefOrAddDefault(_keys, key.GetHashCode(), out _);
        first = new Link(key, first);
    }

    private sealed record Link(string Key, Link? Next);
#endif
}
