namespace TinySD.Formats.Fields;

/// <summary>What is known of a member while its record is read.</summary>
internal enum MemberPresence : byte
{
    /// <summary>It has not come yet.</summary>
    None,

    /// <summary>It is null, which means the same as if it were not there.</summary>
    Null,

    /// <summary>It has a value.</summary>
    Value,
}

/// <summary>The names of a record's members, and of the objects that some of them stand in.</summary>
internal sealed class MemberNames
{
    private const int Few = 16;

    // The members first, as they were given.
    private readonly (string Group, string Name)[] _names;
    private readonly string[] _members;

    /// <summary>Takes members apart.</summary>
    /// <param name="members">Names as in <see cref="Field{T}.Json"/>.</param>
    public MemberNames(string[] members)
    {
        var names = new List<(string Group, string Name)>();
        foreach (string member in members)
        {
            int own = member.IndexOf('.', StringComparison.Ordinal) + 1;
            names.Add((member[..own], member[own..]));
        }

        for (int i = 0; i < members.Length; i++)
        {
            string group = names[i].Group;
            if (group.Length == 0 || names.Exists(name => name.Group.Length == 0 && name.Name == group[..^1])) continue;
            names.Add(("", group[..^1]));
        }

        (_members, _names) = (members, [.. names]);
    }

    /// <summary>Members and objects.</summary>
    public int Count => _names.Length;

    /// <summary>The object that one stands in, with a point behind it, or nothing; and its name there.</summary>
    public (string Group, string Name) this[int index] => _names[index];

    /// <summary>The one of a name; -1 for none.</summary>
    /// <param name="json">At the name, which is not made into a string: a file may have a hundred thousand records.</param>
    /// <param name="group">The object.</param>
    public int Find(in Utf8JsonReader json, string group)
    {
        for (int i = 0; i < _names.Length; i++)
        {
            if (_names[i].Group == group && json.ValueTextEquals(_names[i].Name)) return i;
        }

        return -1;
    }

    /// <summary>What goes on after the name of one that is none: those there are, where they are few.</summary>
    public string Known() => _members.Length is 0 or > Few ? "" : $"; {string.Join(", ", _members)} are";
}
