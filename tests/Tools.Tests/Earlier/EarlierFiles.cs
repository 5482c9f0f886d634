using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace TinySD.Tools.Tests;

/// <summary>The files of one earlier version, and the figures that it had of them.</summary>
internal static class EarlierFiles
{
    /// <summary>Where figures of times, places and machines stand, and nothing that a model or a run is.</summary>
    private static readonly string[] s_passing =
    [
        "seconds", "totalSeconds", "tokensPerSecond", "threads", "machine", "trainedBy", "date", "command", "times", "profile", "file",
        "model", "output", "offset", "meaning",
    ];

    /// <summary>What figures are called now that had another name.</summary>
    private static readonly Dictionary<string, string> s_renamed = [];

    public static string Data { get; } = Path.Combine(Checkout.Root, "tests", "Tools.Tests", "Earlier", "Data");

    /// <summary>The versions, by the names of their folders.</summary>
    public static IEnumerable<string> Versions =>
        from path in Directory.GetDirectories(Data)
        where File.Exists(Figures(path))
        orderby path
        select Path.GetFileName(path);

    public static string Folder(string version) => Path.Combine(Data, version);

    public static string Figures(string folder) => Path.Combine(folder, "figures.json");

    /// <summary>Names of what a version has of a kind: <c>models</c>, <c>checkpoints</c>, <c>schedules</c> or <c>stacks</c>.</summary>
    public static IEnumerable<(string Version, string Name)> All(string kind) =>
        from version in Versions
        from item in Read(version)[kind]!.AsObject()
        select (version, item.Key);

    /// <summary>What a version had of one of them.</summary>
    public static JsonObject Recorded(string version, string kind, string name) => Read(version)[kind]![name]!.AsObject();

    public static JsonObject Read(string version) => JsonNode.Parse(File.ReadAllText(Figures(Folder(version))))!.AsObject();

    /// <summary>A JSON object without what differs from run to run; each of its tensors in one line.</summary>
    public static JsonNode Lasting(string json)
    {
        JsonNode node = JsonNode.Parse(json)!;
        Strip(node);
        return node;
    }

    /// <summary>Names and SHA-256 of a safetensors file's tensors, read by hand.</summary>
    public static JsonObject Tensors(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int start = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        var found = new JsonObject();
        foreach ((string name, JsonNode? tensor) in JsonNode.Parse(file.AsSpan(8, start - 8))!.AsObject())
        {
            if (tensor!["data_offsets"] is not JsonArray place) continue;
            Range range = (start + place[0]!.GetValue<int>())..(start + place[1]!.GetValue<int>());
            string hash = Convert.ToHexStringLower(SHA256.HashData(file.AsSpan()[range]));
            found[name] = $"{tensor["dtype"]}{tensor["shape"]!.ToJsonString()} {hash}";
        }

        return found;
    }

    /// <summary>What is other now than it was recorded, by its path; what is new now is no difference.</summary>
    public static IEnumerable<string> Differences(JsonNode? recorded, JsonNode? now, string path = "")
    {
        if (recorded is JsonObject fields && now is JsonObject others)
            return fields.SelectMany(field => Differences(field.Value, others[NameNow($"{path}/{field.Key}")], $"{path}/{field.Key}"));
        if (recorded is JsonArray items && now is JsonArray found && items.Count == found.Count)
            return items.SelectMany((item, i) => Differences(item, found[i], $"{path}/{i}"));
        if (JsonNode.DeepEquals(recorded, now)) return [];
        bool isOtherWord = WordNow(path, recorded?.ToString()) is { } word && word == now?.ToString();
        return isOtherWord ? [] : [$"{path}: {Show(recorded)} then, {Show(now)} now"];

        static string Show(JsonNode? node) => node?.ToJsonString() ?? "nothing";
    }

    // Results once had other words than files.
    private static string NameNow(string path)
    {
        string name = path[(path.LastIndexOf('/') + 1)..];
        return path.EndsWith("/recipe/preset", StringComparison.Ordinal) ? "name" : s_renamed.GetValueOrDefault(name, name);
    }

    private static string? WordNow(string path, string? word) => (path[(path.LastIndexOf('/') + 1)..], word) switch
    {
        ("draw", "exact") => "exact-count",
        ("eos", "auto") => "where-missing",
        _ => null,
    };

    private static string Line(JsonNode tensor) => $"{tensor["dtype"]}{tensor["shape"]!.ToJsonString()} {tensor["checksum"]}";

    private static void Strip(JsonNode? node)
    {
        if (node is JsonArray items)
        {
            foreach (JsonNode? item in items) Strip(item);
        }

        if (node is not JsonObject fields) return;
        foreach (string key in s_passing) fields.Remove(key);
        if (fields["tensors"] is JsonArray tensors)
        {
            var lines = new JsonObject();
            foreach (JsonNode? tensor in tensors) lines[tensor!["name"]!.GetValue<string>()] = Line(tensor);
            fields["tensors"] = lines;
        }

        foreach ((_, JsonNode? value) in fields) Strip(value);
    }
}
