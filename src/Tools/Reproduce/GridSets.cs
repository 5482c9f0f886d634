namespace TinySD.Tools.Reproduce;

/// <summary>Data that a grid trains or measures on, so that they are known again.</summary>
/// <param name="Path">The file as it was given.</param>
/// <param name="Count">How many there are: sequences, rows.</param>
/// <param name="Checksum">What <see cref="Fingerprint"/> says of them.</param>
internal sealed record GridSet(string Path, long Count, string Checksum);

/// <summary>The data of a grid by the names of their options, without the dashes, as its manifest has them.</summary>
/// <param name="terms">What they are counted in, for example <c>sequence</c>.</param>
/// <param name="sets">The data, in the order of the help.</param>
internal sealed class GridSets(string terms, params IReadOnlyList<(string Name, GridSet? Set)> sets)
{
    private IEnumerable<(string Name, GridSet Set)> Known =>
        sets.Where(entry => entry.Set is not null).Select(entry => (entry.Name, entry.Set!));

    /// <summary>What a manifest says of them.</summary>
    public Dictionary<string, JsonElement> ToManifest() => Known.ToDictionary(
        entry => entry.Name, entry => JsonSerializer.SerializeToElement(entry.Set, GridJson.Default.GridSet));

    /// <summary>What is impossible in that, or null.</summary>
    /// <exception cref="JsonException">It is of other types.</exception>
    public static string? FindFault(Dictionary<string, JsonElement> manifest)
    {
        foreach ((string name, JsonElement element) in manifest)
        {
            if (Read(element) is not { } set) return $"{name} is null";
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
            GridSet? was = manifest.TryGetValue(name, out JsonElement element) ? Read(element) : null;
            string? why = was is null ? "it has none"
                : was.Count != now.Count ? $"{Figures.Count(was.Count, terms)} expected, {Figures.Count(now.Count)} found"
                : was.Checksum != now.Checksum ? $"it has as many {terms}s, but not the same ones"
                : null;
            if (why is null) continue;
            throw new FailureException(
                $"--{name} {now.Path} is not that of the grid in {folder}: {why}. Give the grid's own file, or another folder for --dir.");
        }
    }

    /// <summary>Adds names and counts to a report, before its recipe.</summary>
    public void AddTo(JsonObject report)
    {
        int at = report.IndexOf("recipe");
        foreach ((string name, GridSet set) in Known)
            report.Insert(at++, name, new JsonObject { ["name"] = Path.GetFileName(set.Path), [$"{terms}s"] = set.Count });
    }

    private static GridSet? Read(JsonElement element) => element.Deserialize(GridJson.Default.GridSet);
}
