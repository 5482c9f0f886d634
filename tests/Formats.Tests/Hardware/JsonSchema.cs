using System.Text.Json;
using System.Text.RegularExpressions;

namespace TinySD.Formats.Tests;

/// <summary>The keywords of JSON Schema 2020-12 that the profiles' schema uses, and no others: an unknown one is an error, so that a schema
/// which says more than is checked here is found out.</summary>
internal sealed class JsonSchema
{
    private static readonly HashSet<string> _notes = ["$schema", "title", "description", "default", "$defs"];

    private readonly JsonElement _root;

    public JsonSchema(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        _root = document.RootElement.Clone();
    }

    /// <summary>The first thing that is wrong with a document, or null.</summary>
    public string? FindFault(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        using JsonDocument document = JsonDocument.ParseValue(ref reader);
        return Check(_root, document.RootElement, "$").FirstOrDefault();
    }

    private IEnumerable<string> Check(JsonElement schema, JsonElement value, string at)
    {
        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            if (_notes.Contains(keyword.Name)) continue;
            foreach (string fault in Check(schema, keyword.Name, keyword.Value, value, at)) yield return fault;
        }
    }

    private IEnumerable<string> Check(JsonElement schema, string keyword, JsonElement rule, JsonElement value, string at)
    {
        bool isObject = value.ValueKind == JsonValueKind.Object, isNumber = value.ValueKind == JsonValueKind.Number;
        return keyword switch
        {
            "type" => Unless(IsOfType(value, rule.GetString()!), $"{at} is no {rule}"),
            "enum" => Unless(rule.EnumerateArray().Any(known => JsonElement.DeepEquals(known, value)), $"{at} is none of {rule}"),
            "const" => Unless(JsonElement.DeepEquals(rule, value), $"{at} is not {rule}"),
            "minimum" => Unless(!isNumber || value.GetDouble() >= rule.GetDouble(), $"{at} is below {rule}"),
            "maximum" => Unless(!isNumber || value.GetDouble() <= rule.GetDouble(), $"{at} is above {rule}"),
            "exclusiveMinimum" => Unless(!isNumber || value.GetDouble() > rule.GetDouble(), $"{at} is not above {rule}"),
            "multipleOf" => Unless(!isNumber || value.GetDouble() % rule.GetDouble() == 0, $"{at} is no multiple of {rule}"),
            "minLength" => Unless(value.ValueKind != JsonValueKind.String || value.GetString()!.Length >= rule.GetInt32(),
                $"{at} is too short"),
            "maxLength" => Unless(value.ValueKind != JsonValueKind.String || value.GetString()!.Length <= rule.GetInt32(),
                $"{at} is too long"),
            "pattern" => Unless(
                value.ValueKind != JsonValueKind.String || Regex.IsMatch(value.GetString()!, rule.GetString()!),
                $"{at} does not match {rule}"),
            "required" => !isObject
                ? []
                : rule.EnumerateArray().Where(key => !value.TryGetProperty(key.GetString()!, out _)).Select(key => $"{at} has no {key}"),
            "properties" => !isObject ? [] : value.EnumerateObject().Where(member => rule.TryGetProperty(member.Name, out _))
                .SelectMany(member => Check(rule.GetProperty(member.Name), member.Value, $"{at}.{member.Name}")),
            "additionalProperties" when rule.ValueKind == JsonValueKind.False => !isObject ? [] : value.EnumerateObject()
                .Where(member => !schema.GetProperty("properties").TryGetProperty(member.Name, out _))
                .Select(member => $"{at} must not have {member.Name}"),
            "oneOf" => Unless(rule.EnumerateArray().Count(one => !Check(one, value, at).Any()) == 1, $"{at} is not one of the kinds"),
            "not" => Unless(Check(rule, value, at).Any(), $"{at} has what it must not have"),
            "$ref" => Check(Resolve(rule.GetString()!), value, at),
            _ => throw new InvalidOperationException($"the schema uses the keyword '{keyword}', which this check does not know"),
        };
    }

    private static IEnumerable<string> Unless(bool isRight, string fault) => isRight ? [] : [fault];

    private static bool IsOfType(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        _ => throw new InvalidOperationException($"the schema names the type '{type}', which this check does not know"),
    };

    private JsonElement Resolve(string reference)
    {
        JsonElement at = _root;
        foreach (string step in reference.Split('/').Skip(1)) at = at.GetProperty(step);
        return at;
    }
}
