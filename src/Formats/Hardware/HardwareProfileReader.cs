namespace TinySD.Formats.Hardware;

/// <summary>Reads one profile strictly. What is not as the schema asks is told in words for whoever edits the file, with its line; the
/// lines of all keys are kept for figures that only together are impossible.</summary>
internal sealed class HardwareProfileReader
{
    public const int MaxDepth = 8, MaxBytes = 64 << 10;

    private readonly string _file;
    private readonly Dictionary<string, long> _lines = new(StringComparer.Ordinal);

    private HardwareProfileReader(string file) => _file = file;

    /// <summary>Reads a profile.</summary>
    public static bool TryRead(
        string file, ReadOnlySpan<byte> json, [NotNullWhen(true)] out HardwareProfile? profile, out Func<string, long> lineOf,
        [NotNullWhen(false)] out FileProblem? problem)
    {
        var reader = new HardwareProfileReader(file);
        lineOf = reader.LineOf;
        profile = null;
        problem = FindForeign(file, json);
        if (problem is not null) return false;
        try
        {
            profile = reader.Read(json, out problem);
        }
        catch (JsonException exception)
        {
            string what = $"not JSON as the profile's schema asks: {Words.OfJson(exception)}";
            problem = reader.Invalid((exception.LineNumber ?? 0) + 1, null, what);
        }
        catch (InvalidOperationException)
        {
            problem = reader.Invalid(1, null, "a string holds half of a surrogate pair");
        }

        return problem is null;
    }

    private static FileProblem? FindForeign(string file, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty) return new(FileProblemKind.Empty, file, $"{file} is empty; a hardware profile was expected") { Offset = 0 };
        ReadOnlySpan<byte> first = json[..Math.Min(json.Length, ForeignFile.FirstBytes)];
        string? markup = first.TrimStart(" \t\r\n"u8) is [(byte)'<', ..] ? ForeignFile.DescribeMarkup(first) : null;
        if ((ForeignFile.Describe(first, file) ?? markup) is { } format)
            return new(FileProblemKind.Foreign, file, $"{file} is not a hardware profile: it begins like {format}") { Offset = 0 };
        if (json.Length > MaxBytes)
            return new(FileProblemKind.ProfileInvalid, file,
                $"{file} is no hardware profile: it has more than {Words.Count(MaxBytes)} bytes");
        if (Utf8.IsValid(json)) return null;
        Utf8.ToUtf16(json, new char[json.Length], out int valid, out _, replaceInvalidSequences: false);
        long line = Line(json, valid);
        return new(FileProblemKind.NotUtf8, file, $"{file}, line {line}: not UTF-8 text") { Line = line, Offset = valid };
    }

    private static long Line(ReadOnlySpan<byte> json, long offset) => json[..(int)offset].Count((byte)'\n') + 1;

    private HardwareProfile? Read(ReadOnlySpan<byte> json, out FileProblem? problem)
    {
        // Windows programs put a byte-order mark before a text.
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        if (json.StartsWith(mark)) json = json[3..];
        var walk = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        walk.Read();
        if (walk.TokenType != JsonTokenType.StartObject)
        {
            problem = Invalid(Line(json, walk.TokenStartIndex), null, "a hardware profile is a JSON object");
            return null;
        }

        var offsets = new Dictionary<string, long>(StringComparer.Ordinal);
        var reading = new FieldReading("", (key, offset) => offsets.TryAdd(key, offset));
        ProfileText entry;
        try
        {
            entry = HardwareFields.Table.Read(ref walk, "", reading);
        }
        catch (JsonException exception) when (exception.Path is { } key)
        {
            long at = exception.BytePositionInLine!.Value;
            string first = offsets.TryGetValue(key, out long before) && before < at ? $"; line {Line(json, before)} has it first" : "";
            problem = Invalid(Line(json, at), key, exception.Message + first);
            return null;
        }

        // Reads on to the end, where anything but white space is an error.
        walk.Read();
        foreach ((string key, long offset) in offsets) _lines[key] = Line(json, offset);
        (HardwareProfile profile, HardwareKind kind, _) = entry;
        string own = HardwareSpelling.Kinds.NameOf(kind), other = kind == HardwareKind.Simd ? "systolic" : "simd";
        problem = reading.Fault is var (word, message) ? Invalid(LineOf(word), word, $"{word} {message}")
            : _lines.ContainsKey(other) ? Invalid(LineOf(other), other, $"{other} does not go with kind {own}; leave one of them out")
            : !_lines.ContainsKey(own) ? Invalid(LineOf("kind"), "kind", $"kind is {own}, and there is no key '{own}'")
            : profile.FindFault() is { } fault ? Invalid(LineOf(fault.Key), fault.Key, $"{fault.Key} {fault.Message}")
            : null;
        return problem is null ? profile : null;
    }

    private long LineOf(string key) => _lines.GetValueOrDefault(key, 1);

    private FileProblem Invalid(long line, string? key, string message) =>
        new(FileProblemKind.ProfileInvalid, _file, $"{_file}, line {line}: {message}") { Line = line, Part = key };
}
