namespace TinySD.Formats.Container;

/// <summary>One JSON object in which several records lie side by side, each with members of its own: what all tasks have, and what one
/// adds.</summary>
internal sealed class JoinedSection
{
    private readonly ReadOnlyMemory<byte> _json;
    private readonly List<Member> _members = [];

    /// <summary>Finds the members.</summary>
    /// <exception cref="JsonException">It is none, or has a member twice.</exception>
    public JoinedSection(ReadOnlyMemory<byte> json)
    {
        _json = json;
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = TsdHeader.MaxDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("an object was expected", "$", 0, 0);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            (string name, int start) = (reader.GetString()!, (int)reader.TokenStartIndex);
            if (_members.Exists(member => member.Name == name)) throw Refused(name, start, "is there twice");
            if (_members.Count == TsdHeader.MaxMembers) throw Refused(name, start, "is one member too many");
            reader.Read();
            int value = (int)reader.TokenStartIndex;
            reader.Skip();
            _members.Add(new Member(name, start, value, (int)reader.BytesConsumed));
        }
    }

    /// <summary>Writes a record's members into an object that others share.</summary>
    public static void Write<T>(Utf8JsonWriter json, T record, JsonTypeInfo<T> type)
    {
        foreach (JsonProperty member in JsonSerializer.SerializeToElement(record, type).EnumerateObject()) member.WriteTo(json);
    }

    /// <summary>Takes a record's members.</summary>
    /// <exception cref="JsonException">One is missing or of another type.</exception>
    public T Take<T>(JsonTypeInfo<T> type)
        where T : class
    {
        Member[] own = [.. _members.Where(member => type.Properties.Any(property => property.Name == member.Name))];

        // At their places, so that what is wrong is found there: nothing but white space where the others were.
        byte[] json = _json.ToArray();
        int end = json.AsSpan().IndexOf((byte)'{') + 1;
        foreach (Member member in own)
        {
            Blank(json.AsSpan(end, member.Start - end));
            if (member != own[0]) json[member.Start - 1] = (byte)',';
            end = member.End;
        }

        Blank(json.AsSpan(end, json.AsSpan().LastIndexOf((byte)'}') - end));
        _members.RemoveAll(own.Contains);
        return JsonSerializer.Deserialize(json, type)!;
    }

    /// <summary>Takes a member that is text.</summary>
    /// <exception cref="JsonException">It is missing or of another type.</exception>
    public string TakeText(string name) => TakeTextIfAny(name) ?? throw Refused(name, 0, "is missing");

    /// <summary>Takes a member that is text; null where it is missing or null.</summary>
    /// <exception cref="JsonException">It is of another type.</exception>
    public string? TakeTextIfAny(string name)
    {
        if (!_members.Exists(member => member.Name == name)) return null;
        Utf8JsonReader reader = Take(name);
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
            throw Refused(name, (int)reader.TokenStartIndex, "is no string");
        return reader.GetString();
    }

    /// <summary>Takes a member that is read in a way of its own.</summary>
    /// <exception cref="JsonException">It is missing, or not as it should be.</exception>
    /// <exception cref="ArgumentException">A word in it is none of the format's.</exception>
    public T Take<T>(string name, IRecordFormat<T> format)
    {
        Utf8JsonReader reader = Take(name);
        T record = format.Read(ref reader, $"$.{name}", out string? fault);
        if (fault is not null) Throw.Argument(fault);
        return record;
    }

    /// <summary>Refuses members that nobody took.</summary>
    /// <exception cref="JsonException">There is one.</exception>
    public void RequireNoMore()
    {
        if (_members is [{ } member, ..]) throw Refused(member.Name, member.Start, "is no member of it");
    }

    // At the member's value.
    private Utf8JsonReader Take(string name)
    {
        int index = _members.FindIndex(member => member.Name == name);
        if (index < 0) throw Refused(name, 0, "is missing");
        int value = _members[index].Value;
        _members.RemoveAt(index);
        var reader = new Utf8JsonReader(_json.Span, new JsonReaderOptions { MaxDepth = TsdHeader.MaxDepth });
        while (reader.Read() && reader.TokenStartIndex < value)
        {
        }

        return reader;
    }

    private static void Blank(Span<byte> json)
    {
        foreach (ref byte value in json)
        {
            if (value != (byte)'\n') value = (byte)' ';
        }
    }

    private static JsonException Refused(string name, long at, string why) => new($"'{Words.Shown(name)}' {why}", $"$.{name}", 0, at);

    private sealed record Member(string Name, int Start, int Value, int End);
}

/// <summary>How a record stands in a file.</summary>
/// <typeparam name="T">The record.</typeparam>
public interface IRecordFormat<T>
{
    /// <summary>Writes an object.</summary>
    void Write(Utf8JsonWriter json, T record);

    /// <summary>Reads an object.</summary>
    /// <param name="json">At the object's beginning; then at its end.</param>
    /// <param name="path">Where that is, for messages.</param>
    /// <param name="fault">A word that is none of the format's; null where all are.</param>
    /// <exception cref="JsonException">A member is unknown, repeated, missing or of another type.</exception>
    T Read(ref Utf8JsonReader json, string path, out string? fault);
}
