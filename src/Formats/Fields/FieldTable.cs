using TinySD.Formats.Container;

namespace TinySD.Formats.Fields;

/// <summary>All figures of a record, each once: its JSON, options, rows in reports, and what two records differ in come from
/// here.</summary>
/// <typeparam name="T">The record.</typeparam>
/// <param name="what">What files have of the record, for messages: <c>a recipe</c>.</param>
/// <param name="blank">A record to be filled from a file.</param>
/// <param name="fields">The figures, in the order of help and reports.</param>
/// <param name="first">Members that stand first in a file, in this order; the others follow in the order of help and reports.</param>
public sealed class FieldTable<T>(string what, T blank, IReadOnlyList<Field<T>> fields, params IReadOnlyList<string> first)
    : IRecordFormat<T>
{
    private readonly Field<T>[] _inFile =
        [.. first.Select(name => fields.First(field => field.Json == name)), .. fields.Where(field => !first.Contains(field.Json))];

    /// <summary>The figures, in the order of help and reports.</summary>
    public IReadOnlyList<Field<T>> Fields => fields;

    /// <summary>The figure that an option sets, or null.</summary>
    public Field<T>? Find(string option) => fields.FirstOrDefault(field => field.Option == option);

    /// <summary>Options and values of all figures that say something.</summary>
    public IEnumerable<(string Option, string Value)> Rows(T record) =>
        from field in fields let value = field.SaidOf(record) where value is not null select (field.Option, value);

    /// <summary>The figures in which two records differ, with their values; null where a figure says nothing.</summary>
    public IEnumerable<(string Option, string? One, string? Other)> Differences(T one, T other) =>
        from field in fields let was = field.SaidOf(one) let now = field.SaidOf(other) where was != now select (field.Option, was, now);

    /// <summary>Writes all figures as members of a result.</summary>
    public void WriteResult(Utf8JsonWriter json, T record)
    {
        foreach (Field<T> field in fields) field.WriteResult(json, record);
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json, T record)
    {
        string group = "";
        json.WriteStartObject();
        foreach (Field<T> field in _inFile)
        {
            string own = field.Json[..(field.Json.IndexOf('.', StringComparison.Ordinal) + 1)];
            if (own != group && group != "") json.WriteEndObject();
            if (own != group && own != "") json.WriteStartObject(own[..^1]);
            field.Write(json, field.Json[own.Length..], record);
            group = own;
        }

        if (group != "") json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <inheritdoc/>
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
        var json = new Utf8JsonReader(section.Span, new JsonReaderOptions { MaxDepth = TsdHeader.MaxDepth });
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
        var missing = new List<Field<T>>(_inFile);
        ReadObject(ref json, path, "", reading, missing, ref record);
        foreach (Field<T> field in missing)
        {
            if (field.IsRequired) throw reading.Refused(path + field.Json, $"the key {path}{field.Json} is missing", start);
            record = field.WithUsual(record);
        }

        return record;
    }

    private void ReadObject(ref Utf8JsonReader json, string path, string group, FieldReading reading, List<Field<T>> missing, ref T record)
    {
        var seen = new HashSet<string>();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            long start = json.TokenStartIndex;
            string name = group + json.GetString(), key = path + name;
            Field<T>? field = Array.Find(_inFile, known => known.Json == name);
            bool isGroup = group == "" && Array.Exists(_inFile, known => known.Json.StartsWith(name + '.', StringComparison.Ordinal));
            string shown = path + Words.Shown(name);
            if (field is null && !isGroup) throw reading.Refused(shown, $"{shown} is no key of {what}{Known()}", start);
            reading.See(key, start);
            if (!seen.Add(name)) throw reading.Refused(key, $"{key} stands twice", start);
            json.Read();
            if (json.TokenType == JsonTokenType.Null && field is { IsRequired: false }) continue;
            bool isOfType;
            if (field is null)
            {
                isOfType = json.TokenType == JsonTokenType.StartObject;
                if (isOfType) ReadObject(ref json, path, name + '.', reading, missing, ref record);
            }
            else
            {
                missing.Remove(field);
                isOfType = field.TryRead(ref json, key, reading, ref record);
            }

            if (!isOfType) throw reading.Refused(key, $"{key} is {Found(json)}; expected {field?.Spelling.Expected ?? "an object"}", start);
        }
    }

    // Of few, which they are.
    private string Known() => fields.Count > 16 ? "" : $"; {string.Join(", ", _inFile.Select(field => field.Json))} are";

    private static string Found(in Utf8JsonReader json) => json.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.Null => "null",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.String => $"the string '{Words.Shown(json.GetString()!)}'",
        _ => Words.Shown(Encoding.UTF8.GetString(json.ValueSpan)),
    };
}

/// <summary>A record inside another.</summary>
internal sealed class Nested<T>(FieldTable<T> table) : Spelling<T?>("OBJECT", "an object")
    where T : class
{
    public override bool TryParse(string word, out T? value)
    {
        value = null;
        return false;
    }

    public override string NameOf(T? value) => $"{value}";

    internal override void Write(Utf8JsonWriter json, string name, T? value)
    {
        json.WritePropertyName(name);
        table.Write(json, value!);
    }

    internal override bool TryRead(ref Utf8JsonReader json, string key, FieldReading reading, out T? value)
    {
        bool isObject = json.TokenType == JsonTokenType.StartObject;
        value = isObject ? table.Read(ref json, key + ".", reading) : null;
        return isObject;
    }
}
