using System.Runtime.CompilerServices;

namespace TinySD.Tools.Json;

/// <summary>Something that is written as a JSON object.</summary>
internal interface IJsonObject
{
    /// <summary>Writes its members, in their order.</summary>
    void Write(JsonMembers json);
}

/// <summary>Writes the members of JSON objects: each has the name of what is added, in camel case, and is left out where there is no value.
/// A number that is not finite is null.</summary>
/// <remarks>By hand, since a serializer's description of every type would be a good part of the whole program.</remarks>
/// <param name="writer">Where they go.</param>
internal sealed class JsonMembers(Utf8JsonWriter writer)
{
    private const string MetricEnd = "Metric";

    /// <summary>What names end in that end in <c>Metric</c>; null for as they are.</summary>
    public string? Metric { get; init; }

    /// <summary>An object with these members, to be kept.</summary>
    public static JsonElement ElementOf(Action<JsonMembers> members)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes)) new JsonMembers(writer).Write(members);
        return JsonElement.Parse(bytes.WrittenSpan);
    }

    /// <summary>Writes an object.</summary>
    public void Write(IJsonObject value) => Write(value.Write);

    /// <summary>Writes an object with these members.</summary>
    public void Write(Action<JsonMembers> members)
    {
        writer.WriteStartObject();
        members(this);
        writer.WriteEndObject();
    }

    public JsonMembers Add(string? value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (value is not null) writer.WriteString(Named(name), value);
        return this;
    }

    public JsonMembers Add(bool? value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (value is { } known) writer.WriteBoolean(Named(name), known);
        return this;
    }

    public JsonMembers Add(long? value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (value is { } known) writer.WriteNumber(Named(name), known);
        return this;
    }

    public JsonMembers Add(ulong value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        writer.WriteNumber(Named(name), value);
        return this;
    }

    public JsonMembers Add(float? value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (value is { } known) writer.WriteNumber(Named(name), known);
        return this;
    }

    public JsonMembers Add(double? value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (value is not { } known) return this;
        writer.WritePropertyName(Named(name));
        FiniteNumber.Write(writer, known);
        return this;
    }

    public JsonMembers Add(DateTime value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        writer.WriteString(Named(name), value);
        return this;
    }

    /// <summary>Adds bytes, in base64.</summary>
    public JsonMembers Add(byte[]? value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (value is not null) writer.WriteBase64String(Named(name), value);
        return this;
    }

    public JsonMembers Add(JsonElement value, string name)
    {
        writer.WritePropertyName(name);
        value.WriteTo(writer);
        return this;
    }

    public JsonMembers Add(IJsonObject? value, [CallerArgumentExpression(nameof(value))] string name = "")
    {
        if (value is null) return this;
        writer.WritePropertyName(Named(name));
        Write(value);
        return this;
    }

    /// <summary>Adds an object with these members.</summary>
    public JsonMembers Add(Action<JsonMembers> members, string name)
    {
        writer.WritePropertyName(name);
        Write(members);
        return this;
    }

    /// <summary>Adds members that have a writer of their own.</summary>
    public JsonMembers AddAll(Action<Utf8JsonWriter> members)
    {
        members(writer);
        return this;
    }

    public JsonMembers Add(IReadOnlyList<IJsonObject>? values, [CallerArgumentExpression(nameof(values))] string name = "")
    {
        if (values is null) return this;
        writer.WriteStartArray(Named(name));
        foreach (IJsonObject value in values) Write(value);
        writer.WriteEndArray();
        return this;
    }

    public JsonMembers Add(IReadOnlyList<string>? values, [CallerArgumentExpression(nameof(values))] string name = "")
    {
        if (values is null) return this;
        writer.WriteStartArray(Named(name));
        foreach (string value in values) writer.WriteStringValue(value);
        writer.WriteEndArray();
        return this;
    }

    public JsonMembers Add(IReadOnlyList<int>? values, [CallerArgumentExpression(nameof(values))] string name = "")
    {
        if (values is null) return this;
        writer.WriteStartArray(Named(name));
        foreach (int value in values) writer.WriteNumberValue(value);
        writer.WriteEndArray();
        return this;
    }

    public JsonMembers Add(IReadOnlyList<long>? values, [CallerArgumentExpression(nameof(values))] string name = "")
    {
        if (values is null) return this;
        writer.WriteStartArray(Named(name));
        foreach (long value in values) writer.WriteNumberValue(value);
        writer.WriteEndArray();
        return this;
    }

    public JsonMembers Add(IReadOnlyList<double>? values, [CallerArgumentExpression(nameof(values))] string name = "")
    {
        if (values is null) return this;
        writer.WriteStartArray(Named(name));
        foreach (double value in values) FiniteNumber.Write(writer, value);
        writer.WriteEndArray();
        return this;
    }

    public JsonMembers Add(IReadOnlyDictionary<string, double> values, [CallerArgumentExpression(nameof(values))] string name = "")
    {
        writer.WriteStartObject(Named(name));
        foreach ((string key, double value) in values)
        {
            writer.WritePropertyName(key);
            FiniteNumber.Write(writer, value);
        }

        writer.WriteEndObject();
        return this;
    }

    public JsonMembers Add(IReadOnlyDictionary<string, string> values, [CallerArgumentExpression(nameof(values))] string name = "")
    {
        writer.WriteStartObject(Named(name));
        foreach ((string key, string value) in values) writer.WriteString(key, value);
        writer.WriteEndObject();
        return this;
    }

    private string Named(string name)
    {
        if (Metric is not null && name.Length > MetricEnd.Length && name.EndsWith(MetricEnd, StringComparison.Ordinal))
            name = name[..^MetricEnd.Length] + Metric;
        return JsonNamingPolicy.CamelCase.ConvertName(name);
    }
}
