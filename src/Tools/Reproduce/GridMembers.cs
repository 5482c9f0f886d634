using TinySD.Tools.Training;

namespace TinySD.Tools.Reproduce;

/// <summary>An object in a file of a grid's folder. Members that it does not ask for are passed over.</summary>
/// <param name="json">The object.</param>
/// <param name="words">What the task is measured by; null where nothing is.</param>
/// <exception cref="JsonException">From all that reads: a member is missing, or of another type.</exception>
internal sealed class GridMembers(JsonElement json, TaskWords? words)
{
    private const int ShownLength = 40;

    private const string Text = "a string", Number = "a number", Whole = "a whole number";

    /// <summary>All members.</summary>
    public JsonElement.ObjectEnumerator All => json.EnumerateObject();

    /// <summary>An object.</summary>
    public static GridMembers Of(string name, JsonElement json, TaskWords? words = null) =>
        json.ValueKind == JsonValueKind.Object ? new(json, words) : throw Other(name, json, "an object");

    public string String(string name) =>
        Find(name) is { ValueKind: JsonValueKind.String } found ? found.GetString()! : throw Wrong(name, Text);

    public int Int(string name) =>
        Find(name) is { ValueKind: JsonValueKind.Number } found && found.TryGetInt32(out int value) ? value : throw Wrong(name, Whole);

    public long Long(string name) =>
        Find(name) is { ValueKind: JsonValueKind.Number } found && found.TryGetInt64(out long value) ? value : throw Wrong(name, Whole);

    public ulong Seed(string name) => Find(name) is { ValueKind: JsonValueKind.Number } found && found.TryGetUInt64(out ulong value)
        ? value
        : throw Wrong(name, "a whole number of at least 0");

    public float Single(string name) =>
        Find(name) is { ValueKind: JsonValueKind.Number } found && found.TryGetSingle(out float value) ? value : throw Wrong(name, Number);

    public double Double(string name) => Find(name) is { ValueKind: JsonValueKind.Number } found && found.TryGetDouble(out double value)
        ? value
        : throw Wrong(name, Number);

    /// <summary>The metric on some data. Null says of exp of the loss, which stands beside it, that no number holds it, and of others that
    /// they were not measured.</summary>
    public double Metric(string data)
    {
        string name = data + words!.JsonEnd;
        return Find(name) is not { ValueKind: JsonValueKind.Null } ? Double(name)
            : words.IsExpOfLoss ? double.PositiveInfinity : double.NaN;
    }

    public int? IntIfAny(string name) => Has(name) ? Int(name) : null;

    public double? DoubleIfAny(string name) => Has(name) ? Double(name) : null;

    public GridMembers Object(string name) => Find(name) is { } found ? Of(name, found, words) : throw Wrong(name, "an object");

    /// <summary>A list of objects; what is null stays so.</summary>
    public T[] List<T>(string name, Func<GridMembers, T> read)
        where T : class
    {
        if (Find(name) is not { ValueKind: JsonValueKind.Array } found) throw Wrong(name, "a list");
        var items = new List<T>();
        foreach (JsonElement item in found.EnumerateArray())
            items.Add(item.ValueKind == JsonValueKind.Null ? null! : read(Of($"{name}[{items.Count}]", item, words)));
        return [.. items];
    }

    private bool Has(string name) => Find(name) is not (null or { ValueKind: JsonValueKind.Null });

    private JsonElement? Find(string name) => json.TryGetProperty(name, out JsonElement found) ? found : null;

    private JsonException Wrong(string name, string expected) => Other(name, Find(name) ?? default, expected);

    private static JsonException Other(string name, JsonElement found, string expected) => new(
        found.ValueKind == JsonValueKind.Undefined
            ? $"{name} is missing"
            : $"{name} is {VisibleText.Cut(found.GetRawText(), ShownLength)}; {expected} was expected");
}
