using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using TinySD.Formats.Storage;
using TinySD.Runtime.Hardware;

namespace TinySD.Formats.Hardware;

/// <summary>
/// Reads one profile strictly. A first walk finds what is not as the schema asks and where, in words for whoever edits the file, and notes the
/// line of every key for the figures that only together are impossible.
/// </summary>
internal sealed class HardwareProfileReader
{
    public const int MaxDepth = 8, MaxBytes = 64 << 10;

    private readonly string _file;
    private readonly Dictionary<string, long> _lines = new(StringComparer.Ordinal);

    private HardwareProfileReader(string file) => _file = file;

    /// <summary>Reads a profile.</summary>
    /// <param name="file">Named in the problem.</param>
    /// <param name="json">All its bytes.</param>
    /// <param name="profile">A sound profile.</param>
    /// <param name="lineOf">Line of a key that is there.</param>
    /// <param name="problem">Why it is refused.</param>
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
            problem = reader.Invalid((exception.LineNumber ?? 0) + 1, null, $"not JSON as the profile's schema asks: {Words.OfJson(exception)}");
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
        if ((ForeignFile.Describe(first, file) ?? (first.TrimStart(" \t\r\n"u8) is [(byte)'<', ..] ? ForeignFile.DescribeMarkup(first) : null)) is { } format)
            return new(FileProblemKind.Foreign, file, $"{file} is not a hardware profile: it begins like {format}") { Offset = 0 };
        if (json.Length > MaxBytes)
            return new(FileProblemKind.ProfileInvalid, file, $"{file} is no hardware profile: it has more than {Words.Count(MaxBytes)} bytes");
        if (Utf8.IsValid(json)) return null;
        int valid = json.Length;
        for (int low = 0, high = json.Length; low < high;)
        {
            int middle = (low + high + 1) / 2;
            if (Utf8.IsValid(json[..middle])) low = middle;
            else high = middle - 1;
            valid = low;
        }

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
        problem = walk.TokenType == JsonTokenType.StartObject
            ? Walk(ref walk, json, HardwareJson.Default.ProfileEntry, "")
            : Invalid(Line(json, walk.TokenStartIndex), null, "a hardware profile is a JSON object");
        if (problem is not null) return null;

        // Reads on to the end, where anything but white space is an error.
        walk.Read();
        ProfileEntry entry = JsonSerializer.Deserialize(json, HardwareJson.Default.ProfileEntry)!;
        string other = entry.Kind == "simd" ? "systolic" : "simd";
        if (_lines.ContainsKey(other)) problem = Invalid(LineOf(other), other, $"{other} does not go with kind {entry.Kind}; leave one of them out");
        else if (!_lines.ContainsKey(entry.Kind)) problem = Invalid(LineOf("kind"), "kind", $"kind is {entry.Kind}, and there is no key '{entry.Kind}'");
        if (problem is not null) return null;
        HardwareProfile profile = entry.ToProfile();
        if (profile.FindFault() is { } fault) problem = Invalid(LineOf(fault.Key), fault.Key, $"{fault.Key} {fault.Message}");
        return problem is null ? profile : null;
    }

    // The members of an object whose brace has been read.
    private FileProblem? Walk(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, JsonTypeInfo type, string path)
    {
        long start = Line(json, reader.TokenStartIndex);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            long line = Line(json, reader.TokenStartIndex);
            string name = reader.GetString()!, key = path + name;
            JsonPropertyInfo? property = type.Properties.FirstOrDefault(p => p.Name == name);
            if (property is null)
            {
                string known = string.Join(", ", type.Properties.Select(p => p.Name));
                return Invalid(line, path + Words.Shown(name), $"{path}{Words.Shown(name)} is no key of a profile; {known} are");
            }

            if (!_lines.TryAdd(key, line)) return Invalid(line, key, $"{key} stands twice; line {_lines[key]} has it first");
            reader.Read();
            if (property.PropertyType.IsClass && property.PropertyType != typeof(string))
            {
                if (reader.TokenType != JsonTokenType.StartObject) return WrongType(ref reader, line, key, "an object");
                if (Walk(ref reader, json, HardwareJson.Default.GetTypeInfo(property.PropertyType)!, key + ".") is { } problem) return problem;
            }
            else if (Check(ref reader, property.PropertyType) is { } expected)
            {
                return WrongType(ref reader, line, key, expected);
            }
            else if (reader.TokenType == JsonTokenType.String && HardwareSpelling.FindFault(key, reader.GetString()!) is { } fault)
            {
                return Invalid(line, key, $"{key} {fault}");
            }
        }

        JsonPropertyInfo? missing = type.Properties.FirstOrDefault(p => p.IsRequired && !_lines.ContainsKey(path + p.Name));
        return missing is null ? null : Invalid(start, path + missing.Name, $"the key {path}{missing.Name} is missing");
    }

    // What was expected, if the value is something else.
    private static string? Check(ref Utf8JsonReader reader, Type type)
    {
        bool isNumber = reader.TokenType == JsonTokenType.Number;
        if (type == typeof(string)) return reader.TokenType == JsonTokenType.String ? null : "a string";
        if (type == typeof(bool)) return reader.TokenType is JsonTokenType.True or JsonTokenType.False ? null : "true or false";
        if (type == typeof(double)) return isNumber && reader.TryGetDouble(out double value) && double.IsFinite(value) ? null : "a number";
        if (type == typeof(int)) return isNumber && reader.TryGetInt32(out _) ? null : "a whole number";
        return isNumber && reader.TryGetInt64(out _) ? null : "a whole number";
    }

    private FileProblem WrongType(ref Utf8JsonReader reader, long line, string key, string expected)
    {
        string found = reader.TokenType switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.Null => "null",
            JsonTokenType.True => "true",
            JsonTokenType.False => "false",
            JsonTokenType.String => $"the string '{Words.Shown(reader.GetString()!)}'",
            _ => Words.Shown(System.Text.Encoding.UTF8.GetString(reader.ValueSpan)),
        };
        return Invalid(line, key, $"{key} is {found}; expected {expected}");
    }

    private long LineOf(string key) => _lines.GetValueOrDefault(key, 1);

    private FileProblem Invalid(long line, string? key, string message) =>
        new(FileProblemKind.ProfileInvalid, _file, $"{_file}, line {line}: {message}") { Line = line, Part = key };
}
