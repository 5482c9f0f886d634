using System.Text.Json.Nodes;

namespace TinySD.Tools.Tests;

/// <summary>Puts values that nobody would write in the place of every value of a JSON document, one at a time.</summary>
internal static class HostileJson
{
    private static readonly string[] s_values =
    [
        "-1", "0", "1", "2147483647", "2147483648", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "1e308",
        "-1e308", "1e39", "1e-320",
        "0.5", "null", "true", "\"\"", "\"x\"", "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59.9999999+14:00\"", "[]", "{}", "[null]",
    ];

    /// <summary>Every document that differs from a good one in one value, or lacks one, with what was done to it.</summary>
    /// <param name="json">The good one.</param>
    /// <param name="only">Only these members of the top are changed; all where none is named.</param>
    public static IEnumerable<(string What, JsonNode Document)> Variants(JsonNode json, params string[] only)
    {
        List<string[]> places = [];
        Collect(json, [], places);
        foreach (string[] place in places.Where(place => only.Length == 0 || only.Contains(place[0])))
        {
            foreach (string? value in s_values.Append(null))
            {
                JsonNode copy = json.DeepClone(), parent = place[..^1].Aggregate(copy, At);
                if (value is null && parent is JsonObject members) members.Remove(place[^1]);
                else if (value is null) parent.AsArray().RemoveAt(int.Parse(place[^1], System.Globalization.CultureInfo.InvariantCulture));
                else Put(parent, place[^1], JsonNode.Parse(value));
                yield return ($"{string.Join('.', place)} = {value ?? "(gone)"}", copy);
            }
        }
    }

    private static void Collect(JsonNode? node, string[] at, List<string[]> places)
    {
        if (at.Length > 0) places.Add(at);
        if (node is JsonObject members)
        {
            foreach ((string name, JsonNode? value) in members) Collect(value, [.. at, name], places);
        }
        else if (node is JsonArray array)
        {
            // The first and the last are as good as all.
            foreach (int index in new HashSet<int> { 0, array.Count - 1 }.Where(index => index >= 0 && index < array.Count))
                Collect(array[index], [.. at, $"{index}"], places);
        }
    }

    private static JsonNode At(JsonNode node, string name) =>
        node is JsonArray array ? array[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)]! : node[name]!;

    private static void Put(JsonNode parent, string name, JsonNode? value)
    {
        if (parent is JsonArray array) array[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)] = value;
        else parent[name] = value;
    }
}
