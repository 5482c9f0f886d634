namespace TinySD.Formats.Hardware;

/// <summary>Hardware profiles as files: JSON of a page, by the schema beside the shipped ones.</summary>
public static class HardwareProfileFile
{
    /// <summary>Reads a profile and the chain of its fallbacks.</summary>
    /// <param name="path">The file. A fallback is a file of that name and <c>.json</c> beside it, or else a built-in profile.</param>
    /// <returns>The profile first, then its fallback, and so on.</returns>
    /// <exception cref="FileProblemException">The file cannot be read, a profile is not as it should be, a fallback is missing or the chain
    /// comes back to a profile.</exception>
    public static ImmutableArray<HardwareProfile> Load(string path) =>
        TryLoad(path, out ImmutableArray<HardwareProfile> chain, out FileProblem? problem) ? chain
        : throw new FileProblemException(problem);

    /// <summary>As <see cref="Load"/>, without exceptions.</summary>
    /// <param name="path">The file.</param>
    /// <param name="chain">The profile and its fallbacks.</param>
    /// <param name="problem">Why there is none.</param>
    public static bool TryLoad(string path, out ImmutableArray<HardwareProfile> chain, [NotNullWhen(false)] out FileProblem? problem)
    {
        chain = [];
        if (!TryReadBytes(path, out byte[]? json, out problem)) return false;
        string folder = Path.GetDirectoryName(path) ?? "";
        return TryResolve(path, json, name => SiblingOf(folder, name), out chain, out problem);
    }

    /// <summary>The files that <see cref="Load"/> reads: the first, and those of its fallbacks as far as they can be followed.</summary>
    /// <param name="path">The first.</param>
    public static IReadOnlyList<string> FilesOf(string path)
    {
        var files = new List<string> { path };
        if (!TryReadBytes(path, out byte[]? json, out _)) return files;
        string folder = Path.GetDirectoryName(path) ?? "";
        _ = TryResolve(path, json, name =>
        {
            (string file, byte[]? text, FileProblem? problem) = SiblingOf(folder, name);
            if (file != name) files.Add(file);
            return (file, text, problem);
        }, out _, out _);
        return files;
    }

    /// <summary>Reads a profile from memory, its fallback left as a name.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="json">UTF-8, at most 64 KiB.</param>
    /// <param name="profile">The profile.</param>
    /// <param name="problem">Why there is none.</param>
    public static bool TryRead(
        string name, ReadOnlySpan<byte> json, [NotNullWhen(true)] out HardwareProfile? profile,
        [NotNullWhen(false)] out FileProblem? problem) =>
        HardwareProfileReader.TryRead(name, json, out profile, out _, out problem);

    /// <summary>Writes a profile, whole or not at all.</summary>
    /// <exception cref="FileProblemException">It cannot be written.</exception>
    /// <exception cref="ArgumentException">The profile has an impossible figure.</exception>
    public static void Save(string path, HardwareProfile profile)
    {
        profile.Validate();
        AtomicFile.Write(path, stream => Write(stream, profile));
    }

    /// <summary>Writes a profile's text.</summary>
    public static void Write(Stream stream, HardwareProfile profile)
    {
        var options = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, options))
            HardwareFields.Table.Write(writer, new(profile, profile.Kind, "hardware-profile.schema.json"));

        // Lines end alike on every system; within a string their ends are escapes.
        string text = Encoding.UTF8.GetString(buffer.WrittenSpan).Replace("\r\n", "\n", StringComparison.Ordinal);
        stream.Write(Encoding.UTF8.GetBytes($"{text}\n"));
    }

    /// <summary>Follows fallbacks from the text of a first profile.</summary>
    /// <param name="first">The first's name in messages.</param>
    /// <param name="json">The first's text.</param>
    /// <param name="find">Name in messages and text of a profile, or a problem, by its name; no text and no problem for one that is not
    /// there.</param>
    /// <param name="chain">The profile and its fallbacks.</param>
    /// <param name="problem">Why there is none.</param>
    internal static bool TryResolve(
        string first, ReadOnlySpan<byte> json, Func<string, (string File, byte[]? Json, FileProblem? Problem)> find,
        out ImmutableArray<HardwareProfile> chain, [NotNullWhen(false)] out FileProblem? problem)
    {
        chain = [];
        var profiles = ImmutableArray.CreateBuilder<HardwareProfile>();
        string file = first;
        ReadOnlySpan<byte> text = json;
        string? asked = null;
        while (true)
        {
            if (!HardwareProfileReader.TryRead(file, text, out HardwareProfile? profile, out Func<string, long> lineOf, out problem))
                return false;

            // Were any name taken here, a chain could come back to a file without coming back to a name.
            if (asked is not null && profile.Name != asked)
            {
                return Fault("name", $"is {profile.Name}, and the file stands where the fallback {asked} is looked for; " +
                    "give the file the profile's name").Refuse(out problem);
            }

            profiles.Add(profile);
            if (profile.Fallback is not { } fallback) break;
            string? fault = null;
            if (profiles.Any(known => known.Name == fallback))
                fault = $"comes back to {fallback}: {string.Join(" -> ", profiles.Select(known => known.Name))} -> {fallback}";
            (string File, byte[]? Json, FileProblem? Problem) next = fault is null ? find(fallback) : default;
            problem = next.Problem;
            if (problem is not null) return false;
            if (next.Json is null)
            {
                fault ??= $"is {fallback}, and there is no such profile, neither beside the file nor built in; " +
                    $"built in are {string.Join(", ", BuiltInProfiles.Names)}";
                return Fault("fallback", fault).Refuse(out problem);
            }

            (asked, file) = (fallback, next.File);
            text = next.Json;

            FileProblem Fault(string key, string message)
            {
                long line = lineOf(key);
                return new(FileProblemKind.ProfileInvalid, file, $"{file}, line {line}: {key} {message}") { Line = line, Part = key };
            }
        }

        chain = profiles.ToImmutable();
        return true;
    }

    private static (string File, byte[]? Json, FileProblem? Problem) SiblingOf(string folder, string name)
    {
        string path = Path.Combine(folder, name + ".json");
        if (!File.Exists(path)) return (name, BuiltInProfiles.TextOf(name), null);
        return TryReadBytes(path, out byte[]? json, out FileProblem? problem) ? (path, json, null) : (path, null, problem);
    }

    // One byte more than there may be: that is how too many are seen.
    private static bool TryReadBytes(string path, [NotNullWhen(true)] out byte[]? bytes, [NotNullWhen(false)] out FileProblem? problem) =>
        FileBytes.TryReadFirst(path, HardwareProfileReader.MaxBytes + 1, out bytes, out problem);
}
