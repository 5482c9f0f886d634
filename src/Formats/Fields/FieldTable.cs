using System.Text.Json;
using TinySD.Formats.Container;

namespace TinySD.Formats.Fields;

/// <summary>All figures of a record, each once: its JSON, its options, its rows in reports, and what two records differ in come from here.</summary>
/// <typeparam name="T">The record.</typeparam>
/// <param name="blank">A record to be filled from a file.</param>
/// <param name="fields">The figures, in the order of help and reports.</param>
/// <param name="first">Members that stand first in a file, in this order; the others follow in the order of help and reports.</param>
public sealed class FieldTable<T>(T blank, IReadOnlyList<Field<T>> fields, params IReadOnlyList<string> first) : IRecordFormat<T>
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
        T record = blank;
        fault = null;
        var missing = new List<Field<T>>(_inFile);
        ReadObject(ref json, path, "", missing, ref record, ref fault);
        foreach (Field<T> field in missing)
        {
            if (field.IsRequired) throw Refused(json, path, field.Json, "is missing");
            record = field.WithUsual(record);
        }

        return record;
    }

    private void ReadObject(ref Utf8JsonReader json, string path, string group, List<Field<T>> missing, ref T record, ref string? fault)
    {
        if (json.TokenType != JsonTokenType.StartObject) throw Refused(json, path, group.TrimEnd('.'), "is no object");
        var names = new HashSet<string>();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = group + json.GetString();
            Field<T>? field = Array.Find(_inFile, known => known.Json == name);
            bool isGroup = group == "" && Array.Exists(_inFile, known => known.Json.StartsWith(name + '.', StringComparison.Ordinal));
            if (field is null && !isGroup) throw Refused(json, path, name, "is no member of it");
            if (!names.Add(name)) throw Refused(json, path, name, "is there twice");
            json.Read();
            if (field is null)
            {
                ReadObject(ref json, path, name + '.', missing, ref record, ref fault);
            }
            else if (json.TokenType != JsonTokenType.Null || field.IsRequired)
            {
                missing.Remove(field);
                if (!field.TryRead(ref json, ref record, out string? found)) throw Refused(json, path, name, $"is not {field.Spelling.Expected}");
                fault ??= found;
            }
        }
    }

    // With a path and a place of its own, or the JSON library would name the object that all of this is.
    private static JsonException Refused(in Utf8JsonReader json, string path, string name, string why) =>
        new($"'{Words.Shown(name)}' {why}", name == "" ? path : $"{path}.{name}", 0, json.TokenStartIndex);
}
