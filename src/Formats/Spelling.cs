namespace TinySD.Formats;

/// <summary>How an enumeration is spelled in a file: words of the format, which do not change when a name in the code does.</summary>
internal sealed class Spelling<T>(string what, params (T Value, string Name)[] names)
    where T : struct, Enum
{
    public string NameOf(T value)
    {
        foreach ((T known, string name) in names)
        {
            if (EqualityComparer<T>.Default.Equals(known, value)) return name;
        }

        Throw.Argument($"{what} '{value}' has no name in a file");
        return null;
    }

    /// <summary>What goes on after a key whose word is none of these: <c>is 'x'; expected a, b or c</c>; null for one of them.</summary>
    public string? FindFault(string name) => names.Any(n => n.Name == name)
        ? null
        : $"is '{Words.Shown(name)}'; expected {string.Join(", ", names[..^1].Select(n => n.Name))} or {names[^1].Name}";

    /// <summary>The value of that name, exactly as spelled.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public T ValueOf(string name)
    {
        foreach ((T value, string known) in names)
        {
            if (known == name) return value;
        }

        Throw.Argument($"{what} is '{Words.Shown(name)}'; {string.Join(", ", names.Select(n => n.Name))} are known");
        return default;
    }
}
