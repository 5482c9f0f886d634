namespace TinySD.Benchmarks.Reports;

/// <summary>The results of one machine: a header that says which, and a section for each thing measured.</summary>
internal static class ResultsFile
{
    private const string SectionMark = "## ";

    /// <summary>Says at once what <see cref="Update"/> would only say after the measuring.</summary>
    /// <exception cref="BenchmarkException">The file is of another machine, or cannot be read.</exception>
    public static void Check(string? path) => _ = path is null ? null : Read(path);

    /// <summary>Writes a section: in the place of the one with its title, or at the end. Does nothing without a path.</summary>
    /// <exception cref="BenchmarkException">The file is of another machine, or cannot be written.</exception>
    public static void Update(string? path, Section section)
    {
        if (path is null) return;
        List<Section> sections = Read(path);
        try
        {
            int place = sections.FindIndex(other => other.Title == section.Title);
            if (place < 0) sections.Add(section);
            else sections[place] = section;
            if (Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
            File.WriteAllText(
                path, Header() + string.Concat(sections.Select(each => $"\n{SectionMark}{each.Title}\n\n{each.Body.Trim()}\n")));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkException($"the result could not be written: {exception.Message}");
        }
    }

    private static string Header()
    {
        string machine = $"{Environment.ProcessorCount} cores, {Machine.OperatingSystem}";
        return $"""
            # {Machine.Cpu}

            {machine}. Written by `TinySD.Benchmarks`; tests/Benchmarks/README.md says how to read it.

            """;
    }

    private static List<Section> Read(string path)
    {
        if (!File.Exists(path)) return [];
        string text;
        try
        {
            text = File.ReadAllText(path).ReplaceLineEndings("\n");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkException($"{path} could not be read: {exception.Message}");
        }

        string[] parts = text.Split("\n" + SectionMark);
        // Figures of two machines side by side would be compared.
        if (parts[0].Split('\n')[0] != $"# {Machine.Cpu}")
            throw new BenchmarkException($"{path} is not of this machine ({Machine.Cpu}); give another --out.");
        return [.. parts.Skip(1).Select(part => part.Split('\n', 2)).Select(part => new Section(part[0], part.Length > 1 ? part[1] : ""))];
    }
}
