namespace TinySD.Formats.Fields;

/// <summary>All figures of a record, each once: its JSON, options, rows in reports, and what two records differ in come from
/// here.</summary>
/// <typeparam name="T">The record.</typeparam>
/// <param name="what">What files have of the record, for messages: <c>a recipe</c>.</param>
/// <param name="blank">A record to be filled from a file.</param>
/// <param name="fields">The figures, in the order of help and reports.</param>
/// <param name="first">Members that stand first in a file, in this order; the others follow in the order of help and reports.</param>
/// <remarks>What every file needs of it is done in loops: an iterator is compiled for every record.</remarks>
public sealed class FieldTable<T>(string what, T blank, Field<T>[] fields, params string[] first)
{
    private readonly Field<T>[] _inFile = InFile(fields, first);

    // Of _inFile, one for one; made when something is first read or written.
    private MemberNames? _names;

    /// <summary>The figures, in the order of help and reports.</summary>
    public IReadOnlyList<Field<T>> Fields => fields;

    internal T Blank => blank;

    private MemberNames Names => _names ??= new MemberNames(Array.ConvertAll(_inFile, row => row.Json));

    /// <summary>The figure that an option sets, or null.</summary>
    public Field<T>? Find(string option) => Array.Find(fields, field => field.Option == option);

    /// <summary>Options and values of all figures that say something.</summary>
    public IEnumerable<(string Option, string Value)> Rows(T record) =>
        from field in fields let value = field.SaidOf(record) where value is not null select (field.Option, value);

    /// <summary>The figures in which two records differ, with their values; null where a figure says nothing.</summary>
    public IEnumerable<(string Option, string? One, string? Other)> Differences(T one, T other) =>
        from field in fields let was = field.SaidOf(one) let now = field.SaidOf(other) where was != now select (field.Option, was, now);

    /// <summary>The figures as those of a record in which this one lies, side by side with its own.</summary>
    internal Field<TOuter>[] JoinedTo<TOuter>(Func<TOuter, T> get, Func<TOuter, T, TOuter> with)
    {
        var joined = new Field<TOuter>[_inFile.Length];
        for (int i = 0; i < joined.Length; i++) joined[i] = new Joined<TOuter, T>(_inFile[i], get, with);
        return joined;
    }

    /// <summary>Writes all figures as members of a result.</summary>
    public void WriteResult(Utf8JsonWriter json, T record)
    {
        foreach (Field<T> field in fields) field.WriteResult(json, record);
    }

    /// <summary>Writes an object.</summary>
    public void Write(Utf8JsonWriter json, T record)
    {
        string group = "";
        json.WriteStartObject();
        for (int i = 0; i < _inFile.Length; i++)
        {
            (string own, string name) = Names[i];
            if (own != group && group != "") json.WriteEndObject();
            if (own != group && own != "") json.WriteStartObject(own[..^1]);
            _inFile[i].Write(json, name, record);
            group = own;
        }

        if (group != "") json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Reads an object.</summary>
    /// <param name="json">At the object's beginning; then at its end.</param>
    /// <param name="path">Where that is, for messages.</param>
    /// <param name="fault">A word that is none of the format's; null where all are.</param>
    /// <exception cref="JsonException">A member is unknown, repeated, missing or of another type.</exception>
    public T Read(ref Utf8JsonReader json, string path, out string? fault)
    {
        var reading = new FieldReading(path + ".");
        if (json.TokenType != JsonTokenType.StartObject) throw new JsonException("an object was expected", path, 0, json.TokenStartIndex);
        T record = Read(ref json, "", reading);
        fault = reading.Fault is var (key, message) ? $"{key} {message}" : null;
        return record;
    }

    /// <summary>Reads a record that is all of a section.</summary>
    /// <exception cref="JsonException">A member is unknown, repeated, missing or of another type.</exception>
    /// <exception cref="ArgumentException">A word is none of the format's.</exception>
    internal T Read(ReadOnlyMemory<byte> section)
    {
        var json = new Utf8JsonReader(section.Span);
        json.Read();
        T record = Read(ref json, "$", out string? fault);
        if (fault is not null) Throw.Argument(fault);
        return record;
    }

    /// <summary>Reads a record inside another.</summary>
    /// <param name="json">At the object's beginning; then at its end.</param>
    /// <param name="path">What stands before a member's name: nothing, or <c>a.</c>.</param>
    /// <param name="reading">Told what is found out.</param>
    /// <exception cref="JsonException">A member is unknown, repeated, missing or of another type.</exception>
    internal T Read(ref Utf8JsonReader json, string path, FieldReading reading)
    {
        (T record, long start) = (blank, json.TokenStartIndex);
        var found = new MemberPresence[Names.Count];
        ReadObject(ref json, path, "", reading, found, ref record);
        for (int i = 0; i < _inFile.Length; i++)
        {
            if (found[i] == MemberPresence.Value) continue;
            Field<T> field = _inFile[i];
            if (field.IsRequired) throw reading.Refused(path + field.Json, $"the key {path}{field.Json} is missing", start);
            record = field.WithUsual(record);
        }

        return record;
    }

    private static Field<T>[] InFile(Field<T>[] fields, string[] first)
    {
        var inFile = new Field<T>[fields.Length];
        int count = 0;
        foreach (string name in first)
        {
            inFile[count++] = Array.Find(fields, field => field.Json == name)
                ?? throw new ArgumentException($"there is no member '{name}' to stand first");
        }

        foreach (Field<T> field in fields)
        {
            if (Array.IndexOf(first, field.Json) < 0) inFile[count++] = field;
        }

        return inFile;
    }

    private void ReadObject(ref Utf8JsonReader json, string path, string group, FieldReading reading, MemberPresence[] found, ref T record)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            long start = json.TokenStartIndex;
            int index = Names.Find(json, group);
            if (index < 0)
            {
                string shown = path + Words.Shown(group + json.GetString());
                throw reading.Refused(shown, $"{shown} is no key of {what}{Names.Known()}", start);
            }

            string name = Names[index].Name, key = path + group + name;
            Field<T>? field = index < _inFile.Length ? _inFile[index] : null;
            reading.See(key, start);
            if (found[index] != MemberPresence.None) throw reading.Refused(key, $"{key} stands twice", start);
            json.Read();
            bool isLeftOut = json.TokenType == JsonTokenType.Null && field is { IsRequired: false };
            found[index] = isLeftOut ? MemberPresence.Null : MemberPresence.Value;
            if (isLeftOut) continue;
            bool isOfType;
            if (field is null)
            {
                isOfType = json.TokenType == JsonTokenType.StartObject;
                if (isOfType) ReadObject(ref json, path, name + '.', reading, found, ref record);
            }
            else
            {
                isOfType = field.TryRead(ref json, key, reading, ref record);
            }

            if (!isOfType) throw reading.OfAnotherType(key, json, field?.Spelling.Expected ?? "an object", start);
        }
    }
}
