using TinySD.Tools.Json;

namespace TinySD.Tools.Reproduce;

/// <summary>Data that a grid trains or measures on, so that they are known again.</summary>
/// <param name="Path">The file as it was given.</param>
/// <param name="Count">How many there are: sequences, rows.</param>
/// <param name="Checksum">What <see cref="Fingerprint"/> says of them.</param>
internal sealed record GridSet(string Path, long Count, string Checksum) : IJsonObject
{
    public void Write(JsonMembers json) => json.Add(Path).Add(Count).Add(Checksum);
}

/// <summary>The data of a grid by the names of their options, without the dashes, as its manifest has them.</summary>
/// <param name="terms">What they are counted in, for example <c>sequence</c>.</param>
/// <param name="sets">The data, in the order of the help.</param>
internal sealed class GridSets(string terms, params IReadOnlyList<(string Name, GridSet? Set)> sets)
{
    private IEnumerable<(string Name, GridSet Set)> Known =>
        sets.Where(entry => entry.Set is not null).Select(entry => (entry.Name, entry.Set!));

    /// <summary>What a manifest says of them.</summary>
    public Dictionary<string, JsonElement> ToManifest() => Known.ToDictionary(
        entry => entry.Name, entry => JsonMembers.ElementOf(entry.Set.Write));

    /// <summary>What is impossible in that, or null.</summary>
    /// <exception cref="JsonException">It is of other types.</exception>
    public static string? FindFault(Dictionary<string, JsonElement> manifest)
    {
        foreach ((string name, JsonElement element) in manifest)
        {
            if (Read(name, element) is not { } set) return $"{name} is null";
            if (set.Count < 1) return $"{name} has {set.Count} of what it counts; at least 1 was expected";
        }

        return null;
    }

    /// <summary>Refuses other data than a manifest's.</summary>
    /// <exception cref="FailureException">They are others.</exception>
    public void Check(Dictionary<string, JsonElement> manifest, string folder)
    {
        foreach ((string name, GridSet now) in Known)
        {
            GridSet? was = manifest.TryGetValue(name, out JsonElement element) ? Read(name, element) : null;
            string? why = was is null ? "it has none"
                : was.Count != now.Count ? $"{Figures.Count(was.Count, terms)} expected, {Figures.Count(now.Count)} found"
                : was.Checksum != now.Checksum ? $"it has as many {terms}s, but not the same ones"
                : null;
            if (why is null) continue;
            throw new FailureException(
                $"--{name} {now.Path} is not that of the grid in {folder}: {why}. Give the grid's own file, or another folder for --dir.");
        }
    }

    /// <summary>Adds names and counts to a report.</summary>
    public void Write(JsonMembers json)
    {
        foreach ((string name, GridSet set) in Known)
            json.Add(members => members.Add(Path.GetFileName(set.Path), "name").Add(set.Count, $"{terms}s"), name);
    }

    private static GridSet? Read(string name, JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Null) return null;
        var json = GridMembers.Of(name, element);
        return new(json.String("path"), json.Long("count"), json.String("checksum"));
    }
}
