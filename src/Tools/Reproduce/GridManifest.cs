using TinySD.Tools.Json;
using TinySD.Tools.Machines;

namespace TinySD.Tools.Reproduce;

/// <summary>What all runs in a grid's folder share: another setting or other data make another grid.</summary>
/// <param name="Format">Of this file.</param>
/// <param name="WrittenBy">The program that began the grid.</param>
/// <param name="Settings">Options and their values, the epochs as they are after <c>--scale</c>.</param>
internal sealed record GridManifest(int Format, string WrittenBy, IReadOnlyDictionary<string, string> Settings) : IGridFile, IJsonObject
{
    public const int CurrentFormat = 1;

    /// <summary>What the task says of its data.</summary>
    public Dictionary<string, JsonElement> Data { get; init; } = [];

    public static GridManifest Of(GridTask task) =>
        new(CurrentFormat, BuildFacts.Name, SettingsOf(task)) { Data = task.Data };

    private static Dictionary<string, string> SettingsOf(GridTask task)
    {
        var settings = new Dictionary<string, string>();
        foreach ((string option, string value) in task.Rows()) settings.Add(option, value);
        return settings;
    }

    public static GridManifest Read(GridMembers json)
    {
        var (settings, data) = (new Dictionary<string, string>(), new Dictionary<string, JsonElement>());
        GridMembers texts = json.Object("settings");
        foreach (JsonProperty setting in texts.All)
            settings[setting.Name] = setting.Value.ValueKind == JsonValueKind.Null ? null! : texts.String(setting.Name);
        foreach (JsonProperty member in json.All)
        {
            if (member.Name is not ("format" or "writtenBy" or "settings")) data[member.Name] = member.Value;
        }

        return new(json.Int("format"), json.String("writtenBy"), settings) { Data = data };
    }

    public void Write(JsonMembers json)
    {
        json.Add(Format).Add(WrittenBy).Add(Settings);
        foreach ((string name, JsonElement data) in Data) json.Add(data, name);
    }

    public string? FindFault(GridKind kind)
    {
        if (Format < 1) return $"its format is {Format}; 1 to {CurrentFormat} was expected";
        foreach ((string option, string? value) in Settings)
        {
            if (value is null) return $"its setting {option} is null";
        }

        return Format > CurrentFormat ? null : kind.FindFault(Data);
    }

    /// <summary>Refuses to go on with a grid of other settings.</summary>
    /// <exception cref="UsageException">A setting differs.</exception>
    public void Check(GridManifest asked, GridKind kind, string folder)
    {
        foreach (string option in Settings.Keys.Union(asked.Settings.Keys))
        {
            string was = kind.ValueOf(option, Settings.GetValueOrDefault(option));
            string now = kind.ValueOf(option, asked.Settings.GetValueOrDefault(option));
            if (was == now) continue;
            throw new UsageException(
                $"{option} is {now}, and the grid in {folder} has {was} (both after --scale); give the grid's own options, or another " +
                "folder for --dir.");
        }
    }
}
